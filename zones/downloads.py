"""Open data: a publication as GeoJSON, CSV, map points and a printable map, each answered with 304 while it stays the same.

A publication of many compounds is written as it is read; a small one is made whole, so that the public's cache can keep it.
"""
import csv
import json
from collections.abc import Callable, Iterator
from datetime import date

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from geo.models import Compound
from zones import open_rows, published, standings
from zones.maps import printable
from zones.models import Publication, PublishedGrade
from zones.public_pages import with_standing
from zones.publication import POINT_DECIMALS

# Bytes that a spreadsheet would take for a formula; a blank before them makes them text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_KINDS = dict(Compound.Kind.choices)
WHOLE_UP_TO, ROWS_AT_ONCE, BLOCK_CHARACTERS = 2000, 500, 32_000


def answer(request: HttpRequest, publication: Publication, form: str) -> HttpResponseBase:
    """`form` is one of FORMS. The body depends on the publication and the reader's language, and so does the ETag."""
    write, content_type = FORMS[form]
    return conditional(request, f"{form}-{publication.pk}-{published.version()}", lambda: write(publication), content_type)


def conditional(request: HttpRequest, key: str, body: Callable[[], bytes | Iterator[bytes]], content_type: str) -> HttpResponseBase:
    etag = quote_etag(f"{key}-{get_language()}")
    response = get_conditional_response(request, etag=etag)
    if response is None:
        content = body()
        response = (HttpResponse if isinstance(content, bytes) else StreamingHttpResponse)(content, content_type=content_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def _flow(publication: Publication, pieces: Iterator[str]) -> bytes | Iterator[bytes]:
    blocks = _blocks(pieces, get_language())
    is_large = published.grades(publication).order_by()[WHOLE_UP_TO : WHOLE_UP_TO + 1].exists()
    return blocks if is_large else b"".join(blocks)


def _blocks(pieces: Iterator[str], language: str) -> Iterator[bytes]:
    """The head by itself, before a row is asked for. The reader's language is spoken only while pieces are made: between two
    blocks the thread is the server's."""
    least = 0
    while True:
        block, size = [], 0
        with override(language):
            for piece in pieces:
                block.append(piece)
                size += len(piece)
                if size >= least:
                    break
        if not block:
            return
        yield "".join(block).encode()
        least = BLOCK_CHARACTERS


def _grades(publication: Publication, *left_out: str) -> Iterator[PublishedGrade]:
    """As public_pages.shown, some at a time. What stands beside the grades is read once, so that the file is of one moment."""
    beside = standings.of(publication)
    for grade in published.grades(publication).defer(*left_out).iterator(chunk_size=ROWS_AT_ONCE):
        yield with_standing(grade, beside.get(grade.public_id))


def _points(publication: Publication) -> bytes | Iterator[bytes]:
    """As little as the map needs: the rest is one request away on the compound's page."""
    features = (
        _feature(grade, {"name": grade.name, "colour": grade.shown, "url": reverse("public_compound", args=[grade.public_id])})
        for grade in _grades(publication, "reasons", "outline")
    )
    return _flow(publication, _collection({}, features))


def _geojson(publication: Publication) -> bytes | Iterator[bytes]:
    about = {"publication": open_rows.publication(publication)}
    return _flow(publication, _collection(about, (_outlined(grade) for grade in _grades(publication))))


def _collection(about: dict, features: Iterator[dict]) -> Iterator[str]:
    yield f'{_json({"type": "FeatureCollection", **about})[:-1]},"features":['
    for number, feature in enumerate(features):
        yield ("," if number else "") + _json(feature)
    yield "]}"


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(publication: Publication) -> bytes | Iterator[bytes]:
    return _flow(publication, map(csv.writer(_Echo()).writerow, _csv_rows(publication)))


def _csv_rows(publication: Publication) -> Iterator[tuple]:
    """UTF-8 with its mark, so that spreadsheets read the Chinese; the lines about the publication come last."""
    titles = (_("公开编号"), _("名称"), _("类别"), _("乡镇代码"), _("乡镇"), _("村（社区）"), _("经度"), _("纬度"))
    yield (f"\ufeff{titles[0]}", *titles[1:], _("等级"), _("四无称号"), _("连续期数"), _("理由"))
    for grade in _grades(publication, "outline"):
        place = (grade.public_id, _cell(grade.name), _KINDS.get(grade.kind, ""), grade.town_code, _cell(grade.town_name))
        where = (_cell(grade.village_name), *(f"{x:.{POINT_DECIMALS}f}" for x in grade.point.coords))
        outcome = (grade.shown_label, grade.get_title_outcome_display(), grade.title_streak_count)
        why = " ".join(line.text for line in published.lines(grade))
        yield (*place, *where, *outcome, _cell(why))
    yield ()
    for name, value in open_rows.publication(publication).items():
        yield (name, _cell(str(value)))


def _printable(publication: Publication) -> bytes:
    """Kept for a day: it takes a second to draw, and the same publication always gives the same bytes."""
    key = f"printable/{publication.pk}/{published.version()}/{get_language()}"
    return cache.get_or_set(key, lambda: printable(publication).encode(), 24 * 3600)


def outlines(on: date) -> bytes:
    features = [
        {"type": "Feature", "properties": {"level": level, "code": code, "name": name}, "geometry": json.loads(shape)}
        for level, code, name, shape in published.outlines(on)
    ]
    return _json({"type": "FeatureCollection", "features": features}).encode()


def _outlined(grade: PublishedGrade) -> dict:
    """The outline where there is one; the point stands in for it in what was published before outlines were."""
    found = _feature(grade, open_rows.properties(grade))
    return found if grade.outline is None else {**found, "geometry": json.loads(grade.outline.geojson)}


def _feature(grade: PublishedGrade, properties: dict) -> dict:
    coordinates = [round(x, POINT_DECIMALS) for x in grade.point.coords]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": coordinates}, "properties": properties}


def _json(document: dict) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _cell(text: str) -> str:
    return f" {text}" if text.startswith(_FORMULA) else text


FORMS = {
    "points": (_points, "application/geo+json"),
    "geojson": (_geojson, "application/geo+json"),
    "csv": (_csv, "text/csv; charset=utf-8"),
    "html": (_printable, "text/html; charset=utf-8"),
}
