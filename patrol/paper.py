"""Pages that leave: PDF made from a template without any network, and XLSX."""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from geo.workbooks import CONTENT_TYPE, write_workbook

PICTURE = "picture:"
OWN_FILE = re.compile(r"static:[a-z0-9_]+/[a-z0-9_.-]+\Z")
TYPES = {".css": "text/css", ".svg": "image/svg+xml"}


class OwnFilesOnly(URLFetcher):
    """Gives out our own static files (`static:app/name.css`), the pictures that the caller names (`picture:key`), and nothing else:
    no network, no other file of the machine. `pictures` are (path, media type) by key.
    """

    def __init__(self, pictures: Mapping[str, tuple[str, str]] | None = None):
        super().__init__()
        self.pictures = pictures or {}

    def fetch(self, url: str, headers: dict | None = None) -> URLFetcherResponse:
        if url.startswith(PICTURE) and (named := self.pictures.get(url.removeprefix(PICTURE))):
            return URLFetcherResponse(url, Path(named[0]).read_bytes(), {"Content-Type": named[1]})
        found = finders.find(url.removeprefix("static:")) if OWN_FILE.match(url) else None
        kind = TYPES.get(Path(url).suffix)
        if not found or not kind:
            raise ValueError(f"refused: {url[:80]}")
        return URLFetcherResponse(url, Path(found).read_bytes(), {"Content-Type": kind})


def make_pdf(template: str, context: dict, request: HttpRequest | None = None, *, pictures: Mapping | None = None) -> bytes:
    """A template as PDF; its text can be searched and copied. `pictures` are what it may show beyond our own files."""
    text = render_to_string(template, context, request)
    return HTML(string=text, base_url="static:", url_fetcher=OwnFilesOnly(pictures), media_type="print").write_pdf()


def pdf_response(
    request: HttpRequest, template: str, context: dict, *, name: str, pictures: Mapping | None = None
) -> HttpResponse:  # fmt: skip
    response = HttpResponse(make_pdf(template, context, request, pictures=pictures), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def xlsx_response(sheets: Iterable[tuple], *, name: str) -> FileResponse:
    """Sheets as geo.workbooks wants them."""
    target = io.BytesIO()
    write_workbook(target, sheets)
    target.seek(0)
    response = FileResponse(target, as_attachment=True, filename=f"{name}.xlsx", content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "private, no-store"
    return response
