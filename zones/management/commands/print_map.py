from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from zones import published
from zones.maps import printable


class Command(BaseCommand):
    help = "把一个评定期的现行公布画成一个可打印、不用联网的网页文件。 Draw a published period as one printable file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("period", help="2026Q3")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")

    def handle(self, *args, period: str, output: Path, **options) -> None:
        publication = published.find(period)
        if publication is None:
            raise CommandError(_("评定期 %(period)s 还没有公布。") % {"period": period})
        page = printable(publication).encode()
        try:
            output.write_bytes(page)
        except OSError as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(_("%(file)s：%(size)d KB") % {"file": output, "size": len(page) // 1024})
