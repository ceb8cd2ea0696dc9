"""Demand, candidates and plans. Demand is households or places, never persons; metres come in as a matrix (by road or straight)."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

PROVEN, WITHIN_BOUND, INFEASIBLE = "proven", "within_bound", "infeasible"


@dataclass(frozen=True)
class Reason:
    """A code that a page puts into words, with its numbers."""

    code: str
    numbers: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class SiteReason:
    """In weight of demand (median: in weighted metres). `newly`: beyond the sites kept; `only`: what no other site of the plan covers.

    `lost` is what the plan loses without this site, when `by` takes its place (None: nothing helps): an upper limit found by one
    swap, or the true replacement cost where `lost_is_exact`.
    """

    site: int
    cost: float
    newly: float
    only: float
    lost: float
    by: int | None
    lost_is_exact: bool = False


@dataclass(frozen=True)
class Cover:
    weight: float
    share: float
    demand_count: int


@dataclass(frozen=True)
class Plan:
    """`state` is proven only where `bound` leaves no room for a better plan. `sites` are the new ones, beside those kept.

    `ties` holds per site the candidates that could take its place at no loss (single swaps are looked at, no more).
    """

    state: str
    sites: tuple[int, ...] = ()
    value: float = 0.0
    bound: float = 0.0
    cost: float = 0.0
    before: Cover | None = None
    after: Cover | None = None
    by_site: tuple[SiteReason, ...] = ()
    ties: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    seed: int = 0

    @property
    def gap(self) -> float:
        """Share of the value by which a better plan could at most beat this one."""
        return abs(self.bound - self.value) / max(abs(self.value), 1e-9)


@dataclass(frozen=True)
class Problem:
    """`reach`: n demands × m candidates; a stored entry means that the candidate reaches the demand, its number is metres.

    `weights` (n): NaN is missing, left out and said, never zero. `costs` (m): None is 1 each. `kept` stand already and cost nothing;
    `forced` are new and must come; `forbidden` names why each may not. `capacities` (m): weight that a site can serve.
    """

    weights: np.ndarray
    reach: sparse.csr_array
    costs: np.ndarray | None = None
    kept: Sequence[int] = ()
    forced: Sequence[int] = ()
    forbidden: Mapping[int, str] = field(default_factory=dict)
    capacities: np.ndarray | None = None

    def __post_init__(self):
        count = self.reach.shape[1]
        if len(self.weights) != self.reach.shape[0]:
            raise ValueError("one weight for each row of reach")
        if np.any(np.asarray(self.weights) < 0):
            raise ValueError("weights are not negative")
        for name in ("costs", "capacities"):
            given = getattr(self, name)
            if given is not None and (len(given) != count or not np.all(np.asarray(given) >= 0)):
                raise ValueError(f"{name}: one number, not negative, for each candidate")
        if any(not 0 <= site < count for site in (*self.kept, *self.forced, *self.forbidden)):
            raise ValueError("a site outside the candidates")

    @cached_property
    def known(self) -> np.ndarray:
        """Rows whose weight is known and more than nothing."""
        return np.flatnonzero(np.nan_to_num(np.asarray(self.weights, float)) > 0)

    @cached_property
    def cost(self) -> np.ndarray:
        return np.ones(self.reach.shape[1]) if self.costs is None else np.asarray(self.costs, float)

    @cached_property
    def base(self) -> np.ndarray:
        """Sites that every plan has: kept and forced."""
        return np.array(sorted({*self.kept, *self.forced}), int)

    @cached_property
    def free(self) -> np.ndarray:
        """Candidates that a plan may take or leave."""
        return np.array(sorted(set(range(self.reach.shape[1])) - {*self.kept, *self.forced, *self.forbidden}), int)

    @cached_property
    def new_forced(self) -> list[int]:
        return sorted(set(self.forced) - set(self.kept))

    @cached_property
    def covers(self) -> sparse.csr_array:
        """1 where a candidate reaches a demand of known weight."""
        rows = sparse.csr_array(self.reach)[self.known]
        covers = sparse.csr_array((np.ones(len(rows.indices)), rows.indices, rows.indptr), shape=rows.shape)
        covers.sort_indices()
        return covers

    @cached_property
    def weight(self) -> np.ndarray:
        return np.asarray(self.weights, float)[self.known]

    def missing(self) -> tuple[Reason, ...]:
        count = int(np.isnan(np.asarray(self.weights, float)).sum())
        return (Reason("weight_missing", {"count": count}),) if count else ()

    def counts(self, sites: Sequence[int]) -> np.ndarray:
        """How many of the sites reach each demand of known weight."""
        chosen = np.zeros(self.reach.shape[1])
        chosen[list(sites)] = 1
        return np.rint(self.covers @ chosen).astype(int)

    def cover(self, sites: Sequence[int]) -> Cover:
        reached = self.counts(sites) > 0
        weight, total = float(self.weight[reached].sum()), float(self.weight.sum())
        return Cover(weight, weight / total if total else 0.0, int(reached.sum()))


def within(metres: np.ndarray | sparse.sparray, limit: float) -> sparse.csr_array:
    """The pairs up to `limit` metres. Dense: NaN and infinity are out of reach; sparse: so is what is not stored, and a stored 0 is not."""
    if sparse.issparse(metres):
        pairs = sparse.coo_array(metres)
        row, column, data = pairs.row, pairs.col, pairs.data
    else:
        row, column = np.nonzero(np.nan_to_num(np.asarray(metres, float), nan=np.inf) <= limit)
        data = np.asarray(metres, float)[row, column]
    near = (data <= limit) & np.isfinite(data)
    return sparse.csr_array((data[near], (row[near], column[near])), shape=metres.shape)
