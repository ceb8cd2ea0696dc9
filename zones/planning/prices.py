"""What each demand and each chosen zone is worth to a plan, by asking again without it: prices of whole choices, not of the relaxation."""
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from zones.planning.demands import UNIT, Demand, Problem
from zones.planning.findings import Unfit
from zones.planning.portfolio import Plan, worth_of
from zones.planning.solving import BEST, SECONDS, STOPPED, Line, Pause, no_pause, solve


@dataclass(frozen=True)
class Price:
    """What the plan would gain without the demand, at least and (when the time was not enough for the proof) at most."""

    demand: Demand
    gain: float
    gain_at_most: float


@dataclass(frozen=True)
class Replacement:
    """What the plan loses without this zone and who would take its place; `loss` None: without it the demands cannot be met."""

    zone: Hashable
    loss: float | None
    joined: tuple
    left: tuple


def prices(problem: Problem, plan: Plan, *, seconds: float = SECONDS) -> list[Price]:
    """One for each demand, in the order of the demands. All that cost nothing even together are settled by one question."""
    _need_best(plan)
    worth = worth_of(plan)
    reached = problem.rows @ plan.picked.astype(float)
    loose = [place for place in range(len(problem.demands)) if problem.lower[place] + 0.5 < reached[place] < problem.upper[place] - 0.5]
    free = set(_free(problem, loose, worth, seconds))
    found = []
    for place, demand in enumerate(problem.demands):
        gain, most = (0, 0) if place in free else _gain(problem, [place], worth, seconds)
        found.append(Price(demand, gain / UNIT, most / UNIT))
    return found


def _gain(problem: Problem, dropped: list[int], worth: int, seconds: float) -> tuple[int, int]:
    answer = solve(problem.without(*dropped), seconds=seconds)
    if answer.picked is None:
        raise Unfit("no_time")
    gain = max(0, answer.worth - worth)
    return gain, gain if answer.status == BEST else max(gain, int(answer.bound) - worth)


def _free(problem: Problem, places: list[int], worth: int, seconds: float) -> list[int]:
    """Those of the demands that cost nothing for certain. Dropping more never costs: if all together gain nothing, none does."""
    if not places or _gain(problem, places, worth, seconds)[1] == 0:
        return places
    if len(places) == 1:
        return []
    half = len(places) // 2
    return _free(problem, places[:half], worth, seconds) + _free(problem, places[half:], worth, seconds)


def replacements(
    problem: Problem, plan: Plan, zones: Iterable[Hashable] | None = None, *, seconds: float = SECONDS, pause: Pause = no_pause
) -> list[Replacement]:
    """For each chosen zone, or only for `zones`: one question each, which a plan of hundreds of zones takes minutes for."""
    _need_best(plan)
    candidates = problem.candidates
    found = []
    for zone in plan.chosen if zones is None else zones:
        if zone not in candidates.position or not plan.picked[candidates.position[zone]]:
            raise Unfit("zone_not_chosen", zone=zone)
        pause()
        one = np.zeros(len(candidates.ids))
        one[candidates.position[zone]] = 1
        answer = solve(problem, lines=(Line(one, upper=0),), seconds=seconds)
        if answer.status == STOPPED:
            raise Unfit("no_time")
        if answer.picked is None:
            found.append(Replacement(zone, None, (), ()))
            continue
        joined, left = candidates.named(answer.picked & ~plan.picked), candidates.named(plan.picked & ~answer.picked)
        found.append(Replacement(zone, (worth_of(plan) - answer.worth) / UNIT, joined, left))
    return found


def _need_best(plan: Plan) -> None:
    if plan.status != BEST:
        raise Unfit("plan_not_proven", status=plan.status)
