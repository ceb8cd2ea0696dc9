from django.core.management.base import BaseCommand, CommandError

from geo import doctor


class Command(BaseCommand):
    help = "检查设置、扩展、版本、角色与磁盘，并说明怎么处理。"
    requires_system_checks: list[str] = []

    def handle(self, *args, **options) -> None:
        bad = 0
        for finding in doctor.examine():
            bad += not finding.good
            self.stdout.write(f"{'  好' if finding.good else '✗ 坏'}  {finding.name}: {finding.found}")
            if not finding.good and finding.advice:
                self.stdout.write(f"      → {finding.advice}")
        if bad:
            raise CommandError(f"{bad}项有问题。")
        self.stdout.write("一切正常。")
