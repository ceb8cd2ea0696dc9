import json
import os
import socket
import time
from pathlib import Path

import pytest

from geo.coords import parse_datum
from geo.faults import Fault
from geo.geometry import judge
from geo.readers import FAULT, GEOMETRY, LINE, Limits, ReadError, Source, describe
from geo.readers.errors import REASONS, WARNINGS
from tests.bench.scratch import free_port
from tests.geo.conftest import door

SAMPLES = {
    "xml/ok.gpx": "unsupported_kind",
    "xml/xxe_file.gpx": "unsupported_kind",
    "xml/xxe_http.gpx": "unsupported_kind",
    "xml/xxe_param_oob.kml": "unsafe_content",
    "xml/billion_laughs.gpx": "unsupported_kind",
    "xml/deep_nesting.kml": "too_deep",
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
def test_hostile_sample_gets_the_right_answer(shared, reading, name, wanted, listener, canary):
    path = shared / "payloads" / name
    if isinstance(wanted, str):
        error = reading.refusal(path)
        assert error.code == wanted
        assert "CANARY" not in describe(error)
    else:
        _meta, table = reading.read(path)
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
    assert listener.count == 0
    assert not (canary.parent / "pwned.txt").exists() and not Path("/tmp/canary").exists()


def test_control_a_knock_at_either_of_two_processes_is_heard(tmp_path):
    port, file = free_port(), tmp_path / "knocks"
    with door(port, file) as one, door(port, file) as other:
        for expected in range(1, 9):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            deadline = time.monotonic() + 20
            while one.count < expected and time.monotonic() < deadline:
                time.sleep(0.01)
            assert one.count == other.count == expected


def test_every_layer_sample_of_the_manifest_is_tested_here(shared):
    manifest = shared / "payloads/manifest.json"
    doors = ("layer import", "geojson import", "csv import", "shapefile zip", "kml upload", "gpx upload", "zone create / import")
    files = {row["file"] for row in json.loads(manifest.read_text(encoding="utf-8")) if row["surface"].startswith(doors)}
    assert files - set(SAMPLES) == {"csv/formula_injection.csv", "csv/gb18030.csv"}


def test_files_under_a_false_name_are_refused_before_a_parser_sees_them(reading, write, listener):
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:18999/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for name in ("a.geojson", "a.gpkg", "a.zip", "a.csv", "a.xlsx", "a.kml", "a.kmz", "a.gml", "a.xml", "a.fgb", "a.txt"):
        assert reading.refusal(write(name, vrt)).code == "kind_mismatch"
    for name in ("a.shp", "a.tif", "a.xls", "a.vrt", "a"):
        assert reading.refusal(write(name, vrt)).code == "unsupported_kind"
    assert reading.refusal(write("empty.csv", "")).code == "empty"
    assert reading.refusal(Path("/nowhere/a.csv")).code == "missing"
    assert listener.count == 0


def test_child_has_no_network_and_no_secrets(reading, monkeypatch, tmp_path, write):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:18999")
    meta, _ = reading.read(write("a.csv", "name,lon,lat\na,105.6,37.4\n"))
    assert meta.network in ("namespace", "python")
    with Source(write("big.csv", "name\n" + "一行\n" * 400_000)) as source:
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


def test_file_that_needs_too_much_memory_is_refused(reading, write):
    one = {"type": "Feature", "properties": {"name": "x" * 60_000_000}, "geometry": None}
    path = write("a.geojson", json.dumps({"type": "FeatureCollection", "features": [one]}))
    assert reading.refusal(path, limits=Limits(address_space_bytes=500 << 20)).code in ("too_much_memory", "stopped")


def test_caller_may_leave_early(write):
    path = write("a.csv", "name,lon,lat\n" + "a,105.6,37.4\n" * 500_000)
    with Source(path) as source:
        next(iter(source))
        process = source._process
    assert process.poll() is not None


def test_every_reason_and_warning_is_a_whole_sentence():
    for sentence in (*REASONS.values(), *WARNINGS.values()):
        assert str(sentence)[-1] in "。"
