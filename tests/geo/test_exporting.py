"""Every form of every layer comes back unchanged; no cell is a formula; the reader's rights decide what a file holds."""
import csv
import io
import json
import os
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.urls import reverse

from geo import exporting, importing
from geo.importing.columns import short_names
from geo.layers import registry
from geo.lists.jobs import sweep, write_list
from geo.models import Compound, Courtyard, Incident, Job, Premises, PublicFacility, Station, SurveillancePoint, User
from geo.querysets import ScopeMissing
from geo.readers import Source
from geo.spreadsheets import protect, unprotect
from patrol.models import Beat
from tests import cast
from zones.models import RectificationZone

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WHY = "the test looks at everything"
IMPORTABLE = [layer for layer in registry if layer.importable]
NASTY = [
    "=1+1", "'=1+1", "-2+3", "-12.5", "+86", "@SUM(1)", "＝1", "a\"b,c;d", "两\n行", "_x0041_",
    "<甲> & \"乙\" \\ 丙", "𠮷家院", "'单引号",
]


@pytest.fixture
def county(db):
    cast.territory()
    return cast.with_purpose(cast.county_officer())


@pytest.fixture
def places(county):
    """One of everything, with texts, numbers and outlines that a careless writer would spoil."""
    odd = MultiPolygon(
        Polygon(((105.605, 37.47), (105.605, 37.48), (105.615, 37.48), (105.615, 37.47), (105.605, 37.47)),
                ((105.6070, 37.472), (105.6130, 37.472), (105.6130, 37.478), (105.6070, 37.478), (105.6070, 37.472))),
        Polygon(((105.6300000000001, 37.4712345678912), (105.64, 37.47), (105.64, 37.48), (105.6300000000001, 37.4712345678912))),
        srid=4326,
    )  # fmt: skip
    village = {"division_id": cast.WEST_SOUTH}
    Compound.objects.create(
        name="=1+1", source_key="C1", geom=odd, kind="old", household_count=0, has_fence=True, has_lighting=False,
        fire_checked_on=date(2026, 1, 31), open_fire_hazard_count=2, manager_unit="a\"b,c", **village,
    )  # fmt: skip
    holder = cast.west_compound()
    cast.east_compound()
    yard = Courtyard.objects.create(
        name="一号院", source_key="Y1", compound=holder, geom=cast.square(105.62, 37.48), household_count=12, **village
    )
    for number, text in enumerate(NASTY):
        Premises.objects.create(
            name=text, source_key=f"P{number}", kind="hotel", operator_unit=text, capacity_count=number or None,
            last_inspected_on=date(2026, 2, 28), geom=cast.point(105.61 + number / 999, 37.47 + number / 3001), **village,
        )  # fmt: skip
    Station.objects.create(
        name="西南警务室", source_key="S1", kind="police_room", hours="00:00-24:00",
        geom=cast.point(105.6123456789012, 37.4798765432101), **village,
    )  # fmt: skip
    SurveillancePoint.objects.create(
        name="路口", source_key="J1", bearing_deg=123.456789012345, range_m=30, has_sign=None, retention_days=30,
        geom=cast.point(105.6123, 37.4812), in_use_since=date(2025, 4, 1), **village,
    )  # fmt: skip
    lamp = {"kind": "lamp", "condition": "defective", "geom": cast.point(105.62, 37.48)}
    PublicFacility.objects.create(name="路灯12", source_key="F1", **lamp, **village)
    Incident.objects.create(
        source_key="I1", category="theft", compound=holder, courtyard=yard, occurred_at=datetime(2026, 3, 1, 18, 30, 5, tzinfo=UTC),
        geom=cast.point(105.62, 37.48), **village,
    )  # fmt: skip
    Beat.objects.create(name="老城巡区", source_key="B1", kind="area", geom=odd, weekly_visit_target=7, **village)
    RectificationZone.objects.create(
        name="老城片区", source_key="Z1", kind="old_compounds", geom=cast.square(105.62, 37.48), reasons="盗窃多发", **village
    )


def everything(layer):
    return layer.model.objects.everywhere(WHY)


def written(layer, form, path, user, **options):
    target = path / f"{layer.name}.{exporting.FORMS[form].ending}"
    exporting.write(layer, layer.model.objects.visible_to(user), form, target, by=user, **options)
    return target


def again(layer, file, datum="wgs84"):
    return importing.run(layer.name, file, datum=datum, now=NOW)


@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx", "gpkg", "shp", "kml"])
@pytest.mark.parametrize("layer", IMPORTABLE, ids=lambda layer: layer.name)
def test_an_exported_file_comes_back_unchanged(layer, form, places, county, tmp_path):
    report = again(layer, written(layer, form, tmp_path, county))
    count = everything(layer).count()
    assert count and (report.read_count, report.unchanged_count) == (count, count), "\n".join(report.sentences())
    # What every KML has of its own, and the name once more.
    of_kml = {"id", "description", "timestamp", "begin", "end", "Name", "名称"} if form == "kml" else set()
    assert set(report.ignored) <= {"行政区划代码", "行政区划", "div_code", "div_name"} | of_kml


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09"])
@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx", "gpkg", "shp"])
def test_another_datum_is_named_in_the_file_and_comes_back(form, datum, places, county, tmp_path):
    for layer in (registry["premises"], registry["compounds"]):
        report = again(layer, written(layer, form, tmp_path, county, datum=datum), datum)
        assert report.unchanged_count == everything(layer).count(), "\n".join(report.sentences())
        assert "坐标系" in report.ignored or "datum" in report.ignored


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg", "xlsx"])
def test_places_come_back_to_the_last_digit(form, places, county, tmp_path):
    layer = registry["stations"]
    file = written(layer, form, tmp_path, county)
    (stored,) = everything(layer)
    if form == "gpkg":
        place = shapely.from_wkb(pyogrio.raw.read(file)[2][0]).coords[0]
    elif form == "xlsx":
        header, row = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
        place = tuple(row[header.index(name)] for name in ("经度", "纬度"))
    elif form == "csv":
        (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
        place = float(row["经度"]), float(row["纬度"])
    else:
        place = tuple(json.loads(file.read_text("utf-8"))["features"][0]["geometry"]["coordinates"])
    assert place == stored.geom.coords


def test_no_cell_is_a_formula_and_every_text_comes_back(places, county, tmp_path):
    layer = registry["premises"]
    cells = [cell for row in csv.reader(io.StringIO(written(layer, "csv", tmp_path, county).read_text("utf-8-sig"))) for cell in row]
    book = openpyxl.load_workbook(written(layer, "xlsx", tmp_path, county))
    sheet = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in sheet if cell.data_type == "f"]
    cells += [cell.value for cell in sheet if isinstance(cell.value, str)]
    assert len(cells) > 200
    for cell in cells:
        assert not cell.startswith(tuple("=+-@\t\r＝＋－＠")) or float(cell) is not None, cell


@pytest.mark.parametrize("text", [*NASTY, "''=1", "'", "", "＠", "'-5", "-5", "=", "\t=1", "1e5", "-1e5", "－5"])
def test_protected_text_is_taken_back_exactly(text):
    column = pa.array([text])
    (safe,) = protect(column).to_pylist()
    assert unprotect(protect(column)).to_pylist() == [text]
    assert not safe.startswith(tuple("=+-@\t\r＝＋－＠")) or float(safe) is not None


def test_kml_names_every_value_and_escapes_it(places, county, tmp_path):
    tree = ElementTree.parse(written(registry["premises"], "kml", tmp_path, county))
    space = {"k": "http://www.opengis.net/kml/2.2"}
    marks = tree.findall(".//k:Placemark", space)
    assert {mark.findtext("k:name", namespaces=space) for mark in marks} == set(NASTY)
    stored = {each.name: each for each in everything(registry["premises"])}
    for mark in marks:
        values = {data.get("name"): data.findtext("k:value", namespaces=space) for data in mark.findall(".//k:Data", space)}
        lon, lat = mark.findtext(".//k:coordinates", namespaces=space).split(",")
        one = stored[values["名称"]]
        assert (float(lon), float(lat)) == one.geom.coords and values["类别"] == "小旅馆" and values["经营管理单位"] == one.operator_unit
    info = pyogrio.read_info(written(registry["compounds"], "kml", tmp_path, county))
    assert info["features"] == 3 and info["geometry_type"] in ("MultiPolygon", "Unknown", "Polygon", "MultiPolygon Z")


def test_geojson_is_what_rfc_7946_asks_for(places, county, tmp_path):
    document = json.loads(written(registry["compounds"], "geojson", tmp_path, county).read_text("utf-8"))
    assert document["type"] == "FeatureCollection" and "crs" not in document and document["datum"] == "WGS-84"
    for feature in document["features"]:
        for polygon in shapely.get_parts(shapely.geometry.shape(feature["geometry"])):
            assert polygon.exterior.is_ccw and not any(ring.is_ccw for ring in polygon.interiors)


def test_choices_yes_and_no_and_moments_are_written_for_people(places, county, tmp_path):
    (incident,) = csv.DictReader(io.StringIO(written(registry["incidents"], "csv", tmp_path, county).read_text("utf-8-sig")))
    assert (incident["类别"], incident["发生时间"], incident["行政区划"]) == ("盗窃", "2026-03-02T02:30:05+08:00", "西镇 · 西南社区")
    compounds = csv.DictReader(io.StringIO(written(registry["compounds"], "csv", tmp_path, county).read_text("utf-8-sig")))
    odd = next(row for row in compounds if row["来源编号"] == "C1")
    assert (odd["有围墙"], odd["公共照明完好"], odd["有门禁"], odd["户数"]) == ("是", "否", "", "0")


def test_shapefile_says_its_encoding_its_datum_and_its_names(places, county, tmp_path):
    with zipfile.ZipFile(written(registry["stations"], "shp", tmp_path, county)) as archive:
        parts = {name.split(".")[1]: name for name in archive.namelist()}
        assert set(parts) == {"shp", "shx", "dbf", "prj", "cpg", "csv"}
        assert archive.read(parts["cpg"]) == b"UTF-8" and b"WGS" in archive.read(parts["prj"])
        assert "source_key,来源编号" in archive.read("fields.csv").decode("utf-8-sig")


def test_what_a_form_cannot_hold_is_refused_and_leaves_no_file(places, county, tmp_path):
    circle = shapely.Point(105.62, 37.49).buffer(0.002, quad_segs=400)
    Compound.objects.create(name="大圆", source_key="R", geom=shapely.to_wkt(shapely.MultiPolygon([circle])), division_id=cast.WEST_SOUTH)
    everything(registry["zones"]).update(reasons="盗窃" * 60)
    for layer, form, datum, reason in (
        ("compounds", "xlsx", "wgs84", "“大圆”的轮廓超过Excel"),
        ("zones", "shp", "wgs84", "字段“挂牌原因”"),
        ("zones", "kml", "gcj02", "WGS-84"),
    ):
        with pytest.raises(exporting.ExportRefused, match=reason):
            written(registry[layer], form, tmp_path, county, datum=datum)
    assert not list(tmp_path.iterdir())


def test_short_names_of_a_layer_differ():
    for layer in registry:
        short = short_names(layer)
        assert len(set(short.values())) == len(short) and max(map(len, short.values())) <= 10


def test_export_without_a_scope_is_refused(places):
    with pytest.raises(ScopeMissing):
        b"".join(exporting.stream(registry["premises"], Premises.objects.all(), "csv"))


def downloaded(client, layer, form, **asked):
    response = client.get(reverse("object_export", args=[layer, form]), asked)
    return response, b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("form", exporting.FORMS)
def test_reader_downloads_only_the_own_territory_under_the_lists_filters(places, client, form, tmp_path):
    for user, kept in ((cast.west_officer(), {"=1+1", "西苑小区"}), (cast.east_officer(), {"东苑小区"})):
        client.force_login(user)
        response, body = downloaded(client, "compounds", form)
        assert response.status_code == 200 and response.headers["Cache-Control"] == "private, no-store"
        file = tmp_path / f"{user.username}.{exporting.FORMS[form].ending}"
        file.write_bytes(body)
        if form == "kml":
            names = {each for each in ("=1+1", "西苑小区", "东苑小区") if each in body.decode()}
        else:
            with Source(file) as source:
                header = next(name for name in source.meta.columns if name in ("名称", "name"))
                names = set(unprotect(pa.Table.from_batches(list(source))[header].combine_chunks()).to_pylist())
        assert names == kept
        assert b"\xe8\x8b\x91" not in downloaded(client, "compounds", "csv", q="nothing of this name")[1]


def test_surveillance_points_do_not_leave_without_the_guards_word(places, county, client):
    client.force_login(county)
    for form in exporting.FORMS:
        assert client.get(reverse("object_export", args=["surveillance", form])).status_code == 403
    assert client.post(reverse("make_export", args=["surveillance", "gpkg"])).status_code == 403
    assert client.get(reverse("object_list_map", args=["surveillance"])).status_code == 302
    page = client.get(reverse("object_list", args=["surveillance"])).content.decode()
    assert "第二人审批" in page and "导出文件" not in page


@pytest.mark.parametrize("asked", [{"datum": "mars"}, {"capacity_count_from": "x"}])
def test_wrong_wishes_are_said(places, county, client, asked):
    client.force_login(county)
    response, body = downloaded(client, "premises", "csv", **asked)
    assert response.status_code == 400 and "不能导出" in body.decode()
    assert downloaded(client, "premises", "docx")[0].status_code == 400


class TestLargeFiles:
    @pytest.fixture(autouse=True)
    def small_limit(self, monkeypatch, settings, tmp_path):
        monkeypatch.setattr("geo.views.exports.AT_ONCE", -1)
        settings.MEDIA_ROOT = tmp_path

    def made(self, client, user, form="gpkg"):
        client.force_login(user)
        page = client.get(reverse("object_export", args=["compounds", form]), {"datum": "gcj02"})
        assert "后台生成" in page.content.decode()
        client.post(reverse("make_export", args=["compounds", form]) + "?datum=gcj02")
        job = Job.objects.latest("pk")
        write_list(job=job.pk, **job.arguments)
        job.refresh_from_db()
        return job

    def test_officer_asks_for_a_file_and_fetches_it(self, places, client):
        job = self.made(client, cast.west_officer())
        assert (job.state, job.result["count"]) == ("done", 2)
        assert "下载" in client.get(reverse("exports")).content.decode()
        response = client.get(reverse("exported_file", args=[job.pk]))
        assert b"".join(response.streaming_content).startswith(b"SQLite format 3") and "gcj02" in response.headers["Content-Disposition"]

    def test_nobody_else_fetches_it_and_not_with_another_territory(self, places, client):
        west = cast.west_officer()
        job = self.made(client, west)
        url = reverse("exported_file", args=[job.pk])
        client.force_login(cast.user("other", User.Role.COUNTY_OFFICER))
        assert client.get(url).status_code == 404
        west.division_id = cast.EAST
        west.save()
        client.force_login(west)
        assert client.get(url).status_code == 404

    def test_account_that_lost_its_rights_meanwhile_gets_nothing(self, places, client, tmp_path):
        west = cast.west_officer()
        client.force_login(west)
        client.post(reverse("make_export", args=["compounds", "gpkg"]))
        job = Job.objects.latest("pk")
        User.objects.filter(pk=west.pk).update(division=cast.EAST)
        write_list(job=job.pk, **job.arguments)
        job.refresh_from_db()
        assert job.state == "failed" and "权限" in job.message and not list((tmp_path / "exports").glob("*"))

    def test_files_go_after_a_day(self, places, client, tmp_path):
        self.made(client, cast.west_officer())
        (file,) = (tmp_path / "exports").iterdir()
        assert sweep() == 0
        os.utime(file, (0, 0))
        assert sweep() == 1 and not file.exists()


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_early_leaves_no_open_transaction():
    cast.territory()
    about = {"kind": "hotel", "division_id": cast.WEST_SOUTH, "geom": cast.point(105.61, 37.47)}
    Premises.objects.bulk_create(Premises(name=f"{number:0100d}", source_key=str(number), **about) for number in range(3000))
    pieces = exporting.stream(registry["premises"], everything(registry["premises"]), "csv")
    next(pieces)
    next(pieces)
    assert connection.in_atomic_block
    pieces.close()
    assert not connection.in_atomic_block
    assert everything(registry["premises"]).count() == 3000
