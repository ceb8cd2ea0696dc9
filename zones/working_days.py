"""Working days of China: weekends off, announced holidays off, announced weekends worked. Pure."""
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkDays:
    """`off` and `worked` are single dates; `known_years` are the years whose holidays are announced."""

    off: frozenset[date] = field(default_factory=frozenset)
    worked: frozenset[date] = field(default_factory=frozenset)
    known_years: frozenset[int] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def after(self, start: date, count: int) -> date:
        """The day that is `count` working days after `start`, which itself does not count. ValueError below 1."""
        if count < 1:
            raise ValueError(count)
        day = start
        while count:
            day += DAY
            count -= self.is_working(day)
        return day

    def knows(self, day: date) -> bool:
        """Whether the holidays of the day's year are announced; else only weekends count as off."""
        return day.year in self.known_years


def spans(texts: Iterable[str]) -> frozenset[date]:
    """Dates out of "2026-01-01" and "2026-10-01/2026-10-07", both ends included. ValueError for anything else."""
    found = set()
    for text in texts:
        first, _slash, last = text.partition("/")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if end < start:
            raise ValueError(text)
        found.update(start + DAY * number for number in range((end - start).days + 1))
    return frozenset(found)
