"""From a frozen input to the result, both as described in runs.py. Reads nothing else; for the worker alone, as it loads pymcdm."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from zones.planning import comparing, portfolio, prices, stability
from zones.planning.demands import Candidates, Demand, Problem
from zones.planning.findings import Finding, Unfit
from zones.planning.indicators import Indicator, Table
from zones.planning.scoring import Scores, score
from zones.planning.solving import BEST, NEAR, STOPPED, Pause
from zones.planning.weights import Agreement, Opinion
from zones.year_plans.opinions import told

FORMAT = 1
SECONDS = 20.0        # for each question to the solver
RANKS_KEPT = 10
ONE_BY_ONE = 150      # replacement costs are asked for at most so many chosen zones
SAMPLED_UP_TO = 1000  # beyond, the demands are solved for fewer drawn weights
Tell = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Read:
    """A frozen input as the engine's own things."""

    table: Table
    opinions: list[Opinion]
    agreement: Agreement
    weights: dict
    scores: Scores
    problem: Problem


def read(frozen: dict) -> Read:
    """Raises Unfit."""
    keys = [each["key"] for each in frozen["indicators"]]
    table = Table(
        tuple(each["pk"] for each in frozen["zones"]), tuple(_indicator(each) for each in frozen["indicators"]),
        np.array([[np.nan if value is None else value for value in row] for row in frozen["values"]], float).reshape(-1, len(keys)),
    )  # fmt: skip
    agreement, opinions, weights = told(frozen["opinions"], keys)
    scores = score(table, agreement.weights, least_known=frozen["least_known"])
    zones = frozen["zones"]
    candidates = Candidates.of(
        table.zones, scores.values, costs=[np.nan if each["cost"] is None else each["cost"] for each in zones],
        towns=[each["town"] for each in zones], kinds=[each["kind"] for each in zones], former=[each["former"] for each in zones],
    )  # fmt: skip
    demands = [Demand(each["code"], each["limit"], tuple(each["about"])) for each in frozen["demands"]]
    return Read(table, opinions, agreement, weights, scores, Problem.of(candidates, demands, bonus=frozen["bonus"]))


def _indicator(said: dict) -> Indicator:
    as_of = date.fromisoformat(said["as_of"]) if said["as_of"] else None
    return Indicator(said["key"], said["unit"], said["direction"], said["low"], said["high"], said["source"], as_of)


def compute(frozen: dict, tell: Tell = lambda share, what: None) -> dict:
    """`tell` hears how far it is and by which step; what it raises ends the work. Raises Unfit for what cannot be worked with."""
    got = read(frozen)
    tell(0.05, "methods")
    result = {
        "format": FORMAT, "weights": got.weights, "scores": _scores(got), "methods": _methods(got), "clash": None, "ties": [],
        "alternatives": [], "prices": [], "replacements": [], "stability": None, "turns": [], "left_out": [],
    }  # fmt: skip
    tell(0.2, "choice")
    plan = portfolio.choose(got.problem, seconds=SECONDS)
    result |= _plan(frozen, got, plan)
    if plan.clash:
        result["clash"] = {
            "parties": [{"demand": _demand(each.demand), "reachable": each.reachable} for each in plan.clash.parties],
            "smallest": plan.clash.smallest, "give_way": [_demand(each) for each in plan.clash.give_way],
        }  # fmt: skip
    if plan.status in (BEST, NEAR, STOPPED) and len(plan.picked):
        _around(frozen, got, plan, result, tell)
    tell(0.98, "writing")
    return plain(result)


def _around(frozen: dict, got: Read, plan: portfolio.Plan, result: dict, tell: Tell) -> None:
    """What stands beside a choice. A part that its time does not suffice for is left out, and that is said."""
    problem, weights, asked, quick = got.problem, got.agreement.weights, plan.chosen[:ONE_BY_ONE], {"seconds": SECONDS}
    steps = (
        (0.25, "alternatives", lambda each: map(_beside, portfolio.alternatives(problem, plan, count=frozen["alternatives"], **each))),
        (0.4, "ties", lambda each: map(_beside, portfolio.ties(problem, plan, **quick))),
        (0.45, "prices", lambda each: map(_price, prices.prices(problem, plan, **quick))),
        (0.55, "replacements", lambda each: map(vars, prices.replacements(problem, plan, asked, **each))),
        (0.7, "stability", lambda each: _stability(frozen, got, each["pause"])),
        (0.85, "turns", lambda each: map(vars, stability.turns(got.table, weights, problem, plan.picked, pause=each["pause"]))),
    )  # fmt: skip
    for share, name, work in steps:
        pause = partial(tell, share, name)
        pause()
        try:
            found = work(quick | {"pause": pause})
            result[name] = found if name == "stability" else list(found)
        except Unfit as unfit:
            result["left_out"].append({"code": unfit.code, "numbers": unfit.numbers | {"part": name}})
    if len(plan.chosen) > ONE_BY_ONE:
        result["left_out"].append({"code": "replacements_for_first", "numbers": {"zones": ONE_BY_ONE}})


def _plan(frozen: dict, got: Read, plan: portfolio.Plan) -> dict:
    costs = {each["pk"]: each["cost"] for each in frozen["zones"]}
    seen, found = set(), []
    for each in (*got.scores.findings, *plan.findings):
        if repr(each) not in seen:
            seen.add(repr(each))
            found.append(_finding(each))
    return {
        "status": plan.status, "chosen": list(plan.chosen), "objective": plan.objective, "bound": plan.bound, "cost": plan.cost,
        "unknown_costs": [zone for zone in plan.chosen if costs[zone] is None], "findings": found,
    }  # fmt: skip


def _scores(got: Read) -> list[dict]:
    scores, keys = got.scores, [each.key for each in got.table.indicators]
    return [
        {
            "zone": zone, "score": scores.values[row], "lowest": scores.lowest[row], "highest": scores.highest[row],
            "known_share": scores.known_share[row], "rank": scores.ranks[row],
            "contributions": dict(zip(keys, scores.contributions[row], strict=True)),
        }
        for row, zone in enumerate(scores.zones)
    ]  # fmt: skip


def _methods(got: Read) -> dict:
    rankings, correlations = comparing.compare(got.table, got.agreement.weights)
    told = [
        {"method": each.method, "values": each.values, "ranks": each.ranks, "findings": [_finding(one) for one in each.findings]}
        for each in rankings
    ]
    return {"rankings": told, "correlations": [vars(each) for each in correlations]}


def _stability(frozen: dict, got: Read, pause: Pause) -> dict:
    random, draws = np.random.default_rng(frozen["seed"]), frozen["draws"]
    weights, count = got.agreement.weights, len(got.table.indicators)
    drawn = {
        "around": lambda: stability.around(random, weights, draws), "anywhere": lambda: stability.anywhere(random, count, draws),
        "between": lambda: stability.between(random, [each.weights for each in got.opinions], draws),
    }[frozen["spread"]]()  # fmt: skip
    sampled = min(stability.SAMPLED, max(10, draws // 10)) if len(got.table.zones) <= SAMPLED_UP_TO else stability.SAMPLED // 6
    found = stability.acceptability(
        got.table, drawn, got.problem, seed=frozen["seed"], sampled=sampled, ranks_kept=RANKS_KEPT, pause=pause
    )
    keys = [each.key for each in got.table.indicators]
    zones = [
        {
            "zone": zone, "chosen": found.chosen[row], "margin": found.margin[row], "ranks": found.ranks[row],
            "central": None if np.isnan(found.central[row]).any() else dict(zip(keys, found.central[row], strict=True)),
        }
        for row, zone in enumerate(found.zones)
    ]  # fmt: skip
    return {"exact": found.exact, "draws": found.draws, "sampled": found.sampled, "seed": found.seed, "zones": zones}


def _beside(found: portfolio.Alternative) -> dict:
    plan = found.plan
    return {
        "chosen": plan.chosen, "objective": plan.objective, "cost": plan.cost, "status": plan.status, "loss": found.loss,
        "least_loss": found.least_loss, "distance": found.distance, "joined": found.joined, "left": found.left,
    }  # fmt: skip


def _price(found: prices.Price) -> dict:
    return {"demand": _demand(found.demand), "gain": found.gain, "gain_at_most": found.gain_at_most}


def _demand(demand: Demand) -> dict:
    return {"code": demand.code, "limit": demand.limit, "about": list(demand.about)}


def _finding(found: Finding) -> dict:
    return {"code": found.code, "numbers": found.numbers}


def plain(value):
    """As JSON can hold it; what is not a number is null."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list() | tuple() | np.ndarray():
            return [plain(each) for each in value]
        case float() | np.floating():
            return round(float(value), 9) if np.isfinite(value) else None
        case np.generic():
            return value.item()
    return value
