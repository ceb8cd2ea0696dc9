"""Choosing zones: the plan to its proof, ten alternatives, and 10,000 draws of weights, at 60, 600 and 6,000 zones.

    python -m tests.bench.bench_portfolio [--rounds N] [--zones 60 600 6000]

Needs no database. Each run poses several invented counties (budget, number, limits per town and kind, former zones, pairs) and reports the
slowest, as a planner may meet any of them. Beside it: HiGHS asked for the whole at once, and the zones with most score for their cost taken
first, which is what a spreadsheet does.
"""
import argparse
import os
import time

import numpy as np

from tests.bench.scratch import machine
from zones.planning.demands import Candidates, Demand, Problem
from zones.planning.indicators import Indicator, Table
from zones.planning.portfolio import Plan, alternatives, choose
from zones.planning.prices import prices, replacements
from zones.planning.scoring import score
from zones.planning.solving import _milp
from zones.planning.stability import acceptability, anywhere, turns

LIMITS = {60: {"plan and ten": 2, "10,000 draws": 2}, 600: {"plan and ten": 5}, 6000: {"plan": 5, "ten": 60}}
SEEDS = (7, 8, 9)
INDICATORS = 8


def county(zones: int, seed: int) -> tuple[Table, np.ndarray, Problem]:
    random = np.random.default_rng(seed)
    values = random.beta(3, 3, (zones, INDICATORS))
    values[random.random(values.shape) < 0.03] = np.nan
    indicators = tuple(Indicator(f"i{place}", "share", "less" if place % 3 == 0 else "more", 0, 1) for place in range(INDICATORS))
    table, weights = Table(tuple(range(zones)), indicators, values), np.full(INDICATORS, 1 / INDICATORS)
    towns, chosen = max(4, zones // 12), zones // 8
    candidates = Candidates.of(
        table.zones, score(table, weights).values, costs=random.integers(20, 200, zones), towns=random.integers(0, towns, zones),
        kinds=random.integers(0, 5, zones), former=random.random(zones) < 0.15,
    )  # fmt: skip
    demands = [Demand("budget", chosen * 85), Demand("count_most", chosen), Demand("former_least", chosen // 10)]
    demands += [Demand("town_most", 2, (town,)) for town in range(towns)]
    demands += [Demand("kind_least", chosen // 10, (kind,)) for kind in range(5)]
    demands += [Demand("exclude", None, (place, place + 1)) for place in range(0, zones // 10, 2)]
    demands += [Demand("need", None, (place, place + 3)) for place in range(zones // 2, zones // 2 + zones // 20, 2)]
    return table, weights, Problem.of(candidates, demands)


def timed(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def at_once(problem: Problem) -> tuple[float, int]:
    began = time.perf_counter()
    answer = _milp(problem.worth, problem.rows, problem.lower, problem.upper, problem.allowed.astype(float), began, 120.0, 0.0)
    return time.perf_counter() - began, answer.worth


def greedy(problem: Problem) -> float:
    """Best score for its cost first, as long as no upper limit is passed; minima are not looked at, which only helps it."""
    picked = np.zeros(len(problem.worth))
    for zone in np.argsort(-problem.worth / problem.candidates.costs):
        picked[zone] = problem.allowed[zone]
        if (problem.rows @ picked > problem.upper).any():
            picked[zone] = 0
    return float(problem.worth @ picked) / 1e6


def measure(zones: int) -> tuple[dict[str, float], list[str]]:
    times: dict[str, list[float]] = {}
    notes = []
    for seed in SEEDS:
        table, weights, problem = county(zones, seed)
        plan_time, plan = timed(lambda problem=problem: choose(problem))
        ten_time, others = timed(lambda problem=problem, plan=plan: alternatives(problem, plan))
        found = {"plan": plan_time, "ten": ten_time, "plan and ten": plan_time + ten_time, **rest(zones, table, weights, problem, plan)}
        whole_time, worth = at_once(problem)
        found["HiGHS at once"] = whole_time
        for title, spent in found.items():
            times.setdefault(title, []).append(spent)
        losses = [other.loss for other in others]
        by_ratio = 100 * (greedy(problem) / plan.objective - 1)
        notes.append(
            f"  county {seed}: {plan.status}, {len(plan.chosen)} zones, {plan.objective:.6f} (bound {plan.bound:.6f}; at once "
            f"{worth / 1e6:.6f}; by score for cost {by_ratio:+.1f} %); {len(others)} alternatives, "
            f"{sum(other.plan.proven for other in others)} proven, losing {min(losses):.4f} to {max(losses):.4f}"
        )
    return {title: max(spent) for title, spent in times.items()}, notes


def rest(zones: int, table: Table, weights: np.ndarray, problem: Problem, plan: Plan) -> dict[str, float]:
    if zones > 60:
        return {}
    draws = anywhere(np.random.default_rng(1), INDICATORS, 10_000)
    return {
        "10,000 draws": timed(lambda: acceptability(table, draws, problem))[0],
        "of these, ranks alone": timed(lambda: acceptability(table, draws, problem, sampled=1))[0],
        "prices of all demands": timed(lambda: prices(problem, plan))[0],
        "cost of replacing each": timed(lambda: replacements(problem, plan))[0],
        "turning weights": timed(lambda: turns(table, weights, problem, plan.picked))[0],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--zones", type=int, nargs="+", default=list(LIMITS))
    given = options.parse_args()
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; at rest it is below 0.5")
    print(f"slowest of {len(SEEDS)} counties, best of {given.rounds} rounds · {machine()}")
    for zones in given.zones:
        rounds = [measure(zones) for _ in range(given.rounds)]
        print(f"{zones:,} zones", *rounds[0][1], sep="\n")
        for title in rounds[0][0]:
            spent = min(times[title] for times, _ in rounds)
            limit = LIMITS.get(zones, {}).get(title)
            verdict = f"   limit {limit} s: {spent / limit:.2f} of it, {'reached' if spent < limit else 'NOT reached'}" if limit else ""
            print(f"  {title:24} {spent:7.2f} s{verdict}")


if __name__ == "__main__":
    main()
