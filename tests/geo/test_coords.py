import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo import coords

CITIES = Path(__file__).resolve().parents[3] / "shared/data/gcoord_china_cities/china-cities.json"
COUNTY = (105.2, 36.8, 106.1, 37.8)


@pytest.fixture(scope="module")
def cities():
    if not CITIES.exists():
        pytest.skip("the reference places of gcoord are not beside this checkout")
    rows = [row["coords"] for row in json.loads(CITIES.read_text(encoding="utf-8"))]
    return {name: np.array([row[name] for row in rows]).T for name in ("WGS84", "GCJ02", "BD09")}


@pytest.mark.parametrize(
    ("convert", "given_in", "wanted"),
    [
        (coords.wgs84_to_gcj02, "WGS84", "GCJ02"),
        (coords.gcj02_to_wgs84, "GCJ02", "WGS84"),
        (coords.gcj02_to_bd09, "GCJ02", "BD09"),
        (coords.bd09_to_gcj02, "BD09", "GCJ02"),
        (coords.bd09_to_wgs84, "BD09", "WGS84"),
        (coords.wgs84_to_bd09, "WGS84", "BD09"),
    ],
)
def test_conversion_agrees_with_664_reference_places(cities, convert, given_in, wanted):
    assert len(cities["WGS84"][0]) == 664
    found = np.array(convert(*cities[given_in]))
    assert np.abs(found - cities[wanted]).max() < 1e-5


@given(st.floats(73.5, 135), st.floats(3.8, 53.5))
def test_round_trip_comes_back_to_a_tenth_of_a_millimetre(lon, lat):
    for there, back in (
        (coords.wgs84_to_gcj02, coords.gcj02_to_wgs84),
        (coords.gcj02_to_bd09, coords.bd09_to_gcj02),
        (coords.wgs84_to_bd09, coords.bd09_to_wgs84),
    ):
        again = back(*there(np.array([lon]), np.array([lat])))
        assert abs(again[0][0] - lon) < 1e-9 and abs(again[1][0] - lat) < 1e-9


def test_gcj02_leaves_places_outside_china_alone():
    lon, lat = np.array([2.35, -74.0]), np.array([48.86, 40.7])
    for convert in (coords.wgs84_to_gcj02, coords.gcj02_to_wgs84):
        assert np.array_equal(convert(lon, lat), (lon, lat))


@pytest.mark.parametrize("nothing", [None, "", " ", "gps", "火星坐标", "beijing54", "epsg:", "epsg:99999", "4", "wgs84;gcj02"])
def test_datum_is_never_guessed(nothing):
    with pytest.raises(coords.DatumError) as refused:
        coords.parse_datum(nothing)
    for choice in coords.CHOICES:
        assert choice in str(refused.value)


@pytest.mark.parametrize(
    ("text", "name", "epsg"),
    [
        ("wgs84", "wgs84", 4326),
        ("WGS-84", "wgs84", 4326),
        ("CGCS2000", "cgcs2000", 4490),
        ("gcj02", "gcj02", None),
        ("GCJ-02", "gcj02", None),
        ("BD09", "bd09", None),
        ("epsg:4547", "epsg:4547", 4547),
        ("EPSG:4490", "cgcs2000", 4490),
        ("4544", "epsg:4544", 4544),
        ("4326", "wgs84", 4326),
    ],
)
def test_datum_is_what_the_person_said(text, name, epsg):
    datum = coords.parse_datum(text)
    assert (datum.name, datum.epsg) == (name, epsg)


@pytest.mark.parametrize(("lon", "epsg"), [(75, 4534), (105, 4544), (105.67, 4544), (106.4, 4544), (106.6, 4545), (114, 4547), (135, 4554)])
def test_gauss_kruger_zone_follows_the_longitude(lon, epsg):
    assert coords.gauss_kruger_epsg(lon) == epsg


def test_every_gauss_kruger_zone_has_the_meridian_it_is_chosen_by():
    for lon in range(75, 136, 3):
        meridian = CRS.from_epsg(coords.gauss_kruger_epsg(lon)).coordinate_operation.params[1].value
        assert meridian == lon


def test_no_gauss_kruger_zone_outside_china():
    with pytest.raises(ValueError):
        coords.gauss_kruger_epsg(2.35)


def test_projected_metres_come_to_the_right_place():
    # 500 km false easting is the central meridian; the equator's northing is 0.
    point = coords.to_wgs84(shapely.points([[500000.0, 4151000.0]]), coords.parse_datum("4544"))[0]
    assert abs(point.x - 105.0) < 1e-9
    assert 37.4 < point.y < 37.6


def test_geometries_are_converted_vertex_by_vertex_and_flattened():
    ring = shapely.Polygon([(105.6, 37.4, 9), (105.7, 37.4, 9), (105.7, 37.5, 9), (105.6, 37.4, 9)])
    found = coords.to_wgs84(np.array([ring]), coords.parse_datum("gcj02"))[0]
    wanted = coords.gcj02_to_wgs84(*shapely.get_coordinates(ring).T)
    assert not found.has_z
    assert np.abs(shapely.get_coordinates(found).T - np.array(wanted)).max() < 1e-12
    flat = coords.to_wgs84(np.array([ring]), coords.parse_datum("wgs84"))[0]
    assert not flat.has_z


def test_area_is_in_square_metres():
    hectare = shapely.box(105.67, 37.49, 105.67 + 100 / 88_400, 37.49 + 100 / 110_990)
    assert coords.areas_m2(np.array([hectare]), 105.67)[0] == pytest.approx(10_000, rel=0.01)


def test_swapped_axes_are_seen_only_when_the_exchange_explains_them():
    x, y = np.array([37.49, 105.67, 10.0]), np.array([105.67, 37.49, 20.0])
    assert coords.looks_swapped(x, y, COUNTY).tolist() == [True, False, False]
