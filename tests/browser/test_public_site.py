"""The public's own door, as a citizen opens it: no account, perhaps an old phone, perhaps no JavaScript."""

import json
import math

import pytest

from tests.browser.visits import PHONE, drawn, pixels, scrolls_sideways

pytestmark = pytest.mark.browser

GRADES = """
    SELECT name, colour, public_id::text, town_name FROM zones_publishedgrade
    WHERE publication_id = (SELECT id FROM zones_publication WHERE is_current ORDER BY ends_on DESC LIMIT 1) ORDER BY name"""
PERIODS = """
    SELECT count(*) FROM zones_publishedgrade g JOIN zones_publication p ON p.id = publication_id
    WHERE public_id = %s AND (is_current OR withdrawn_at IS NOT NULL)"""
OLD_PHONE = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def names(page) -> list[str]:
    return page.locator(".list tbody td:first-child a").all_inner_texts()


def some_compound(ask, colour: str = "red") -> str:
    return next(public_id for _, found, public_id, _ in ask(GRADES) if found == colour)


def test_a_citizen_sees_every_compound_on_the_map_and_the_worst_first_in_the_list(visit, ask):
    page = drawn(visit("/"))
    published = ask(GRADES)
    assert int(page.get_attribute("body", "data-drawn")) == len(published)
    assert f"共{len(published)}个小区" in page.inner_text("main")
    colours = {name: colour for name, colour, *_ in published}
    assert {colours[name] for name in names(page)[:10]} == {"red"}
    for card in page.locator(".summary li").all():
        colour = card.locator(".grade").get_attribute("class").split()[1]
        assert int(card.locator("strong").inner_text()) == sum(each == colour for each in colours.values())


def test_the_public_pages_set_no_cookie(visit, ask):
    page = drawn(visit("/"))
    pages = ("/contest/", "/compare/", "/recompute/", "/open-data/", "/changes/", "/public-bulletins/", "/api/open/v1/compounds")
    for path in ("/?grade=red", f"/compounds/{some_compound(ask)}/", "/criteria/1.0/", "/data/2026Q3.csv", *pages):
        page.context.request.get(path)
    assert page.context.cookies() == []


def test_a_grade_is_colour_letter_and_shape(visit):
    """Three signs for each grade, no two alike, on the badges and on the map's marks."""
    page = visit("/")
    badges = page.locator(".legend .grade")
    shapes = [badge.evaluate("element => getComputedStyle(element, '::before').content") for badge in badges.all()]
    inks = [badge.evaluate("element => getComputedStyle(element).color") for badge in badges.all()]
    assert len(set(shapes)) == len(set(inks)) == len(set(badges.all_inner_texts())) == 4
    marks = json.loads(page.inner_text("#map-config", timeout=1000) or page.text_content("#map-config"))["marks"]
    *grades, pending = marks
    for sign in ("colour", "mark", "figure"):
        assert len({mark[sign] for mark in grades}) == 4, sign
    assert pending["mark"] not in {mark["mark"] for mark in grades}


def test_a_mark_on_the_map_opens_the_compound_it_stands_for(visit, ask):
    page = drawn(visit("/"))
    red, *others = (pixels(page, colour) for colour in ("#b3261e", "#c98a00", "#2e7d4f", "#7a7f87"))
    assert len(red) > 100 and all(others)
    # One that no mark of another grade touches; what it hides is not what a reader means.
    page.mouse.click(*max(red, key=lambda at: min(math.dist(at, other) for found in others for other in found)))
    card = page.locator(".maplibregl-popup")
    card.wait_for()
    name = card.locator("h3").inner_text()
    assert (name, "red") in {grade[:2] for grade in ask(GRADES)}
    assert card.locator(".grade").inner_text() == "红"
    card.get_by_role("link", name="为什么").click()
    assert page.inner_text("h1") == name


def test_the_list_is_narrowed_by_town_and_grade(visit, ask):
    page = visit("/")
    page.select_option("#f-town", label="石空镇")
    page.select_option("#f-grade", "red")
    page.get_by_role("button", name="筛选").click()
    expected = {name for name, colour, _, town in ask(GRADES) if (town, colour) == ("石空镇", "red")}
    assert expected and set(names(page)) == expected
    page.fill("#f-q", "没有这样的小区")
    page.get_by_role("button", name="筛选").click()
    assert "没有符合条件的小区" in page.inner_text(".list")
    page.get_by_role("link", name="清除筛选").click()
    assert len(names(page)) == 50


def test_a_compound_says_why_by_which_criteria_for_which_period(visit, ask):
    compound = some_compound(ask)
    page = visit(f"/compounds/{compound}/")
    text = page.inner_text("main")
    assert "评定期 2026Q3（2026年7月1日至2026年9月30日）" in text
    assert "警情统计：2025年10月1日至2026年9月30日" in text
    assert page.locator(".verdict .grade").inner_text() == "红"
    assert page.locator(".reasons li .level.red").count() >= 1
    assert page.locator(".reasons li").count() == 5
    assert page.locator("details table tbody tr").count() == page.locator(".strip li").count() == ask(PERIODS, compound)[0][0] >= 4
    page.locator(".panel").get_by_role("link", name="1.0").click()
    assert "标准为本系统默认，非上级规定" in page.inner_text("main")
    assert page.locator("table tbody tr").count() >= 5


def test_without_javascript_the_list_says_everything(visit, ask):
    page = visit("/", java_script_enabled=False)
    assert "地图需要 JavaScript" in page.inner_text(".map-frame")
    assert len(names(page)) == 50
    page.select_option("#f-grade", "yellow")
    page.get_by_role("button", name="筛选").click()
    total = sum(colour == "yellow" for _, colour, *_ in ask(GRADES))
    assert f"共{total}个小区" in page.inner_text(".list")
    page.get_by_role("link", name="下一页").click()
    assert len(names(page)) == total - 50
    page.locator(".list tbody a").first.click()
    assert page.locator(".reasons li").count() >= 1


def test_an_old_phone_never_scrolls_sideways(visit, ask):
    page = drawn(visit("/", **OLD_PHONE))
    assert not scrolls_sideways(page)
    box = page.locator("#public-map").bounding_box()
    assert box["width"] > 300 and box["height"] > 250
    others = ("/criteria/1.0/", "/account/login/", "/contest/", "/recompute/", "/changes/", "/open-data/")
    for path in ("/?grade=red&page=1", f"/compounds/{some_compound(ask)}/", *others):
        page.goto(path)
        assert not scrolls_sideways(page), path


def test_the_public_page_is_light(visit):
    """Under 200 kB on the wire without the map's own library."""
    page = visit()
    sizes = {}

    def add(request) -> None:
        parts = request.sizes()
        sizes[request.url] = parts["responseBodySize"] + parts["responseHeadersSize"]

    page.on("requestfinished", add)
    page.goto("/")
    drawn(page)
    own = {url: size for url, size in sizes.items() if "/vendor/maplibre/" not in url}
    assert 10_000 < sum(own.values()) < 200_000, own
    assert sum(sizes.values()) < 700_000, sizes


def test_an_older_period_and_the_downloads_are_one_link_away(visit):
    page = visit("/")
    page.select_option("#f-period", "2026Q1")
    page.get_by_role("button", name="筛选").click()
    assert "2026Q1 小区等级公示" in page.inner_text("h1")
    for name, kind in (("CSV", "text/csv"), ("GeoJSON", "application/geo+json"), ("可打印的地图", "text/html")):
        answer = page.context.request.get(page.get_by_role("link", name=name, exact=True).get_attribute("href"))
        assert answer.status == 200 and answer.headers["content-type"].startswith(kind), name
        assert b"2026Q1" in answer.body(), name
