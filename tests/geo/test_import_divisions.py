"""What an operator does first: the own codes, then the real outlines."""
import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from geo.demo.geography import DIVISIONS_FILE
from geo.models import Division, DivisionOutline
from geo.territory_files import national_code
from tests import cast

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_divisions", *map(str, arguments), stdout=out)
    return out.getvalue()


def outline_file(folder, *features, name="outlines.geojson"):
    made = [
        {"type": "Feature", "properties": {"adcode": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code, ring in features
    ]
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    return path


SQUARE = [[105.6, 37.4], [105.7, 37.4], [105.7, 37.5], [105.6, 37.5], [105.6, 37.4]]
BOW_TIE = [[105.6, 37.4], [105.7, 37.5], [105.7, 37.4], [105.6, 37.5], [105.6, 37.4]]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("640521000000", "640521"), ("640521100000", "640521100"), ("640521100001", "640521100001"), ("640500", "6405"),
        ("640000", "64"), ("640521", "640521"), (" 640521 ", "640521"), ("640521.0", "640521"), ("六四", "六四"), (None, ""),
    ],
)  # fmt: skip
def test_codes_lose_the_zeros_that_fill_them_up(given, code):
    assert national_code(given) == code


def test_the_codes_of_the_county_are_tried_then_written_then_known():
    assert "新增 169" in run(DIVISIONS_FILE)
    assert not Division.objects.exists()
    run(DIVISIONS_FILE, "--commit")
    assert Division.objects.count() == 169
    assert "未变 169" in run(DIVISIONS_FILE)


def test_a_table_with_chinese_headers_and_filled_up_codes_is_understood(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_bytes("区划代码,名称\n640000000000,宁夏\n640500000000,中卫市\n640521000000,中宁县\n".encode("gb18030"))
    run(path, "--encoding", "GB18030", "--commit")
    assert list(Division.objects.values_list("code", "name")) == [("64", "宁夏"), ("6405", "中卫市"), ("640521", "中宁县")]


def test_a_table_without_codes_is_refused(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("地名,说明\n宁夏,x\n")
    with pytest.raises(CommandError, match="1 处问题"):
        run(path)


def test_a_real_outline_takes_over_on_its_day(tmp_path):
    cast.territory()
    path = outline_file(tmp_path, (f"{cast.COUNTY}000000", SQUARE), ("130000", SQUARE))
    said = run("--outlines", path, "--datum", "wgs84", "--from", "2026-01-01", "--source", "县民政局", "--commit")
    assert "新增 1，结束旧轮廓 1" in said
    assert "13：没有这个代码的区划，略过" in said
    new = DivisionOutline.objects.in_force(date(2026, 1, 1)).get(division_id=cast.COUNTY)
    assert (new.is_schematic, new.source, new.geom.extent) == (False, "县民政局", (105.6, 37.4, 105.7, 37.5))
    assert DivisionOutline.objects.in_force(date(2025, 12, 31)).get(division_id=cast.COUNTY).is_schematic


def test_a_crossed_outline_is_mended_and_the_mending_is_told(tmp_path):
    cast.territory()
    said = run("--outlines", outline_file(tmp_path, (cast.WEST, BOW_TIE)), "--datum", "wgs84", "--from", "2026-01-01")
    assert "已修复" in said
    assert "试算" in said
    assert not DivisionOutline.objects.filter(valid_from=date(2026, 1, 1)).exists()


def test_a_datum_and_a_day_are_never_guessed(tmp_path):
    cast.territory()
    path = outline_file(tmp_path, (cast.WEST, SQUARE))
    with pytest.raises(CommandError, match="--datum"):
        run("--outlines", path, "--from", "2026-01-01")
    with pytest.raises(CommandError, match="--from"):
        run("--outlines", path, "--datum", "wgs84")


def test_a_file_of_strangers_or_of_points_writes_nothing(tmp_path):
    cast.territory()
    with pytest.raises(CommandError, match="没有任何已知区划"):
        run("--outlines", outline_file(tmp_path, ("130000", SQUARE)), "--datum", "wgs84", "--from", "2026-01-01", "--commit")
    with pytest.raises(CommandError, match="处问题"):
        run("--outlines", outline_file(tmp_path, (cast.WEST, SQUARE[:2])), "--datum", "wgs84", "--from", "2026-01-01", "--commit")


def test_the_surveyed_outline_of_the_county_in_gcj02_lands_in_its_place(shared):
    run(DIVISIONS_FILE, "--commit")
    path = shared / "data/zhongning/zhongning_boundary_gcj02.geojson"
    run("--outlines", path, "--datum", "gcj02", "--from", "2026-01-01", "--commit")
    extent = DivisionOutline.objects.get(division_id="640521").geom.extent
    assert extent == pytest.approx((105.271199, 36.821008, 106.070833, 37.73945), abs=2e-5)
