"""A citizen reports a problem with a photo and reads what became of it; a citizen appeals, and the grade changes for everybody."""
import re
import time

import pytest

from tests.browser.visits import PHONE
from tests.zones.supervising import picture

pytestmark = pytest.mark.browser

# A red grade that nobody has contested and no decision has set.
RED = """SELECT g.public_id, g.name FROM zones_publishedgrade g JOIN zones_publication p ON p.id = g.publication_id
WHERE p.is_current AND p.period = '2026Q3' AND g.colour = 'red' AND g.decision_text = ''
AND NOT EXISTS (SELECT 1 FROM zones_appeal a WHERE a.public_id = g.public_id)
AND NOT EXISTS (SELECT 1 FROM zones_compoundobjection o JOIN geo_compound c ON c.id = o.compound_id WHERE c.public_id = g.public_id)
ORDER BY g.id LIMIT 1"""


def submitted(page) -> tuple[str, str]:
    """The button is pressed once the puzzle is done and the time trap is over; number and code of the receipt."""
    page.wait_for_selector("body[data-worked]")
    time.sleep(3.2)
    page.click("form.door > button[type=submit]")
    page.get_by_role("heading", name=re.compile("已收到")).wait_for()
    return tuple(page.locator(".receipt code").all_inner_texts())


def status(page, receipt: tuple[str, str]) -> str:
    page.goto("/receipts/")
    for name, value in zip(("number", "code"), receipt, strict=True):
        page.fill(f"[name={name}]", value)
    page.click("form.door > button[type=submit]")
    return page.locator("section[role=status]").inner_text()


def test_feedback_becomes_an_issue_and_an_upheld_appeal_changes_the_grade(visit, ask):
    [(public_id, name)] = ask(RED)
    citizen = visit(f"/compounds/{public_id}/", viewport=PHONE)
    assert "等级待定" not in citizen.locator("main").inner_text()
    citizen.click("text=反映问题")
    citizen.select_option("[name=category]", "fire")
    citizen.fill("[name=text]", "东门消防通道被车辆堵住")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture().read()}
    citizen.set_input_files("#photos", [photo])
    receipt = submitted(citizen)
    assert not citizen.context.cookies()

    officer = visit("/moderation/feedback/?state=new", account="county")
    officer.click(f"text={receipt[0]}")
    officer.click("text=受理并挂号")
    number = officer.locator("h1").inner_text()
    assert "东门消防通道被车辆堵住" in officer.locator("main").inner_text() and officer.locator(".photo-row img").count() == 1
    assert number in status(citizen, receipt)

    citizen.goto(f"/compounds/{public_id}/appeal/")
    citizen.check("[value=resident_group]")
    citizen.fill("[name=text]", "两起警情不在本小区")
    receipt = submitted(citizen)
    decider = visit("/moderation/appeal/", account="county_third")
    decider.click(f"text={receipt[0]}")
    decider.get_by_role("button", name="受理", exact=True).click()
    citizen.goto(f"/compounds/{public_id}/")
    assert "等级待定" in citizen.locator(".verdict").inner_text()
    decider.select_option("[name=colour]", "green")
    form = decider.locator("form.step", has=decider.locator("[name=colour]"))
    form.locator("textarea").fill("经查两起警情登记有误，改为绿色")
    form.locator("button").click()
    decider.locator("text=已办理。").wait_for()
    citizen.goto(f"/compounds/{public_id}/")
    assert "绿" in citizen.locator(".verdict").inner_text() and "经查两起警情登记有误" in citizen.locator("main").inner_text()
    assert "申诉成立" in status(citizen, receipt)
    assert (name,) in ask("SELECT name FROM zones_publishedgrade WHERE public_id = %s AND colour = 'green'", public_id)
