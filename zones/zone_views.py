"""The pages of key-rectification zones. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import workflow
from geo.access import get_for
from zones import kept_pictures
from zones import zone_cases as verbs
from zones import zone_pages as pages
from zones.duty_list import day_from
from zones.models import RectificationZone, ZonePhoto
from zones.register_forms import photos_of
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)
MET = {"yes": True, "no": False}


@require_GET
def zones(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/zones.html", pages.listing(request.user, request.GET, now=timezone.now()))


@require_GET
def zone_criteria(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/zone_criteria.html", pages.criteria_page())


@require_GET
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, RectificationZone, pk)
    return render(request, "zones/zone.html", pages.zone(found, request.user, now=timezone.now()))


@require_POST
def zone_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One step. A refused one brings the page back with the reason and with what was typed."""
    found = get_for(request.user, RectificationZone, pk)
    typed = {name: request.POST.get(name, "") for name in ("to", "why", "target_on")}
    try:
        done = verbs.move(
            found, typed["to"], by=request.user, now=timezone.now(), why=typed["why"], target_on=day_from(typed["target_on"])
        )
    except REFUSALS as refused:
        return _again(request, found, refused, typed)
    messages.success(request, _("已办理：%(state)s。") % {"state": RectificationZone.Status(done.to_state).label})
    return redirect("zone", pk=pk)


@require_POST
def zone_findings(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, RectificationZone, pk)
    typed = request.POST.dict()
    given = {each.key: (MET.get(typed.get(f"{each.key}-met", "")), typed.get(f"{each.key}-note", "")) for each in verbs.items_for(found)}
    try:
        verbs.find(found, given, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found, refused, typed)
    messages.success(request, _("已保存。"))
    return redirect("zone", pk=pk)


@require_POST
def zone_photos(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, RectificationZone, pk)
    try:
        count = verbs.add_photos(found, photos_of(request), stage=request.POST.get("stage", ""), by=request.user, now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found, refused, {})
    messages.success(request, _("已上传%(count)d张照片。") % {"count": count})
    return redirect("zone", pk=pk)


def _again(request: HttpRequest, found: RectificationZone, refused: Exception, typed: dict) -> HttpResponse:
    found.refresh_from_db()
    context = pages.zone(found, request.user, now=timezone.now(), typed=typed, faults=getattr(refused, "faults", None))
    return render(request, "zones/zone.html", context | {"error": str(refused)}, status=422)


@require_GET
def zone_photo(request: HttpRequest, pk: int) -> FileResponse:
    mine = RectificationZone.objects.visible_to(request.user).values("pk")
    kept = get_object_or_404(ZonePhoto, pk=pk, zone__in=mine)
    return kept_pictures.shown(lambda: kept.file.open("rb"), kept.content_type)
