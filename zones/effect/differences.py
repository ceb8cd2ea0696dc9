"""Difference in differences on monthly counts: units × months, one number a unit for before and after.

Collapsing to one change a unit (Bertrand, Duflo & Mullainathan 2004) makes each unit its own cluster whatever the months have in common.
The interval is a bootstrap-t over units, each arm drawn by itself; with few units a Welch t interval, and that is said. The
randomisation check deals the label "treated" anew among the units and needs no distribution at all.
"""
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEW, DRAWS = 12, 1999


@dataclass(frozen=True)
class Estimate:
    """`effect`: incidents a unit and month, treated's change less the others'. `share`: of what the treated would have had.

    `p` is by randomisation. `least_visible` is the effect that would be seen with probability `power` (the usual 80 %).
    """

    effect: float
    low: float
    high: float
    share: float | None
    p: float
    error: float
    least_visible: float
    treated_count: int
    other_count: int
    method: str
    seed: int

    @property
    def few(self) -> bool:
        return min(self.treated_count, self.other_count) < FEW


def changes(counts: np.ndarray, start: int, *, skip: tuple[int, ...] = ()) -> np.ndarray:
    """Mean of the months from `start` less the mean of those before; `skip` are months left out (a year that was chosen for being bad)."""
    months = np.setdiff1d(np.arange(counts.shape[1]), skip)
    return counts[:, months[months >= start]].mean(axis=1) - counts[:, months[months < start]].mean(axis=1)


def difference(
    counts: np.ndarray, treated: np.ndarray, start: int, *,
    skip: tuple[int, ...] = (), level: float = 0.95, power: float = 0.8, draws: int = DRAWS, seed: int = 0,
) -> Estimate:  # fmt: skip
    """At least two units in each arm, and months on both sides of `start`."""
    counts, treated = np.asarray(counts, float), np.asarray(treated, bool)
    change = changes(counts, start, skip=skip)
    a, b = change[treated], change[~treated]
    if min(len(a), len(b)) < 2:
        raise ValueError("two units in each arm are the least")
    effect, error = a.mean() - b.mean(), _error(a, b)
    random = np.random.default_rng(seed)
    df, few = _freedom(a, b), min(len(a), len(b)) < FEW
    if few or error == 0:
        reach = stats.t.ppf((1 + level) / 2, df) * error
        low, high, method = effect - reach, effect + reach, "welch"
    else:
        t = _drawn(a, b, random, draws)
        low, high = effect - np.quantile(t, [(1 + level) / 2, (1 - level) / 2]) * error
        method = "bootstrap_t"
    months = np.setdiff1d(np.arange(counts.shape[1]), skip)
    expected = counts[treated][:, months[months >= start]].mean() - effect
    visible = (stats.t.ppf((1 + level) / 2, df) + stats.t.ppf(power, df)) * error
    return Estimate(
        float(effect), float(low), float(high), float(effect / expected) if expected > 0 else None,
        _randomised(change, treated, random, draws), float(error), float(visible), len(a), len(b), method, seed,
    )  # fmt: skip


def _error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


def _freedom(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    below = x**2 / (len(a) - 1) + y**2 / (len(b) - 1)
    return float((x + y) ** 2 / below) if below else float(len(a) + len(b) - 2)


def _drawn(a: np.ndarray, b: np.ndarray, random: np.random.Generator, draws: int) -> np.ndarray:
    one, two = (each[random.integers(0, len(each), (draws, len(each)))] for each in (a, b))
    error = np.sqrt(one.var(axis=1, ddof=1) / len(a) + two.var(axis=1, ddof=1) / len(b))
    some = error > 0
    return (one.mean(axis=1) - two.mean(axis=1) - a.mean() + b.mean())[some] / error[some]


def _randomised(change: np.ndarray, treated: np.ndarray, random: np.random.Generator, draws: int) -> float:
    """Share of deals, the true one included, whose studentised effect is at least as large; two-sided."""
    count = int(treated.sum())
    deals = np.vstack([np.argsort(~treated, kind="stable"), random.random((draws, len(change))).argsort(axis=1)])
    dealt = change[deals]
    a, b = dealt[:, :count], dealt[:, count:]
    error = np.sqrt(a.var(axis=1, ddof=1) / count + b.var(axis=1, ddof=1) / b.shape[1])
    t = np.abs(a.mean(axis=1) - b.mean(axis=1)) / np.where(error > 0, error, np.inf)
    return float((t >= t[0] - 1e-12).mean())


def trends(counts: np.ndarray, treated: np.ndarray, start: int, *, level: float = 0.95) -> tuple[float, float, float]:
    """Difference of the slopes a month before treatment, with its Welch interval: parallel trends have 0 in it."""
    before = np.asarray(counts, float)[:, :start]
    month = np.arange(start) - (start - 1) / 2
    slope = before @ month / (month @ month)
    a, b = slope[treated], slope[~treated]
    reach = stats.t.ppf((1 + level) / 2, _freedom(a, b)) * _error(a, b)
    return float(a.mean() - b.mean()), float(a.mean() - b.mean() - reach), float(a.mean() - b.mean() + reach)


def placebo_in_time(counts: np.ndarray, treated: np.ndarray, start: int, **options) -> Estimate:
    """As if treatment had begun in the middle of the months before it: an effect there is none of the treatment's."""
    return difference(np.asarray(counts, float)[:, :start], treated, start // 2, **options)


def placebo_in_place(counts: np.ndarray, treated: np.ndarray, start: int, *, draws: int = 200, level: float = 0.95, seed: int = 0) -> float:
    """Share of random halves of the untreated that show an "effect" by a Welch test: about 1 − level when all is well."""
    change = changes(np.asarray(counts, float)[~treated], start)
    half = len(change) // 2
    if half < 2:
        raise ValueError("four untreated units are the least")
    dealt = change[np.random.default_rng(seed).random((draws, len(change))).argsort(axis=1)]
    return float((stats.ttest_ind(dealt[:, :half], dealt[:, half:], axis=1, equal_var=False).pvalue < 1 - level).mean())


def bad_year(counts: np.ndarray, treated: np.ndarray, start: int, *, year: int = 12) -> tuple[float, float] | None:
    """Were the zones chosen for a bad year: z of the treated's last `year` months before `start` against their earlier months, beyond
    the same change of the others; and the fall (a unit and month) to be expected without any treatment. None: no earlier months.
    """
    if start < year + 1:
        return None
    before = np.asarray(counts, float)[:, :start]
    rise = before[:, start - year :].mean(axis=1) - before[:, : start - year].mean(axis=1)
    a, b = rise[treated], rise[~treated]
    error = _error(a, b)
    return (float((a.mean() - b.mean()) / error) if error else 0.0), max(float(a.mean() - b.mean()), 0.0)
