import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from geo.search.filling import mark_everything, settle


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "把有变动的场所编入搜索；--all 全部重编。 Bring the search up to date; --all writes it anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help=_("全部重编"))

    def handle(self, *args, **options) -> None:
        began = time.perf_counter()
        if options["all"]:
            mark_everything()
        count = settle()
        self.stdout.write(_("已编入 %(count)d 处，%(seconds).1f 秒。") % {"count": count, "seconds": time.perf_counter() - began})
