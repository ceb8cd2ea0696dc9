from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from geo import backups


class Command(BaseCommand):
    requires_system_checks = ()
    help = "把备份恢复到一个新的数据库，核对行数；不覆盖已有的数据库。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, help="备份文件夹")
        parser.add_argument("--database", default="siwu_restored", help="新数据库的名字")
        parser.add_argument("--media", type=Path, help="上传的文件放到这个新文件夹")
        parser.add_argument("--drill", action="store_true", help="演练：核对之后删去恢复出来的数据库")

    def handle(self, *, folder: Path, database: str, media: Path | None, drill: bool, **options) -> None:
        try:
            known = backups.restore(folder, database=database, media=media)
        except backups.BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        if drill:
            backups.drop(database)
        counts = {"at": known.made_at, "rows": f"{sum(known.rows.values()):,}", "name": database}
        said = _("已恢复到数据库 %(name)s：%(at)s 的备份，%(rows)s行核对无误。")
        if drill:
            said = _("演练成功：%(at)s 的备份可以恢复，%(rows)s行核对无误。")
        self.stdout.write(self.style.SUCCESS(said % counts))
