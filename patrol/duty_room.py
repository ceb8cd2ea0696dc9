"""Who is out now, who should be, and how old the last word of each is."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from geo.models import User
from patrol import units
from patrol.figures import figures
from patrol.models import Crew, Patrol, PatrolEvent, Shift

STATES = {
    "paused": ("‖", _("暂停")),
    "hidden": ("?", _("熄屏或切换")),
    "quiet": ("?", _("久无联系")),
    "out": ("●", _("在巡")),
}


@dataclass(frozen=True)
class Out:
    patrol: Patrol
    state: str
    contact_age: timedelta
    fix_age: timedelta | None

    @property
    def mark(self) -> str:
        return STATES[self.state][0]

    @property
    def label(self) -> str:
        return STATES[self.state][1]


@dataclass(frozen=True)
class Due:
    """A planned shift that nobody has started; `late` is how long it should have been running."""

    shift: Shift
    late: timedelta
    is_late: bool


def sees_persons(user: User) -> bool:
    """Names and exact positions are for the officers who lead the patrols; everybody else gets counts by town."""
    return user.reads_exact_positions


def out_now(user: User, *, now: datetime) -> list[Out]:
    last_event = PatrolEvent.objects.filter(patrol=OuterRef("pk"), at__lte=now).order_by("-at", "-pk").values("kind")[:1]
    open_ones = Patrol.objects.visible_to(user).out().filter(started_at__lte=now).annotate(last_event=Subquery(last_event))
    rows = open_ones.select_related("user", "division", "shift__team", "shift__beat", "shift__station").order_by(
        "division_id", "started_at"
    )
    quiet_after = timedelta(minutes=figures(now).quiet_after_minutes)
    return [_out(patrol, now, quiet_after) for patrol in rows]


def _out(patrol: Patrol, now: datetime, quiet_after: timedelta) -> Out:
    age = now - patrol.last_contact_at
    fix_age = now - patrol.last_fix_at if patrol.last_fix_at else None
    if patrol.last_event == PatrolEvent.Kind.PAUSED:
        state = "paused"
    elif age > quiet_after:
        state = "quiet"
    else:
        state = "hidden" if patrol.last_event == PatrolEvent.Kind.HIDDEN else "out"
    return Out(patrol, state, max(age, timedelta()), fix_age and max(fix_age, timedelta()))


def not_started(user: User, *, now: datetime) -> list[Due]:
    """Planned shifts of now and of the standard's next minutes without a patrol; late after its grace."""
    standard = figures(now)
    grace, ahead = timedelta(minutes=standard.shift_grace_minutes), timedelta(minutes=standard.due_ahead_minutes)
    begun = Patrol.objects.visible_to(user).exclude(shift=None).values("shift")
    shifts = planned(user).between(now, now + ahead).exclude(pk__in=begun)
    return [Due(shift, now - shift.starts_at, now - shift.starts_at > grace) for shift in shifts]


def planned(user: User) -> QuerySet[Shift]:
    crew = Prefetch("crew", Crew.objects.select_related("user").order_by("user__username"))
    return Shift.objects.visible_to(user).planned().select_related("team", "beat", "station", "division").prefetch_related(crew)


def by_town(user: User, out: list[Out], due: list[Due]) -> list[dict]:
    """For each town of the reader: how many are out (fresh, paused, quiet) and how many shifts wait."""
    states = Counter((each.patrol.division_id[: units.TOWN_LENGTH], each.state) for each in out)
    late = Counter(each.shift.division_id[: units.TOWN_LENGTH] for each in due if each.is_late)
    soon = Counter(each.shift.division_id[: units.TOWN_LENGTH] for each in due if not each.is_late)
    named = [(town.code, town.name) for town in units.towns(user.division_id)]
    own = user.division_id[: units.TOWN_LENGTH]
    if own not in dict(named) and any(code == own for code, _state in states) | (own in late) | (own in soon):
        named.insert(0, (own, user.division.name))
    return [
        {"code": code, "name": name, "states": {state: states[code, state] for state in STATES}, "late": late[code], "soon": soon[code]}
        for code, name in named
    ]


def positions(out: list[Out]) -> list[dict]:
    """Last positions for the map, in WGS-84."""
    return [
        {
            "id": each.patrol.pk,
            "lon": round(each.patrol.last_geom.x, 6),
            "lat": round(each.patrol.last_geom.y, 6),
            "state": each.state,
            "name": each.patrol.user.username,
        }
        for each in out
        if each.patrol.last_geom
    ]
