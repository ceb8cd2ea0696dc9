"""What is wrong with a plan, and where it has holes. Pure: duties in, faults and hours out.

Times are aware datetimes; days, hours and weeks (Monday to Sunday) are the county's, Asia/Shanghai, which has no summer time.
"""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

COUNTY_TIME = ZoneInfo("Asia/Shanghai")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
HOURS = 24

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Duty:
    """One planned shift as the rules see it. `place` is the kiosk of a kiosk duty."""

    key: int
    team: int
    kind: str
    start: datetime
    end: datetime
    crew: frozenset[int]
    needed: int
    place: int | None = None

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True)
class Limits:
    """Hours of rest between two shifts at least, and hours of duty in a week at most."""

    rest_hours: float
    week_hours_at_most: float

    @classmethod
    def of(cls, figures: Mapping) -> "Limits":
        return cls(figures["rest_hours"], figures["week_hours_at_most"])


class Fault(StrEnum):
    OVERLAP = "overlap"
    REST = "rest"
    WEEK_HOURS = "week_hours"
    SHORT = "short"
    NOT_MEMBER = "not_member"


@dataclass(frozen=True, order=True)
class Conflict:
    """`duties` are the keys that it is about, the earlier first. `amount`: hours of overlap, hours of rest that there are, hours of
    duty in the week that begins on `week`, or how many people are missing."""

    fault: Fault
    duties: tuple[int, ...]
    person: int | None = None
    amount: float = 0.0
    week: date | None = None


# By (team, person): the first day inside and the first day outside (None: still a member).
Memberships = Mapping[tuple[int, int], Sequence[tuple[date, date | None]]]


def day_of(moment: datetime) -> date:
    return moment.astimezone(COUNTY_TIME).date()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), COUNTY_TIME)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def conflicts(duties: Sequence[Duty], *, memberships: Memberships, limits: Limits) -> list[Conflict]:
    """Every fault of these duties. People are judged over all duties given, so give also those of other teams."""
    found: list[Conflict] = []
    for person, own in sorted(_by_person(duties).items()):
        found += overlaps(person, own)
        found += short_rests(person, own, limits.rest_hours)
        found += full_weeks(person, own, limits.week_hours_at_most)
        found += [
            Conflict(Fault.NOT_MEMBER, (duty.key,), person)
            for duty in own
            if not is_member(memberships.get((duty.team, person), ()), day_of(duty.start))
        ]
    found += [Conflict(Fault.SHORT, (duty.key,), None, duty.needed - len(duty.crew)) for duty in duties if len(duty.crew) < duty.needed]
    return found


def _by_person(duties: Iterable[Duty]) -> dict[int, list[Duty]]:
    found = defaultdict(list)
    for duty in sorted(duties, key=lambda each: (each.start, each.end, each.key)):
        for person in duty.crew:
            found[person].append(duty)
    return found


def overlaps(person: int, own: Sequence[Duty]) -> Iterator[Conflict]:
    """Each pair that shares time; `own` is sorted by start. One that ends when the next begins shares none."""
    running: list[Duty] = []
    for duty in own:
        running = [each for each in running if each.end > duty.start]
        for each in running:
            shared = min(each.end, duty.end) - duty.start
            yield Conflict(Fault.OVERLAP, (each.key, duty.key), person, shared / HOUR)
        running.append(duty)


def short_rests(person: int, own: Sequence[Duty], rest_hours: float) -> Iterator[Conflict]:
    """Each duty against the one that ended last before it began."""
    ended = sorted(own, key=lambda each: (each.end, each.start, each.key))
    ends = [each.end for each in ended]
    for duty in own:
        place = bisect.bisect_right(ends, duty.start)
        if place == 0:
            continue
        before = ended[place - 1]
        rest = (duty.start - before.end) / HOUR
        if rest < rest_hours:
            yield Conflict(Fault.REST, (before.key, duty.key), person, rest)


def full_weeks(person: int, own: Sequence[Duty], hours_at_most: float) -> Iterator[Conflict]:
    """Weeks with too many hours of duty. What reaches over Sunday's midnight counts in both weeks, each with its part."""
    hours, keys = defaultdict(timedelta), defaultdict(list)
    for duty in own:
        week = monday_of(day_of(duty.start))
        while midnight(week) < duty.end:
            hours[week] += min(duty.end, midnight(week + WEEK)) - max(duty.start, midnight(week))
            keys[week].append(duty.key)
            week += WEEK
    for week, total in sorted(hours.items()):
        if total / HOUR > hours_at_most:
            yield Conflict(Fault.WEEK_HOURS, tuple(keys[week]), person, total / HOUR, week)


def is_member(dated: Iterable[tuple[date, date | None]], on: date) -> bool:
    return any(joined <= on and (left is None or on < left) for joined, left in dated)


def covered(spans: Iterable[Span], *, first: date, day_count: int) -> list[list[float]]:
    """For each day and each of its 24 hours, the share (0 to 1) in which at least one span runs."""
    began = midnight(first)
    hours = [timedelta() for _hour in range(day_count * HOURS)]
    for start, end in _merged(spans):
        number = max(0, int((start - began) // HOUR))
        while number < len(hours) and began + number * HOUR < end:
            hour = began + number * HOUR
            hours[number] += min(end, hour + HOUR) - max(start, hour)
            number += 1
    shares = [each / HOUR for each in hours]
    return [shares[day * HOURS : (day + 1) * HOURS] for day in range(day_count)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def manned(duties: Iterable[Duty]) -> list[Span]:
    """When somebody is planned: a shift without people leaves its hours empty."""
    return [duty.span for duty in duties if duty.crew]


def runs(hours: Sequence[float], wanted: Sequence[bool] | None = None) -> list[tuple[int, int]]:
    """The stretches (from hour, to hour) of a day in which nobody is there the whole hour; `wanted` leaves other hours out."""
    found: list[tuple[int, int]] = []
    for hour, share in enumerate(hours):
        if share >= 1 or (wanted is not None and not wanted[hour]):
            continue
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return found


def opening(text: str) -> list[bool] | None:
    """Which hours of a day a kiosk is to be staffed, from "24小时" or "07:00-23:00"; None for what cannot be read."""
    plain = text.replace(" ", "").replace("：", ":").replace("—", "-").replace("–", "-").replace("－", "-").replace("至", "-")
    if plain.startswith("24小时") or plain.lower().startswith("24h"):
        return [True] * HOURS
    parts = plain.split("-")
    if len(parts) != 2:
        return None
    try:
        begins, ends = (_minutes(part) for part in parts)
    except ValueError:
        return None
    if begins == ends:
        return None
    if ends < begins:
        return [hour * 60 < ends or hour * 60 + 60 > begins for hour in range(HOURS)]
    return [hour * 60 < ends and hour * 60 + 60 > begins for hour in range(HOURS)]


def _minutes(text: str) -> int:
    hour, _colon, minute = text.partition(":")
    found = int(hour) * 60 + int(minute or 0)
    if not 0 <= found <= 24 * 60:
        raise ValueError(text)
    return found
