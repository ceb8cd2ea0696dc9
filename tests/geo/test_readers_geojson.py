import json

import pytest

from geo.readers import LINE, ReadError


def feature(geometry=None, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry or {"type": "Point", "coordinates": [105.6, 37.4]}}


def collection(*features, **members):
    return json.dumps({"type": "FeatureCollection", **members, "features": features}, indent=1)


def test_geojson_in_its_forms_is_read(reading, write):
    crs = {"properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    meta, table = reading.parse(write("a.geojson", collection(feature(a=1), feature(b="x"), crs=crs)))
    assert meta.declared_epsg == 4490 and meta.count == 2
    assert table.select(["a", "b"]).to_pylist() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    assert len(reading.parse(write("b.geojson", json.dumps(feature(a=1))))[1]) == 1
    assert reading.points(reading.parse(write("c.json", '{"type":"Point","coordinates":[105.6,37.4]}'))[1]) == [(105.6, 37.4)]
    sequence = "".join(f"\x1e{json.dumps(feature(a=number))}\n" for number in range(3))
    assert reading.parse(write("d.geojsons", sequence))[1]["a"].to_pylist() == [0, 1, 2]
    assert len(reading.parse(write("e.geojsonl", sequence.replace("\x1e", "")))[1]) == 3


def test_geojson_values_keep_their_kind_across_many_batches(reading, write):
    rows = [feature(n=number, f=number / 2, mixed=number if number else "x", flag=True, deep={"a": [1]}) for number in range(45_000)]
    rows[-1]["properties"] |= {"f": 3, "late": "y"}
    meta, table = reading.parse(write("a.geojson", collection(*rows)))
    assert len(table) == 45_000 and table[LINE].to_pylist()[-1] == 45_000
    kinds = {name: str(table.schema.field(name).type) for name in meta.columns}
    assert kinds == {"n": "int64", "f": "double", "mixed": "string", "flag": "bool", "deep": "string", "late": "string"}
    assert table["deep"][0].as_py() == '{"a": [1]}' and table["mixed"][1].as_py() == "1" and table["late"][0].as_py() is None


@pytest.mark.parametrize(
    ("geometry", "wanted"),
    [
        ({"type": "Point", "coordinates": [True, 37]}, "NONE"),
        ({"type": "Point", "coordinates": [None, 37]}, "NOT_A_NUMBER"),
        ({"type": "Point", "coordinates": [105]}, "BROKEN_GEOMETRY"),
        ({"type": "Point", "coordinates": [[105, 37]]}, "BROKEN_GEOMETRY"),
        ({"type": "Point", "coordinates": "105,37"}, "BROKEN_GEOMETRY"),
        ({"type": "Point"}, "BROKEN_GEOMETRY"),
        ({"type": "Circle", "coordinates": [105, 37]}, "BROKEN_GEOMETRY"),
        ({"type": "LineString", "coordinates": [[105, 37], [106, 37, 1100]]}, "NONE"),
        ({"type": "LineString", "coordinates": [[105, 37]]}, "TOO_FEW_POINTS"),
        ({"type": "Polygon", "coordinates": [[105, 37], [106, 37]]}, "BROKEN_GEOMETRY"),
        ({"type": "Polygon", "coordinates": [[[105, 37], [105, 37]]]}, "TOO_FEW_POINTS"),
        ({"type": "MultiPolygon", "coordinates": [[[[105, 37], [106, 37], [106, 38], [105, 37]]]]}, "NONE"),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [105, 37]}]}, "NONE"),
        ([105, 37], "BROKEN_GEOMETRY"),
    ],
)
def test_geojson_geometry_is_judged_by_its_own_row(reading, write, geometry, wanted):
    path = write("a.geojson", collection(feature(a=1), feature(geometry), feature()))
    assert reading.faults(reading.parse(path)[1]) == ["NONE", wanted, "NONE"]


def test_geojson_that_is_not_json_is_refused_with_the_line(reading, write):
    good = collection(*(feature(a=number) for number in range(5)))
    error = reading.refusal(write("cut.geojson", good[:-40]), how=reading.parse)
    assert error.code == "bad_json" and error.params["line"] > 50
    deep = write("deep.geojson", '{"type":"FeatureCollection","features":[' + "[" * 200_000)
    assert reading.refusal(deep, how=reading.parse).code == "too_deep"
    assert reading.refusal(write("gbk.geojson", good.replace('"a"', '"名"').encode("gb18030")), how=reading.parse).code == "bad_encoding"
    error = reading.refusal(write("member.geojson", collection(feature(), 7)), how=reading.parse)
    assert (error.code, error.params["line"]) == ("bad_feature", 2)


def test_text_that_no_database_takes_is_a_fault_of_its_row(reading, write):
    path = write("a.geojson", collection(feature(name="\ud800")))
    assert reading.faults(reading.parse(path)[1]) == ["BAD_TEXT"]


def test_published_geojson_fixtures_are_told_apart(shared, reading):
    folder = shared / "data/geojson_schema_fixtures"
    for path in sorted(folder.glob("valid/*/*.json")):
        if path.name in ("empty.json", "null-geometry.json", "empty-polygon.json"):
            continue
        assert set(reading.faults(reading.parse(path)[1])) == {"NONE"}, path
    for path in sorted(folder.glob("invalid/*/*.json")):
        # Identifiers, bounding boxes and missing properties do no harm: only geometry and structure are judged.
        if path.name in ("boolean-id.json", "object-id.json", "bad-bbox.json", "no-properties.json"):
            continue
        try:
            assert reading.faults(reading.parse(path)[1]) != ["NONE"], path
        except ReadError:
            pass
