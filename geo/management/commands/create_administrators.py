"""The three administrators of a new installation, or a new one-time password for one of them."""
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import accounts
from geo.models import Division


class Command(BaseCommand):
    help = "Makes sysadmin, secadmin and auditor in a division and prints their one-time passwords once."

    def add_arguments(self, parser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("division", nargs="?", help="code of the division, e.g. 640521")
        what.add_argument("--reset", metavar="ACCOUNT", help="a new one-time password for this administrator")
        text = "with --reset: the administrator has lost phone, key and recovery codes too"
        parser.add_argument("--without-second-factor", action="store_true", help=text)

    def handle(self, *args, **options) -> None:
        try:
            if options["reset"]:
                facts = {"now": timezone.now(), "without_factor": options["without_second_factor"]}
                made = {options["reset"]: accounts.reset_administrator(options["reset"], **facts)}
            else:
                made = accounts.first_administrators(self._division(options["division"]), now=timezone.now())
        except accounts.AccountRefused as refused:
            raise CommandError(str(refused)) from refused
        for username, password in made.items():
            self.stdout.write(f"{username}  {password}")
        self.stdout.write(_("密码只显示这一次，第一次登录时必须修改。"))

    def _division(self, code: str) -> Division:
        found = Division.objects.in_force(timezone.localdate()).filter(pk=code).first()
        if found is None:
            raise CommandError(_("没有代码为 %(code)s 的行政区划，请先导入行政区划。") % {"code": code})
        return found
