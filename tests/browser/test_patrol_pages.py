"""The pages of patrols in a browser: an officer's way from the duty room to a replay, and every page with axe."""

import os

import pytest

from tests.browser.test_accessibility import barriers_of
from tests.browser.visits import DESK, PHONE, drawn, scrolls_sideways

pytestmark = pytest.mark.browser
WALKED = "SELECT p.id FROM patrol_patrol p JOIN geo_user u ON u.id = p.user_id WHERE u.username = 'walker' AND chunk_count = 20"
SHOTS = os.environ.get("SIWU_SHOTS", "")


@pytest.fixture(scope="module")
def town(demo_server):
    demo_server.manage("shell", "-c", "from tests.browser.patrol_scene import fill; fill()")


def look(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_officer_goes_from_the_duty_room_to_a_replay_and_says_why(visit, town, ask):
    page = drawn(visit("/patrol/", account="town_shikong"))
    assert "久无联系" in page.locator("#room").inner_text()
    with page.expect_response(lambda answer: "part=1" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    [(done,)] = ask(WALKED)
    page.goto(f"/patrol/{done}/replay/")
    page.fill("#purpose", "核对班次报告")
    page.click("main form button")
    drawn(page)
    page.wait_for_selector("#play:enabled")
    before = page.locator("#at").inner_text()
    page.select_option("#speed", "300")
    page.click("#play")
    page.wait_for_timeout(1500)
    page.click("#play")
    assert page.locator("#at").inner_text() != before
    page.focus("#time")
    page.keyboard.press("PageUp")
    assert page.locator("#time").get_attribute("aria-valuetext") == page.locator("#at").inner_text()
    look(page, "replay-1440")
    assert ask("SELECT purpose FROM patrol_trackread WHERE patrol_id = %s", done) == [("核对班次报告",)]


def test_a_track_of_ten_thousand_points_plays_smoothly(visit, town, ask):
    [(done,)] = ask(WALKED)
    page = visit(f"/patrol/{done}/replay/", account="town_shikong")
    if page.locator("#purpose").count():
        page.fill("#purpose", "核对班次报告")
        page.click("main form button")
    drawn(page)
    times = page.evaluate("""async () => {
      const { decode, placeAt } = await import(document.querySelector("script[src*=replay]").src.replace(/replay[^/]*$/, "playback.js"));
      const data = await (await fetch(location.pathname.replace("replay/", "replay.json"))).json();
      const track = decode(data), start = performance.now();
      for (let i = 0; i < 1000; i++) placeAt(track, data.gaps, data.from + (i / 1000) * (data.to - data.from));
      return { points: track.times.length, each: (performance.now() - start) / 1000 };
    }""")
    assert times["points"] > 8000 and times["each"] < 1, times


def test_every_page_is_without_serious_barriers(visit, town, ask):
    [(shift,)] = ask(WALKED.replace("p.id", "shift_id", 1))
    [(zone,)] = ask("SELECT min(place_pk) FROM patrol_presencehour WHERE layer = 'zones' AND starts_with(division_id, '640521102')")
    [(entry,)] = ask("SELECT max(id) FROM patrol_logentry WHERE place_name = '回放示例片'")
    paths = {
        "room": "/patrol/", "reports": "/patrol/reports/", "shift": f"/patrol/shifts/{shift}/report/", "mine": "/patrol/mine/",
        "presence": "/patrol/presence/", "place": f"/patrol/presence/zones/{zone}/", "map": "/patrol/presence/map/?hour=3",
        "fulfilment": "/patrol/fulfilment/", "targets": "/patrol/targets/", "logs": "/patrol/logs/", "entry": f"/patrol/logs/{entry}/",
    }  # fmt: skip
    page, faults = visit(account="town_shikong", viewport=PHONE), []
    for name, path in paths.items():
        page.goto(path)
        if name in ("room", "map", "entry"):
            drawn(page)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            look(page, f"{name}-{size['width']}")
            if scrolls_sideways(page):
                faults.append(f"{name} is wider than {size['width']}")
        faults += [f"{name}, {found}" for found in barriers_of(page)]
    assert not faults, "\n".join(faults)
