"""The invented county: an exact tiling, places that stand where such places stand, the same for everybody, nobody in it."""
from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point

from geo.coords import areas_m2
from geo.demo import county as demo
from geo.demo.geography import COUNTY, FIXTURES, OUTLINE_FILE, draw, read_county, read_divisions
from geo.demo.plane import to_plane
from geo.demo.tiling import cells, faces
from geo.importing.lookup import Outlines
from geo.models import Division
from geo.pii import find
from geo.territory import apply_divisions, apply_outlines, plan_divisions, plan_outlines
from zones.demo import digest


@pytest.fixture(scope="module")
def built() -> demo.DemoCounty:
    return demo.build()


def shapes(built: demo.DemoCounty, length: int) -> np.ndarray:
    return np.array([shape for code, shape in built.outlines.items() if len(code) == length], dtype=object)


@pytest.mark.parametrize(("length", "count"), [(9, 12), (12, 154)])
def test_towns_and_villages_tile_the_county_exactly(built, length, count):
    parts = shapes(built, length)
    assert len(parts) == count
    assert shapely.is_valid(parts).all()
    assert shapely.coverage_is_valid(parts)
    whole = areas_m2(shapely.union_all(parts), 105.6)
    assert areas_m2(parts, 105.6).sum() == pytest.approx(whole, rel=1e-6)
    assert whole == pytest.approx(areas_m2(built.outlines[COUNTY], 105.6), rel=1e-6)


def test_villages_tile_their_own_town(built):
    for code, town in built.outlines.items():
        if len(code) == 9:
            own = [shape for other, shape in built.outlines.items() if len(other) == 12 and other.startswith(code)]
            assert shapely.coverage_union_all(own).equals(town)


def test_every_seat_lies_in_its_town_and_no_village_is_a_sliver(built):
    for row in read_divisions():
        if row["level"] == "town":
            assert built.outlines[row["code"]].contains(shapely.Point(float(row["lon"]), float(row["lat"])))
    areas = areas_m2(shapes(built, 12), 105.6)
    assert areas.min() > 100_000


def test_the_county_is_as_large_and_lies_where_the_county_does():
    outline = read_county()
    assert 3.2e9 < outline.area < 3.6e9
    assert 30 <= shapely.get_num_coordinates(outline) <= 60
    assert "示意轮廓，非法定界线" in OUTLINE_FILE.read_text(encoding="utf-8")


def test_the_outline_is_not_the_surveyed_one(shared):
    """Our hand-drawn vertices lie on no published boundary: a map company owns that geometry."""
    path = shared / "data/zhongning/zhongning_boundary_wgs84.geojson"
    real = to_plane(shapely.get_parts(shapely.from_geojson(path.read_text(encoding="utf-8")))[0])
    away = shapely.distance(shapely.boundary(real), shapely.points(shapely.get_coordinates(read_county())))
    assert np.median(away) > 500


def test_a_face_without_a_seat_goes_to_its_nearest_neighbour():
    drawn = faces([shapely.box(0, 0, 10, 10).exterior, shapely.LineString([(5, -1), (5, 11)]), shapely.LineString([(9, -1), (9, 11)])])
    west, east = cells(drawn, np.array([(2, 5), (7, 5)]))
    assert (west.area, east.area) == (50, 50)


def test_counts_are_those_of_a_county(built):
    count = {name: len(rows) for name, rows in built.layers.items()}
    assert 380 <= count["compounds"] <= 430
    assert 1100 <= count["courtyards"] <= 1500
    assert count["zones"] == 60
    assert 1900 <= count["surveillance"] <= 2100
    assert 550 <= count["premises"] <= 650
    assert 8500 <= count["incidents"] <= 9500
    stations = Counter(row["kind"] for row in built.layers["stations"])
    assert stations == {"police_station": 13, "police_room": 89, "kiosk": 40, "checkpoint": 20}


def test_every_source_key_is_once_and_says_that_it_is_invented(built):
    for name, rows in built.layers.items():
        keys = [row["source_key"] for row in rows]
        assert len(set(keys)) == len(keys), name
        assert all(key.startswith("DEMO-") for key in keys)
    assert len({row["name"] for row in built.layers["compounds"]}) == len(built.layers["compounds"])


def test_compounds_and_zones_do_not_overlap_and_stand_on_dry_ground(built):
    water = shapely.union_all([feature["geom"] for feature in built.basemap if feature["kind"] == "water"])
    for name in ("compounds", "courtyards", "zones"):
        own = np.array([row["geom"] for row in built.layers[name]])
        assert shapely.is_valid(own).all()
        first, second = shapely.STRtree(own).query(own, predicate="intersects")
        assert (first == second).all(), name
        assert not shapely.intersects(own, water).any()


def test_courtyards_lie_inside_their_compound_and_share_its_households(built):
    compounds = {row["source_key"]: row for row in built.layers["compounds"]}
    for row in built.layers["courtyards"]:
        assert compounds[row["compound"]]["geom"].buffer(1e-7).covers(row["geom"])


def test_incidents_span_24_months_and_know_their_compound(built):
    rows = built.layers["incidents"]
    months = Counter(row["occurred_at"].strftime("%Y-%m") for row in rows)
    assert (min(months), max(months), len(months)) == ("2024-10", "2026-09", 24)
    categories = Counter(row["category"] for row in rows)
    assert categories["theft"] > len(rows) / 2
    compounds = {row["source_key"]: row["geom"] for row in built.layers["compounds"]}
    inside = [row for row in rows if row["compound"]]
    assert 0.2 < len(inside) / len(rows) < 0.75
    assert all(compounds[row["compound"]].covers(row["geom"]) for row in inside)


def test_the_register_of_every_town_covers_every_month(built):
    """Without an incident or a zero report a month counts as missing, and nothing in that town would be graded."""
    seen = {(row["division_id"][:9], row["occurred_at"].strftime("%Y-%m")) for row in built.layers["incidents"]}
    assert len(seen) == 12 * 24


def test_dates_and_states_agree(built):
    for row in built.layers["zones"]:
        assert row["target_on"] >= row["listed_on"]
        assert (row["delisted_on"] is not None) == (row["status"] == "delisted")
    for row in built.layers["surveillance"]:
        assert row["filed_on"] is None or row["filed_on"] >= row["in_use_since"]
        assert bool(row["filed_on"]) == bool(row["filing_number"])
    for row in built.layers["compounds"]:
        assert (row["fire_checked_on"] is None) == (row["open_fire_hazard_count"] is None)


def test_nothing_in_it_looks_like_a_person(built):
    for rows in built.layers.values():
        for row in rows:
            for value in row.values():
                if isinstance(value, str):
                    assert not find(value), value


def test_one_seed_gives_the_same_county_again(built):
    draw.cache_clear()
    again = demo.build()
    assert {name: digest(rows) for name, rows in again.layers.items()} == {name: digest(rows) for name, rows in built.layers.items()}
    assert all(again.outlines[code].equals_exact(shape) for code, shape in built.outlines.items())


def test_fixtures_hold_the_codes_and_their_sources():
    rows = read_divisions()
    assert Counter(row["level"] for row in rows) == {"province": 1, "city": 1, "county": 1, "town": 12, "village": 154}
    assert all(row["source"] for row in rows)
    assert all(row["seat_source"] for row in rows if row["lon"])
    assert "GeoNames" in (FIXTURES / "README.md").read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_database_finds_the_same_divisions(built):
    """Points on the very borders and in the layers: PostGIS and the generator put them in the same village."""
    apply_divisions(plan_divisions(read_divisions()))
    apply_outlines(plan_outlines(built.outlines, source="test", is_schematic=True))
    dice = np.random.default_rng(5)
    rows = [row for name in ("premises", "stations", "incidents") for row in built.layers[name]]
    for row in dice.choice(np.array(rows, dtype=object), 60):
        point = Point(row["geom"].x, row["geom"].y, srid=4326)
        assert Division.objects.covering(point, on=date(2026, 9, 30)).first().code == row["division_id"]
    villages = {code: shape for code, shape in built.outlines.items() if len(code) == 12}
    corners = np.unique(shapely.get_coordinates(list(villages.values())), axis=0)
    outlines = Outlines.of(list(villages.items()))
    for lon, lat in dice.choice(corners, 40):
        found = Division.objects.covering(Point(lon, lat, srid=4326), on=date(2026, 9, 30)).first()
        assert found.code == demo.smallest_covering(outlines, np.array([shapely.Point(lon, lat)]))[0]


def test_moments_carry_the_countys_own_time(built):
    first = built.layers["incidents"][0]["occurred_at"]
    assert first.utcoffset().total_seconds() == 8 * 3600
    assert first >= datetime(2024, 9, 30, 16, tzinfo=UTC)
