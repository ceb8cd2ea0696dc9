"""What other methods say of the same table: TOPSIS and PROMETHEE II from pymcdm, and how far the rankings agree.

Both compare zones with each other, so that a zone which joins or leaves can turn the order of others: they are shown, never decided by.
pymcdm loads pandas and matplotlib: for the worker only. Its faults are fenced here and pinned in the tests: one missing figure makes every
value NaN (TOPSIS) or counts silently (PROMETHEE); a single zone, equal zones or weights that are all zero divide by nothing; PROMETHEE
keeps a zones × zones table per indicator.
"""
from dataclasses import dataclass

import numpy as np
from pymcdm.methods import PROMETHEE_II, TOPSIS
from scipy import stats

from zones.planning.findings import Finding, Unfit
from zones.planning.indicators import MORE, Table
from zones.planning.scoring import ranks, score
from zones.planning.weights import direct

MOST_FOR_PROMETHEE = 1500  # 18 MB for each indicator
SPOTIS, TOPSIS_NAME, PROMETHEE_NAME = "spotis", "topsis", "promethee"


@dataclass(frozen=True, eq=False)
class Ranking:
    """`values` and `ranks` per zone, NaN and 0 where the method cannot say."""

    method: str
    values: np.ndarray
    ranks: np.ndarray
    findings: tuple[Finding, ...] = ()


def topsis(table: Table, weights) -> Ranking:
    """Closeness to the ideal point, 0 to 1 (C. L. Hwang, K. Yoon, 1981), columns scaled from least to greatest."""
    return _fenced(TOPSIS_NAME, TOPSIS(), table, weights)


def promethee(table: Table, weights) -> Ranking:
    """Net flow, -1 to 1, with the usual preference function: better is better, however little; no threshold is invented."""
    if len(table.zones) > MOST_FOR_PROMETHEE:
        return _silent(PROMETHEE_NAME, table, Finding("too_many_to_compare", {"zones": len(table.zones), "most": MOST_FOR_PROMETHEE}))
    return _fenced(PROMETHEE_NAME, PROMETHEE_II("usual"), table, weights)


def _fenced(name: str, method, table: Table, weights) -> Ranking:
    shares = direct(weights)
    if len(shares) != len(table.indicators):
        raise Unfit("weights_differ_from_indicators", weights=len(shares), indicators=len(table.indicators))
    counts = shares > 0
    whole = ~table.missing[:, counts].any(axis=1)
    matrix = table.values[whole][:, counts]
    found = []
    if not whole.all():
        found.append(Finding("left_out_for_missing", {"zones": int((~whole).sum())}))
    if len(matrix) < 2:
        return _silent(name, table, *found, Finding("too_few_to_compare", {"zones": len(matrix)}))
    varied = matrix.min(axis=0) < matrix.max(axis=0)
    if not varied.any():
        return _silent(name, table, *found, Finding("zones_all_alike", {"zones": len(matrix)}))
    types = np.array([1 if indicator.direction == MORE else -1 for indicator in table.indicators])[counts][varied]
    values = np.full(len(table.zones), np.nan)
    # Its validation only warns of weights and of zones that lead everywhere; what it would refuse was refused above.
    values[whole] = method(matrix[:, varied], direct(shares[counts][varied]), types, validation=False)
    return Ranking(name, values, ranks(values), tuple(found))


def _silent(name: str, table: Table, *findings: Finding) -> Ranking:
    nothing = np.full(len(table.zones), np.nan)
    return Ranking(name, nothing, ranks(nothing), findings)


@dataclass(frozen=True)
class Correlation:
    """Over the zones that both methods rank; None where fewer than two are left or one method sees them all alike."""

    first: str
    second: str
    zones: int
    spearman: float | None
    kendall: float | None


def compare(table: Table, weights) -> tuple[list[Ranking], list[Correlation]]:
    """Our score, TOPSIS and PROMETHEE II, and the rank correlation of each two of them."""
    own = score(table, weights)
    rankings = [Ranking(SPOTIS, own.values, own.ranks, own.findings), topsis(table, weights), promethee(table, weights)]
    pairs = [(a, b) for position, a in enumerate(rankings) for b in rankings[position + 1 :]]
    return rankings, [correlation(first, second) for first, second in pairs]


def correlation(first: Ranking, second: Ranking) -> Correlation:
    both = (first.ranks > 0) & (second.ranks > 0)
    one, other = first.ranks[both], second.ranks[both]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return Correlation(first.method, second.method, int(both.sum()), None, None)
    spearman, kendall = stats.spearmanr(one, other).statistic, stats.kendalltau(one, other).statistic
    return Correlation(first.method, second.method, int(both.sum()), float(spearman), float(kendall))
