"""The editor on the map: an officer draws a compound, is refused an overlap, moves a vertex, saves; somebody else is too late."""

import json
import math
import re

import pytest
from pyproj import Geod

from tests.browser.visits import PHONE, drawn, scrolls_sideways

pytestmark = pytest.mark.browser

NINGAN = "640521100"
# A compound with free ground to its west: the triangle from there to its middle meets no other one.
BESIDE = """
SELECT c.id, c.name, ST_X(p), ST_Y(p), ST_XMin(c.geom) FROM (SELECT *, ST_Centroid(geom) AS p FROM geo_compound) c
JOIN geo_divisionoutline o ON o.division_id = %s
WHERE ST_Covers(o.geom, ST_MakeEnvelope(ST_X(p) - 0.0035, ST_Y(p) - 0.001, ST_X(p), ST_Y(p) + 0.001, 4326))
  AND NOT EXISTS (SELECT FROM geo_compound d WHERE d.id <> c.id
    AND d.geom && ST_MakeEnvelope(ST_X(p) - 0.0035, ST_Y(p) - 0.001, ST_X(p), ST_Y(p) + 0.001, 4326))
ORDER BY c.id LIMIT 1"""
CORNER = """
SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointN(ST_ExteriorRing(ST_GeometryN(geom, 1)), 1) AS p FROM geo_compound WHERE id = %s) t"""
STRAIGHT_ROAD = "SELECT id, ST_NPoints(geom) FROM geo_basemapfeature WHERE kind = 'main_road' AND ST_NPoints(geom) = 3 ORDER BY id LIMIT 1"


def pixel(page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on the page."""
    zoom, middle_lat, middle_lon = map(float, page.locator("body").get_attribute("data-view").split("/"))
    world = 512 * 2**zoom

    def plane(x: float, y: float) -> tuple[float, float]:
        return (x + 180) / 360 * world, (1 - math.asinh(math.tan(math.radians(y))) / math.pi) / 2 * world

    box = page.locator("#map").bounding_box()
    (x, y), (middle_x, middle_y) = plane(lon, lat), plane(middle_lon, middle_lat)
    return box["x"] + box["width"] / 2 + x - middle_x, box["y"] + box["height"] / 2 + y - middle_y


def ready(page):
    drawn(page)
    page.wait_for_selector("body[data-near][data-view]")
    page.locator(".tools").scroll_into_view_if_needed()
    page.locator("#map").evaluate("each => each.scrollIntoView({ block: 'center' })")
    return page


def opened(visit, path: str, lon: float, lat: float, account: str = "county", **options):
    return ready(visit(f"{path}#map=17/{lat:.6f}/{lon:.6f}", account=account, **options))


def draw(page, places) -> None:
    for place in [*places, places[0]]:
        x, y = pixel(page, *place)
        page.mouse.move(x, y, steps=4)
        page.mouse.click(x, y)
    page.wait_for_selector("#editor-select[aria-pressed=true]")


def drag(page, start, end) -> None:
    page.mouse.move(*pixel(page, *start), steps=3)
    page.mouse.down()
    page.mouse.move(*pixel(page, *end), steps=12)
    page.mouse.up()


def save(page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()


def ring(page) -> list:
    value = page.input_value("[name=geom]")
    return json.loads(value)["coordinates"][0][0] if value else []


@pytest.fixture
def beside(ask):
    return ask(BESIDE, NINGAN)[0]


@pytest.fixture
def corners(beside):
    """A triangle whose tip lies in the neighbour, and where the tip should be."""
    _pk, _name, x, y, west = beside
    return [(x - 0.0032, y - 0.0006), (x, y), (x - 0.0032, y + 0.0006)], (west - 0.0004, y)


def test_officer_draws_is_refused_corrects_saves_and_a_stale_edit_shows_both_versions(visit, ask, beside, corners):
    _pk, name, x, y, _west = beside
    places, right = corners
    page = opened(visit, "/objects/compounds/new/", x - 0.0016, y)
    visit.expect(page, "/objects/compounds/new/")
    draw(page, places)
    page.fill("[name=name]", "新画小区")
    page.select_option("[name=kind]", "gated")
    page.fill("[name=household_count]", "66")
    save(page)

    # Refused: the neighbour is named; the outline and what was typed are still there.
    refusal = page.locator(".editor .error")
    refusal.wait_for()
    assert f"与“{name}”" in refusal.inner_text() and "平方米" in refusal.inner_text()
    assert page.input_value("[name=name]") == "新画小区" and len(ring(page)) == 4

    # The tip is moved out of the neighbour; undo by key and redo by button on the way.
    ready(page)
    before = ring(page)
    drag(page, places[1], right)
    moved = ring(page)
    assert moved != before and min(math.dist(right, each) for each in moved) < 0.0001
    page.keyboard.press("Control+z")
    assert ring(page) == before
    page.click("#editor-redo")
    assert ring(page) == moved
    save(page)
    page.wait_for_url(re.compile(r"/objects/compounds/\d+/$"))
    assert "已新建" in page.inner_text(".messages") and "宁安镇" in page.inner_text(".heading")
    url = page.url

    # The town's officer opened the form before the county's saved again.
    town = ready(visit(f"{url}edit/", account="town_ningan"))
    visit.expect(town, f"/{url.split('/', 3)[3]}edit/")
    page.goto(f"{url}edit/")
    page.fill("[name=household_count]", "70")
    save(page)
    page.wait_for_selector("text=已保存")
    town.fill("[name=household_count]", "80")
    town.fill("[name=manager_unit]", "甲物业（示例）")
    save(town)
    conflict = town.locator(".conflict tbody tr")
    conflict.first.wait_for()
    assert conflict.all_inner_texts()[1].split() == ["户数", "70", "80", "您的值"]
    assert town.input_value("[name=household_count]") == "80"
    save(town)
    town.wait_for_selector("text=已保存")

    # Who, when, what; and back again.
    newest = town.locator(".history > li").first
    assert "town_ningan" in newest.inner_text() and "甲物业（示例）" in newest.inner_text()
    newest.locator("summary").click()
    newest.get_by_role("button", name="确认恢复").click()
    town.wait_for_selector("text=已恢复")
    assert ask("SELECT household_count, manager_unit FROM geo_compound WHERE id = %s", int(url.rstrip("/").split("/")[-1])) == [(70, "")]

    # Removed with a reason, so that the demo county is as it was.
    town.click("text=删除")
    town.fill("[name=why]", "画错")
    town.click("text=确认删除")
    town.wait_for_selector("text=已被删除")


def test_a_vertex_near_a_neighbour_is_drawn_onto_it(visit, ask, beside):
    pk, _name, x, y, west = beside
    [(corner_x, corner_y)] = ask(CORNER, pk)
    page = opened(visit, "/objects/compounds/new/", x - 0.0006, y)
    near = pixel(page, corner_x, corner_y)
    page.mouse.click(near[0] + 6, near[1] + 5)
    for place in ((x - 0.0022, y - 0.0008), (x - 0.0022, y + 0.0008)):
        page.mouse.move(*pixel(page, *place), steps=4)
        page.mouse.click(*pixel(page, *place))
    page.mouse.move(*near, steps=4)
    page.mouse.click(*near)
    page.wait_for_selector("#editor-select[aria-pressed=true]")
    assert [corner_x, corner_y] == pytest.approx(ring(page)[0], abs=2e-9)
    page.uncheck("#editor-snap")


def test_size_on_the_map_is_the_geodesic_one(visit, beside, corners):
    _pk, _name, x, y, _west = beside
    page = opened(visit, "/objects/compounds/new/", x - 0.0016, y)
    draw(page, corners[0])
    lons, lats = zip(*ring(page), strict=True)
    area, around = Geod(ellps="GRS80").polygon_area_perimeter(lons, lats)
    told = page.inner_text("#editor-size")
    assert f"面积{abs(area):,.0f}平方米" in told and f"{abs(area) / 10000:.3f}公顷" in told and f"{abs(area) * 3 / 2000:,.2f}亩" in told
    assert f"周长{around:.1f}米" in told


def test_keyboard_alone_moves_a_place_and_the_map_follows(visit, ask):
    [(pk, x, y)] = ask("SELECT id, ST_X(geom), ST_Y(geom) FROM geo_station WHERE starts_with(division_id, %s) ORDER BY id LIMIT 1", NINGAN)
    page = ready(visit(f"/objects/stations/{pk}/edit/", account="county"))
    page.locator("summary", has_text="坐标").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(f"{x + 0.0001:.7f}, 三十七")
    page.keyboard.press("Tab")
    assert "第1行看不懂" in page.inner_text("#editor-said")
    page.fill("[name=coordinates]", f"{x + 0.0001:.7f}, {y:.7f}")
    page.locator("[name=coordinates]").blur()
    assert f"{x + 0.0001:.7f}" in page.inner_text("#editor-size")
    save(page)
    page.wait_for_selector("text=已保存")
    assert ask("SELECT ST_X(geom) FROM geo_station WHERE id = %s", pk)[0][0] == pytest.approx(x + 0.0001, abs=1e-7)
    assert "中心移动8.8米" in page.locator(".history > li").first.inner_text()


def test_county_officer_bends_a_road_on_the_map(visit, ask):
    [(pk, count)] = ask(STRAIGHT_ROAD)
    page = ready(visit(f"/objects/base-lines/{pk}/edit/", account="county"))
    line = [tuple(map(float, each.split(","))) for each in page.input_value("[name=coordinates]").splitlines()]
    middle = (line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2
    page.uncheck("#editor-snap")
    drag(page, middle, (middle[0], middle[1] + 0.0008))
    save(page)
    page.wait_for_selector("text=已保存")
    assert ask("SELECT ST_NPoints(geom) FROM geo_basemapfeature WHERE id = %s", pk) == [(count + 1,)]


def test_the_popup_leads_to_page_and_form_and_the_legend_to_a_new_one(visit, beside):
    _pk, name, *_place = beside
    page = drawn(visit("/map/", account="town_ningan"))
    page.fill("#q", name)
    page.wait_for_selector("#hits button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    while not page.locator(".card .links").count():
        page.click(".card .pager button")
    assert page.locator(".card .links a").all_inner_texts() == ["详情", "编辑"]
    page.check("input[name=compounds]")
    page.locator("#layers a", has_text="新建居民小区").click()
    ready(page)
    assert page.evaluate("location.hash").startswith("#map=")


def test_the_editor_fits_a_phone(visit, beside):
    page = ready(visit(f"/objects/compounds/{beside[0]}/edit/", account="county", viewport=PHONE))
    assert not scrolls_sideways(page)
