"""Counts and facts to a colour and its reasons. Exact arithmetic: a value that reaches a line counts as over it.

The set-based statement in sql.py gives the same colours; tests hold the two together on random data.
"""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from zones.criteria import BELOW, CATEGORIES, SHARE, YES_NO, Criteria, Lines, Measure

LEVELS = ("green", "yellow", "red")
NOT_GRADED = "not_graded"
# More households than any compound has count as this many, so that the statement's products stay within 64 bits.
HOUSEHOLDS_AT_MOST = 1_000_000
HELD, NOT_HELD, NOT_ENOUGH = "held", "not_held", "not_enough"


@dataclass(frozen=True)
class Evidence:
    """What a grade is computed from. `fire_checked_since` is the first day that still counts as checked.

    A compound keeps only its newest fire check, so a check made after the period's end counts, up to the day of computing.
    """

    counts: dict[str, int]
    household_count: int | None
    covered_month_count: int
    fire_checked_on: date | None
    open_fire_hazard_count: int | None
    fire_checked_since: date
    computed_on: date
    severe: Mapping[str, "Severe"] = field(default_factory=dict)
    resident_count: int = 0
    measured: Mapping[str, Fraction | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Severe:
    """Of a category's incidents: how many serious, how many minor, and how many minor ones residents reported."""

    serious: int = 0
    minor: int = 0
    resident_minor: int = 0


@dataclass(frozen=True)
class Reason:
    """`code` is a category, "index", "fire_hazard", a measure's source or a missing piece of evidence; `level` is green, yellow, red,
    missing or unknown. The colour is the worst level; anything missing makes it not_graded."""

    code: str
    level: str
    numbers: dict = field(default_factory=dict)


def per_100_households(count: Fraction | int, households: int, window_months: int) -> Fraction:
    """Incidents per 100 households per 12 months."""
    return Fraction(count) * 1200 / (min(households, HOUSEHOLDS_AT_MOST) * window_months)


def level(value: Fraction | int, lines: Lines) -> str:
    return "red" if value >= Fraction(lines.red) else "yellow" if value >= Fraction(lines.yellow) else "green"


def grade(evidence: Evidence, criteria: Criteria) -> tuple[str, tuple[Reason, ...]]:
    """The colour and every reason, also for what is fine. Missing evidence gives not_graded, never green."""
    missing = _missing(evidence, criteria)
    measured = [_category(name, evidence, criteria) for name in CATEGORIES]
    index = [_indexed(evidence, criteria)] if criteria.index else []
    hazard = _hazard(evidence, criteria)
    measures = [_measure(each, evidence) for each in criteria.measures]
    reasons = (*missing, *measured, *index, *([hazard] if hazard else []), *measures)
    return colour_of(reason.level for reason in reasons), reasons


def colour_of(levels: Iterable[str]) -> str:
    """What anybody can do with the published levels: the worst of them, or not_graded where evidence is missing."""
    found = set(levels)
    return NOT_GRADED if "missing" in found else max(found & set(LEVELS), key=LEVELS.index, default="green")


def title(counts: dict[str, int], covered_months: int, period_months: int) -> str:
    """Four-free (四无): one incident is enough to lose it; four zeros need a register that covers every month of the period."""
    if any(counts.values()):
        return NOT_HELD
    return HELD if covered_months >= period_months else NOT_ENOUGH


def _missing(evidence: Evidence, criteria: Criteria) -> list[Reason]:
    found = []
    if not evidence.household_count:
        found.append(Reason("households_unknown", "missing"))
    elif evidence.household_count < criteria.minimum_households:
        numbers = {"households": evidence.household_count, "minimum": criteria.minimum_households}
        found.append(Reason("too_few_households", "missing", numbers))
    if evidence.covered_month_count < criteria.minimum_covered_months:
        numbers = {"months": criteria.window_months, "covered": evidence.covered_month_count, "minimum": criteria.minimum_covered_months}
        found.append(Reason("register_incomplete", "missing", numbers))
    if not _checked(evidence):
        found.append(Reason("no_fire_check", "missing", {"since": evidence.fire_checked_since.isoformat()}))
    for each in criteria.measures:
        if each.needed and evidence.measured.get(each.source) is None:
            found.append(Reason("measure_unknown", "missing", {"source": each.source}))
    return found


def _checked(evidence: Evidence) -> bool:
    return evidence.fire_checked_on is not None and evidence.fire_checked_since <= evidence.fire_checked_on <= evidence.computed_on


def weighted(name: str, evidence: Evidence, criteria: Criteria) -> tuple[Fraction | int, Fraction | int]:
    """The category's incidents by the weights of their severity: all of them, and those that may lead to red."""
    if not criteria.is_weighted and not criteria.caps_resident_minor:
        return (evidence.counts[name],) * 2
    weights, severe = criteria.weights[name], evidence.severe.get(name, Severe())
    ordinary = evidence.counts[name] - severe.serious - severe.minor
    minor = Fraction(weights["minor"])
    whole = Fraction(weights["serious"]) * severe.serious + Fraction(weights["ordinary"]) * ordinary + minor * severe.minor
    return whole, whole - minor * severe.resident_minor if criteria.caps_resident_minor else whole


def _category(name: str, evidence: Evidence, criteria: Criteria) -> Reason:
    lines, severe = criteria.per_100_households[name], evidence.severe.get(name, Severe())
    numbers = {"count": evidence.counts[name], "months": criteria.window_months, "yellow": str(lines.yellow), "red": str(lines.red)}
    if criteria.is_weighted:
        numbers |= {"serious": severe.serious, "minor": severe.minor}
    if not evidence.household_count:
        return Reason(name, "unknown", numbers)
    return _over_lines(name, weighted(name, evidence, criteria), lines, evidence, criteria, numbers, severe.resident_minor)


def _indexed(evidence: Evidence, criteria: Criteria) -> Reason:
    lines = criteria.index.lines
    numbers = {"months": criteria.window_months, "yellow": str(lines.yellow), "red": str(lines.red)}
    if not evidence.household_count:
        return Reason("index", "unknown", numbers)
    values = {name: weighted(name, evidence, criteria) for name in CATEGORIES}
    both = tuple(sum(Fraction(criteria.index.weights[name]) * values[name][part] for name in CATEGORIES) for part in (0, 1))
    spared = sum(each.resident_minor for each in evidence.severe.values())
    return _over_lines("index", both, lines, evidence, criteria, numbers, spared)


def _over_lines(
    code: str, values: tuple[Fraction | int, ...], lines: Lines, evidence: Evidence, criteria: Criteria, numbers: dict, spared: int
) -> Reason:
    """Yellow by all incidents, red by those that may lead to red. Where the others alone made the difference, the reason says so."""
    per = min(evidence.household_count, HOUSEHOLDS_AT_MOST) * criteria.window_months
    # Two whole numbers each: this is asked four times for each of 100,000 compounds, and Fraction would take half of its time.
    whole, firm = ((each.numerator * 1200, each.denominator * per) for each in values)
    found = "red" if _reaches(firm, lines.red) else "yellow" if _reaches(whole, lines.yellow) else "green"
    numbers = {**numbers, "rate": shown_rate(*whole, lines)}
    if criteria.is_weighted and values[0] != numbers.get("count"):
        numbers["weighted"] = f"{float(values[0]):g}"
    if found != "red" and _reaches(whole, lines.red):
        numbers |= {"capped": spared, "firm_rate": shown_rate(*firm, lines)}
    return Reason(code, found, numbers)


def _reaches(rate: tuple[int, int], line: Decimal) -> bool:
    over, under = _ratio(line)
    return rate[0] * under >= over * rate[1]


@lru_cache(maxsize=256)
def _ratio(line: Decimal) -> tuple[int, int]:
    return line.as_integer_ratio()


def _hazard(evidence: Evidence, criteria: Criteria) -> Reason | None:
    if not _checked(evidence):
        return None
    lines = criteria.fire_hazards
    numbers = {
        "count": evidence.open_fire_hazard_count,
        "checked_on": evidence.fire_checked_on.isoformat(),
        "yellow": str(lines.yellow),
        "red": str(lines.red),
    }
    return Reason("fire_hazard", level(evidence.open_fire_hazard_count, lines), numbers)


def _measure(rule: Measure, evidence: Evidence) -> Reason:
    value = evidence.measured.get(rule.source)
    numbers = {"at_most": rule.at_most}
    if rule.kind != YES_NO:
        numbers |= {"direction": rule.direction, "yellow": str(rule.yellow), "red": str(rule.red) if rule.red is not None else ""}
    if value is None:
        return Reason(rule.source, "unknown", numbers)
    return Reason(rule.source, measure_level(value, rule), numbers | {"value": _shown_value(value, rule)})


def _shown_value(value: Fraction, rule: Measure) -> str:
    if rule.kind != SHARE:
        return str(value)
    return shown_rate(*value.as_integer_ratio(), Lines(rule.yellow, rule.yellow if rule.red is None else rule.red))


def measure_level(value: Fraction, rule: Measure) -> str:
    def over(line) -> bool:
        return line is not None and (value < Fraction(line) if rule.direction == BELOW else value >= Fraction(line))

    return "red" if over(rule.red) else "yellow" if over(rule.yellow) else "green"


def shown_rate(above: int, below: int, lines: Lines) -> str:
    """The rate `above` / `below` in as few decimals as keep it on its own side of both lines: 1.96 is never shown as 2.0."""
    both = (_ratio(lines.yellow), _ratio(lines.red))
    sides = [_sign(above * under - over * below) for over, under in both]
    for places in range(1, 7):
        tens = 10**places
        shown, rest = divmod(above * tens, below)
        shown += 2 * rest > below or (2 * rest == below and shown % 2)
        if [_sign(shown * under - over * tens) for over, under in both] == sides:
            break
    return f"{shown / tens:.{places}f}"


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
