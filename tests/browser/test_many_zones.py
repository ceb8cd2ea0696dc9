"""The planner's whole journey with 600 more zones, from criteria to the signed decision that the public reads.

It fills the demo with zones, so it has its own command: `SIWU_MANY_ZONES=600 script/test tests/browser/test_many_zones.py`.
"""
import os
import time

import pytest

from tests.browser.visits import PHONE, drawn, scrolls_sideways

MANY = int(os.environ.get("SIWU_MANY_ZONES", 0))
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not MANY, reason="its own command: SIWU_MANY_ZONES=600")]
SHOTS = os.environ.get("SIWU_SHOTS", "")
# Invented zones in all towns, a little different from each other.
FILL = """
from datetime import date
from django.contrib.gis.geos import MultiPolygon, Polygon
from geo.models import Division
from zones.models import RectificationZone as Zone
found = Division.objects.filter(level=Division.Level.TOWN).order_by("code")
towns = [(each, each.outlines.first().geom.point_on_surface) for each in found]
kinds, rows = Zone.Kind.values, []
for n in range(%d):
    (town, spot), step = towns[n %% len(towns)], n // len(towns)
    lon, lat = spot.x + 0.0012 * (step %% 8 - 4), spot.y + 0.0012 * (step // 8 - 3)
    rows.append(Zone(
        name=f"演示区域{n + 1}", source_key=f"DEMO-Z-{n + 90000}", division_id=town.pk, kind=kinds[n %% len(kinds)], status="listed",
        geom=MultiPolygon(Polygon.from_bbox((lon, lat, lon + 0.0008, lat + 0.0008)), srid=4326), listed_on=date(2026, 1, 5),
        target_on=date(2026, 12, 31) if n %% 3 else None, lead_unit="演示单位" if n %% 4 else "", household_count=80 + n * 37 %% 900,
    ))
Zone.objects.bulk_create(rows)
"""


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def look(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/many-{name}.png", full_page=True)


def test_from_criteria_to_the_signed_decision(visit, worker, ask, demo_server):
    demo_server.manage("shell", "-c", FILL % MANY)
    planner = visit("/plans/", account="planner_county")
    planner.fill("[name=year]", "2034")
    press(planner, "建立")
    look(planner, "plan")
    planner.fill("[name=name]", "看户数和准备")
    press(planner, "建立方案")
    planner.get_by_role("link", name="直接打分").click()
    planner.fill("[name=stakeholder]", "治安大队")
    for key, points in (("fire_hazards", "20"), ("open_issues", "20"), ("households", "60"), ("readiness", "40")):
        planner.fill(f"[name={key}]", points)
    press(planner, "保存")
    planner.get_by_role("link", name="修改要求").click()
    planner.fill("[name=count_most]", "40")
    press(planner, "保存")
    began = time.monotonic()
    press(planner, "计算")
    planner.wait_for_selector("#sliders", timeout=120_000)
    print(f"computed and shown after {time.monotonic() - began:.1f} s")
    drawn(planner)
    told = planner.inner_text("main")
    assert "选出40个" in told and "已证明是最优选择" in told
    look(planner, "run")
    planner.locator("#w-readiness").fill("90")
    assert not scrolls_sideways(planner)
    planner.set_viewport_size(PHONE)
    look(planner, "run-390")
    assert not scrolls_sideways(planner)
    planner.set_viewport_size({"width": 1440, "height": 900})

    [(plan, scenario)] = ask("SELECT p.id, s.id FROM zones_yearplan p JOIN zones_scenario s ON s.plan_id = p.id WHERE year = 2034")
    planner.goto(f"/plans/scenarios/{scenario}/")
    press(planner, "共享给本县")
    planner.goto(f"/plans/{plan}/")
    planner.get_by_role("link", name="起草决定").click()
    planner.locator("[name=choice]").nth(1).check()
    press(planner, "起草决定")
    said = {"met_on": "2026-11-20", "people": "12", "reasons": "隐患集中，乡镇有条件当年完成。", "minority": "有单位建议采用最优组合。"}
    for name, text in said.items():
        planner.fill(f"[name={name}]", text)
    press(planner, "保存")
    look(planner, "decision")
    press(visit(f"/plans/{plan}/decision/", account="county_second"), "审核通过")
    signer = visit(f"/plans/{plan}/decision/", account="county_third")
    press(signer, "签发")
    link = signer.get_by_role("link", name="PDF", exact=True)
    link.wait_for(timeout=120_000)
    for kind in ("pdf", "docx", "xlsx"):
        body = signer.context.request.get(f"/plans/{plan}/decision/files/{kind}/").body()
        assert len(body) > 10_000
        if SHOTS:
            with open(f"{SHOTS}/many.{kind}", "wb") as file:
                file.write(body)
    assert ask("SELECT count(*) FROM zones_demonstration WHERE year = 2034") == [(40,)]

    public = visit("/demonstrations/")
    public.get_by_role("link", name="中宁县2034年度治安综合整治示范区决定").click()
    assert public.locator("main ol li").count() == 40
    look(public, "public")
