"""The editor on the map: an officer draws a compound, is refused an overlap, moves a vertex, saves; somebody else is too late."""
import json
import math

import pytest

from tests.browser.visits import PHONE, drawn, scrolls_sideways

pytestmark = pytest.mark.browser

ZOOM = 17
# A compound with free ground to its west: the triangle from there to its middle meets no other one.
BESIDE = """
SELECT c.id, c.name, ST_X(p), ST_Y(p), ST_XMin(c.geom) FROM (SELECT *, ST_Centroid(geom) AS p FROM geo_compound) c
JOIN geo_divisionoutline o ON o.division_id = %s
WHERE ST_Covers(o.geom, ST_MakeEnvelope(ST_X(p) - 0.0035, ST_Y(p) - 0.001, ST_X(p), ST_Y(p) + 0.001, 4326))
  AND NOT EXISTS (SELECT FROM geo_compound d WHERE d.id <> c.id
    AND d.geom && ST_MakeEnvelope(ST_X(p) - 0.0035, ST_Y(p) - 0.001, ST_X(p), ST_Y(p) + 0.001, 4326))
ORDER BY c.id LIMIT 1"""
NINGAN = "640521100"


def pixel(page, centre: tuple[float, float], lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on the page, with the map at ZOOM around `centre`."""
    world = 512 * 2**ZOOM

    def plane(x: float, y: float) -> tuple[float, float]:
        return (x + 180) / 360 * world, (1 - math.asinh(math.tan(math.radians(y))) / math.pi) / 2 * world

    box = page.locator("#map").bounding_box()
    (x, y), (middle_x, middle_y) = plane(lon, lat), plane(*centre)
    return box["x"] + box["width"] / 2 + x - middle_x, box["y"] + box["height"] / 2 + y - middle_y


def opened(visit, path: str, centre: tuple[float, float], account: str = "county", **options):
    page = drawn(visit(f"{path}#map={ZOOM}/{centre[1]:.6f}/{centre[0]:.6f}", account=account, **options))
    page.wait_for_selector("body[data-near]")
    page.locator("#map").scroll_into_view_if_needed()
    return page


def draw(page, centre, places) -> None:
    for place in [*places, places[0]]:
        x, y = pixel(page, centre, *place)
        page.mouse.move(x, y, steps=4)
        page.mouse.click(x, y)
    page.wait_for_selector("#editor-select[aria-pressed=true]")


def drag(page, centre, start, end) -> None:
    page.mouse.move(*pixel(page, centre, *start), steps=3)
    page.mouse.down()
    page.mouse.move(*pixel(page, centre, *end), steps=12)
    page.mouse.up()


def geometry(page) -> list:
    value = page.input_value("[name=geom]", timeout=1000) if page.locator("[name=geom]").count() else ""
    return json.loads(value)["coordinates"][0][0] if value else []


@pytest.fixture
def beside(ask):
    [(pk, name, x, y, west)] = ask(BESIDE, NINGAN)
    return pk, name, x, y, west


def test_officer_draws_is_refused_corrects_and_saves_and_a_stale_edit_shows_both_versions(visit, ask, beside):
    _pk, name, x, y, west = beside
    centre = (x - 0.0016, y)
    corners, tip, right = [(x - 0.0032, y - 0.0006), (x - 0.0032, y + 0.0006)], (x, y), (west - 0.0004, y)
    page = opened(visit, "/objects/compounds/new/", centre)
    visit.expect(page, "/objects/compounds/new/")
    draw(page, centre, [corners[0], tip, corners[1]])
    assert "亩" in page.inner_text("#editor-size") and "公顷" in page.inner_text("#editor-size")
    page.fill("[name=name]", "新画小区")
    page.select_option("[name=kind]", "gated")
    page.fill("[name=household_count]", "66")
    page.click("text=保存")

    # Refused: the neighbour is named, the outline and what was typed are still there.
    page.wait_for_selector(".editor .error")
    assert f"与“{name}”" in page.inner_text(".editor .error") and "平方米" in page.inner_text(".editor .error")
    assert page.input_value("[name=name]") == "新画小区" and len(geometry(page)) == 4
    drawn(page)
    page.wait_for_selector("body[data-near]")

    # Undo and redo by key and button; then the tip is moved out of the neighbour.
    page.evaluate("location.hash")
    before = geometry(page)
    view = page.evaluate("[...document.querySelectorAll('#map canvas')].length")
    assert view == 1
    centre = fitted(page)
    drag_in(page, tip, right)
    moved = geometry(page)
    assert moved != before
    page.locator("#map canvas").focus()
    page.keyboard.press("Control+z")
    assert geometry(page) == before
    page.click("#editor-redo")
    assert geometry(page) == moved
    page.click("text=保存")
    page.wait_for_url("**/objects/compounds/*/")
    assert "已新建" in page.inner_text(".messages")
