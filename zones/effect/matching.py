"""Comparable zones: nearest by Mahalanobis distance within a caliper, each used once, the whole of the pairs as near as can be."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

COMPARABLE = 0.25  # standardised difference of means up to which a balance is usual to be called good (Stuart 2010, Statistical Science 25)


@dataclass(frozen=True)
class Balance:
    """Standardised differences of means before and after matching; None where the numbers do not vary."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Match:
    """`pairs` are (treated row, comparison row). Incomplete rows are left out and said; `unmatched` have nobody within the caliper."""

    pairs: tuple[tuple[int, int], ...]
    unmatched: tuple[int, ...]
    incomplete: tuple[int, ...]
    balance: tuple[Balance, ...]

    @property
    def balanced(self) -> bool:
        return bool(self.pairs) and all(each.after is None or abs(each.after) <= COMPARABLE for each in self.balance)


def match(covariates: np.ndarray, treated: np.ndarray, names: Sequence[str], *, caliper: float = 2.0) -> Match:
    """`covariates` units × names, NaN is missing; `caliper` in Mahalanobis units. Constant columns say nothing and do no harm."""
    covariates, treated = np.asarray(covariates, float), np.asarray(treated, bool)
    whole = np.isfinite(covariates).all(axis=1)
    mine, others = np.flatnonzero(treated & whole), np.flatnonzero(~treated & whole)
    pairs = []
    if len(mine) and len(others):
        spread = np.atleast_2d(np.cov(covariates[whole], rowvar=False))
        metric = np.linalg.pinv(spread, hermitian=True)
        apart = cdist(covariates[mine], covariates[others], "mahalanobis", VI=metric)
        # A forbidden pair costs more than all allowed ones together, so as many as can be are matched.
        cost = np.where(apart <= caliper, apart, (caliper + 1) * (len(mine) + 1))
        rows, columns = linear_sum_assignment(cost)
        pairs = [(int(mine[a]), int(others[b])) for a, b in zip(rows, columns, strict=True) if apart[a, b] <= caliper]
    matched = {one for one, _ in pairs}
    return Match(
        tuple(pairs), tuple(int(each) for each in mine if each not in matched), tuple(int(each) for each in np.flatnonzero(~whole)),
        tuple(_balance(name, covariates[:, at], mine, others, pairs) for at, name in enumerate(names)),
    )  # fmt: skip


def _balance(name: str, values: np.ndarray, mine: np.ndarray, others: np.ndarray, pairs: list) -> Balance:
    """By the treated units' and the others' spread before matching, so that both differences have one measure."""
    if len(mine) < 2 or len(others) < 2:
        return Balance(name, None, None)
    spread = np.sqrt((values[mine].var(ddof=1) + values[others].var(ddof=1)) / 2)
    if spread < 1e-12:
        return Balance(name, None, None)
    before = (values[mine].mean() - values[others].mean()) / spread
    after = np.mean([values[one] - values[other] for one, other in pairs]) / spread if pairs else None
    return Balance(name, float(before), None if after is None else float(after))
