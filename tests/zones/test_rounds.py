from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.models import Incident, LayerVersion
from tests import cast
from tests.zones.conftest import CHECKED, NOW, PERIOD, cover, incident
from zones.coverage import ReportRefused, coverage, report_zero
from zones.models import FourFreeTitle, Grade, RatingRound, RatingScheme, ZeroReport
from zones.periods import COUNTY_TIME
from zones.rounds import RatingRefused, rate
from zones.sentences import sentence

JULY = date(2026, 7, 1)


def grade_of(compound, period: str = PERIOD) -> Grade:
    return Grade.objects.everywhere("test").get(compound=compound, round__period=period)


def title_of(unit, period: str = PERIOD):
    """The row that holds the title: a compound's grade, a courtyard's title."""
    model, by = (FourFreeTitle, "courtyard") if unit._meta.model_name == "courtyard" else (Grade, "compound")
    return model.objects.everywhere("test").get(round__period=period, **{by: unit})


def test_a_round_grades_every_compound(rated, west, east):
    assert rated.is_final
    assert rated.colours == {"red": 1, "yellow": 0, "green": 1, "not_graded": 0}
    assert (rated.new_count, rated.changed_count) == (2, 0)
    assert grade_of(west).theft_count == 6
    assert grade_of(east).colour == "green"


def test_a_changed_incident_changes_the_grade_and_the_summary_says_why(rated, west):
    Incident.objects.everywhere("test").filter(compound=west, occurred_at__lt=datetime(2026, 7, 6, tzinfo=COUNTY_TIME)).delete()
    again = rate(period=PERIOD, now=NOW)
    assert again.colours["yellow"] == 1
    (change,) = again.changes
    assert (change.name, change.before, change.after) == ("西苑小区", "red", "yellow")
    assert [sentence(reason) for reason in change.reasons] == ["盗窃：12个月1起，每百户1.0起，达到黄线1.0、低于红线2.0。"]


def test_computing_again_without_change_writes_nothing(rated):
    before = LayerVersion.objects.get(layer="grades").version
    rows = list(Grade.objects.everywhere("test").extra(select={"x": "zones_grade.xmin::text"}).values_list("pk", "x"))
    again = rate(period=PERIOD, now=NOW)
    assert (again.new_count, again.changed_count, again.changes) == (0, 0, ())
    assert list(Grade.objects.everywhere("test").extra(select={"x": "zones_grade.xmin::text"}).values_list("pk", "x")) == rows
    assert LayerVersion.objects.get(layer="grades").version >= before


def test_the_window_begins_and_ends_at_the_countys_midnight(west, officer):
    for at in ("2025-09-30 23:59:59", "2025-10-01 00:00:00", "2026-09-30 23:59:59", "2026-10-01 00:00:00"):
        incident("theft", at, compound=west)
    rate(period=PERIOD, now=NOW)
    assert grade_of(west).theft_count == 2
    assert title_of(west).period_incident_count == 1


def test_statements_do_not_grow_with_the_county(west, east):
    with CaptureQueriesContext(connection) as few:
        rate(period=PERIOD, now=NOW)
    for i in range(30):
        cast.compound(f"小区{i}", 105.61, 37.48, cast.WEST_SOUTH, **CHECKED)
    with CaptureQueriesContext(connection) as many:
        rate(period=PERIOD, now=NOW)
    assert len(many) <= len(few) <= 20


@pytest.mark.parametrize(
    ("period", "words"),
    [("2026Q9", "写法"), ("2027Q1", "还没有开始"), ("2019Q4", "没有适用的评定标准"), ("2026-07", "不是这样的评定期"), ("", "写法")],
)
def test_a_period_that_cannot_be_rated_is_refused_with_the_reason(county, period, words):
    with pytest.raises(RatingRefused, match=words):
        rate(period=period, now=NOW)
    assert not RatingRound.objects.exists()


def test_no_criteria_in_force_is_said(county):
    RatingScheme.objects.all().delete()
    with pytest.raises(RatingRefused, match="load_criteria"):
        rate(period=PERIOD, now=NOW)


def test_a_period_that_has_not_ended_gives_a_draft(west, officer):
    assert not rate(period="2026Q4", now=NOW).is_final


def test_town_officer_cannot_rate(county):
    with pytest.raises(RatingRefused, match="县级民警"):
        rate(period=PERIOD, by=cast.west_officer(), now=NOW)


# Four-free titles


def test_courtyard_and_compound_hold_the_title_on_their_own(west, west_yard):
    incident("fire", "2026-08-02 10:00", courtyard=west_yard)
    rate(period=PERIOD, now=NOW)
    assert title_of(west_yard).four_free == "not_held"
    assert (title_of(west).four_free, title_of(west).streak_count) == ("held", 1)


def test_a_register_with_a_gap_in_the_period_gives_no_title(county):
    cover(cast.WEST, months=11)
    west = cast.west_compound(**CHECKED)
    rate(period=PERIOD, now=NOW)
    assert title_of(west).four_free == "not_enough"
    assert grade_of(west).colour == "not_graded"
    assert grade_of(west).covered_month_count == 11


def test_the_streak_counts_consecutive_periods_and_follows_a_correction(west, west_yard):
    cover(cast.WEST, "2025-01-01", 9)
    for period in ("2026Q1", "2026Q2", PERIOD):
        rate(period=period, now=NOW)
    assert [title_of(west, period).streak_count for period in ("2026Q1", "2026Q2", PERIOD)] == [1, 2, 3]
    late = incident("drugs", "2026-02-03 10:00", compound=west)
    rate(period="2026Q1", now=NOW)
    assert [title_of(west, period).streak_count for period in ("2026Q1", "2026Q2", PERIOD)] == [0, 1, 2]
    assert [title_of(west_yard, period).streak_count for period in ("2026Q1", "2026Q2", PERIOD)] == [1, 2, 3]
    late.delete()
    rate(period="2026Q1", now=NOW)
    assert title_of(west).streak_count == 3


# Coverage of the register


def test_a_zero_report_covers_a_quiet_month(county, officer):
    cover(cast.WEST, months=11)
    west = cast.west_compound(**CHECKED)
    report_zero(town=cast.WEST, month=date(2026, 9, 1), by=cast.west_officer(), now=NOW)
    rate(period=PERIOD, now=NOW)
    assert grade_of(west).colour == "green"
    (line,) = coverage(RatingRound.objects.get(), cast.village_cadre())
    assert (line.town.code, line.missing, line.months[-1][1]) == (cast.WEST, [], "zero")


def test_the_register_of_one_town_says_nothing_of_another(west):
    east = cast.east_compound(**CHECKED)
    rate(period=PERIOD, now=NOW)
    assert (grade_of(west).colour, grade_of(east).colour) == ("green", "not_graded")


@pytest.mark.parametrize(
    ("town", "month", "words"),
    [
        (cast.EAST, JULY, "本乡镇"),
        (cast.COUNTY, JULY, "本乡镇"),
        (cast.WEST_SOUTH, JULY, "按乡镇"),
        (cast.WEST, date(2026, 7, 2), "按月"),
        (cast.WEST, date(2026, 10, 1), "还没有结束"),
        (cast.WEST, date(2026, 9, 1), "已有警情"),
    ],
)
def test_zero_reports_that_are_refused(west, town, month, words):
    with pytest.raises(ReportRefused, match=words):
        report_zero(town=town, month=month, by=cast.west_officer(), now=NOW)
    assert not ZeroReport.objects.everywhere("test").exists()
