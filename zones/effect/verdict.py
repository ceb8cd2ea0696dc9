"""What can be said of the zones' effect, and why not more."""
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from zones.effect.differences import DRAWS, FEW, Estimate, bad_year, difference, placebo_in_time, trends

BETTER, WORSE, NO_DIFFERENCE, NOT_TOLD = "better", "worse", "no_difference_seen", "cannot_be_told"
LEAST_UNITS, LEAST_MONTHS, BAD_YEAR = 4, 6, 2.0


@dataclass(frozen=True)
class Reason:
    """A code that a page puts into words, with its numbers."""

    code: str
    numbers: Mapping[str, float | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    code: str
    reasons: tuple[Reason, ...]
    estimate: Estimate | None = None


def judge(
    counts: np.ndarray, treated: np.ndarray, start: int, *, balanced: bool = True, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Verdict:
    """`counts` units × months (NaN: not known), fewer is better; `start` is the first month of treatment; `balanced` comes from match().

    Better and worse are said only where interval and randomisation agree and no check speaks against the comparison.
    """
    counts, treated = np.asarray(counts, float), np.asarray(treated, bool)
    whole = np.isfinite(counts).all(axis=1)
    reasons = [Reason("units_incomplete", {"count": int((~whole).sum())})] if not whole.all() else []
    counts, treated = counts[whole], treated[whole]
    stops = _too_little(counts, treated, start)
    if stops:
        return Verdict(NOT_TOLD, (*reasons, *stops))
    estimate = difference(counts, treated, start, level=level, draws=draws, seed=seed)
    stops = _checks(counts, treated, start, level, draws, seed)
    if not balanced:
        stops.append(Reason("not_comparable"))
    if estimate.few:
        reasons.append(Reason("few_units", {"treated": estimate.treated_count, "others": estimate.other_count, "usual": FEW}))
    if stops:
        return Verdict(NOT_TOLD, (*reasons, *stops), estimate)
    if estimate.low <= 0 <= estimate.high:
        reasons.append(Reason("least_visible", {"effect": estimate.least_visible}))
        return Verdict(NO_DIFFERENCE, tuple(reasons), estimate)
    if estimate.p > 1 - level:
        return Verdict(NOT_TOLD, (*reasons, Reason("randomisation_disagrees", {"p": estimate.p})), estimate)
    return Verdict(BETTER if estimate.effect < 0 else WORSE, tuple(reasons), estimate)


def _too_little(counts: np.ndarray, treated: np.ndarray, start: int) -> list[Reason]:
    found, after = [], counts.shape[1] - start
    for name, count in (("treated", int(treated.sum())), ("others", int((~treated).sum()))):
        if count < LEAST_UNITS:
            found.append(Reason("too_few_units", {name: count, "least": LEAST_UNITS}))
    if min(start, after) < LEAST_MONTHS:
        found.append(Reason("too_few_months", {"before": start, "after": after, "least": LEAST_MONTHS}))
    if not found and not counts.any():
        found.append(Reason("no_incidents"))
    return found


def _checks(counts: np.ndarray, treated: np.ndarray, start: int, level: float, draws: int, seed: int) -> list[Reason]:
    """Each at a stricter level, so that all checks together cry wolf about as often as one would."""
    found, strict = [], 1 - (1 - level) / 3
    slope, low, high = trends(counts, treated, start, level=strict)
    if low > 0 or high < 0:
        found.append(Reason("trends_not_parallel", {"slope": slope, "low": low, "high": high}))
    placebo = placebo_in_time(counts, treated, start, level=strict, draws=draws, seed=seed)
    if placebo.low > 0 or placebo.high < 0:
        found.append(Reason("effect_before_start", {"effect": placebo.effect, "low": placebo.low, "high": placebo.high}))
    chosen = bad_year(counts, treated, start)
    if chosen and chosen[0] > BAD_YEAR + 0.4:
        found.append(Reason("chosen_for_a_bad_year", {"z": chosen[0], "expected_fall": chosen[1]}))
    return found
