"""Are the grades fair? Drift over the periods, crowding at the lines, towns, reporting, and what hangs on one incident. Pure.

Every figure says on how many it rests, and nothing is concluded from too few.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import sqrt

from zones.criteria import CATEGORIES, SEVERITIES, Criteria
from zones.rating import LEVELS, Evidence, Severe, grade, per_100_households, weighted

# Two-sided 95 %.
Z = 1.96
AT_LEAST = 10
# Rates as parts of a line: ten steps of 0.2 from nothing to twice the line; the fifth ends just below it.
STEPS, STEP = 10, Fraction(1, 5)


@dataclass(frozen=True)
class Share:
    """`count` of `whole`, with the interval in which the share lies at 95 % (Wilson); empty where there is nothing to share."""

    count: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.count / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.count, self.whole)

    def apart_from(self, other: "Share") -> bool | None:
        """True where the two intervals do not meet; None where one of them rests on too few."""
        if min(self.whole, other.whole) < AT_LEAST:
            return None
        (low, high), (other_low, other_high) = self.interval, other.interval
        return low > other_high or high < other_low


def wilson(count: int, whole: int) -> tuple[float, float] | None:
    """Wilson's score interval: honest for few cases and for shares near 0 and 1."""
    if not whole:
        return None
    share, square = count / whole, Z * Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Crowd:
    """How many compounds lie in each step of 0.2 of a line. `expected` just below it: the mean of the two steps beside."""

    steps: tuple[int, ...]
    below: int
    above: int
    expected: float

    @property
    def is_suspicious(self) -> bool | None:
        """Many more just below the line than beside; None where there are too few to say."""
        if self.below + self.above < AT_LEAST:
            return None
        return self.below > self.expected + 2 * sqrt(max(self.expected, 1))


def crowd(rates: Iterable[Fraction], line: Fraction) -> Crowd:
    """Compounds without a single incident say nothing about a line and are left out."""
    steps = [0] * STEPS
    for rate in rates:
        place = int(rate / line / STEP)
        if rate and place < STEPS:
            steps[place] += 1
    return Crowd(tuple(steps), steps[4], steps[5], (steps[3] + steps[5]) / 2)


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation over `count` pairs; `value` is None where it cannot be told."""

    count: int
    value: float | None

    @property
    def is_sure(self) -> bool:
        """Farther from none than chance alone would bring it, at 95 %."""
        return self.value is not None and abs(self.value) * sqrt(self.count - 1) > Z


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> Correlation:
    if len(pairs) < AT_LEAST:
        return Correlation(len(pairs), None)
    first, second = (_ranks(side) for side in zip(*pairs, strict=True))
    middle = (len(pairs) + 1) / 2
    spread = sqrt(sum((each - middle) ** 2 for each in first) * sum((each - middle) ** 2 for each in second))
    if not spread:
        return Correlation(len(pairs), None)
    return Correlation(len(pairs), sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True)) / spread)


def _ranks(values: Sequence[float]) -> list[float]:
    """Those that are equal share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, start = [0.0] * len(values), 0
    for place in range(1, len(order) + 1):
        if place == len(order) or values[order[place]] != values[order[start]]:
            for each in order[start:place]:
                ranks[each] = (start + 1 + place) / 2
            start = place
    return ranks


@dataclass(frozen=True)
class Hinge:
    """One incident more (`change` 1) or less (-1) of a category and severity gives another colour."""

    category: str
    severity: str
    change: int
    colour: str


def hinges(evidence: Evidence, criteria: Criteria, colour: str) -> list[Hinge]:
    """What a single incident would decide: of each category one ordinary more, and one less of each severity that there is."""
    if colour not in LEVELS or not _is_near(evidence, criteria):
        return []
    found = []
    for name in CATEGORIES:
        for severity, change in (("ordinary", 1), *((each, -1) for each in SEVERITIES if _held(evidence, name)[each])):
            other = grade(_with(evidence, name, severity, change), criteria)[0]
            if other != colour:
                found.append(Hinge(name, severity, change, other))
    return found


def _held(evidence: Evidence, name: str) -> Mapping[str, int]:
    severe = evidence.severe.get(name, Severe())
    return {"serious": severe.serious, "minor": severe.minor, "ordinary": evidence.counts[name] - severe.serious - severe.minor}


def _is_near(evidence: Evidence, criteria: Criteria) -> bool:
    """Quickly: can one incident reach or leave a line at all?"""
    if criteria.index:
        return True
    for name in CATEGORIES:
        lines = criteria.per_100_households[name]
        one = per_100_households(Fraction(max(criteria.weights[name].values())), evidence.household_count, criteria.window_months)
        values = [per_100_households(each, evidence.household_count, criteria.window_months) for each in weighted(name, evidence, criteria)]
        if any(abs(value - Fraction(line)) <= one for value in values for line in (lines.yellow, lines.red)):
            return True
    return False


def _with(evidence: Evidence, name: str, severity: str, change: int) -> Evidence:
    severe = evidence.severe.get(name, Severe())
    if severity == "serious":
        severe = replace(severe, serious=severe.serious + change)
    if severity == "minor":
        minor = severe.minor + change
        severe = replace(severe, minor=minor, resident_minor=min(severe.resident_minor, minor))
    counts = {**evidence.counts, name: evidence.counts[name] + change}
    return replace(evidence, counts=counts, severe={**evidence.severe, name: severe})
