from django.core.management.base import BaseCommand, CommandError

from geo import doctor
from geo.production import CHECKS as service_checks


class Command(BaseCommand):
    help = "检查设置、扩展、版本、角色与磁盘，并说明怎么处理；--production 再查能不能正式运行。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--production", action="store_true", help="按正式运行的要求检查 by the demands of real service")

    def handle(self, *, production: bool, **options) -> None:
        bad = 0
        for finding in doctor.examine(*(service_checks if production else ())):
            bad += not finding.good
            self.stdout.write(f"{'  好' if finding.good else '✗ 坏'}  {finding.name}: {finding.found}")
            if not finding.good and finding.advice:
                self.stdout.write(f"      → {finding.advice}")
        if bad:
            said = f"{bad}项有问题，不要正式运行。 {bad} findings: not fit for service." if production else f"{bad}项有问题。"
            raise CommandError(said)
        self.stdout.write("一切正常，可以正式运行。 Fit for service." if production else "一切正常。")
