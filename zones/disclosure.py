"""Small numbers: what the public is told about a count, so that one to four incidents can not be told apart.

A count is published as a band. The side of a line that a rate lies on is published too, and with the bands of the other
categories it bounds the number of households; so a band may still betray its count. Then the wider band takes its place.
Whether it does depends only on what the public sees of the other categories and on this category's level, never on the
count itself: otherwise the wider band would say what it hides.

With weights by severity a level bounds the weighted number, and the severities stay hidden. "capped" is the level of what reached
the red line only with minor incidents that residents reported. An index over all categories is one more published side of a line,
which together with the others can pin a count down in more ways than are worth telling apart: then every small count is told wide.
"""
from fractions import Fraction
from itertools import combinations_with_replacement
from math import floor

from zones.criteria import SEVERITIES, Criteria, Lines

Bound = Fraction | None
BANDS = ((0, 0), (1, 4), (5, 9), (10, 19), (20, 49), (50, None))
WIDE = (1, 9)
SMALL = range(1, 5)


def band(count: int) -> tuple[int, int | None]:
    return next(found for found in BANDS if found[1] is None or count <= found[1])


def label(found: tuple[int, int | None]) -> int | str:
    """0, "<5", "5-9", "50+"."""
    low, high = found
    if high is None:
        return f"{low}+"
    return 0 if high == 0 else f"<{high + 1}" if low == 1 else f"{low}-{high}"


def public_counts(
    counts: dict[str, int],
    levels: dict[str, str],
    criteria: Criteria,
    *,
    incident_periods: int,
    households: tuple[int, int | None],
    told: dict[tuple, bool] | None = None,
) -> dict[str, int | str]:
    """The label of each count. `incident_periods`: published periods of the window known to have had an incident.

    `households`: what the public knows of their number (from, to). `told` keeps, for one version of the criteria, which bands
    betray a count: most compounds are alike in that.
    """
    bands = {name: band(count) for name, count in counts.items()}
    shown, told = {}, {} if told is None else told
    for name, count in counts.items():
        others = {other: bands[other] for other in bands if other != name}
        wide = 1 <= count <= WIDE[1]
        if wide and criteria.index is None:
            key = name, tuple(others.items()), tuple(levels[each] for each in counts), incident_periods, households
            if key not in told:
                told[key] = len(_possible(name, levels, others, criteria, incident_periods, households)) < 2
            wide = told[key]
        shown[name] = label(WIDE if wide else bands[name])
    return shown


def _possible(name, levels, others, criteria: Criteria, incident_periods: int, households: tuple[int, int | None]) -> list[int]:
    """The counts of one to four that agree with everything else that is public."""
    bounds = Fraction(households[0] - 1), None if households[1] is None else Fraction(households[1])
    for other, found in others.items():
        lines = criteria.per_100_households[other]
        bounds = _narrow(*bounds, _weighed(other, found, criteria), levels[other], lines, criteria.window_months)
    tops = [found[1] for found in others.values()]
    least = 1 if None in tops else max(1, incident_periods - sum(tops))
    lines = criteria.per_100_households[name]
    return [
        count for count in SMALL
        if count >= least and any(_fits(each, levels[name], lines, criteria, bounds) for each in _mixes(name, count, criteria))
    ]  # fmt: skip


def _mixes(name: str, count: int, criteria: Criteria) -> set[tuple[Fraction, Fraction | None]]:
    """Every weighted number that so many incidents can make, with the part that may lead to red where residents reported
    all that were minor; None where none was minor."""
    weights, found = criteria.weights[name], set()
    for each in combinations_with_replacement(SEVERITIES, count):
        whole = sum(Fraction(weights[severity]) for severity in each)
        minor = each.count("minor")
        found.add((whole, whole - minor * Fraction(weights["minor"]) if minor else None))
    return found


def _fits(mix, level: str, lines: Lines, criteria: Criteria, bounds: tuple[Fraction, Bound]) -> bool:
    whole, firm = mix
    if level == "capped":
        if firm is None:
            return False
        bounds = max(bounds[0], firm * 1200 / (criteria.window_months * Fraction(lines.red))), bounds[1]
    bounds = _narrow(*bounds, (whole, whole), level, lines, criteria.window_months)
    return _has_whole(*bounds)


def _weighed(name: str, found: tuple[int, int | None], criteria: Criteria) -> tuple[Fraction, Bound]:
    """The least and the most that a band of incidents can weigh."""
    weights = [Fraction(weight) for weight in criteria.weights[name].values()]
    return found[0] * min(weights), None if found[1] is None else found[1] * max(weights)


def _narrow(
    above: Fraction, up_to: Bound, found: tuple[Fraction, Bound], level: str, lines: Lines, months: int
) -> tuple[Fraction, Bound]:
    """Households more than `above` and at most `up_to`, given what the incidents weigh and their level."""
    low, high = found
    if level not in ("green", "yellow", "red", "capped") or high == 0:
        return above, up_to
    each = Fraction(1200, months)
    if level == "green":
        above = max(above, low * each / Fraction(lines.yellow))
    if level == "yellow":
        above = max(above, low * each / Fraction(lines.red))
    if level != "green" and high is not None:
        most = high * each / Fraction(lines.yellow if level == "yellow" else lines.red)
        up_to = most if up_to is None else min(up_to, most)
    return above, up_to


def _has_whole(above: Fraction, up_to: Bound) -> bool:
    return up_to is None or floor(up_to) > above
