import csv
import datetime
import json
import os
import socket
import sqlite3
import threading
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely

from geo.coords import parse_datum
from geo.faults import Fault
from geo.geometry import judge
from geo.readers import FAULT, GEOMETRY, LINE, Limits, ReadError, Source, describe, describe_warning
from geo.readers.errors import REASONS, WARNINGS

SHARED = Path(__file__).resolve().parents[3] / "shared"
CANARY = Path("/var/tmp/siwu-canary/secret.txt")


def read(path, **options):
    with Source(path, **options) as source:
        table = pa.Table.from_batches(list(source))
    return source.meta, table


def faults(table):
    return [Fault(code).name for code in table[FAULT].to_pylist()]


def points(table):
    return [None if one is None else (one.x, one.y) for one in shapely.from_wkb(np.array(table[GEOMETRY].to_pylist(), dtype=object))]


def refusal(path, **options):
    with pytest.raises(ReadError) as refused:
        read(path, **options)
    sentence = describe(refused.value)
    assert sentence and "%(" not in sentence
    return refused.value


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


# --- the shared hostile samples -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listener():
    """A door on the address that the samples name; it counts who knocks."""
    knocks, server = [], socket.create_server(("127.0.0.1", 18999))

    def listen():
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            knocks.append(address)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield knocks
    server.close()


@pytest.fixture(scope="module")
def canary():
    CANARY.parent.mkdir(exist_ok=True)
    CANARY.write_text("CANARY-7f3a the text that must appear nowhere", encoding="utf-8")
    yield CANARY
    CANARY.unlink()


SAMPLES = {
    "xml/ok.gpx": "unsupported_kind",
    "xml/xxe_file.gpx": "unsupported_kind",
    "xml/xxe_http.gpx": "unsupported_kind",
    "xml/xxe_param_oob.kml": "unsupported_kind",
    "xml/billion_laughs.gpx": "unsupported_kind",
    "xml/deep_nesting.kml": "unsupported_kind",
    "zip/bomb_single.zip": "zip_parts",
    "zip/bomb_count.zip": "zip_many",
    "zip/traversal.zip": "zip_names",
    "zip/traversal_abs.zip": "zip_names",
    "zip/dupe_names.zip": "zip_parts",
    "gdal/vrt_http.vrt": "unsupported_kind",
    "gdal/vrt_sql_pg.vrt": "unsupported_kind",
    "gdal/vsicurl_string.geojson": "no_features",
    "gdal/sqlite_virtual.gpkg": "broken",
    "csv/nul_and_ctrl.csv": "nul_byte",
    "json/deep_array.json": "not_geojson",
    "json/nul_escape.json": "not_geojson",
    "json/geom_nan.json": Fault.NOT_FINITE,
    "json/geom_inf.json": Fault.NOT_FINITE,
    "json/geom_huge.json": Fault.NOT_FINITE,
    "json/geom_oor.json": Fault.OUT_OF_RANGE,
    "json/geom_swapped.json": Fault.SWAPPED,
    "json/geom_nullisland.json": Fault.NULL_ISLAND,
    "json/geom_strcoord.json": Fault.NOT_A_NUMBER,
    "json/geom_empty.json": Fault.EMPTY_GEOMETRY,
    "json/geom_unclosed.json": Fault.UNCLOSED_RING,
    "json/poly_200k.json": Fault.TOO_MANY_VERTICES,
    "json/geom_bowtie.json": Fault.NONE,
    "json/geom_z4.json": Fault.NONE,
}


@pytest.mark.parametrize(("name", "wanted"), SAMPLES.items())
def test_hostile_sample_gets_the_right_answer(name, wanted, listener, canary):
    path = SHARED / "payloads" / name
    if not path.exists():
        pytest.skip("the shared samples are not beside this checkout")
    if isinstance(wanted, str):
        error = refusal(path)
        assert error.code == wanted
        assert "CANARY" not in describe(error)
    else:
        _meta, table = read(path)
        shape = "area" if b"Polygon" in path.read_bytes() else "point"
        judged = judge(
            table[GEOMETRY].combine_chunks(),
            shape=shape,
            datum=parse_datum("wgs84"),
            fault=table[FAULT].to_numpy(),
            bounds=(105.2, 36.8, 106.1, 37.8),
        )
        assert [Fault(code) for code in judged.fault] == [wanted]
        assert bool(judged.repair[0]) == (name in ("json/geom_bowtie.json", "json/geom_z4.json"))
        assert table[LINE].to_pylist() == [1]
    assert listener == []
    assert not (CANARY.parent / "pwned.txt").exists() and not Path("/tmp/canary").exists()


def test_every_layer_sample_of_the_manifest_is_tested_here():
    manifest = SHARED / "payloads/manifest.json"
    if not manifest.exists():
        pytest.skip("the shared samples are not beside this checkout")
    doors = ("layer import", "geojson import", "csv import", "shapefile zip", "kml upload", "gpx upload", "zone create / import")
    files = {row["file"] for row in json.loads(manifest.read_text(encoding="utf-8")) if row["surface"].startswith(doors)}
    assert files - set(SAMPLES) == {"csv/formula_injection.csv", "csv/gb18030.csv"}


def test_formulas_come_in_as_the_text_they_are():
    path = SHARED / "payloads/csv/formula_injection.csv"
    if not path.exists():
        pytest.skip("the shared samples are not beside this checkout")
    meta, table = read(path)
    assert meta.columns == ["name", "note"] and meta.encoding == "UTF-8" and len(table) == 15
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert table.select(["name", "note"]).to_pylist() == list(csv.DictReader(file))
    assert pa.types.is_string(table["name"].type)


def test_four_byte_gb18030_is_read_and_said():
    path = SHARED / "payloads/csv/gb18030.csv"
    if not path.exists():
        pytest.skip("the shared samples are not beside this checkout")
    meta, table = read(path)
    assert meta.encoding == "GB18030"
    assert [describe_warning(*warning) for warning in meta.warnings] == ["文件没有写明编码，按GB18030读取。"]
    assert table["名称"].to_pylist() == ["𠮷家院𫞂小区"] and table["村"].to_pylist() == ["㐂村"]


def test_files_under_a_false_name_are_refused_before_a_parser_sees_them(write, listener):
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:18999/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for name in ("a.geojson", "a.gpkg", "a.zip", "a.csv", "a.xlsx"):
        assert refusal(write(name, vrt)).code == "kind_mismatch"
    for name in ("a.shp", "a.tif", "a.xls", "a.kmz", "a"):
        assert refusal(write(name, vrt)).code == "unsupported_kind"
    assert refusal(write("empty.csv", "")).code == "empty"
    assert refusal(Path("/nowhere/a.csv")).code == "missing"
    assert listener == []


# --- the child process ----------------------------------------------------------------------------------------------


def test_child_has_no_network_no_secrets_and_two_drivers(monkeypatch, tmp_path, write):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:18999")
    meta, _ = read(write("a.csv", "name,lon,lat\na,105.6,37.4\n"))
    assert meta.network in ("namespace", "python")
    with Source(write("big.csv", "name\n" + "一" * 40 + "\n" * 1 + "一行\n" * 400_000)) as source:
        environment = Path(f"/proc/{source._process.pid}/environ").read_bytes()
        namespace = os.readlink(f"/proc/{source._process.pid}/ns/net")
        assert b"secret" not in environment and b"PROXY=http" not in environment
        if source.meta.network == "namespace":
            assert namespace != os.readlink("/proc/self/ns/net")


def test_slow_file_is_stopped_and_nothing_is_left(write, tmp_path):
    path = write("a.csv", "name,lon,lat\n" + "a,105.6,37.4\n" * 2_000_000)
    with pytest.raises(ReadError) as refused, Source(path, limits=Limits(cpu_seconds=1)) as source:
        folder, process = Path(source._folder.name), source._process
        list(source)
    assert refused.value.code == "too_slow"
    assert not folder.exists() and process.poll() is not None


def test_file_that_needs_too_much_memory_is_refused(write):
    path = write("a.geojson", json.dumps({"type": "FeatureCollection", "features": [feature(name="x" * 60_000_000)]}))
    assert refusal(path, limits=Limits(address_space_bytes=500 << 20)).code in ("too_much_memory", "stopped")


def test_caller_may_leave_early(write):
    path = write("a.csv", "name,lon,lat\n" + "a,105.6,37.4\n" * 500_000)
    with Source(path) as source:
        next(iter(source))
        process = source._process
    assert process.poll() is not None


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_lines_are_those_of_the_file(write):
    text = '\ufeff名称,经度,纬度,备注\r\n甲,105.6,37.4,"两\r\n行"\r\n\r\n乙,105.7,37.5,x\r\n'
    meta, table = read(write("a.csv", text))
    assert meta.geometry_columns == ["经度", "纬度"] and meta.line_is == "line" and meta.encoding == "UTF-8"
    assert table[LINE].to_pylist() == [2, 5]
    assert table["备注"].to_pylist() == ["两\r\n行", "x"]
    assert points(table) == [(105.6, 37.4), (105.7, 37.5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "header", [("经度（°）", "纬度（°）"), ("lon", "lat"), ("LNG", "Lat"), ("Longitude", "Latitude"), ("x", "y"), (" X坐标 ", "Y坐标")]
)
def test_csv_of_many_makes_is_understood(write, delimiter, encoding, header):
    rows = [["名称", *header], ["宁安镇一小区", "105.6", " 37.4 "], ["石空镇", "1.056e2", "37.50"]]
    meta, table = read(write("a.csv", "\n".join(delimiter.join(row) for row in rows).encode(encoding)))
    assert points(table) == [(105.6, 37.4), (105.6, 37.5)]
    assert table["名称"].to_pylist() == ["宁安镇一小区", "石空镇"]


def test_csv_with_wkt_and_bad_cells_names_the_rows(write):
    text = 'name,wkt\na,"POLYGON ((105 37, 106 37, 106 38, 105 37))"\nb,POLYGON ((\nc,\nd,SRID=4326;POINT (105 37)\n'
    meta, table = read(write("a.csv", text))
    assert meta.geometry_columns == ["wkt"]
    assert faults(table) == ["NONE", "BROKEN_GEOMETRY", "NO_GEOMETRY", "NONE"]
    text = "name,lon,lat\na,105.6,37.4\nb,,\nc,东经105度,37\nd,nan,37\ne,1e999,37\nf,105,37,38,39\ng\n"
    _, table = read(write("b.csv", text))
    assert faults(table) == ["NONE", "NO_GEOMETRY", "NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_FINITE", "EXTRA_CELLS", "NO_GEOMETRY"]
    assert table[LINE].to_pylist() == [2, 3, 4, 5, 6, 7, 8]


def test_csv_that_cannot_be_trusted_is_refused_with_the_line(write):
    error = refusal(write("quote.csv", 'name,lon,lat\na,105,37\n"b"x,105,37\n'))
    assert (error.code, error.params["line"]) == ("bad_csv", 3)
    error = refusal(write("open.csv", 'name,lon,lat\na,105,37\n"b,105,37\n'))
    assert (error.code, error.params["line"]) == ("bad_csv", 3)
    error = refusal(write("encoding.csv", b"name,lon\na,1\n\xff\xff,2\n"))
    assert (error.code, error.params["line"]) == ("bad_encoding", 3)
    error = refusal(write("said.csv", "名称,lon\n".encode("gb18030")), encoding="utf-8")
    assert (error.code, error.params["line"]) == ("bad_encoding", 1)
    assert refusal(write("said.csv", "名称,lon\n"), encoding="ebcdic").code == "unknown_encoding"
    assert refusal(write("header.csv", "名称,lon,lat\n")).code == "no_features"
    assert refusal(write("blank.csv", "\n\n")).code == "no_header"


def test_csv_columns_of_one_name_and_without_name_are_said(write):
    meta, table = read(write("a.csv", "name,name,,#line\na,b,c,d\n"))
    assert meta.columns == ["name", "name (2)", "line"]
    assert table.select(meta.columns).to_pylist() == [{"name": "a", "name (2)": "b", "line": "d"}]
    assert {code for code, _ in meta.warnings} == {"column_renamed", "unnamed_column"}


# --- XLSX -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path):
    def workbook(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "a.xlsx")
        return tmp_path / "a.xlsx"

    return workbook


def test_sheet_gives_codes_dates_and_rows_as_people_see_them(workbook):
    moment = datetime.datetime(2026, 11, 23, 10, 30)
    path = workbook(
        空表=[],
        台账=[
            ["中宁县监控点台账"],
            ["编号", "名称", "经度", "纬度", "检查日期", "时间", "混合", "户数"],
            [640521100001.0, "甲", 105.6, 37.4, datetime.date(2026, 11, 23), moment, 640521100001.0, 12],
            [],
            [640521100002.0, "乙", "105.7", 37.5, None, None, "A-1", 12.5],
        ],
    )
    meta, table = read(path)
    assert meta.layer == "台账" and meta.line_is == "row" and meta.count == 2
    assert table[LINE].to_pylist() == [3, 5]
    assert table["编号"].cast(pa.string()).to_pylist() == ["640521100001", "640521100002"]
    assert table["混合"].to_pylist() == ["640521100001", "A-1"]
    assert table["检查日期"].to_pylist() == ["2026-11-23", None]
    assert table["时间"].to_pylist() == ["2026-11-23 10:30:00", None]
    assert table["户数"].to_pylist() == [12.0, 12.5]
    assert points(table) == [(105.6, 37.4), (105.7, 37.5)]


def test_sheet_is_chosen_by_name_and_damage_by_excel_is_said(workbook):
    path = workbook(一=[["name", "lon", "lat"], ["a", 105, 37]], 二=[["编号", "lon", "lat"], [61010000001320000001, 105, 37]])
    assert read(path)[0].layer == "一"
    meta, _ = read(path, layer="二")
    assert meta.layer == "二" and [code for code, _ in meta.warnings] == ["precision_lost"]
    error = refusal(path, layer="三")
    assert error.code == "unknown_layer" and error.params["names"] == "一、二"


def test_workbook_without_rows_or_of_another_make_is_refused(workbook, write, tmp_path):
    assert refusal(workbook(空=[])).code == "no_features"
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("a.txt", "x")
    assert refusal(tmp_path / "b.xlsx").code == "broken"


# --- GeoJSON --------------------------------------------------------------------------------------------------------


def feature(geometry=None, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry or {"type": "Point", "coordinates": [105.6, 37.4]}}


def test_geojson_in_its_forms_is_read(write):
    collection = {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "features": [feature(a=1), feature(b="x")], "type": "FeatureCollection"}
    meta, table = read(write("a.geojson", json.dumps(collection, indent=1)))
    assert meta.declared_epsg == 4490 and meta.count == 2
    assert table.select(["a", "b"]).to_pylist() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    assert len(read(write("b.geojson", json.dumps(feature(a=1))))[1]) == 1
    assert points(read(write("c.json", '{"type":"Point","coordinates":[105.6,37.4]}'))[1]) == [(105.6, 37.4)]
    sequence = "".join(f"\x1e{json.dumps(feature(a=number))}\n" for number in range(3))
    assert read(write("d.geojsons", sequence))[1]["a"].to_pylist() == [0, 1, 2]
    assert len(read(write("e.geojsonl", sequence.replace("\x1e", "")))[1]) == 3


def test_geojson_values_keep_their_kind_across_many_batches(write):
    rows = [feature(n=number, f=number / 2, mixed=number if number else "x", flag=True, deep={"a": [1]}) for number in range(45_000)]
    rows[-1]["properties"] |= {"f": 3, "late": "y"}
    meta, table = read(write("a.geojson", json.dumps({"type": "FeatureCollection", "features": rows})))
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
def test_geojson_geometry_is_judged_by_its_own_row(write, geometry, wanted):
    path = write("a.geojson", json.dumps({"type": "FeatureCollection", "features": [feature(a=1), feature(geometry), feature()]}))
    assert faults(read(path)[1]) == ["NONE", wanted, "NONE"]


def test_geojson_that_is_not_json_is_refused_with_the_line(write):
    good = json.dumps({"type": "FeatureCollection", "features": [feature(a=number) for number in range(5)]}, indent=1)
    error = refusal(write("cut.geojson", good[:-40]))
    assert error.code == "bad_json" and error.params["line"] > 50
    assert refusal(write("deep.geojson", '{"type":"FeatureCollection","features":[' + "[" * 200_000)).code == "too_deep"
    assert refusal(write("gbk.geojson", good.replace('"a"', '"名"').encode("gb18030"))).code == "bad_encoding"
    error = refusal(write("member.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":null},7]}'))
    assert (error.code, error.params["line"]) == ("bad_feature", 2)


def test_text_that_no_database_takes_is_a_fault_of_its_row(write):
    path = write("a.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"\\ud800"},"geometry":{"type":"Point","coordinates":[105,37]}}]}')
    assert faults(read(path)[1]) == ["BAD_TEXT"]


def test_published_geojson_fixtures_are_told_apart():
    folder = SHARED / "data/geojson_schema_fixtures"
    if not folder.exists():
        pytest.skip("the published fixtures are not beside this checkout")
    for path in sorted(folder.glob("valid/*/*.json")):
        if path.name in ("empty.json", "null-geometry.json", "empty-polygon.json"):
            continue
        assert faults(read(path)[1]) == ["NONE"] * len(read(path)[1]), path
    for path in sorted(folder.glob("invalid/*/*.json")):
        # Identifiers, bounding boxes and missing properties do no harm: only geometry and structure are judged.
        if path.name in ("boolean-id.json", "object-id.json", "bad-bbox.json", "no-properties.json"):
            continue
        try:
            assert faults(read(path)[1]) != ["NONE"], path
        except ReadError:
            pass


# --- GeoPackage and Shapefile ---------------------------------------------------------------------------------------


def table_of(count=3, **columns):
    places = shapely.to_wkb(shapely.points(np.linspace(105.3, 106, count), np.linspace(37, 37.5, count)))
    return pa.table({"名称": [f"第{number}号点" for number in range(count)], **columns, "geometry": places})


def write_vector(path, table, driver, **options):
    options = {"crs": "EPSG:4490", "geometry_type": "Point", **options}
    pyogrio.write_arrow(table, path, driver=driver, geometry_name="geometry", **options)
    return path


def test_gpkg_streams_its_rows_with_their_own_numbers(tmp_path):
    table = table_of(50_000, 数=np.arange(50_000), 时=[datetime.datetime(2026, 11, 23, 8)] * 50_000, 块=[b"x"] * 50_000)
    meta, found = read(write_vector(tmp_path / "a.gpkg", table, "GPKG", layer="点"))
    assert (meta.layer, meta.declared_epsg, meta.columns) == ("点", 4490, ["名称", "数", "时"])
    assert found[LINE].to_pylist() == list(range(1, 50_001))
    assert found["名称"][49_999].as_py() == "第49999号点" and found["数"][7].as_py() == 7
    assert found["时"][0].as_py().replace(tzinfo=None) == datetime.datetime(2026, 11, 23, 8)
    assert points(found)[0] == (105.3, 37.0)
    assert [code for code, _ in meta.warnings] == ["column_skipped"]


def test_gpkg_with_several_layers_asks_which(tmp_path):
    write_vector(tmp_path / "a.gpkg", table_of(), "GPKG", layer="甲")
    write_vector(tmp_path / "a.gpkg", table_of(2), "GPKG", layer="乙", append=True)
    assert refusal(tmp_path / "a.gpkg").code == "which_layer"
    assert refusal(tmp_path / "a.gpkg", layer="丙").code == "unknown_layer"
    assert len(read(tmp_path / "a.gpkg", layer="乙")[1]) == 2


def test_gpkg_that_could_reach_outside_itself_is_refused(tmp_path, listener):
    path = write_vector(tmp_path / "a.gpkg", table_of(), "GPKG", layer="p")
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE p RENAME TO q")
        database.execute("CREATE VIEW p AS SELECT * FROM q")
    assert refusal(path).code == "unsafe_content"
    path = write_vector(tmp_path / "b.gpkg", table_of(), "GPKG", layer="p")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'v', 'v', 0, "
            "'CREATE VIRTUAL TABLE v USING VirtualOGR(''/vsicurl/http://127.0.0.1:18999/x'')')"
        )
    assert refusal(path).code == "unsafe_content"
    cut = write_vector(tmp_path / "c.gpkg", table_of(5000), "GPKG", layer="p")
    cut.write_bytes(cut.read_bytes()[:60_000])
    assert refusal(cut).code in ("broken", "stopped")
    assert listener == []


@pytest.fixture
def zipped(tmp_path):
    def zipped(table, *, encoding="UTF-8", leave_out=(), extra=None, name="点位", **options):
        folder = tmp_path / "parts"
        folder.mkdir(exist_ok=True)
        write_vector(folder / "a.shp", table, "ESRI Shapefile", encoding=encoding, **options)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for part in folder.iterdir():
                if part.suffix not in leave_out:
                    archive.write(part, f"数据/{name}{part.suffix.upper()}")
            for member, content in (extra or {}).items():
                archive.writestr(member, content)
        return tmp_path / "a.zip"

    return zipped


NAMES = ["第0号点", "第1号点", "第2号点"]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("leave_out", [(), (".cpg",)], ids=["cpg", "no cpg"])
def test_shapefile_is_read_in_its_encoding(zipped, encoding, leave_out):
    meta, table = read(zipped(table_of(), encoding=encoding, leave_out=leave_out))
    assert meta.encoding == encoding and meta.layer == "点位" and meta.count == 3
    name = meta.columns[0]
    assert table[name].to_pylist() == NAMES and table[LINE].to_pylist() == [1, 2, 3]
    assert points(table)[0] == (105.3, 37.0)


def test_shapefile_encoding_that_a_person_names_wins_and_is_verified(zipped):
    path = zipped(table_of(), encoding="GB18030", leave_out=(".cpg",), extra={"数据/点位.cpg": "UTF-8"})
    error = refusal(path)
    assert (error.code, error.params["line"]) == ("bad_encoding_field", 1)
    meta, table = read(path, encoding="gbk")
    assert table[meta.columns[0]].to_pylist() == NAMES


def test_shapefile_with_missing_parts_says_which(zipped):
    error = refusal(zipped(table_of(), leave_out=(".dbf", ".prj")))
    assert (error.code, error.params["missing"]) == ("zip_parts", ".dbf .prj")
    meta, _ = read(zipped(table_of(), leave_out=(".prj",)))
    assert [code for code, _ in meta.warnings] == ["no_prj"]


def test_archive_takes_only_what_it_may_hold(zipped, tmp_path):
    meta, table = read(zipped(table_of(), extra={"说明.txt": "x", "__MACOSX/._点位.shp": "x"}))
    assert len(table) == 3
    link = zipfile.ZipInfo("数据/链接.shp")
    link.external_attr = 0o120777 << 16
    assert refusal(zipped(table_of(), extra={link: "/etc/passwd"})).code == "zip_names"
    assert refusal(zipped(table_of(), extra={"..\\x.shp": ""})).code == "zip_names"
    assert refusal(zipped(table_of(), extra={"C:/x.shp": ""})).code == "zip_names"
    assert refusal(zipped(table_of(), extra={"b/另.shp": ""})).code == "which_layer"


def test_archive_whose_table_lies_about_sizes_is_refused(zipped):
    path = zipped(table_of())
    content = bytearray(path.read_bytes())
    at = content.rindex(b".DBF") - 6  # the central directory, and in it the size of the .dbf after inflation
    entry = content.rindex(b"PK\x01\x02", 0, at)
    content[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(content)
    assert refusal(path).code in ("broken", "stopped")


def test_shapefile_record_area_that_is_cut_is_refused(zipped, tmp_path):
    zipped(table_of(100))
    dbf = tmp_path / "parts/a.dbf"
    dbf.write_bytes(dbf.read_bytes()[:400])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for part in (tmp_path / "parts").iterdir():
            archive.write(part, part.name)
    assert refusal(tmp_path / "b.zip").code == "broken"


def test_published_files_are_read_as_expected():
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip("the published files are not beside this checkout")
    meta, table = read(folder / "fiona_coutwildrnp/coutwildrnp.zip")
    assert len(table) == 67 and meta.declared_epsg == 4326
    assert table["NAME"][0].as_py() == "Mount Naomi Wilderness"
    meta, table = read(folder / "mapshaper_kmz_gpkg/Oregon.gpkg", layer="land")
    assert meta.declared_epsg == 2269 and len(table) > 0
    judged = judge(table[GEOMETRY].combine_chunks(), shape="area", datum=parse_datum("2269"))
    assert not judged.fault.any() and ((-125 < judged.x) & (judged.x < -116)).all()
    meta, table = read(folder / "zhongning/zhongning_boundary_wgs84.geojson")
    assert shapely.get_num_coordinates(shapely.from_wkb(table[GEOMETRY][0].as_py())) == 1582
    _, table = read(folder / "zhongning/zhongning_divisions.csv")
    assert len(table) == 170


# --- wording --------------------------------------------------------------------------------------------------------


def test_every_reason_and_warning_is_a_whole_sentence():
    for sentence in (*REASONS.values(), *WARNINGS.values()):
        assert str(sentence)[-1] in "。"
