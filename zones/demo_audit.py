"""Invented looks at the demo county's surveillance points and tracks, and the audit chain over everything that the demo did."""
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.audit import heads, verifying, writer
from geo.models import AccessReason, AccountEvent, AuditEntry, SurveillancePoint, SurveillanceRead, User
from geo.surveillance import exports
from geo.surveillance.access import state_purpose
from patrol import replay
from patrol.models import Patrol
from zones import access_figures

DAYS_CHAINED = 30
HOUR = timedelta(hours=1)
Door = SurveillanceRead.Door
# (days ago, who, doors in order): by months, so that the public page has large and small numbers.
LOOKS = (
    *((days, "county", (Door.MAP, Door.LIST, Door.DETAILS)) for days in (2, 9, 16, 30, 34, 41, 48, 55, 62, 69, 76)),
    *((days, "town_ningan", (Door.MAP, Door.SEARCH)) for days in (1, 8, 36, 50, 64)),
    *((days, "town_shikong", (Door.LIST,)) for days in (5, 39, 71)),
    (33, "county_second", (Door.COVERAGE, Door.EXPORT)),
)
PURPOSES = (gettext_lazy("核对夜班巡逻路线"), gettext_lazy("群众反映夜间无人巡逻，核实"), gettext_lazy("班次报告与轨迹不符，核实"))


def load(*, now: datetime) -> int:
    """Returns how many looks there are. Runs inside the demo's own transaction."""
    people = {each.username: each for each in User.objects.all()}
    reasons = list(AccessReason.objects.filter(is_active=True, needs_note=False))
    for number, (days, name, doors) in enumerate(LOOKS):
        _look(people[name], doors, now - timedelta(days=days, hours=2), reasons[number % len(reasons)])
    wish = exports.ask(why=_("季度台账核对"), by=people["county_second"], now=now - timedelta(days=33, hours=5))
    exports.decide(wish, approve=True, why="", by=people["county"], now=now - timedelta(days=33, hours=4))
    tracks = _tracks(people, now)
    _accounts(people, now)
    return len(LOOKS) + tracks


def _look(who: User, doors: tuple[str, ...], at: datetime, reason: AccessReason) -> None:
    access = state_purpose(reason=reason, note="", by=who, now=at)
    in_reach = SurveillancePoint.objects.in_division(who.division_id).count()
    for minutes, door in enumerate(doors, 1):
        count = 1 if door == Door.DETAILS else min(50, in_reach) if door in (Door.LIST, Door.SEARCH) else in_reach
        read_at = at + timedelta(minutes=2 * minutes)
        SurveillanceRead.objects.create(access=access, door=door, object_count=count, read_at=read_at)


def _tracks(people: dict[str, User], now: datetime) -> int:
    """Two officers look at what the town's patrol walked; its member reads it on the own page."""
    mine = Patrol.objects.of_member(people["patrol_ningan"]).filter(ended_at__lt=now - 2 * HOUR).order_by("-started_at")[: len(PURPOSES)]
    for patrol, purpose, name in zip(mine, PURPOSES, ("town_ningan", "county", "county"), strict=False):
        replay.state_purpose(patrol, purpose=str(purpose), by=people[name], now=patrol.ended_at + HOUR)
    return len(mine)


def _accounts(people: dict[str, User], now: datetime) -> None:
    for each in people.values():
        by = None if each.role in User.ADMINISTRATORS else people["secadmin"]
        note = f"{each.get_role_display()} · {each.division.name}"
        AccountEvent.objects.create(account=each, what=AccountEvent.What.MADE, note=note, at=now - timedelta(days=90), by=by)


def chain(*, now: datetime) -> int:
    """After the demo's transaction: the chain as the writer would have made it day by day, its verification, and the public's months."""
    if heads.newest() is not None:
        writer.resume(why=_("演示数据重新载入"), now=now - timedelta(days=DAYS_CHAINED + 1))
    for days in range(DAYS_CHAINED, -1, -1):
        while writer.write(now=now - timedelta(days=days)) == writer.AT_ONCE:
            pass
    access_figures.publish(now=now)
    verifying.note(verifying.verify(now=now), now=now)
    return AuditEntry.objects.count()
