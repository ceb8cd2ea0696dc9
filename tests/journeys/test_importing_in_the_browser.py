"""A spreadsheet in a Chinese code page with an online map's coordinates, from the officer's disk onto the map and off it again."""
import csv
import io

import openpyxl
import pytest

from geo.coords import wgs84_to_gcj02
from tests.browser.test_accessibility import serious
from tests.browser.visits import PHONE, features, scrolls_sideways, tile_of

pytestmark = pytest.mark.browser

PLACES = """
    SELECT name, ST_X(p), ST_Y(p) FROM (SELECT name, ST_PointOnSurface(geom) AS p FROM geo_compound ORDER BY id LIMIT 40) c"""
COUNT = "SELECT count(*) FROM geo_premises WHERE source_key LIKE '店-%%'"


def shops(path, places) -> list[tuple[float, float]]:
    """Writes the table; gives where the good shops are. Row 4 has no place, row 6 a mobile number."""
    rows, good = [("编号", "店名", "场所类型", "经度", "纬度", "备注")], []
    for number, (name, lon, lat) in enumerate(places):
        x, y = (f"{float(one):.7f}" for one in wgs84_to_gcj02(lon, lat))
        title = f"电话13812345678{name}" if number == 4 else f"{name}便民店"
        rows.append((f"店-{number}", title, "餐饮", *(("", "") if number == 2 else (x, y)), "虚构"))
        good += [(lon, lat)] * (number not in (2, 4))
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
    return good


def look(page) -> None:
    """No serious barrier and nothing wider than the screen, here as everywhere."""
    assert serious(page) == []
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("size", [None, PHONE], ids=["1440", "390"])
def test_a_file_goes_from_the_disk_onto_the_map_and_off_again(visit, ask, worker, tmp_path, size):
    path = tmp_path / "便民店.csv"
    good = shops(path, ask(PLACES))
    page = visit("/batches/", account="county", **({"viewport": size} if size else {}))
    page.set_input_files("#files", path)
    assert page.inner_text("#chosen") == "便民店.csv"
    page.get_by_role("button", name="上传").click()

    page.wait_for_selector("#check")
    assert "GB18030" in page.inner_text("dl.facts") and page.locator("#layer").input_value() == "premises"
    if page.get_by_label("店名 导入为").input_value() == "":
        page.get_by_label("店名 导入为").select_option(label="名称 *")
    page.locator(".reading-map[data-drawn]").nth(2).wait_for(timeout=90_000)
    assert page.locator(".reading-map").count() == 3
    assert page.locator("input[name=datum]:checked").count() == 0
    moved = page.locator(".reading", has_text="GCJ-02").inner_text()
    assert "39个示例位置中，39个落在本辖区内" in moved and "平均移动" in moved
    look(page)

    page.get_by_role("radio", name="GCJ-02").check()
    page.get_by_role("button", name="检查").click()
    page.wait_for_selector("#report-title")
    assert ask(COUNT) == [(0,)]
    told = page.inner_text("main")
    assert "没有坐标或图形" in told and "像是手机号" in told and "13812345678" not in told
    look(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="XLSX").click()
    book = openpyxl.load_workbook(io.BytesIO(kept.value.path().read_bytes()))
    assert [row[:2] for row in book.active.iter_rows(min_row=2, values_only=True)] == [("退回", 4), ("退回", 6)]

    page.get_by_role("button", name="确认入库").click()
    page.wait_for_url("**/batches/*/")
    assert ask(COUNT) == [(38,)]
    look(page)
    lon, lat = good[0]
    names = [one["properties"].get("name") for one in features(page, "premises", tile_of(lon, lat, 15))]
    assert any(name and name.endswith("便民店") for name in names)
    [(far,)] = ask(
        "SELECT max(ST_Distance(p.geom::geography, ST_PointOnSurface(c.geom)::geography)) FROM geo_premises p"
        " JOIN geo_compound c ON p.name = c.name || '便民店' WHERE p.source_key LIKE '店-%%'"
    )
    assert far < 0.5
    assert page.locator("td a[href*='#map=']").first.get_attribute("href").endswith("on=premises")

    page.get_by_role("link", name="撤回这个批次").click()
    look(page)
    page.get_by_role("button", name="确认撤回").click()
    page.get_by_text("批次已撤回").wait_for()
    assert ask(COUNT) == [(0,)]


def test_a_town_officer_sees_the_own_uploads_only(visit, worker, tmp_path):
    path = tmp_path / "本镇.csv"
    path.write_text("名称,类别,经度,纬度\n一中,学校,105.6,37.5\n", encoding="utf-8")
    mine = visit("/batches/", account="town_shikong")
    mine.set_input_files("#files", path)
    mine.get_by_role("button", name="上传").click()
    mine.wait_for_selector("#check")
    other = visit("/batches/", account="town_ningan")
    assert "本镇.csv" not in other.inner_text("main") and "演示数据" not in other.inner_text("main")
    address = mine.url.removeprefix(mine.evaluate("location.origin"))
    visit.expect(other, address)
    assert other.goto(address).status == 404
    mine.get_by_role("button", name="放弃").click()
    assert "本镇.csv" not in mine.inner_text("section")
