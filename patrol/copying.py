"""A week of a team copied to the next: first what it would do, then the same again, under a lock, for good."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from geo.models import User
from patrol import plan_reading as reading
from patrol import planning, roster
from patrol.models import Crew, Shift, Team
from patrol.planning import PlanRefused, Stale
from patrol.roster import Conflict, Duty, Fault, day_of


@dataclass(frozen=True)
class Copied:
    """One shift of the old week and what becomes of it. `skipped` says why there is no copy; `left_out` who does not come with it."""

    source: Shift
    starts_at: datetime
    ends_at: datetime
    crew: tuple[User, ...]
    left_out: tuple[tuple[User, str], ...] = ()
    skipped: str = ""


@dataclass(frozen=True)
class Draft:
    """`faults` are what the new week would show; `digest` is known again when the copy is made."""

    week: date
    copies: tuple[Copied, ...]
    faults: tuple[str, ...]
    digest: str

    @property
    def made(self) -> list[Copied]:
        return [each for each in self.copies if not each.skipped]


def draft(team: Team, *, week: date, by: User, now: datetime) -> Draft:
    """What copying the week that begins on this Monday would do. Writes nothing."""
    start = roster.midnight(week)
    mine = Shift.objects.everywhere("of a team that was fetched through rights").planned().filter(team=team)
    sources = list(reading.with_crew(mine.filter(starts_at__gte=start, starts_at__lt=start + roster.WEEK)))
    people = {each.user_id for shift in sources for each in shift.crew.all()}
    there = reading.duties_of(people, start, start + 3 * roster.WEEK)
    taken = {_likeness(each, each.starts_at, each.ends_at) for each in mine.between(start + roster.WEEK, start + 3 * roster.WEEK)}
    copies: list[Copied] = []
    for shift in sources:
        copies.append(_copied(team, shift, there, copies, taken, now))
    faults = tuple(_faults(copies, there, week + roster.WEEK, by))
    text = repr([(each.source.pk, each.starts_at, [one.pk for one in each.crew], each.skipped) for each in copies]) + repr(faults)
    return Draft(week, tuple(copies), faults, hashlib.sha256(text.encode()).hexdigest()[:16])


def _likeness(shift: Shift, start: datetime, end: datetime) -> tuple:
    return shift.kind, shift.beat_id, shift.station_id, start, end


def _copied(team: Team, shift: Shift, there: dict[int, Shift], before: Sequence[Copied], taken: set, now: datetime) -> Copied:
    start, end = shift.starts_at + roster.WEEK, shift.ends_at + roster.WEEK
    day = day_of(start)
    if _likeness(shift, start, end) in taken:
        return Copied(shift, start, end, (), skipped=_("下周已有同样的班次"))
    if end <= now:
        return Copied(shift, start, end, (), skipped=_("时间已经过去"))
    if team.dissolved_on and day >= team.dissolved_on:
        return Copied(shift, start, end, (), skipped=_("那天队伍已经撤销"))
    members = set(reading.members_on(team, day).values_list("pk", flat=True))
    kept, left_out = [], []
    for each in shift.crew.all():
        if each.user_id not in members:
            left_out.append((each.user, _("那天不是本队队员")))
        elif _is_elsewhere(each.user_id, start, end, there, before):
            left_out.append((each.user, _("那时已在另一个班次")))
        else:
            kept.append(each.user)
    return Copied(shift, start, end, tuple(kept), tuple(left_out))


def _is_elsewhere(person: int, start: datetime, end: datetime, there: dict[int, Shift], before: Sequence[Copied]) -> bool:
    planned = [(each.starts_at, each.ends_at) for each in there.values() if any(one.user_id == person for one in each.crew.all())]
    copied = [(each.starts_at, each.ends_at) for each in before if any(one.pk == person for one in each.crew)]
    return any(begins < end and start < ends for begins, ends in planned + copied)


def _faults(copies: Sequence[Copied], there: dict[int, Shift], week: date, by: User) -> list[str]:
    """Sentences for what the copies would bring: rest, hours, missing people. A copy has no number yet and gets one below zero."""
    shifts, duties, people = dict(there), [reading.duty(each) for each in there.values()], {}
    for number, each in enumerate((one for one in copies if not one.skipped), 1):
        stands_for = Shift(
            pk=-number, team=each.source.team, division_id=each.source.division_id, starts_at=each.starts_at, ends_at=each.ends_at
        )  # fmt: skip
        shifts[-number] = stands_for
        crew = frozenset(one.pk for one in each.crew)
        people |= {one.pk: one.username for one in each.crew}
        duties.append(Duty(-number, each.source.team_id, each.source.kind, each.starts_at, each.ends_at, crew, each.source.needed_count))
    members = reading.memberships({each.team for each in duties}, people)
    bounds = reading.limits(week)
    found = [each for each in roster.conflicts(duties, memberships=members, limits=bounds) if _is_new(each, week)]
    return [reading.sentence(each, shifts, people, bounds, by) for each in sorted(found, key=lambda each: _order(each, shifts))]


def _is_new(conflict: Conflict, week: date) -> bool:
    return min(conflict.duties) < 0 and conflict.week in (None, week) and conflict.fault != Fault.NOT_MEMBER


def _order(conflict: Conflict, shifts: dict[int, Shift]) -> tuple:
    return list(Fault).index(conflict.fault), shifts[conflict.duties[0]].starts_at, conflict.person or 0


@planning.verb("copy")
def copy_week(team: Team, *, week: date, digest: str, by: User, now: datetime) -> list[Shift]:
    """Makes the copies of the draft with this digest. Refused when the draft would be another one by now."""
    planning.insist(by, team.division_id)
    locked = Team.objects.everywhere("fetched through the planner's rights").select_for_update(no_key=True).get(pk=team.pk)
    sources = Crew.objects.filter(shift__team=locked, shift__starts_at__gte=roster.midnight(week)).values("user")
    list(User.objects.filter(pk__in=sources).order_by("pk").select_for_update(no_key=True))
    found = draft(locked, week=week, by=by, now=now)
    if found.digest != digest:
        raise Stale(_("预览之后排班有了变化，没有复制。请看过新的预览再复制。"))
    if not found.made:
        raise PlanRefused(_("这一周没有可以复制到下周的班次。"))
    return [_make(each, by, now) for each in found.made]


def _make(copied: Copied, by: User, now: datetime) -> Shift:
    source = copied.source
    made = Shift.objects.create(
        team_id=source.team_id, division_id=source.division_id, template_id=source.template_id, kind=source.kind, beat_id=source.beat_id,
        station_id=source.station_id, starts_at=copied.starts_at, ends_at=copied.ends_at, needed_count=source.needed_count,
        note=source.note, created_at=now, created_by=by,
    )  # fmt: skip
    Crew.objects.bulk_create([Crew(shift=made, user=each) for each in copied.crew])
    return made
