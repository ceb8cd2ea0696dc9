"""A school from nomination to award: the town nominates and answers, the county checks and decides, the other town sees nothing."""
import base64
import io
from urllib.parse import urlsplit

import openpyxl
import pytest

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
CAMPAIGN = "SELECT id FROM zones_campaign WHERE kind = 'school' AND state = 'open'"


def step(page, label: str, why: str = "") -> None:
    form = page.locator("form.step").filter(has=page.get_by_role("button", name=label, exact=True))
    if why:
        form.locator("textarea").fill(why)
    form.get_by_role("button", name=label, exact=True).click()


def test_a_school_from_nomination_to_award(visit, ask):
    [(campaign,)] = ask(CAMPAIGN)
    town = visit(f"/campaigns/{campaign}/", account="town_ningan")
    town.get_by_role("link", name="申报单位").click()
    chosen = town.locator("#id_thing option").nth(1)
    name = chosen.inner_text().split("（")[0]
    town.select_option("#id_thing", chosen.get_attribute("value"))
    town.get_by_role("button", name="申报", exact=True).click()
    path = urlsplit(town.url).path
    assert town.locator("h1").inner_text() == name and "自查还缺" in town.inner_text(".side")

    # A wrong value: nothing is saved, everything comes back.
    for key, value in {"duty": "99", "fence": "12", "cameras": "14", "inspection": "13", "surroundings": "15"}.items():
        town.fill(f"#{key}-claimed", value)
        town.fill(f"#{key}-text", "有制度，有记录")
    town.select_option("#fire-claimed", "1")
    town.fill("#fire-text", "器材每月检查")
    town.fill("#cameras-number", "12")
    town.fill("#inspection-number", "6")
    visit.expect(town, f"{path}answers/")
    town.get_by_role("button", name="保存自查").click()
    assert "什么也没有保存" in town.get_by_role("alert").first.inner_text() and "应为0到20" in town.inner_text("#item-duty")
    assert town.input_value("#fire-text") == "器材每月检查"
    town.fill("#duty-claimed", "18")
    for key in ("duty", "fence"):
        town.set_input_files(f"#{key}-file", {"name": f"{key}.png", "mimeType": "image/png", "buffer": PIXEL})
    town.get_by_role("button", name="保存自查").click()
    assert town.locator(".files a").all_inner_texts() == ["duty.png", "fence.png"]
    step(town, "上报乡镇审核")
    step(town, "乡镇推荐", "材料齐全，同意推荐")
    assert "待县级核查" in town.inner_text(".head") and "材料齐全，同意推荐" in town.inner_text(".timeline")

    other = visit(account="town_shikong")
    visit.expect(other, path)
    assert other.goto(path).status == 404
    other.goto(f"/campaigns/{campaign}/")
    assert name not in other.inner_text("main")

    county = visit(path, account="county")
    for key, value in {"duty": "17", "fence": "11", "cameras": "14", "inspection": "13", "surroundings": "14"}.items():
        county.fill(f"#{key}-found", value)
    county.select_option("#fire-found", "1")
    county.fill("#fire-note", "现场看过")
    county.get_by_role("button", name="保存核查").click()
    step(county, "核查完成")
    assert "89" in county.inner_text(".scores")
    number = county.input_value("#award-number")
    step(county, "命名", "达到标准")
    assert number in county.inner_text(".award") and "已命名" in county.inner_text(".head")
    county.goto("/campaigns/awards/?valid=1")
    assert name in county.inner_text("table") and number in county.inner_text("table")
    answer = county.context.request.get("/campaigns/awards.xlsx?valid=1")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.body())).active.values)
    assert number in [row[5] for row in rows]

    county.goto(path)
    step(county, "撤销命名", "测试结束")
    assert "已撤销命名" in county.inner_text(".head")
