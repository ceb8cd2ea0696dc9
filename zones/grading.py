"""From criteria and a round to what the statement is told; from stored facts back to the evidence that the reference reads."""
import math
from datetime import date
from fractions import Fraction

from zones.criteria import BELOW, CATEGORIES, SEVERITIES, WEIGHT_STEP, Criteria, Measure, in_steps
from zones.models import Grade, RatingRound
from zones.periods import KINDS, add_months, day_of, start_of
from zones.rating import HOUSEHOLDS_AT_MOST, Evidence, Severe

CAMERAS, ISSUES = {"working_cameras"}, {"closed_issues", "open_issues"}
SEVERE = ("serious", "minor", "resident_minor")


def fire_checked_since(rating_round: RatingRound, criteria: Criteria) -> date:
    return add_months(rating_round.ends_on, -criteria.fire_check_months)


def for_round(rating_round: RatingRound, criteria: Criteria) -> dict:
    """The arguments of sql.GRADE, TITLES and WOULD_GRADE, but for the rows that they write. The window is the criteria's own."""
    window_starts_on = add_months(rating_round.ends_on, -criteria.window_months)
    months = [add_months(window_starts_on, i) for i in range(criteria.window_months)]
    spared = [f"{name}:{each}" for name in CATEGORIES for each in SEVERITIES if each not in criteria.breaks[name]]
    return {
        "window_starts_on": window_starts_on,
        "starts_on": rating_round.starts_on,
        "ends_on": rating_round.ends_on,
        "window_starts_at": start_of(window_starts_on),
        "starts_at": start_of(rating_round.starts_on),
        "ends_at": start_of(rating_round.ends_on),
        "month_days": months,
        "month_starts": [start_of(month) for month in months],
        "all_months": sum(1 << (i + 1) for i in range(criteria.window_months)),
        "months_before": criteria.window_months - KINDS[criteria.period] + 1,
        "window_months": criteria.window_months,
        "title_months": criteria.title_months,
        "minimum_households": criteria.minimum_households,
        "minimum_covered_months": criteria.minimum_covered_months,
        "fire_checked_since": fire_checked_since(rating_round, criteria),
        "computed_on": day_of(rating_round.computed_at),
        "hazards_yellow": math.ceil(criteria.fire_hazards.yellow),
        "hazards_red": math.ceil(criteria.fire_hazards.red),
        "households_at_most": HOUSEHOLDS_AT_MOST,
        "spares": bool(spared),
        "spared": spared,
        **_weights(criteria),
        **_measures(criteria.measures),
    }


def layers_asked(criteria: Criteria) -> list[str]:
    """The layers that the measures read, beside those that every grade is computed from."""
    asked = {each.source for each in criteria.measures}
    return [layer for layer, sources in (("surveillance", CAMERAS), ("issues", ISSUES)) if asked & sources]


def _weights(criteria: Criteria) -> dict:
    """Lines in ten-thousandths, weights in hundredths."""
    told = {"has_index": criteria.index is not None, "index_yellow": None, "index_red": None}
    if criteria.index:
        told |= {f"index_{colour}": in_steps(getattr(criteria.index.lines, colour)) for colour in ("yellow", "red")}
    for name in CATEGORIES:
        each = {severity: int(weight / WEIGHT_STEP) for severity, weight in criteria.weights[name].items()}
        told |= {
            f"{name}_yellow": in_steps(criteria.per_100_households[name].yellow),
            f"{name}_red": in_steps(criteria.per_100_households[name].red),
            f"{name}_ordinary": each["ordinary"],
            f"{name}_more": each["serious"] - each["ordinary"],
            f"{name}_less": each["minor"] - each["ordinary"],
            f"{name}_spared": each["minor"] if criteria.caps_resident_minor else 0,
            f"{name}_index": int(criteria.index.weights[name] / WEIGHT_STEP) if criteria.index else 0,
        }
    return told


def _measures(measures: tuple[Measure, ...]) -> dict:
    """One place of the arrays for each measure. Below a line means: the line less the value is at least one step."""
    asked = {each.source for each in measures}
    return {
        "has_measures": bool(measures),
        "asks_cameras": bool(asked & CAMERAS),
        "asks_issues": bool(asked & ISSUES),
        "sources": [each.source for each in measures],
        "signs": [-1 if each.direction == BELOW else 1 for each in measures],
        "edges": [1 if each.direction == BELOW else 0 for each in measures],
        "yellows": [in_steps(each.yellow) for each in measures],
        "reds": [None if each.red is None else in_steps(each.red) for each in measures],
        "needed": [each.needed for each in measures],
    }


def evidence_of(found: Grade, rating_round: RatingRound, criteria: Criteria) -> Evidence:
    """What the criteria ask for and nothing else."""
    by_severity = criteria.is_weighted or criteria.caps_resident_minor
    severe = {name: Severe(*(getattr(found, f"{name}_{part}_count") for part in SEVERE)) for name in CATEGORIES} if by_severity else {}
    return Evidence(
        counts={name: getattr(found, f"{name}_count") for name in CATEGORIES},
        household_count=found.household_count,
        covered_month_count=found.covered_month_count,
        fire_checked_on=found.fire_checked_on,
        open_fire_hazard_count=found.open_fire_hazard_count,
        fire_checked_since=fire_checked_since(rating_round, criteria),
        computed_on=day_of(rating_round.computed_at),
        severe=severe,
        resident_count=found.resident_count,
        measured=measured(found) if criteria.measures else {},
    )


def measured(found: Grade) -> dict[str, Fraction | None]:
    """The value of every source, None where nobody knows it."""
    return {
        "access_control": _yes(found.has_access_control),
        "lighting": _yes(found.has_lighting),
        "fire_lanes": _yes(found.fire_lanes_clear),
        "protections": None if found.protection_count is None else Fraction(found.protection_count),
        "working_cameras": Fraction(found.working_camera_count, found.camera_point_count) if found.camera_point_count else None,
        "closed_issues": Fraction(found.closed_issue_count, found.issue_count) if found.issue_count else None,
        "open_issues": None if found.issue_count is None else Fraction(found.issue_count - found.closed_issue_count),
    }


def _yes(answer: bool | None) -> Fraction | None:
    return None if answer is None else Fraction(int(answer))
