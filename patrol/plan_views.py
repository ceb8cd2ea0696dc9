"""The pages of the roster and of single shifts. Every view begins with what the reader may see."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.access import get_for
from geo.models import User
from geo.workbooks import CONTENT_TYPE as XLSX
from patrol import copying, planning, roster
from patrol import plan_files as files
from patrol import plan_forms as forms
from patrol import plan_grid as grid
from patrol import plan_pages as pages
from patrol import plan_reading as reading
from patrol.models import Shift, Team
from patrol.planning import PlanRefused


def _reader_or_403(user: User) -> None:
    if not pages.reads_plans(user):
        raise PermissionDenied


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _week(request: HttpRequest) -> date:
    given = request.POST.get("week") or request.GET.get("week", "")
    return grid.week_of(given, today=timezone.localdate())


def _team_week_url(team: Team, week: date) -> str:
    return f"{reverse('roster')}?team={team.pk}&week={grid.iso(week)}"


@require_GET
def roster_week(request: HttpRequest) -> HttpResponse:
    if request.user.role == User.Role.PATROL_MEMBER:
        return redirect("duty")
    _reader_or_403(request.user)
    return render(request, "patrol/roster.html", pages.roster_page(request.user, request.GET, now=timezone.now()))


@require_GET
def roster_print(request: HttpRequest) -> HttpResponse:
    _reader_or_403(request.user)
    return render(request, "patrol/roster_print.html", pages.print_page(request.user, request.GET, now=timezone.now()))


@require_GET
def team_roster_file(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request.user)
    team, week = get_for(request.user, Team, pk), _week(request)
    part = pages.team_part(team, request.user, week, now=timezone.now())
    sentences = [text for _mark, text, _pk in part["shown"].found.sentences] + part["empty_sentences"]
    return _file(files.workbook(part["shown"].shifts, sentences), XLSX, f"{team.name} {grid.iso(week)}.xlsx")


@require_GET
def team_roster_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The week shown and what is planned after it."""
    _reader_or_403(request.user)
    team, start = get_for(request.user, Team, pk), roster.midnight(_week(request))
    shifts = reading.with_crew(Shift.objects.visible_to(request.user).filter(team=team, ends_at__gt=start)).order_by("starts_at")
    return _file(files.calendar(shifts, title=team.name, now=timezone.now()), files.ICS, f"{team.name}.ics")


@require_POST
def shifts_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Shifts from a template on the days that were ticked: all of them or none."""
    team, week, now = get_for(request.user, Team, pk), _week(request), timezone.now()
    planning.insist(request.user, team.division_id)
    form = forms.PlanForm(request.POST, team=team, week=week, today=timezone.localdate(now))
    if form.is_valid():
        try:
            with transaction.atomic():
                made = [planning.plan(team, by=request.user, now=now, **values) for values in form.shifts()]
            messages.success(request, _("已排%(count)d个班次。") % {"count": len(made)})
            return redirect(_team_week_url(team, week))
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    query = {"week": grid.iso(week), "team": str(team.pk)}
    context = pages.roster_page(request.user, query, now=now) | {"form": form}
    return render(request, "patrol/roster.html", context, status=422)


@require_GET
def shift_page(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request.user)
    found = get_for(request.user, Shift, pk)
    return render(request, "patrol/shift.html", pages.shift_page(found, request.user, now=timezone.now()))


def _changed(request: HttpRequest, pk: int, name: str, make_form, verb, values) -> HttpResponse:
    """One change of a shift. A refused one brings the page back with the reason and with what was typed."""
    found = get_for(request.user, Shift, pk)
    planning.insist(request.user, found.division_id)
    form, now = make_form(found), timezone.now()
    if form.is_valid():
        try:
            verb(found, seen=request.POST.get("seen", ""), by=request.user, now=now, **values(form))
            messages.success(request, _("已保存。"))
            return redirect(pages.shift_page(found, request.user, now=now)["back"] + f"#shift-{pk}")
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    shown = get_for(request.user, Shift, pk)
    context = pages.shift_page(shown, request.user, now=now, **{name: form})
    return render(request, "patrol/shift.html", context | {"refused": form.non_field_errors()}, status=422)


@require_POST
def shift_move(request: HttpRequest, pk: int) -> HttpResponse:
    return _changed(request, pk, "time_form", lambda _found: forms.TimeForm(request.POST), planning.move, forms.TimeForm.times)


@require_POST
def shift_crew(request: HttpRequest, pk: int) -> HttpResponse:
    def people(form) -> dict:
        return {"crew": list(form.cleaned_data["crew"])}

    return _changed(request, pk, "crew_form", lambda found: forms.CrewForm(request.POST, shift=found), planning.set_crew, people)


@require_POST
def shift_change(request: HttpRequest, pk: int) -> HttpResponse:
    def values(form) -> dict:
        return {name: form.cleaned_data[name] for name in ("needed_count", "note")} | form.places()

    return _changed(request, pk, "place_form", lambda found: forms.ShiftPlaceForm(request.POST, shift=found), planning.change, values)


@require_POST
def shift_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _changed(request, pk, "cancel_form", lambda _found: forms.forms.Form(request.POST), planning.cancel, lambda _form: {})


@require_http_methods(["GET", "POST"])
def roster_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """What copying the week would do, and the button that does it."""
    team, week, now = get_for(request.user, Team, pk), _week(request), timezone.now()
    planning.insist(request.user, team.division_id)
    error = ""
    if request.method == "POST":
        try:
            made = copying.copy_week(team, week=week, digest=request.POST.get("digest", ""), by=request.user, now=now)
            messages.success(request, _("已复制%(count)d个班次到下周。") % {"count": len(made)})
            return redirect(_team_week_url(team, week + roster.WEEK))
        except PlanRefused as refused:
            error = str(refused)
    found = copying.draft(team, week=week, by=request.user, now=now)
    context = pages.week_context(week, timezone.localdate(now)) | {"team": team, "draft": found, "error": error}
    return render(request, "patrol/roster_copy.html", context, status=422 if error else 200)


@require_GET
def duty(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "patrol/duty.html", pages.duty_page(request.user, now=timezone.now()))


def _own(request: HttpRequest):
    if not request.user.reads_business_data:
        raise PermissionDenied
    now = timezone.now()
    return reading.with_crew(Shift.objects.of_member(request.user).between(now - pages.DUTY_BACK, now + pages.DUTY_AHEAD)).order_by(
        "starts_at"
    )


@require_GET
def duty_calendar(request: HttpRequest) -> HttpResponse:
    title = _("我的班次")
    return _file(files.calendar(_own(request), title=title, now=timezone.now()), files.ICS, f"{title}.ics")


@require_GET
def duty_file(request: HttpRequest) -> HttpResponse:
    return _file(files.workbook(_own(request)), XLSX, _("我的班次") + ".xlsx")
