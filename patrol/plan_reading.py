"""From the tables to what the rules of `roster` judge: duties, dated members, limits. And in words what they found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from geo.models import User
from patrol import roster
from patrol.models import Crew, Membership, PatrolStandard, Shift, ShiftTemplate, Team
from patrol.roster import COUNTY_TIME, Conflict, Duty, Fault, Limits

# What lies beyond a week still decides about rest on its first and last day.
BESIDE = timedelta(days=7)


def limits(on: date) -> Limits:
    return Limits.of(PatrolStandard.objects.in_force(on).figures)


def with_crew(shifts: QuerySet[Shift]) -> QuerySet[Shift]:
    crew = Crew.objects.select_related("user").order_by("user__username")
    return shifts.select_related("team", "beat", "station", "template").prefetch_related(Prefetch("crew", crew))


def duty(shift: Shift) -> Duty:
    people = frozenset(each.user_id for each in shift.crew.all())
    return Duty(
        shift.pk, shift.team_id, shift.kind, shift.starts_at, shift.ends_at, people, shift.needed_count, shift.station_id
    )  # fmt: skip


def duties_of(people: Iterable[int], start: datetime, end: datetime) -> dict[int, Shift]:
    """Planned shifts of these people, of whatever team: a person cannot be in two places, whosesoever they are."""
    rows = Shift.objects.everywhere("one person's duties are judged together").planned().between(start, end)
    return {each.pk: each for each in with_crew(rows.filter(crew__user__in=list(people)).distinct())}


def memberships(teams: Iterable[int], people: Iterable[int]) -> roster.Memberships:
    found = defaultdict(list)
    for each in Membership.objects.filter(team__in=list(teams), user__in=list(people)):
        found[each.team_id, each.user_id].append((each.joined_on, each.left_on))
    return found


def judged(shown: Sequence[Shift], *, week: date) -> tuple[list[Conflict], dict[int, Shift]]:
    """The faults that the shown shifts are part of, and every shift that they name. `week` is the Monday of the week shown."""
    start, end = roster.midnight(week), roster.midnight(week + roster.WEEK)
    planned = {each.pk: each for each in shown if each.cancelled_at is None}
    people = {each.user_id for shift in planned.values() for each in shift.crew.all()}
    known = duties_of(people, start - BESIDE, end + BESIDE) | planned
    duties = [duty(each) for each in known.values()]
    members = memberships({each.team for each in duties}, people)
    found = roster.conflicts(duties, memberships=members, limits=limits(week))
    return [
        each for each in found if planned.keys() & set(each.duties) and each.week in (None, week) and _is_of(each, planned, people)
    ], known


def _is_of(conflict: Conflict, planned: dict[int, Shift], people: set[int]) -> bool:
    if conflict.fault in (Fault.SHORT, Fault.NOT_MEMBER):
        return conflict.duties[0] in planned
    return conflict.person in people


def usable_templates(team: Team) -> QuerySet[ShiftTemplate]:
    """Those of the team's own unit and of the units above it."""
    codes = [team.division_id[:length] for length in (2, 4, 6, 9, 12) if length <= len(team.division_id)]
    rows = ShiftTemplate.objects.everywhere("a unit uses the templates of the units above it")
    return rows.filter(division__in=codes, is_active=True)


def members_on(team: Team, on: date) -> QuerySet[User]:
    inside = Membership.objects.filter(team=team).in_force(on).values("user")
    return User.objects.filter(pk__in=inside, is_active=True).order_by("username")


# In words


def clock(start: datetime, end: datetime) -> str:
    """ "11-24 08:00–16:00"; what ends on another day says so."""
    begins, ends = start.astimezone(COUNTY_TIME), end.astimezone(COUNTY_TIME)
    last = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{ends:%m-%d %H:%M}"
    return f"{begins:%m-%d %H:%M}–{last}"


def place_of(shift: Shift) -> str:
    return str(shift.station or shift.beat or "")


def named(shift: Shift, reader: User) -> str:
    """A shift as it may be told to the reader: of another territory only when it is."""
    when = clock(shift.starts_at, shift.ends_at)
    if shift.division_id.startswith(reader.division_id):
        return _("%(team)s %(when)s") % {"team": shift.team.name, "when": when}
    return _("其他单位的班次 %(when)s") % {"when": when}


def sentence(conflict: Conflict, shifts: dict[int, Shift], people: dict[int, str], bounds: Limits, reader: User) -> str:
    told = [named(shifts[key], reader) for key in conflict.duties]
    values = {"person": people.get(conflict.person, ""), "first": told[0], "second": told[-1], "hours": short(conflict.amount)}
    match conflict.fault:
        case Fault.OVERLAP:
            return _("%(person)s 同时排在两个班次：%(first)s；%(second)s（重叠%(hours)s小时）。请换人或改时间。") % values
        case Fault.REST:
            values["limit"] = short(bounds.rest_hours)
            return _("%(person)s 两班之间只休息%(hours)s小时，少于%(limit)s小时：%(first)s；%(second)s。") % values
        case Fault.WEEK_HOURS:
            values["limit"] = short(bounds.week_hours_at_most)
            return _("%(person)s 本周排班%(hours)s小时，多于%(limit)s小时。") % values
        case Fault.SHORT:
            return _("%(first)s 还差%(count)d人。") % {"first": told[0], "count": round(conflict.amount)}
        case _:
            return _("%(person)s 在 %(first)s 那天不是本队队员。") % values


def short(hours: float) -> str:
    return f"{hours:.1f}".removesuffix(".0")
