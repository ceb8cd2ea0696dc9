"""The rows of the duty calendar: made ahead for every unit, moved when holidays are announced, missed when their days are over."""
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from geo.models import Division, User
from zones import sql
from zones.cadences import Cadence, Occurrence, occurrences
from zones.models import Duty, DutyRule, DutyStandard, UnitLevel
from zones.periods import day_of
from zones.register_rules import work_days
from zones.working_days import WorkDays

# A year, and what a shifted day at its end may need.
HORIZON_DAYS = 400
DIVISION_LEVELS = {
    UnitLevel.COUNTY: Division.Level.COUNTY, UnitLevel.TOWN: Division.Level.TOWN, UnitLevel.VILLAGE: Division.Level.VILLAGE,
}  # fmt: skip


@dataclass(frozen=True)
class Extended:
    """Rows that were made, moved to other days, and taken away because a newer standard replaced their rule."""

    made: int
    moved: int
    replaced: int


def cadence_of(rule: DutyRule) -> Cadence:
    return Cadence(rule.rrule, rule.standard.valid_from, rule.shift, rule.grace_working_days)


def extend(*, now: datetime, since: date | None = None, days: int = HORIZON_DAYS, is_invented: bool = False) -> Extended:
    """Every unit's duties from today (or `since`) for so many days, of counties in which somebody has an account. Again does no harm."""
    today = day_of(now)
    first, last = since or today, today + timedelta(days=days)
    falls = list(_falls(first, last, work_days()))
    rows = {"rule": [rule.pk for rule, _one in falls], "level": [DIVISION_LEVELS[rule.level].value for rule, _one in falls]}
    rows |= {name: [getattr(one, name) for _rule, one in falls] for name in ("opens_on", "occurs_on", "due_on", "lapses_on")}
    rows |= {"counties": counties(), "today": today, "is_invented": is_invented}
    with transaction.atomic(), connection.cursor() as cursor:
        replaced = _take_back_replaced(first)
        cursor.execute(sql.DUTIES, rows)
        made = cursor.rowcount
        cursor.execute(sql.DUTY_DAYS, rows)
        return Extended(made, cursor.rowcount, replaced)


def _falls(first: date, last: date, calendar: WorkDays) -> Iterator[tuple[DutyRule, Occurrence]]:
    """Each standard from its own first day to the day before the next one's."""
    standards = list(DutyStandard.objects.prefetch_related("rules"))
    ends = [each.valid_from - timedelta(days=1) for each in standards[1:]] + [last]
    for standard, end in zip(standards, ends, strict=True):
        for rule in standard.rules.all():
            rule.standard = standard
            for one in occurrences(cadence_of(rule), first=first, last=min(end, last), work_days=calendar):
                yield rule, one


def _take_back_replaced(first: date) -> int:
    """What an older standard had made ahead for days that now belong to a newer one."""
    taken = 0
    standards = list(DutyStandard.objects.all())
    for older, newer in zip(standards, standards[1:], strict=False):
        rows = Duty.objects.everywhere("a standard is the whole system's").filter(rule__standard=older, state=Duty.State.DUE)
        taken += rows.filter(occurs_on__gte=max(newer.valid_from, first)).delete()[0]
    return taken


def counties() -> list[str]:
    """Counties with accounts: a database may hold the codes of many more."""
    codes = User.objects.filter(is_active=True).exclude(division=None).values_list("division_id", flat=True).distinct()
    own = {code[:6] for code in codes}
    wide = [code for code in own if len(code) < 6]
    below = Division.objects.at_level(Division.Level.COUNTY).values_list("code", flat=True)
    return sorted(own | {code for code in below if code.startswith(tuple(wide))})


def falling_due(today: date) -> Q:
    """Duties that are overdue or within the days of warning of their rule."""
    free, found = work_days(), Q(due_on__lt=today)
    for days in set(DutyRule.objects.values_list("remind_working_days", flat=True)):
        found |= Q(rule__remind_working_days=days, due_on__lte=free.after(today, days) if days else today)
    return found


def mark_missed(*, now: datetime) -> int:
    """Duties whose last day is over. How many; again marks nothing twice."""
    rows = Duty.objects.everywhere("the calendar is the whole system's").filter(state=Duty.State.DUE, lapses_on__lt=day_of(now))
    return rows.update(state=Duty.State.MISSED, missed_at=now)


def standard_on(day: date) -> DutyStandard:
    """Raises DoesNotExist where none is loaded."""
    return DutyStandard.objects.filter(valid_from__lte=day).latest("valid_from")
