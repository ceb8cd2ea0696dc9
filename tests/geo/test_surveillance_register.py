"""Due dates, rates and shares of the register, against plain references that look at one point at a time."""

import math
from datetime import date, timedelta

import pytest
import shapely
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pyproj import Geod

from geo.models import BasemapFeature, Premises, SurveillancePoint, SurveillanceStandard
from geo.surveillance import findings, seen
from tests import cast

TODAY = date(2026, 11, 24)
GEOD = Geod(ellps="WGS84")


def standard() -> SurveillanceStandard:
    return SurveillanceStandard.objects.at(TODAY)


def plain_findings(point: SurveillancePoint, on: date) -> set[str]:
    """What the decree and our defaults say of one point, step by step."""
    if point.working in ("removed", "planned"):
        return set()
    found = set()
    bound, public = point.legal_class in ("art7_1", "art7_2"), point.legal_class in ("art7_1", "art7_2", "art9")
    due = None
    if point.in_use_since:
        due = date(2025, 6, 30) if point.in_use_since < date(2025, 4, 1) else point.in_use_since + timedelta(days=30)
    if bound:
        if point.filed_on is None and due is None:
            found.add("start_unknown")
        if point.filed_on is None and due and due < on:
            found.add("unfiled")
        if point.filed_on is None and due and on <= due <= on + timedelta(days=15):
            found.add("filing_soon")
        if point.filed_on and due and point.filed_on > due:
            found.add("filed_late")
        if point.retention_days is None:
            found.add("retention_unknown")
        elif point.retention_days < 30:
            found.add("short_retention")
    if point.filed_on and not point.filing_number:
        found.add("number_missing")
    if public and point.has_sign is not True:
        found.add("no_sign" if point.has_sign is False else "sign_unknown")
    if point.place_category == "key_unit" and point.retention_days is not None and 30 <= point.retention_days < 90:
        found.add("key_retention")
    checked = point.forbidden_interior_ruled_out_on
    if checked is None or checked < on - timedelta(days=365):
        found.add("interior")
    if point.legal_class == "undecided":
        found.add("class_undecided")
    if None in (point.bearing_deg, point.view_angle_deg, point.range_m):
        found.add("view_unknown")
    if not point.owner_unit:
        found.add("owner_unknown")
    if point.working == "faulty":
        found.add("faulty")
    if point.checked_on is None or point.checked_on < on - timedelta(days=90):
        found.add("check_overdue")
    return found


DAYS = (
    st.none()
    | st.sampled_from([date(2025, 3, 31), date(2025, 4, 1), date(2025, 6, 30), date(2025, 7, 1), date(2026, 8, 26)])
    | st.dates(date(2024, 1, 1), date(2026, 11, 24))
)
POINTS = st.fixed_dictionaries({
    "working": st.sampled_from(SurveillancePoint.Working.values), "legal_class": st.sampled_from(SurveillancePoint.LegalClass.values),
    "place_category": st.sampled_from(["key_unit", "artery"]), "owner_unit": st.sampled_from(["", "甲", "乙"]), "in_use_since": DAYS,
    "filed_on": DAYS, "filing_number": st.sampled_from(["", "备-1"]), "has_sign": st.none() | st.booleans(),
    "retention_days": st.none() | st.sampled_from([0, 29, 30, 89, 90]), "forbidden_interior_ruled_out_on": DAYS, "checked_on": DAYS,
    "bearing_deg": st.none() | st.just(10.0), "view_angle_deg": st.just(60.0), "range_m": st.none() | st.just(50.0),
})  # fmt: skip


class FindingsAgree(TestCase):
    databases = "__all__"

    @settings(max_examples=40, deadline=None)
    @given(st.lists(POINTS, min_size=1, max_size=6))
    def test_counts_and_lists_agree_with_the_plain_reference(self, rows):
        cast.territory()
        points = [cast.camera(f"点{n}", 105.62, 37.48, cast.WEST_SOUTH, **row) for n, row in enumerate(rows)]
        officer = cast.with_purpose(cast.county_officer())
        expected = {point.pk: plain_findings(point, TODAY) for point in points}
        listed = findings.with_findings(SurveillancePoint.objects.visible_to(officer), on=TODAY, standard=standard())
        assert {point.pk: {finding.code for finding in findings.findings_of(point)} for point in listed} == expected
        total = findings.in_all(officer, on=TODAY, standard=standard())
        assert {code: n for code, n in total.found.items() if n} == {
            code: n for code in findings.BY_CODE if (n := sum(code in each for each in expected.values()))
        }
        in_service = [point for point in points if point.working not in ("removed", "planned")]
        timely = [point for point in in_service if point.checked_on and point.checked_on >= TODAY - timedelta(days=90)]
        good, bad = (sum(point.working == state for point in timely) for state in ("working", "faulty"))
        assert (total.total, total.checked) == (len(in_service), len(timely))
        assert total.working_rate == (good / (good + bad) if good + bad else None)
        by_owner = findings.by_owner(officer, on=TODAY, standard=standard())
        assert {row.key: row.total for row in by_owner} == {
            owner: sum(point.owner_unit == owner for point in in_service) for owner in {point.owner_unit for point in points}
        }


@pytest.mark.parametrize(
    ("in_use_since", "due"),
    [(date(2025, 3, 31), date(2025, 6, 30)), (date(2025, 4, 1), date(2025, 5, 1)), (date(2016, 1, 1), date(2025, 6, 30)), (None, None)],
)
@pytest.mark.django_db
def test_filing_is_due_30_days_after_use_or_90_after_the_decree(in_use_since, due):
    assert findings.filing_due(in_use_since, standard()) == due


@pytest.mark.django_db
def test_county_counts_by_town_and_town_by_village():
    cast.territory()
    for name, code in (("甲", cast.WEST_SOUTH), ("乙", cast.WEST_NORTH), ("丙", cast.EAST_SOUTH)):
        cast.camera(name, 105.62, 37.48, code)
    rows = {row.name: row.total for row in findings.by_place(cast.county_officer(), on=TODAY, standard=standard())}
    assert rows == {"西镇": 2, "东镇": 1}
    rows = {row.name: row.total for row in findings.by_place(cast.west_officer(), on=TODAY, standard=standard())}
    assert rows == {"西南社区": 1, "西北村": 1}
    assert [row.name for row in findings.by_place(cast.village_cadre(), on=TODAY, standard=standard())] == ["西南社区"]


def plain_sector(lon: float, lat: float, bearing: float, angle: float, reach: float) -> shapely.Polygon:
    """A fan of points on the ellipsoid, one for each half degree."""
    steps = max(4, math.ceil(angle * 2))
    bearings = [bearing - angle / 2 + angle * step / steps for step in range(steps + 1)]
    lons, lats, _back = GEOD.fwd([lon] * len(bearings), [lat] * len(bearings), bearings, [reach] * len(bearings))
    ring = list(zip(lons, lats, strict=True))
    return shapely.Polygon(ring if angle >= 360 else [(lon, lat), *ring])


def drawn_sector(lon: float, lat: float, bearing: float, angle: float, reach: float) -> shapely.Polygon:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_AsBinary(geo_view_sector(ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s, %s, %s))", [lon, lat, bearing, angle, reach]
        )
        return shapely.from_wkb(bytes(cursor.fetchone()[0]))


@pytest.mark.django_db
@pytest.mark.parametrize("view", [(0, 60, 50), (90, 62, 80), (355, 40, 120), (180, 180, 45), (10, 270, 100), (0, 360, 60), (123, 1, 500)])
def test_the_sector_is_the_geodesic_fan(view):
    drawn, plain = drawn_sector(105.67, 37.49, *view), plain_sector(105.67, 37.49, *view)
    assert drawn.is_valid
    assert abs(GEOD.geometry_area_perimeter(drawn)[0]) == pytest.approx(abs(GEOD.geometry_area_perimeter(plain)[0]), rel=0.01)
    assert drawn.intersection(plain).area / plain.area > 0.985


def view_of(point: SurveillancePoint) -> shapely.Polygon:
    return plain_sector(point.geom.x, point.geom.y, point.bearing_deg, point.view_angle_deg, point.range_m)


@pytest.fixture
def looked_at():
    """A crowded place 40 m east of a working camera that looks east; another behind its back; a school; two compounds; a road."""
    cast.territory()
    east = 40 / 88_400
    place = {"source_key": "", "division_id": cast.WEST_SOUTH}
    for name, kind, lon in (
        ("前市场", "culture_market", 105.62 + east),
        ("后公园", "park", 105.62 - east),
        ("学校", "school", 105.62 + 2 * east),
    ):
        Premises.objects.create(**place | {"name": name, "source_key": name, "kind": kind, "geom": cast.point(lon, 37.48)})
    cast.compound("近小区", 105.6208, 37.4808, cast.WEST_SOUTH)
    cast.compound("远小区", 105.64, 37.49, cast.WEST_SOUTH)
    from django.contrib.gis.geos import LineString

    BasemapFeature.objects.create(
        kind="main_road", name="路", geom=LineString((105.61, 37.4801), (105.66, 37.4801), srid=4326), is_schematic=True, source="test"
    )
    return cast.camera("东望", 105.62, 37.48, cast.WEST_SOUTH, bearing_deg=90, view_angle_deg=60, range_m=60)


@pytest.mark.django_db
def test_what_is_seen_by_town_agrees_with_the_plain_sector(looked_at):
    officer = cast.county_officer()
    units, missed = seen.seen(officer, on=TODAY, standard=standard())
    west, east = units
    assert (west.name, west.crowded, west.key_units, west.compounds) == ("西镇", (1, 2), (0, 1), (1, 2))
    assert {(place.kind, place.name) for place in missed} == {("crowded", "后公园"), ("key_units", "学校"), ("compounds", "远小区")}
    road = shapely.LineString([(105.61, 37.4801), (105.66, 37.4801)]).intersection(view_of(looked_at))
    assert west.arteries_m[0] == pytest.approx(GEOD.geometry_length(road), rel=0.02)
    assert west.arteries_m[1] == pytest.approx(0.04 * 88_400, rel=0.01) and east.arteries_m == (0, pytest.approx(0.01 * 88_400, rel=0.01))


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"working": "faulty"}, {"working": "removed"}, {"range_m": None}])
def test_a_point_that_does_not_work_or_has_no_view_sees_nothing(looked_at, change):
    SurveillancePoint.objects.everywhere("test").update(**change)
    total = seen.total(seen.seen(cast.county_officer(), on=TODAY, standard=standard())[0])
    assert (total.crowded[0], total.compounds[0], total.arteries_m[0]) == (0, 0, 0)


@pytest.mark.django_db
def test_a_town_counts_its_own_points_only(looked_at):
    cast.camera("东镇", 105.65001, 37.4801, cast.EAST_SOUTH, bearing_deg=270, view_angle_deg=90, range_m=100)
    west = seen.total(seen.seen(cast.west_officer(), on=TODAY, standard=standard())[0])
    county = {unit.name: unit for unit in seen.seen(cast.county_officer(), on=TODAY, standard=standard())[0]}
    assert county["西镇"].arteries_m[0] > west.arteries_m[0] + 50


@pytest.mark.django_db
def test_views_that_are_nearly_the_same_are_named_and_others_not(looked_at):
    twin = cast.camera("同望", 105.62001, 37.48, cast.WEST_SOUTH, bearing_deg=92, view_angle_deg=58, range_m=58)
    cast.camera("西望", 105.62, 37.48, cast.WEST_SOUTH, bearing_deg=270, view_angle_deg=60, range_m=60)
    half = cast.camera("半望", 105.62, 37.48, cast.WEST_SOUTH, bearing_deg=120, view_angle_deg=60, range_m=60)
    found = seen.overlaps(cast.county_officer(), standard=standard())
    assert [(first, second) for first, second, _share in found] == [(looked_at.pk, twin.pk)]
    a, b = view_of(looked_at), view_of(twin)
    assert found[0][2] == pytest.approx(a.intersection(b).area / min(a.area, b.area), abs=0.02)
    assert half.pk not in found[0]


@pytest.mark.django_db
def test_register_pages_open_for_each_reader(client, looked_at):
    for who in (cast.county_officer(), cast.west_officer(), cast.village_cadre(), cast.planner()):
        client.force_login(who)
        assert [client.get(path).status_code for path in ("/surveillance/", "/surveillance/seen/")] == [200, 200]
    client.force_login(cast.with_purpose(cast.east_officer()))
    for query in ("", "?finding=unfiled", "?finding=%00", "?place=640521101&q=x", "?owner=-", "?page=99", "?place=abc"):
        assert client.get("/surveillance/points/" + query).status_code == 200
    assert "东望" not in client.get("/surveillance/seen/").content.decode()
