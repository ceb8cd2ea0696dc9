"""R2: the scoreboard shows duties in time and problems mended in time, which patrol does not know of."""
from datetime import date

import pytest
from django.urls import reverse

from geo.models import Division
from patrol import measures, targets
from tests import cast
from tests.zones import registering as r
from tests.zones.test_duties import TODAY, at, done, weekly
from zones import duty_rows


@pytest.fixture
def who(people):
    duty_rows.extend(now=r.NOW)
    return people


def actual(user, code: str, key: str, now):
    [row] = [row for row in targets.scoreboard(user, 2026, now=now) if row.unit.pk == code]
    return {cell.measure: cell for cell in row.cells}[key]


def test_apps_declare_their_measures(db):
    of_zones = ["duties_on_time", "issues_on_time", "answers_timely"]
    assert [each.key for each in measures.every()] == ["patrol_hours", "visits", "longest_gap", *of_zones]
    with pytest.raises(ValueError):
        measures.register(measures.find("visits"))


def test_duties_late_or_missed_count_against_the_unit(who):
    done(weekly(), who["cadre"], TODAY)
    later = at(date(2026, 11, 21))
    # Of the two western villages' screening of Friday and inspection of the 20th, one of four is done.
    assert actual(who["county"], cast.WEST, "duties_on_time", later).actual == 25
    assert actual(who["county"], cast.EAST, "duties_on_time", later).actual == 0
    assert actual(who["west"], cast.WEST, "duties_on_time", at(date(2026, 11, 2))).actual is None


def test_problems_in_time_are_mended_by_their_day_and_closed(who):
    cadre, west = who["cadre"], who["west"]
    assert actual(who["county"], cast.WEST, "issues_on_time", r.NOW).actual is None
    r.closed(r.reported(r.assigned(r.issue(cadre), west, due_on=date(2026, 11, 20)), cadre), west)
    r.reported(r.assigned(r.issue(cadre), west, due_on=date(2026, 11, 20)), cadre)
    r.assigned(r.issue(cadre), west, due_on=date(2026, 11, 20))
    later = at(date(2026, 11, 23))
    assert actual(who["county"], cast.WEST, "issues_on_time", later).actual == 50
    assert actual(who["county"], cast.EAST, "issues_on_time", later).actual is None


def test_a_share_is_set_in_percent_and_the_county_takes_the_lowest(who, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: r.NOW)
    client.force_login(who["county"])
    typed = {"unit": cast.WEST, "year": 2026, "measure": "duties_on_time", "value": "120"}
    refused = client.post(reverse("targets"), typed)
    assert refused.status_code == 422 and "比例最大是100" in refused.content.decode()
    assert client.post(reverse("targets"), typed | {"value": "95"}).status_code == 302
    targets.put(unit=Division.objects.get(pk=cast.EAST), year=2026, measure="duties_on_time", value=90, by=who["county"], now=r.NOW)
    assert actual(who["county"], cast.COUNTY, "duties_on_time", r.NOW).value == 90
    assert [targets.Cell("duties_on_time", 90, share, 0.5).state for share in (90.0, 80.0)] == ["reached", "behind"]
    page = client.get(reverse("targets")).content.decode()
    assert "定期任务按时率不低于" in page and "问题按期办结率不低于" in page
