"""The choice of zones against brute force, dynamic programming and published instances; what is said when nothing fits."""
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zones.planning.demands import AT_LEAST, Candidates, Demand, Problem, least, most
from zones.planning.findings import Unfit
from zones.planning.portfolio import alternatives, choose, ties
from zones.planning.prices import prices, replacements
from zones.planning.solving import BEST, NEAR, Line, solve

NAN = np.nan


def problem(scores, demands=(), *, bonus=0.0, **facts) -> Problem:
    return Problem.of(Candidates.of([f"z{place}" for place in range(len(scores))], scores, **facts), demands, bonus=bonus)


def codes(findings) -> set[str]:
    return {finding.code for finding in findings}


def every_choice(posed: Problem) -> list[np.ndarray]:
    """All choices that meet all demands, by trying each: what right means."""
    bits = np.array(list(product((False, True), repeat=len(posed.worth))), bool)
    reached = (posed.rows @ bits.T.astype(float)).T
    meets = (reached >= posed.lower).all(axis=1) & (reached <= posed.upper).all(axis=1) & ~(bits & ~posed.allowed).any(axis=1)
    return list(bits[meets])


@st.composite
def problems(draw, zones=6, demands=6) -> Problem:
    count = draw(st.integers(1, zones))
    names = [f"z{place}" for place in range(count)]
    whole, group = st.integers(0, 6), st.tuples(st.integers(0, 2))
    choice = [
        st.builds(Demand, st.just("budget"), st.integers(0, 40)),
        st.builds(Demand, st.sampled_from(["count_least", "count_most", "former_least"]), whole),
        st.builds(Demand, st.sampled_from(["town_least", "town_most", "kind_least", "kind_most"]), st.integers(0, 3), group),
        st.builds(Demand, st.sampled_from(["forced_in", "forced_out"]), st.none(), st.tuples(st.sampled_from(names))),
    ]
    if count > 1:
        pairs = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True).map(tuple)
        choice.append(st.builds(Demand, st.sampled_from(["exclude", "need"]), st.none(), pairs))
    lists = {"costs": st.integers(0, 12), "towns": st.integers(0, 2), "kinds": st.integers(0, 2), "former": st.booleans()}
    facts = {name: draw(st.lists(kind, min_size=count, max_size=count)) for name, kind in lists.items()}
    scores = draw(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0]), min_size=count, max_size=count))
    return problem(scores, draw(st.lists(st.one_of(choice), max_size=demands)), bonus=draw(st.sampled_from([0.0, 0.3])), **facts)


@settings(max_examples=50, deadline=None)
@given(problems())
def test_the_choice_is_the_best_of_all_choices(posed):
    plan, possible = choose(posed), every_choice(posed)
    if not possible:
        assert plan.status == "infeasible" and not plan.chosen
        return
    best = max(int(posed.worth[picked].sum()) for picked in possible)
    assert plan.proven and plan.objective == pytest.approx(best / 1e6) and plan.bound == pytest.approx(plan.objective)
    assert any((plan.picked == picked).all() for picked in possible)
    equal = [picked for picked in possible if posed.worth[picked].sum() == best]
    assert len(ties(posed, plan, most=3)) == min(3, len(equal) - 1)


@settings(max_examples=40, deadline=None)
@given(problems(zones=4, demands=6))
def test_a_clash_is_smallest_and_what_gives_way_is_fewest(posed):
    if every_choice(posed):
        return
    found = choose(posed).clash
    places = range(len(posed.demands))
    subsets = [set(some) for size in range(len(places) + 1) for some in combinations(places, size)]
    clashing = [some for some in subsets if not every_choice(posed.only(sorted(some)))]
    parties = {posed.demands.index(party.demand) for party in found.parties}
    assert found.smallest and parties in clashing and len(parties) == min(map(len, clashing))
    helping = [some for some in subsets if every_choice(posed.without(*some))]
    dropped = {posed.demands.index(demand) for demand in found.give_way}
    assert dropped in helping and len(dropped) == min(map(len, helping))
    for party in found.parties:
        if party.reachable is not None:
            place = posed.demands.index(party.demand)
            reached = [posed.rows[[place]] @ picked for picked in every_choice(posed.only(sorted(parties - {place})))]
            assert party.reachable == (max(reached) if party.demand.code in AT_LEAST else min(reached))
            assert not least(party.demand) <= party.reachable <= most(party.demand)


@settings(max_examples=25, deadline=None)
@given(problems(), st.integers(1, 4))
def test_alternatives_are_the_best_of_those_far_enough_from_all_before(posed, distance):
    plan = choose(posed)
    if not plan.proven:
        return
    before, possible = [plan.picked], every_choice(posed)
    for other in alternatives(posed, plan, count=3, distance=distance):
        far = [picked for picked in possible if min((picked != old).sum() for old in before) >= distance]
        best = max(posed.worth[picked].sum() for picked in far)
        assert any((other.plan.picked == picked).all() for picked in far)
        assert other.loss == pytest.approx(plan.objective - best / 1e6) and other.loss == pytest.approx(other.least_loss)
        assert other.distance == len(other.joined) + len(other.left) >= distance
        before.append(other.plan.picked)
    if len(before) < 4:
        assert not [picked for picked in possible if min((picked != old).sum() for old in before) >= distance]


@settings(max_examples=25, deadline=None)
@given(problems(zones=5, demands=4))
def test_prices_and_replacement_costs_are_those_of_asking_again(posed):
    plan = choose(posed)
    if not plan.proven:
        return
    for place, price in enumerate(prices(posed, plan)):
        free = max(posed.worth[picked].sum() for picked in every_choice(posed.without(place)))
        assert price.gain == price.gain_at_most == pytest.approx(free / 1e6 - plan.objective)
    for replacement in replacements(posed, plan):
        place = posed.candidates.position[replacement.zone]
        others = [posed.worth[picked].sum() for picked in every_choice(posed) if not picked[place]]
        assert replacement.loss == (pytest.approx(plan.objective - max(others) / 1e6) if others else None)


# D. L. Kreher, D. R. Stinson, Combinatorial Algorithms, CRC Press 1998: knapsacks with known optimum 1458 and 13,549,094.
SACK_15 = (750, [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
           [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240], 1458)  # fmt: skip
SACK_24 = (6404180, [382745, 799601, 909247, 729069, 467902, 44328, 34610, 698150, 823460, 903959, 853665, 551830, 610856, 670702, 488960,
                     951111, 323046, 446298, 931161, 31385, 496951, 264724, 224916, 169684],
           [825594, 1677009, 1676628, 1523970, 943972, 97426, 69666, 1296457, 1679693, 1902996, 1844992, 1049289, 1252836, 1319836, 953277,
            2067538, 675367, 853655, 1826027, 65731, 901489, 577243, 466257, 369261], 13549094)  # fmt: skip


@pytest.mark.parametrize(("budget", "costs", "worths", "optimum"), [SACK_15, SACK_24], ids=["15", "24"])
def test_published_knapsacks_reach_their_known_optimum(budget, costs, worths, optimum):
    plan = choose(problem(np.array(worths) / 1e6, [Demand("budget", budget)], costs=costs))
    assert plan.proven and round(plan.objective * 1e6) == optimum and plan.cost <= budget


def sack_by_table(budget: int, costs: np.ndarray, worths: np.ndarray) -> int:
    """The optimum of a knapsack by dynamic programming: no solver."""
    best = np.zeros(budget + 1, np.int64)
    for cost, worth in zip(costs, worths, strict=True):
        best[cost:] = np.maximum(best[cost:], best[: budget + 1 - cost] + worth)
    return int(best[-1])


def pisinger(kind: str, count: int) -> tuple[Problem, int]:
    """Generator of D. Pisinger, Where are the hard knapsack problems?, Computers & Operations Research 32, 2005; with the optimum."""
    random = np.random.default_rng(11)
    costs = random.integers(1, 1001, count)
    around = np.maximum(1, costs + random.integers(-100, 101, count))
    worths = {"not": random.integers(1, 1001, count), "weakly": around, "strongly": costs + 100}
    budget = int(costs.sum() // 3)
    return problem(worths[kind] / 1e6, [Demand("budget", budget)], costs=costs), sack_by_table(budget, costs, worths[kind])


@pytest.mark.parametrize("correlated", ["not", "weakly"])
def test_many_zones_are_settled_in_two_steps_without_losing_the_optimum(correlated):
    posed, optimum = pisinger(correlated, 300)
    plan = choose(posed)
    assert plan.proven and round(plan.objective * 1e6) == optimum
    (other,) = alternatives(posed, plan, count=1)
    assert other.plan.status in (BEST, NEAR) and 0 <= other.least_loss <= other.loss and other.distance >= 2


def test_without_time_for_the_proof_the_bound_still_holds():
    """Scores that rise with cost by a fixed amount are the known hard case: nothing is called best that was not proven."""
    posed, optimum = pisinger("strongly", 300)
    plan = choose(posed, seconds=0.5)
    assert plan.objective * 1e6 <= optimum + 0.5 and plan.bound * 1e6 >= optimum - 0.5
    assert plan.proven is (plan.bound - plan.objective < 1e-6) and (plan.proven or plan.status == "stopped")


def test_two_steps_and_one_agree_under_all_kinds_of_demands(monkeypatch):
    random = np.random.default_rng(5)
    count = 300
    demands = [Demand("budget", 2500), Demand("count_most", 40), Demand("former_least", 6)]
    demands += [Demand("town_most", 3, (town,)) for town in range(20)] + [Demand("kind_least", 5, (kind,)) for kind in range(4)]
    demands += [Demand("exclude", None, (f"z{place}", f"z{place + 1}")) for place in range(0, 60, 2)]
    posed = problem(
        random.beta(3, 3, count), demands, costs=random.integers(20, 200, count), towns=random.integers(0, 20, count),
        kinds=random.integers(0, 4, count), former=random.random(count) < 0.1,
    )  # fmt: skip
    narrowed = solve(posed)
    monkeypatch.setattr("zones.planning.solving.SMALL", 10_000)
    assert narrowed.status == solve(posed).status == BEST and narrowed.worth == solve(posed).worth


def test_zero_budget_no_candidates_all_missing_and_a_single_candidate_are_named():
    broke = choose(problem([0.5, 0.7], [Demand("budget", 0)], costs=[3, 4]))
    assert broke.proven and broke.chosen == () and codes(broke.findings) >= {"zero_budget", "nothing_chosen"}
    gift = choose(problem([0.5, 0.7], [Demand("budget", 0)], costs=[0, 4]))
    assert gift.chosen == ("z0",) and "zero_budget" in codes(gift.findings)
    none = choose(problem([], [Demand("count_least", 1)]))
    assert none.status == "no_candidates" and "no_candidates" in codes(none.findings)
    blank = choose(problem([NAN, NAN], [Demand("count_most", 1)]))
    assert blank.status == "all_missing" and blank.chosen == () and alternatives(problem([NAN]), blank) == []
    alone = choose(problem([0.4], [Demand("count_most", 1)]))
    assert alone.chosen == ("z0",) and "single_candidate" in codes(alone.findings)


def test_a_zone_without_score_is_chosen_only_when_forced_in():
    demands = [Demand("count_most", 2)]
    assert choose(problem([0.1, NAN, 0.2], demands)).chosen == ("z0", "z2")
    forced = choose(problem([0.1, NAN, 0.2], [*demands, Demand("forced_in", None, ("z1",))]))
    assert forced.chosen == ("z1", "z2") and "forced_in_without_score" in codes(forced.findings)


def test_a_zone_of_unknown_cost_is_not_bought():
    plan = choose(problem([0.9, 0.2], [Demand("budget", 5)], costs=[NAN, 5]))
    assert plan.chosen == ("z1",) and "cost_unknown" in codes(plan.findings)
    assert choose(problem([0.9, 0.2], [Demand("count_most", 1)], costs=[NAN, 5])).chosen == ("z0",)
    forced = choose(problem([0.9, 0.2], [Demand("budget", 5), Demand("forced_in", None, ("z0",))], costs=[NAN, 5]))
    assert [party.demand.code for party in forced.clash.parties] == ["forced_in"] and "cost_unknown" in codes(forced.findings)


def test_a_tie_is_reported_with_what_differs():
    posed = problem([0.5, 0.5, 0.3], [Demand("count_most", 1)])
    plan = choose(posed)
    (other,) = ties(posed, plan)
    assert {*plan.chosen, *other.plan.chosen} == {"z0", "z1"} and other.loss == 0 and other.distance == 2


def test_the_clash_says_what_the_others_would_need():
    demands = [Demand("budget", 10), Demand("town_least", 2, ("east",)), Demand("count_most", 5), Demand("kind_most", 3, ("street",))]
    found = choose(problem([0.5] * 3, demands, costs=[7, 8, 1], towns=["east", "east", "west"])).clash
    assert [(party.demand.code, party.reachable) for party in found.parties] == [("budget", 15), ("town_least", 1)]
    assert found.smallest and len(found.give_way) == 1


def test_a_minimum_for_a_town_without_candidates_clashes_alone():
    found = choose(problem([0.5], [Demand("town_least", 1, ("nowhere",)), Demand("budget", 9)], costs=[1])).clash
    assert [(party.demand.about, party.reachable) for party in found.parties] == [(("nowhere",), 0)]


def test_former_years_count_by_bonus_or_by_a_minimum():
    former = [False, True]
    assert choose(problem([0.5, 0.4], [Demand("count_most", 1)], former=former)).chosen == ("z0",)
    assert choose(problem([0.5, 0.4], [Demand("count_most", 1)], former=former, bonus=0.2)).chosen == ("z1",)
    kept = problem([0.5, 0.4], [Demand("count_most", 1), Demand("former_least", 1)], former=former)
    assert choose(kept).chosen == ("z1",) and prices(kept, choose(kept))[1].gain == pytest.approx(0.1)


def test_a_choice_that_nothing_limits_takes_all_and_says_so():
    plan = choose(problem([0.5, 0.1]))
    assert len(plan.chosen) == 2 and "nothing_limits_the_choice" in codes(plan.findings)


def test_a_zone_that_nothing_replaces_is_named():
    posed = problem([0.5, 0.1], [Demand("town_least", 1, ("east",)), Demand("count_most", 1)], towns=["east", "west"])
    (only,) = replacements(posed, choose(posed))
    assert only.zone == "z0" and only.loss is None


def test_the_same_input_gives_the_same_plan():
    random = np.random.default_rng(3)
    posed = problem(np.round(random.random(200), 1), [Demand("budget", 900)], costs=random.integers(20, 90, 200))
    assert choose(posed).chosen == choose(posed).chosen


@pytest.mark.parametrize(("made", "code"), [
    (lambda: Demand("colour", 1), "demand_unknown"),
    (lambda: Demand("budget"), "demand_half_given"),
    (lambda: Demand("budget", NAN), "limit_not_a_number"),
    (lambda: Demand("count_most", -1), "limit_not_a_number"),
    (lambda: Demand("town_most", 2), "demand_half_given"),
    (lambda: Demand("exclude", None, ("a", "a")), "pair_of_one"),
    (lambda: problem([0.1], [Demand("forced_in", None, ("zz",))]), "zone_unknown"),
    (lambda: problem([-0.1]), "score_not_usable"),
    (lambda: problem([0.1], costs=[-1]), "cost_not_usable"),
    (lambda: problem([0.1], costs=[1, 2]), "shape_differs"),
    (lambda: problem([0.1], towns=["a", "b"]), "shape_differs"),
    (lambda: Candidates.of(["a", "a"], [1, 1]), "zone_repeated"),
    (lambda: replacements(problem([0.1]), choose(problem([0.1])), ["zz"]), "zone_not_chosen"),
    (lambda: prices(problem([0.1]), choose(problem([NAN]))), "plan_not_proven"),
    (lambda: alternatives(problem([0.1]), choose(problem([0.1])), distance=0), "distance_not_positive"),
])  # fmt: skip
def test_what_cannot_be_worked_with_is_refused_by_code(made, code):
    with pytest.raises(Unfit) as refusal:
        made()
    assert refusal.value.code == code


def test_a_line_of_the_engines_own_is_kept():
    assert solve(problem([0.5, 0.1]), lines=(Line(np.array([1.0, 0.0]), upper=0),)).picked.tolist() == [False, True]
