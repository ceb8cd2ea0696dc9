"""Posts and surveillance points as officers use them in a browser."""

import pytest

from tests.browser.visits import PHONE, drawn, pixel_count, scrolls_sideways, state_purpose

pytestmark = pytest.mark.browser
VIEW = "/map/#map=16.30/37.49550/105.67600&on=surveillance&period=365"
FAULTY = "#a63d2f"


def test_county_officer_finds_what_has_no_police_room_and_takes_the_tables_along(visit, ask):
    page = drawn(visit("/coverage/", account="county"))
    assert page.locator("#coverage-map canvas").count() == 1
    page.select_option("#f-state", "none")
    page.select_option("#f-order", "far")
    page.click("form.filter button")
    states = set(page.locator("table.stack .state").all_inner_texts())
    assert {state.split()[-1] for state in states} == {"无"}
    assert "公里" in page.locator("td[data-label='距离']").first.inner_text()
    with page.expect_download() as taken:
        page.click("text=下载表格（XLSX）")
    assert taken.value.suggested_filename.endswith(".xlsx")


def test_the_map_shows_cameras_and_their_views_only_after_a_purpose_and_comes_back_to_the_view(visit):
    page = drawn(visit(VIEW, account="town_ningan"))
    note = page.locator(".layer", has=page.locator("input[name=surveillance]")).locator(".note")
    assert "查阅用途" in note.inner_text()
    legend_only = pixel_count(page, FAULTY)
    note.locator("a").click()
    state_purpose(page)
    page.wait_for_url("**/map/#map=16.30/37.49550/105.67600*")
    drawn(page)
    page.wait_for_timeout(1500)
    assert pixel_count(page, FAULTY) > legend_only + 50


def test_an_officer_notes_a_check_from_the_list_on_a_phone(visit, ask):
    path = "/surveillance/purpose/?next=/surveillance/points/%3Ffinding=check_overdue"
    page = state_purpose(visit(path, account="town_shikong", viewport=PHONE))
    page.wait_for_url("**/surveillance/points/**")
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="登记检查").first.click()
    day = page.evaluate("document.querySelector('#checked_on').max")
    page.fill("#checked_on", day)
    page.select_option("#result", "faulty")
    page.fill("#note", "镜头松动")
    page.get_by_role("button", name="登记", exact=True).click()
    assert "已登记" in page.locator(".messages").inner_text()
    key = int(page.url.split("/")[-3])
    assert ask("SELECT working, checked_on::text FROM geo_surveillancepoint WHERE id = %s", key) == [("faulty", day)]


def test_one_asks_another_approves_and_the_file_comes_once(visit):
    asking = state_purpose(visit("/surveillance/purpose/?next=/surveillance/exports/", account="town_ningan"))
    asking.fill("#why", "年度台账核对")
    asking.click("text=申请导出")
    deciding = visit("/surveillance/exports/", account="county")
    deciding.locator("form.wish", has_text="年度台账核对").get_by_role("button", name="批准", exact=True).click()
    assert "已批准" in deciding.locator(".messages").inner_text()
    asking.reload()
    with asking.expect_download() as taken:
        asking.click("text=下载（仅一次）")
    assert taken.value.suggested_filename.endswith(".xlsx")
    asking.reload()
    assert asking.locator("text=下载（仅一次）").count() == 0
