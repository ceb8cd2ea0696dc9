"""Least money for all demand, or for a share of it, once or `wanted` times (set cover: Toregas et al. 1971)."""
from dataclasses import replace

import numpy as np
from scipy import sparse

from zones.siting.explaining import cannot, described, out_of_reach
from zones.siting.problem import INFEASIBLE, PROVEN, WITHIN_BOUND, Plan, Problem, Reason
from zones.siting.reduction import merged, needed, undominated, unit
from zones.siting.solver import NO_PLAN, OPTIMAL, minimise


def set_cover(
    problem: Problem,
    *,
    share: float = 1.0,
    wanted: int = 1,
    sites: int | None = None,
    budget: float | None = None,
    seconds: float | None = None,
) -> Plan:
    """The value is the cost of the new sites. `sites` limits their number; a budget only says whether that is too much, and by how much."""
    if not 0 < share <= 1 or (share < 1 and wanted > 1):
        raise ValueError("a share is above 0 and up to 1, and goes with one cover")
    why_not = (*cannot(problem, None, None), *_unreachable(problem, share, wanted))
    if why_not:
        return Plan(INFEASIBLE, before=problem.cover(problem.kept), reasons=(*problem.missing(), *why_not))
    limit = None if sites is None else sites - len(problem.new_forced)
    if limit is not None and (least := _least(problem, share, wanted, seconds)) > limit:
        return _too_few(problem, sites, least)
    state, taken, bound = _solve(problem, share, wanted, limit, seconds)
    fixed = float(problem.cost[problem.new_forced].sum())
    if state == INFEASIBLE:
        return _too_few(problem, sites, limit + 1)
    if taken is None:
        return Plan(WITHIN_BOUND, bound=bound + fixed, reasons=(*problem.missing(), Reason("no_plan_in_time")))
    reasons = ()
    if budget is not None and bound + fixed > budget + 1e-9:
        reasons = (Reason("budget_too_small", {"budget": budget, "needed": bound + fixed, "by": bound + fixed - budget}),)
    cost = fixed + float(problem.cost[taken].sum())
    plan = described(problem, state, taken, cost, bound + fixed, None, reasons=reasons)
    return replace(plan, state=INFEASIBLE) if reasons else plan


def _least(problem: Problem, share: float, wanted: int, seconds: float | None) -> int:
    """A lower limit of the number of sites, from the relaxed problem: quick, where the true number can take hours."""
    same = Problem(problem.weights, problem.reach, None, problem.kept, problem.forced, problem.forbidden)
    return int(np.ceil(_solve(same, share, wanted, None, seconds, relaxed=True)[2] - 1e-6))


def _too_few(problem: Problem, sites: int, least: int) -> Plan:
    """`at_least` so many are needed, perhaps more."""
    needed_sites = least + len(problem.new_forced)
    reason = Reason("sites_too_few", {"sites": sites, "at_least": needed_sites, "by": needed_sites - sites})
    return Plan(INFEASIBLE, before=problem.cover(problem.kept), reasons=(*problem.missing(), reason))


def _unreachable(problem: Problem, share: float, wanted: int) -> tuple[Reason, ...]:
    short = out_of_reach(problem, wanted)
    if share == 1 or not short:
        return short
    best = problem.cover([*problem.base, *problem.free])
    if best.share >= share - 1e-12:
        return ()
    return (*short, Reason("share_too_large", {"share": share, "reachable": best.share}))


def _solve(problem: Problem, share: float, wanted: int, sites: int | None, seconds: float | None, relaxed: bool = False):
    """State, free candidates taken (None: none found in time), lower bound of their cost."""
    counts = problem.counts(problem.base)
    columns, costs = problem.free, problem.cost[problem.free]
    missing = share * problem.weight.sum() - problem.weight[counts > 0].sum()
    unmet = counts < wanted
    if not unmet.any() or (share < 1 and missing <= 1e-9):
        return PROVEN, [], 0.0
    covers, numbers = problem.covers[unmet][:, columns], (wanted - counts[unmet]).astype(float)
    if wanted == 1:
        covers, weights = merged(covers, problem.weight[None, unmet])
        keep = undominated(covers, costs)
        columns, costs, covers = columns[keep], costs[keep], covers[:, keep]
        numbers = np.ones(covers.shape[0])
    if wanted == 1 and share == 1:
        covers, _ = merged(covers, weights)
        covers = covers[needed(covers)]
        numbers = np.ones(covers.shape[0])
    size, demands = len(columns), covers.shape[0]
    rows, low, high = [[covers]], [numbers], [np.full(demands, np.inf)]
    if share < 1:
        rows = [[covers, -sparse.eye_array(demands)], [None, sparse.csr_array(weights)]]
        low, high = [np.zeros(demands), [missing]], [np.full(demands + 1, np.inf)]
    if sites is not None:
        rows.append([sparse.csr_array(np.ones((1, size)))] + [None] * (len(rows[0]) - 1))
        low.append([-np.inf])
        high.append([sites])
    answer = minimise(
        np.concatenate([costs, np.zeros(demands * (share < 1))]), sparse.block_array(rows), np.concatenate(low), np.concatenate(high),
        binary=0 if relaxed else size, step=unit(costs), scale=costs.sum(), seconds=seconds,
    )  # fmt: skip
    if relaxed and answer.x is not None:
        return WITHIN_BOUND, None, answer.value
    if answer.state == NO_PLAN:
        return INFEASIBLE, None, np.inf
    if answer.x is None:
        return WITHIN_BOUND, None, max(answer.bound, 0.0)
    taken = [int(each) for each in columns[answer.x[:size] > 0.5]]
    proven = answer.state == OPTIMAL
    return (PROVEN if proven else WITHIN_BOUND), taken, float(problem.cost[taken].sum()) if proven else max(answer.bound, 0.0)
