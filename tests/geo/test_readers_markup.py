"""KML, KMZ, GML and FlatGeobuf: what they hold, what is refused before GDAL sees it, and the samples of others."""
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from geo.readers import GEOMETRY, Source
from geo.readers.kinds import kind_of

KML = '<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>岗亭</name>{body}</Document></kml>'
POINT = (
    '<Placemark id="K{n}"><name>{name}</name><ExtendedData><Data name="类别"><value>警务岗亭</value></Data></ExtendedData>'
    "<Point><coordinates>105.6{n},37.48,1200</coordinates></Point></Placemark>"
)


def kml(body: str, encoding: str = "UTF-8") -> str:
    return KML.format(body=body, encoding=encoding)


TWO = POINT.format(n=1, name="鼓楼岗亭") + POINT.format(n=2, name="车站岗亭")


def shapes(table) -> list[shapely.Geometry]:
    return list(shapely.from_wkb(np.array(table[GEOMETRY].to_pylist(), dtype=object)))


def test_kml_gives_names_extended_data_and_places(reading, write):
    meta, table = reading.read(write("岗亭.kml", kml(TWO)))
    assert (meta.kind, meta.declared_epsg, meta.layer) == ("kml", 4326, "岗亭")
    assert table["Name"].to_pylist() == ["鼓楼岗亭", "车站岗亭"] and table["id"].to_pylist() == ["K1", "K2"]
    assert table["类别"].to_pylist() == ["警务岗亭"] * 2
    assert reading.points(table) == [(105.61, 37.48), (105.62, 37.48)]
    assert "tessellate" not in meta.columns and "icon" not in meta.columns


@pytest.mark.parametrize("declared", ["GB2312", "GBK", "gb18030"])
def test_kml_in_a_chinese_code_page_is_read(reading, write, declared):
    meta, table = reading.read(write("a.kml", kml(TWO, declared).encode("gb18030")))
    assert table["Name"].to_pylist() == ["鼓楼岗亭", "车站岗亭"] and meta.encoding == "GB18030"


def test_folders_of_a_kml_are_chosen_among(reading, write):
    body = "".join(f"<Folder><name>{name}</name>{POINT.format(n=n, name=name)}</Folder>" for n, name in enumerate(("东", "西"), 1))
    path = write("a.kml", kml(body))
    refused = reading.refusal(path)
    assert refused.code == "which_layer" and refused.params["parts"] == ["东", "西"]
    meta, table = reading.read(path, layer="西")
    assert table["Name"].to_pylist() == ["西"] and meta.parts == ["东", "西"]


def test_network_link_is_told_and_never_followed(reading, write, listener):
    link = "<NetworkLink><Link><href>http://127.0.0.1:18999/x.kml</href></Link></NetworkLink>"
    meta, table = reading.read(write("a.kml", kml(link + TWO)))
    assert table.num_rows == 2 and ["network_link", {"count": 1}] in meta.warnings and listener.count == 0


@pytest.mark.parametrize("name", ["a.kml", "a.gml"])
def test_document_type_is_refused_before_gdal_sees_it(reading, write, name, listener):
    root = kml(TWO) if name == "a.kml" else GML.format(members="")
    for subset in ('<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % p SYSTEM "http://127.0.0.1:18999/x"> %p;', ""):
        text = root.replace("?>", f"?><!DOCTYPE r [{subset}]>", 1)
        assert reading.refusal(write(name, text)).code == "unsafe_content"
    assert listener.count == 0


def test_deep_and_broken_markup_is_refused_for_what_it_is(reading, write):
    assert reading.refusal(write("a.kml", kml("<Folder>" * 50_000 + "</Folder>" * 50_000))).code == "too_deep"
    broken = reading.refusal(write("b.kml", kml("<Placemark>\n<name>").replace("</Document>", "")))
    assert (broken.code, broken.params["line"]) == ("bad_xml", 2)


def test_kmz_reads_its_document_and_unpacks_nothing_else(reading, tmp_path):
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("files/other.kml", kml(""))
        archive.writestr("doc.kml", kml(TWO))
        archive.writestr("files/icon.png", b"x" * 1000)
    meta, table = reading.read(path)
    assert (meta.kind, table.num_rows) == ("kmz", 2)
    assert ["only_first_kml", {"name": "doc.kml", "count": 2}] in meta.warnings


def test_kmz_with_a_path_outside_is_refused(reading, tmp_path):
    path = tmp_path / "a.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../doc.kml", kml(TWO))
    assert reading.refusal(path).code == "zip_names"


GML = (
    '<?xml version="1.0" encoding="utf-8"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://ogr.maptools.org/ http://127.0.0.1:18999/a.xsd">'
    "{members}</ogr:FeatureCollection>"
)


def vector_file(path, driver: str, **options):
    points = shapely.points([[105.61, 37.48], [105.62, 37.49]])
    table = pa.table({"编号": ["G1", "G2"], "名称": ["鼓楼岗亭", "车站岗亭"], "geometry": shapely.to_wkb(points)})
    pyogrio.write_arrow(table, path, driver=driver, geometry_name="geometry", geometry_type="Point", crs="EPSG:4490", **options)
    return path


def test_gml_of_a_desktop_gis_is_read_with_the_axes_the_right_way_round(reading, tmp_path, listener):
    path = vector_file(tmp_path / "a.gml", "GML", FORMAT="GML3.2")
    meta, table = reading.read(path)
    assert (meta.kind, meta.declared_epsg) == ("gml", 4490)
    assert table["名称"].to_pylist() == ["鼓楼岗亭", "车站岗亭"] and reading.points(table) == [(105.61, 37.48), (105.62, 37.49)]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.gml", "a.xsd"], "nothing is written beside the file"


def test_schema_of_a_gml_is_never_fetched(reading, write, listener):
    member = (
        '<gml:featureMember><ogr:p fid="p.1"><ogr:geometryProperty><gml:Point srsName="EPSG:4326">'
        "<gml:coordinates>105.6,37.48</gml:coordinates></gml:Point></ogr:geometryProperty><ogr:name>一</ogr:name></ogr:p></gml:featureMember>"
    )
    _meta, table = reading.read(write("a.gml", GML.format(members=member)))
    assert table["name"].to_pylist() == ["一"] and listener.count == 0


def test_flatgeobuf_is_read_and_a_cut_one_refused(reading, tmp_path):
    path = vector_file(tmp_path / "a.fgb", "FlatGeobuf")
    meta, table = reading.read(path)
    assert (meta.kind, meta.declared_epsg) == ("flatgeobuf", 4490)
    assert set(zip(table["编号"].to_pylist(), reading.points(table), strict=True)) == {("G1", (105.61, 37.48)), ("G2", (105.62, 37.49))}
    path.write_bytes(path.read_bytes()[:150])
    assert reading.refusal(path).code in ("broken", "no_features", "stopped")


def test_content_decides_where_the_name_leaves_it_open(write, tmp_path):
    assert kind_of(write("a.xml", kml(TWO))) == "kml"
    assert kind_of(write("b.xml", GML.format(members=""))) == "gml"
    assert kind_of(write("a.txt", "名称,经度,纬度\n")) == "csv"
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", kml(TWO))
    assert kind_of(packed) == "kmz"


def test_only_the_driver_of_the_kind_can_open_anything(write, reading):
    """A GML under the name of a KML is not read by GDAL's GML driver."""
    assert reading.refusal(write("a.kml", GML.format(members=""))).code == "kind_mismatch"
    assert reading.refusal(write("a.gml", kml(TWO))).code == "kind_mismatch"


def samples(shared, folder: str, ending: str):
    told = json.loads((shared / "data" / folder / "expected.json").read_text(encoding="utf-8"))
    return [(shared / "data" / folder / name, layers) for name, layers in told["expected_vector"].items() if name.endswith(ending)]


@pytest.mark.parametrize(("folder", "ending"), [("togeojson_kml", ".kml"), ("mapshaper_kmz_gpkg", ".kmz")])
def test_samples_of_others_give_the_expected_features_and_places(shared, folder, ending):
    found = samples(shared, folder, ending)
    assert found
    for path, layers in found:
        for layer in layers:
            with Source(path, layer=layer["layer"]) as source:
                table = pa.Table.from_batches(list(source))
            assert table.num_rows == layer["features"], path.name
            geometries = [one for one in shapes(table) if one is not None]
            assert len(geometries) == layer["features"] - layer["null_geometry"]
            if "bbox_wgs84" in layer:
                assert np.allclose(shapely.total_bounds(geometries), layer["bbox_wgs84"], atol=1e-6), path.name
            assert set(source.meta.columns) <= set(layer["fields"])
            for field, value in layer["first_record"].items():
                if field in source.meta.columns and value not in ("None", "NaT"):
                    assert str(table[field][0].as_py()).startswith(value[:40].replace("T", " ").removesuffix(".000")), field
