"""A round from the freeze to publication: county, second and third officer, the own town, another town, a planner, a manager."""
import re

import pytest

from tests.browser.test_phone import picture

pytestmark = pytest.mark.browser
PERIOD = "2025Q2"
PAGE = f"/rounds/{PERIOD}/"
PAPER = {"name": "整改照片.png", "mimeType": "image/png", "buffer": picture()}
# Days pass: towns had their time, and a week later the window is over.
LATER = """
from datetime import timedelta
from django.utils import timezone
from zones.models import RatingRound
now = timezone.now()
RatingRound.objects.filter(period="{period}").update(review_until=now - timedelta(seconds=1))
"""
OVER = LATER.replace("review_until=", "objection_opens_at=now - timedelta(days=8), objection_closes_at=")
# What stands on the printed notice of the compound: paper is read by people.
CODE = """
from zones import objections
from zones.models import RatingRound
print("code:" + objections.code_of(RatingRound.objects.get(period="{period}"), {compound}))
"""
PRINTED = "SELECT count(*) FROM zones_compoundobjection o JOIN zones_ratinground r ON r.id = o.round_id WHERE r.period = %s"
TOLD = """
SELECT g.colour, p.number FROM zones_publishedgrade g JOIN zones_publication p ON p.id = g.publication_id
JOIN geo_compound c USING (public_id)
WHERE c.id = %s AND p.period = %s AND p.is_current"""


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def state(page) -> str:
    return page.locator(".head .state").inner_text()


def test_a_round_from_the_freeze_to_publication(visit, demo_server, ask):
    demo_server.manage("rate", "--period", PERIOD)
    county = visit(PAGE, account="county")
    press(county, "冻结数据并起草")
    press(county, "交乡镇复核")
    assert state(county) == "乡镇复核"

    # The own town proposes with a reason and a file; another town and a planner do not.
    town = visit(f"/ratings/?period={PERIOD}", account="town_ningan")
    link = town.get_by_role("link", name=re.compile("^建议变更")).first
    path = link.get_attribute("href")
    compound = int(path.rstrip("/").rsplit("/", 1)[1])
    for account, status in (("town_shikong", 404), ("planner_county", 403)):
        stranger = visit(None, account=account)
        visit.expect(stranger, path)
        assert stranger.goto(path).status == status, account
    link.click()
    town.select_option("#colour", "red")
    town.fill("#reason", "消防隐患已经整改")
    town.set_input_files("#file", PAPER)
    press(town, "提出建议")
    press(town, "确认已复核")

    # Accepted by the county; approved by another person once the towns had their days.
    county.reload()
    county.locator(".deciding input[name=answer]").fill("照片核对无误")
    press(county, "采纳")
    demo_server.manage("shell", "-c", LATER.format(period=PERIOD))
    county.reload()
    assert county.get_by_role("button", name="县级审核通过").count() == 0
    second = visit(PAGE, account="county_second")
    press(second, "县级审核通过")
    press(second, "开始异议期")
    assert state(second) == "异议期"
    assert second.get_by_role("button", name="签发公布").count() == 0

    # The town prints the compound's notice; its manager objects without an account, once.
    [(name,)] = ask("SELECT name FROM geo_compound WHERE id = %s", compound)
    town.goto(f"/ratings/?period={PERIOD}&q={name}")
    with town.expect_download() as paper:
        town.get_by_role("button", name=f"打印通知书：{name}", exact=True).click()
    assert paper.value.path().read_bytes().startswith(b"%PDF-")
    assert ask(PRINTED, PERIOD) == [(1,)]
    code = re.search(r"code:(\S+)", demo_server.manage("shell", "-c", CODE.format(period=PERIOD, compound=compound)))[1]
    manager = visit("/objections/")
    manager.fill("#code", code.lower())
    press(manager, "下一步")
    manager.fill("#text", "我小区的消防通道已清理")
    press(manager, "提出异议")
    assert "待答复" in manager.inner_text("main")

    # Answered by somebody who had no part in it; then the window is over, and what was approved is signed.
    third = visit(PAGE, account="county_third")
    third.locator(".deciding select").select_option("green")
    third.locator(".deciding input[name=answer]").fill("核实无误")
    press(third, "异议成立")
    demo_server.manage("shell", "-c", OVER.format(period=PERIOD))
    second.reload()
    press(second, "签发公布")
    assert state(second).endswith("已公布")
    assert ask(TOLD, compound, PERIOD) == [("green", 1)]
    manager.goto("/objections/")
    manager.fill("#code", code)
    press(manager, "下一步")
    assert "核实无误" in manager.inner_text("main")
