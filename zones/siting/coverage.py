"""Most demand covered with so many new sites, or so much money, or both (MCLP: Church & ReVelle 1974), once or with a backup.

Backup cover (Hogan & ReVelle 1986): a demand's second cover is worth `backup_value` of its first.
"""
import numpy as np
from scipy import sparse

from zones.siting.bounding import Model, bounded
from zones.siting.explaining import cannot, described
from zones.siting.problem import INFEASIBLE, PROVEN, WITHIN_BOUND, Plan, Problem, Reason
from zones.siting.reduction import merged, undominated, unit
from zones.siting.solver import NO_PLAN, OPTIMAL, minimise


def max_coverage(
    problem: Problem,
    *,
    sites: int | None = None,
    budget: float | None = None,
    wanted: int = 1,
    backup_value: float = 0.5,
    seconds: float | None = None,
) -> Plan:
    """`sites` and `budget` limit what is new; forced sites count, kept ones do not. With capacities a demand may be shared out.

    The value is the weight covered by new and kept sites together (with `wanted` 2, the backup's worth is in it).
    """
    if sites is None and budget is None:
        raise ValueError("a number of sites or a budget is the limit")
    if problem.capacities is not None and wanted > 1:
        raise ValueError("capacity and backup cover are not solved together")
    why_not = cannot(problem, sites, budget)
    if why_not:
        return Plan(INFEASIBLE, reasons=(*problem.missing(), *why_not))
    left_sites = np.inf if sites is None else sites - len(problem.new_forced)
    left_budget = np.inf if budget is None else budget - problem.cost[problem.new_forced].sum()
    if problem.capacities is not None:
        state, taken, value, bound = _with_capacity(problem, left_sites, left_budget, seconds)
        return described(problem, state, taken, value, bound, None, sites=sites, budget=budget)
    ladder = np.array([1.0] + [backup_value] * (wanted - 1))
    values = worths(problem, problem.base, ladder)
    standing = float(np.outer(ladder, problem.weight).sum() - values.sum())
    state, taken, value, bound = _solve(problem, values, left_sites, left_budget, wanted, seconds)
    return described(problem, state, taken, value + standing, bound + standing, ladder, sites=sites, budget=budget)


def worths(problem: Problem, standing, ladder: np.ndarray) -> np.ndarray:
    """Layers × demands: what the next covers are worth where these sites stand."""
    counts = problem.counts(standing)
    padded = np.concatenate([ladder, np.zeros(len(ladder))])
    ranks = np.minimum(counts, len(ladder)) + np.arange(len(ladder))[:, None]
    return padded[ranks] * problem.weight


def _solve(problem: Problem, values: np.ndarray, sites: float, budget: float, wanted: int, seconds: float | None):
    """State, columns taken, value and bound beyond what stands."""
    columns = problem.free[problem.cost[problem.free] <= budget]
    live = values[0] > 0
    covers, together = merged(problem.covers[live][:, columns], values[:, live])
    if wanted == 1 and len(columns):
        keep = undominated(covers, problem.cost[columns])
        columns, covers = columns[keep], covers[:, keep]
    if not len(columns) or not covers.shape[0] or sites < 1:
        return PROVEN, [], 0.0, 0.0
    step = unit(together)
    model = Model(covers, together, problem.cost[columns], sites, budget)
    found = bounded(model, step)
    best, worth, bound = found.best, found.worth, found.bound
    room = bound - worth - (step - 1e-6 if step else 1e-9 * worth)
    state = PROVEN
    if room > 0:
        out, into = found.reduced < -room, found.reduced > room
        state, best, worth, bound = _exactly(model, best, worth, bound, out, into, step, seconds)
    return state, [int(columns[each]) for each in best], worth, max(worth, bound if state != PROVEN else worth)


def _exactly(model: Model, best, worth, bound, out, into, step, seconds):
    """HiGHS on the candidates that a better plan could still have."""
    left = np.flatnonzero(~out)
    covers, values = merged(model.rows[:, left], model.values)
    columns, demands, layers = len(left), covers.shape[0], len(values)
    link = sparse.hstack([-covers] + [sparse.eye_array(demands)] * layers)
    limits, high = [], [np.zeros(demands)]
    for cost, limit in ((np.ones(columns), model.sites), (model.costs[left], model.budget)):
        if np.isfinite(limit):
            limits.append(np.concatenate([cost, np.zeros(demands * layers)]))
            high.append([limit])
    rows = sparse.vstack([link, sparse.csr_array(np.array(limits))])
    least = np.zeros(columns + demands * layers)
    least[:columns] = into[left]
    answer = minimise(
        np.concatenate([np.zeros(columns), -values.ravel()]), rows, -np.inf, np.concatenate(high),
        binary=columns, at_least=least, step=step, scale=bound, seconds=seconds,
    )  # fmt: skip
    if answer.x is not None and -answer.value > worth + 1e-9:
        best = [int(each) for each in left[answer.x[:columns] > 0.5]]
        worth = model.worth(best)
    if answer.state in (OPTIMAL, NO_PLAN):
        return PROVEN, best, worth, worth
    return WITHIN_BOUND, best, worth, max(worth, min(bound, -answer.bound))


def _with_capacity(problem: Problem, sites: float, budget: float, seconds: float | None):
    """Shares of demand go to sites; every pair is a variable, so this is for hundreds of candidates, not thousands."""
    columns = np.concatenate([problem.base, problem.free]).astype(int)
    covers, together = merged(problem.covers[:, columns], problem.weight[None, :])
    pairs, count = sparse.coo_array(covers), len(columns)
    if not count or not pairs.nnz:
        return PROVEN, [], 0.0, 0.0
    total, at = pairs.nnz, np.arange(pairs.nnz)
    weight = together[0][pairs.row]
    capacity = np.asarray(problem.capacities, float)[columns]
    shares = sparse.csr_array((np.ones(total), (pairs.row, at)), shape=(covers.shape[0], total))
    loads = sparse.csr_array((weight, (pairs.col, at)), shape=(count, total))
    own = sparse.csr_array((np.ones(total), (at, pairs.col)), shape=(total, count))
    new = np.isin(columns, problem.free).astype(float)
    limits = [(cost, limit) for cost, limit in ((new, sites), (new * problem.cost[columns], budget)) if np.isfinite(limit)]
    blocks = [
        [sparse.csr_array((covers.shape[0], count)), shares],
        [sparse.diags_array(-np.minimum(capacity, loads.sum(axis=1))), loads],
        [-own, sparse.eye_array(total)],
        *([sparse.csr_array(cost[None, :]), None] for cost, _ in limits),
    ]
    high = np.concatenate([np.ones(covers.shape[0]), np.zeros(count + total), [limit for _, limit in limits]])
    least = np.concatenate([1 - new, np.zeros(total)])
    answer = minimise(
        np.concatenate([np.zeros(count), -weight]), sparse.block_array(blocks), -np.inf, high,
        binary=count, at_least=least, scale=float(together.sum()), seconds=seconds,
    )  # fmt: skip
    if answer.x is None:
        return WITHIN_BOUND, [], 0.0, min(-answer.bound, float(together.sum()))
    taken = [int(each) for each in columns[(answer.x[:count] > 0.5) & (new > 0)]]
    return (PROVEN if answer.state == OPTIMAL else WITHIN_BOUND), taken, -answer.value, -answer.bound


def replaced_exactly(problem: Problem, plan: Plan, site: int, **limits) -> Reason:
    """What the best plan without this site is worth less: the true replacement cost, by solving once more."""
    forced = [each for each in problem.forced if each != site]
    without = Problem(problem.weights, problem.reach, problem.costs, problem.kept, forced,
                      {**problem.forbidden, site: "asked"}, problem.capacities)  # fmt: skip
    other = max_coverage(without, **limits)
    if other.state == INFEASIBLE:
        return Reason("no_plan_without", {"site": site})
    return Reason("plan_loses", {"site": site, "lost": plan.value - other.value, "proven": int(plan.state == other.state == PROVEN)})
