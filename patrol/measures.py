"""What units are measured by on the scoreboard (R2): a measure is a declaration. Other apps add theirs in their own `measures.py`,
found the way `layers.py` is; patrol shows them without knowing them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from geo.models import Division, User
from patrol import hours, shift_reports, units
from patrol.models import Patrol, PatrolEvent, PresenceHour
from patrol.timelines import pauses

# How the targets of units below roll up, which is also how the measure is judged: a sum grows through the year and should keep
# up with it; the longest is a limit that nothing may pass; the lowest is a share in percent that all should hold.
ADDED, LONGEST, LOWEST = "added", "longest", "lowest"
HOURS_IN_A_YEAR = 8784


@dataclass(frozen=True)
class Measure:
    """`actual(user, unit, start, end)` is what the unit and all below it have done in [start, end); None for no data.

    `most` is the largest target that makes sense, `too_much` what is said above it; `key` is at most 14 characters.
    """

    key: str
    label: object
    rolls_up: str
    actual: Callable[[User, Division, datetime, datetime], float | None]
    note: object
    most: float = 10_000_000
    too_much: object = ""


_measures: dict[str, Measure] = {}


def register(measure: Measure) -> None:
    if measure.key in _measures or len(measure.key) > 14:
        raise ValueError(measure.key)
    _measures[measure.key] = measure


def every() -> list[Measure]:
    return list(_measures.values())


def find(key: str) -> Measure:
    """Raises KeyError for what no app declares."""
    return _measures[key]


def patrol_hours(user: User, unit: Division, start: datetime, end: datetime) -> float:
    """Person-hours from start to end of each patrol, without its pauses."""
    patrols = Patrol.objects.visible_to(user).in_division(unit.code).filter(started_at__gte=start, started_at__lt=end)
    kinds = (PatrolEvent.Kind.PAUSED, PatrolEvent.Kind.RESUMED)
    paused: dict[int, list[tuple[str, float]]] = {}
    mine = PatrolEvent.objects.filter(patrol__in=patrols.order_by(), kind__in=kinds).order_by("at", "pk")
    for pk, kind, at in mine.values_list("patrol", "kind", "at"):
        paused.setdefault(pk, []).append((kind, at.timestamp()))
    total = 0.0
    for patrol in patrols.defer("last_geom"):
        stop = shift_reports.end_of(patrol, end).timestamp()
        rests = sum(until - since for since, until in pauses(paused.get(patrol.pk, []), end=stop))
        total += max(0.0, stop - patrol.started_at.timestamp() - rests)
    return total / 3600


def visits(user: User, unit: Division, start: datetime, end: datetime) -> float:
    beats = PresenceHour.objects.visible_to(user).in_division(unit.code).filter(layer="beats").between(start, end)
    return beats.aggregate(n=Sum("visit_count"))["n"] or 0


def longest_gap(user: User, unit: Division, start: datetime, end: datetime) -> float | None:
    first, last = (units.local(moment).date() for moment in (start, end - timedelta(microseconds=1)))
    found = hours.read(user, unit, "zones", hours.period(unit.code, first=first, last=last, now=end))
    return max((place.sure.length for place in found.places if place.counted), default=None)


register(Measure("patrol_hours", _("巡逻时数（小时）"), ADDED, patrol_hours, _("巡逻时数：从开始到结束的人时，暂停除外；各乡镇相加。")))
register(Measure("visits", _("到访次数"), ADDED, visits, _("到访次数：巡区的到访（慢行或停留）；各乡镇相加。")))
register(
    Measure(
        "longest_gap",
        _("最长空档不超过（小时）"),
        LONGEST,
        longest_gap,
        _("最长空档：重点整治区域中确定无人的最长小时数；县级目标取各乡镇最长的。"),
        HOURS_IN_A_YEAR,
        _("一年没有这么多小时。"),
    )
)
