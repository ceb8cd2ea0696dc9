"""Another yellow line: drafted in the form, tried on a computed period, adopted by another officer, used by the next round."""
import re

import pytest
from django.utils import timezone

from tests.browser.test_round import press
from zones.periods import day_of, period_of

pytestmark = pytest.mark.browser
LINE = "0.05"
# The newest round colours the map of the tests after this one.
GONE = "DELETE FROM {table} WHERE {key} IN (SELECT id FROM zones_ratinground WHERE period = %s) RETURNING 1"
USED = """
SELECT s.version, s.criteria #>> '{{per_100_households,theft,yellow}}', s.adopted_by_id <> s.edited_by_id, r.state
FROM zones_ratinground r JOIN zones_ratingscheme s ON s.id = r.scheme_id WHERE r.period = %s"""
GREEN = """
SELECT count(*) FILTER (WHERE colour = 'green')::float / count(*)
FROM zones_grade g JOIN zones_ratinground r ON r.id = g.round_id WHERE r.period = %s"""


@pytest.fixture
def coming(ask):
    """The period of today, which nobody has computed yet."""
    found = period_of("quarter", day_of(timezone.now()))
    yield found
    for table, key in (("zones_grade", "round_id"), ("zones_fourfreetitle", "round_id"), ("zones_ratinground", "id")):
        ask(GONE, found.name, table=table, key=key)


def test_a_new_version_is_tried_before_it_is_adopted_and_the_next_round_uses_it(visit, ask, worker, coming):
    county = visit("/ratings/criteria/", account="county")
    county.locator("tr", has_text="现行").get_by_role("link").click()
    press(county, "起草新版本")
    county.fill("#id_theft-yellow", LINE)
    county.fill("#id_valid_from", coming.starts_on.isoformat())
    county.fill("#id_change_note", "盗窃的黄线改严")
    press(county, "预览")
    assert LINE in county.locator("[aria-labelledby=preview]").inner_text()
    press(county, "保存")
    draft = county.url
    version = re.search(r"2\d{3}-\d+", county.inner_text("h1"))[0]
    visit.expect(county, county.locator("form.step", has_text="施行").get_attribute("action"))
    press(county, "施行")
    assert "起草的人不能自己决定施行" in county.inner_text("[role=alert]") and county.inner_text(".head .draft") == "起草"
    county.goto(draft)

    # Which compounds would change, and why: before anything holds.
    county.get_by_role("link", name="试算：哪些小区会变").click()
    county.check("input[value='2026Q3']")
    press(county, "试算")
    county.wait_for_selector(".figure", timeout=20_000)
    assert int(re.search(r"等级会变的小区：(\d+)个", county.inner_text(".figure"))[1]) > 0
    changed = county.locator("table.stack tbody tr").first.locator("td").all_inner_texts()
    assert changed[1].endswith("绿") and changed[2].endswith("黄") and "盗窃" in changed[4]

    # Adopted by another officer; what was computed before stays as it is.
    second = visit(draft.removeprefix(county.evaluate("location.origin")), account="county_second")
    assert "盗窃的黄线改严" in second.inner_text("main")
    press(second, "施行")
    assert "已施行" in second.inner_text(".head")
    assert ask(USED, "2026Q3")[0][0] != version

    second.goto("/rounds/")
    second.select_option("#r-period", coming.name)
    with second.expect_navigation(url=f"**/ratings/?period={coming.name}", timeout=30_000):
        second.get_by_role("button", name="计算草稿").click()
    assert f"标准 {version}" in second.inner_text("main")
    assert ask(USED, coming.name) == [(version, LINE, True, "collecting")]
    assert ask(GREEN, coming.name)[0][0] < ask(GREEN, "2026Q3")[0][0]
