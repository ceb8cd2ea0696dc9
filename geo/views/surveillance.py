"""The register of surveillance points (R4): counts for everybody who reads business data, points for those who may see them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from geo.models import AccessReason, SurveillancePoint, SurveillanceStandard, User
from geo.surveillance import access, findings, seen
from geo.surveillance.gate import EXACT_POSITIONS

PAGE_SIZE = 50


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Counts and rates by town and owner. Without coordinates, so that no purpose is asked."""
    on, standard = _day(request)
    context = {
        "standard": standard,
        "findings": findings.FINDINGS,
        "all": findings.in_all(request.user, on=on, standard=standard),
        "places": findings.by_place(request.user, on=on, standard=standard),
        "owners": findings.by_owner(request.user, on=on, standard=standard),
        "may_see": access.may(request.user),
        "access": access.current(request.user),
    }
    return render(request, "geo/surveillance.html", context)


@require_GET
def points(request: HttpRequest) -> HttpResponse:
    """The points behind a count."""
    mine = _mine(request)
    on, standard = _day(request)
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:120].strip() for name in ("finding", "place", "owner", "q")}
    page = Paginator(findings.with_findings(_narrowed(mine, asked, on, standard), on=on, standard=standard), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    for point in page:
        point.findings, point.due_on = findings.findings_of(point), findings.filing_due(point.in_use_since, standard)
    access.note_read(request.user, "list", len(page.object_list))
    context = {
        "page": page,
        "asked": asked,
        "findings": findings.FINDINGS,
        "places": findings.by_place(request.user, on=on, standard=standard),
    }
    return render(request, "geo/surveillance_points.html", context)


@require_GET
def what_is_seen(request: HttpRequest) -> HttpResponse:
    """Shares of places and roads within a working point's view; names and pairs only for those who may see points."""
    on, standard = _day(request)
    units, missed = seen.seen(request.user, on=on, standard=standard)
    opened = access.may(request.user) and access.current(request.user)
    pairs = _pairs(request.user, standard) if opened else []
    context = {
        "standard": standard, "units": units, "total": seen.total(units), "opened": opened, "may_see": access.may(request.user),
        "missed": missed if opened else [], "pairs": pairs,
    }  # fmt: skip
    return render(request, "geo/surveillance_seen.html", context)


@require_http_methods(["GET", "POST"])
def purpose(request: HttpRequest) -> HttpResponse:
    """Why exact positions are read today; then back to where the reader came from."""
    if not access.may(request.user):
        raise PermissionDenied
    back = _back(request)
    typed = {"reason": request.POST.get("reason", ""), "note": request.POST.get("note", "")[:200].replace("\x00", "")}
    if request.method == "POST":
        try:
            reason = AccessReason.objects.filter(pk=typed["reason"]).first()
            access.state_purpose(reason=reason, note=typed["note"], by=request.user, now=timezone.now())
            return redirect(back)
        except access.PurposeRefused as refused:
            messages.error(request, str(refused))
    context = {"reasons": AccessReason.objects.filter(is_active=True), "back": back, "typed": typed, "access": access.current(request.user)}
    return render(request, "geo/surveillance_purpose.html", context)


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Who read exact positions, when and why: all of it for the auditor, the own entries for everybody else."""
    if request.user.role != User.Role.AUDITOR and not access.may(request.user):
        raise PermissionDenied
    page = Paginator(access.readings(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "geo/surveillance_log.html", {"page": page, "is_auditor": request.user.role == User.Role.AUDITOR})


def _day(request: HttpRequest) -> tuple:
    if not request.user.reads_business_data:
        raise PermissionDenied
    on = timezone.localdate()
    return on, SurveillanceStandard.objects.at(on)


def _mine(request: HttpRequest):
    """Points that the reader may see, or the page on which the purpose is stated."""
    EXACT_POSITIONS.insist(request.user)
    return SurveillancePoint.objects.visible_to(request.user).select_related("division")


def _narrowed(points, asked: dict, on, standard):
    if asked["finding"] in findings.BY_CODE:
        points = points.filter(findings.BY_CODE[asked["finding"]].of(on, standard))
    if asked["place"].isdigit():
        points = points.in_division(asked["place"])
    if asked["owner"]:
        points = points.filter(owner_unit="" if asked["owner"] == "-" else asked["owner"])
    if asked["q"]:
        points = points.filter(name__icontains=asked["q"]) | points.filter(source_key__iexact=asked["q"])
    return points.order_by("division_id", "pk")


def _pairs(user, standard) -> list[dict]:
    found = seen.overlaps(user, standard=standard)
    points = SurveillancePoint.objects.visible_to(user).in_bulk({pk for first, second, _share in found for pk in (first, second)})
    access.note_read(user, "coverage", len(points))
    return [{"first": points[first], "second": points[second], "share": share} for first, second, share in found]


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/") else reverse("surveillance")
