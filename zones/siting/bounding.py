"""Quick plans and bounds for coverage: a greedy start, swaps, and Lagrangian multipliers that rule candidates out.

Each demand has a value for its first, second … cover (layers × demands, not rising), so single and backup cover are one model.
Relaxing "a demand is covered only by a chosen site" with a price per demand leaves a sort (so many sites) or a fractional knapsack
(so much money): Galvão & ReVelle 1996, A Lagrangean heuristic for the maximal covering location problem, EJOR 88.
A candidate whose reduced cost is larger than the gap between bound and best plan cannot be in a better plan.
"""
from dataclasses import dataclass

import numpy as np
from scipy import sparse

ROUNDS = 700
PATIENCE = 15
SHRINK = 0.6
SMALLEST = 0.004
LOOK_EVERY = 40


class Model:
    """`sites` and `budget` are limits on the number and the cost of columns taken; infinite where there is none."""

    def __init__(self, covers: sparse.csr_array, values: np.ndarray, costs: np.ndarray, sites: float, budget: float):
        self.rows, self.columns = covers, covers.T.tocsr()
        self.costs, self.sites, self.budget = costs, min(sites, covers.shape[1]), budget
        self.values = values
        self.ladder = np.vstack([values, np.zeros(values.shape[1])])
        self._at = np.arange(values.shape[1])

    def next_value(self, counts: np.ndarray) -> np.ndarray:
        """What one cover more is worth, by demand."""
        return self.ladder[np.minimum(counts, len(self.values)), self._at]

    def of(self, column: int) -> np.ndarray:
        return self.columns.indices[self.columns.indptr[column] : self.columns.indptr[column + 1]]

    def counts(self, chosen: list[int]) -> np.ndarray:
        taken = np.zeros(self.rows.shape[1])
        taken[chosen] = 1
        return np.rint(self.rows @ taken).astype(int)

    def worth(self, chosen: list[int]) -> float:
        counts = self.counts(chosen)
        return float(sum(layer[counts > rank].sum() for rank, layer in enumerate(self.values)))

    def filled(self, chosen: list[int]) -> list[int]:
        """Takes the best next candidate (by value for its cost where money is the limit) until nothing fits or helps."""
        chosen, counts = list(chosen), self.counts(chosen)
        while len(chosen) < self.sites:
            gain = self.columns @ self.next_value(counts)
            gain[chosen] = 0
            gain[self.costs > self.budget - self.costs[chosen].sum() + 1e-9] = 0
            best = int(np.argmax(gain / np.maximum(self.costs, 1e-9) if np.isfinite(self.budget) else gain))
            if gain[best] <= 0:
                break
            chosen.append(best)
            counts[self.of(best)] += 1
        return chosen

    def swapped(self, chosen: list[int]) -> list[int]:
        """Replaces one by one while that helps."""
        chosen, counts, helped = list(chosen), self.counts(chosen), True
        while helped:
            helped = False
            for place, old in enumerate(chosen):
                counts[self.of(old)] -= 1
                gain = self.columns @ self.next_value(counts)
                here = gain[old]
                gain[chosen] = 0
                gain[self.costs > self.budget - self.costs[chosen].sum() + self.costs[old] + 1e-9] = 0
                new = int(np.argmax(gain))
                if gain[new] > here + 1e-9:
                    chosen[place], helped = new, True
                counts[self.of(chosen[place])] += 1
        return chosen


@dataclass(frozen=True)
class Bounded:
    """`reduced` by column: a plan with one of negative reduced cost is worth at most bound + it; without one of positive, bound − it."""

    bound: float
    reduced: np.ndarray
    best: list[int]
    worth: float


def _priced(model: Model, price: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The bound at these prices, the reduced cost of each column, and what the relaxed plan takes of each."""
    earned = model.columns @ price
    rest = np.maximum(model.values - price, 0).sum()
    options = []
    if model.sites < len(earned) or not np.isfinite(model.budget):
        options.append((np.ones_like(earned), model.sites))
    if np.isfinite(model.budget):
        options.append((model.costs, model.budget))
    best = None
    for cost, limit in options:
        order = np.argsort(-earned / np.maximum(cost, 1e-12), kind="stable")
        used = np.cumsum(cost[order])
        full = int(np.searchsorted(used, limit + 1e-9, side="right"))
        rate = 0.0 if full >= len(order) else earned[order[full]] / max(cost[order[full]], 1e-12)
        reduced = earned - rate * cost
        bound = rest + rate * limit + np.maximum(reduced, 0).sum()
        if best is None or bound < best[0]:
            taken = np.zeros_like(earned)
            taken[order[:full]] = 1
            if full < len(order):
                taken[order[full]] = (limit - (used[full - 1] if full else 0)) / max(cost[order[full]], 1e-12)
            best = (bound, reduced, taken)
    return best


def bounded(model: Model, step: float) -> Bounded:
    """Subgradient rounds until the bound meets the best plan or stops falling; the same model gives the same answer."""
    best = model.swapped(model.filled([]))
    worth = model.worth(best)
    top, price = model.values[0], model.values[0] * 0.5
    lowest, held, pace, since = (np.inf, None), price, 1.0, 0
    for turn in range(ROUNDS):
        bound, reduced, taken = _priced(model, price)
        if bound < lowest[0] - 1e-9:
            lowest, held, since = (bound, reduced), price.copy(), 0
        else:
            since += 1
        if lowest[0] < worth + max(step, 1e-9 * worth) - 1e-6 or pace < SMALLEST:
            break
        if since >= PATIENCE:
            pace, since, price = pace * SHRINK, 0, held
            continue
        slope = model.rows @ taken - (model.values > price).sum(axis=0)
        if turn % LOOK_EVERY == LOOK_EVERY - 1:
            trial = model.swapped(model.filled(_fitting(model, taken)))
            if model.worth(trial) > worth + 1e-9:
                best, worth = trial, model.worth(trial)
        slope = np.where(((price <= 0) & (slope > 0)) | ((price >= top) & (slope < 0)), 0, slope)
        size = slope @ slope
        if not size:
            break
        price = np.clip(price - pace * max(bound - worth, step) / size * slope, 0, top)
    return Bounded(lowest[0], lowest[1], best, worth)


def _fitting(model: Model, taken: np.ndarray) -> list[int]:
    """What the relaxed plan takes whole, as far as it fits both limits."""
    chosen, spent = [], 0.0
    for column in np.flatnonzero(taken > 0.999):
        if len(chosen) < model.sites and spent + model.costs[column] <= model.budget + 1e-9:
            chosen.append(int(column))
            spent += model.costs[column]
    return chosen
