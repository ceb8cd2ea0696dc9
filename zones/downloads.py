"""Open data: a publication as GeoJSON, CSV, map points and a printable map, each answered with 304 while it stays the same."""
import csv
import io
import json
from collections.abc import Callable
from datetime import date

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geo.models import Compound
from zones import open_rows, published
from zones.maps import printable
from zones.models import Publication, PublishedGrade
from zones.public_pages import shown
from zones.publication import POINT_DECIMALS

# Bytes that a spreadsheet would take for a formula; a blank before them makes them text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_KINDS = dict(Compound.Kind.choices)


def answer(request: HttpRequest, publication: Publication, form: str) -> HttpResponse:
    """`form` is one of FORMS. The body depends on the publication and the reader's language, and so does the ETag."""
    write, content_type = FORMS[form]
    return conditional(request, f"{form}-{publication.pk}-{published.version()}", lambda: write(publication), content_type)


def conditional(request: HttpRequest, key: str, body: Callable[[], bytes], content_type: str) -> HttpResponse:
    etag = quote_etag(f"{key}-{get_language()}")
    response = get_conditional_response(request, etag=etag) or HttpResponse(body(), content_type=content_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def _points(publication: Publication) -> bytes:
    """As little as the map needs: the rest is one request away on the compound's page."""
    grades = shown(publication, published.grades(publication).defer("reasons", "outline"))
    features = [
        _feature(grade, {"name": grade.name, "colour": grade.shown, "url": reverse("public_compound", args=[grade.public_id])})
        for grade in grades
    ]
    return _json({"type": "FeatureCollection", "features": features})


def _geojson(publication: Publication) -> bytes:
    features = [_outlined(grade) for grade in shown(publication, published.grades(publication))]
    return _json({"type": "FeatureCollection", "publication": open_rows.publication(publication), "features": features})


def _csv(publication: Publication) -> bytes:
    """UTF-8 with its mark, so that spreadsheets read the Chinese; the lines about the publication come last."""
    out = io.StringIO()
    writer = csv.writer(out)
    titles = (_("公开编号"), _("名称"), _("类别"), _("乡镇代码"), _("乡镇"), _("村（社区）"), _("经度"), _("纬度"))
    writer.writerow((*titles, _("等级"), _("四无称号"), _("连续期数"), _("理由")))
    for grade in shown(publication, published.grades(publication).defer("outline")):
        place = (grade.public_id, _cell(grade.name), _KINDS.get(grade.kind, ""), grade.town_code, _cell(grade.town_name))
        where = (_cell(grade.village_name), *(f"{x:.{POINT_DECIMALS}f}" for x in grade.point.coords))
        outcome = (grade.shown_label, grade.get_title_outcome_display(), grade.title_streak_count)
        why = " ".join(line.text for line in published.lines(grade))
        writer.writerow((*place, *where, *outcome, _cell(why)))
    writer.writerow(())
    for name, value in open_rows.publication(publication).items():
        writer.writerow((name, _cell(str(value))))
    return out.getvalue().encode("utf-8-sig")


def _printable(publication: Publication) -> bytes:
    """Kept for a day: it takes a second to draw, and the same publication always gives the same bytes."""
    key = f"printable/{publication.pk}/{published.version()}/{get_language()}"
    return cache.get_or_set(key, lambda: printable(publication).encode(), 24 * 3600)


def outlines(on: date) -> bytes:
    features = [
        {"type": "Feature", "properties": {"level": level, "code": code, "name": name}, "geometry": json.loads(shape)}
        for level, code, name, shape in published.outlines(on)
    ]
    return _json({"type": "FeatureCollection", "features": features})


def _outlined(grade: PublishedGrade) -> dict:
    """The outline where there is one; the point stands in for it in what was published before outlines were."""
    found = _feature(grade, open_rows.properties(grade))
    return found if grade.outline is None else {**found, "geometry": json.loads(grade.outline.geojson)}


def _feature(grade: PublishedGrade, properties: dict) -> dict:
    coordinates = [round(x, POINT_DECIMALS) for x in grade.point.coords]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": coordinates}, "properties": properties}


def _json(document: dict) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _cell(text: str) -> str:
    return f" {text}" if text.startswith(_FORMULA) else text


FORMS = {
    "points": (_points, "application/geo+json"),
    "geojson": (_geojson, "application/geo+json"),
    "csv": (_csv, "text/csv; charset=utf-8"),
    "html": (_printable, "text/html; charset=utf-8"),
}
