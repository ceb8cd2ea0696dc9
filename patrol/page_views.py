"""Duty room, shift reports, replay and one's own patrols. Every view begins with what the reader may see."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from geo.access import get_for
from geo.models import User
from geo.proofs import gives_out
from patrol import duty_room as room
from patrol import page_contexts as pages
from patrol import paper, units
from patrol import replay as tracks
from patrol import shift_reports as reports
from patrol.models import Patrol, Shift
from patrol.replay import PurposeRefused


@require_GET
def duty_room(request: HttpRequest) -> HttpResponse:
    """The whole page, or (`part`) only what changes: the page asks for it every half minute."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    template = "patrol/_duty_room.html" if request.GET.get("part") else "patrol/duty_room.html"
    response = render(request, template, pages.duty_room(request.user, now=timezone.now()))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_GET
def shift_reports(request: HttpRequest) -> HttpResponse:
    if not room.sees_persons(request.user):
        raise PermissionDenied
    context = pages.shift_reports_of(request.user, request.GET, now=timezone.now())
    name = f"{context['unit'].name}{_('班次报告')}{context['day']}"
    match request.GET.get("form"):
        case "xlsx":
            return paper.xlsx_response([reports.sheet(context["reports"], with_persons=True)], name=name)
        case "pdf":
            return paper.pdf_response(request, "patrol/paper_shift_reports.html", context, name=name)
    return render(request, "patrol/shift_reports.html", context)


@require_GET
def shift_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Officers read a shift of their territory; a member of its crew reads it with the own turn only."""
    context = pages.shift_report(request.user, _shift_or_404(request.user, pk), now=timezone.now())
    name = f"{context['report'].shift.team.name}{_('班次报告')}{reports.moment(context['report'].shift.starts_at)[:10]}"
    match request.GET.get("form"):
        case "xlsx":
            return paper.xlsx_response([reports.sheet([context["report"]], with_persons=context["sees_persons"])], name=name)
        case "pdf":
            return paper.pdf_response(request, "patrol/paper_shift_report.html", context, name=name)
    return render(request, "patrol/shift_report.html", context)


def _shift_or_404(user: User, pk: int) -> Shift:
    if room.sees_persons(user):
        return get_for(user, Shift, pk)
    found = Shift.objects.of_member(user).filter(pk=pk).first() if user.reads_business_data else None
    if found is None:
        raise Http404
    return found


@gives_out
@require_http_methods(["GET", "POST"])
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for a purpose first, unless the track is one's own; every purpose is written down for the person concerned."""
    found, now = tracks.patrol_or_404(request.user, pk), timezone.now()
    context = {"patrol": found, "purpose": request.POST.get("purpose", "")}
    if request.method == "POST":
        try:
            tracks.state_purpose(found, purpose=context["purpose"], by=request.user, now=now)
            return redirect("replay", pk=pk)
        except PurposeRefused as refused:
            return render(request, "patrol/replay_purpose.html", context | {"error": str(refused)}, status=422)
    if not tracks.is_open(found, to=request.user, now=now):
        return render(request, "patrol/replay_purpose.html", context)
    return render(request, "patrol/replay.html", pages.replay(found, now=now))


@gives_out
@require_GET
def replay_data(request: HttpRequest, pk: int) -> JsonResponse:
    found, now = tracks.patrol_or_404(request.user, pk), timezone.now()
    if not tracks.is_open(found, to=request.user, now=now):
        raise Http404
    return JsonResponse(tracks.data(found, now=now), headers={"Cache-Control": "private, no-store"})


@require_GET
def my_patrols(request: HttpRequest) -> HttpResponse:
    """One's own patrols, and who looked at them."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    mine = Patrol.objects.of_member(request.user).select_related("track", "shift__team", "shift__beat", "division")
    context = {
        "page": units.page(mine.defer("track__line"), request.GET.get("page")),
        "readings": units.page(tracks.readings_of(request.user), request.GET.get("readings")),
        "now": timezone.now(),
    }
    return render(request, "patrol/my_patrols.html", context)
