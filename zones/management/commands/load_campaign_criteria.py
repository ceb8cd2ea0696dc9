import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from zones.schemes import load_campaign_criteria


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "载入平安创建标准的新版本（JSON，格式见 fixtures/campaign_criteria_default.json）。 Load versions of the campaigns' criteria."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args, file: Path, **options) -> None:
        try:
            document = json.loads(file.read_text("utf-8"))
            with transaction.atomic():
                loaded = [load_campaign_criteria(each) for each in (document if isinstance(document, list) else [document])]
        except (OSError, ValueError) as wrong:
            raise CommandError(str(wrong)) from wrong
        for criteria in loaded:
            self.stdout.write(_("%(kind)s标准 %(version)s 已载入。") % {"kind": criteria.get_kind_display(), "version": criteria.version})
