import datetime
import sqlite3
import zipfile

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from geo.coords import parse_datum
from geo.geometry import judge
from geo.readers import GEOMETRY, LINE


def table_of(count=3, **columns):
    places = shapely.to_wkb(shapely.points(np.linspace(105.3, 106, count), np.linspace(37, 37.5, count)))
    return pa.table({"名称": [f"第{number}号点" for number in range(count)], **columns, "geometry": places})


def write_vector(path, table, driver, **options):
    options = {"crs": "EPSG:4490", "geometry_type": "Point", **options}
    pyogrio.write_arrow(table, path, driver=driver, geometry_name="geometry", **options)
    return path


def test_gpkg_streams_its_rows_with_their_own_numbers(reading, tmp_path):
    table = table_of(50_000, 数=np.arange(50_000), 时=[datetime.datetime(2026, 11, 23, 8)] * 50_000, 块=[b"x"] * 50_000)
    meta, found = reading.read(write_vector(tmp_path / "a.gpkg", table, "GPKG", layer="点"))
    assert (meta.layer, meta.declared_epsg, meta.columns) == ("点", 4490, ["名称", "数", "时"])
    assert found[LINE].to_pylist() == list(range(1, 50_001))
    assert found["名称"][49_999].as_py() == "第49999号点" and found["数"][7].as_py() == 7
    assert found["时"][0].as_py().replace(tzinfo=None) == datetime.datetime(2026, 11, 23, 8)
    assert reading.points(found)[0] == (105.3, 37.0)
    assert [code for code, _ in meta.warnings] == ["column_skipped"]


def test_gpkg_with_several_layers_asks_which(reading, tmp_path):
    write_vector(tmp_path / "a.gpkg", table_of(), "GPKG", layer="甲")
    write_vector(tmp_path / "a.gpkg", table_of(2), "GPKG", layer="乙", append=True)
    assert reading.refusal(tmp_path / "a.gpkg").code == "which_layer"
    assert reading.refusal(tmp_path / "a.gpkg", layer="丙").code == "unknown_layer"
    assert len(reading.read(tmp_path / "a.gpkg", layer="乙")[1]) == 2


def test_gpkg_that_could_reach_outside_itself_is_refused(reading, tmp_path, listener):
    path = write_vector(tmp_path / "a.gpkg", table_of(), "GPKG", layer="p")
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE p RENAME TO q")
        database.execute("CREATE VIEW p AS SELECT * FROM q")
    assert reading.refusal(path).code == "unsafe_content"
    path = write_vector(tmp_path / "b.gpkg", table_of(), "GPKG", layer="p")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', 'v', 'v', 0, "
            "'CREATE VIRTUAL TABLE v USING VirtualOGR(''/vsicurl/http://127.0.0.1:18999/x'')')"
        )
    assert reading.refusal(path).code == "unsafe_content"
    cut = write_vector(tmp_path / "c.gpkg", table_of(5000), "GPKG", layer="p")
    cut.write_bytes(cut.read_bytes()[:60_000])
    assert reading.refusal(cut).code in ("broken", "stopped")
    assert listener.count == 0


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
def test_shapefile_is_read_in_its_encoding(reading, zipped, encoding, leave_out):
    meta, table = reading.read(zipped(table_of(), encoding=encoding, leave_out=leave_out))
    assert meta.encoding == encoding and meta.layer == "点位" and meta.count == 3
    name = meta.columns[0]
    assert table[name].to_pylist() == NAMES and table[LINE].to_pylist() == [1, 2, 3]
    assert reading.points(table)[0] == (105.3, 37.0)


def test_shapefile_encoding_that_a_person_names_wins_and_is_verified(reading, zipped):
    path = zipped(table_of(), encoding="GB18030", leave_out=(".cpg",), extra={"数据/点位.cpg": "UTF-8"})
    error = reading.refusal(path)
    assert (error.code, error.params["line"]) == ("bad_encoding_field", 1)
    meta, table = reading.read(path, encoding="gbk")
    assert table[meta.columns[0]].to_pylist() == NAMES


def test_shapefile_with_missing_parts_says_which(reading, zipped):
    error = reading.refusal(zipped(table_of(), leave_out=(".dbf", ".prj")))
    assert (error.code, error.params["missing"]) == ("zip_parts", ".dbf .prj")
    meta, _ = reading.read(zipped(table_of(), leave_out=(".prj",)))
    assert [code for code, _ in meta.warnings] == ["no_prj"]


def test_archive_takes_only_what_it_may_hold(reading, zipped, tmp_path):
    meta, table = reading.read(zipped(table_of(), extra={"说明.txt": "x", "__MACOSX/._点位.shp": "x"}))
    assert len(table) == 3
    link = zipfile.ZipInfo("数据/链接.shp")
    link.external_attr = 0o120777 << 16
    assert reading.refusal(zipped(table_of(), extra={link: "/etc/passwd"})).code == "zip_names"
    assert reading.refusal(zipped(table_of(), extra={"..\\x.shp": ""})).code == "zip_names"
    assert reading.refusal(zipped(table_of(), extra={"C:/x.shp": ""})).code == "zip_names"
    assert reading.refusal(zipped(table_of(), extra={"b/另.shp": ""})).code == "which_layer"


def test_archive_whose_table_lies_about_sizes_is_refused(reading, zipped):
    path = zipped(table_of())
    content = bytearray(path.read_bytes())
    at = content.rindex(b".DBF") - 6  # the central directory, and in it the size of the .dbf after inflation
    entry = content.rindex(b"PK\x01\x02", 0, at)
    content[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(content)
    assert reading.refusal(path).code in ("broken", "stopped")


def test_shapefile_record_area_that_is_cut_is_refused(reading, zipped, tmp_path):
    zipped(table_of(100))
    dbf = tmp_path / "parts/a.dbf"
    dbf.write_bytes(dbf.read_bytes()[:400])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for part in (tmp_path / "parts").iterdir():
            archive.write(part, part.name)
    assert reading.refusal(tmp_path / "b.zip").code == "broken"


def test_published_files_are_read_as_expected(shared, reading):
    folder = shared / "data"
    meta, table = reading.read(folder / "fiona_coutwildrnp/coutwildrnp.zip")
    assert len(table) == 67 and meta.declared_epsg == 4326
    assert table["NAME"][0].as_py() == "Mount Naomi Wilderness"
    meta, table = reading.read(folder / "mapshaper_kmz_gpkg/Oregon.gpkg", layer="land")
    assert meta.declared_epsg == 2269 and len(table) > 0
    judged = judge(table[GEOMETRY].combine_chunks(), shape="area", datum=parse_datum("2269"))
    assert not judged.fault.any() and ((-125 < judged.x) & (judged.x < -116)).all()
    meta, table = reading.read(folder / "zhongning/zhongning_boundary_wgs84.geojson")
    assert shapely.get_num_coordinates(shapely.from_wkb(table[GEOMETRY][0].as_py())) == 1582
    _, table = reading.read(folder / "zhongning/zhongning_divisions.csv")
    assert len(table) == 170
