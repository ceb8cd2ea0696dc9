"""Which duties a reader asks for: the words of the address as filters, tolerant of anything that somebody types there."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from geo.models import Division, User
from zones.models import Duty, DutyKind
from zones.periods import add_months

OVERDUE = "overdue"
YEARS_KEPT = (2000, 2100)


@dataclass(frozen=True)
class Asked:
    """`unit` is a division's code within the reader's territory, `own` leaves out the units below it. Days are inclusive."""

    user: User
    today: date
    unit: str
    kind: str
    state: str
    rule: int | None
    own: bool
    first: date
    last: date

    @cached_property
    def scope(self) -> QuerySet[Duty]:
        """All that the reader sees of the unit and kind, whenever it is due."""
        rows = Duty.objects.visible_to(self.user)
        rows = rows.filter(division=self.unit) if self.own else rows.filter(division__code__startswith=self.unit)
        if self.rule:
            rows = rows.filter(rule=self.rule)
        return rows.filter(rule__kind=self.kind) if self.kind else rows

    @property
    def rows(self) -> QuerySet[Duty]:
        rows = self.scope.between(self.first, self.last)
        if self.state == OVERDUE:
            return rows.overdue(self.today)
        return rows.filter(state=self.state) if self.state else rows


def asked(user: User, query: Mapping[str, str], *, today: date) -> Asked:
    """`month` (2026-11) or `from` and `to`; without either, this month."""
    month = month_of(query.get("month", ""), today)
    first = day_from(query.get("from", "")) or month
    last = day_from(query.get("to", "")) or (max(first, add_months(month, 1) - timedelta(days=1)))
    unit, kind, state, rule = (query.get(name, "") for name in ("unit", "kind", "state", "rule"))
    return Asked(
        user=user, today=today,
        unit=unit if unit.isascii() and unit.isdecimal() and len(unit) <= 12 and unit.startswith(user.division_id) else user.division_id,
        kind=kind if kind in DutyKind.values else "",
        state=state if state in (*Duty.State.values, OVERDUE) else "",
        rule=int(rule) if rule.isascii() and rule.isdecimal() and len(rule) < 10 else None,
        own=query.get("own") == "1", first=min(first, last), last=max(first, last),
    )  # fmt: skip


def day_from(text: str) -> date | None:
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if YEARS_KEPT[0] <= found.year <= YEARS_KEPT[1] else None


def month_of(text: str, today: date) -> date:
    return (day_from(f"{text[:7]}-01") or today).replace(day=1)


def units_for(user: User) -> list[Division]:
    """The reader's own division and what lies one level below it."""
    own = Division.objects.filter(pk=user.division_id)
    lengths = {2: 4, 4: 6, 6: 9, 9: 12}
    length = lengths.get(len(user.division_id))
    below = Division.objects.in_division(user.division_id).filter(code__regex=rf"^\d{{{length}}}$") if length else own.none()
    return [*own, *below.order_by("code")]


def states() -> list[tuple[str, str]]:
    return [*Duty.State.choices, (OVERDUE, _("逾期未办"))]
