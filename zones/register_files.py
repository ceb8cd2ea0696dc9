"""The list as a file. Every text stays text: no cell is a formula."""
import csv
from collections.abc import Callable, Iterator
from itertools import islice

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from geo.importing.report import safe_cell
from patrol.paper import xlsx_response
from zones.register_list import RegisterListing
from zones.register_words import RegisterRefused

XLSX_ROWS_AT_MOST = 20_000
BOM = "\ufeff"


def _name() -> str:
    return f"{_('问题挂号')}{timezone.localdate()}"


def _head(listing: RegisterListing) -> list[str]:
    return [str(one.label) for one in listing.columns]


def xlsx(listing: RegisterListing) -> FileResponse:
    rows = list(islice(listing.lines(), XLSX_ROWS_AT_MOST + 1))
    if len(rows) > XLSX_ROWS_AT_MOST:
        raise RegisterRefused(_("超过%(count)d条，请用 CSV 或先筛选。") % {"count": XLSX_ROWS_AT_MOST})
    return xlsx_response([(_("问题挂号"), _head(listing), rows, ())], name=_name())


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv_lines(head: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow([safe_cell(text) for text in head])
    for row in rows:
        yield writer.writerow([safe_cell(text) for text in row])


def as_csv(listing: RegisterListing) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_csv_lines(_head(listing), listing.lines()), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{_name()}.csv")
    response.headers["Cache-Control"] = "private, no-store"
    return response


FORMS: dict[str, Callable[[RegisterListing], HttpResponse]] = {"xlsx": xlsx, "csv": as_csv}
