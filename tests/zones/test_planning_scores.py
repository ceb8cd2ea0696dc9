"""Indicators, weights and scores: missing is missing, no zone changes another's score, and the library's faults stay fenced in."""
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.methods import PROMETHEE_II, SPOTIS, TOPSIS

from zones.planning import comparing, weights
from zones.planning.findings import Unfit
from zones.planning.indicators import Indicator, Table, proposed_bounds
from zones.planning.scoring import assumed_utilities, ranks, score

NAN = np.nan
INCIDENTS = Indicator("incidents", "per_100_households", "more", 0, 10)
COST = Indicator("cost", "yuan", "less", 0, 1000)
READY = Indicator("readiness", "share", "more", 0, 1)


def table(values, indicators=(INCIDENTS, COST, READY), **intervals) -> Table:
    return Table(tuple(f"z{row}" for row in range(len(values))), indicators, np.array(values, float), **intervals)


def codes(findings) -> set[str]:
    return {finding.code for finding in findings}


def test_a_missing_figure_is_carried_through_and_never_counts_as_zero():
    made = table([[5, 500, NAN], [5, 500, 0.0]])
    assert np.isnan(made.utilities[0, 2]) and made.utilities[1, 2] == 0
    scored = score(made, [1, 1, 2])
    assert scored.values == pytest.approx([0.5, 0.25])
    assert scored.known_share == pytest.approx([0.5, 1])
    assert (scored.lowest[0], scored.highest[0]) == pytest.approx((0.25, 0.75))
    assert np.nansum(scored.contributions, axis=1) == pytest.approx(scored.values)


def test_a_zone_of_which_too_little_is_known_is_not_compared():
    scored = score(table([[5, NAN, NAN], [1, 1, 1]]), [1, 1, 1])
    assert np.isnan(scored.values[0]) and scored.ranks.tolist() == [0, 1]
    assert "too_little_known" in codes(scored.findings)


def test_missing_figures_without_weight_do_not_matter():
    assert score(table([[5, 500, NAN]]), [1, 1, 0]).known_share == pytest.approx([1])


def test_findings_name_what_is_odd_about_a_table():
    assert codes(table(np.zeros((0, 3))).findings()) == {"no_candidates"}
    assert codes(table([[NAN] * 3] * 2).findings()) == {"all_missing"}
    assert codes(table([[NAN] * 3]).findings()) == {"single_candidate", "all_missing"}
    found = codes(table([[5, 500, NAN], [5, 2000, NAN], [NAN, NAN, NAN]]).findings())
    assert found == {"zone_all_missing", "missing", "constant", "beyond_bounds", "indicator_all_missing"}


@pytest.mark.parametrize(("made", "code"), [
    (lambda: Indicator("x", "", "more", 1, 1), "bounds_not_in_order"),
    (lambda: Indicator("x", "", "up", 0, 1), "direction_unknown"),
    (lambda: Indicator("x", "", "more", 0, NAN), "bounds_not_in_order"),
    (lambda: table([[np.inf, 0, 0]]), "figure_infinite"),
    (lambda: table([[1, 2]]), "shape_differs"),
    (lambda: Table(("a", "a"), (READY,), [[1], [1]]), "zone_repeated"),
    (lambda: Table(("a",), (READY, READY), [[1, 1]]), "indicator_repeated"),
    (lambda: table([[1, 1, 1]], lowest=[[0, 0, 0]]), "interval_half_given"),
    (lambda: table([[1, 1, 1]], lowest=[[2, 0, 0]], highest=[[3, 1, 1]]), "interval_without_its_figure"),
    (lambda: score(table([[1, 1, 1]]), [1, 1]), "weights_differ_from_indicators"),
    (lambda: proposed_bounds([NAN]), "indicator_all_missing"),
    (lambda: weights.direct([0, 0]), "weights_all_zero"),
    (lambda: weights.direct([]), "weights_empty"),
    (lambda: weights.direct([1, -1]), "weight_not_a_share"),
    (lambda: weights.direct([1, NAN]), "weight_not_a_share"),
    (lambda: weights.swing([50, 80]), "swing_without_100"),
    (lambda: weights.ahp([[1, 2], [2, 1]]), "pairs_not_reciprocal"),
    (lambda: weights.ahp(np.ones((2, 3))), "pairs_not_square"),
    (lambda: weights.ahp(np.ones((16, 16))), "too_many_to_compare"),
    (lambda: weights.judged(3, {(0, 1): 3}), "pair_not_judged"),
    (lambda: weights.judged(2, {(0, 1): 3, (1, 0): 3}), "pair_judged_twice"),
    (lambda: weights.judged(2, {(0, 1): 10}), "judgement_off_scale"),
    (lambda: weights.judged(2, {(0, 2): 1}), "pair_unknown"),
    (lambda: weights.aggregate([]), "no_opinion"),
])  # fmt: skip
def test_what_cannot_be_worked_with_is_refused_by_code(made, code):
    with pytest.raises(Unfit) as refusal:
        made()
    assert refusal.value.code == code


def test_proposed_bounds_of_a_constant_column_leave_room():
    assert proposed_bounds([4, 4, NAN]) == (2, 6)
    assert proposed_bounds([0, 0]) == (-0.5, 0.5)
    assert proposed_bounds([1, 7, NAN]) == (1, 7)


figures = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1000), st.floats(0, 1)), min_size=2, max_size=6)
points = st.lists(st.integers(1, 100), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(figures, points)
def test_a_zone_that_leaves_changes_no_score_and_the_score_is_the_published_one(rows, given_points):
    whole, part = table(rows), table(rows[:-1])
    assert score(part, given_points).values == pytest.approx(score(whole, given_points).values[:-1])
    distance = SPOTIS(np.array([[0, 10], [0, 1000], [0, 1]], float))(
        np.array(rows), weights.direct(given_points), np.array([1, -1, 1]), validation=False
    )
    assert score(whole, given_points).values == pytest.approx(1 - distance)


def test_spotis_example_of_its_authors():
    """The worked example of Dezert and others (FUSION 2020), as pymcdm documents it."""
    indicators = (Indicator("a", "", "more", -5, 12), Indicator("b", "", "less", -6, 10), Indicator("c", "", "more", -8, 5))
    made = table([[10.5, -3.1, 1.7], [-4.7, 0, 3.4], [8.1, 0.3, 1.3], [3.2, 7.3, -5.3]], indicators)
    scored = score(made, [0.2, 0.3, 0.5])
    assert 1 - scored.values == pytest.approx([0.1989, 0.3705, 0.3063, 0.7491], abs=5e-5)
    assert scored.ranks.tolist() == [1, 3, 2, 4]


def test_equal_scores_share_a_rank():
    assert ranks(np.array([0.5, 0.7, 0.5 + 1e-9, NAN])).tolist() == [2, 1, 2, 0]


@settings(max_examples=60, deadline=None)
@given(figures, points, st.data())
def test_the_interval_holds_whatever_the_missing_figure_is(rows, given_points, data):
    full, gaps = np.array(rows), np.array(rows)
    gaps[0, data.draw(st.integers(0, 2))] = NAN
    holed = score(table(gaps), given_points, least_known=0)
    truth = score(table(full), given_points).values
    assert holed.lowest[0] - 1e-9 <= truth[0] <= holed.highest[0] + 1e-9
    assert assumed_utilities(table(gaps), holed) @ weights.direct(given_points) == pytest.approx(holed.values)


# Saaty's house, in The Analytic Hierarchy Process (1980) and European J. Operational Research 48, 1990: upper half of the pairs.
HOUSE = [[5, 3, 7, 6, 6, 1 / 3, 1 / 4], [1 / 3, 5, 3, 3, 1 / 5, 1 / 7], [6, 3, 4, 6, 1 / 5], [1 / 3, 1 / 4, 1 / 7, 1 / 8],
         [1 / 2, 1 / 5, 1 / 6], [1 / 5, 1 / 6], [1 / 2]]  # fmt: skip


def test_ahp_gives_saatys_own_weights_and_ratio():
    pairs = {(row, row + 1 + step): times for row, line in enumerate(HOUSE) for step, times in enumerate(line)}
    found = weights.ahp(weights.judged(8, pairs))
    assert found.weights == pytest.approx([0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], abs=1e-3)
    assert (found.largest_eigenvalue, found.index, found.ratio) == pytest.approx((9.669, 0.238, 0.169), abs=2e-3)
    assert not found.accepted
    assert found.doubtful[:3] == (2, 6, 6)


def test_pairs_that_agree_are_consistent_and_two_always_do():
    true = np.array([0.5, 0.3, 0.2])
    found = weights.ahp(true[:, None] / true)
    assert found.weights == pytest.approx(true) and found.ratio == pytest.approx(0, abs=1e-9) and found.doubtful is None
    assert weights.ahp([[1, 3], [1 / 3, 1]]).ratio == 0 and weights.ahp([[1]]).weights.tolist() == [1]


def test_stakeholders_are_brought_together_and_their_spread_shown():
    ours = weights.Opinion("police", weights.AHP, np.array([0.8, 0.2]), ratio=0.05)
    theirs = weights.Opinion("town", weights.AHP, np.array([0.2, 0.8]), ratio=0.3)
    both = weights.aggregate([ours, theirs])
    assert both.weights == pytest.approx([0.5, 0.5]) and codes(both.findings) == {"inconsistent_pairs"}
    assert both.lowest.tolist() == [0.2, 0.2] and both.highest.tolist() == [0.8, 0.8] and both.deviation == pytest.approx([0.3, 0.3])
    third = weights.Opinion("residents", weights.SWING, np.array([100, 0]), voice=2)
    three = weights.aggregate([ours, theirs, third])
    assert three.weights == pytest.approx([0.75, 0.25]) and "mixed_methods" in codes(three.findings) and three.farthest == "town"


def test_geometric_mean_of_pairs_is_not_the_mean():
    a, b = (weights.Opinion(name, weights.AHP, np.array(share)) for name, share in (("a", [0.9, 0.1]), ("b", [0.5, 0.5])))
    assert weights.aggregate([a, b]).weights == pytest.approx([0.75, 0.25])


ROWS = [[9, 100, 0.2], [2, 900, 0.9], [5, 500, 0.5], [8, 400, 0.1]]


def test_the_librarys_faults_are_as_known():
    """If one of these fails, the library has been mended: then its fence can go."""
    types, shares = np.array([1, -1, 1]), np.ones(3) / 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        holed = np.array(ROWS)
        holed[0, 0] = NAN
        assert np.isnan(TOPSIS()(holed, shares, types)).all(), "one gap and no zone has a value"
        assert np.isfinite(PROMETHEE_II("usual")(holed, shares, types)).all(), "a gap counts as losing to nobody and beating nobody"
        assert np.isnan(TOPSIS()(np.array(ROWS)[:1], shares, types)).all()
        assert np.isnan(PROMETHEE_II("usual")(np.array(ROWS)[:1], shares, types)).all()
        assert np.isnan(TOPSIS()(np.ones((3, 3)), shares, types)).all()
        assert np.isnan(TOPSIS()(np.array(ROWS), np.zeros(3), types)).all()
    with pytest.raises(ValueError, match="out of range"):
        SPOTIS(np.array([[0, 5], [0, 1000], [0, 1]], float))(np.array(ROWS), shares, types)


@pytest.mark.parametrize("method", [comparing.topsis, comparing.promethee])
def test_other_methods_leave_out_what_they_cannot_rank_and_say_so(method):
    holed = [*ROWS, [NAN, 1, 1]]
    found = method(table(holed), [1, 1, 1])
    assert np.isnan(found.values[4]) and found.ranks[4] == 0 and codes(found.findings) == {"left_out_for_missing"}
    assert found.values[:4] == pytest.approx(method(table(ROWS), [1, 1, 1]).values)
    constant = [[*row[:2], 0.5] for row in ROWS]
    assert method(table(constant), [1, 1, 1]).values == pytest.approx(method(table(constant), [1, 1, 0]).values)
    gap_without_weight = [[*row[:2], NAN] for row in ROWS]
    assert method(table(gap_without_weight), [1, 1, 0]).values == pytest.approx(method(table(ROWS), [1, 1, 0]).values)
    assert codes(method(table(ROWS[:1]), [1, 1, 1]).findings) == {"too_few_to_compare"}
    assert codes(method(table([ROWS[0]] * 3), [1, 1, 1]).findings) == {"zones_all_alike"}
    with pytest.raises(Unfit):
        method(table(ROWS), [0, 0, 0])


def test_promethee_refuses_tables_it_has_no_memory_for():
    many = comparing.promethee(table(np.zeros((comparing.MOST_FOR_PROMETHEE + 1, 3))), [1, 1, 1])
    assert codes(many.findings) == {"too_many_to_compare"} and not many.ranks.any()


def test_methods_are_compared_by_rank_and_without_a_number_where_there_is_none():
    rankings, correlations = comparing.compare(table(ROWS), [1, 1, 1])
    assert [ranking.method for ranking in rankings] == ["spotis", "topsis", "promethee"] and len(correlations) == 3
    assert all(-1 <= pair.spearman <= 1 and -1 <= pair.kendall <= 1 and pair.zones == 4 for pair in correlations)
    _, alone = comparing.compare(table(ROWS[:1]), [1, 1, 1])
    assert {pair.spearman for pair in alone} == {None}
    same = comparing.correlation(rankings[0], rankings[0])
    assert (same.spearman, same.kendall) == pytest.approx((1, 1))
