import json

import pytest
from django.db import IntegrityError, transaction

from geo.models import Incident
from geo.workflow import MoveRefused
from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import CHECKED, NOW, PERIOD, cover, incident
from zones import corrections
from zones import round_life as life
from zones.models import Publication, PublishedGrade, RatingRound
from zones.publication import PUBLIC_FIELDS, current, differences
from zones.register_words import RegisterRefused
from zones.rounds import RatingRefused, rate


@pytest.fixture
def published(rated, officer):
    return r.publish()


def public_row(compound, number: int = 1) -> PublishedGrade:
    return PublishedGrade.objects.get(public_id=compound.public_id, publication__number=number, publication__period=PERIOD)


def told(row: PublishedGrade) -> dict:
    return {reason["code"]: reason["numbers"].get("count") for reason in row.reasons}


def test_a_publication_holds_all_that_is_needed_to_read_it(published, west):
    assert (published.number, published.is_current, published.correction_reason) == (1, True, "")
    assert published.published_by_unit == "中宁县公安局"
    assert published.criteria["per_100_households"]["theft"]["red"] == "2.0"
    assert public_row(west).colour == "red"
    assert public_row(west).town_name == "西镇"
    assert public_row(west).village_name == "西南社区"


def test_only_the_listed_fields_are_published():
    fields = {field.name for field in PublishedGrade._meta.get_fields()} - {"id", "publication", "shape_3857"}
    assert fields == set(PUBLIC_FIELDS)


def test_points_are_coarse(published, west):
    point = public_row(west).point
    assert (point.x, point.y) == (round(point.x, 4), round(point.y, 4))
    assert west.geom.distance(point) < 0.0001


def test_small_counts_rates_and_households_stay_inside(west, east, officer):
    for day in range(1, 4):
        incident("theft", f"2026-08-0{day} 03:00", compound=west)
    for day in range(1, 8):
        incident("fire", f"2026-08-0{day} 03:00", compound=east)
    r.publish()
    assert told(public_row(west)) == {"theft": "<5", "drugs": 0, "crime": 0, "fire": 0, "fire_hazard": 0}
    assert told(public_row(east))["fire"] == "5-9"
    for row in PublishedGrade.objects.all():
        text = json.dumps(row.reasons)
        assert "rate" not in text
        assert "households" not in text


def test_a_small_compound_is_published_without_its_households(county, officer):
    cover(cast.WEST)
    west = cast.west_compound(household_count=12, **CHECKED)
    r.publish()
    row = public_row(west)
    assert row.colour == "not_graded"
    assert row.reasons[0] == {"code": "too_few_households", "level": "missing", "numbers": {"minimum": 20}}


@pytest.mark.parametrize("who", ["west_officer", "village_cadre", "auditor"])
def test_only_a_county_officer_publishes(rated, who):
    r.brought("objection")
    for by in (getattr(cast, who)(), None):
        with pytest.raises(RatingRefused, match="县级民警"):
            life.publish(period=PERIOD, by=by, now=NOW + 30 * r.DAY)
    assert not Publication.objects.exists()


def test_nothing_is_published_before_it_is_computed_or_over(rated, officer):
    with pytest.raises(RatingRefused, match="还没有计算"):
        life.publish(period="2026Q2", by=officer, now=NOW)
    with pytest.raises(MoveRefused, match="还没有结束"):
        life.freeze(period="2026Q4", by=officer, now=NOW)
    with pytest.raises(MoveRefused, match="不能这样办理"):
        life.publish(period=PERIOD, by=officer, now=NOW)


def test_the_second_time_is_a_correction_and_says_why(published, officer, west):
    Incident.objects.everywhere("test").filter(compound=west).delete()
    with pytest.raises(RatingRefused, match="已冻结"):
        rate(period=PERIOD, now=NOW)
    for reason in ("", "   "):
        with pytest.raises(MoveRefused, match="理由"):
            r.reopen(why=reason)
    r.reopen()
    again = rate(period=PERIOD, now=NOW)
    (difference,) = differences(again.round)
    assert (difference.name, difference.published, difference.computed) == ("西苑小区", "red", "green")
    corrected = r.publish(now=NOW + 21 * r.DAY)
    assert (corrected.number, corrected.correction_reason) == (2, "警情误录")
    assert current(PERIOD) == corrected
    assert not Publication.objects.get(pk=published.pk).is_current
    assert (public_row(west, 1).colour, public_row(west, 2).colour) == ("red", "green")
    assert differences(again.round) == []


def test_a_round_taken_up_again_for_nothing_leaves_what_is_published(published, officer):
    r.reopen()
    assert r.publish(now=NOW + 21 * r.DAY) == published
    assert Publication.objects.count() == 1
    with pytest.raises(RatingRefused, match="没有可更正"):
        corrections.correct(RatingRound.objects.get(), by=officer, reason="再来一次", now=NOW)


def test_a_reason_with_a_persons_number_is_refused(published):
    with pytest.raises(RegisterRefused, match="个人号码"):
        r.reopen(why="请联系 13812345678")


def test_the_digest_is_of_the_words_and_not_of_the_moment(published, officer):
    first = published.sha256
    Publication.objects.all().delete()
    r.reopen()
    assert r.publish(now=NOW + 21 * r.DAY).sha256 == first


def test_one_publication_of_a_period_is_current(published):
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(
            **{field.name: getattr(published, field.name) for field in Publication._meta.fields if field.name not in {"id", "number"}},
            number=2,
        )
