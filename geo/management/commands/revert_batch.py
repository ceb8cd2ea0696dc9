from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import importing
from geo.management.commands.import_layer import account


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "撤回一个导入批次：删去它新增的对象，恢复它改过的对象。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("batch", type=int, help="批次编号")
        parser.add_argument("--by", help="以哪个账号的名义撤回")
        parser.add_argument("--database", default="owner", help="数据库连接")

    def handle(self, *, batch, by, database, **options) -> None:
        try:
            done = importing.revert(batch, by=account(by, database), now=timezone.now(), using=database)
        except importing.ImportRefused as problem:
            raise CommandError(str(problem)) from problem
        counts = {"batch": done.pk, "deleted": done.counts["deleted"], "restored": done.counts["restored"]}
        said = _("批次%(batch)s已撤回：删去%(deleted)s个新增的对象，恢复%(restored)s个改过的对象。") % counts
        self.stdout.write(self.style.SUCCESS(said))
