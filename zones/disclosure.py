"""Small numbers: what the public is told about a count, so that one to four incidents can not be told apart.

A count is published as a band. The side of a line that a rate lies on is published too, and with the bands of the other
categories it bounds the number of households; so a band may still betray its count. Then the wider band takes its place.
Whether it does depends only on what the public sees of the other categories and on this category's level, never on the
count itself: otherwise the wider band would say what it hides.
"""
from fractions import Fraction
from math import floor

from zones.criteria import Criteria, Lines

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
    counts: dict[str, int], levels: dict[str, str], criteria: Criteria, *, incident_periods: int, households: tuple[int, int | None]
) -> dict[str, int | str]:
    """The label of each count. `incident_periods`: published periods of the window known to have had an incident.

    `households`: what the public knows of their number (from, to).
    """
    bands = {name: band(count) for name, count in counts.items()}
    shown = {}
    for name, count in counts.items():
        others = {other: bands[other] for other in bands if other != name}
        possible = _possible(name, levels, others, criteria, incident_periods, households)
        wide = 1 <= count <= WIDE[1] and len(possible) < 2
        shown[name] = label(WIDE if wide else bands[name])
    return shown


def _possible(name, levels, others, criteria: Criteria, incident_periods: int, households: tuple[int, int | None]) -> list[int]:
    """The counts of one to four that agree with everything else that is public."""
    above, up_to = Fraction(households[0] - 1), None if households[1] is None else Fraction(households[1])
    for other, found in others.items():
        above, up_to = _narrow(above, up_to, found, levels[other], criteria.per_100_households[other], criteria.window_months)
    tops = [found[1] for found in others.values()]
    least = 1 if None in tops else max(1, incident_periods - sum(tops))
    return [
        count
        for count in SMALL
        if count >= least
        and _has_whole(*_narrow(above, up_to, (count, count), levels[name], criteria.per_100_households[name], criteria.window_months))
    ]


def _narrow(above: Fraction, up_to: Bound, found: tuple[int, int | None], level: str, lines: Lines, months: int) -> tuple[Fraction, Bound]:
    """Households more than `above` and at most `up_to`, given a band of incidents and its level."""
    low, high = found
    if level not in ("green", "yellow", "red") or high == 0:
        return above, up_to
    each = Fraction(1200, months)
    if level == "green":
        above = max(above, low * each / Fraction(lines.yellow))
    if level == "yellow":
        above = max(above, low * each / Fraction(lines.red))
    if level != "green" and high is not None:
        most = high * each / Fraction(getattr(lines, level))
        up_to = most if up_to is None else min(up_to, most)
    return above, up_to


def _has_whole(above: Fraction, up_to: Bound) -> bool:
    return up_to is None or floor(up_to) > above
