import csv
import datetime
import zipfile

import openpyxl
import pyarrow as pa
import pytest

from geo.readers import LINE, describe_warning


def test_formulas_come_in_as_the_text_they_are(shared, reading):
    path = shared / "payloads/csv/formula_injection.csv"
    meta, table = reading.parse(path)
    assert meta.columns == ["name", "note"] and meta.encoding == "UTF-8" and len(table) == 15
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert table.select(["name", "note"]).to_pylist() == list(csv.DictReader(file))
    assert pa.types.is_string(table["name"].type)


def test_four_byte_gb18030_is_read_and_said(shared, reading):
    path = shared / "payloads/csv/gb18030.csv"
    meta, table = reading.parse(path)
    assert meta.encoding == "GB18030"
    assert [describe_warning(*warning) for warning in meta.warnings] == ["文件没有写明编码，按GB18030读取。"]
    assert table["名称"].to_pylist() == ["𠮷家院𫞂小区"] and table["村"].to_pylist() == ["㐂村"]


def test_csv_lines_are_those_of_the_file(reading, write):
    text = '\ufeff名称,经度,纬度,备注\r\n甲,105.6,37.4,"两\r\n行"\r\n\r\n乙,105.7,37.5,x\r\n'
    meta, table = reading.parse(write("a.csv", text))
    assert meta.geometry_columns == ["经度", "纬度"] and meta.line_is == "line" and meta.encoding == "UTF-8"
    assert table[LINE].to_pylist() == [2, 5]
    assert table["备注"].to_pylist() == ["两\r\n行", "x"]
    assert reading.points(table) == [(105.6, 37.4), (105.7, 37.5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "header", [("经度（°）", "纬度（°）"), ("lon", "lat"), ("LNG", "Lat"), ("Longitude", "Latitude"), ("x", "y"), (" X坐标 ", "Y坐标")]
)
def test_csv_of_many_makes_is_understood(reading, write, delimiter, encoding, header):
    rows = [["名称", *header], ["宁安镇一小区", "105.6", " 37.4 "], ["石空镇", "1.056e2", "37.50"]]
    meta, table = reading.parse(write("a.csv", "\n".join(delimiter.join(row) for row in rows).encode(encoding)))
    assert reading.points(table) == [(105.6, 37.4), (105.6, 37.5)]
    assert table["名称"].to_pylist() == ["宁安镇一小区", "石空镇"]


def test_csv_with_wkt_and_bad_cells_names_the_rows(reading, write):
    text = 'name,wkt\na,"POLYGON ((105 37, 106 37, 106 38, 105 37))"\nb,POLYGON ((\nc,\nd,SRID=4326;POINT (105 37)\n'
    meta, table = reading.parse(write("a.csv", text))
    assert meta.geometry_columns == ["wkt"]
    assert reading.faults(table) == ["NONE", "BROKEN_GEOMETRY", "NO_GEOMETRY", "NONE"]
    text = "name,lon,lat\na,105.6,37.4\nb,,\nc,东经105度,37\nd,nan,37\ne,1e999,37\nf,105,37,38,39\ng\n"
    _, table = reading.parse(write("b.csv", text))
    assert reading.faults(table) == ["NONE", "NO_GEOMETRY", "NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_FINITE", "EXTRA_CELLS", "NO_GEOMETRY"]
    assert table[LINE].to_pylist() == [2, 3, 4, 5, 6, 7, 8]


def test_csv_that_cannot_be_trusted_is_refused_with_the_line(reading, write):
    error = reading.refusal(write("quote.csv", 'name,lon,lat\na,105,37\n"b"x,105,37\n'), how=reading.parse)
    assert (error.code, error.params["line"]) == ("bad_csv", 3)
    error = reading.refusal(write("open.csv", 'name,lon,lat\na,105,37\n"b,105,37\n'), how=reading.parse)
    assert (error.code, error.params["line"]) == ("bad_csv", 3)
    error = reading.refusal(write("encoding.csv", b"name,lon\na,1\n\xff\xff,2\n"), how=reading.parse)
    assert (error.code, error.params["line"]) == ("bad_encoding", 3)
    error = reading.refusal(write("said.csv", "名称,lon\n".encode("gb18030")), encoding="utf-8", how=reading.parse)
    assert (error.code, error.params["line"]) == ("bad_encoding", 1)
    assert reading.refusal(write("said.csv", "名称,lon\n"), encoding="ebcdic", how=reading.parse).code == "unknown_encoding"
    assert reading.refusal(write("header.csv", "名称,lon,lat\n"), how=reading.parse).code == "no_features"
    assert reading.refusal(write("blank.csv", "\n\n"), how=reading.parse).code == "no_header"


def test_csv_columns_of_one_name_and_without_name_are_said(reading, write):
    meta, table = reading.parse(write("a.csv", "name,name,,#line\na,b,c,d\n"))
    assert meta.columns == ["name", "name (2)", "line"]
    assert table.select(meta.columns).to_pylist() == [{"name": "a", "name (2)": "b", "line": "d"}]
    assert {code for code, _ in meta.warnings} == {"column_renamed", "unnamed_column"}


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


def test_sheet_gives_codes_dates_and_rows_as_people_see_them(reading, workbook):
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
    meta, table = reading.parse(path)
    assert meta.layer == "台账" and meta.line_is == "row" and meta.count == 2
    assert table[LINE].to_pylist() == [3, 5]
    assert table["编号"].cast(pa.string()).to_pylist() == ["640521100001", "640521100002"]
    assert table["混合"].to_pylist() == ["640521100001", "A-1"]
    assert table["检查日期"].to_pylist() == ["2026-11-23", None]
    assert table["时间"].to_pylist() == ["2026-11-23 10:30:00", None]
    assert table["户数"].to_pylist() == [12.0, 12.5]
    assert reading.points(table) == [(105.6, 37.4), (105.7, 37.5)]


def test_sheet_is_chosen_by_name_and_damage_by_excel_is_said(reading, workbook):
    path = workbook(一=[["name", "lon", "lat"], ["a", 105, 37]], 二=[["编号", "lon", "lat"], [61010000001320000001, 105, 37]])
    assert reading.parse(path)[0].layer == "一"
    meta, _ = reading.parse(path, layer="二")
    assert meta.layer == "二" and [code for code, _ in meta.warnings] == ["precision_lost"]
    error = reading.refusal(path, layer="三", how=reading.parse)
    assert error.code == "unknown_layer" and error.params["names"] == "一、二"


def test_workbook_without_rows_or_of_another_make_is_refused(reading, workbook, write, tmp_path):
    assert reading.refusal(workbook(空=[]), how=reading.parse).code == "no_features"
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("a.txt", "x")
    assert reading.refusal(tmp_path / "b.xlsx", how=reading.parse).code == "broken"
