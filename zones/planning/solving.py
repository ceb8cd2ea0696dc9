"""One question to HiGHS, through SciPy's milp: SciPy is locked for the road graph anyway, and what milp lacks (a pool of solutions, warm
starts) is not needed: each further portfolio is a new question with one more line.

An answer is called best only with gap 0: worth is in whole numbers, so that the proof leaves no room for a better one.
"""
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from zones.planning.demands import Problem
from zones.planning.findings import Unfit

BEST, NEAR, INFEASIBLE, STOPPED = "best", "near", "infeasible", "stopped"
SECONDS = 60.0
Pause = Callable[[], None]  # heard before each of many questions: what it raises ends the work
SMALL = 150        # up to here HiGHS is asked for the whole at once
FIRST_OPEN = 120   # beyond, at least so many zones are left open at first (measured: fewer or more take longer)
SLACK = 1e-6  # HiGHS keeps each demand to this; costs are meant in whole units or cents


def no_pause() -> None:
    """Nobody waits to end the work."""


@dataclass(frozen=True, eq=False)
class Solved:
    """`picked` is None where nothing fits or nothing was found in time. `bound` is what no choice can exceed."""

    status: str
    picked: np.ndarray | None
    worth: int | None
    bound: float | None
    seconds: float


@dataclass(frozen=True, eq=False)
class Line:
    """A demand of the engine's own: lower ≤ coefficients @ chosen ≤ upper."""

    coefficients: np.ndarray
    lower: float = -np.inf
    upper: float = np.inf


def solve(problem: Problem, *, worth: np.ndarray | None = None, lines: tuple[Line, ...] = (), seconds: float = SECONDS,
          gap: float = 0.0) -> Solved:
    """The choice of greatest worth (whole numbers; the problem's own unless given) that meets every demand and every further line.

    With `gap` the search ends when no more than that share of the worth can be left above, which the bound tells."""
    began = time.perf_counter()
    worth = problem.worth if worth is None else worth
    if not len(worth):
        return _without_candidates(problem, lines, began)
    rows, lower, upper = problem.rows, problem.lower, problem.upper
    if lines:
        rows = vstack([rows, csr_array(np.array([extra.coefficients for extra in lines], float))], format="csr")
        lower = np.concatenate([lower, [extra.lower for extra in lines]])
        upper = np.concatenate([upper, [extra.upper for extra in lines]])
    return ask(worth, rows, lower, upper, problem.allowed.astype(float), began, seconds, gap)


def ask(worth, rows, lower, upper, highest, began: float, seconds: float, gap: float = 0.0) -> Solved:
    """Beyond a few zones, in two steps: the relaxation settles all zones but those near its prices, HiGHS chooses among these, and the
    bound says whether one of the settled ones could still matter; then more are left open. 4 to 20 times faster at 6,000 zones."""
    if len(worth) <= SMALL or not worth.any():
        return _milp(worth, rows, lower, upper, highest, began, seconds, gap)
    bound, gains, infeasible = _relaxed(worth, rows, lower, upper, highest)
    if infeasible:
        return Solved(INFEASIBLE, None, None, None, time.perf_counter() - began)
    sizes = np.abs(gains)
    order = np.argsort(sizes, kind="stable")
    open_count = max(FIRST_OPEN, len(worth) // 24)
    while open_count < len(worth):
        answer = _narrowed(worth, rows, lower, upper, highest, gains > 0, order[:open_count], began, seconds, gap)
        if answer.picked is None:
            if answer.status == STOPPED:
                return answer
            open_count *= 4
            continue
        answer = _judged(replace(answer, bound=max(answer.bound, bound - sizes[order[open_count]])), answer.status == STOPPED, gap)
        if answer.status != STOPPED or time.perf_counter() - began > seconds:
            return answer
        open_count = max(open_count + 1, min(int((sizes <= bound - answer.worth + 0.5).sum()), 4 * open_count))
    return _milp(worth, rows, lower, upper, highest, began, seconds, gap)


def _judged(answer: Solved, stopped: bool, gap: float) -> Solved:
    """Best when no whole unit of worth is left above it; near when no more than the agreed share is."""
    left = answer.bound - answer.worth
    return replace(answer, status=BEST if left < 0.999 else NEAR if left <= gap * answer.worth and not stopped else STOPPED)


def _relaxed(worth, rows, lower, upper, highest) -> tuple[float, np.ndarray, bool]:
    """A bound on every choice, and what each zone adds beyond the prices of the demands: a choice that leaves out a zone of gain g > 0, or
    takes one of gain g < 0, is worth at most bound - |g|. Reckoned from the prices by weak duality, so it holds whatever their rounding."""
    below, above = np.isfinite(upper), np.isfinite(lower)
    sides = vstack([rows[below], -rows[above]], format="csr")
    limits = np.concatenate([upper[below], -lower[above]])
    answer = linprog(-worth.astype(float), A_ub=sides, b_ub=limits, bounds=np.column_stack([np.zeros(len(worth)), highest]), method="highs")
    if answer.status == 2:
        return -np.inf, np.zeros(len(worth)), True
    if answer.status != 0:
        raise Unfit("solver_failed", status=int(answer.status), message=answer.message)
    prices = np.maximum(0, -answer.ineqlin.marginals)
    gains = (worth - sides.T @ prices) * highest
    gains[highest == 0] = -np.inf
    return float(prices @ limits + np.maximum(gains, 0).sum()), gains, False


def _narrowed(worth, rows, lower, upper, highest, inside, places, began, seconds, gap) -> Solved:
    """The best choice when all zones but those at `places` are settled as the relaxation has them."""
    fixed = inside.copy()
    fixed[places] = False
    taken = rows @ fixed.astype(float)
    answer = _milp(worth[places], rows[:, places], lower - taken, upper - taken, highest[places], began, seconds, gap)
    if answer.picked is None:
        return answer
    picked = fixed
    picked[places] = answer.picked
    base = int(worth[picked].sum()) - answer.worth
    return replace(answer, picked=picked, worth=answer.worth + base, bound=answer.bound + base)


def _milp(worth, rows, lower, upper, highest, began: float, seconds: float, gap: float) -> Solved:
    left = max(0.0, seconds - (time.perf_counter() - began))
    answer = milp(
        -worth.astype(float), integrality=np.ones(len(worth)), bounds=Bounds(0, highest),
        constraints=LinearConstraint(rows, lower, upper) if rows.shape[0] else (), options={"mip_rel_gap": gap, "time_limit": left},
    )  # fmt: skip
    spent = time.perf_counter() - began
    # Everything is bounded, so that "unbounded or infeasible" (4) can only mean the second.
    if answer.status == 2 or (answer.status == 4 and "nfeasible" in answer.message):
        return Solved(INFEASIBLE, None, None, None, spent)
    if answer.status not in (0, 1):
        raise Unfit("solver_failed", status=int(answer.status), message=answer.message)
    if answer.x is None:
        return Solved(STOPPED, None, None, None, spent)
    picked = answer.x > 0.5
    reached = int(worth[picked].sum())
    bound = -answer.mip_dual_bound if answer.mip_dual_bound is not None else float(reached)
    if broken(picked, rows, lower, upper).any():
        raise Unfit("solver_inexact")
    return _judged(Solved(STOPPED, picked, reached, max(bound, reached), spent), answer.status == 1, gap)


def broken(picked: np.ndarray, rows: csr_array, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Which lines a choice breaks, reckoned from the choice itself and not from the solver's word."""
    if not rows.shape[0]:
        return np.zeros(0, bool)
    reached = rows @ picked.astype(float)
    room = SLACK * np.maximum(1, abs(rows).max(axis=1).toarray().ravel()) if rows.nnz else SLACK
    return (reached < lower - room) | (reached > upper + room)


def _without_candidates(problem: Problem, lines: tuple[Line, ...], began: float) -> Solved:
    fits = (problem.lower <= 0).all() and all(extra.lower <= 0 <= extra.upper for extra in lines)
    spent = time.perf_counter() - began
    return Solved(BEST, np.zeros(0, bool), 0, 0.0, spent) if fits else Solved(INFEASIBLE, None, None, None, spent)
