"""This year's demonstration zones: the best choice under all demands, with its proof, and others that are nearly as good.

Statuses of a plan: "best" (proven), "near" and "stopped" (the bound says how much better another could be at most), "infeasible" (with the
clash), "no_candidates", "all_missing". The same input gives the same plan: HiGHS is used with its fixed seed and one question at a time.
"""
import math
from dataclasses import dataclass

import numpy as np

from zones.planning.clashes import Clash, clash
from zones.planning.demands import UNIT, Problem
from zones.planning.findings import Finding, Unfit
from zones.planning.solving import BEST, INFEASIBLE, SECONDS, SMALL, STOPPED, Line, Pause, Solved, no_pause, solve

APART_SHARE = 0.2   # our own default: an alternative swaps at least a fifth of the zones
NEAR_ENOUGH = 1e-3  # beyond SMALL zones an alternative may be this share of the objective short of the nearest; `least_loss` says so

NO_CANDIDATES, ALL_MISSING = "no_candidates", "all_missing"


@dataclass(frozen=True, eq=False)
class Plan:
    """`objective` is the sum of scores and bonuses, `bound` what no choice can exceed, `cost` the sum of known costs."""

    status: str
    chosen: tuple
    objective: float
    bound: float
    cost: float
    seconds: float
    picked: np.ndarray
    findings: tuple[Finding, ...] = ()
    clash: Clash | None = None

    @property
    def proven(self) -> bool:
        return self.status == BEST


@dataclass(frozen=True, eq=False)
class Alternative:
    """`loss` against the plan; `least_loss` is proven: no choice so different loses less. `distance` counts zones in one choice only."""

    plan: Plan
    loss: float
    least_loss: float
    distance: int
    joined: tuple
    left: tuple


def choose(problem: Problem, *, seconds: float = SECONDS) -> Plan:
    """The best choice. When nothing fits, the clash says which demands cannot hold together."""
    candidates = problem.candidates
    nothing = np.zeros(len(candidates.ids), bool)
    if not len(nothing) or np.isnan(candidates.scores).all():
        status = ALL_MISSING if len(nothing) else NO_CANDIDATES
        return Plan(status, (), 0.0, 0.0, 0.0, 0.0, nothing, (Finding(status, {"zones": len(nothing)}), *problem.findings))
    answer = solve(problem, seconds=seconds)
    if answer.status == INFEASIBLE:
        return Plan(INFEASIBLE, (), 0.0, 0.0, 0.0, answer.seconds, nothing, problem.findings, clash(problem))
    return _plan(problem, answer)


def _plan(problem: Problem, answer: Solved) -> Plan:
    if answer.picked is None:
        nothing = np.zeros(len(problem.candidates.ids), bool)
        return Plan(STOPPED, (), 0.0, float("inf"), 0.0, answer.seconds, nothing, (*problem.findings, Finding("no_time")))
    found = problem.findings if answer.picked.any() else (*problem.findings, Finding("nothing_chosen"))
    costs = np.nan_to_num(problem.candidates.costs)
    return Plan(
        answer.status, problem.candidates.named(answer.picked), answer.worth / UNIT, answer.bound / UNIT, float(costs[answer.picked].sum()),
        answer.seconds, answer.picked, found,
    )  # fmt: skip


def apart(picked: np.ndarray, distance: int) -> Line:
    """At least so many zones in one choice only: (1 - x) over the chosen plus x over the others."""
    return Line(np.where(picked, -1.0, 1.0), lower=distance - int(picked.sum()))


def default_distance(plan: Plan) -> int:
    return max(2, 2 * math.ceil(APART_SHARE * len(plan.chosen)))


def alternatives(
    problem: Problem, plan: Plan, *, count: int = 10, distance: int | None = None, seconds: float = SECONDS, pause: Pause = no_pause
) -> list[Alternative]:
    """Up to `count` choices, each the best of those that differ by `distance` zones from the plan and from every alternative before it.
    Fewer when no more exist; `seconds` is for each."""
    if count < 0 or (distance is not None and distance < 1):
        raise Unfit("distance_not_positive", count=count, distance=distance)
    if not plan.picked.size or plan.status in (INFEASIBLE, STOPPED, ALL_MISSING):
        return []
    distance = default_distance(plan) if distance is None else distance
    gap = NEAR_ENOUGH if len(plan.picked) > SMALL else 0.0
    found, lines = [], [apart(plan.picked, distance)]
    while len(found) < count:
        pause()
        answer = solve(problem, lines=tuple(lines), seconds=seconds, gap=gap)
        if answer.picked is None:
            break
        found.append(_beside(problem, plan, answer))
        lines.append(apart(answer.picked, distance))
    return found


def ties(problem: Problem, plan: Plan, *, most: int = 5, seconds: float = SECONDS) -> list[Alternative]:
    """Other choices with exactly the plan's objective, up to `most`: the numbers do not decide between them, people have to."""
    if plan.status != BEST or not plan.picked.size:
        return []
    found, lines = [], [apart(plan.picked, 1)]
    while len(found) < most:
        answer = solve(problem, lines=tuple(lines), seconds=seconds)
        if answer.picked is None or answer.worth < worth_of(plan):
            break
        found.append(_beside(problem, plan, answer))
        lines.append(apart(answer.picked, 1))
    return found


def worth_of(plan: Plan) -> int:
    return round(plan.objective * UNIT)


def _beside(problem: Problem, plan: Plan, answer: Solved) -> Alternative:
    worth, named = worth_of(plan), problem.candidates.named
    return Alternative(
        _plan(problem, answer), (worth - answer.worth) / UNIT, float(max(0, worth - answer.bound)) / UNIT,
        int((plan.picked != answer.picked).sum()), named(answer.picked & ~plan.picked), named(plan.picked & ~answer.picked),
    )  # fmt: skip
