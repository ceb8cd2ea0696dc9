import io
from dataclasses import replace
from fractions import Fraction

import openpyxl
import pytest
from django.urls import reverse
from scipy.stats import spearmanr

from tests import cast
from tests.zones.conftest import CHECKED, NOW, PERIOD, cover, incident
from tests.zones.test_rating import CRITERIA, FINE, with_counts
from zones.fairness import AT_LEAST, Share, crowd, hinges, rank_correlation, wilson
from zones.rounds import rate


def test_wilsons_interval_is_that_of_the_books():
    """Wilson 1927, as in every table: 8 of 10 at 95 %."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(0, 0) is None


def test_shares_are_apart_only_with_enough_and_without_overlap():
    assert Share(95, 100).apart_from(Share(50, 100))
    assert not Share(55, 100).apart_from(Share(50, 100))
    assert Share(9, 9).apart_from(Share(0, 100)) is None


def test_rank_correlation_is_spearmans_with_ties_and_says_when_it_cannot_be_told():
    pairs = [(1, 2), (2, 2), (3, 5), (3, 4), (5, 9), (6, 9), (7, 8), (8, 8), (9, 1), (9, 12)]
    assert rank_correlation(pairs).value == pytest.approx(spearmanr(*zip(*pairs, strict=True)).statistic)
    assert rank_correlation(pairs[: AT_LEAST - 1]).value is None
    assert rank_correlation([(1, each) for each in range(20)]).value is None


def test_a_crowd_just_below_the_line_is_seen():
    line = Fraction(1)
    found = crowd([Fraction(each, 100) for each in [*range(60, 80, 5), *[95] * 12, *range(100, 118, 5), 0, 0, 300]], line)
    assert (found.below, found.above, found.expected, found.is_suspicious) == (12, 4, 4.0, True)
    assert crowd([Fraction(9, 10)] * 3, line).is_suspicious is None


def test_a_grade_that_hangs_on_one_incident_is_named():
    """250 households: a second theft makes 0.8, a third 1.2: yellow."""
    found = hinges(with_counts(theft=2), CRITERIA, "green")
    assert ("theft", "ordinary", 1, "yellow") in {(each.category, each.severity, each.change, each.colour) for each in found}
    assert not hinges(replace(FINE, household_count=5000), CRITERIA, "green")
    assert ("theft", "ordinary", -1, "green") in {
        (each.category, each.severity, each.change, each.colour) for each in hinges(with_counts(theft=3), CRITERIA, "yellow")
    }


@pytest.mark.django_db
def test_the_monitors_page_and_file_tell_towns_lines_and_hinges(client, county):
    for town in (cast.WEST, cast.EAST):
        cover(town)
    place = cast.west_compound(**CHECKED)
    cast.east_compound(**CHECKED)
    incident("theft", "2026-08-01", compound=place)
    rate(period=PERIOD, now=NOW)
    client.force_login(cast.county_officer())
    page = client.get(reverse("fairness"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "少1起一般盗窃 → 绿" in text
    assert "西镇" in text
    assert "说不准" in text
    assert "style=" not in text
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("fairness_file")).content))
    assert [sheet.title for sheet in book][:2] == ["历期绿色比例", "乡镇"]
    assert client.get(reverse("fairness"), {"period": "1999Q1"}).status_code == 404
