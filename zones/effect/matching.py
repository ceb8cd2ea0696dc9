"""Comparable zones: nearest by Mahalanobis distance within a caliper, each used once, the whole of the pairs as near as can be.

Near pairs may all err to one side. Where the groups' means still differ, partners are exchanged for others within the caliper as long
as that brings the worst difference down: with few zones this decides whether anything can be said. Only what was before is looked at.
"""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

VARIES = 1e-12
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
        near = [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if apart[a, b] <= caliper]
        pairs = [(int(mine[a]), int(others[b])) for a, b in _balanced(near, covariates[mine], covariates[others], apart <= caliper)]
    matched = {one for one, _ in pairs}
    return Match(
        tuple(pairs), tuple(int(each) for each in mine if each not in matched), tuple(int(each) for each in np.flatnonzero(~whole)),
        tuple(_balance(name, covariates[:, at], mine, others, pairs) for at, name in enumerate(names)),
    )  # fmt: skip


def _balanced(pairs: list[tuple[int, int]], mine: np.ndarray, others: np.ndarray, allowed: np.ndarray) -> list[tuple[int, int]]:
    """One exchange at a time, the best there is; ends when all are comparable or none helps."""
    spread = _spread(mine, others) if min(len(mine), len(others)) > 1 else np.zeros(mine.shape[1])
    told = spread >= VARIES
    if not pairs or not told.any():
        return pairs
    one, other = mine[:, told] / spread[told], others[:, told] / spread[told]
    pairs = list(pairs)
    while True:
        rows, partners = (np.array(each) for each in zip(*pairs, strict=True))
        apart = (one[rows] - other[partners]).sum(axis=0)
        worst = np.abs(apart).max()
        if worst <= COMPARABLE * len(pairs):
            return pairs
        free = np.setdiff1d(np.arange(len(other)), partners)
        changed = np.abs(apart + other[partners][:, None] - other[free][None]).max(axis=2)
        changed[~allowed[rows][:, free]] = np.inf
        if not changed.size or changed.min() > worst - 1e-9:
            return pairs
        at, to = np.unravel_index(changed.argmin(), changed.shape)
        pairs[at] = (pairs[at][0], int(free[to]))


def _spread(mine: np.ndarray, others: np.ndarray) -> np.ndarray:
    """By the treated units' and the others' spread before matching, so that differences before and after have one measure."""
    return np.sqrt((mine.var(axis=0, ddof=1) + others.var(axis=0, ddof=1)) / 2)


def _balance(name: str, values: np.ndarray, mine: np.ndarray, others: np.ndarray, pairs: list) -> Balance:
    if len(mine) < 2 or len(others) < 2:
        return Balance(name, None, None)
    spread = _spread(values[mine], values[others])
    if spread < VARIES:
        return Balance(name, None, None)
    before = (values[mine].mean() - values[others].mean()) / spread
    after = np.mean([values[one] - values[other] for one, other in pairs]) / spread if pairs else None
    return Balance(name, float(before), None if after is None else float(after))
