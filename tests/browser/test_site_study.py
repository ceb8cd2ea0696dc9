"""Where the next police room goes: a planner asks, the worker answers, an officer takes a site over as a planned post."""
import pytest

pytestmark = pytest.mark.browser
PLANNED = "SELECT count(*) FROM geo_station WHERE status = 'planned' AND kind = 'police_room' AND right(name, 5) = '规划警务室'"


def test_a_planner_finds_the_place_of_two_police_rooms_and_an_officer_plans_one(visit, worker, demo_server, ask):
    page = visit("/planning/sites/new/?kind=police_room", account="planner_county")
    page.wait_for_selector("body[data-drawn]")
    page.get_by_label("名称", exact=True).fill("宁安镇两处警务室")
    page.get_by_label("研究范围").select_option(label="宁安镇")
    page.get_by_label("新建个数上限").fill("2")
    # A click on the map is a line of the form.
    page.locator("#site-map canvas").click()
    assert page.get_by_label("手工候选点").input_value().count(",") == 1
    page.get_by_role("button", name="保存并运算").click()
    page.wait_for_selector("#result")
    assert "新建2处" in page.locator(".figure").inner_text()
    page.wait_for_selector("body[data-drawn]")
    assert page.locator("#sites + .scroll tbody tr").count() == 2
    page.get_by_label("建设前").check()
    path = page.url.removeprefix(demo_server.base_url)
    [(before,)] = ask(PLANNED)

    officer = visit(path, account="county")
    officer.get_by_role("button", name="列入规划").first.click()
    officer.wait_for_selector(".messages")
    assert officer.get_by_text("已列入规划", exact=False).count() >= 1
    assert ask(PLANNED) == [(before + 1,)]
    stranger = visit(None, account="town_shikong")
    visit.expect(stranger, path)
    assert stranger.goto(path).status == 403
