"""A whole shift on the phone page: no signal, killed tab, captive portal, double delivery, revoked token; nothing lost, nothing twice."""

import io
import os
import re

import pytest
from PIL import Image

from tests.browser.test_accessibility import serious
from tests.browser.visits import PHONE

pytestmark = pytest.mark.browser
API = "**/api/field/v1/**"
WHO = "patrol_ningan"
SHOTS = os.environ.get("SIWU_SHOTS", "")
PLACE = {"longitude": 105.6750, "latitude": 37.4890, "accuracy": 8}
CODE = f"""
from django.utils import timezone
from geo.models import User
from patrol import devices
user = User.objects.get_by_natural_key("{WHO}")
print("code:" + devices.invite(user=user, by=user, now=timezone.now()).code)
"""
REVOKE = f"""
from django.utils import timezone
from geo.models import User
from patrol import devices
user = User.objects.get_by_natural_key("{WHO}")
for device in devices.seen_by(user).filter(user=user, revoked_at=None): devices.revoke(device, by=user, now=timezone.now())
"""


def code(site) -> str:
    return re.search(r"code:(\S+)", site.manage("shell", "-c", CODE))[1]


@pytest.fixture
def phone(visit, demo_server):
    page = visit(None, viewport=PHONE, geolocation=PLACE, permissions=["geolocation"], has_touch=True, is_mobile=True)
    visit.expect_trouble(page)
    page.goto(f"/phone/#code={code(demo_server)}")
    page.wait_for_selector("#work:not([hidden])")
    page.wait_for_selector("body[data-ready]", state="attached")
    page.wait_for_selector("#start:visible")
    ready(page)
    return page


def ready(page) -> None:
    """The worker has the page: from now on it opens without a signal."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")


def look(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def write(page, kind: str, text: str, photo: bytes | None = None) -> None:
    page.click(f".kind[data-kind={kind}]")
    page.fill("#text", text)
    if photo:
        page.set_input_files("#photos", {"name": "p.png", "mimeType": "image/png", "buffer": photo})
        page.wait_for_selector("#thumbs img")
    page.click("#log-form button[type=submit]")
    page.wait_for_selector("#log", state="hidden")


def walk(page, steps: int, start: int = 0) -> None:
    for number in range(start, start + steps):
        page.context.set_geolocation({**PLACE, "longitude": PLACE["longitude"] + number * 0.0001})
        page.wait_for_timeout(1100)


COUNT_FIXES = "SELECT count(*) FROM patrol_fix"


def waiting(page) -> int:
    return page.locator("#items li.waiting").count()


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(out, "PNG")
    return out.getvalue()


def all_sent(page) -> None:
    page.click("#send")
    page.wait_for_selector("#badge.clear", timeout=60_000)
    assert page.locator("#items li").count() == 0


def test_promise_08_a_whole_shift_loses_nothing_and_sends_nothing_twice(phone, demo_server, ask):
    page, context = phone, phone.context
    [(fixes_before,)] = ask(COUNT_FIXES)  # the demo's own tracks
    look(page, "phone-begin")
    page.click("#start")
    page.wait_for_selector("#state.on")
    walk(page, 3)
    all_sent(page)

    # No signal: everything goes on, also in a tab that was killed and opened again.
    context.set_offline(True)
    write(page, "hazard", "楼道堆放杂物")
    write(page, "facility", "井盖缺了一角", picture())
    walk(page, 3, start=3)
    page.wait_for_selector("#badge.open")
    look(page, "phone-offline")
    page.close()
    page = context.new_page()
    page.goto("/phone/")
    page.wait_for_selector("#state.on")
    page.wait_for_selector("body[data-ready]", state="attached")
    assert waiting(page) >= 2
    write(page, "visit", "走访门卫室")
    assert ask("SELECT count(*) FROM patrol_logentry WHERE text IN ('楼道堆放杂物', '井盖缺了一角', '走访门卫室')") == [(0,)]

    # A captive portal says 200 to everything, in HTML: nothing may go.
    context.route(API, lambda route: route.fulfill(status=200, content_type="text/html", body="<html>请登录</html>"))
    context.set_offline(False)
    before = waiting(page)
    page.click("#send")
    page.wait_for_selector("#why:visible")
    assert waiting(page) >= before
    context.unroute(API)

    # A way on which everything arrives twice, and the first answer is lost.
    def twice(route):
        route.fetch()
        route.fulfill(response=route.fetch())

    context.route(API, twice)
    all_sent(page)
    context.unroute(API)

    # The token is revoked: kept, said, and sent after a new sign-in.
    demo_server.manage("shell", "-c", REVOKE)
    write(page, "help", "帮助老人过街")
    page.wait_for_selector("#sign-in:visible")
    assert waiting(page) >= 1
    look(page, "phone-revoked")
    page.fill("#code", code(demo_server))
    page.click("#sign-in-form button")
    page.wait_for_selector("#sign-in", state="hidden")
    all_sent(page)

    page.click("#pause")
    page.wait_for_selector("#state.paused")
    page.click("#resume")
    page.wait_for_selector("#state.on")
    page.click("#end")
    page.click("#ask-yes")
    page.wait_for_selector("#state.off")
    all_sent(page)
    look(page, "phone-end")

    written = ["帮助老人过街", "楼道堆放杂物", "走访门卫室", "井盖缺了一角"]
    texts = [text for (text,) in ask("SELECT text FROM patrol_logentry") if text in written]
    assert sorted(texts) == sorted(written)
    [(chunks, told, ended)] = ask("""
        SELECT (SELECT count(*) FROM patrol_trackchunk c WHERE c.patrol_id = p.id), p.chunk_count, p.closing
        FROM patrol_patrol p ORDER BY p.id DESC LIMIT 1""")
    assert chunks == told >= 1
    assert ended == "member"
    assert ask("""
        SELECT count(*) FROM patrol_photo p JOIN patrol_submission s USING (submission_id)
          JOIN patrol_logentry e ON e.submission_id = s.receipt_no
        WHERE e.text = '井盖缺了一角' AND p.completed_at IS NOT NULL AND p.stored <> ''""") == [(1,)]
    # Every point that the phone handed in is stored, or counted with the reason why not; each stored one is there once.
    [(fixes,)] = ask(COUNT_FIXES)
    [(points, stored, dropped, repeated)] = ask("""
        SELECT (SELECT sum(point_count) FROM patrol_trackchunk WHERE patrol_id = (SELECT max(id) FROM patrol_patrol)),
          sum((answer->'points'->>'stored')::int),
          sum((answer->'points'->>'dropped')::int), sum((answer->'points'->>'repeated')::int)
        FROM patrol_submission WHERE kind = 'patrol'""")
    assert fixes - fixes_before == stored >= 4
    assert points == stored + dropped + repeated


def test_a_number_of_a_person_is_told_before_it_is_saved(phone):
    phone.click(".kind[data-kind=help]")
    phone.fill("#text", "联系13912345678")
    assert "13912345678" in phone.locator("#log-problem").inner_text()
    phone.click("#log-form button[type=submit]")
    assert phone.locator("#log").is_visible()
    phone.click("#log-cancel")
    assert waiting(phone) == 0


def test_promise_07_a_refused_item_says_why_and_the_rest_goes(phone):
    def refuse(route):
        if "毒" in (route.request.post_data or ""):
            return route.fulfill(status=422, json={"detail": [{"field": "log.text", "message": "不能接收"}]})
        return route.fallback()

    phone.context.route(API, refuse)
    phone.context.set_offline(True)
    write(phone, "visit", "毒")
    write(phone, "visit", "正常走访")
    phone.context.set_offline(False)
    phone.click("#send")
    phone.wait_for_selector("#items li.refused")
    assert "不能接收" in phone.locator("#items").inner_text()
    phone.wait_for_selector("#badge.bad")
    phone.wait_for_selector("#items li.waiting", state="detached")
    phone.click("#items li.refused button")
    phone.wait_for_selector("#badge.clear")


def test_what_was_not_sent_can_be_saved_as_a_file(phone):
    phone.context.set_offline(True)
    write(phone, "hazard", "导出一条")
    phone.click("summary:has-text('更多')")
    with phone.expect_download() as saved:
        phone.click("#export")
    with open(saved.value.path(), encoding="utf-8") as file:
        content = file.read()
    assert "导出一条" in content
    assert '"siwu_rescue":1' in content
    phone.context.set_offline(False)
    all_sent(phone)


def test_day_and_night_are_accessible_and_fit(phone):
    phone.click("summary:has-text('更多')")
    for name in ("day", "night"):
        assert serious(phone) == []
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        look(phone, f"phone-{name}")
        phone.click("#night")
    phone.click(".kind[data-kind=hazard]")
    look(phone, "phone-log")
    assert serious(phone) == []


def test_the_page_is_small(phone):
    sizes = phone.evaluate("performance.getEntriesByType('resource').map((each) => each.encodedBodySize)")
    assert sum(sizes) < 200_000
