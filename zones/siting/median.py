"""Least walking: weight of each demand times metres to its nearest site (p-median: ReVelle & Swain 1970), at most so many new sites.

Lagrangian prices per demand (Narula, Ogbu & Samuelsson 1977) give a bound and rule candidates out, swaps give a plan, and HiGHS settles
what is left in the radius formulation (Cornuéjols, Nemhauser & Wolsey 1980; García, Labbé & Marín 2011), which has a row for each
distance and not for each pair. Some hundreds × hundreds are proven so; where too much is left the state is within_bound.
"""
import numpy as np
from scipy import sparse

from zones.siting.explaining import cannot, out_of_reach
from zones.siting.problem import INFEASIBLE, PROVEN, WITHIN_BOUND, Plan, Problem, Reason, SiteReason
from zones.siting.reduction import unit
from zones.siting.solver import NO_PLAN, OPTIMAL, minimise

ROUNDS = 500
LARGEST = 300_000  # variables that are still handed to HiGHS
FAR = 1e15  # instead of infinity: a plan that leaves somebody out is worse than every other


def p_median(problem: Problem, *, sites: int, seconds: float | None = None) -> Plan:
    """Every demand must have a site in reach. The value is weight × metres; with capacities a demand may be shared out."""
    why_not = (*cannot(problem, sites, None), *out_of_reach(problem))
    left = sites - len(problem.new_forced)
    if not why_not and left == 0 and (problem.counts(problem.base) == 0).any():
        why_not = (Reason("sites_too_few", {"sites": sites}),)
    if why_not:
        return Plan(INFEASIBLE, reasons=(*problem.missing(), *why_not))
    cost = _walks(problem)
    standing = cost[:, problem.base].min(axis=1, initial=FAR)
    if problem.capacities is not None:
        state, taken, value, bound = _with_capacity(problem, cost, left, seconds)
        if state == INFEASIBLE:
            return Plan(INFEASIBLE, reasons=(*problem.missing(), _too_little_room(problem, sites)))
        return _described(problem, cost, state, taken, value, bound, ties=False)
    state, taken, value, bound = _solve(cost[:, problem.free], standing, left, problem.weight, seconds)
    if taken is None:
        why_not = (Reason("sites_too_few", {"sites": sites}) if state == INFEASIBLE else Reason("no_plan_in_time"),)
        return Plan(state, bound=bound, reasons=(*problem.missing(), *why_not))
    return _described(problem, cost, state, [int(problem.free[each]) for each in taken], value, bound, ties=True)


def _walks(problem: Problem) -> np.ndarray:
    """Weight × metres, dense; FAR where out of reach. A stored 0 is on the spot."""
    pairs = sparse.coo_array(sparse.csr_array(problem.reach)[problem.known])
    cost = np.full(pairs.shape, FAR)
    cost[pairs.row, pairs.col] = problem.weight[pairs.row] * pairs.data
    return cost


def _worth(cost: np.ndarray, standing: np.ndarray, chosen: list[int]) -> float:
    return float(np.minimum(standing, cost[:, chosen].min(axis=1, initial=FAR)).sum())


def _swapped(cost: np.ndarray, standing: np.ndarray, sites: int, start: list[int]) -> list[int]:
    """Greedy from `start`, then one for one while that helps."""
    chosen, nearest = list(start), np.minimum(standing, cost[:, start].min(axis=1, initial=FAR))
    while len(chosen) < min(sites, cost.shape[1]):
        total = np.minimum(cost, nearest[:, None]).sum(axis=0)
        best = int(np.argmin(total))
        if total[best] >= nearest.sum():
            break
        chosen.append(best)
        nearest = np.minimum(nearest, cost[:, best])
    helped = True
    while helped:
        helped = False
        for place, old in enumerate(chosen):
            rest = np.minimum(standing, cost[:, [each for each in chosen if each != old]].min(axis=1, initial=FAR))
            total = np.minimum(cost, rest[:, None]).sum(axis=0)
            new = int(np.argmin(total))
            if total[new] < total[old] * (1 - 1e-12) - 1e-9:
                chosen[place], helped = new, True
    return chosen


def _solve(cost, standing, sites, weight, seconds):
    """State, columns (None: no plan), value, bound."""
    if sites == 0 or not cost.shape[1]:
        return PROVEN, [], float(standing.sum()), float(standing.sum())
    best = _swapped(cost, standing, sites, [])
    worth = _worth(cost, standing, best)
    step = unit(np.where(cost < FAR, cost, 0)) if np.all(weight == np.rint(weight)) else 0.0
    bound, reduced, best, worth = _bounded(cost, standing, sites, best, worth, step)
    room = worth - bound - (step - 1e-6 if step else 1e-9 * worth)
    if worth < FAR and room <= 0:
        return PROVEN, best, worth, worth
    left = np.arange(cost.shape[1]) if worth >= FAR else np.flatnonzero(reduced <= room)
    must = np.zeros(len(left), bool) if worth >= FAR else reduced[left] < -room
    return _exactly(cost[:, left], standing, sites, left, must, (best, worth, bound), cost, step, seconds)


def _bounded(cost, standing, sites, best, worth, step):
    """Subgradient rounds. The last column of the relaxed problem is what stands: it is always open and counts for nothing."""
    two = np.sort(np.column_stack([cost, standing]), axis=1)[:, :2]
    price = np.minimum(two[:, 1], FAR / 1e6)
    lowest, held, pace, since = (-np.inf, np.zeros(cost.shape[1])), price, 1.0, 0
    for turn in range(ROUNDS):
        earned = np.minimum(cost - price[:, None], 0).sum(axis=0)
        order = np.argsort(earned, kind="stable")
        taken = order[:sites]
        bound = price.sum() + np.minimum(standing - price, 0).sum() + earned[taken].sum()
        if bound > lowest[0] + 1e-9:
            rate = earned[order[sites]] if sites < len(order) else 0.0
            lowest, held, since = (bound, earned - rate), price.copy(), 0
        else:
            since += 1
        if worth - lowest[0] < max(step - 1e-6, 1e-9 * abs(worth)) or pace < 0.002:
            break
        if since >= 15:
            pace, since, price = pace * 0.6, 0, held
            continue
        if turn % 50 == 49:
            trial = _swapped(cost, standing, sites, [int(each) for each in taken])
            if _worth(cost, standing, trial) < worth:
                best, worth = trial, _worth(cost, standing, trial)
        slope = 1 - (cost[:, taken] < price[:, None]).sum(axis=1) - (standing < price)
        size = slope @ slope
        if not size:
            break
        target = worth if worth < FAR else abs(lowest[0]) * 1.5 + 1
        price = np.maximum(price + pace * max(target - bound, step) / size * slope, 0)
    return lowest[0], lowest[1], best, worth


def _exactly(cost, standing, sites, left, must, known, whole, step, seconds):
    """`known` is best plan, worth, bound so far; `cost` has the columns `left` of `whole`."""
    best, worth, bound = known
    rows, steps, first = _radius(cost, np.minimum(standing, cost[:, must].min(axis=1, initial=FAR)))
    count = cost.shape[1]
    if len(steps) > LARGEST:
        return (WITHIN_BOUND, best, worth, bound) if worth < FAR else (WITHIN_BOUND, None, np.inf, bound)
    hard = steps >= FAR / 2
    limit = sparse.csr_array((np.ones(count), (np.zeros(count, int), np.arange(count))), shape=(1, count + len(steps)))
    least = np.concatenate([must.astype(float), np.zeros(len(steps))])
    most = np.concatenate([np.ones(count), np.where(hard, 0.0, 1.0)])
    answer = minimise(
        np.concatenate([np.zeros(count), np.where(hard, 0.0, steps)]), sparse.vstack([rows, limit]),
        np.append(first, -np.inf), np.append(np.full(len(first), np.inf), sites), binary=count,
        at_least=least, at_most=most, step=step, scale=worth if worth < FAR else 1.0, seconds=seconds,
    )  # fmt: skip
    base = float(np.minimum(standing, cost.min(axis=1, initial=FAR)).sum())
    if answer.x is not None:
        trial = [int(each) for each in left[answer.x[:count] > 0.5]]
        if _worth(whole, standing, trial) < worth:
            best, worth = trial, _worth(whole, standing, trial)
    if answer.state in (OPTIMAL, NO_PLAN):
        return (PROVEN, best, worth, worth) if worth < FAR else (INFEASIBLE, None, np.inf, np.inf)
    bound = min(worth, max(bound, base + answer.bound))
    return (WITHIN_BOUND, best, worth, bound) if worth < FAR else (WITHIN_BOUND, None, np.inf, bound)


def _radius(cost: np.ndarray, standing: np.ndarray):
    """Rows of z(i,k) + Σ x at distance k ≥ z(i,k−1), with z(i,0) = 1 as the right side; steps of cost; right sides."""
    count, data, steps, first = cost.shape[1], ([], [], []), [], []
    for demand in range(len(cost)):
        order = np.argsort(cost[demand], kind="stable")
        walks = cost[demand][order]
        near = walks < standing[demand]
        order, walks = order[near], walks[near]
        if not len(order):
            continue
        levels, at = np.unique(walks, return_inverse=True)
        row = len(first) + at
        data[0].append(np.ones(len(order)))
        data[1].append(row)
        data[2].append(order)
        number = len(steps) + np.arange(len(levels))
        data[0].append(np.ones(len(levels)))
        data[1].append(len(first) + np.arange(len(levels)))
        data[2].append(count + number)
        data[0].append(-np.ones(len(levels) - 1))
        data[1].append(len(first) + np.arange(1, len(levels)))
        data[2].append(count + number[:-1])
        steps.extend(np.diff(np.append(levels, standing[demand])))
        first.extend([1.0] + [0.0] * (len(levels) - 1))
    parts = [np.concatenate(each) if each else np.zeros(0) for each in data]
    rows = sparse.csr_array((parts[0], (parts[1].astype(int), parts[2].astype(int))), shape=(len(first), count + len(steps)))
    return rows, np.array(steps), np.array(first)


def _with_capacity(problem: Problem, cost: np.ndarray, sites: int, seconds: float | None):
    """Every pair in reach is a variable: a share of the demand's weight."""
    columns = np.concatenate([problem.base, problem.free]).astype(int)
    near = cost[:, columns] < FAR
    row, column = np.nonzero(near)
    total, count, demands = len(row), len(columns), len(cost)
    at, capacity = np.arange(total), np.asarray(problem.capacities, float)[columns]
    new = np.isin(columns, problem.free).astype(float)
    weight = problem.weight[row]
    loads = sparse.csr_array((weight, (column, at)), shape=(count, total))
    rows = sparse.block_array([
        [sparse.csr_array((demands, count)), sparse.csr_array((np.ones(total), (row, at)), shape=(demands, total))],
        [sparse.diags_array(-np.minimum(capacity, loads.sum(axis=1))), loads],
        [-sparse.csr_array((np.ones(total), (at, column)), shape=(total, count)), sparse.eye_array(total)],
        [sparse.csr_array(new[None, :]), None],
    ])  # fmt: skip
    low = np.concatenate([np.ones(demands), np.full(count + total + 1, -np.inf)])
    high = np.concatenate([np.ones(demands), np.zeros(count + total), [sites]])
    least = np.concatenate([1 - new, np.zeros(total)])
    objective = np.concatenate([np.zeros(count), cost[:, columns][row, column]])
    answer = minimise(objective, rows, low, high, binary=count, at_least=least, seconds=seconds)
    if answer.state == NO_PLAN:
        return INFEASIBLE, None, np.inf, np.inf
    if answer.x is None:
        return WITHIN_BOUND, [], np.inf, answer.bound
    taken = [int(each) for each in columns[(answer.x[:count] > 0.5) & (new > 0)]]
    return (PROVEN if answer.state == OPTIMAL else WITHIN_BOUND), taken, answer.value, answer.bound


def _too_little_room(problem: Problem, sites: int) -> Reason:
    capacity, left = np.asarray(problem.capacities, float), sites - len(problem.new_forced)
    room = float(capacity[problem.base].sum() + np.sort(capacity[problem.free])[::-1][:left].sum())
    need = float(problem.weight.sum())
    if room < need:
        return Reason("capacity_too_small", {"capacity": room, "needed": need, "by": need - room})
    return Reason("capacity_out_of_place", {"capacity": room, "needed": need, "sites": sites})


def _described(problem: Problem, cost, state, taken, value, bound, *, ties: bool) -> Plan:
    new = sorted({*taken, *problem.new_forced})
    before = cost[:, list(problem.kept)].min(axis=1, initial=FAR)
    others, by_site, same = np.setdiff1d(problem.free, new), {}, {}
    nearest = cost[:, [*problem.kept, *new]].min(axis=1, initial=FAR)
    for site in new:
        rest = cost[:, [each for each in (*problem.kept, *new) if each != site]].min(axis=1, initial=FAR)
        nearer = rest > nearest
        newly = float(problem.weight[cost[:, site] < before].sum())
        lost, by = float((rest - nearest).sum()), None
        if len(others):
            totals = np.minimum(cost[:, others], rest[:, None]).sum(axis=0) - nearest.sum()
            if totals.min() < lost:
                lost, by = float(totals.min()), int(others[np.argmin(totals)])
            equal = tuple(int(each) for each in others[np.abs(totals) < 1e-6])
            if ties and equal and site not in problem.forced:
                same[site] = equal
        by_site[site] = SiteReason(site, float(problem.cost[site]), newly, float(problem.weight[nearer].sum()), lost, by)
    order = tuple(sorted(new, key=lambda site: (-by_site[site].lost, site)))
    return Plan(
        state, order, value, bound, float(problem.cost[new].sum()), problem.cover(problem.kept), problem.cover([*problem.kept, *new]),
        tuple(by_site[site] for site in order), same, problem.missing(),
    )  # fmt: skip
