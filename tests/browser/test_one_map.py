"""The one map as the county's officer, a town's officer and an administrator use it."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from geo.layers import KindClasses, registry
from tests.browser.visits import PHONE, drawn, features, pixel_count, scrolls_sideways, state_purpose, tile_of

pytestmark = pytest.mark.browser

COUNTY, NINGAN, SHIKONG = "640521", "640521100", "640521102"
COUNT = "SELECT {kind}, count(*) FROM {table} WHERE starts_with(division_id, %s)"
FOREIGN = "SELECT count(*) FROM {table} WHERE id = ANY(%s) AND NOT starts_with(division_id, %s)"
SURVEILLANCE_WORKING = "#3f6f8f"


def shown_counts(page) -> dict[str, int]:
    """What the layer list says: totals by layer, and "layer:class" for each legend entry."""
    page.wait_for_selector("[data-count=zones]:not(:empty)")
    found = page.locator("[data-count]").evaluate_all("all => all.map((each) => [each.dataset.count, each.textContent])")
    return {name: int(text.replace(",", "")) for name, text in found}


def stored_counts(ask, code: str, days: int = 365) -> dict[str, int]:
    """The same from the database. The page asks from midnight in Shanghai of the day so many days ago."""
    since = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=days)).date().isoformat() + " 00:00+08" if days else "-infinity"
    found = {}
    for layer in registry:
        table, kind = layer.model._meta.db_table, layer.class_field or "division_id"
        if layer.time_field:
            rows = ask(COUNT + " AND {moment} >= %s GROUP BY 1", code, since, table=table, kind=kind, moment=layer.time_field)
        else:
            rows = ask(COUNT + " GROUP BY 1", code, table=table, kind=kind)
        found[layer.name] = sum(n for _, n in rows)
        counted = dict(rows) if layer.class_field else {"": found[layer.name]}
        if isinstance(layer.classes, KindClasses):
            values = [code for (code,) in ask("SELECT code FROM geo_placekind WHERE layer = %s", layer.name)]
        else:
            values = [each.value for each in layer.classes]
        found |= {f"{layer.name}:{value}": counted.get(value, 0) for value in values}
    return found


def graded(ask, code: str, colour: str = "red") -> tuple[int, str, float, float]:
    """A compound of a town that stands alone by its name: key, name, longitude, latitude of its mark."""
    statement = """
        SELECT id, name, ST_X(p), ST_Y(p) FROM (SELECT *, ST_PointOnSurface(geom) AS p FROM zones_gradedcompound) g
        WHERE starts_with(division_id, %s) AND colour = %s
          AND NOT EXISTS (SELECT FROM geo_compound c WHERE c.id <> g.id AND c.name LIKE '%%' || g.name || '%%')
        ORDER BY id LIMIT 1"""
    return ask(statement, code, colour)[0]


def near(url: str, lon: float, lat: float) -> bool:
    """Does the link show this place closely?"""
    view = re.search(r"#map=([\d.]+)/([\d.]+)/([\d.]+)", url)
    zoom, y, x = map(float, view.groups()) if view else (0, 0, 0)
    return zoom >= 15 and abs(x - lon) < 0.001 and abs(y - lat) < 0.004


def popup_title(page) -> str:
    return page.locator(".maplibregl-popup .card h2").inner_text()


def search(page, text: str) -> None:
    """Type, and wait for the answer to this very text."""
    with page.expect_response(lambda answer: "search.json" in answer.url and answer.url.endswith(f"q={quote(text)}")):
        page.fill("#q", text)
    page.wait_for_selector("#hits:not([hidden])")
    page.wait_for_timeout(50)


def test_the_layer_list_counts_what_the_database_holds(visit, ask):
    page = visit("/map/", account="county")
    counts = shown_counts(page)
    assert counts == stored_counts(ask, COUNTY)
    assert counts["surveillance"] > 1000 and counts["graded_compounds:red"] > 10


def test_the_time_of_incidents_changes_counts_and_link(visit, ask):
    page = drawn(visit("/map/", account="county"))
    seen = []
    for days in (90, 0):
        page.select_option("#period", str(days))
        expected = stored_counts(ask, COUNTY, days)
        page.wait_for_selector(f"[data-count=incidents]:text-is('{expected['incidents']:,}')")
        assert {k: n for k, n in shown_counts(page).items() if k.startswith("incidents")} == {
            k: n for k, n in expected.items() if k.startswith("incidents")
        }
        assert f"period={days}" in page.url
        seen.append(expected["incidents"])
    assert seen[0] < seen[1]


def test_every_tile_of_the_first_view_shows_its_marks(visit, ask):
    """On this view 89 rooms have 725 pixels of the very colour: small marks with a letter, and in the towns they hide each other.

    Images that come one by one once left three tiles in four without their marks: 97 pixels.
    """
    page = drawn(visit("/map/", account="county"))
    [(rooms,)] = ask("SELECT count(*) FROM geo_station WHERE kind = 'police_room'")
    colour = next(each.colour for each in registry["stations"].classes if each.value == "police_room")
    assert pixel_count(page, colour) > 7 * rooms


def test_a_layer_is_switched_on_with_its_legend_and_off_again(visit):
    page = state_purpose(visit("/surveillance/purpose/?next=/map/", account="county"))
    drawn(page)
    legend = page.locator(".layer", has=page.locator("input[name=surveillance]")).locator("ul")
    assert legend.is_hidden()
    before = pixel_count(page, SURVEILLANCE_WORKING)
    page.check("input[name=surveillance]")
    assert legend.locator("li:has(canvas)").count() == 5
    assert "surveillance" in page.url
    page.wait_for_timeout(1500)
    assert pixel_count(page, SURVEILLANCE_WORKING) > before + 50
    page.uncheck("input[name=surveillance]")
    assert legend.is_hidden() and "surveillance" not in page.url
    page.wait_for_timeout(500)
    assert pixel_count(page, SURVEILLANCE_WORKING) <= before + 5


def test_a_search_flies_to_the_compound_and_says_its_grade_and_why(visit, ask):
    key, name, lon, lat = graded(ask, SHIKONG)
    page = drawn(visit("/map/", account="county"))
    search(page, name[1:])
    page.locator("#hits button", has_text=name).first.click()
    page.wait_for_selector(".card .class")
    assert popup_title(page) == name
    assert page.inner_text(".card .class") == "红色"
    reasons = page.locator(".card section li").all_inner_texts()
    assert len(reasons) == 5 and any("红线" in reason for reason in reasons)
    assert "1 / 2" in page.inner_text(".card .pager")
    page.wait_for_url(lambda url: near(url, lon, lat))
    page.get_by_role("button", name="下一个").click()
    assert "户数" in page.inner_text(".card dl")
    page.get_by_role("button", name="下一个").click()
    page.get_by_role("link", name="查看全部").click()
    assert page.url.endswith(f"/ratings/{key}/")


def test_a_link_shows_another_reader_the_same_view(visit, ask):
    _, name, lon, lat = graded(ask, SHIKONG, "yellow")
    link = f"/map/#map=15.50/{lat:.5f}/{lon:.5f}&on=graded_compounds,premises&period=90"
    page = drawn(visit(link, account="county"))
    ticked = page.locator("#layers input:checked").evaluate_all("all => all.map((each) => each.name)")
    assert set(ticked) == {"graded_compounds", "premises"}
    assert page.input_value("#period") == "90"
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".card")
    assert popup_title(page) == name
    # The same view by the page's own button, in a new page of the browser.
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#share")
    page.wait_for_selector("#share:text-is('链接已复制')")
    copied = page.evaluate("navigator.clipboard.readText()")
    other = page.context.new_page()
    other.goto(copied)
    drawn(other)
    assert other.url == copied and other.url.startswith(page.url.split("&")[0])
    assert other.locator("#layers input:checked").count() == 2


def test_the_map_is_used_with_the_keyboard_alone(visit, ask):
    _, name, *_ = graded(ask, NINGAN)
    page = drawn(visit("/map/", account="county"))
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("each => each === document.activeElement") and skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")
    for _ in range(12):
        page.keyboard.press("Tab")
        at = page.locator(":focus")
        assert at.evaluate("each => getComputedStyle(each).outlineStyle") != "none", at.evaluate("each => each.outerHTML")
    page.focus("#q")
    page.keyboard.type(name[:-1])
    page.wait_for_selector("#hits:not([hidden]) button")
    assert re.search(r"找到 \d+", page.inner_text("#status"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement === document.querySelector('#hits button')")
    page.keyboard.press("Escape")
    assert page.locator("#hits").is_hidden() and page.evaluate("document.activeElement.id") == "q"
    page.fill("#q", name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    assert popup_title(page) == name
    assert page.evaluate("document.querySelector('.maplibregl-popup').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert page.locator(".maplibregl-popup").count() == 0 and page.evaluate("document.activeElement.id") == "q"


def test_nothing_found_is_said(visit):
    page = visit("/map/", account="county")
    search(page, "没有这样的地方")
    assert page.inner_text("#hits") == "没有找到"


def test_a_town_officer_sees_the_own_town_only(visit, ask):
    page = state_purpose(visit("/surveillance/purpose/?next=/map/", account="town_shikong"))
    own, county = shown_counts(page), stored_counts(ask, COUNTY)
    assert own == stored_counts(ask, SHIKONG)
    assert all(0 < own[layer.name] < county[layer.name] for layer in registry)
    assert "范围：石空镇" in page.inner_text("#panel")
    other_key, other_name, *other_place = graded(ask, NINGAN)
    _, own_name, *own_place = graded(ask, SHIKONG)
    for layer in ("graded_compounds", "compounds", "courtyards"):
        assert features(page, layer, tile_of(*own_place, 15)), layer
        assert not features(page, layer, tile_of(*other_place, 15)), layer
    for layer in registry:
        for z in (7, 10, 13):
            ids = {feature.get("id") for feature in features(page, layer.name, tile_of(*other_place, z))} - {None, 0}
            assert ask(FOREIGN, list(ids), SHIKONG, table=layer.model._meta.db_table) == [(0,)], (layer.name, z)
    search(page, other_name)  # may find one of the own town that is written almost the same
    assert other_name not in page.locator("#hits strong").all_inner_texts()
    search(page, own_name)
    assert own_name in page.inner_text("#hits")


def test_the_ground_of_a_town_officer_ends_at_the_town(visit):
    page = drawn(visit("/map/#map=10.50/37.57000/105.67000&on=&period=365", account="town_shikong"))
    assert 0 < pixel_count(page, "#f8f6f0") < pixel_count(page, "#e8e6df")


def test_what_lies_in_another_town_answers_as_what_never_was(visit, ask):
    key, *_ = graded(ask, NINGAN)
    reader = visit(account="town_shikong").context.request
    for path in ("/map/graded_compounds/{}.json", "/map/compounds/{}.json", "/ratings/{}/"):
        foreign, unknown = reader.get(path.format(key)), reader.get(path.format(987654321))
        assert foreign.status == unknown.status == 404, path
        assert foreign.text() == unknown.text(), path


def test_an_administrator_is_told_why_the_map_is_empty(visit):
    page = visit("/map/", account="auditor")
    drawn(page)
    assert "不查看业务图层" in page.inner_text("#panel")
    assert page.locator("#layers input").count() == 0


def test_a_browser_that_cannot_draw_is_told_so(visit):
    page = visit(account="county")
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    visit.expect_trouble(page)
    page.goto("/map/")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "不能显示地图" in page.inner_text("#trouble")


def test_tiles_that_fail_are_told(visit):
    page = visit(account="county")
    visit.expect_trouble(page)
    page.route("**/tiles/stations/**", lambda route: route.fulfill(status=500))
    page.goto("/map/")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "请检查网络后重试" in page.inner_text("#trouble")


def test_a_phone_shows_map_panel_and_popup_within_its_width(visit, ask):
    _, name, *_ = graded(ask, NINGAN)
    page = drawn(visit("/map/", account="county", viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2))
    assert not scrolls_sideways(page)
    assert page.locator("#layers").is_hidden()
    page.tap("#panel summary")
    assert page.locator("#layers").is_visible()
    assert page.locator("#panel").bounding_box()["width"] <= PHONE["width"]
    page.tap("#panel summary")
    page.fill("#q", name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    box = page.locator(".maplibregl-popup-content").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert not scrolls_sideways(page)
