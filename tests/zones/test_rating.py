import json
from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from zones.criteria import CATEGORIES, parse_criteria
from zones.rating import Evidence, grade, shown_rate, title
from zones.sentences import lines_of, sentence

CRITERIA = parse_criteria(json.loads((settings.BASE_DIR / "fixtures/criteria_default.json").read_text("utf-8"))["criteria"])
FINE = Evidence(
    counts=dict.fromkeys(CATEGORIES, 0),
    household_count=250,
    covered_month_count=12,
    fire_checked_on=date(2026, 5, 3),
    open_fire_hazard_count=0,
    fire_checked_since=date(2025, 10, 1),
    computed_on=date(2026, 10, 8),
)


def with_counts(**counts) -> Evidence:
    return replace(FINE, counts={**FINE.counts, **counts})


def colour(evidence: Evidence) -> str:
    return grade(evidence, CRITERIA)[0]


def sentences(evidence: Evidence) -> list[str]:
    return [line.text for line in lines_of(grade(evidence, CRITERIA)[1])]


@pytest.mark.parametrize(
    ("thefts", "households", "expected"),
    [(0, 250, "green"), (2, 201, "green"), (2, 200, "yellow"), (4, 201, "yellow"), (4, 200, "red"), (5, 250, "red"), (6, 250, "red")],
)
def test_a_rate_that_reaches_a_line_is_over_it(thefts, households, expected):
    assert colour(replace(with_counts(theft=thefts), household_count=households)) == expected


def test_the_worst_category_decides():
    assert colour(with_counts(drugs=1)) == "yellow"
    assert colour(with_counts(drugs=1, fire=2)) == "red"


@pytest.mark.parametrize(("hazards", "expected"), [(0, "green"), (1, "yellow"), (2, "yellow"), (3, "red")])
def test_an_unresolved_fire_hazard_decides_alone(hazards, expected):
    assert colour(replace(FINE, open_fire_hazard_count=hazards)) == expected


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"household_count": None}, "households_unknown"),
        ({"household_count": 0}, "households_unknown"),
        ({"household_count": 19}, "too_few_households"),
        ({"covered_month_count": 11}, "register_incomplete"),
        ({"fire_checked_on": None, "open_fire_hazard_count": None}, "no_fire_check"),
        ({"fire_checked_on": date(2025, 9, 30)}, "no_fire_check"),
        ({"fire_checked_on": date(2026, 10, 9)}, "no_fire_check"),
    ],
)
def test_too_little_evidence_is_not_graded_and_says_what_is_missing(missing, code):
    for evidence in (replace(FINE, **missing), replace(with_counts(theft=50), **missing)):
        found, reasons = grade(evidence, CRITERIA)
        assert found == "not_graded"
        assert [reason.code for reason in reasons if reason.level == "missing"] == [code]


def test_evidence_on_its_first_and_last_day_counts():
    assert colour(replace(FINE, fire_checked_on=date(2025, 10, 1))) == "green"
    assert colour(replace(FINE, fire_checked_on=date(2026, 10, 8))) == "green"
    assert colour(replace(FINE, household_count=20)) == "green"


def test_every_number_and_threshold_is_named():
    assert sentences(with_counts(theft=6, drugs=1)) == [
        "盗窃：12个月6起，每百户2.4起，超过红线2.0。",
        "吸毒：12个月1起，每百户0.4起，超过黄线0.2、低于红线0.5。",
        "犯罪：12个月0起，每百户0.0起，低于黄线0.5。",
        "火灾：12个月0起，每百户0.0起，低于黄线0.3。",
        "消防：2026年5月3日检查，没有未整改的火灾隐患。",
    ]
    assert "盗窃：12个月5起，每百户2.0起，达到红线2.0。" in sentences(with_counts(theft=5))
    assert "消防：2026年5月3日检查，未整改的火灾隐患2处，超过黄线1、低于红线3。" in sentences(replace(FINE, open_fire_hazard_count=2))


def test_missing_evidence_is_said_in_sentences():
    nothing = replace(FINE, household_count=None, covered_month_count=9, fire_checked_on=None, open_fire_hazard_count=None)
    said = sentences(replace(nothing, counts={**FINE.counts, "theft": 6}))
    assert said[:4] == [
        "户数不明，不评定。",
        "本乡镇的警情登记只覆盖12个月中的9个月，少于12个月，不评定。",
        "2025年10月1日以来没有消防检查记录，不评定。",
        "盗窃：12个月6起，户数不明，不能折算每百户。",
    ]
    assert "户数19户，少于20户，不评定。" in sentences(replace(FINE, household_count=19))


@given(count=st.integers(0, 300), households=st.integers(1, 20_000))
def test_the_shown_rate_never_crosses_a_line(count, households):
    reason = grade(replace(with_counts(theft=count), household_count=households), replace(CRITERIA, minimum_households=1))[1][0]
    shown = float(reason.numbers["rate"])
    assert reason.level == ("red" if shown >= 2.0 else "yellow" if shown >= 1.0 else "green")
    assert sentence(reason)


def test_a_rate_just_under_a_line_is_shown_as_such():
    lines = CRITERIA.per_100_households["theft"]
    assert shown_rate(196, 100, lines) == "1.96"
    assert shown_rate(19996, 10000, lines) == "1.9996"
    assert shown_rate(2, 1, lines) == "2.0"


@pytest.mark.parametrize(
    ("counts", "covered", "expected"),
    [({}, 3, "held"), ({}, 2, "not_enough"), ({"fire": 1}, 3, "not_held"), ({"theft": 1}, 0, "not_held")],
)
def test_four_free_needs_four_zeros_and_a_register_that_covers_the_period(counts, covered, expected):
    assert title({**FINE.counts, **counts}, covered, 3) == expected
