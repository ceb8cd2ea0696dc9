from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from geo import invariants as of_geo
from patrol import invariants as of_patrol
from zones import invariants as of_zones


class Command(BaseCommand):
    help = "核对任何时候都应成立的事：回执与记录、照片、后台任务、公布、编号、办理记录。只读。"

    def handle(self, *args, **options) -> None:
        bad = 0
        for part in (of_geo.examine(now=timezone.now()), of_patrol.examine(), of_zones.examine()):
            for held in part:
                bad += bool(held.broken)
                self.stdout.write(f"{'✗ 坏' if held.broken else '  好'}  {held.name}")
                if held.broken:
                    shown = "，".join(held.broken[: of_geo.SHOWN_AT_MOST])
                    self.stdout.write(f"      → {len(held.broken)}：{shown}")
        if bad:
            raise CommandError(f"{bad}项不成立。")
        self.stdout.write("全部成立。")
