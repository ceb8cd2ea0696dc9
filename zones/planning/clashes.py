"""Why nothing fits: the smallest set of demands that cannot hold together, and the fewest that would have to give way."""
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, hstack

from zones.planning.demands import AT_LEAST, WITH_LIMIT, Demand, Problem
from zones.planning.findings import Unfit
from zones.planning.solving import BEST, INFEASIBLE, broken, solve

ROUNDS, WORK = 100, 60_000  # questions asked for the smallest set, fewer for many zones, before a minimal one has to do


@dataclass(frozen=True)
class Party:
    """One demand of a clash. `reachable` is the nearest it can come while the others of the clash hold: the least cost for a budget, the
    most zones for a minimum; None where a demand about zones is simply impossible beside the others."""

    demand: Demand
    reachable: float | None


@dataclass(frozen=True)
class Clash:
    """Taken together the parties cannot be met; without any one of them they can. `smallest`: no smaller set clashes (proven).
    `give_way` are as few demands as possible whose dropping lets the rest be met."""

    parties: tuple[Party, ...]
    smallest: bool
    give_way: tuple[Demand, ...]


def clash(problem: Problem) -> Clash:
    """For a problem that nothing meets."""
    minimal = _minimal(problem)
    smallest, proven = _smallest(problem, minimal)
    dropped = _fewest_dropped(problem, frozenset())
    return Clash(
        tuple(Party(problem.demands[place], _reachable(problem, smallest, place)) for place in sorted(smallest)), proven,
        tuple(problem.demands[place] for place in sorted(dropped)),
    )  # fmt: skip


def _fits(problem: Problem, kept) -> bool:
    answer = solve(problem.only(sorted(kept)), worth=np.zeros(len(problem.worth), np.int64))
    if answer.status not in (BEST, INFEASIBLE):
        raise Unfit("no_time")
    return answer.status == BEST


def _minimal(problem: Problem) -> set[int]:
    """Deletion filter, halves first: what can be left out while the rest still clashes, is."""
    needed: set[int] = set()
    suspects = list(range(len(problem.demands)))
    size = max(1, len(suspects) // 2)
    while suspects:
        part, rest = suspects[:size], suspects[size:]
        if not _fits(problem, needed | set(rest)):
            suspects = rest
        elif size == 1:
            needed |= set(part)
            suspects = rest
        else:
            size = max(1, size // 2)
            continue
        size = max(1, min(size, len(suspects)))
    return needed


def _smallest(problem: Problem, minimal: set[int]) -> tuple[set[int], bool]:
    """Smallest clash by hitting sets (A. Ignatiev and others, Smallest MUS extraction with minimal hitting set dualization, CP 2015):
    a set of demands whose dropping helps shares one with every clash; the smallest set that shares one with all found so far is tried."""
    if len(minimal) <= 1:
        return minimal, True
    helping: list[set[int]] = []
    for _ in range(min(ROUNDS, max(5, WORK // max(1, len(problem.worth))))):
        tried = _hitting(helping, len(problem.demands))
        if len(tried) >= len(minimal):
            return minimal, True
        if not _fits(problem, tried):
            return tried, True
        helping.append(_fewest_dropped(problem, frozenset(tried)))
    return minimal, False


def _hitting(sets: list[set[int]], count: int) -> set[int]:
    if not sets:
        return set()
    rows = csr_array(np.array([[place in group for place in range(count)] for group in sets], float))
    answer = milp(np.ones(count), integrality=np.ones(count), bounds=Bounds(0, 1), constraints=LinearConstraint(rows, 1, np.inf))
    return set(map(int, np.flatnonzero(answer.x > 0.5)))


def _fewest_dropped(problem: Problem, kept: frozenset[int]) -> set[int]:
    """The fewest demands to drop, none of `kept`, so that the rest can be met: each demand gets a switch that opens it wide enough."""
    zones, demands = len(problem.worth), len(problem.demands)
    over = problem.rows.maximum(0).sum(axis=1) - problem.upper
    under = problem.lower - problem.rows.minimum(0).sum(axis=1)
    room = np.where(np.isfinite(problem.upper), -np.maximum(0, over), np.maximum(0, under))
    switches = np.array([0.0 if place in kept else 1.0 for place in range(demands)])
    answer = milp(
        np.concatenate([np.zeros(zones), np.ones(demands)]), integrality=np.ones(zones + demands),
        bounds=Bounds(0, np.concatenate([problem.allowed.astype(float), switches])), options={"mip_rel_gap": 0},
        constraints=LinearConstraint(hstack([problem.rows, diags_array(room)], format="csr"), problem.lower, problem.upper),
    )  # fmt: skip
    if answer.x is None:
        raise Unfit("no_time")
    # By the choice itself: a switch that is open by a rounding error would hide a demand that is not met.
    return set(map(int, np.flatnonzero(broken(answer.x[:zones] > 0.5, problem.rows, problem.lower, problem.upper))))


def _reachable(problem: Problem, parties: set[int], place: int) -> float | None:
    demand = problem.demands[place]
    if demand.code not in WITH_LIMIT:
        return None
    reach = problem.rows[[place]].toarray().ravel()
    cents = np.round(reach * 100).astype(np.int64)
    answer = solve(problem.only(sorted(parties - {place})), worth=cents if demand.code in AT_LEAST else -cents)
    return None if answer.picked is None else float(reach @ answer.picked)
