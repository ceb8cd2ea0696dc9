"""What the pages of the plan show, put together from the grid, the forms and the faults."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from geo.access import get_for
from geo.models import Station, User
from patrol import plan_forms as forms
from patrol import plan_grid as grid
from patrol import plan_reading as reading
from patrol import planning, roster, shift_history
from patrol.models import Beat, Shift, ShiftTemplate, Team

DUTY_BACK, DUTY_AHEAD = timedelta(days=28), timedelta(days=60)


def reads_plans(user: User) -> bool:
    """A patrol member reads the own duty, not the whole unit's."""
    return user.reads_business_data and user.role != User.Role.PATROL_MEMBER


def week_context(week: date, today: date) -> dict:
    return {
        "week": week,
        "week_text": grid.iso(week),
        "last_day": week + timedelta(days=6),
        "previous": grid.iso(week - roster.WEEK),
        "next": grid.iso(week + roster.WEEK),
        "this_week": grid.iso(roster.monday_of(today)),
        "is_this_week": week == roster.monday_of(today),
    }


def teams_of(user: User) -> list[Team]:
    return list(Team.objects.visible_to(user).select_related("division").order_by("division_id", "kind", "name"))


def team_asked(user: User, text: str) -> Team | None:
    """The team with this number, None where none is named; 404 for an unknown or foreign one."""
    return get_for(user, Team, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def roster_page(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """One team's week when a team is named, else every team's in small and every kiosk's."""
    today = roster.day_of(now)
    week = grid.week_of(query.get("week", ""), today=today)
    teams = teams_of(user)
    context = week_context(week, today) | {"teams": teams, "marks": list(grid.MARKS.values())}
    if team := team_asked(user, query.get("team", "")):
        return context | team_part(team, user, week, now=now, day=query.get("day", "")[:10])
    shifts = grid.shifts_of_week(Shift.objects.visible_to(user), week)
    by_team = defaultdict(list)
    for each in shifts:
        by_team[each.team_id].append(each)
    kiosks = grid.kiosk_weeks(week, user, now=now)
    standing = [each for each in teams if each.dissolved_on is None or each.dissolved_on > week]
    return context | {
        "team": None,
        "weeks": [grid.team_week(each, by_team[each.pk], week, user, now=now) for each in standing],
        "kiosks": [each for each in kiosks if each.is_staffed],
        "idle_kiosks": [each for each in kiosks if not each.is_staffed],
        "may_form": user.writes_business_data,
    }


def team_part(team: Team, user: User, week: date, *, now: datetime, day: str = "", form: forms.PlanForm | None = None) -> dict:
    today = roster.day_of(now)
    shifts = grid.shifts_of_week(Shift.objects.visible_to(user).filter(team=team), week)
    shown = grid.team_week(team, shifts, week, user, now=now)
    may_plan = planning.may_plan(user, team.division_id)
    is_over = week + timedelta(days=6) < today
    blank = forms.PlanForm(None, team=team, week=week, today=today, day=day) if may_plan and not is_over else None
    return {
        "team": team,
        "shown": shown,
        "empty_sentences": grid.empty_sentences(shown.days),
        "may_plan": may_plan,
        "may_add": blank is not None,
        "form": form or blank,
        "has_templates": reading.usable_templates(team).exists(),
        "hours": range(0, 24, 2),
    }


def shift_page(shift: Shift, user: User, *, now: datetime, **typed) -> dict:
    """A shift with the forms that may still change it; `typed` brings back a form that was refused."""
    week = roster.monday_of(roster.day_of(shift.starts_at))
    found = grid.faults([shift], week, user)
    live = planning.may_plan(user, shift.division_id) and shift.cancelled_at is None
    return {
        "shift": shift,
        "when": reading.clock(shift.starts_at, shift.ends_at),
        "place": reading.place_of(shift),
        "place_url": _place_url(shift),
        "seen": planning.seen(shift),
        "found": found,
        "may_move": live and shift.starts_at > now,
        "may_change": live and shift.ends_at > now,
        "time_form": forms.TimeForm.of(shift),
        "crew_form": forms.CrewForm(None, shift=shift),
        "place_form": forms.ShiftPlaceForm(None, shift=shift),
        "back": f"{reverse('roster')}?team={shift.team_id}&week={grid.iso(week)}",
        "entries": shift_history.entries(shift),
    } | typed


def _place_url(shift: Shift) -> str:
    if shift.station_id:
        return reverse("object_page", args=["stations", shift.station_id])
    return reverse("object_page", args=["beats", shift.beat_id]) if shift.beat_id else ""


def print_page(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """For each day the shifts in words, of one team or of all."""
    today = roster.day_of(now)
    week = grid.week_of(query.get("week", ""), today=today)
    team = team_asked(user, query.get("team", ""))
    rows = Shift.objects.visible_to(user)
    shifts = grid.shifts_of_week(rows.filter(team=team) if team else rows, week)
    found = grid.faults(shifts, week, user)
    lines = [{"shift": each, "when": reading.clock(each.starts_at, each.ends_at), "place": reading.place_of(each)} for each in shifts]
    days = []
    for number in range(7):
        day = week + timedelta(days=number)
        days.append({"date": day, "lines": [each for each in lines if roster.day_of(each["shift"].starts_at) == day]})
    shown = grid.team_week(team, shifts, week, user, now=now) if team else None
    empty = grid.empty_sentences(shown.days) if shown else []
    return week_context(week, today) | {"team": team, "days": days, "found": found, "empty_sentences": empty, "now": now}


def duty_page(user: User, *, now: datetime) -> dict:
    """The reader's own shifts: the next first, then the last four weeks; whatever the territory."""
    rows = reading.with_crew(Shift.objects.of_member(user).between(now - DUTY_BACK, now + DUTY_AHEAD)).order_by("starts_at")
    shifts = list(rows)
    lines = [
        {"shift": each, "when": reading.clock(each.starts_at, each.ends_at), "place": reading.place_of(each), "now": each.starts_at <= now}
        for each in shifts
    ]
    week = roster.monday_of(roster.day_of(now))
    start = roster.midnight(week)
    live = [each for each in shifts if each.cancelled_at is None]
    hours = sum(max(timedelta(), min(each.ends_at, start + roster.WEEK) - max(each.starts_at, start)) / roster.HOUR for each in live)
    return {
        "ahead": [each for each in lines if each["shift"].ends_at > now],
        "past": [each for each in lines if each["shift"].ends_at <= now][::-1],
        "week_hours": reading.short(hours),
    }


def teams_page(user: User, form, *, now: datetime) -> dict:
    today = roster.day_of(now)
    teams = teams_of(user)
    for each in teams:
        each.members = each.memberships.in_force(today).select_related("user")
        each.is_over = each.dissolved_on is not None and each.dissolved_on <= today
    return {"teams": teams, "form": form if user.writes_business_data else None}


def team_page(team: Team, user: User, *, now: datetime, **typed) -> dict:
    today = roster.day_of(now)
    may_plan = planning.may_plan(user, team.division_id)
    members = list(team.memberships.select_related("user").order_by("left_on", "-is_leader", "user__username"))
    return {
        "team": team,
        "present": [each for each in members if each.left_on is None or each.left_on > today],
        "former": [each for each in members if each.left_on is not None and each.left_on <= today],
        "may_plan": may_plan,
        "today": today,
        "edit_form": forms.TeamEditForm(None, team=team) if may_plan else None,
        "join_form": forms.JoinForm(None, team=team, on=today) if may_plan else None,
    } | typed


def beats_page(user: User) -> dict:
    beats = list(Beat.objects.visible_to(user).select_related("division").order_by("division_id", "name", "pk"))
    kiosks = Station.objects.visible_to(user).filter(kind=Station.Kind.KIOSK).order_by("division_id", "name")
    return {"beats": beats, "kiosk_count": kiosks.count(), "may_write": user.writes_business_data}


def templates_page(user: User, form) -> dict:
    rows = ShiftTemplate.objects.visible_to(user).select_related("division").order_by("division_id", "-is_active", "starts_at", "pk")
    found = list(rows)
    for each in found:
        each.end = (datetime.combine(date.min, each.starts_at) + timedelta(minutes=each.minute_count)).time()
    return {"templates": found, "form": form if user.writes_business_data else None}


def streets_label(name: str, length: float) -> str:
    return _("%(name)s（约%(metres)s米）") % {"name": name, "metres": f"{round(length, -1):,.0f}"}
