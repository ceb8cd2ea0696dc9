import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from zones.schemes import load_scheme


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "载入一个新版本的评定标准（JSON，格式见 fixtures/criteria_default.json）。 Load a version of the rating criteria."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args, file: Path, **options) -> None:
        try:
            scheme = load_scheme(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(_("标准 %(version)s 自 %(day)s 起适用。") % {"version": scheme.version, "day": scheme.valid_from})
