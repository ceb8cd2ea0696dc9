
import numpy as np
import pyarrow as pa
import pytest
import shapely

from geo.coords import gcj02_to_wgs84, parse_datum
from geo.faults import Fault, Repair
from geo.geometry import judge
from geo.readers.batches import points_wkb

WGS84, GCJ02, ZONE = parse_datum("wgs84"), parse_datum("gcj02"), parse_datum("4544")
COUNTY = (105.27, 36.82, 106.07, 37.74)
BOWTIE = [(105.6, 37.4), (105.61, 37.41), (105.61, 37.4), (105.6, 37.41), (105.6, 37.4)]


def wkb(*geometries):
    found = [shapely.from_wkt(one) if isinstance(one, str) else one for one in geometries]
    return pa.array([None if one is None else shapely.to_wkb(one) for one in found], pa.binary())


def faults(judged):
    return [Fault(code).name for code in judged.fault]


def test_points_on_their_places_are_taken_as_they_are():
    judged = judge(wkb("POINT (105.67 37.49)", "POINT (105.3 37)"), shape="point", datum=WGS84, bounds=COUNTY)
    assert faults(judged) == ["NONE", "NONE"]
    assert judged.x.tolist() == [105.67, 105.3] and judged.y.tolist() == [37.49, 37.0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, "NO_GEOMETRY"),
        ("POINT EMPTY", "EMPTY_GEOMETRY"),
        ("POINT (540 134)", "OUT_OF_RANGE"),
        ("POINT (0 0)", "NULL_ISLAND"),
        ("POINT (37.49 105.67)", "SWAPPED"),
        ("POINT (20 10)", "NONE"),
        ("LINESTRING (105 37, 106 37)", "WRONG_SHAPE"),
        ("MULTIPOINT ((105.6 37.4), (105.7 37.5))", "WRONG_SHAPE"),
        ("MULTIPOINT ((105.6 37.4))", "NONE"),
        ("POLYGON ((105 37, 106 37, 106 38, 105 37))", "WRONG_SHAPE"),
        (shapely.Point(np.inf, 37.0), "NOT_FINITE"),
    ],
)
@pytest.mark.parametrize("beside", [[], ["POINT Z (105.6 37.4 1100)"]], ids=["fast", "general"])
def test_point_layer_says_what_is_wrong_with_a_geometry(text, wanted, beside):
    judged = judge(wkb(text, *beside), shape="point", datum=WGS84, bounds=COUNTY)
    assert faults(judged)[0] == wanted
    assert np.isnan(judged.x[0]) == (wanted != "NONE")


def test_broken_wkb_is_a_fault_of_its_row():
    judged = judge(pa.array([b"\x01\x02", shapely.to_wkb(shapely.Point(105.6, 37.4))]), shape="point", datum=WGS84)
    assert faults(judged) == ["BROKEN_GEOMETRY", "NONE"]


def test_fault_of_the_reader_stays():
    judged = judge(wkb(None, "POINT (105.6 37.4)"), shape="point", datum=WGS84, fault=np.array([Fault.NOT_A_NUMBER, 0]))
    assert faults(judged) == ["NOT_A_NUMBER", "NONE"]


def test_height_is_taken_away_and_said():
    judged = judge(wkb("POINT Z (105.6 37.4 1100)"), shape="point", datum=WGS84)
    assert Repair(judged.repair[0]) == Repair.FLATTENED
    area = judge(wkb("POLYGON Z ((105 37 9, 106 37 9, 106 38 9, 105 37 9))"), shape="area", datum=WGS84)
    assert Repair(area.repair[0]) == Repair.FLATTENED and not area.geometries[0].has_z


def test_datum_is_converted_for_points_and_outlines():
    judged = judge(wkb("POINT (105.67 37.49)"), shape="point", datum=GCJ02)
    lon, lat = gcj02_to_wgs84(np.array([105.67]), np.array([37.49]))
    assert (judged.x[0], judged.y[0]) == (lon[0], lat[0])
    area = judge(wkb("POLYGON ((560000 4150000, 560100 4150000, 560100 4150100, 560000 4150000))"), shape="area", datum=ZONE, bounds=COUNTY)
    assert faults(area) == ["NONE"] and 105.6 < area.x[0] < 105.8 and 37.4 < area.y[0] < 37.6


def test_swapped_axes_are_seen_in_a_projection_and_in_outlines():
    assert faults(judge(wkb("POINT (4150000 560000)"), shape="point", datum=ZONE, bounds=COUNTY)) == ["SWAPPED"]
    outline = "POLYGON ((37.4 105.6, 37.41 105.6, 37.41 105.61, 37.4 105.6))"
    assert faults(judge(wkb(outline), shape="area", datum=WGS84, bounds=COUNTY)) == ["SWAPPED"]


def test_crossing_outline_is_mended_and_the_change_is_reported():
    judged = judge(wkb(shapely.Polygon(BOWTIE)), shape="area", datum=WGS84)
    assert faults(judged) == ["NONE"]
    assert Repair(judged.repair[0]) == Repair.MADE_VALID
    assert judged.geometries[0].is_valid and judged.geometries[0].geom_type == "MultiPolygon"
    (mending,) = judged.mendings
    # Two triangles of a quarter of 0.01 x 0.01 degrees each: about 885 m by 1110 m in all.
    assert mending.row == 0 and mending.reason == "Self-intersection"
    assert mending.after_m2 == pytest.approx(885 * 1110 / 2, rel=0.02)


def test_outline_without_area_is_refused():
    flat = shapely.Polygon([(105.6, 37.4), (105.7, 37.4), (105.6, 37.4), (105.6, 37.4)])
    assert faults(judge(wkb(flat), shape="area", datum=WGS84)) == ["COLLAPSED"]


def test_point_of_an_outline_lies_inside_it():
    horseshoe = shapely.Polygon([(105, 37), (106, 37), (106, 38), (105, 38), (105, 37.9), (105.9, 37.9), (105.9, 37.1), (105, 37.1)])
    judged = judge(wkb(horseshoe), shape="area", datum=WGS84)
    assert horseshoe.contains(shapely.Point(judged.x[0], judged.y[0]))
    assert not horseshoe.contains(horseshoe.centroid)


def test_too_many_vertices_are_refused_with_their_number():
    circle = shapely.Point(105.6, 37.4).buffer(0.1, quad_segs=500)
    judged = judge(wkb(circle), shape="area", datum=WGS84, max_vertices=1000)
    assert faults(judged) == ["TOO_MANY_VERTICES"] and judged.vertex_counts == {0: 2001}


def test_geometry_for_the_database_reads_back_the_same():
    points = judge(wkb("POINT (105.67 37.49)", None, "POINT (105.3 37)"), shape="point", datum=WGS84)
    found = shapely.from_wkb(np.array(points.ewkb_hex().to_pylist(), dtype=object))
    assert found[1] is None and shapely.get_srid(found[0]) == 4326
    assert [(one.x, one.y) for one in found[[0, 2]]] == [(105.67, 37.49), (105.3, 37.0)]
    areas = judge(wkb("POLYGON ((105 37, 106 37, 106 38, 105 37))", None), shape="area", datum=WGS84)
    one, none = shapely.from_wkb(np.array(areas.ewkb_hex().to_pylist(), dtype=object))
    assert none is None and one.geom_type == "MultiPolygon" and shapely.get_srid(one) == 4326


def test_slices_of_a_batch_are_read_at_their_own_place():
    whole = points_wkb(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([True, False, True]))
    judged = judge(whole.slice(1), shape="point", datum=WGS84)
    assert judged.x[1] == 3.0 and faults(judged) == ["NO_GEOMETRY", "NONE"]
