"""A village cadre's inspection without a signal: the draft outlives its tab, and is stored once with its picture and its issue."""

import re

import pytest

from tests.browser.test_accessibility import serious
from tests.browser.test_phone import all_sent, look, picture, ready
from tests.browser.visits import PHONE

pytestmark = pytest.mark.browser
WHO = "village_zhenxing"
CODE = f"""
from django.utils import timezone
from geo.models import User
from patrol import devices
user = User.objects.get_by_natural_key("{WHO}")
print("code:" + devices.invite(user=user, by=user, now=timezone.now()).code)
"""
COMPOUND = """
    SELECT c.id, c.name, ST_X(ST_PointOnSurface(c.geom)), ST_Y(ST_PointOnSurface(c.geom)) FROM geo_compound c
    WHERE starts_with(c.division_id, '640521100001') ORDER BY c.id LIMIT 1"""
MADE = """
    SELECT result, failed::text, spot, score, (SELECT count(*) FROM patrol_photo p JOIN patrol_submission s USING (submission_id)
      WHERE s.receipt_no = i.submission_id AND p.stored <> '')
    FROM zones_inspection i WHERE place_pk = %s AND NOT is_invented"""


@pytest.fixture
def place(ask):
    [(pk, name, lon, lat)] = ask(COMPOUND)
    return pk, name, {"longitude": lon, "latitude": lat, "accuracy": 7}


@pytest.fixture
def phone(visit, demo_server, place):
    return phone_at(place[2], visit, demo_server)


def phone_at(where: dict, visit, demo_server):
    """The cadre's phone, signed in and ready to be without a signal."""
    page = visit(None, viewport=PHONE, geolocation=where, permissions=["geolocation"], has_touch=True, is_mobile=True)
    visit.expect_trouble(page)
    page.goto("/phone/#code=" + re.search(r"code:(\S+)", demo_server.manage("shell", "-c", CODE))[1])
    page.wait_for_selector("body[data-ready]", state="attached")
    page.wait_for_selector("#insp-start:visible")
    ready(page)
    return page


def answer(page, key: str, value: str) -> None:
    page.locator(f"fieldset[data-key={key}] label", has=page.locator(f"input[value={value}]")).click()


def test_an_inspection_without_signal_is_stored_once_with_its_picture_and_its_issue(phone, place, ask):
    page, context = phone, phone.context
    pk, name, _where = place
    context.set_offline(True)
    page.click("#insp-start")
    page.fill("#insp-search", name)
    page.wait_for_function("() => document.querySelector('#insp-place').options.length >= 1")
    look(page, "inspection-choose")
    page.click("#insp-begin")
    page.wait_for_selector("#insp-run:visible")
    assert page.locator("#insp-name").inner_text() == name
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    answer(page, "gate", "o3")
    for key in ("doors", "wall", "camera", "passage", "hydrant"):
        answer(page, key, "yes")
    # What a condition asks for appears with the answer, and goes with it.
    answer(page, "lamp", "no")
    page.wait_for_selector("fieldset[data-key=lamp_count]:visible")
    answer(page, "lamp", "yes")
    page.wait_for_selector("fieldset[data-key=lamp_count]", state="hidden")
    page.click("#insp-run button[type=submit]")
    assert "飞线充电" in page.locator("#insp-problem").inner_text()
    page.set_input_files("#insp-photo-gate", {"name": "p.png", "mimeType": "image/png", "buffer": picture()})
    page.wait_for_selector("fieldset[data-key=gate] .insp-photos:has-text('1')")
    page.check("fieldset[data-key=gate] .insp-register input")
    look(page, "inspection-run")

    # The tab is killed in the middle: the draft is there, with the version that it was begun with.
    page.wait_for_timeout(300)
    page.close()
    page = context.new_page()
    page.goto("/phone/")
    page.click("#insp-go-on")
    assert page.locator("fieldset[data-key=gate] input[value=o3]").is_checked()
    answer(page, "wiring", "no")
    page.wait_for_timeout(500)
    assert page.locator("#insp-tally").inner_text() == "✕ 发现问题 1 项 · 得分 85"
    page.click("#insp-run button[type=submit]")
    page.wait_for_selector("#insp-dialog", state="hidden")
    page.wait_for_selector("#badge.open")
    assert page.locator("#items li.waiting").count() == 1
    assert ask(MADE, pk) == []

    context.set_offline(False)
    all_sent(page)
    assert ask(MADE, pk) == [("findings", '["gate"]', "there", 85.0, 1)]
    assert ask("SELECT count(*) FROM zones_issue WHERE source = 'inspection' AND place_pk = %s AND NOT is_invented", pk) == [(1,)]
    assert page.locator("#sent li").count() == 1


def test_a_place_that_lets_nobody_in_asks_for_the_reason_and_a_draft_can_be_dropped(phone):
    phone.click("#insp-start")
    phone.click("#insp-begin")
    phone.click("text=未能进入")
    phone.wait_for_selector("#insp-blocked:visible")
    phone.click("#insp-run button[type=submit]")
    assert phone.locator("#insp-problem").inner_text() == "请选择未能进入的原因。"
    look(phone, "inspection-blocked")
    phone.click("#insp-drop")
    phone.click("#ask-yes")
    phone.wait_for_selector("#insp-start:visible")
    assert phone.locator("#items li").count() == 0
