"""R2: each unit's targets for a year against what has been done, rolled up by territory."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.utils.translation import gettext as _

from geo.models import Division, User
from patrol import hours, shift_reports, units
from patrol.models import Patrol, PatrolEvent, PresenceHour, Target
from patrol.timelines import pauses

Measure = Target.Measure
# What adds up over units; a gap is as long as the longest below it.
ADDED = (Measure.PATROL_HOURS, Measure.VISITS)


@dataclass(frozen=True)
class Cell:
    """`value` is the target (None: none set), `actual` what is done (None: no data). `due` is the share that should be done."""

    measure: str
    value: float | None
    actual: float | None
    due: float

    @property
    def share(self) -> float | None:
        return None if self.value is None or self.actual is None else self.actual / self.value

    @property
    def state(self) -> str:
        """reached, on_way, behind or none (nothing to compare)."""
        if self.share is None:
            return "none"
        if self.measure not in ADDED:
            return "on_way" if self.share <= 1 else "behind"
        if self.share >= 1:
            return "reached"
        return "on_way" if self.share >= self.due else "behind"


@dataclass(frozen=True)
class Row:
    unit: Division
    is_sum: bool
    cells: list[Cell]


def settable(user: User) -> list[Division]:
    """Units for which this account sets targets: an officer's own next lower ones, never the own and never any above."""
    if not user.writes_business_data:
        return []
    return [unit for unit in units.choices(user) if unit.pk != user.division_id]


def put(*, unit: Division, year: int, measure: str, value: float, by: User, now: datetime) -> Target:
    """Set or change one target."""
    if unit.pk not in {each.pk for each in settable(by)}:
        raise PermissionDenied
    target, _made = Target.objects.everywhere("checked just above: a unit below the account's own").update_or_create(
        division=unit, year=year, measure=measure, defaults={"value": value, "set_at": now, "set_by": by}
    )
    return target


def elapsed(year: int, *, on: date) -> float:
    """The share of the year that is over at the end of this day."""
    first, last = date(year, 1, 1), date(year + 1, 1, 1)
    return min(1.0, max(0.0, ((on - first).days + 1) / (last - first).days))


def scoreboard(user: User, year: int, *, now: datetime) -> list[Row]:
    """The reader's unit first, then those below it. Where a unit has no target of its own, its towns' roll up."""
    own, *below = units.choices(user)
    if len(own.code) >= units.TOWN_LENGTH:
        below = [unit for unit in below if Target.objects.visible_to(user).filter(division=unit, year=year).exists()]
    targets = {(t.division_id, t.measure): t.value for t in Target.objects.visible_to(user).filter(year=year)}
    due = elapsed(year, on=units.local(now).date())
    rows = []
    for unit in [own, *below]:
        done = actuals(user, unit, year, now=now)
        cells = [Cell(m, _target(targets, unit, below, m), done[m], due) for m in Measure]
        rows.append(Row(unit, unit is own and bool(below), cells))
    return rows


def _target(targets: dict, unit: Division, below: list[Division], measure: str) -> float | None:
    """The unit's own target; else what its units add up to (a gap: the longest that any may have)."""
    if (unit.pk, measure) in targets:
        return targets[unit.pk, measure]
    parts = [targets[each.pk, measure] for each in below if each.pk.startswith(unit.pk) and (each.pk, measure) in targets]
    if not parts:
        return None
    return sum(parts) if measure in ADDED else max(parts)


def actuals(user: User, unit: Division, year: int, *, now: datetime) -> dict[str, float | None]:
    """What the unit has done in the year so far."""
    start, end = units.start_of(date(year, 1, 1)), min(units.start_of(date(year + 1, 1, 1)), now)
    if end <= start:
        return dict.fromkeys(Measure)
    beats = PresenceHour.objects.visible_to(user).in_division(unit.code).filter(layer="beats").between(start, end)
    last = units.local(end - timedelta(microseconds=1)).date()
    found = hours.read(user, unit, "zones", hours.period(unit.code, first=date(year, 1, 1), last=last, now=now))
    gaps = [place.sure.length for place in found.places if place.counted]
    return {
        Measure.PATROL_HOURS: patrol_hours(user, unit, start, end),
        Measure.VISITS: beats.aggregate(n=Sum("visit_count"))["n"] or 0,
        Measure.LONGEST_GAP: max(gaps, default=None),
    }


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


def sheet(rows: list[Row], year: int) -> tuple:
    headers = [_("单位"), _("区划代码"), _("年度"), _("指标"), _("目标"), _("已完成"), _("完成比例"), _("应达比例")]
    lines = [
        [
            row.unit.name, row.unit.code, year, str(Measure(cell.measure).label), cell.value,
            None if cell.actual is None else round(cell.actual, 1), None if cell.share is None else round(cell.share, 3),
            round(cell.due, 3) if cell.measure in ADDED else None,
        ]
        for row in rows
        for cell in row.cells
    ]  # fmt: skip
    return _("责任目标"), headers, lines, notes()


def notes() -> list[str]:
    return [
        _("巡逻时数：从开始到结束的人时，暂停除外。到访次数：巡区的到访（慢行或停留）。最长空档：重点整治区域中确定无人的最长小时数。"),
        _("县级目标由各乡镇汇总：时数与次数相加，空档取最长。"),
    ]
