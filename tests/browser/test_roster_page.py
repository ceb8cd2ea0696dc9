"""A town officer plans a week, drags a shift, sees a conflict, copies the week and prints it."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from patrol.roster import COUNTY_TIME
from tests.browser.test_accessibility import barriers_of, serious
from tests.browser.visits import PHONE, scrolls_sideways

pytestmark = pytest.mark.browser
TEAM = "SELECT id FROM patrol_team WHERE division_id = '640521100' AND is_round_the_clock"
# Beyond the weeks that the demo has planned.
MONDAY = (datetime.now(COUNTY_TIME) + timedelta(days=35)).date()
MONDAY -= timedelta(days=MONDAY.weekday())
WEEK = "{}-W{:02d}".format(*MONDAY.isocalendar()[:2])


def drag(page, bar, lane, share: float) -> None:
    """By the bar's left end onto a share of the day of that lane."""
    box = lane.bounding_box()
    bar.drag_to(lane, source_position={"x": 6, "y": 10}, target_position={"x": box["width"] * share + 6, "y": 12})


def test_a_town_officer_plans_a_week(visit, ask):
    [(team,)] = ask(TEAM)
    page = visit(f"/patrol/roster/?week={WEEK}&team={team}", account="town_ningan")
    expect(page.locator(".gap-bar")).to_have_count(7)

    page.select_option("#id_template", label=page.locator("#id_template option", has_text="早班").first.inner_text())
    for number in range(3):
        page.locator("input[name=days]").nth(number).check()
    for number in range(2):
        page.locator("input[name=crew]").nth(number).check()
    page.locator("form[action*='/shifts/'] button[type=submit]").click()
    expect(page.locator(".bar-shift")).to_have_count(3)

    # To 18:00: until 2 in the morning, four hours before the next day's early shift.
    drag(page, page.locator(".bar-shift").first, page.locator(".lane").first, 0.75)
    expect(page.locator(".bar-shift").first).to_contain_text("18:00")
    expect(page.locator(".bar-shift.yellow").first).to_be_visible()
    expect(page.locator(".faults").first).to_contain_text("只休息4小时")

    # Onto another shift of the same people: refused in words, and nothing moved.
    moving = page.locator(".bar-shift[data-move]").first
    path = moving.get_attribute("data-move")
    visit.expect(page, path)
    drag(page, moving, page.locator(".lane").nth(1), 0.375)
    expect(page.get_by_role("alert").first).to_contain_text("不能同时在两个班次")
    assert not serious(page)
    page.goto(f"/patrol/roster/?week={WEEK}&team={team}")
    expect(page.locator(".bar-shift").first).to_contain_text("18:00")

    # By keys: back by half an hour.
    page.locator(".bar-shift[data-move]").first.focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".ghost")).to_have_text("17:30")
    page.keyboard.press("Enter")
    expect(page.locator(".bar-shift").first).to_contain_text("17:30")
    assert not serious(page)

    page.locator("a[href*='/copy/']").click()
    expect(page.locator("details.panel")).to_contain_text("只休息")
    assert not serious(page)
    page.locator("form.copy button").click()
    expect(page.locator(".bar-shift[data-move]")).to_have_count(3)
    assert "-W" in page.url and WEEK not in page.url

    page.locator("a[href*='/print/']").click()
    page.emulate_media(media="print")
    assert not page.locator("header.bar").is_visible()
    assert page.locator("tbody tr td.nowrap").count() == 3
    page.emulate_media(media="screen")


def test_the_pages_of_the_plan_have_no_barrier_and_fit_a_phone(visit, ask):
    [(team,)] = ask(TEAM)
    page = visit(account="town_ningan", viewport=PHONE)
    [(shift,)] = ask("SELECT max(id) FROM patrol_shift WHERE team_id = %s", team)
    paths = [
        "roster/", f"roster/?team={team}", f"teams/{team}/", "teams/", "beats/", "beats/route/?town=640521100", "templates/",
        f"shifts/{shift}/", f"roster/print/?team={team}", "duty/", f"teams/{team}/copy/",
    ]  # fmt: skip
    for path in paths:
        page.goto(f"/patrol/{path}")
        assert not scrolls_sideways(page), path
        assert not barriers_of(page), path
    assert re.search("排班", page.content())
