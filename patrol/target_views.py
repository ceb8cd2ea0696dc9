"""Plan fulfilment by team and week, and the scoreboard of targets (R2). Neither names a person."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from patrol import fulfilment as weeks
from patrol import measures, paper, units
from patrol import targets as board
from patrol.target_forms import TargetForm, year_of


@require_GET
def fulfilment(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    now, unit = timezone.now(), units.chosen(request.user, request.GET.get("division", ""))
    monday = units.week_of(units.day_of(request.GET.get("week", ""), timezone.localdate(now)))
    teams, beats = weeks.teams(request.user, unit, monday, now=now), weeks.beats(request.user, unit, monday)
    if request.GET.get("form") == "xlsx":
        return paper.xlsx_response(weeks.sheets(teams, beats), name=f"{unit.name}{_('计划完成')}{monday}")
    context = {
        "unit": unit, "units": units.choices(request.user), "monday": monday, "sunday": monday + timedelta(days=6),
        "before": monday - timedelta(days=7), "after": monday + timedelta(days=7), "this_week": units.week_of(timezone.localdate(now)),
        "teams": teams, "beats": beats,
    }  # fmt: skip
    return render(request, "patrol/fulfilment.html", context)


@require_http_methods(["GET", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """Target against actual; a county's officer sets the towns' targets here, a town's officer those of the villages."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    now = timezone.now()
    year = year_of(request.GET.get("year", ""), timezone.localdate(now).year)
    form = TargetForm(request.POST if request.method == "POST" else None, user=request.user, year=year)
    if request.method == "POST":
        return _put(request, form, year, now)
    rows = board.scoreboard(request.user, year, now=now)
    if request.GET.get("form") == "xlsx":
        return paper.xlsx_response([board.sheet(rows, year)], name=f"{request.user.division.name}{_('责任目标')}{year}")
    return render(request, "patrol/targets.html", _board(request, form, year, rows, now))


def _put(request: HttpRequest, form: TargetForm, year: int, now) -> HttpResponse:
    if not board.settable(request.user):
        raise PermissionDenied
    if not form.is_valid():
        rows = board.scoreboard(request.user, year, now=now)
        return render(request, "patrol/targets.html", _board(request, form, year, rows, now), status=422)
    board.put(by=request.user, now=now, **form.cleaned_data)
    messages.success(request, _("已保存。"))
    return redirect(f"{reverse('targets')}?year={form.cleaned_data['year']}")


def _board(request: HttpRequest, form: TargetForm, year: int, rows: list, now) -> dict:
    this = timezone.localdate(now).year
    return {
        "rows": rows, "year": year, "years": range(this - 2, this + 2), "form": form if board.settable(request.user) else None,
        "due": board.elapsed(year, on=timezone.localdate(now)), "measures": measures.every(), "notes": board.notes(),
    }  # fmt: skip
