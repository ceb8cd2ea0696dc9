from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import backups, recovery

SHOWN_AT_MOST = 10


class Command(BaseCommand):
    requires_system_checks = ()
    help = "把备份恢复到一个新的数据库，或把归档恢复到某一时刻（--to），并核对；不覆盖已有的数据库。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="备份文件夹")
        parser.add_argument("--database", default="siwu_restored", help="新数据库的名字")
        parser.add_argument("--media", type=Path, help="上传的文件放到这个新文件夹")
        told = '恢复到这一时刻，例如 "2026-11-29 00:10"，没有时区的按北京时间；last 是最后记下的时刻'
        parser.add_argument("--to", metavar="时刻", help=told)
        parser.add_argument("--into", type=Path, help="用 --to 时：新数据库和文件放到这个新文件夹")
        parser.add_argument("--drill", "--verify", action="store_true", help="演练：核对之后删去恢复出来的东西；不加也核对")

    def handle(self, *, folder: Path | None, database: str, media: Path | None, to: str, into: Path | None, drill: bool, **options) -> None:
        if bool(folder) == bool(to) or bool(to) != bool(into):
            raise CommandError(_("请给出备份文件夹，或者同时用 --to 和 --into。"))
        try:
            if to:
                self._back_to(to, into, drill)
            else:
                self._whole(folder, database, media, drill)
        except backups.BackupRefused as refused:
            raise CommandError(str(refused)) from refused

    def _whole(self, folder: Path, database: str, media: Path | None, drill: bool) -> None:
        known = backups.restore(folder, database=database, media=media)
        if drill:
            backups.drop(database)
            backups.remember(drill_at=timezone.now())
        counts = {"at": known.made_at, "rows": f"{sum(known.rows.values()):,}", "name": database}
        said = _("已恢复到数据库 %(name)s：%(at)s 的备份，%(rows)s行核对无误。")
        if drill:
            said = _("演练成功：%(at)s 的备份可以恢复，%(rows)s行核对无误。")
        self.stdout.write(self.style.SUCCESS(said % counts))

    def _back_to(self, to: str, into: Path, drill: bool) -> None:
        began = timezone.now()
        found = recovery.restore(moment(to), into=into, now=began)
        if drill:
            found.server.remove()
        self._tell(found, (timezone.now() - began).total_seconds())
        if found.found.wrong:
            raise CommandError(_("核对发现%(count)s处不对。") % {"count": len(found.found.wrong)})
        if drill:
            backups.remember(drill_at=timezone.now())
        else:
            self.stdout.write(_("数据库在 %(folder)s/pg（套接字在 %(folder)s），文件在 %(folder)s/media。") % {"folder": into})

    def _tell(self, found: recovery.Restored, seconds: float) -> None:
        counts = found.found
        until = f"{timezone.localtime(found.until):%Y-%m-%d %H:%M:%S.%f}" if found.until else "-"
        for name, value in (
            (_("要求的时刻"), f"{timezone.localtime(found.asked):%Y-%m-%d %H:%M:%S}"),
            (_("最后一笔提交"), until),
            (_("行数"), f"{sum(counts.rows.values()):,}"),
            (_("与记下的行数比对的表"), counts.compared),
            (_("重新核对的约束"), counts.constraints),
            (_("取回并核对摘要的文件"), counts.files),
            (_("数据里提到的文件"), counts.named),
            (_("用时（秒）"), f"{seconds:.1f}"),
        ):
            self.stdout.write(f"{name}: {value}")
        if not found.complete:
            self.stdout.write(self.style.WARNING(_("归档在要求的时刻之前就结束了：最后一笔提交之后的内容不在归档里。")))
        for each in counts.wrong[:SHOWN_AT_MOST]:
            self.stdout.write(self.style.ERROR(f"✗ {each}"))


def moment(told: str) -> datetime:
    if told == "last":
        moments = recovery.known_moments()
        if not moments:
            raise backups.BackupRefused(_("归档里还没有记下任何时刻。"))
        return moments[-1].at
    try:
        at = datetime.fromisoformat(told)
    except ValueError as wrong:
        raise backups.BackupRefused(_("时刻写作 2026-11-29 00:10，读不懂：%(told)s") % {"told": told}) from wrong
    return at if at.tzinfo else timezone.make_aware(at)
