"""R13: from a computed choice to the year's demonstration zones: drafted, checked and signed by three people, told to the public."""
import io
import zipfile

import openpyxl
import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from geo import workflow
from geo.models import Job, User
from tests import cast
from tests.zones import planning_year as p
from zones.models import Demonstration, PlanDecision, PublishedPlan, ScenarioRun, YearPlan
from zones.year_plans import decision as verbs
from zones.year_plans import decision_content, decision_pages, plans
from zones.year_plans.jobs import make_decision_files
from zones.year_plans.refusals import PlanRefused

NOW = p.NOW
TEXTS = {
    "title": "2027年度决定", "issuer": "中宁县公安局", "addressees": "各乡镇", "reasons": "警情多、基础好。",
    "minority": "东镇认为应多选一个。",
}  # fmt: skip
S = PlanDecision.State


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("geo.jobs.send", lambda job_pk: None)


@pytest.fixture
def who(db):
    cast.territory()
    return {
        "planner": cast.planner(), "county": cast.county_officer(), "second": cast.user("second", User.Role.COUNTY_OFFICER),
        "west": cast.west_officer(), "elsewhere": cast.user("elsewhere", User.Role.COUNTY_OFFICER, cast.WEST),
    }  # fmt: skip


@pytest.fixture
def run(who) -> ScenarioRun:
    """Four of eight zones within a budget, shared."""
    by = who["planner"]
    plan = p.plan(by)
    p.costs(plan, {zone.pk: 20 + 5 * n for n, zone in enumerate(p.zones(8))}, by)
    found = p.scenario(plan, by, demands=[p.demand("count_most", 3), p.demand("budget", 200)])
    plans.share(found, True, by=by, now=NOW)
    done = p.computed(found, by)
    assert done.result["chosen"], done.result["findings"]
    return done


def drafted(run: ScenarioRun, who, number: int = 0) -> PlanDecision:
    made = verbs.draft(run.scenario.plan, run, number, by=who["planner"], now=NOW)
    verbs.edit(made, TEXTS, met_on=NOW.date(), people=9, by=who["planner"], now=NOW)
    return verbs.of_plan(run.scenario.plan)


def signed(found: PlanDecision, who) -> PlanDecision:
    verbs.move(found, S.CHECKED, by=who["county"], now=NOW)
    verbs.move(found, S.SIGNED, by=who["second"], now=NOW)
    return verbs.of_plan(found.plan)


def test_three_people_bring_it_to_the_years_demonstration_zones(run, who):
    found = signed(drafted(run, who), who)
    made = Demonstration.objects.everywhere("a test").filter(year=2027)
    assert set(made.values_list("zone", flat=True)) == set(run.result["chosen"]) and len(made) == 3
    costs = {zone["pk"]: zone["cost"] for zone in run.frozen["zones"]}
    assert {(each.designated_on, float(each.budget)) for each in made} == {(NOW.date(), costs[each.zone_id]) for each in made}
    assert found.plan.state == YearPlan.State.SIGNED
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanDecision.objects.everywhere("a test").update(minority="改了")
    assert [each.to_state for each in workflow.history(found)] == ["checked", "signed"]


def test_the_scenario_that_a_decision_stands_on_keeps_its_name_and_stays(run, who):
    drafted(run, who)
    by = who["planner"]
    for work in (lambda: plans.rename(run.scenario, "别名", by=by, now=NOW), lambda: plans.drop_scenario(run.scenario, by=by)):
        with pytest.raises(PlanRefused, match="以这个方案为依据"):
            work()
    assert ScenarioRun.objects.everywhere("a test").filter(pk=run.pk, scenario__name=run.scenario.name).exists()


def test_nobody_checks_the_own_draft_or_signs_what_was_checked(run, who):
    found = drafted(run, who)
    verbs.move(found, S.CHECKED, by=who["county"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="另一人签发"):
        verbs.move(found, S.SIGNED, by=who["county"], now=NOW)
    assert not workflow.open_moves(found, by=who["planner"]) and not workflow.open_moves(found, by=who["elsewhere"])
    with pytest.raises(PlanRefused, match="不能再改"):
        verbs.edit(found, TEXTS, met_on=NOW.date(), people=9, by=who["planner"], now=NOW)
    verbs.move(found, S.DRAFT, by=who["second"], now=NOW, why="补充理由")
    assert verbs.of_plan(found.plan).plan.state == "draft"
    with pytest.raises(DatabaseError), transaction.atomic():
        rows = PlanDecision.objects.everywhere("a test")
        rows.update(state="checked", checked_at=NOW, checked_by=who["planner"])


def test_what_is_missing_is_named_and_a_changed_run_is_refused(run, who):
    found = verbs.draft(run.scenario.plan, run, 0, by=who["planner"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="会议日期"):
        verbs.move(found, S.CHECKED, by=who["county"], now=NOW)
    verbs.edit(found, TEXTS | {"reasons": ""}, met_on=NOW.date(), people=9, by=who["planner"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="选定理由"):
        verbs.move(found, S.CHECKED, by=who["county"], now=NOW)
    verbs.edit(found, TEXTS, met_on=NOW.date(), people=9, by=who["planner"], now=NOW)
    ScenarioRun.objects.everywhere("a test").update(result=run.result | {"cost": 1})
    found = verbs.of_plan(found.plan)
    with pytest.raises(workflow.MoveRefused, match="不是起草时的内容"):
        verbs.move(found, S.CHECKED, by=who["county"], now=NOW)


def test_an_alternative_is_decided_on_and_said_to_be_one(run, who):
    number = len(verbs.choices(run)) - 1
    found = signed(drafted(run, who, number), who)
    assert found.chosen == run.result["alternatives"][-1]["chosen"]
    text = str(decision_content.document(found).blocks)
    assert "会议采用备选组合" in text and "东镇认为应多选一个" in text
    told = PublishedPlan.objects.get().content
    assert told["which"] == "alternative" and "东镇" not in str(told["reasons"])
    assert set(told["zones"][0]) == {"name", "kind", "town_name", "why"}


def test_only_a_shared_run_that_chose_something_can_be_decided_on(run, who):
    plans.share(run.scenario, False, by=who["planner"], now=NOW)
    with pytest.raises(PlanRefused, match="先共享"):
        verbs.draft(run.scenario.plan, run, 0, by=who["planner"], now=NOW)
    assert not decision_pages.done_runs(run.scenario.plan, who["planner"])


def test_the_papers_hold_what_was_decided(run, who, media):
    found = signed(drafted(run, who), who)
    job = Job.objects.create(task=make_decision_files.name, arguments={}, created_by=who["planner"])
    make_decision_files(job=job.pk, decision=found.pk, digest="")
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    folder = media / "decisions" / job.result["folder"]
    assert (folder / "pdf").read_bytes().startswith(b"%PDF")
    word = zipfile.ZipFile(folder / "docx").read("word/document.xml").decode()
    for text in ("中宁县示范区〔2027〕1号", "选定的区域", "警情多、基础好。", "东镇认为应多选一个。", found.run_sha256):
        assert text in word, text
    assert (folder / "map.png").is_file() and (folder / "stability.png").is_file()


def test_the_whole_way_in_the_pages(run, who, client):
    plan = run.scenario.plan
    at = lambda name, *args: reverse(name, args=[plan.pk, *args])  # noqa: E731
    client.force_login(who["planner"])
    assert "起草决定" in client.get(reverse("year_plan", args=[plan.pk])).text
    chosen = client.get(at("plan_decision_new"), {"run": run.pk})
    assert "最优组合" in chosen.text and "总分减少" in chosen.text
    assert client.post(at("plan_decision_new"), {"run": run.pk, "choice": "99"}).status_code == 422
    assert client.post(at("plan_decision_new"), {"run": run.pk, "choice": "0"}).status_code == 302
    bad = client.post(at("plan_decision_edit"), TEXTS | {"met_on": "2026-11-18", "people": "很多"})
    assert bad.status_code == 422 and "应为整数" in bad.text and "很多" in bad.text and "东镇认为" in bad.text
    pii = client.post(at("plan_decision_edit"), TEXTS | {"reasons": "问 13912345678"})
    assert pii.status_code == 422 and "个人号码" in pii.text
    assert client.post(at("plan_decision_edit"), TEXTS | {"met_on": str(NOW.date()), "people": "9"}).status_code == 302
    assert client.post(at("plan_decision_move"), {"to": "checked"}).status_code == 403
    for name, to in (("county", "checked"), ("second", "signed")):
        client.force_login(who[name])
        assert client.post(at("plan_decision_move"), {"to": to}).status_code == 302
    assert "已签发" in client.get(at("plan_decision")).text
    book = openpyxl.load_workbook(io.BytesIO(client.get(at("plan_decision_workbook")).content))
    assert book.worksheets[0].title == "决定" and "东镇认为应多选一个。" in {row[1].value for row in book.worksheets[0].iter_rows()}
    map_file = client.get(at("plan_decision_map"))
    assert "2027年度决定" in map_file.text and map_file.headers["Content-Security-Policy"].startswith("sandbox")
    assert client.get(at("plan_decision_file", "pdf")).status_code == 404
    client.logout()
    public = client.get(reverse("public_plan", args=[PublishedPlan.objects.get().public_id])).text
    for text in ("区域8", "警情多、基础好。", "最多选3个", "系统默认，非上级规定", "证明为最优"):
        assert text in public, text
    assert "东镇认为" not in public and "区域8" not in client.get(reverse("public_plans")).text
    client.force_login(who["west"])
    assert client.get(at("plan_decision")).status_code == 403
    client.force_login(who["elsewhere"])
    assert client.get(at("plan_decision")).status_code == 404
