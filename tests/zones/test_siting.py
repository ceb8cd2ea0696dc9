"""Siting against brute force on generated instances (no published data file is shipped: the optimum of each is counted out here)."""
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from zones.siting.coverage import max_coverage, replaced_exactly
from zones.siting.covering import set_cover
from zones.siting.median import p_median
from zones.siting.problem import INFEASIBLE, PROVEN, Problem, within
from zones.siting.reduction import merged, undominated
from zones.siting.sectors import Sectors, sees

SEEDS = range(8)


def instance(seed, demands=40, candidates=10, limit=3000.0, **rest):
    random = np.random.default_rng(seed)
    there, here = random.random((demands, 2)) * 10_000, random.random((candidates, 2)) * 10_000
    metres = np.rint(np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1)))
    weights, costs = random.integers(1, 60, demands).astype(float), random.integers(2, 9, candidates).astype(float)
    return Problem(weights, within(metres, limit), costs, **rest), metres


def worth(problem, sites, backup=0.0):
    counts = problem.counts(sites)
    return problem.weight[counts > 0].sum() + backup * problem.weight[counts > 1].sum()


def choices(problem):
    free = list(problem.free)
    return [each for size in range(len(free) + 1) for each in combinations(free, size)]


@pytest.mark.parametrize("seed", SEEDS)
def test_most_demand_is_what_counting_out_finds(seed):
    problem, _ = instance(seed, kept=(0,), forced=(1,), forbidden={2: "school"})
    for limits in ({"sites": 3}, {"budget": 16.0}, {"sites": 3, "budget": 14.0}):
        for wanted, backup in ((1, 0.0), (2, 0.5)):
            allowed = [
                each for each in choices(problem)
                if len(each) + 1 <= limits.get("sites", 99) and problem.cost[[1, *each]].sum() <= limits.get("budget", 999)
            ]  # fmt: skip
            best = max(worth(problem, [0, 1, *each], backup) for each in allowed)
            plan = max_coverage(problem, wanted=wanted, **limits)
            assert (plan.state, plan.value, plan.bound) == (PROVEN, pytest.approx(best), pytest.approx(best))
            assert worth(problem, [0, *plan.sites], backup) == pytest.approx(best)
            assert 1 in plan.sites and not {0, 2} & {*plan.sites}


@pytest.mark.parametrize("seed", SEEDS)
def test_least_money_is_what_counting_out_finds(seed):
    problem, _ = instance(seed, limit=6500.0)
    for share, wanted in ((1.0, 1), (0.8, 1), (1.0, 2)):
        fits = [
            each for each in choices(problem)
            if (problem.counts(each).min() >= wanted if share == 1 else worth(problem, each) >= share * problem.weight.sum() - 1e-9)
        ]  # fmt: skip
        plan = set_cover(problem, share=share, wanted=wanted)
        if not fits:
            assert plan.state == INFEASIBLE and plan.reasons[0].code == "out_of_reach"
            continue
        least = min(problem.cost[list(each)].sum() for each in fits)
        assert (plan.state, plan.value) == (PROVEN, pytest.approx(least))
        poor = set_cover(problem, share=share, wanted=wanted, budget=least - 1)
        assert poor.state == INFEASIBLE and poor.reasons[0].numbers["by"] == pytest.approx(1)


@pytest.mark.parametrize("seed", SEEDS)
def test_least_walking_is_what_counting_out_finds(seed):
    problem, metres = instance(seed, limit=1e9, kept=(3,), forbidden={4: "river"})
    best = min((metres[:, [3, *each]].min(axis=1) * problem.weight).sum() for each in combinations(problem.free, 3))
    plan = p_median(problem, sites=3)
    assert (plan.state, plan.value, plan.bound) == (PROVEN, pytest.approx(best), pytest.approx(best))


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_left_out_of_reach(seed):
    problem, metres = instance(seed, demands=15, limit=4500.0)
    walks = np.where(metres <= 4500, metres, np.inf) * problem.weight[:, None]
    best = min(walks[:, list(each)].min(axis=1).sum() for each in combinations(range(10), 4))
    plan = p_median(problem, sites=4)
    if np.isinf(best):
        assert plan.state == INFEASIBLE and {each.code for each in plan.reasons} <= {"sites_too_few", "out_of_reach"}
    else:
        assert (plan.state, plan.value) == (PROVEN, pytest.approx(best))


def test_least_walking_of_hundreds_is_proven():
    problem, metres = instance(5, demands=200, candidates=150, limit=1e9)
    plan = p_median(problem, sites=8)
    assert plan.state == PROVEN
    assert plan.value == pytest.approx((metres[:, list(plan.sites)].min(axis=1) * problem.weight).sum())


def test_wide_room_changes_nothing_and_too_little_is_said():
    problem, metres = instance(3, limit=1e9)
    wide = Problem(problem.weights, problem.reach, capacities=np.full(10, 1e6))
    assert p_median(wide, sites=3).value == pytest.approx(p_median(Problem(problem.weights, problem.reach), sites=3).value)
    small = Problem(problem.weights, problem.reach, capacities=np.full(10, 100.0))
    total = problem.weight.sum()
    reason = p_median(small, sites=3).reasons[0]
    assert (reason.code, reason.numbers["by"]) == ("capacity_too_small", pytest.approx(total - 300))
    assert max_coverage(small, sites=3).value == pytest.approx(300)


def test_reduction_keeps_the_optimum():
    problem, _ = instance(1)
    covers, values = merged(problem.covers, problem.weight[None])
    assert values.sum() == problem.weight[np.diff(problem.covers.indptr) > 0].sum()
    keep = undominated(sparse.csr_array(np.array([[1.0, 1, 0], [0, 1, 1.0]])), np.ones(3))
    assert list(keep) == [1]
    assert list(undominated(sparse.csr_array(np.ones((2, 3))), np.array([2.0, 1, 1]))) == [1]


def test_reasons_say_what_a_site_is_good_for():
    # 0 and 1 share a demand of 5; only 0 has 10, only 1 has 7; 2 would do for 1 at no loss.
    reach = sparse.csr_array(np.array([[1.0, 0, 0], [1, 1, 1], [0, 1, 1]]))
    plan = max_coverage(Problem(np.array([10.0, 5, 7]), reach), sites=2)
    by_site = {each.site: each for each in plan.by_site}
    assert (by_site[0].newly, by_site[0].only, by_site[0].lost) == (15, 10, 10)
    assert plan.ties == {1: (2,)} and by_site[1].lost == 0
    assert (plan.before.weight, plan.after.weight, plan.after.share) == (0, 22, 1)
    assert replaced_exactly(Problem(np.array([10.0, 5, 7]), reach), plan, 0, sites=2).numbers["lost"] == 10


def test_nothing_fits_and_why():
    reach = sparse.csr_array(np.array([[1.0, 0], [0, 1]]))
    weights = np.array([4.0, np.nan])
    assert [r.code for r in max_coverage(Problem(np.full(2, np.nan), reach), sites=1).reasons] == ["weight_missing", "no_demand"]
    plan = max_coverage(Problem(weights, reach, np.array([3.0, 9.0])), budget=0)
    assert (plan.state, plan.value) == (PROVEN, 0)
    assert {r.code for r in plan.reasons} == {"weight_missing", "budget_buys_nothing"}
    by = set_cover(Problem(np.ones(2), reach, forbidden={1: "railway"})).reasons[0]
    assert (by.code, by.numbers) == ("forbidden_by", {"by": "railway", "demands": 1, "weight": 1.0})
    few = set_cover(Problem(np.ones(2), reach), sites=1).reasons[0]
    assert (few.code, few.numbers["at_least"]) == ("sites_too_few", 2)
    assert p_median(Problem(np.ones(2), reach), sites=1).reasons[0].code == "sites_too_few"
    assert max_coverage(Problem(np.ones(2), reach, forced=(0,), forbidden={0: "river"}), sites=1).reasons[0].code == "forced_is_forbidden"
    dear = max_coverage(Problem(np.ones(2), reach, np.array([5.0, 5]), forced=(0,)), budget=3).reasons[0]
    assert (dear.code, dear.numbers["by"]) == ("budget_too_small", 2)
    assert max_coverage(Problem(np.ones(1), sparse.csr_array(np.ones((1, 1)))), sites=1).sites == (0,)
    assert max_coverage(Problem(np.ones(2), sparse.csr_array((2, 1))), sites=1).reasons[-1].code == "nothing_in_reach"


def test_camera_sees_its_sector():
    camera = Sectors(*(np.array([each]) for each in (0.0, 0.0, 350.0, 40.0, 100.0)))
    points = np.array([[0, 50], [0, 101], [-25, 50], [30, 50], [0, 0], [0, -5], [17, 98]])
    assert list(sees(camera, *points.T).toarray()[:, 0] > 0) == [True, False, True, False, False, False, True]
    assert sees(camera, *points.T).nnz == 4, "its own foot, at 0 metres"
    turned, place = camera.turned(np.array([0.0, 90.0, 180.0, 270.0]))
    assert list(place) == [0] * 4 and list(turned.bearing) == [0, 90, 180, 270]
