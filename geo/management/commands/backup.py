from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import backups


class Command(BaseCommand):
    requires_system_checks = ()
    help = "把数据库和上传的文件备份到一个新文件夹。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, help="新文件夹，例如 /backup/2026-11-28")

    def handle(self, *, folder: Path, **options) -> None:
        try:
            made = backups.back_up(folder, now=timezone.now())
        except backups.BackupRefused as refused:
            raise CommandError(str(refused)) from refused
        size = sum(each["bytes"] for each in made.files.values()) / 1e6
        counts = {"tables": len(made.rows), "rows": f"{sum(made.rows.values()):,}", "mb": f"{size:.1f}"}
        self.stdout.write(self.style.SUCCESS(_("已备份：%(tables)s张表，%(rows)s行，%(mb)s MB。") % counts))
