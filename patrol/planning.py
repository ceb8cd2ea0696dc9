"""The verbs of the roster, each one transaction: plan, move, change, set_crew, cancel. `copying` copies a whole week.

    plan(team, starts_at=…, ends_at=…, kind="motor", needed_count=2, crew=[user], by=officer, now=now)
    move(shift, starts_at=…, ends_at=…, seen=seen(shift), by=officer, now=now)

A shift that somebody else changed after the page was made is refused with both versions told: `seen` is what the page showed.
One person in two places at once is refused; short rest and long weeks are shown, because a county may have to accept them.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from geo.editing.context import said
from geo.editing.values import guard
from geo.models import Station, User
from patrol import plan_reading as reading
from patrol.models import Beat, Crew, Shift, ShiftKind, ShiftTemplate, Team
from patrol.roster import day_of

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
CREW_AT_MOST = 50


class PlanRefused(ValueError):
    """Why nothing was written, in a sentence that says what to do."""


class Stale(PlanRefused):
    """Somebody was faster."""


def may_plan(user: User, division_id: str) -> bool:
    return user.writes_business_data and division_id.startswith(user.division_id)


def insist(by: User, division_id: str) -> None:
    if not may_plan(by, division_id):
        raise PermissionDenied


# What a page showed


def _state(shift: Shift, crew: Iterable[int]) -> dict:
    return {
        "from": shift.starts_at.astimezone(UTC).isoformat(), "to": shift.ends_at.astimezone(UTC).isoformat(),
        "needed": shift.needed_count, "beat": shift.beat_id, "station": shift.station_id, "note": shift.note,
        "crew": sorted(crew), "cancelled": shift.cancelled_at is not None,
    }  # fmt: skip


def seen(shift: Shift) -> str:
    """What a page shows of a shift, to be sent back with a change of it."""
    return json.dumps(_state(shift, (each.user_id for each in shift.crew.all())), ensure_ascii=False)


def told(state: dict) -> str:
    """The same for people to read."""
    names = list(User.objects.filter(pk__in=state["crew"]).order_by("username").values_list("username", flat=True))
    when = reading.clock(datetime.fromisoformat(state["from"]), datetime.fromisoformat(state["to"]))
    place = _name_of(Station, state["station"]) or _name_of(Beat, state["beat"])
    parts = [when, place, _("应到%(count)d人") % {"count": state["needed"]}, "、".join(names) or _("没有人"), state["note"]]
    return "，".join([part for part in parts if part] + [_("已取消")] * state["cancelled"])


def _name_of(model: type[Station] | type[Beat], pk: int | None) -> str:
    rows = model.objects.everywhere("the place of a shift that was fetched through rights").filter(pk=pk)
    return rows.values_list("name", flat=True).first() or ""


def _refuse_stale(shift: Shift, shown: str) -> None:
    now_is = _state(shift, shift.crew.values_list("user_id", flat=True))
    try:
        was = json.loads(shown)
        if was == now_is:
            return
        words = {"was": told({**now_is, **was}), "now": told(now_is)}
    except (ValueError, TypeError, KeyError, AttributeError) as broken:
        raise Stale(_("没有收到页面当时的内容，请刷新页面后再改。")) from broken
    raise Stale(_("您打开之后，这个班次已被别人改动，没有保存。您看到的：%(was)s。现在是：%(now)s。请看过之后再改。") % words)


# Verbs


def verb(how: str) -> Callable:
    """One transaction, whose rows in the history say who, when and which verb."""

    def of(work: Callable) -> Callable:
        @wraps(work)
        def told(*args, by: User, now: datetime, **given):
            with transaction.atomic(), said(user=by.pk, at=now.isoformat(), how=how):
                return work(*args, by=by, now=now, **given)

        return told

    return of


@verb("plan")
def plan(
    team: Team, *, starts_at: datetime, ends_at: datetime, kind: str, needed_count: int, by: User, now: datetime,
    crew: Sequence[User] = (), beat: Beat | None = None, station: Station | None = None,
    template: ShiftTemplate | None = None, note: str = "",
) -> Shift:  # fmt: skip
    """A new shift of the team. Raises PlanRefused or PermissionDenied; then nothing is written."""
    insist(by, team.division_id)
    team = _locked_team(team)
    made = Shift(
        team=team, division_id=team.division_id, template=template, kind=kind, beat=beat, station=station, starts_at=starts_at,
        ends_at=ends_at, needed_count=needed_count, note=_clean(note), created_at=now, created_by=by,
    )  # fmt: skip
    _check(made, now)
    _refuse_clashes(made, crew, by)
    made.save(force_insert=True)
    Crew.objects.bulk_create([Crew(shift=made, user=each) for each in crew])
    return made


@verb("move")
def move(shift: Shift, *, starts_at: datetime, ends_at: datetime, seen: str, by: User, now: datetime) -> Shift:
    """The shift at another time, with the same people. One that has begun is not moved any more."""
    found = _locked(shift, seen, by)
    _refuse_begun(found, now)
    found.starts_at, found.ends_at = starts_at, ends_at
    _check(found, now)
    _refuse_clashes(found, [each.user for each in found.crew.select_related("user")], by)
    found.save(update_fields=["starts_at", "ends_at"])
    return found


@verb("change")
def change(
    shift: Shift,
    *,
    needed_count: int,
    note: str,
    seen: str,
    by: User,
    now: datetime,
    beat: Beat | None = None,
    station: Station | None = None,
) -> Shift:
    """How many people, where, and the note."""
    found = _locked(shift, seen, by)
    _refuse_over(found, now)
    found.needed_count, found.note, found.beat, found.station = needed_count, _clean(note), beat, station
    _check(found, now)
    found.save(update_fields=["needed_count", "note", "beat", "station"])
    return found


@verb("crew")
def set_crew(shift: Shift, *, crew: Sequence[User], seen: str, by: User, now: datetime) -> Shift:
    """These people and no others. Until the shift is over: somebody falls ill during it."""
    found = _locked(shift, seen, by)
    _refuse_over(found, now)
    kept = set(found.crew.values_list("user_id", flat=True))
    _refuse_clashes(found, crew, by, known=kept)
    found.crew.exclude(user__in=crew).delete()
    Crew.objects.bulk_create([Crew(shift=found, user=each) for each in crew if each.pk not in kept])
    return found


@verb("cancel")
def cancel(shift: Shift, *, seen: str, by: User, now: datetime) -> Shift:
    """It stays in the plan, struck out. One that has begun is not cancelled: what was not done shows in its report."""
    found = _locked(shift, seen, by)
    _refuse_begun(found, now)
    found.cancelled_at, found.cancelled_by = now, by
    found.save(update_fields=["cancelled_at", "cancelled_by"])
    return found


# Locks: the team, then the shift, then the people by number, always in this order.


def _locked_team(team: Team) -> Team:
    return Team.objects.everywhere("fetched through the planner's rights").select_for_update(no_key=True).get(pk=team.pk)


def _locked(shift: Shift, shown: str, by: User) -> Shift:
    insist(by, shift.division_id)
    _locked_team(shift.team)
    rows = Shift.objects.everywhere("fetched through the planner's rights").select_for_update(no_key=True, of=("self",))
    found = rows.select_related("team", "beat", "station").get(pk=shift.pk)
    _refuse_stale(found, shown)
    if found.cancelled_at is not None:
        raise PlanRefused(_("这个班次已经取消，不能再改。需要时请另排一个班次。"))
    return found


def _refuse_begun(shift: Shift, now: datetime) -> None:
    if shift.starts_at <= now:
        raise PlanRefused(_("这个班次已经开始，不能再移动或取消。没有执行的，会在执勤报告中显示。"))


def _refuse_over(shift: Shift, now: datetime) -> None:
    if shift.ends_at <= now:
        raise PlanRefused(_("这个班次已经结束，不能再改。"))


def _clean(note: str) -> str:
    try:
        guard(note)
    except ValidationError as problem:
        raise PlanRefused(" ".join(problem.messages)) from problem
    return note.strip()


def _check(shift: Shift, now: datetime) -> None:
    """Whether a shift may look like this, whoever is in it."""
    team, day = shift.team, day_of(shift.starts_at)
    if not SHORTEST <= shift.ends_at - shift.starts_at <= LONGEST:
        raise PlanRefused(_("一个班次最短半小时，最长24小时。请改开始或结束时间。"))
    if shift.ends_at <= now:
        raise PlanRefused(_("%(when)s 已经过去，不能再排班。请选以后的时间。") % {"when": reading.clock(shift.starts_at, shift.ends_at)})
    if day < team.formed_on or (team.dissolved_on and day >= team.dissolved_on):
        raise PlanRefused(_("%(team)s 在 %(day)s 还没有成立或已经撤销，请选别的日期或别的队。") % {"team": team.name, "day": day})
    if not 1 <= shift.needed_count <= CREW_AT_MOST:
        raise PlanRefused(_("应到人数请填1到%(most)d。") % {"most": CREW_AT_MOST})
    if (shift.kind == ShiftKind.KIOSK) != (shift.station is not None) or (shift.station and shift.beat):
        raise PlanRefused(_("岗亭值守要选岗亭，不选巡区；车巡和步巡不选岗亭。"))
    if shift.station and shift.station.kind != Station.Kind.KIOSK:
        raise PlanRefused(_("“%(name)s”不是警务岗亭，请另选。") % {"name": shift.station.name})
    for place in (shift.station, shift.beat):
        if place and not place.division_id.startswith(team.division_id):
            raise PlanRefused(_("“%(place)s”不在 %(team)s 的辖区内，请另选。") % {"place": place.name, "team": team.name})
    same = Shift.objects.everywhere("of the same team").planned().filter(
        team=team, kind=shift.kind, beat=shift.beat, station=shift.station, starts_at=shift.starts_at, ends_at=shift.ends_at
    )  # fmt: skip
    if same.exclude(pk=shift.pk).exists():
        text = _("%(when)s 已有同样的班次。人不够请增加人数，另一组人请选别的巡区。")
        raise PlanRefused(text % {"when": reading.clock(shift.starts_at, shift.ends_at)})


def _refuse_clashes(shift: Shift, crew: Sequence[User], by: User, known: Iterable[int] = ()) -> None:
    """Refuses people who are elsewhere at that time, and new ones who are not of the team. Holds them until the end."""
    people = {each.pk: each for each in User.objects.filter(pk__in=[one.pk for one in crew]).order_by("pk").select_for_update(no_key=True)}
    day = day_of(shift.starts_at)
    strangers = people.keys() - set(known) - set(reading.members_on(shift.team, day).values_list("pk", flat=True))
    if strangers:
        names = "、".join(sorted(people[each].username for each in strangers))
        raise PlanRefused(_("%(names)s 在 %(day)s 不是%(team)s的在册队员。请换人，或先在队员名单里加入。") % {
            "names": names, "day": day, "team": shift.team.name,
        })  # fmt: skip
    others = reading.duties_of(people, shift.starts_at, shift.ends_at)
    others.pop(shift.pk, None)
    clashes = sorted(
        (each.user.username, other.starts_at, other) for other in others.values() for each in other.crew.all() if each.user_id in people
    )
    if clashes:
        listed = "；".join(f"{name}（{reading.named(other, by)}）" for name, _start, other in clashes)
        raise PlanRefused(_("同一个人不能同时在两个班次：%(clashes)s。请换人或改时间。") % {"clashes": listed})
