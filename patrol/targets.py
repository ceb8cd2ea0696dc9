"""R2: each unit's targets for a year against what has been done, rolled up by territory."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from geo.models import Division, User
from patrol import measures, units
from patrol.models import Target


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
        rolls_up = measures.find(self.measure).rolls_up
        if rolls_up == measures.LONGEST:
            return "on_way" if self.share <= 1 else "behind"
        if self.share >= 1:
            return "reached"
        return "on_way" if self.grows and self.share >= self.due else "behind"

    @property
    def grows(self) -> bool:
        """Whether it should keep up with the year."""
        return measures.find(self.measure).rolls_up == measures.ADDED

    @property
    def is_share(self) -> bool:
        return measures.find(self.measure).rolls_up == measures.LOWEST


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
        cells = [Cell(key, _target(targets, unit, below, key), value, due) for key, value in done.items()]
        rows.append(Row(unit, unit is own and bool(below), cells))
    return rows


def _target(targets: dict, unit: Division, below: list[Division], measure: str) -> float | None:
    """The unit's own target; else what those of its units roll up to: their sum, the longest that any may have, the lowest."""
    if (unit.pk, measure) in targets:
        return targets[unit.pk, measure]
    parts = [targets[each.pk, measure] for each in below if each.pk.startswith(unit.pk) and (each.pk, measure) in targets]
    if not parts:
        return None
    return {measures.ADDED: sum, measures.LONGEST: max, measures.LOWEST: min}[measures.find(measure).rolls_up](parts)


def actuals(user: User, unit: Division, year: int, *, now: datetime) -> dict[str, float | None]:
    """What the unit has done in the year so far."""
    start, end = units.start_of(date(year, 1, 1)), min(units.start_of(date(year + 1, 1, 1)), now)
    known = measures.every()
    if end <= start:
        return dict.fromkeys(each.key for each in known)
    return {each.key: each.actual(user, unit, start, end) for each in known}


def sheet(rows: list[Row], year: int) -> tuple:
    headers = [_("单位"), _("区划代码"), _("年度"), _("指标"), _("目标"), _("已完成"), _("完成比例"), _("应达比例")]
    lines = [
        [
            row.unit.name, row.unit.code, year, str(measures.find(cell.measure).label), cell.value,
            None if cell.actual is None else round(cell.actual, 1), None if cell.share is None else round(cell.share, 3),
            round(cell.due, 3) if cell.grows else None,
        ]
        for row in rows
        for cell in row.cells
    ]  # fmt: skip
    return _("责任目标"), headers, lines, notes()


def notes() -> list[str]:
    return [str(each.note) for each in measures.every()]
