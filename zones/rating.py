"""Counts and facts to a colour and its reasons. Exact arithmetic: a value that reaches a line counts as over it.

The set-based statement in sql.py gives the same colours; tests hold the two together on random data.
"""
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from zones.criteria import CATEGORIES, Criteria, Lines

LEVELS = ("green", "yellow", "red")
NOT_GRADED = "not_graded"
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


@dataclass(frozen=True)
class Reason:
    """`code` is a category, "fire_hazard" or a missing piece of evidence; `level` is green, yellow, red, missing or unknown."""

    code: str
    level: str
    numbers: dict = field(default_factory=dict)


def per_100_households(count: int, households: int, window_months: int) -> Fraction:
    """Incidents per 100 households per 12 months."""
    return Fraction(count * 100 * 12, households * window_months)


def level(value: Fraction | int, lines: Lines) -> str:
    return "red" if value >= Fraction(lines.red) else "yellow" if value >= Fraction(lines.yellow) else "green"


def grade(evidence: Evidence, criteria: Criteria) -> tuple[str, tuple[Reason, ...]]:
    """The colour and every reason, also for what is fine. Missing evidence gives not_graded, never green."""
    missing = _missing(evidence, criteria)
    measured = [_category(name, evidence, criteria) for name in CATEGORIES]
    hazard = _hazard(evidence, criteria)
    reasons = (*missing, *measured, *([hazard] if hazard else []))
    if missing:
        return NOT_GRADED, reasons
    return max((reason.level for reason in reasons), key=LEVELS.index), reasons


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
    return found


def _checked(evidence: Evidence) -> bool:
    return evidence.fire_checked_on is not None and evidence.fire_checked_since <= evidence.fire_checked_on <= evidence.computed_on


def _category(name: str, evidence: Evidence, criteria: Criteria) -> Reason:
    lines = criteria.per_100_households[name]
    numbers = {"count": evidence.counts[name], "months": criteria.window_months, "yellow": str(lines.yellow), "red": str(lines.red)}
    if not evidence.household_count:
        return Reason(name, "unknown", numbers)
    rate = per_100_households(evidence.counts[name], evidence.household_count, criteria.window_months)
    numbers["rate"] = shown_rate(rate, lines)
    return Reason(name, level(rate, lines), numbers)


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


def shown_rate(rate: Fraction, lines: Lines) -> str:
    """The rate in as few decimals as keep it on its own side of both lines: 1.96 is never shown as 2.0."""
    for places in range(1, 7):
        shown = Fraction(round(rate * 10**places), 10**places)
        if all((shown > line) == (rate > line) and (shown < line) == (rate < line) for line in map(Fraction, (lines.yellow, lines.red))):
            break
    return f"{float(shown):.{places}f}"
