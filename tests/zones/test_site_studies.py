"""Studies of where posts and cameras go: planners ask and run, county officers plan what they take over, others stay outside."""
import ast
import io
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from geo.coverage import coverage
from geo.editing.history import entries
from geo.layers import registry
from geo.models import BasemapFeature, Job, Premises, Station, SurveillanceStandard, User
from geo.surveillance.findings import in_all
from tests import cast
from zones.models import PlannedSite, SiteRun, SiteStudy
from zones.site_studies import runs, words
from zones.site_studies.ground import Ground
from zones.site_studies.hand import HandRefused, parsed
from zones.site_studies.jobs import run_study
from zones.site_studies.questions import Question

pytestmark = pytest.mark.django_db
# Four compounds in a row, about 440 m apart; what is typed stands right beside the first and the last.
ROW = (105.62, 105.625, 105.63, 105.635)
HAND = "105.6200,37.4800,甲点\n105.6350,37.4800,乙点"


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("geo.jobs.send", lambda job_pk: None)


@pytest.fixture
def planner():
    cast.territory()
    return cast.planner()


@pytest.fixture
def row(planner):
    return [cast.compound(f"第{n}小区", lon, 37.48, cast.WEST_SOUTH, household_count=100 * n) for n, lon in enumerate(ROW, 1)]


def typed(**values) -> dict:
    """What the form of a police room's study sends."""
    given = {
        "name": "西镇警务室", "division": cast.COUNTY, "demand": "households", "method": "coverage", "reach_m": 500, "site_count": 1,
        "budget": "", "cost_new": 30, "cost_inside": 8, "capacity": "", "share": 100, "counts_planned": "on", "hand": HAND, "note": "",
    }  # fmt: skip
    return given | values


def made(client, planner, kind: str = "police_room", **values) -> SiteStudy:
    client.force_login(planner)
    answer = client.post(reverse("site_study_new") + f"?kind={kind}", typed(**values) | {"run": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    return SiteStudy.objects.everywhere("the one just made").latest("pk")


def run(study: SiteStudy) -> SiteRun:
    job = Job.objects.latest("pk")
    run_study(job=job.pk, **job.arguments)
    return study.runs.first()


def told(client, study: SiteStudy) -> str:
    answer = client.get(reverse("site_study", args=[study.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_planner_asks_and_an_officer_makes_the_site_a_planned_post(client, planner, row):
    study = made(client, planner)
    url = reverse("site_study", args=[study.pk])
    assert client.get(url, headers={"accept": "application/json"}).json()["state"] == "waiting"
    found = run(study)
    # 乙点 reaches the last two compounds: 700 of 1,000 households.
    assert found.result["state"] == "proven" and found.result["after"]["weight"] == 700
    page = told(client, study)
    assert "手工点“乙点”" in page and "新覆盖700户：现有设施都够不着。" in page and "没有载入道路，距离按直线。" in page
    tap = reverse("site_run_plan", args=[found.pk])
    assert client.post(tap, {"number": 1}).status_code == 403 and not Station.objects.everywhere("test").exists()
    officer = cast.county_officer()
    client.force_login(officer)
    client.post(tap, {"number": 1})
    post = Station.objects.everywhere("test").get()
    assert (post.kind, post.status, post.division_id) == ("police_room", "planned", cast.WEST_SOUTH)
    assert [one.state for one in coverage(officer, on=timezone.localdate()).villages if one.code == cast.WEST_SOUTH] == ["planned"]
    assert "已列入规划" in told(client, study)
    assert "已经列入规划" in client.post(tap, {"number": 1}, follow=True).content.decode() and PlannedSite.objects.count() == 1
    assert client.post(tap, {"number": "x"}, follow=True).status_code == 200
    # What is planned counts as standing in the next run, and what is left is elsewhere.
    client.force_login(planner)
    client.post(url)
    again = run(study)
    assert again.result["before"]["weight"] == 700 and again.result["after"]["weight"] == 1000
    page = told(client, study)
    assert "与第1次相比：新增手工点“甲点”" in page


def test_the_same_input_gives_the_same_answer_and_says_so(client, planner, row):
    study = made(client, planner)
    first = run(study)
    client.post(reverse("site_study", args=[study.pk]))
    second = run(study)
    assert (second.result, second.number) == (first.result, 2)
    assert "输入与第1次相同，结果也相同。" in told(client, study)


def test_others_stay_outside(client, planner, row):
    study = made(client, planner)
    found = run(study)
    pages = [
        reverse("site_studies"), reverse("site_study", args=[study.pk]), reverse("site_run_map", args=[found.pk]),
        reverse("site_run_file", args=[found.pk, "xlsx"]), reverse("site_compare"),
    ]  # fmt: skip
    for person in (cast.west_officer(), cast.village_cadre(), cast.auditor(), cast.user("patrol", User.Role.PATROL_MEMBER, cast.WEST)):
        client.force_login(person)
        assert {client.get(path).status_code for path in pages} == {403}, person
        assert client.get(reverse("site_study_new")).status_code == 403
    client.force_login(cast.user("elsewhere", User.Role.PLANNER, cast.EAST))
    assert [client.get(path).status_code for path in pages[1:4]] == [404, 404, 404]
    assert "西镇警务室" not in client.get(pages[0]).content.decode()
    client.force_login(cast.county_officer())
    assert {client.get(path).status_code for path in pages} == {200}
    assert client.get(reverse("site_study_edit", args=[study.pk])).status_code == 403
    assert client.post(pages[1]).status_code == 403 and client.post(reverse("site_run_cancel", args=[found.pk])).status_code == 403


@pytest.mark.parametrize(
    ("values", "field", "words_of_it"),
    [
        ({"hand": "105.62,37.48\n105.62,北"}, "hand", "第2行：纬度“北”"),
        ({"hand": "105.62,37.48,甲,贵"}, "hand", "第1行：造价“贵”"),
        ({"hand": "105.62,37.48,甲,,可选"}, "hand", "只能是“必选”或“排除”"),
        ({"hand": "nan,37.48"}, "hand", "第1行：经度"),
        ({"hand": ""}, "rules", "至少选一种候选点来源"),
        ({"site_count": ""}, "site_count", "至少一项"),
        ({"method": "median", "site_count": ""}, "site_count", "要写明新建个数"),
        ({"method": "median", "budget": 5}, "budget", "不按经费"),
        ({"method": "backup", "capacity": 5}, "capacity", "不能同时限制"),
        ({"name": "联系13912345678"}, "name", "个人号码"),
        ({"reach_m": "far"}, "reach_m", "整数"),
        ({"budget": -1}, "budget", "0"),
        ({"division": "640522"}, "division", "选"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field_and_nothing_is_lost(client, planner, values, field, words_of_it):
    client.force_login(planner)
    answer = client.post(reverse("site_study_new"), typed(note="开会用", **values))
    assert answer.status_code == 422 and words_of_it in "".join(answer.context["form"].errors[field])
    assert "开会用" in answer.content.decode() and not SiteStudy.objects.everywhere("test").exists()


def test_lines_of_own_candidates_are_read_with_their_parts():
    one, two = parsed("105.6，37.5\n\n105.7, 37.4, 乙, 2.5, 必选\n")
    assert (one.lon, one.cost, one.mark) == (105.6, None, "") and (two.name, two.cost, two.mark) == ("乙", 2.5, "forced")
    with pytest.raises(HandRefused):
        parsed("105.6\n")


@pytest.mark.parametrize(
    ("values", "state", "sentence"),
    [
        ({"budget": 10, "site_count": ""}, "proven", "经费10万元一处也建不了：最便宜的候选点要30万元，还差20万元。"),
        ({"budget": 0, "site_count": ""}, "proven", "经费0万元一处也建不了"),
        ({"site_count": 0}, "proven", "没有值得新建的点位"),
        ({"method": "cover_all", "site_count": 1}, "infeasible", "新建上限1个不够，至少要2个。"),
        ({"method": "cover_all", "site_count": "", "reach_m": 100}, "infeasible", "在所有候选点的服务距离之外"),
        ({"method": "cover_all", "site_count": "", "reach_m": 100, "share": 90}, "infeasible", "全部候选点都建也只能覆盖50.0%"),
        ({"method": "cover_all", "site_count": "", "budget": 40}, "infeasible", "经费40万元不够，至少要60万元，还差20万元。"),
        ({"hand": "105.6200,37.4800,甲点,5,必选\n105.6201,37.4801,,,排除"}, "infeasible", "必选点手工点“甲点”不能设：在手工排除的范围内。"),
        ({"hand": "105.62,37.48,甲,,必选\n105.63,37.48,乙,,必选"}, "infeasible", "必选点有2个，多于新建上限1个。"),
        ({"hand": "116.4,39.9,远点"}, "infeasible", "有1个候选点不能设：在研究范围之外。"),
        ({"hand": "105.6,37.53,远点"}, "proven", "没有一个候选点或现有设施在服务距离之内够得着"),
        ({"hand": "105.62,37.48,独点", "site_count": 3}, "proven", "新建上限3个，还剩2个没有用"),
        ({"method": "median", "site_count": 1}, "proven", "离它最近的有"),
        ({"capacity": 300}, "proven", "受一处容量限制，实际服务得下的：0户 → 300户。"),
        ({"method": "backup", "site_count": 2, "reach_m": 1400}, "proven", "有两处以上够得着的：0户 → 1,000户。"),
        ({"hand": "105.6350,37.4800,乙\n105.6350,37.4801,丙"}, "proven", "另有1个候选点效果相同，如手工点“丙”。"),
    ],
)
def test_what_does_not_fit_is_said_plainly(client, planner, row, values, state, sentence):
    study = made(client, planner, **values)
    assert run(study).result["state"] == state
    assert sentence in told(client, study)


def test_without_demand_or_known_households_the_page_says_why(client, planner):
    study = made(client, planner)
    assert run(study).result["state"] == "infeasible" and "没有可以计算的服务对象" in told(client, study)
    cast.west_compound(household_count=None)
    client.post(reverse("site_study", args=[study.pk]))
    assert run(study).result["total"]["weight"] == 0
    page = told(client, study)
    assert "有1个服务对象没有登记数量，没有计入，也没有当作0。" in page and "没有可以计算的服务对象" in page


def test_a_territory_without_outlines_is_told(client, planner):
    study = made(client, planner)
    BasemapFeature.objects.all().delete()
    study.division.outlines.all().delete()
    for each in study.division.__class__.objects.in_division(cast.COUNTY):
        each.outlines.all().delete()
    assert run(study).job.state == Job.State.FAILED and "研究范围没有轮廓" in told(client, study)


def test_a_cancelled_run_keeps_no_result(client, planner, row):
    study = made(client, planner)
    found = study.runs.get()
    client.post(reverse("site_run_cancel", args=[found.pk]))
    found = run(study)
    assert found.result is None and found.cancelled_by == planner and found.job.state == Job.State.FAILED
    assert "第1次运算已由 planner 取消，没有结果。" in told(client, study)
    assert "已经结束" in client.post(reverse("site_run_cancel", args=[found.pk]), follow=True).content.decode()


def test_a_study_is_copied_to_be_compared_and_the_first_keeps_its_runs(client, planner, row):
    study = made(client, planner)
    run(study)
    answer = client.post(reverse("site_study_edit", args=[study.pk]), typed(name="两处", site_count=2, copy="1"))
    copy = SiteStudy.objects.everywhere("test").latest("pk")
    assert answer.url == reverse("site_study", args=[copy.pk]) and copy.pk != study.pk
    assert len(run(copy).result["sites"]) == 2 and study.runs.count() == 1
    study.refresh_from_db()
    assert (study.name, study.site_count) == ("西镇警务室", 1)


def test_one_run_at_a_time_and_an_older_result_stays_in_reach(client, planner, row):
    study = made(client, planner)
    with pytest.raises(runs.RunRefused):
        runs.ask(study, by=planner, now=timezone.now())
    run(study)
    client.post(reverse("site_study_edit", args=[study.pk]), typed(site_count=2))
    assert "在运算之后改过" in told(client, study)
    client.post(reverse("site_study", args=[study.pk]))
    run(study)
    assert len(study.runs.first().result["sites"]) == 2
    assert "第1次运算的结果" in client.get(reverse("site_study", args=[study.pk]) + "?run=1").content.decode()


def test_cameras_keep_away_from_forbidden_places_and_standing_ones_are_not_shown(client, planner, row):
    spot = lambda key, kind, lon: Premises.objects.create(  # noqa: E731
        name=key, source_key=key, kind=kind, division_id=cast.WEST_SOUTH, geom=cast.point(lon, 37.49)
    )
    spot("示例学校", "school", 105.6205)
    spot("示例浴室", "bath", 105.64)
    cast.camera("现有监控", 105.61, 37.49, cast.WEST_SOUTH, bearing_deg=90, view_angle_deg=90, range_m=50)
    cast.camera("朝向不明", 105.61, 37.49, cast.WEST_SOUTH)
    study = made(
        client, planner, kind="camera", demand="places", reach_m=60, view_angle_deg=90, cost_new=1.5,
        hand="105.6200,37.4900,校门\n105.64,37.49,浴室门\n105.62,37.48,小区里",
    )  # fmt: skip
    found = run(study)
    assert found.result["counts"]["forbidden"] == {"interior": 1, "non_public": 1}
    (site,) = found.result["sites"]
    assert site["near"] == "校门" and site["bearing"] in (45, 90, 135) and len(site["view"]) == 15
    assert found.result["standing"] == [] and found.result["counts"]["standing"] == 1
    page = told(client, study)
    assert "紧邻不得安装监控的场所" in page and "有1个现有监控点的朝向、视角或视距没有登记" in page
    assert client.get(reverse("site_run_map", args=[found.pk])).json()["standing"]["features"] == []
    county, today = cast.county_officer(), timezone.localdate()
    client.force_login(county)
    in_service = lambda: in_all(county, on=today, standard=SurveillanceStandard.objects.at(today))  # noqa: E731
    before = in_service()
    client.post(reverse("site_run_plan", args=[found.pk]), {"number": 1})
    assert not Station.objects.everywhere("test").exists()
    point = PlannedSite.objects.get().point
    assert (point.working, point.bearing_deg, point.view_angle_deg, point.range_m) == ("planned", site["bearing"], 90, 60)
    # Nothing is invented about it, it is in service in no count, and its history says where it comes from.
    left = (point.legal_class, point.owner_unit, point.purpose, point.filing_number, point.filed_on, point.in_use_since, point.has_sign)
    assert left == ("undecided", "", "", "", None, None, None)
    assert in_service() == before and before.total
    [entry] = entries(registry["surveillance"], point.pk, point)
    assert (entry.how, entry.who) == ("create", "county") and "选址研究" in entry.why and "1号点位" in entry.why


def test_candidates_by_rule_stand_beside_roads_and_not_on_top_of_each_other(planner, row):
    for number, line in enumerate(("LINESTRING(105.61 37.4815, 105.64 37.4815)", "LINESTRING(105.6210 37.47, 105.6210 37.49)")):
        BasemapFeature.objects.create(name=f"路{number}", kind="street", geom=f"SRID=4326;{line}", source="test", is_schematic=False)
    study = SiteStudy(division_id=cast.COUNTY, kind="kiosk", demand="households", reach_m=500, cost_new=1, cost_inside=1, share=100)
    study.standard = cast_standard()
    study.rules = ["crossings", "frontages", "grid", "seats"]
    ground = Ground(Question.of(study), study.standard, by=planner, on=timezone.localdate())
    found = ground.candidates()
    assert found.rules.count("crossings") == 1 and found.rules.count("frontages") == 4 and found.rules.count("seats") == 4
    assert found.rules.count("grid") > 3
    off_road = {found.rules[number] for number, why in found.forbidden.items() if why == "off_road"}
    assert "seats" in off_road and "crossings" not in off_road
    near = sorted(one.distance(other) for n, one in enumerate(found.points) for other in found.points[:n])
    assert near[0] >= study.standard.apart_m


def cast_standard():
    return SiteStudy._meta.get_field("standard").related_model.objects.in_force(timezone.localdate())


def test_a_result_leaves_as_xlsx_and_geojson_and_two_are_compared(client, planner, row):
    one, other = made(client, planner), None
    first = run(one)
    other = made(client, planner, name="两处", site_count=2)
    run(other)
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("site_run_file", args=[first.pk, "xlsx"])).content))
    assert [sheet.title for sheet in book] == ["点位", "服务对象", "乡镇"]
    assert book["点位"]["B2"].value == "手工点“乙点”" and book["服务对象"].max_row > 5
    features = client.get(reverse("site_run_file", args=[first.pk, "geojson"])).json()["features"]
    assert {each["properties"]["what"] for each in features} == {"demand", "sites"}
    assert client.get(reverse("site_run_file", args=[first.pk, "docx"])).status_code == 404
    page = client.get(reverse("site_compare"), {"study": [one.pk, other.pk, "x"]}).content.decode()
    assert "两处" in page and page.count("● 选中") == 3


def test_every_code_has_its_words(planner):
    codes = set()
    for path in Path("zones/siting").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and isinstance(node.args[0], ast.Constant):
                codes.add(node.args[0].value)
    assert len(codes) > 15 and codes <= words.CODES
    texts = [path.read_text() for path in Path("zones/site_studies").glob("*.py")]
    refused = {
        node.args[0].value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StudyRefused"
    }
    assert refused == set(words.REFUSALS)
