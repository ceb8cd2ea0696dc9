"""A planner from the year's indicators to a proven choice, the sliders with their map, and a county officer who reads what is shared."""
import re

import pytest

from tests.browser.visits import drawn, pixel_count

pytestmark = pytest.mark.browser
EDGE = "#b8860b"  # around what the run chose


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def test_from_criteria_to_a_result_and_its_sliders(visit, worker):
    page = visit("/plans/", account="planner_county")
    page.fill("[name=year]", "2033")
    press(page, "建立")
    assert "系统默认，非上级规定" in page.inner_text("main")
    page.fill("[name=name]", "看隐患")
    press(page, "建立方案")
    page.get_by_role("link", name="直接打分").click()
    page.fill("[name=stakeholder]", "治安大队")
    for key, points in (("fire_hazards", "60"), ("open_issues", "30"), ("households", "30"), ("readiness", "20")):
        page.fill(f"[name={key}]", points)
    press(page, "保存")
    assert "分歧最大的是" in page.inner_text("main")
    page.get_by_role("link", name="修改要求").click()
    page.fill("[name=count_most]", "4")
    page.fill("[name=draws]", "200")
    press(page, "保存")
    assert "最多选4个" in page.inner_text("main")
    press(page, "计算")
    page.wait_for_selector("#sliders")
    drawn(page)
    told = page.inner_text("main")
    assert "选出4个" in told and "已证明是最优选择" in told and "稳定性" in told

    # At the run's own weights the browser says what the server said; other weights turn the order and the map.
    order = page.locator("#order")
    assert order.locator("li").count() == 10 and order.inner_text().count("名次不变") == 10
    page.locator("#plan-map").scroll_into_view_if_needed()
    assert pixel_count(page, EDGE)
    before = order.inner_text()
    for key in ("fire_hazards", "open_issues", "households"):
        page.locator(f"#w-{key}").fill("0")
    page.locator("#w-presence_gap").fill("100")
    assert order.inner_text() != before and re.search("上升|下降", order.inner_text())
    page.get_by_role("button", name="还原权重").click()
    page.wait_for_function("before => document.getElementById('order').innerText === before", arg=before)
    page.locator("#w-readiness").fill("90")
    page.fill("#try-name", "看准备")
    press(page, "用这些权重另建方案")
    assert "试调的权重" in page.inner_text("main")
    press(page, "共享给本县")

    county = visit("/plans/", account="county")
    county.get_by_role("link", name="2033").click()
    assert "看准备" in county.inner_text("main") and "看隐患" not in county.inner_text("main")
    assert county.get_by_role("button", name="建立方案").count() == 0
