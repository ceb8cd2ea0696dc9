"""How often something is due: RFC 5545 recurrence rules as dates, moved to a working day. Pure."""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from zones.working_days import WorkDays

DAY = timedelta(days=1)
LENGTH_AT_MOST = 120
SHIFTS = ("before", "after", "none")
# A duty is a day's, so no times of day; when it ends is told by the version of the standard, not by the rule.
_PART = re.compile(
    r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)|INTERVAL=[1-9]\d?|BYMONTH=(1[0-2]|[1-9])(,(1[0-2]|[1-9]))*"
    r"|BY(MONTHDAY|DAY|SETPOS|YEARDAY|WEEKNO)=[-+]?\d{0,3}[A-Z]{0,2}(,[-+]?\d{0,3}[A-Z]{0,2})*|WKST=[A-Z]{2}",
    re.ASCII,
)


class BadCadence(ValueError):
    """Not a recurrence rule that can be used here; the text repeats what was given."""


@dataclass(frozen=True)
class Cadence:
    """`shift` says where a due day goes that is no working day: "before", "after" or "none". Counts are working days."""

    rrule: str
    anchor: date
    shift: str
    grace_working_days: int


@dataclass(frozen=True)
class Occurrence:
    """All days inclusive: work from `opens_on` to `due_on` is in time, to `lapses_on` late. `occurs_on` is the day by the rule."""

    opens_on: date
    occurs_on: date
    due_on: date
    lapses_on: date


def checked(text: str) -> str:
    """The rule as it may be stored. Raises BadCadence for anything but days, weeks, months and years without an end."""
    text = text.strip().upper()
    parts = text.split(";")
    names = [part.partition("=")[0] for part in parts]
    if len(text) > LENGTH_AT_MOST or not all(map(_PART.fullmatch, parts)) or len(set(names)) < len(names) or "FREQ" not in names:
        raise BadCadence(text[:LENGTH_AT_MOST])
    try:
        rrulestr(text, dtstart=datetime(2024, 1, 1))
    except ValueError as wrong:
        raise BadCadence(text) from wrong
    return text


def days(text: str, *, anchor: date, last: date) -> list[date]:
    """The rule's days from `anchor`, where it starts to count, to `last`, both included."""
    if last < anchor:
        return []
    bounded = f"{checked(text)};UNTIL={last:%Y%m%d}"
    return [each.date() for each in rrulestr(bounded, dtstart=datetime.combine(anchor, time()))]


def occurrences(cadence: Cadence, *, first: date, last: date, work_days: WorkDays) -> list[Occurrence]:
    """What falls into [first, last] by the rule; the first period begins at the anchor."""
    found, opens_on = [], cadence.anchor
    for day in days(cadence.rrule, anchor=cadence.anchor, last=last):
        if day >= first:
            due_on = max(moved(day, cadence.shift, work_days), opens_on)
            lapses_on = work_days.after(due_on, cadence.grace_working_days) if cadence.grace_working_days else due_on
            found.append(Occurrence(opens_on, day, due_on, lapses_on))
        opens_on = day + DAY
    return found


def moved(day: date, shift: str, work_days: WorkDays) -> date:
    """The day itself if it is worked, else the nearest working day on the side that `shift` names."""
    step = {"before": -DAY, "after": DAY, "none": None}[shift]
    while step and not work_days.is_working(day):
        day += step
    return day


def unknown_years(found: Iterable[Occurrence], work_days: WorkDays) -> list[int]:
    """Years for which only weekends could be respected."""
    return sorted({each.due_on.year for each in found if not work_days.knows(each.due_on)})
