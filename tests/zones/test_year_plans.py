"""R13: a planner weighs, demands and runs; officers read what is shared; the result says what is so, also when nothing fits."""
import io
import re
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from geo.models import Job, User
from tests import cast
from tests.zones import planning_year as p
from zones.models import OwnFigure, Scenario, ScenarioRun, YearPlan
from zones.year_plans import plans, runs
from zones.year_plans.computing import compute
from zones.year_plans.jobs import compute_run
from zones.year_plans.refusals import PlanRefused
from zones.year_plans.words import FINDINGS

ENGINE = Path(__file__).resolve().parents[2] / "zones/planning"


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("geo.jobs.send", lambda job_pk: None)


@pytest.fixture
def who(db):
    cast.territory()
    return {
        "planner": cast.planner(), "other": cast.user("other_planner", User.Role.PLANNER), "county": cast.county_officer(),
        "west": cast.west_officer(), "town_planner": cast.user("town_planner", User.Role.PLANNER, cast.WEST), "auditor": cast.auditor(),
    }  # fmt: skip


@pytest.fixture
def planner(who):
    return who["planner"]


@pytest.fixture
def plan(planner):
    return p.plan(planner)


def page(client, name: str, *args, status: int = 200, **query) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status, (name, answer.status_code)
    return answer.content.decode()


# From criteria to a result


def test_a_planner_comes_from_indicators_to_a_proven_choice(client, planner, plan):
    zones = p.zones(12)
    p.costs(plan, {zone.pk: 20 + 5 * n for n, zone in enumerate(zones[:11])}, planner)
    found = p.scenario(plan, planner, demands=[p.demand("count_most", 4), p.demand("budget", 200), p.demand("town_least", 1, cast.EAST)])
    client.force_login(planner)
    assert "区域12" in page(client, "year_plan", plan.pk)
    client.post(reverse("scenario_run", args=[found.pk]))
    run = ScenarioRun.objects.everywhere("test").get()
    waiting = page(client, "plan_run", run.pk)
    assert "取消计算" in waiting and 'data-state="waiting"' in waiting
    compute_run(job=run.job_id, run=run.pk)
    run.refresh_from_db()
    assert run.result["status"] == "best" and len(run.result["chosen"]) == 4
    assert zones[11].pk not in run.result["chosen"]  # its cost is unknown, and there is a budget
    told = page(client, "plan_run", run.pk)
    for text in ("已证明是最优选择", "替代代价", "真正不同的备选方案", "每项要求的代价", "稳定性", "权重变多少，选择就变", "费用未知"):
        assert text in told, text
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("plan_run_file", args=[run.pk])).content))
    assert book.worksheets[0].max_row >= 13 and sum(row[4].value == "是" for row in book.worksheets[0].iter_rows(min_row=2)) == 4


def test_the_same_input_gives_the_same_answer(planner, plan):
    p.zones(9)
    run = p.computed(p.scenario(plan, planner), planner)
    assert compute(run.frozen) == run.result
    assert p.computed(run.scenario, planner).result == run.result


def test_missing_stays_missing(planner, plan):
    p.zones(4, households=lambda n: None if n == 2 else 200)
    run = p.computed(p.scenario(plan, planner), planner)
    keys = [each["key"] for each in run.frozen["indicators"]]
    assert [row[keys.index("households")] for row in run.frozen["values"]] == [200, 200, None, 200]
    assert {row[keys.index("incidents")] for row in run.frozen["values"]} == {None}, "no incident was ever registered"
    assert {row[keys.index("open_issues")] for row in run.frozen["values"]} == {None}


def test_six_hundred_zones_are_chosen_from_and_shown(client, planner, plan):
    zones = p.zones(600)
    p.costs(plan, {zone.pk: 10 + zone.pk % 37 for zone in zones}, planner)
    found = p.scenario(plan, planner, draws=300, demands=[p.demand("count_most", 20), p.demand("budget", 300)])
    run = p.computed(found, planner)
    assert run.result["status"] == "best" and not run.result["left_out"] and len(run.result["alternatives"]) == 10
    assert len(run.result["chosen"]) == 20 and run.result["cost"] <= 300
    client.force_login(planner)
    told = page(client, "plan_run", run.pk)
    assert "只列前30个" in told and "从600个区域中选出20个" in told
    assert "区域51" in page(client, "year_plan", plan.pk, page=2)


# Nothing fits, ties, gaps


def test_a_clash_is_named_with_what_can_be_reached(client, planner, plan):
    zones = p.zones(6)
    p.costs(plan, {zone.pk: 50 for zone in zones}, planner)
    wished = [p.demand("budget", 120), p.demand("count_least", 4), p.demand("count_most", 5)]
    run = p.computed(p.scenario(plan, planner, demands=wished), planner)
    client.force_login(planner)
    told = page(client, "plan_run", run.pk)
    assert run.result["status"] == "infeasible" and "这些要求不能同时满足" in told
    assert "总费用不超过120万元（其余要求都满足时，至少需要200万元）" in told
    assert "至少选4个（其余要求都满足时，最多只能有2个）" in told
    assert "最少放弃这些" in told and "最多选5个（" not in told


def test_a_tie_is_left_to_people(client, planner, plan):
    p.zones(3, households=lambda n: 300)
    for zone in plan_zones():
        zone.lead_unit, zone.target_on = "西镇政府", None
        zone.save()
    run = p.computed(p.scenario(plan, planner, demands=[p.demand("count_most", 1)]), planner)
    client.force_login(planner)
    assert len(run.result["ties"]) == 2 and "数字不能决定，要由人决定" in page(client, "plan_run", run.pk)


def plan_zones():
    return p.RectificationZone.objects.everywhere("test").order_by("pk")


def test_all_missing_is_said_and_nothing_chosen(client, planner, plan):
    p.zones(3, households=lambda n: None)
    points = {"incidents": 10, "trend": 5}
    opinion = {"stakeholder": "治安大队", "method": "direct", "voice": 1.0, "points": points}
    run = p.computed(p.scenario(plan, planner, opinions=[opinion]), planner)
    client.force_login(planner)
    told = page(client, "plan_run", run.pk)
    assert run.result["status"] == "all_missing" and run.result["chosen"] == []
    assert "全部缺数据，无法选择" in told and "所有候选区域都缺少足够的指标数据" in told


def test_a_single_candidate_and_none(client, planner, plan):
    client.force_login(planner)
    found = p.scenario(plan, planner)
    nothing = p.computed(found, planner)
    assert nothing.result["status"] == "no_candidates" and "没有候选区域" in page(client, "plan_run", nothing.pk)
    p.zones(1)
    single = p.computed(found, planner)
    assert len(single.result["chosen"]) == 1 and "只有一个候选区域" in page(client, "plan_run", single.pk)
    assert "新的候选区域：“区域1”" in page(client, "plan_run", single.pk)


def test_a_budget_of_zero(client, planner, plan):
    zones = p.zones(4)
    p.costs(plan, {zone.pk: 0 if n == 1 else 30 for n, zone in enumerate(zones)}, planner)
    run = p.computed(p.scenario(plan, planner, demands=[p.demand("budget", 0)]), planner)
    client.force_login(planner)
    assert run.result["chosen"] == [zones[1].pk] and "预算为零，只能选费用为零的区域（1个）" in page(client, "plan_run", run.pk)
    p.costs(plan, {zone.pk: 30 for zone in zones}, planner)
    run = p.computed(run.scenario, planner)
    assert run.result["chosen"] == [] and "在这些要求下一个区域也选不出" in page(client, "plan_run", run.pk)


# Weights, demands, own figures by hand


def test_weights_by_points_swing_and_pairs_stand_side_by_side(client, planner, plan):
    p.zones(5)
    found = p.scenario(plan, planner)
    client.force_login(planner)
    url = reverse("scenario_weights", args=[found.pk])
    base = {"stakeholder": "派出所", "voice": "1"}
    refused = client.post(f"{url}?method=swing", base | {"incidents": "60", "households": "20"})
    assert refused.status_code == 422 and "最重要的一项应为100分，现在最高60分" in refused.content.decode()
    assert client.post(f"{url}?method=swing", base | {"incidents": "100", "households": "20"}).status_code == 302
    pairs = {"stakeholder": "乡镇", "voice": "2", **{f"used-{key}": "on" for key in ("incidents", "trend", "households")}}
    pairs |= {"incidents~trend": "9", "trend~households": "9", "incidents~households": "1/9"}
    assert client.post(f"{url}?method=ahp", pairs).status_code == 302
    told = page(client, "scenario", found.pk)
    assert "一致性比率" in told and "前后矛盾" in told and "最可疑的一对" in told and "分歧最大的是" in told
    assert client.post(f"{url}?place=2", pairs | {"incidents~households": "9", "incidents~trend": "1"}).status_code == 302
    assert "应小于0.1" not in page(client, "scenario", found.pk)
    assert client.post(f"{url}?method=direct", base | {"incidents": "nan"}).status_code == 422
    assert "已有同名的评价方" in client.post(f"{url}?method=direct", base | {"incidents": "1"}).content.decode()
    assert client.post(f"{url}?method=direct", {"stakeholder": "电话13812345678", "voice": "1", "incidents": "1"}).status_code == 422
    assert client.get(f"{url}?place=77").status_code == client.get(f"{url}?method=x").status_code == 404
    client.post(reverse("scenario_weights_drop", args=[found.pk]), {"place": "0"})
    found.refresh_from_db()
    assert [each["stakeholder"] for each in found.document["opinions"]] == ["派出所", "乡镇"]


def test_demands_are_typed_and_told(client, planner, plan):
    first, second, *_others = p.zones(5)
    found = p.scenario(plan, planner)
    client.force_login(planner)
    url = reverse("scenario_demands", args=[found.pk])
    making = {"bonus": "0.1", "alternatives": "3", "spread": "between", "draws": "200", "seed": "7"}
    wrong = client.post(url, making | {"count_least": "5", "count_most": "2", f"town_least:{cast.WEST}": "x"})
    assert wrong.status_code == 422 and "至少的个数不能大于最多的个数" in wrong.content.decode()
    assert client.post(url, making | {"count_most": "3", f"town_least:{cast.WEST}": "1", "kind_most:campus": "1"}).status_code == 302
    about = reverse("scenario_zone_demand", args=[found.pk])
    assert client.post(about, {"code": "exclude", "zone": first.pk}).status_code == 422
    client.post(about, {"code": "exclude", "zone": first.pk, "other": second.pk})
    client.post(about, {"code": "forced_in", "zone": second.pk})
    told = page(client, "scenario", found.pk)
    for text in ("最多选3个", "西镇至少1个", "校园周边最多1个", "“区域1”和“区域2”不能同时选", "必须选“区域2”"):
        assert text in told, text
    client.post(about, {"drop": f"exclude:{first.pk},{second.pk}"})
    found.refresh_from_db()
    run = p.computed(found, planner)
    assert second.pk in run.result["chosen"] and run.frozen["seed"] == 7
    second.delete()
    with pytest.raises(PlanRefused, match="已不在候选范围"):
        runs.start(found, by=planner, now=p.NOW)


def sheet(*rows) -> SimpleUploadedFile:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return SimpleUploadedFile("own.xlsx", out.getvalue())


def test_own_figures_are_refused_by_line_and_field_or_taken_whole(client, planner, plan):
    first, second, third = p.zones(3)
    client.force_login(planner)
    url = reverse("own_indicator", args=[plan.pk])
    said = p.COST | {"name": "居民呼声", "as_of": "2026-11-01"}
    heads = ("区域编号", "区域", "数值")
    rows = (first.pk, "x", "abc"), (999999, "y", 3), (second.pk, "z", -1), (first.pk, "", 2)
    bad = client.post(url, said | {"file": sheet(heads, *rows)})
    text = bad.content.decode()
    assert bad.status_code == 422 and not OwnFigure.objects.exists()
    faults = ("第2行 数值：“abc”不是数字", "第3行 区域编号：“999999”不是候选区域的编号", "第4行 数值：应在0到10亿之间", "第5行 区域编号")
    for part in faults:
        assert part in text, part
    assert "表头缺少“数值”列" in client.post(url, said | {"file": sheet(("区域编号", "数"), (first.pk, 3))}).content.decode()
    assert client.post(url, said | {"file": SimpleUploadedFile("own.xlsx", b"nonsense")}).status_code == 422
    template = client.get(reverse("own_template", args=[plan.pk])).content
    book = openpyxl.load_workbook(io.BytesIO(template))
    book.active["D2"], book.active["D3"] = 12, 3.5
    out = io.BytesIO()
    book.save(out)
    assert client.post(url, said | {"file": SimpleUploadedFile("own.xlsx", out.getvalue())}).status_code == 302
    assert dict(OwnFigure.objects.values_list("zone", "value")) == {first.pk: 12, second.pk: 3.5}
    assert "居民呼声" in page(client, "year_plan", plan.pk)
    client.post(reverse("own_drop", args=[plan.pk]), {"key": "own1"})
    assert not OwnFigure.objects.exists()


def test_tried_weights_become_a_scenario(client, planner, plan):
    p.zones(5)
    run = p.computed(p.scenario(plan, planner), planner)
    client.force_login(planner)
    points = {f"w-{each['key']}": "0" for each in run.frozen["indicators"]} | {"w-readiness": "40"}
    answer = client.post(reverse("plan_run_try", args=[run.pk]), points | {"name": "看准备"})
    made = Scenario.objects.everywhere("test").get(name="看准备")
    assert answer.url == reverse("scenario", args=[made.pk]) and made.document["demands"] == run.scenario.document["demands"]
    client.post(reverse("plan_run_try", args=[run.pk]), points | {"name": "全零", "w-readiness": "0"})
    assert not Scenario.objects.everywhere("test").filter(name="全零").exists()
    run = p.computed(made, planner)
    compared = page(client, "plan_comparison", plan.pk)
    assert "看准备" in compared and "基本方案" in compared and "每个方案都选" in compared


# Who may


def test_who_sees_and_who_writes(client, who, plan):
    p.zones(3)
    planner = who["planner"]
    found = p.scenario(plan, planner)
    run = p.computed(found, planner)
    for name in ("west", "auditor"):
        client.force_login(who[name])
        page(client, "year_plans", status=403)
        page(client, "plan_run", run.pk, status=403)
    client.force_login(who["town_planner"])
    page(client, "year_plan", plan.pk, status=404)
    for name in ("county", "other"):
        client.force_login(who[name])
        page(client, "scenario", found.pk, status=404)
        page(client, "plan_run", run.pk, status=404)
    plans.share(found, True, by=planner, now=p.NOW)
    client.force_login(who["county"])
    assert "基本方案" in page(client, "year_plan", plan.pk) and "已证明是最优选择" in page(client, "plan_run", run.pk)
    assert client.post(reverse("scenario_run", args=[found.pk])).status_code == 403
    page(client, "scenario_demands", found.pk, status=403)
    client.force_login(who["other"])
    page(client, "scenario_demands", found.pk, status=403)
    with pytest.raises(PermissionDenied):
        plans.share(found, False, by=who["other"], now=p.NOW)
    assert plans.open_scenario(plan, name="我的", by=who["other"], now=p.NOW, like=found).document == found.document


def test_a_checked_plan_takes_no_more_changes(planner, plan):
    p.zones(3)
    found = p.scenario(plan, planner)
    YearPlan.objects.everywhere("test").update(state="checked")
    found.plan.refresh_from_db()
    for work in (
        lambda: runs.start(found, by=planner, now=p.NOW), lambda: plans.share(found, True, by=planner, now=p.NOW),
        lambda: plans.rename(found, "乙", by=planner, now=p.NOW), lambda: plans.drop_scenario(found, by=planner),
    ):  # fmt: skip
        with pytest.raises(PlanRefused):
            work()


def test_a_scenario_is_renamed_and_deleted_by_its_own_planner_alone(client, who, plan):
    planner = who["planner"]
    p.zones(3)
    found, other = p.scenario(plan, planner), plans.open_scenario(plan, name="另一个", by=planner, now=p.NOW)
    plans.share(found, True, by=planner, now=p.NOW)
    for name in ("other", "county"):
        client.force_login(who[name])
        assert client.post(reverse("scenario_rename", args=[found.pk]), {"name": "抢改"}).status_code == 403
        assert client.post(reverse("scenario_drop", args=[found.pk])).status_code == 403
    client.force_login(planner)
    assert "已有同名的方案" in client.post(reverse("scenario_rename", args=[found.pk]), {"name": other.name}, follow=True).content.decode()
    told = client.post(reverse("scenario_rename", args=[found.pk]), {"name": "按新预算"}, follow=True).content.decode()
    assert "<h1>按新预算</h1>" in told
    run = runs.start(found, by=planner, now=p.NOW)
    with pytest.raises(PlanRefused, match="正在计算"):
        plans.drop_scenario(found, by=planner)
    runs.cancel(run, by=planner, now=p.NOW)
    answer = client.post(reverse("scenario_drop", args=[found.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("year_plan", args=[plan.pk])
    assert list(Scenario.objects.everywhere("test")) == [other] and not ScenarioRun.objects.everywhere("test").exists()


def test_a_run_is_cancelled_and_another_one_not_begun_beside_it(client, planner, plan):
    p.zones(3)
    found = p.scenario(plan, planner)
    run = runs.start(found, by=planner, now=p.NOW)
    with pytest.raises(PlanRefused, match="正在计算"):
        runs.start(found, by=planner, now=p.NOW)
    client.force_login(planner)
    client.post(reverse("plan_run_cancel", args=[run.pk]))
    compute_run(job=run.job_id, run=run.pk)
    run.refresh_from_db()
    assert run.result is None and Job.objects.get(pk=run.job_id).state == Job.State.FAILED
    assert "取消了这次计算" in page(client, "plan_run", run.pk)
    assert runs.start(found, by=planner, now=p.NOW)


def test_a_run_that_is_cancelled_while_it_works_writes_nothing(monkeypatch, planner, plan):
    p.zones(6)
    run = runs.start(p.scenario(plan, planner), by=planner, now=p.NOW)
    told = []

    def report(job, share, message):
        told.append(message)
        if message == "备选方案":
            runs.cancel(run, by=planner, now=p.NOW)

    monkeypatch.setattr("geo.jobs.report", report)
    compute_run(job=run.job_id, run=run.pk)
    run.refresh_from_db()
    assert run.result is None and told[-1] == "备选方案" and Job.objects.get(pk=run.job_id).message == "已取消。"


# Words


def test_every_code_of_the_engine_has_words():
    text = "".join(path.read_text() for path in ENGINE.glob("*.py"))
    codes = set(re.findall(r'(?:Unfit|Finding|_refuse_repeated)\(\s*"(\w+)"', text)) | {"no_draws", "no_candidates", "all_missing"}
    assert len(codes) > 50 and codes <= set(FINDINGS), codes - set(FINDINGS)
