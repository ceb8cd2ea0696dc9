"""The pages of regular duties. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import workflow
from geo.access import by_key, get_for
from geo.uploads import by_readers
from zones import duty_calendar, duty_list, kept_pictures, notices
from zones import duty_pages as pages
from zones.duty_forms import ReasonTyped, ReportTyped, TakeBackTyped
from zones.models import Duty, DutyPhoto
from zones.periods import day_of
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)


def _readers_only(request: HttpRequest) -> None:
    if not request.user.reads_business_data:
        raise PermissionDenied


@require_GET
def duties(request: HttpRequest) -> HttpResponse:
    """The month: what falls due on which day, and what the reader's unit has to do soon."""
    _readers_only(request)
    return render(request, "zones/duties.html", pages.month(request.user, request.GET, now=timezone.now()))


@require_GET
def duty_list_page(request: HttpRequest) -> HttpResponse:
    _readers_only(request)
    return render(request, "zones/duty_list.html", pages.listing(request.user, request.GET, now=timezone.now()))


@require_GET
def duty_shares(request: HttpRequest) -> HttpResponse:
    _readers_only(request)
    return render(request, "zones/duty_shares.html", pages.shares(request.user, request.GET, now=timezone.now()))


@require_GET
def duty_rules(request: HttpRequest) -> HttpResponse:
    _readers_only(request)
    return render(request, "zones/duty_rules.html", pages.rules(request.user, now=timezone.now()))


@require_GET
def duty(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = get_for(request.user, Duty, pk), timezone.now()
    notices.read(request.user, about=found, now=now)
    return render(request, "zones/duty.html", pages.one(found, request.user, now=now))


@by_readers
@require_POST
def duty_done(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Duty, pk)
    return _stored(request, found, ReportTyped(request), _("已记录完成情况。"))


@require_POST
def duty_reason(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Duty, pk)
    return _stored(request, found, ReasonTyped(request.POST), _("已记录原因。"))


@require_POST
def duty_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Duty, pk)
    return _stored(request, found, TakeBackTyped(request.POST), _("已撤回报告。"))


def _stored(request: HttpRequest, found: Duty, typed: ReportTyped | ReasonTyped | TakeBackTyped, told: str) -> HttpResponse:
    """Do it, or bring the page back with the reason and with what was typed."""
    now = timezone.now()
    try:
        typed.store(found, by=request.user, now=now)
    except REFUSALS as refused:
        found.refresh_from_db()
        context = pages.one(found, request.user, now=now, typed=typed.words)
        return render(request, "zones/duty.html", context | {"error": str(refused)}, status=422)
    messages.success(request, told)
    return redirect("duty", pk=found.pk)


@require_GET
def duty_photo(request: HttpRequest, pk: int) -> FileResponse:
    mine = Duty.objects.visible_to(request.user).values("pk")
    kept = get_object_or_404(DutyPhoto, pk=pk, duty__in=mine)
    return kept_pictures.shown(lambda: kept.file.open("rb"), kept.content_type)


@by_key
@require_GET
def duty_feed(request: HttpRequest) -> HttpResponse:
    """A unit's own duties as a calendar, to download or to subscribe to with an access key."""
    _readers_only(request)
    now = timezone.now()
    said = duty_list.asked(request.user, request.GET, today=day_of(now))
    title = _("定期任务")
    content = duty_calendar.calendar(duty_calendar.own(said), title=title, today=said.today, now=now)
    response = HttpResponse(content, content_type=duty_calendar.ICS)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{title}.ics")
    response.headers["Cache-Control"] = "private, no-store"
    return response
