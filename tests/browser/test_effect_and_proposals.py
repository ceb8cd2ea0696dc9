"""A planner asks whether last year's zones worked, and drafts a week of patrols; an officer takes it into the roster."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import serious
from tests.browser.visits import PHONE, scrolls_sideways

pytestmark = pytest.mark.browser
TEAM = "SELECT id FROM patrol_team WHERE division_id = '640521100' AND is_round_the_clock"


def test_a_planner_asks_and_an_officer_accepts(visit, ask, worker):
    page = visit("/planning/effects/", account="planner_county")
    page.select_option("#id_year", "2025")
    page.fill("#id_months_after", "9")
    page.get_by_role("button", name="开始分析").click()
    expect(page.locator(".answer")).to_be_visible(timeout=30_000)
    expect(page.locator("svg.course circle")).to_have_count(21)
    expect(page.locator("body[data-drawn] #effect-map canvas")).to_have_count(1, timeout=30_000)
    assert not serious(page)

    [(team,)] = ask(TEAM)
    page.goto(f"/patrol/proposals/?team={team}")
    page.fill("#id_staff_hours", "24")
    page.get_by_role("button", name="生成建议").click()
    expect(page.locator(".proposed").first).to_contain_text("警情")
    assert not page.get_by_role("button", name="采用勾选的班次").count()
    path = page.url

    phone = visit(path, account="town_ningan", viewport=PHONE)
    assert not scrolls_sideways(phone) and not serious(phone)
    count = phone.locator("input[name=shift]").count()
    assert count
    phone.locator("input[name=shift]").first.uncheck()
    if count > 1:
        phone.get_by_role("button", name="采用勾选的班次").click()
        expect(phone.get_by_role("status").first).to_contain_text(f"已把{count - 1}个班次排进排班表")
