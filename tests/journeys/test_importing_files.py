"""A file somebody else made: what it would do, done, on the map, the same again, taken back. By the commands that an operator types."""
import csv
import json
import re
import zipfile

import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely

from tests.browser.visits import features, tile_of

pytestmark = pytest.mark.browser

INSIDE = """
    SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) AS p FROM geo_divisionoutline WHERE division_id LIKE '640521102___' ) o
    ORDER BY 1 LIMIT 1"""
STATE = """
    SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM geo_batch), (SELECT version FROM geo_layerversion WHERE layer = %s)"""
KEYS = ["旅程-1", "旅程-2"]


def points(lon: float, lat: float) -> list[tuple]:
    return [(KEYS[0], "旅程中学", "学校", lon, lat), (KEYS[1], "旅程公园", "公园", lon + 0.001, lat)]


def as_geojson(path, lon, lat):
    features = [
        {"type": "Feature", "properties": {"编号": key, "名称": name, "类别": kind}, "geometry": {"type": "Point", "coordinates": [x, y]}}
        for key, name, kind, x, y in points(lon, lat)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8")


def as_csv(path, lon, lat):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("编号", "单位名称", "场所类型", "经度", "纬度"), *points(lon, lat)])


def as_xlsx(path, lon, lat):
    book = openpyxl.Workbook()
    for row in (("编号", "名称", "类别", "经度", "纬度"), *points(lon, lat)):
        book.active.append(row)
    book.save(path)


def as_shapefile(path, lon, lat):
    outlines = [shapely.box(lon + shift, lat, lon + shift + 0.0008, lat + 0.0008) for shift in (0, 0.001)]
    columns = {"编号": KEYS, "名称": ["旅程家园", "旅程新村"], "类型": ["老旧小区", "封闭小区"], "户数": [120, 80]}
    table = pa.table({**columns, "geometry": shapely.to_wkb(outlines)})
    stem = path.with_suffix(".shp")
    what = {"geometry_name": "geometry", "geometry_type": "Polygon", "crs": "EPSG:4490", "encoding": "GB18030"}
    pyogrio.write_arrow(table, stem, driver="ESRI Shapefile", **what)
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(path.stem + ".*"):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(part, part.name)


@pytest.mark.parametrize(
    ("name", "make", "layer", "datum"),
    [
        ("places.geojson", as_geojson, "premises", "wgs84"),
        ("places.csv", as_csv, "premises", "wgs84"),
        ("places.xlsx", as_xlsx, "premises", "wgs84"),
        ("compounds.zip", as_shapefile, "compounds", "cgcs2000"),
    ],
)
def test_a_file_is_tried_imported_seen_repeated_and_taken_back(visit, ask, demo_server, tmp_path, name, make, layer, datum):
    lon, lat = ask(INSIDE)[0]
    path = tmp_path / name
    make(path, lon, lat)
    table = {"premises": "geo_premises", "compounds": "geo_compound"}[layer]
    before = ask(STATE, layer, table=table)
    command = ["import_layer", layer, str(path), "--datum", datum]

    tried = demo_server.manage(*command)
    assert "新增2，变更0，未变0，退回0" in tried and "没有写入任何数据" in tried
    assert ask(STATE, layer, table=table) == before

    done = demo_server.manage(*command, "--commit", "--by", "county")
    batch = int(re.search(r"批次(\d+)", done)[1])
    written = ask("SELECT name, left(division_id, 9) FROM {table} WHERE source_key = ANY(%s)", KEYS, table=table)
    assert {town for _, town in written} == {"640521102"}

    officer, page = visit(account="town_shikong"), visit(account="county")

    def on_the_tile() -> set[str]:
        return {feature["properties"].get("name") for feature in features(officer, layer, tile_of(lon + 0.0004, lat + 0.0004, 14))}

    names = {name for name, _ in written}
    assert len(names) == 2 and names <= on_the_tile()
    demo_server.manage("index_search")  # in service the worker does it, every few seconds
    [hit] = officer.context.request.get(f"/map/search.json?q={KEYS[0]}").json()["hits"]
    assert hit["name"] in names and hit["layer"] == layer

    again = demo_server.manage(*command)
    assert "新增0，变更0，未变2，退回0" in again

    demo_server.manage("revert_batch", str(batch), "--by", "county")
    assert ask("SELECT count(*) FROM {table}", table=table) == [before[0][:1]]
    assert not names & on_the_tile()
    page.goto("/batches/")
    row = page.locator("tbody tr", has_text=name).first
    assert str(batch) in row.inner_text() and "撤回" in row.inner_text()


def test_a_file_with_faults_is_told_line_by_line_and_nothing_is_written(ask, demo_server, tmp_path):
    lon, lat = ask(INSIDE)[0]
    path = tmp_path / "faults.csv"
    rows = [
        ("编号", "名称", "类别", "经度", "纬度"),
        ("坏-1", "好的学校", "学校", lon, lat),
        ("坏-2", "非洲学校", "学校", 20.0, 5.0),
        ("坏-3", "颠倒学校", "学校", lat, lon),
        ("坏-4", "没有位置", "学校", "", ""),
        ("坏-5", "没有类别", "", lon, lat),
        ("坏-6", "电话13812345678学校", "学校", lon, lat),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    told = demo_server.manage("import_layer", "premises", str(path), "--datum", "wgs84")
    assert "新增1，变更0，未变0，退回5" in told
    for line in range(3, 8):
        assert re.search(rf"^\s+{line}　", told, re.M), told
    assert "13812345678" not in told
    assert ask("SELECT count(*) FROM geo_premises WHERE source_key LIKE '坏-%%'") == [(0,)]
