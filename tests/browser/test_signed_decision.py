"""From a computed choice to the signed decision: a planner drafts, one officer checks, another signs, everybody reads it."""
import pytest

pytestmark = pytest.mark.browser


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def test_three_people_sign_and_the_public_reads(visit, worker, ask):
    [(plan, year)] = ask("SELECT id, year FROM zones_yearplan WHERE id NOT IN (SELECT plan_id FROM zones_plandecision) ORDER BY id LIMIT 1")
    planner = visit(f"/plans/{plan}/", account="planner_county")
    planner.get_by_role("link", name="起草决定").click()
    planner.locator("[name=choice]").nth(1).check()
    press(planner, "起草决定")
    planner.fill("[name=met_on]", "2026-11-20")
    planner.fill("[name=people]", "12")
    planner.fill("[name=reasons]", "隐患集中，乡镇有条件当年完成。")
    planner.fill("[name=minority]", "有一个单位建议采用最优组合。")
    press(planner, "保存")
    told = planner.inner_text("article")
    assert "会议采用备选组合" in told and "有一个单位建议采用最优组合" in told
    assert planner.get_by_role("button", name="审核通过").count() == 0

    first = visit(f"/plans/{plan}/decision/", account="county_second")
    press(first, "审核通过")
    assert "审核的人不能签发" in first.inner_text("main")
    second = visit(f"/plans/{plan}/decision/", account="county_third")
    press(second, "签发")
    second.get_by_role("link", name="PDF", exact=True).wait_for()
    assert second.context.request.get(f"/plans/{plan}/decision/files/pdf/").body().startswith(b"%PDF")
    [(count,)] = ask("SELECT count(*) FROM zones_demonstration WHERE year = %s", year)
    assert count and second.locator(".bulletin-pictures img").count() == 2

    public = visit("/demonstrations/")
    public.get_by_role("link", name=f"中宁县{year}年度治安综合整治示范区决定").click()
    text = public.inner_text("main")
    assert "采用了一个备选组合" in text and "有一个单位建议" not in text and public.locator("main ol li").count() == count
