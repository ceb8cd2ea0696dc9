"""T28: geometries within geometries, deeper than a parser's stack. GEOS would end the process that reads them."""
import sqlite3
import struct

import pyarrow as pa
import pyogrio
import pytest
import shapely
from django.core.exceptions import ValidationError

from geo.editing import shapes
from geo.faults import Fault
from geo.readers import FAULT, GEOMETRY
from geo.readers.nesting import DEEPEST, too_deep

LEVELS = 100_000
POINT = shapely.to_wkb(shapely.Point(105.6, 37.5))
SQUARE = shapely.box(105.6, 37.4, 105.7, 37.5)


def within(levels: int, core: bytes = POINT, *, kind: int = 7, order: str = "<", before: bytes = b"") -> bytes:
    head = struct.pack(f"{order}BII", order == "<", kind, 2 if before else 1)
    return (head + before) * levels + core


HOSTILE = {
    "collections": within(LEVELS),
    "big-endian": within(LEVELS, order=">"),
    "multi-polygons, which no parser takes but looks into": within(LEVELS, shapely.to_wkb(SQUARE), kind=6),
    "with heights": within(LEVELS, kind=1007),
    "behind a point": within(LEVELS, before=POINT),
    "behind an outline": within(LEVELS, before=shapely.to_wkb(SQUARE)),
    "behind a line of a multi": within(LEVELS, kind=5, before=shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)]))),
    "curves": within(LEVELS, kind=12),
    "cut off in the deep": within(LEVELS, b""),
    "with an SRID that makes a holder look like one of a point": struct.pack("<BIII", 1, 0x20000007, 1, 257) + within(LEVELS, order=">"),
}
HONEST = [
    shapely.Point(1, 2), shapely.Point(1, 2, 3), SQUARE, shapely.MultiPoint([(1, 2), (3, 4)]), shapely.LineString([(0, 0), (1, 1)]),
    shapely.MultiPolygon([SQUARE, shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))]), shapely.MultiPolygon([SQUARE]),
    shapely.MultiPolygon(), shapely.GeometryCollection([shapely.MultiPoint([(1, 2, 3)]), shapely.GeometryCollection([SQUARE])]),
]  # fmt: skip


def column(*values: bytes | None) -> pa.Array:
    return pa.array(values, pa.binary())


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_promise_28_a_deep_value_is_seen_without_parsing_it(value):
    assert too_deep(column(POINT, value, None)).tolist() == [False, True, False]
    assert too_deep(column(None, POINT, value).slice(1)).tolist() == [False, True]


def test_what_files_hold_in_earnest_is_let_through():
    forms = [dict(), dict(byte_order=0), dict(include_srid=True), dict(flavor="iso")]
    values = [shapely.to_wkb(shapely.set_srid(each, 4326), **form) for each in HONEST for form in forms]
    assert not too_deep(column(*values)).any()
    assert not too_deep(column(b"", b"\x01", POINT[:-1], bytes(40), within(3)[:-7], struct.pack("<BII", 1, 6, 2**32 - 1) + POINT)).any()
    assert too_deep(column(within(DEEPEST), within(DEEPEST + 1))).tolist() == [False, True]
    assert not len(too_deep(column()))


def test_promise_28_a_deep_row_of_a_geopackage_is_named_and_the_others_are_read(reading, tmp_path):
    path = tmp_path / "a.gpkg"
    table = pa.table({"名称": ["甲", "乙", "丙"], "geometry": shapely.to_wkb([SQUARE] * 3)})
    pyogrio.write_arrow(table, path, driver="GPKG", layer="p", geometry_name="geometry", crs="EPSG:4490", geometry_type="Unknown")
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE p SET geom = ? WHERE 名称 = '乙'", (b"GP\0\x01" + struct.pack("<i", 4490) + within(LEVELS),))
    _meta, found = reading.read(path)
    assert found["名称"].to_pylist() == ["甲", "乙", "丙"]
    assert found[FAULT].to_pylist() == [0, Fault.BROKEN_GEOMETRY, 0]
    assert found[GEOMETRY].is_null().to_pylist() == [False, True, False]


@pytest.mark.parametrize("word", ["GEOMETRYCOLLECTION(", "MultiCurve(", "MULTISURFACE (", "CURVEPOLYGON(COMPOUNDCURVE("])
def test_promise_28_a_deep_text_in_a_table_is_named_and_the_others_are_read(reading, tmp_path, word):
    deep = word * LEVELS + "POINT(1 2)" + ")" * LEVELS * word.count("(")
    path = tmp_path / "a.csv"
    path.write_text(f'编号,wkt\n1,POINT(105.6 37.5)\n2,"{deep}"\n3,"GEOMETRYCOLLECTION(POINT(105.6 37.5))"\n', encoding="utf-8")
    _meta, found = reading.read(path)
    assert found[FAULT].to_pylist() == [0, Fault.BROKEN_GEOMETRY, 0]


COLLECTION = '{"type":"GeometryCollection","geometries":['
DRAWN = {
    "collections": COLLECTION * 40_000 + '{"type":"Point","coordinates":[1,2]}' + "]}" * 40_000,
    "coordinates": '{"type":"Polygon","coordinates":' + "[" * 900_000 + "]" * 900_000 + "}",
}


@pytest.mark.parametrize("given", DRAWN.values(), ids=DRAWN)
def test_promise_28_a_deep_drawing_is_refused_in_words(given):
    assert len(given) < shapes.MAX_CHARACTERS  # else its length were the reason
    for shape in ("point", "line", "area"):
        with pytest.raises(ValidationError, match="图形无法读懂"):
            shapes.read(given, shape)
    assert shapes.crossing(given) is None
    with pytest.raises(ValidationError, match="图形类型与图层不符"):
        shapes.read(COLLECTION * 400 + '{"type":"Point","coordinates":[1,2]}' + "]}" * 400, "area")
