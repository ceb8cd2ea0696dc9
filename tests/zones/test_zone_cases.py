"""R6: a town proposes and reports, the county lists, accepts and delists; never the one who reported the work accepts it."""
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from geo import editing, workflow
from geo.editing import EditRefused
from geo.editing.shapes import to_geojson
from geo.layers import registry
from geo.models import Incident, User
from patrol.models import PresenceHour
from tests import cast
from tests.zones import registering as r
from zones import zone_cases, zone_figures
from zones.models import RectificationZone, ZoneFinding, ZonePhoto
from zones.periods import COUNTY_TIME
from zones.zone_cases import ZoneRefused
from zones.zone_criteria import change_percent, parse

NOW = r.NOW
DAY = timedelta(days=1)
TARGET = date(2027, 3, 31)
_keys = count()


@pytest.fixture
def who(db):
    return r.people() | {"chief": cast.user("chief", User.Role.COUNTY_OFFICER)}


@pytest.fixture
def zone(who):
    """Drawn by the town."""
    drawn = {"name": "西街城中村", "kind": "urban_village", "lead_unit": "西镇政府", "geom": to_geojson(cast.square(*r.SPOT, 0.003))}
    return editing.create(registry["zones"], drawn, by=who["west"], now=NOW)


def incident(at: datetime, spot=r.SPOT) -> None:
    key = f"z-{next(_keys)}"
    Incident.objects.create(category="theft", occurred_at=at, source_key=key, geom=cast.point(*spot), division_id=cast.WEST_SOUTH)


def listed(zone, who):
    met = {"fire_hazards": (True, "三处"), "weak_protection": (True, "无照明")}
    zone_cases.find(zone, met, by=who["west"], now=NOW)
    zone_cases.move(zone, "listed", by=who["county"], now=NOW, why="符合两条", target_on=TARGET)
    return zone


def reported(zone, who):
    listed(zone, who)
    zone_cases.move(zone, "rectifying", by=who["west"], now=NOW + DAY)
    zone_cases.add_photos(zone, [r.jpeg()], stage="after", by=who["west"], now=NOW + DAY)
    zone_cases.move(zone, "reported", by=who["west"], now=NOW + 2 * DAY, why="工程完工")
    return zone


def accepted(zone, who):
    reported(zone, who)
    met = {each.key: (True, "现场核查") for each in zone_cases.items_for(zone)}
    zone_cases.find(zone, met, by=who["county"], now=NOW + 3 * DAY)
    zone_cases.move(zone, "accepted", by=who["county"], now=NOW + 3 * DAY, why="验收通过")
    return zone


def test_a_drawn_zone_is_a_proposal_and_nobody_types_its_state(zone, who):
    assert zone.status == "proposed" and zone.listed_on is None
    for name, value in {"status": "delisted", "listed_on": "2026-01-01", "target_on": "2027-01-01", "delisted_on": "2026-01-01"}.items():
        with pytest.raises(EditRefused):
            editing.change(registry["zones"], zone.pk, {name: value}, by=who["county"], now=NOW, version=editing.version_of(zone))


def test_the_whole_way_with_a_decision_for_each_step(zone, who):
    accepted(zone, who)
    late = NOW + 120 * DAY
    zone_cases.find(zone, {each.key: (True, "巩固") for each in zone_cases.items_for(zone)}, by=who["county"], now=late)
    zone_cases.move(zone, "delisted", by=who["county"], now=late, why="摘牌")
    assert (zone.status, zone.delisted_on) == ("delisted", late.date())
    zone_cases.move(zone, "relisted", by=who["county"], now=late + DAY, why="反弹", target_on=date(2027, 12, 31))
    assert (zone.delisted_on, zone.listed_on, zone_cases.round_of(zone)) == (None, (late + DAY).date(), 2)
    told = [(each.from_state, each.to_state, each.decided_by.username) for each in workflow.history(zone)]
    assert told == [
        ("proposed", "listed", "county"), ("listed", "rectifying", "west"), ("rectifying", "reported", "west"),
        ("reported", "accepted", "county"), ("accepted", "delisted", "county"), ("delisted", "relisted", "county"),
    ]  # fmt: skip


def test_only_the_county_lists_accepts_and_delists(zone, who):
    zone_cases.find(zone, {"fire_hazards": (True, ""), "weak_protection": (True, "")}, by=who["west"], now=NOW)
    for name in ("west", "east", "cadre", "planner", "auditor"):
        with pytest.raises(PermissionDenied):
            zone_cases.move(zone, "listed", by=who[name], now=NOW, why="x", target_on=TARGET)
    listed(zone, who)
    with pytest.raises(PermissionDenied):
        zone_cases.move(zone, "rectifying", by=who["east"], now=NOW)


def test_listing_needs_enough_criteria_a_lead_unit_and_a_day_ahead(zone, who):
    zone_cases.find(zone, {"fire_hazards": (True, "")}, by=who["west"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="至少要符合2条标准，现在1条"):
        zone_cases.move(zone, "listed", by=who["county"], now=NOW, why="x", target_on=TARGET)
    zone_cases.find(zone, {"weak_protection": (True, "")}, by=who["west"], now=NOW)
    for day in (None, NOW.date(), date(2020, 1, 1)):
        with pytest.raises(ZoneRefused, match="今天以后"):
            zone_cases.move(zone, "listed", by=who["county"], now=NOW, why="x", target_on=day)
    RectificationZone.objects.everywhere("a test").filter(pk=zone.pk).update(lead_unit="")
    zone.refresh_from_db()
    with pytest.raises(workflow.MoveRefused, match="牵头单位"):
        zone_cases.move(zone, "listed", by=who["county"], now=NOW, why="x", target_on=TARGET)


def test_whoever_reported_the_work_does_not_accept_it(zone, who):
    listed(zone, who)
    zone_cases.move(zone, "rectifying", by=who["west"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="整治后的照片"):
        zone_cases.move(zone, "reported", by=who["county"], now=NOW, why="完工")
    zone_cases.add_photos(zone, [r.jpeg()], stage="after", by=who["county"], now=NOW)
    zone_cases.move(zone, "reported", by=who["county"], now=NOW, why="完工")
    with pytest.raises(PermissionDenied):
        zone_cases.find(zone, {"works_done": (True, "")}, by=who["county"], now=NOW)
    zone_cases.find(zone, {each.key: (True, "核查") for each in zone_cases.items_for(zone)}, by=who["chief"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="由另一人验收"):
        zone_cases.move(zone, "accepted", by=who["county"], now=NOW, why="通过")
    zone_cases.move(zone, "accepted", by=who["chief"], now=NOW, why="通过")


def test_acceptance_and_delisting_need_every_criterion(zone, who):
    reported(zone, who)
    with pytest.raises(workflow.MoveRefused, match="验收标准还没有全部符合"):
        zone_cases.move(zone, "accepted", by=who["county"], now=NOW, why="通过")
    met = {each.key: (True, "核查") for each in zone_cases.items_for(zone)}
    zone_cases.find(zone, met, by=who["county"], now=NOW)
    zone_cases.move(zone, "accepted", by=who["county"], now=NOW, why="通过")
    with pytest.raises(workflow.MoveRefused, match="巩固期已满"):
        zone_cases.move(zone, "delisted", by=who["county"], now=NOW, why="摘牌")


def test_other_than_the_system_counted_needs_a_reason_and_all_or_nothing_is_stored(zone, who):
    incident(NOW, spot=(105.64, 37.48))
    with pytest.raises(ZoneRefused) as refused:
        zone_cases.find(zone, {"fire_hazards": (True, ""), "many_incidents": (True, "")}, by=who["west"], now=NOW)
    assert set(refused.value.faults) == {"many_incidents"} and not ZoneFinding.objects.exists()
    zone_cases.find(zone, {"many_incidents": (True, "派出所台账另有记录")}, by=who["west"], now=NOW)
    assert ZoneFinding.objects.get().measured == 0


def test_of_two_at_once_the_second_is_told(zone, who):
    listed(zone, who)
    other = RectificationZone.objects.everywhere("a test").get(pk=zone.pk)
    zone_cases.move(zone, "rectifying", by=who["west"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="别人刚刚办理过"):
        zone_cases.move(other, "rectifying", by=who["second"], now=NOW)


def test_a_new_listing_begins_without_the_old_findings(zone, who):
    accepted(zone, who)
    zone_cases.move(zone, "relisted", by=who["county"], now=NOW + 30 * DAY, why="反弹", target_on=date(2027, 12, 31))
    zone_cases.move(zone, "rectifying", by=who["west"], now=NOW + 31 * DAY)
    with pytest.raises(workflow.MoveRefused, match="整治后的照片"):
        zone_cases.move(zone, "reported", by=who["west"], now=NOW + 32 * DAY, why="完工")


def test_a_file_may_bring_states_and_a_removed_zone_comes_back_with_its_own(zone, who):
    rows = RectificationZone.objects.everywhere("a test").filter(pk=zone.pk)
    rows.update(status="listed", listed_on=NOW.date(), target_on=TARGET)
    layer, zone = registry["zones"], rows.get()
    editing.remove(layer, zone.pk, by=who["west"], now=NOW + DAY, version=editing.version_of(zone), why="误删")
    entry = editing.history(layer, zone.pk, user=who["west"])[0]
    back = editing.restore(layer, zone.pk, entry.key, by=who["west"], now=NOW + 2 * DAY, version="")
    assert (back.status, back.target_on) == ("listed", TARGET)


# Figures


def test_incidents_are_counted_by_the_countys_months_inside_the_outline(zone):
    for at in (datetime(2026, 10, 31, 23, 59), datetime(2026, 11, 1, 0, 0), datetime(2025, 10, 5, 3, 0)):
        incident(at.replace(tzinfo=COUNTY_TIME))
    incident(NOW, spot=(105.64, 37.48))
    months = {each.month: each for each in zone_figures.incidents_by_month(zone, now=NOW)}
    assert len(months) == 24 and months[date(2026, 11, 1)].count == 1 and not months[date(2026, 11, 1)].is_whole
    assert months[date(2026, 10, 1)].count == months[date(2025, 10, 1)].count == 1
    counted = zone_figures.measures(zone, now=NOW, round_number=1)
    assert (counted["incidents_12m"], counted["change_3m_percent"], counted["open_issues"]) == (1, 0.0, 0)


def test_months_after_the_countys_newest_incident_are_not_calm_but_unknown(zone):
    assert zone_figures.measures(zone, now=NOW, round_number=1)["incidents_12m"] is None
    incident(datetime(2025, 8, 9, tzinfo=COUNTY_TIME))
    incident(datetime(2026, 8, 9, tzinfo=COUNTY_TIME))
    months = {each.month: each.is_covered for each in zone_figures.incidents_by_month(zone, now=NOW)}
    assert months[date(2026, 8, 1)] and not months[date(2026, 9, 1)]
    counted = zone_figures.measures(zone, now=NOW, round_number=1)
    assert (counted["incidents_12m"], counted["change_3m_percent"]) == (1, 0.0)


def test_a_change_from_nothing_has_no_per_cent():
    assert (change_percent(3, 0), change_percent(0, 0), change_percent(3, 4)) == (None, 0.0, -25.0)


@pytest.mark.parametrize("row", [
    {"key": "a", "stage": "somewhere", "text": "x"}, {"key": "a", "stage": "listing", "text": "x", "measure": "residents"},
    {"key": "a", "stage": "listing", "text": "x", "compare": "about"}, {"key": "a"},
])  # fmt: skip
def test_criteria_that_are_none_are_refused(row):
    with pytest.raises((ValueError, TypeError)):
        parse([row])


# Pages


def test_another_town_does_not_find_the_zone(zone, who, client):
    accepted(zone, who)
    photo = ZonePhoto.objects.get()
    client.force_login(who["east"])
    for name in ("zone", "zone_move", "zone_findings", "zone_photos"):
        method = client.get if name == "zone" else client.post
        assert method(reverse(name, args=[zone.pk])).status_code == 404
    assert client.get(reverse("zone_photo", args=[photo.pk])).status_code == 404
    client.force_login(who["auditor"])
    assert client.get(reverse("zones")).status_code == 403 and client.get(reverse("zone", args=[zone.pk])).status_code == 404
    client.force_login(who["cadre"])
    assert client.get(reverse("zone", args=[zone.pk])).status_code == 200
    assert client.post(reverse("zone_photos", args=[zone.pk]), {"stage": "after", "photos": r.jpeg()}).status_code in (403, 422)
    assert ZonePhoto.objects.count() == 1


def test_the_page_shows_figures_presence_issues_photos_and_the_way(zone, who, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + 4 * DAY)
    incident(NOW - 40 * DAY)
    accepted(zone, who)
    issue = r.issue(who["cadre"])
    hour = (NOW - 2 * DAY).replace(minute=0)
    PresenceHour.objects.create(layer="zones", place_pk=zone.pk, division_id=cast.WEST_SOUTH, hour=hour, present_s=1200, visit_count=2)
    client.force_login(who["west"])
    answer = client.get(reverse("zone", args=[zone.pk]))
    page = answer.content.decode()
    assert answer.status_code == 200 and issue.number in page and "验收通过" in page and "标准为本系统默认" in page
    assert answer.context["presence"] is None or answer.context["presence"]["visits"] == 2
    assert reverse("zone_photo", args=[ZonePhoto.objects.get().pk]) in page and "<rect" in page and "style=" not in page
    assert "西街城中村" in client.get(reverse("zones"), {"status": "accepted"}).content.decode()
    assert "西街城中村" not in client.get(reverse("zones"), {"status": "listed"}).content.decode()
    assert f'href="{reverse("zone", args=[zone.pk])}"' in client.get(reverse("object_page", args=["zones", zone.pk])).content.decode()


def test_what_was_typed_comes_back_with_the_reason(zone, who, client):
    incident(NOW, spot=(105.64, 37.48))
    client.force_login(who["west"])
    typed = {"many_incidents-met": "yes", "fire_hazards-met": "yes", "fire_hazards-note": "楼道堆物"}
    answer = client.post(reverse("zone_findings", args=[zone.pk]), typed)
    assert answer.status_code == 422 and "楼道堆物" in answer.content.decode() and "与系统统计不一致" in answer.content.decode()
    client.force_login(who["county"])
    answer = client.post(reverse("zone_move", args=[zone.pk]), {"to": "listed", "why": "群众反映强烈", "target_on": "soon"})
    assert answer.status_code == 422 and "今天以后的整治期限" in answer.content.decode()
    for wrong in ({"to": "nowhere"}, {}, {"to": "listed", "why": "\x00"}, {"to": "delisted", "why": "x"}):
        assert client.post(reverse("zone_move", args=[zone.pk]), wrong).status_code == 422


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"\xff\xd8\xff" + b"0" * 100])
def test_what_is_no_picture_is_refused_and_nothing_kept(zone, who, client, media, content):
    client.force_login(who["west"])
    answer = client.post(reverse("zone_photos", args=[zone.pk]), {"stage": "after", "photos": SimpleUploadedFile("a.jpg", content)})
    assert answer.status_code == 422 and not ZonePhoto.objects.exists() and not list(media.rglob("*.jpg"))


@pytest.mark.parametrize("query", [
    {"status": "x"}, {"town": "' OR"}, {"town": "１"}, {"q": "\x00"}, {"kind": "y", "page": "999999999999999999999"}, {"status": "late"},
])  # fmt: skip
def test_whatever_stands_in_the_address_the_list_comes(zone, who, client, query):
    client.force_login(who["county"])
    assert client.get(reverse("zones"), query).status_code == 200
