"""`/api/open/v1`: the published data for programs, without account, for reading only. Wiring: what is said comes from zones.open_rows."""
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Schema
from ninja.errors import ValidationError
from pydantic import Field

from zones import open_rows as rows
from zones import published
from zones.licence import licence
from zones.models import Grade, Publication

api = NinjaAPI(
    title="Siwu open data", version="1", urls_namespace="open", docs_url=None, openapi_url="openapi.json",
    description='Published grades, titles, criteria and bulletins. Small counts are bands: "<5" is one to four. Every answer has an ETag.',
)  # fmt: skip
PAGE_SIZE, PAGE_AT_MOST = 100, 1000


class Problem(Schema):
    detail: str


class Paged(Schema):
    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_AT_MOST)


class Told(Schema):
    """Of which publication: the newest where nothing is said."""

    period: str = Field("", max_length=10)
    number: int | None = Field(None, ge=1, le=9999)


class Compounds(Paged, Told):
    town: str = Field("", max_length=12, pattern=r"^[0-9]*$")
    grade: str = Field("", description="red, yellow, green or not_graded")
    q: str = Field("", max_length=40, description="part of the name")


class Titles(Paged, Told):
    town: str = Field("", max_length=12, pattern=r"^[0-9]*$")


REFUSALS = {404: Problem, 422: Problem, 429: Problem}


def _publication(told: Told) -> Publication:
    number = str(told.number) if told.number else ""
    found = published.find(told.period, number) if told.period else published.newest()
    if found is None:
        raise Http404
    return found


@api.get("licence", response={200: dict, **REFUSALS}, url_name="open_licence", summary="Terms of use")
def terms(request: HttpRequest):
    return licence()


@api.get("periods", response={200: list[dict], **REFUSALS}, url_name="open_periods", summary="Periods, the newest first")
def periods(request: HttpRequest):
    return rows.periods()


@api.get("publications", response={200: list[dict], **REFUSALS}, url_name="open_publications", summary="Every act of publishing")
def publications(request: HttpRequest):
    return [rows.publication(each) for each in published.publications()]


@api.get("compounds", response={200: dict, **REFUSALS}, url_name="open_compounds", summary="Compounds of a publication, page by page")
def compounds(request: HttpRequest, asked: Query[Compounds]):
    publication = _publication(asked)
    if asked.grade and asked.grade not in Grade.Colour.values:
        text = _("grade 应为 %(kinds)s 之一。") % {"kinds": ", ".join(Grade.Colour.values)}
        return api.create_response(request, {"detail": text}, status=422)
    found = published.grades(publication, town=asked.town, colour=asked.grade, text=asked.q.replace("\x00", ""), order="town")
    return rows.page_of(request, publication, found, asked.page, asked.page_size, rows.compounds)


@api.get("compounds/{uuid:public_id}", response={200: dict, **REFUSALS}, url_name="open_compound", summary="One compound with its history")
def compound(request: HttpRequest, public_id: UUID):
    found = rows.compound(public_id)
    if found is None:
        raise Http404
    return found


@api.get("criteria", response={200: list[dict], **REFUSALS}, url_name="open_criteria", summary="Versions of the criteria")
def criteria(request: HttpRequest):
    return rows.criteria()


@api.get("criteria/{version}", response={200: dict, **REFUSALS}, url_name="open_criteria_version", summary="One version of the criteria")
def criteria_version(request: HttpRequest, version: str):
    found = next((each for each in rows.criteria() if each["version"] == version), None)
    if found is None:
        raise Http404
    return found


@api.get("titles", response={200: dict, **REFUSALS}, url_name="open_titles", summary="Courtyards and their four-free titles")
def titles(request: HttpRequest, asked: Query[Titles]):
    publication = _publication(asked)
    return rows.page_of(request, publication, published.titles(publication, town=asked.town), asked.page, asked.page_size, rows.titles)


@api.get("changes", response={200: list[dict], **REFUSALS}, url_name="open_changes", summary="What was told or taken back since a moment")
def changes(request: HttpRequest, since: datetime | None = None):
    if since is not None and timezone.is_naive(since):
        since = timezone.make_aware(since)
    return rows.changes(since)


@api.get("bulletins", response={200: list[dict], **REFUSALS}, url_name="open_bulletins", summary="Public bulletins")
def bulletins(request: HttpRequest):
    return [rows.bulletin(each) for each in published.bulletins().defer("content")[:PAGE_AT_MOST]]


@api.get("bulletins/{uuid:public_id}", response={200: dict, **REFUSALS}, url_name="open_bulletin", summary="One bulletin with its text")
def bulletin(request: HttpRequest, public_id: UUID):
    found = published.bulletins().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return rows.bulletin(found) | {"content": found.content}


@api.exception_handler(Http404)
def not_found(request: HttpRequest, fault: Http404) -> HttpResponse:
    return api.create_response(request, {"detail": _("没有公布过这样的内容。")}, status=404)


@api.exception_handler(ValidationError)
def wrong(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    names = sorted({str(each["loc"][-1]) for each in fault.errors})
    return api.create_response(request, {"detail": _("这些参数不对：%(names)s。") % {"names": ", ".join(names)}}, status=422)
