from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import backups, recovery


class Command(BaseCommand):
    requires_system_checks = ()
    help = "备份：整库导出到一个新文件夹，或往归档里加一次基础备份（--archive）、记一个时刻（--moment）。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="新文件夹，例如 /backup/2026-11-28")
        parser.add_argument("--archive", action="store_true", help="向归档（SIWU_ARCHIVE）做一次基础备份，并记下时刻")
        parser.add_argument("--full", action="store_true", help="基础备份取全部，不只取变化")
        parser.add_argument("--moment", action="store_true", help="只记下时刻：各表行数和上传的文件")

    def handle(self, *, folder: Path | None, archive: bool, full: bool, moment: bool, **options) -> None:
        if (folder is not None) == (archive or moment):
            raise CommandError(_("请给出一个文件夹，或者用 --archive、--moment。"))
        try:
            said = self._archived(archive, full) if folder is None else self._dumped(folder)
        except backups.BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(self.style.SUCCESS(said))

    def _dumped(self, folder: Path) -> str:
        made = backups.back_up(folder, now=timezone.now())
        size = sum(each["bytes"] for each in made.files.values()) / 1e6
        counts = {"tables": len(made.rows), "rows": f"{sum(made.rows.values()):,}", "mb": f"{size:.1f}"}
        return _("已备份：%(tables)s张表，%(rows)s行，%(mb)s MB。") % counts

    def _archived(self, archive: bool, full: bool) -> str:
        if archive:
            recovery.base(full=full)
        made = recovery.note()
        at = timezone.localtime(made.at)
        counts = {"at": f"{at:%Y-%m-%d %H:%M:%S}", "rows": f"{sum(low for low, _high in made.rows.values()):,}", "files": len(made.media)}
        return _("归档已记下 %(at)s：%(rows)s行，%(files)s个文件。") % counts
