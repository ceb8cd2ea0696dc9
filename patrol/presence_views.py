"""Presence by place and hour of the week. No person is in it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from geo.models import User
from patrol import hour_tables as tables
from patrol import paper
from patrol import presence_pages as pages


def _reader(request: HttpRequest) -> User:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return request.user


@require_GET
def presence(request: HttpRequest) -> HttpResponse:
    """The places of a layer, those with the longest gap first."""
    found = tables.reading(_reader(request), request.GET, now=timezone.now())
    if request.GET.get("form") == "xlsx":
        return paper.xlsx_response(tables.sheets(found), name=f"{found.unit.name}{_('在岗覆盖')}{timezone.localdate()}")
    return render(request, "patrol/presence.html", pages.listing(found, request.user, request.GET))


@require_GET
def presence_place(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    context = pages.place(_reader(request), name, pk, request.GET, now=timezone.now())
    if request.GET.get("form") == "xlsx":
        sheet = tables.week_sheet(context["place"], context["period"])
        return paper.xlsx_response([sheet], name=f"{context['place'].name}{_('在岗覆盖')}{timezone.localdate()}")
    return render(request, "patrol/presence_place.html", context)


@require_GET
def presence_map(request: HttpRequest) -> HttpResponse:
    """Where is nobody in a certain hour of the day, on every day or on one weekday."""
    found = tables.reading(_reader(request), request.GET, now=timezone.now())
    context = pages.hour_map(found, request.user, request.GET)
    if request.GET.get("form") == "xlsx":
        return paper.xlsx_response([pages.hour_sheet(context)], name=f"{found.unit.name}{_('某时在岗')}{context['hour']:02d}")
    return render(request, "patrol/presence_map.html", context)


@require_GET
def presence_map_data(request: HttpRequest) -> JsonResponse:
    found = tables.reading(_reader(request), request.GET, now=timezone.now())
    context = pages.hour_map(found, request.user, request.GET)
    return JsonResponse(tables.as_geojson(found, context["rows"]), headers={"Cache-Control": "private, no-store"})
