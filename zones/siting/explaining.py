"""What each site of a plan is good for, which others would do as well, and why nothing fits."""
from collections import Counter

import numpy as np

from zones.siting.problem import Plan, Problem, Reason, SiteReason


def cannot(problem: Problem, sites: int | None, budget: float | None) -> tuple[Reason, ...]:
    """Clashes that can be seen before solving."""
    found = []
    if not len(problem.known):
        found.append(Reason("no_demand"))
    for site in sorted({*problem.forced} & {*problem.forbidden}):
        found.append(Reason("forced_is_forbidden", {"site": site, "by": problem.forbidden[site]}))
    forced, spent = len(problem.new_forced), float(problem.cost[problem.new_forced].sum())
    if sites is not None and forced > sites:
        found.append(Reason("forced_more_than_sites", {"forced": forced, "sites": sites}))
    if budget is not None and spent > budget + 1e-9:
        found.append(Reason("budget_too_small", {"budget": budget, "needed": spent, "by": spent - budget}))
    if not len(problem.free) and not len(problem.base):
        by = Counter(problem.forbidden.values())
        found += [Reason("forbidden_by", {"by": why, "candidates": count}) for why, count in sorted(by.items())]
        found.append(Reason("no_candidates", {"forbidden": len(problem.forbidden)}))
    return tuple(found)


def out_of_reach(problem: Problem, wanted: int = 1) -> tuple[Reason, ...]:
    """Demand that no allowed candidate reaches often enough: nobody does, or only what is forbidden, and by whom."""
    allowed = problem.counts([*problem.base, *problem.free])
    short = allowed < wanted
    if not short.any():
        return ()
    forbidden = {}
    for site, why in problem.forbidden.items():
        forbidden.setdefault(why, []).append(site)
    found, helped = [], np.zeros(len(short), bool)
    total = problem.counts(sorted({*problem.base, *problem.free, *problem.forbidden}))
    for why, candidates in sorted(forbidden.items()):
        rows = short & (total >= wanted) & (problem.counts(candidates) > 0)
        helped |= rows
        if rows.any():
            found.append(Reason("forbidden_by", {"by": why, "demands": int(rows.sum()), "weight": float(problem.weight[rows].sum())}))
    rows = short & ~helped
    if rows.any():
        found.append(Reason("out_of_reach", {"demands": int(rows.sum()), "weight": float(problem.weight[rows].sum()), "wanted": wanted}))
    return tuple(found)


def described(
    problem: Problem, state: str, taken: list[int], value: float, bound: float, ladder: np.ndarray | None, *,
    sites: int | None = None, budget: float | None = None, reasons: tuple[Reason, ...] = (),
) -> Plan:  # fmt: skip
    """The plan with its reasons. `ladder` is what the first, second … cover is worth; None: losses and ties are not looked at."""
    new = sorted({*taken, *problem.new_forced})
    by_site, ties = _by_site(problem, new, ladder, budget)
    order = sorted(new, key=lambda site: (-by_site[site].lost, -by_site[site].newly, site))
    return Plan(
        state, tuple(order), value, bound, float(problem.cost[new].sum()), problem.cover(problem.kept),
        problem.cover([*problem.kept, *new]), tuple(by_site[site] for site in order), ties,
        (*problem.missing(), *reasons, *_limits_not_used(problem, new, sites, budget)),
    )  # fmt: skip


def _by_site(problem: Problem, new: list[int], ladder: np.ndarray | None, budget: float | None):
    columns = problem.covers.T.tocsr()
    standing, counts = problem.counts(problem.kept), problem.counts([*problem.kept, *new])
    spent, reasons, ties = problem.cost[new].sum(), {}, {}
    worth = None if ladder is None else np.append(ladder, 0.0)
    for site in new:
        rows = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
        newly = float(problem.weight[rows[standing[rows] == 0]].sum())
        only = float(problem.weight[rows[counts[rows] == 1]].sum())
        lost, by = only, None
        if worth is not None:
            without = counts.copy()
            without[rows] -= 1
            gain = columns @ (problem.weight * worth[np.minimum(without, len(ladder))])
            others = np.setdiff1d(problem.free, new)
            if budget is not None:
                others = others[problem.cost[others] <= budget - spent + problem.cost[site] + 1e-9]
            lost, by = float(gain[site]), None
            if len(others) and gain[others].max() > 0:
                by = int(others[np.argmax(gain[others])])
                lost = float(gain[site] - gain[by])
                if site not in problem.forced:
                    same = tuple(int(each) for each in others[np.abs(gain[others] - gain[site]) < 1e-9])
                    ties |= {site: same} if same else {}
        reasons[site] = SiteReason(site, float(problem.cost[site]), newly, only, lost, by)
    return reasons, ties


def _limits_not_used(problem: Problem, new: list[int], sites: int | None, budget: float | None) -> tuple[Reason, ...]:
    found = []
    if sites is not None and len(new) < sites:
        found.append(Reason("sites_left", {"sites": sites, "left": sites - len(new)}))
    if budget is not None and not new and len(problem.free):
        cheapest = float(problem.cost[problem.free].min())
        if cheapest > budget:
            found.append(Reason("budget_buys_nothing", {"budget": budget, "cheapest": cheapest, "by": cheapest - budget}))
    if not problem.covers.nnz:
        found.append(Reason("nothing_in_reach"))
    return tuple(found)
