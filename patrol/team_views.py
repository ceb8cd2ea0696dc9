"""The pages of teams and their members, of beats, and of the templates of shifts."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.access import get_for
from geo.editing import EditRefused
from geo.models import Division
from patrol import plan_forms as forms
from patrol import plan_pages as pages
from patrol import planning, routes, teaming
from patrol.models import Membership, ShiftTemplate, Team
from patrol.planning import PlanRefused


def _reader_or_403(request: HttpRequest) -> None:
    if not pages.reads_plans(request.user) or (request.method == "POST" and not request.user.writes_business_data):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    _reader_or_403(request)
    now = timezone.now()
    form = forms.TeamForm(request.POST if request.method == "POST" else None, by=request.user, on=timezone.localdate(now))
    if form.is_bound and form.is_valid():
        try:
            made = teaming.form_team(by=request.user, **form.cleaned_data)
            return redirect("team", pk=made.pk)
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "patrol/teams.html", pages.teams_page(request.user, form, now=now), status=422 if form.is_bound else 200)


@require_GET
def team(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request)
    return render(request, "patrol/team.html", pages.team_page(get_for(request.user, Team, pk), request.user, now=timezone.now()))


def _done(request: HttpRequest, found: Team, name: str, form, verb) -> HttpResponse:
    """One change of a team. A refused one brings the page back with the reason and with what was typed."""
    if form.is_valid():
        try:
            verb(**form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect("team", pk=found.pk)
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    context = pages.team_page(get_for(request.user, Team, found.pk), request.user, now=timezone.now(), **{name: form})
    return render(request, "patrol/team.html", context, status=422)


@require_POST
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Team, pk)
    planning.insist(request.user, found.division_id)
    form = forms.TeamEditForm(request.POST, team=found)
    return _done(request, found, "edit_form", form, lambda **values: teaming.change_team(found, by=request.user, **values))


@require_POST
def team_join(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Team, pk)
    planning.insist(request.user, found.division_id)
    form = forms.JoinForm(request.POST, team=found, on=timezone.localdate())
    return _done(request, found, "join_form", form, lambda **values: teaming.join(found, by=request.user, **values))


@require_POST
def member_change(request: HttpRequest, pk: int) -> HttpResponse:
    """A member leaves on a day, or becomes or is no longer leader."""
    mine = Team.objects.visible_to(request.user).values("pk")
    found = get_object_or_404(Membership.objects.select_related("team", "user"), pk=pk, team__in=mine)
    planning.insist(request.user, found.team.division_id)
    form = forms.LeaveForm(request.POST)
    try:
        if request.POST.get("what") == "leave":
            teaming.leave(found, left_on=form.day(), by=request.user)
        else:
            teaming.appoint(found, is_leader=request.POST.get("what") == "lead", by=request.user)
        messages.success(request, _("已保存。"))
    except PlanRefused as refused:
        messages.error(request, str(refused))
    return redirect("team", pk=found.team_id)


@require_GET
def beats(request: HttpRequest) -> HttpResponse:
    _reader_or_403(request)
    return render(request, "patrol/beats.html", pages.beats_page(request.user))


@require_http_methods(["GET", "POST"])
def route_new(request: HttpRequest) -> HttpResponse:
    """A route along named streets of a town."""
    if not request.user.writes_business_data:
        raise PermissionDenied
    town, form, error = _town_and_form(request)
    if form is not None and form.is_bound and form.is_valid():
        try:
            made = routes.make_route(division=town, by=request.user, now=timezone.now(), **form.cleaned_data)
            return redirect("object_page", name="beats", pk=made.pk)
        except (PlanRefused, EditRefused) as refused:
            form.add_error(None, str(refused))
    choices = forms.own_divisions(request.user).exclude(level=Division.Level.COUNTY)
    context = {"town": town, "towns": choices, "form": form, "error": error}
    return render(request, "patrol/route_new.html", context, status=422 if form is not None and form.is_bound else 200)


def _town_and_form(request: HttpRequest) -> tuple[Division | None, forms.RouteForm | None, str]:
    choices = forms.own_divisions(request.user).exclude(level=Division.Level.COUNTY)
    code = request.POST.get("town") or request.GET.get("town", "")
    town = choices.filter(code=code[:12]).first() or (choices.first() if len(choices) == 1 else None)
    if town is None:
        return None, None, ""
    try:
        known = routes.streets(town, timezone.localdate())
    except PlanRefused as refused:
        return town, None, str(refused)
    names = [(name, pages.streets_label(name, sum(map(routes.length_m, lines)))) for name, lines in known.items()]
    return town, forms.RouteForm(request.POST if request.method == "POST" else None, names=names), ""


@require_http_methods(["GET", "POST"])
def shift_templates(request: HttpRequest) -> HttpResponse:
    _reader_or_403(request)
    form = forms.TemplateForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            teaming.make_template(division=request.user.division, by=request.user, **form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect("shift_templates")
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "patrol/shift_templates.html", pages.templates_page(request.user, form), status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def shift_template(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, ShiftTemplate, pk)
    planning.insist(request.user, found.division_id)
    form = forms.TemplateForm(request.POST if request.method == "POST" else None, template=found)
    if form.is_bound and form.is_valid():
        try:
            teaming.change_template(found, by=request.user, **form.cleaned_data)
            messages.success(request, _("已保存。"))
            return redirect("shift_templates")
        except PlanRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "patrol/shift_template.html", {"template": found, "form": form}, status=422 if form.is_bound else 200)
