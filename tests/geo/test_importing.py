"""Reading, judging and comparing: what a dry run says. Writing and taking back is in test_importing_batches.py."""
import csv
import datetime
import json
import zipfile

import openpyxl
import pyarrow as pa
import pyogrio
import pytest
import shapely
from django.core.management import CommandError, call_command

from geo import importing
from geo.coords import wgs84_to_gcj02
from geo.importing.report import safe_cell, shown
from geo.models import Batch, Compound, Incident, LayerVersion, Premises, Station, SurveillancePoint
from tests import cast

pytestmark = pytest.mark.django_db

WHY = "a test counts everything"
NOW = datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def territory(db):
    return cast.territory()


def run(path, layer="premises", datum="wgs84", **options):
    return importing.run(layer, path, datum=datum, now=NOW, **options)


def reasons(report):
    return [(line, label, reason) for line, label, reason, _value in report.notes.first.get("退回", [])]


def test_dry_run_says_what_it_would_do_and_writes_nothing(write):
    before = dict(LayerVersion.objects.values_list("layer", "version"))
    report = run(write("a.csv", "编号,名称,类别,经度,纬度\nP1,一中,学校,105.62,37.48\nP2,公园,公园,105.68,37.52\n"))
    assert (report.read_count, report.new_count, report.rejected_count) == (2, 2, 0)
    assert not Premises.objects.everywhere(WHY).exists() and not Batch.objects.exists()
    assert dict(LayerVersion.objects.values_list("layer", "version")) == before


FIELDS = {
    "编号": ["C1", "C2"],
    "小区名称": ["宁安家园", "石空新村"],
    "小区类型": ["老旧小区", "封闭小区"],
    "户数": [120, 80],
    "门禁": ["是", "无"],
}
OUTLINES = [shapely.box(105.61, 37.47, 105.611, 37.471), shapely.box(105.66, 37.51, 105.661, 37.511)]


def as_csv(path):
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*FIELDS, "WKT"])
        writer.writerows(zip(*FIELDS.values(), [outline.wkt for outline in OUTLINES], strict=True))


def as_xlsx(path):
    book = openpyxl.Workbook()
    book.active.append([*FIELDS, "wkt"])
    for row in zip(*FIELDS.values(), [outline.wkt for outline in OUTLINES], strict=True):
        book.active.append(row)
    book.save(path)


def as_geojson(path):
    rows = [dict(zip(FIELDS, row, strict=True)) for row in zip(*FIELDS.values(), strict=True)]
    outlines = [shapely.geometry.mapping(outline) for outline in OUTLINES]
    features = [{"type": "Feature", "properties": row, "geometry": outline} for row, outline in zip(rows, outlines, strict=True)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def as_vector(path, driver, encoding=None):
    table = pa.table({**FIELDS, "geometry": shapely.to_wkb(OUTLINES)})
    pyogrio.write_arrow(table, path, driver=driver, geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4490", encoding=encoding)


def as_gpkg(path):
    as_vector(path, "GPKG")


def as_zip(path):
    as_vector(path.with_suffix(".shp"), "ESRI Shapefile", "GB18030")
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(path.stem + ".*"):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(part, part.name)


@pytest.mark.parametrize(
    ("name", "make"),
    [("a.csv", as_csv), ("a.xlsx", as_xlsx), ("a.geojson", as_geojson), ("a.gpkg", as_gpkg), ("a.zip", as_zip)],
)
def test_same_compounds_come_out_of_every_format(tmp_path, name, make):
    make(tmp_path / name)
    report = run(tmp_path / name, "compounds", "cgcs2000", commit=True)
    assert report.new_count == 2 and not report.ignored
    one, two = Compound.objects.everywhere(WHY).order_by("source_key")
    assert (one.source_key, one.name, one.kind, one.household_count, one.has_access_control) == ("C1", "宁安家园", "old", 120, True)
    assert (two.name, two.kind, two.has_access_control, two.division_id) == ("石空新村", "gated", False, cast.EAST_NORTH)
    assert one.division_id == cast.WEST_SOUTH and one.geom.num_geom == 1 and one.geom.extent == OUTLINES[0].bounds


def test_mars_coordinates_come_to_their_place(write):
    lon, lat = wgs84_to_gcj02(105.62, 37.48)
    path = write("a.csv", f"编号,名称,类别,lng,lat\nP1,一中,学校,{lon:.9f},{lat:.9f}\n")
    run(path, datum="gcj02", commit=True)
    place = Premises.objects.everywhere(WHY).get()
    assert (place.geom.x, place.geom.y) == (pytest.approx(105.62, abs=1e-8), pytest.approx(37.48, abs=1e-8))


@pytest.mark.parametrize("datum", [None, "", "gps", "xian80"])
def test_datum_is_required_and_the_choices_are_named(write, datum):
    with pytest.raises(importing.ImportRefused, match="wgs84、cgcs2000、gcj02、bd09"):
        run(write("a.csv", "名称,类别,经度,纬度\n一中,学校,105.62,37.48\n"), datum=datum)


def test_declared_system_that_is_not_the_chosen_one_is_said(tmp_path):
    as_vector(tmp_path / "a.gpkg", "GPKG")
    assert run(tmp_path / "a.gpkg", "compounds", "wgs84").warnings == []
    assert run(tmp_path / "a.gpkg", "compounds", "gcj02").warnings == ["文件声明的坐标系是EPSG:4490，您选择的是gcj02；按您的选择处理。"]


def test_every_rejected_row_is_named_with_line_field_and_reason(write):
    rows = [
        "编号,名称,类别,经度,纬度,核定人数,检查日期",
        "P1,一中,学校,105.62,37.48,500,2026-11-01",
        "P2,,学校,105.62,37.48,,",
        "P3,三中,监狱,105.62,37.48,,",
        "P4,四中,学校,105.62,37.48,很多,",
        "P5,五中,学校,105.62,37.48,-3,昨天",
        "P6,六中,学校,37.48,105.62,,",
        "P7,非洲学校,学校,20.1,10.5,,",
        "P8,八中,学校,,,,",
        "P9,九中,学校,东经105,37.48,,",
        f"P10,{'长' * 121},学校,105.62,37.48,,",
        "P11,电话13800138000,学校,105.62,37.48,,",
        "P12,甲,学校,105.62,37.48,,",
        "P12,乙,学校,105.62,37.48,,",
    ]
    report = run(write("a.csv", "\n".join(rows) + "\n"))
    assert (report.read_count, report.new_count, report.rejected_count, report.outside_count) == (13, 1, 12, 1)
    found = reasons(report)
    assert (3, "名称", "必填，但没有值") in found
    assert (4, "类别", "不在可选值之内：学校、公园、车站、文化市场、餐饮、娱乐场所、洗浴、小旅馆、公共设施、其他") in found
    assert (5, "核定人数", "不是整数") in found
    assert (6, "核定人数", "应不小于0") in found and (6, "最近检查日期", "不是日期，应如2026-11-23") in found
    assert (7, "位置", "经度和纬度可能写反了：互换后落在本辖区内") in found
    assert (8, "位置", "不在任何行政区划的轮廓内") in found
    assert (9, "位置", "没有坐标或图形") in found and (10, "位置", "坐标不是数字") in found
    assert (11, "名称", "超过120个字") in found
    assert (12, "名称", "像是手机号：本系统只记地方不记人，请删去") in found
    assert (13, "来源编号", "编号与第14行重复") in found and (14, "来源编号", "编号与第13行重复") in found


def test_good_row_with_the_key_of_a_rejected_one_is_a_duplicate(write):
    report = run(write("a.csv", "编号,名称,类别,经度,纬度\nP1,一中,学校,0,0\nP1,一中,学校,105.62,37.48\n"))
    assert report.rejected_count == 2 and (3, "来源编号", "编号与第2行重复") in reasons(report)


def test_table_rules_are_told_before_the_table_refuses(write, tmp_path):
    header = "编号,名称,wkt,消防检查日期,未整改火灾隐患\n"
    path = write("a.csv", header + f'C1,甲,"{OUTLINES[0].wkt}",2026-11-01,\nC2,乙,"{OUTLINES[1].wkt}",2026-11-01,0\n')
    report = run(path, "compounds")
    assert (report.new_count, report.rejected_count) == (1, 1)
    ((line, label, reason),) = reasons(report)
    assert line == 2 and "消防检查日期" in label and "没有同时填写" in reason
    path = write("b.csv", "编号,名称,经度,纬度,方位角\nS1,甲,105.62,37.48,360\nS2,乙,105.62,37.48,359.9\n")
    assert run(path, "surveillance").rejected_count == 1


def test_rule_looks_at_what_the_file_does_not_say(write):
    cast.west_compound(source_key="C1", fire_checked_on="2026-11-01", open_fire_hazard_count=1)
    path = write("a.csv", f'编号,名称,wkt,消防检查日期\nC1,西苑小区,"{OUTLINES[0].wkt}",\nC2,新,"{OUTLINES[1].wkt}",\n')
    report = run(path, "compounds")
    assert (report.new_count, report.changed_count, report.rejected_count) == (1, 0, 1)


def test_point_on_a_boundary_belongs_to_the_smallest_code(write):
    path = write("a.csv", "编号,名称,类别,经度,纬度\nP1,桥头,公园,105.65,37.50\nP2,河边,公园,105.65,37.52\nP3,角上,公园,105.60,37.46\n")
    run(path, commit=True)
    places = dict(Premises.objects.everywhere(WHY).values_list("source_key", "division_id"))
    assert places == {"P1": cast.WEST_SOUTH, "P2": cast.WEST_NORTH, "P3": cast.WEST_SOUTH}


def test_incident_finds_its_compound_and_nothing_else_is_asked(write):
    compound = cast.west_compound()
    path = write("a.csv", "编号,类别,发生时间,经度,纬度\nJ1,盗窃,2026-11-01 23:30,105.62,37.48\nJ2,火灾,2026/11/2 1:05,105.64,37.48\n")
    report = run(path, "incidents", commit=True)
    assert report.new_count == 2
    one, two = Incident.objects.everywhere(WHY).order_by("source_key")
    assert (one.compound_id, two.compound_id) == (compound.pk, None)
    assert one.occurred_at == datetime.datetime(2026, 11, 1, 15, 30, tzinfo=datetime.UTC)
    assert (one.category, two.category, one.division_id) == ("theft", "fire", cast.WEST_SOUTH)


def test_crossing_outline_is_mended_and_said(write):
    bowtie = "POLYGON ((105.61 37.47, 105.612 37.472, 105.612 37.47, 105.61 37.472, 105.61 37.47))"
    report = run(write("a.csv", f'编号,名称,wkt\nC1,甲,"{bowtie}"\n'), "compounds", commit=True)
    assert report.repaired_count == 1 and any("轮廓自相交，已修复；面积由" in line for line in report.sentences())
    assert Compound.objects.everywhere(WHY).get().geom.valid


def test_rows_without_number_get_one_from_name_and_place(write):
    text = "名称,类别,经度,纬度\n一中,学校,105.62,37.48\n二中,学校,105.62,37.48\n"
    report = run(write("a.csv", text), commit=True)
    assert report.made_keys and "文件没有编号列" in "".join(report.sentences())
    again = run(write("b.csv", text.replace("二中", "三中")))
    assert (again.unchanged_count, again.new_count) == (1, 1)
    mixed = run(write("c.csv", "编号,名称,类别,经度,纬度\n,四中,学校,105.62,37.48\nP5,五中,学校,105.62,37.48\n"))
    assert mixed.unmarked_count == 1 and not mixed.made_keys


def test_officer_imports_only_into_the_own_territory(write):
    east = cast.point(105.68, 37.48)
    Premises.objects.create(source_key="P9", name="东中", kind="school", division_id=cast.EAST_SOUTH, geom=east)
    path = write("a.csv", "编号,名称,类别,经度,纬度\nP1,西中,学校,105.62,37.48\nP2,东小,学校,105.68,37.48\nP9,搬来,学校,105.62,37.48\n")
    report = run(path, by=cast.west_officer())
    assert (report.new_count, report.changed_count, report.rejected_count) == (1, 0, 2)
    assert {line for line, _label, reason in reasons(report) if reason == "不在您的辖区内"} == {3, 4}


def test_changes_are_counted_field_by_field(write):
    text = "编号,名称,类别,经度,纬度,核定人数\nP1,一中,学校,105.62,37.48,500\nP2,二中,学校,105.68,37.48,300\nP3,三中,学校,105.62,37.52,\n"
    run(write("a.csv", text), commit=True)
    report = run(write("b.csv", text.replace("P1,一中", "P1,第一中学").replace("105.68,37.48,300", "105.62,37.52,310")))
    assert (report.new_count, report.changed_count, report.unchanged_count) == (0, 2, 1)
    assert report.changes == {"名称": 1, "核定人数": 1, "位置": 1, "行政区划": 1}
    assert (2, "P1 名称", "一中", "第一中学") in report.examples and (3, "P2 核定人数", "300", "310") in report.examples


def test_field_that_the_file_does_not_have_keeps_its_value(write):
    text = "编号,名称,类别,经度,纬度,核定人数\nP1,一中,学校,105.62,37.48,500\n"
    run(write("a.csv", text), commit=True)
    run(write("b.csv", "编号,名称,类别,经度,纬度\nP1,第一中学,学校,105.62,37.48\n"), commit=True)
    place = Premises.objects.everywhere(WHY).get()
    assert (place.name, place.capacity_count) == ("第一中学", 500)


def test_new_row_gets_the_defaults_of_its_model(write):
    run(write("a.csv", "编号,名称,类型,经度,纬度\nT1,警务室,警务室,105.62,37.48\n"), "stations", commit=True)
    station = Station.objects.everywhere(WHY).get()
    assert (station.status, station.condition, station.hours) == ("built", "unknown", "")
    assert station.updated_at == NOW and station.batch.counts["new"] == 1


@pytest.mark.parametrize(
    ("text", "layer", "said"),
    [
        ("编号,名称\nP1,一中\n", "premises", "没有找到坐标列"),
        ("编号,经度,纬度\nP1,105,37\n", "premises", "缺少必填列：名称、类别"),
        ("名称,经度,纬度\n甲,105,37\n", "bicycles", "没有名为“bicycles”的图层"),
        ("名称,经度,纬度\n甲,105,37\n", "graded_compounds", "由系统计算"),
    ],
)
def test_file_that_cannot_be_imported_is_refused_as_a_whole(write, text, layer, said):
    with pytest.raises(importing.ImportRefused, match=said):
        run(write("a.csv", text), layer)


def test_import_without_any_outline_is_refused(write):
    from_nowhere = write("a.csv", "名称,类别,经度,纬度\n一中,学校,105.62,37.48\n")
    cast.DivisionOutline.objects.all().delete()
    with pytest.raises(importing.ImportRefused, match="还没有行政区划轮廓"):
        run(from_nowhere)


def test_report_file_is_safe_to_open_and_holds_no_persons_number(write, tmp_path):
    rows = ["P1,=1+1,监狱", "P2,电话 １３８００１３８０００,学校", "P3,甲,=cmd|'x'"]
    report = run(write("a.csv", "编号,名称,类别,经度,纬度\n" + "".join(f"{row},105.62,37.48\n" for row in rows)))
    report.save(tmp_path / "report.csv")
    text = (tmp_path / "report.csv").read_text(encoding="utf-8-sig")
    assert "38００" not in text and "8００１３" not in text and "１３*******００" in text
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|'x'" in cells and not any(cell.startswith("=") for cell in cells)


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=1+1", "'=1+1"), ("＝1", "'＝1"), ("-2+3", "'-2+3"), ("-12.5", "-12.5"), ("+86", "+86"), ("@x", "'@x"), ("甲", "甲"), ("", "")],
)
def test_cell_of_the_report_is_never_a_formula(text, safe):
    assert safe_cell(text) == safe


def test_long_value_is_cut():
    assert len(shown("长" * 200)) == 80 and shown("两\n行") == "两 行" and shown(None) == ""


def test_command_prints_the_report_in_chinese(write, tmp_path, capsys):
    path = write("a.csv", "编号,名称,经度,纬度,颜色\nS1,路口,105.62,37.48,红\nS2,远方,20,10,蓝\n")
    call_command("import_layer", "surveillance", path, datum="wgs84", database="default", report=tmp_path / "r.csv")
    said = capsys.readouterr().out
    for part in ("监控点", "新增1", "退回1", "未导入的列：颜色", "不在任何行政区划的轮廓内", "没有写入任何数据", "--commit"):
        assert part in said
    assert (tmp_path / "r.csv").exists() and not SurveillancePoint.objects.everywhere(WHY).exists()
    call_command("import_layer", "surveillance", path, datum="wgs84", database="default", commit=True)
    assert "已写入，批次" in capsys.readouterr().out
    call_command("revert_batch", Batch.objects.get().pk, database="default")
    assert "删去1个新增的对象" in capsys.readouterr().out


def test_command_says_what_is_wrong_in_one_sentence(write):
    with pytest.raises(CommandError, match="不支持“.gpx”文件"):
        call_command("import_layer", "premises", write("a.gpx", "<gpx/>"), datum="wgs84", database="default")
    with pytest.raises(CommandError, match="系统不猜坐标系"):
        call_command("import_layer", "premises", write("a.csv", "名称\n"), database="default")
    with pytest.raises(CommandError, match="没有账号"):
        call_command("import_layer", "premises", write("a.csv", "名称\n"), datum="wgs84", by="nobody", database="default")
