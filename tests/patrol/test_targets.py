"""R2: who sets targets, what is done of them, and how they roll up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from geo.models import Division
from patrol import targets
from patrol.models import PatrolEvent, Target
from tests import cast
from tests.patrol import patrolling as p
from tests.patrol.patrolling import HOUR, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    cast.territory()
    return {"county": cast.county_officer(), "west": cast.west_officer(), "east": cast.east_officer(), "planner": cast.planner()}


def put(by, code, measure="visits", value=100.0):
    return targets.put(unit=Division.objects.get(pk=code), year=2026, measure=measure, value=value, by=by, now=NOW)


def test_county_officer_sets_the_towns_targets_and_changes_them(people):
    put(people["county"], cast.WEST)
    changed = put(people["county"], cast.WEST, value=120.0)
    assert Target.objects.visible_to(people["county"]).get() == changed
    assert (changed.value, changed.set_by) == (120.0, people["county"])


@pytest.mark.parametrize(("who", "code"), [
    ("west", cast.WEST), ("west", cast.COUNTY), ("west", cast.EAST), ("west", cast.EAST_SOUTH),
    ("planner", cast.WEST), ("county", cast.COUNTY),
])  # fmt: skip
def test_nobody_sets_the_own_target_or_one_above_or_beside(people, who, code):
    with pytest.raises(PermissionDenied):
        put(people[who], code)


def test_town_officer_sets_the_villages_targets(people):
    assert put(people["west"], cast.WEST_SOUTH).division_id == cast.WEST_SOUTH


def cells(user, code):
    [row] = [row for row in targets.scoreboard(user, 2026, now=NOW) if row.unit.pk == code]
    return {cell.measure: cell for cell in row.cells}


def test_hours_and_visits_add_up_and_gaps_take_the_longest(people):
    for code, hours, gap in ((cast.WEST, 100, 24), (cast.EAST, 50, 36)):
        put(people["county"], code, "patrol_hours", hours)
        put(people["county"], code, "longest_gap", gap)
    walker = p.member()
    phone = p.device(walker)
    rested = p.patrol(walker, phone, start=NOW - 6 * HOUR, hours=4)
    PatrolEvent.objects.create(patrol=rested, kind="paused", at=NOW - 5 * HOUR)
    PatrolEvent.objects.create(patrol=rested, kind="resumed", at=NOW - 4 * HOUR)
    county = cells(people["county"], cast.COUNTY)
    assert (county["patrol_hours"].value, county["longest_gap"].value) == (150, 36)
    assert county["patrol_hours"].actual == pytest.approx(3)
    assert cells(people["county"], cast.WEST)["patrol_hours"].actual == pytest.approx(3)
    assert cells(people["county"], cast.EAST)["patrol_hours"].actual == 0


def test_a_patrol_that_the_system_closed_ended_with_its_last_word(people):
    walker = p.member()
    p.patrol(walker, p.device(walker), start=NOW - 30 * HOUR, hours=16, closing="system",
             last_contact_at=NOW - 28 * HOUR, last_fix_at=NOW - 28.5 * HOUR)  # fmt: skip
    assert cells(people["west"], cast.WEST)["patrol_hours"].actual == pytest.approx(2)


def test_the_longest_gap_begins_with_the_data_and_unknown_breaks_it(people):
    walker = p.member()
    p.submission(p.device(walker), at=NOW - timedelta(hours=48), kind="patrol")
    zone = apps.get_model("zones", "RectificationZone").objects.create(
        name="西关", source_key="z1", division_id=cast.WEST_SOUTH, geom=cast.square(105.62, 37.48)
    )
    p.presence("zones", zone.pk, cast.WEST_SOUTH, NOW - timedelta(hours=10), present_s=10, unknown_s=900)
    found = cells(people["west"], cast.WEST)["longest_gap"]
    assert found.actual == 38


def test_without_data_there_is_no_gap_to_tell(people):
    assert cells(people["west"], cast.WEST)["longest_gap"].actual is None


def test_progress_is_measured_against_the_year():
    due = targets.elapsed(2026, on=datetime(2026, 7, 2, tzinfo=UTC).date())
    assert due == pytest.approx(183 / 365)
    cell = targets.Cell
    assert [cell("visits", 100, done, due).state for done in (10, 60, 100)] == ["behind", "on_way", "reached"]
    assert [cell("longest_gap", 24, done, due).state for done in (20, 30)] == ["on_way", "behind"]
    assert cell("visits", None, 3, due).state == "none"


def test_the_page_takes_a_target_from_the_county_only(people, client):
    typed = {"unit": cast.WEST, "year": 2026, "measure": "visits", "value": "80"}
    client.force_login(people["planner"])
    assert client.post(reverse("targets"), typed).status_code == 403
    client.force_login(people["west"])
    assert client.post(reverse("targets"), typed).status_code == 422
    client.force_login(people["county"])
    assert client.post(reverse("targets"), typed).status_code == 302
    assert Target.objects.visible_to(people["county"]).get().value == 80
    assert client.post(reverse("targets"), {**typed, "value": "-1"}).status_code == 422
    assert client.get(reverse("targets") + "?form=xlsx").headers["Content-Type"].endswith("sheet")
