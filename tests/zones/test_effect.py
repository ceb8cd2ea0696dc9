"""Effect on simulated data whose truth is known."""
import numpy as np
import pytest

from zones.effect.differences import changes, difference, placebo_in_place, placebo_in_time, trends
from zones.effect.displacement import DIFFUSED, DISPLACED, NO_SUCCESS, displacement, quotient
from zones.effect.matching import match
from zones.effect.verdict import BETTER, NO_DIFFERENCE, NOT_TOLD, WORSE, judge

START, MONTHS = 24, 36
APART = 10_000  # one seed for data and draws would make them follow one stream


def panel(seed, treated=20, others=40, effect=1.0, rise=0.0, bad=1.0):
    """Poisson counts around each unit's own rate, one course of the months for all; `effect` multiplies the treated's rate from START."""
    random = np.random.default_rng(seed)
    course = (1 + 0.2 * np.sin(np.arange(MONTHS) / 2)) * np.exp(random.normal(0, 0.05, MONTHS))
    rate = random.gamma(6, 0.5, treated + others)[:, None] * course
    mine = np.arange(treated + others) < treated
    rate[:treated, START:] *= effect
    rate[:treated] *= 1 + rise * np.arange(MONTHS) / MONTHS
    rate[:treated, START - 12 : START] *= bad
    return random.poisson(rate), mine


@pytest.mark.parametrize("units", [(6, 8), (20, 40)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(units):
    held, wrong = 0, 0
    for seed in range(200):
        counts, treated = panel(seed, *units)
        found = difference(counts, treated, START, draws=199, seed=seed + APART)
        held += found.low <= 0 <= found.high
        wrong += found.p <= 0.05
    assert 0.90 <= held / 200 <= 0.99
    assert 0.01 <= wrong / 200 <= 0.095


def test_interval_holds_a_true_effect():
    held = 0
    for seed in range(120):
        random = np.random.default_rng(seed)
        counts, treated = random.poisson(4.0, (60, MONTHS)), np.arange(60) < 20
        counts[:20, START:] = random.poisson(3.0, (20, MONTHS - START))
        found = difference(counts, treated, START, draws=199, seed=seed + APART)
        held += found.low <= -1 <= found.high
    assert 0.89 <= held / 120 <= 0.99


def test_verdict_cries_seldom_under_null_and_sees_what_is_there():
    null = [judge(*panel(seed), START, draws=99, seed=seed + APART).code for seed in range(80)]
    assert sum(code in (BETTER, WORSE) for code in null) <= 8
    assert null.count(NOT_TOLD) <= 12
    good = [judge(*panel(seed, effect=0.6), START, draws=99, seed=seed + APART) for seed in range(24)]
    assert sum(each.code == BETTER for each in good) >= 19 and not any(each.code == WORSE for each in good)
    assert np.mean([each.estimate.share for each in good]) == pytest.approx(-0.4, abs=0.05)
    assert sum(judge(*panel(seed, effect=1.6), START, draws=99, seed=seed + APART).code == WORSE for seed in range(24)) >= 19
    assert NO_DIFFERENCE in null


def test_what_cannot_be_told_says_why():
    def codes(*given, **rest):
        found = judge(*given, **rest)
        return found.code, {reason.code for reason in found.reasons}

    counts, treated = panel(1, 3, 10)
    assert codes(counts, treated, START) == (NOT_TOLD, {"too_few_units"})
    counts, treated = panel(1)
    assert codes(counts, treated, 34) == (NOT_TOLD, {"too_few_months"})
    assert codes(counts * 0, treated, START) == (NOT_TOLD, {"no_incidents"})
    assert "not_comparable" in codes(counts, treated, START, balanced=False)[1]
    assert "trends_not_parallel" in codes(*panel(2, 40, 60, rise=2.0), START)[1]
    code, reasons = codes(*panel(3, bad=1.6), START)
    assert code == NOT_TOLD and "chosen_for_a_bad_year" in reasons
    gaps = counts.astype(float)
    gaps[0, 0] = np.nan
    assert "units_incomplete" in codes(gaps, treated, START)[1]
    assert "few_units" in codes(*panel(4, 6, 8), START)[1]


def test_placebos_and_least_visible_effect():
    counts, treated = panel(5, effect=0.5)
    late = placebo_in_time(counts, treated, START)
    assert late.low <= 0 <= late.high and trends(counts, treated, START)[1] <= 0 <= trends(counts, treated, START)[2]
    assert placebo_in_place(counts, treated, START) <= 0.12
    found = difference(counts, treated, START)
    assert found == difference(counts, treated, START)
    assert 2.5 * found.error < found.least_visible < 3.2 * found.error
    assert changes(counts, START, skip=tuple(range(12, 24)))[0] == pytest.approx(counts[0, 24:].mean() - counts[0, :12].mean())


def test_matching_finds_the_alike_and_says_who_has_nobody():
    random = np.random.default_rng(0)
    others = random.normal(0, 1, (60, 2))
    mine = np.vstack([others[:10] + 0.01, [[30.0, 30.0]]])
    covariates = np.column_stack([np.vstack([mine, others]), np.ones(71)])
    covariates[5, 0] = np.nan
    found = match(covariates, np.arange(71) < 11, ["incidents", "households", "constant"], caliper=0.5)
    assert {pair for pair in found.pairs} == {(row, row + 11) for row in range(10) if row != 5}
    assert found.unmatched == (10,) and found.incomplete == (5,)
    assert found.balanced and found.balance[2].after is None and abs(found.balance[0].after) < 0.05


def test_partners_are_exchanged_until_the_groups_are_alike():
    """Every treated unit's nearest lies on the same side: pairs are near, means are not."""
    mine = np.column_stack([np.arange(6.0), np.zeros(6)])
    nearest, further = mine + [0.5, 0], mine - [0.6, 0]
    covariates, treated = np.vstack([mine, nearest, further]), np.arange(18) < 6
    found = match(covariates, treated, ["level", "constant"], caliper=1.0)
    assert found.balanced and found.balance[0].after < 0
    assert len({other for _one, other in found.pairs}) == 6
    assert all(abs(covariates[one, 0] - covariates[other, 0]) <= 2.0 for one, other in found.pairs)


def test_ring_gains_or_loses():
    assert quotient((100, 50), (100, 75), (100, 100)) == pytest.approx(0.5)
    assert quotient((100, 50), (100, 125), (100, 100)) == pytest.approx(-0.5)
    assert quotient((100, 110), (100, 90), (100, 100)) is None
    random = np.random.default_rng(1)
    other = random.poisson(60, (40, 2))

    def of(zone, ring):
        return displacement(*(np.column_stack([random.poisson(60, 20), random.poisson(after, 20)]) for after in (zone, ring)), other)

    assert of(30, 45).code == DIFFUSED and of(30, 75).code == DISPLACED and of(70, 60).code == NO_SUCCESS
    assert of(30, 45).net == pytest.approx(900, rel=0.25)
