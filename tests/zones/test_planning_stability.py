"""How often a zone stays in, against solving every draw; where a choice turns, against a fine walk along the weight."""
import numpy as np
import pytest

from zones.planning.demands import Candidates, Demand, Problem
from zones.planning.findings import Unfit
from zones.planning.indicators import Indicator, Table
from zones.planning.portfolio import choose
from zones.planning.scoring import score
from zones.planning.stability import acceptability, anywhere, around, between, turns

SHARES = [0.5, 0.3, 0.2]


def made(count=12, seed=1, holes=False, demands=(), **facts) -> tuple[Table, Problem]:
    random = np.random.default_rng(seed)
    indicators = tuple(Indicator(name, "share", way, 0, 1) for name, way in (("a", "more"), ("b", "less"), ("c", "more")))
    values = random.random((count, 3))
    if holes:
        values[0, 0] = np.nan
    table = Table(tuple(range(count)), indicators, values)
    candidates = Candidates.of(table.zones, score(table, SHARES).values, **facts)
    return table, Problem.of(candidates, demands)


def draws(count=2000, seed=4):
    return anywhere(np.random.default_rng(seed), 3, count)


def test_drawn_weights_sum_to_one_and_lie_where_they_should():
    random = np.random.default_rng(2)
    near = around(random, [0.7, 0.3, 0], 4000)
    assert near.sum(axis=1) == pytest.approx(1) and (near[:, 2] == 0).all() and near.mean(axis=0) == pytest.approx([0.7, 0.3, 0], abs=0.01)
    assert near[:, 0].std() == pytest.approx((0.7 * 0.3 / 51) ** 0.5, rel=0.1)
    mixed = between(random, [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1]], 1000)
    assert mixed.sum(axis=1) == pytest.approx(1) and mixed[:, 0].min() >= 0.2 and mixed[:, 0].max() <= 0.8
    assert draws().mean(axis=0) == pytest.approx(1 / 3, abs=0.02)


def test_shares_of_ranks_and_choices_add_up():
    table, posed = made(demands=[Demand("count_most", 4)])
    found = acceptability(table, draws(), posed)
    assert found.exact and found.sampled == found.draws == 2000
    assert found.ranks.sum(axis=0) == pytest.approx(1) and found.ranks.sum(axis=1) == pytest.approx(1)
    assert found.chosen == pytest.approx(found.ranks[:, :4].sum(axis=1))
    taken = found.chosen > 0
    assert found.central[taken].sum(axis=1) == pytest.approx(1) and np.isnan(found.central[~taken]).all()


def test_two_zones_of_two_indicators_share_the_weights_as_geometry_says():
    """Zone 0 is best where 0.8 w + 0.2 (1 - w) > 0.5, that is for half of all weights, and a zone that leads everywhere always is."""
    indicators = (Indicator("a", "", "more", 0, 1), Indicator("b", "", "more", 0, 1))
    table = Table(("x", "y"), indicators, [[0.8, 0.2], [0.5, 0.5]])
    posed = Problem.of(Candidates.of(table.zones, [0.5, 0.5]), [Demand("count_most", 1)])
    found = acceptability(table, anywhere(np.random.default_rng(1), 2, 10_000), posed)
    assert found.chosen == pytest.approx([0.5, 0.5], abs=0.02)
    leading = Table(("x", "y"), indicators, [[0.8, 0.6], [0.5, 0.5]])
    assert acceptability(leading, anywhere(np.random.default_rng(1), 2, 500), posed).chosen.tolist() == [1, 0]


def test_simple_demands_are_answered_for_every_draw_as_the_solver_would():
    demands = [Demand("count_most", 4), Demand("forced_in", None, (2,)), Demand("forced_out", None, (5,))]
    table, posed = made(demands=demands)
    simple = acceptability(table, draws(60), posed)
    asked = acceptability(table, draws(60), Problem.of(posed.candidates, [*demands, Demand("budget", 1e6)]), sampled=60)
    assert simple.exact and not asked.exact and simple.chosen == pytest.approx(asked.chosen)
    assert simple.chosen[2] == 1 and simple.chosen[5] == 0


def test_other_demands_are_sampled_with_a_margin():
    table, posed = made(demands=[Demand("budget", 30)], costs=np.arange(12))
    found = acceptability(table, draws(500), posed, sampled=40)
    assert not found.exact and found.sampled == 40 and (found.margin > 0).all() and (found.chosen <= 1).all()


def test_clashing_demands_choose_nothing_in_any_draw():
    for demands in ([Demand("count_most", 1), Demand("count_least", 2)],
                    [Demand("count_most", 1), Demand("forced_in", None, (1,)), Demand("forced_out", None, (1,))]):  # fmt: skip
        table, posed = made(demands=demands)
        assert not acceptability(table, draws(50), posed).chosen.any()


def test_missing_figures_are_drawn_and_the_seed_gives_the_same_again():
    table, posed = made(holes=True, demands=[Demand("count_most", 4)])
    first, again, other = (acceptability(table, draws(), posed, seed=seed) for seed in (1, 1, 2))
    assert (first.chosen == again.chosen).all() and first.seed == 1
    assert (first.chosen != other.chosen).any() and first.chosen == pytest.approx(other.chosen, abs=0.05)


def test_figures_vary_inside_their_interval():
    table, posed = made(demands=[Demand("count_most", 4)])
    unsure = Table(table.zones, table.indicators, table.values, np.clip(table.values - 0.2, 0, 1), np.clip(table.values + 0.2, 0, 1))
    sharp, blurred = (acceptability(some, np.tile(SHARES, (2000, 1)), posed) for some in (table, unsure))
    assert set(sharp.chosen) == {0, 1} and ((blurred.chosen > 0) & (blurred.chosen < 1)).any()


def test_what_does_not_belong_together_is_refused():
    table, posed = made()
    with pytest.raises(Unfit):
        acceptability(table, np.ones((5, 2)), posed)
    with pytest.raises(Unfit):
        acceptability(table, np.ones((0, 3)), posed)


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_turns_just_where_a_walk_along_the_weight_finds_it(seed):
    demands = [Demand("budget", 25), Demand("town_most", 2, (0,))]
    facts = {"costs": np.arange(12) % 5 + 4, "towns": np.arange(12) % 3}
    table, posed = made(seed=seed, holes=True, demands=demands, **facts)
    plan = choose(posed)
    for turn in turns(table, SHARES, posed, plan.picked):
        place = "abc".index(turn.indicator)
        rest = np.array(SHARES)
        rest[place] = 0

        def best_at(weight, place=place, rest=rest):
            moved = rest / rest.sum() * (1 - weight)
            moved[place] = weight
            own = score(table, SHARES).values  # a missing figure stays what it is taken for today
            utilities = np.where(table.missing, own[:, None], table.utilities)
            return choose(Problem.of(Candidates.of(table.zones, utilities @ moved, **facts), demands)).chosen

        end = 0.0 if turn.direction == "down" else 1.0
        last = end if turn.weight is None else turn.weight
        for share in (0.25, 0.75, 0.999):
            assert best_at(turn.now + share * (last - turn.now)) == plan.chosen
        if turn.weight is not None:
            assert turn.joined or turn.left
            assert best_at(last + np.sign(end - last) * min(1e-3, abs(end - last))) != plan.chosen


def test_a_single_indicator_has_no_turn_and_all_weight_on_one_can_be_given_away():
    table, posed = made(demands=[Demand("count_most", 3)])
    one = Table(table.zones, table.indicators[:1], table.values[:, :1])
    assert turns(one, [1], posed, choose(posed).picked) == []
    candidates = Candidates.of(table.zones, score(table, [1, 0, 0]).values)
    alone = Problem.of(candidates, posed.demands)
    found = turns(table, [1, 0, 0], alone, choose(alone).picked)
    assert len(found) == 6 and found[0].change <= found[-1].change and any(turn.weight is not None for turn in found)
