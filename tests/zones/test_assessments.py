"""R23 as people meet it: a planner drafts, another decides, the public reads."""
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from geo import workflow
from geo.models import User
from tests import cast
from zones.assessments import work
from zones.assessments.sketch import sketch
from zones.models import Assessment, AssessmentAnswer, PublishedAssessment
from zones.periods import COUNTY_TIME

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 8, 9, tzinfo=COUNTY_TIME)
LATER = NOW + timedelta(days=7)
TEXTS = {"name": "示例市场扩建", "owner_unit": "示例建设单位", "place_name": "示例街北侧", "summary": "向北扩建，新增停车位。"}
S, F = Assessment.State, AssessmentAnswer.Finding


@pytest.fixture
def people(db):
    cast.territory()
    return {
        "planner": cast.user("planner", User.Role.PLANNER, cast.COUNTY),
        "county": cast.user("county", User.Role.COUNTY_OFFICER, cast.COUNTY),
        "west": cast.user("west", User.Role.TOWN_OFFICER, cast.WEST),
        "east": cast.user("east", User.Role.TOWN_OFFICER, cast.EAST),
    }


def drafted(by: User, *, but: dict | None = None, geom=None) -> Assessment:
    """A draft with every item answered, a meeting and a notice that hangs."""
    found = work.create(texts=TEXTS, kind="building", geom=geom or cast.point(105.61, 37.47), by=by, now=NOW)
    given = {each.key: (F.MET, "", "") for each in work.items_of(found)} | (but or {})
    work.answer(found, given, by=by, now=NOW)
    work.add_meeting(found, kind="talk", held_on=NOW.date(), people=12, summary="关心停车。", by=by, now=NOW)
    work.consult(found, by=by, now=NOW)
    return found


def test_a_project_goes_ahead_after_the_notice_by_another_person(people):
    found = drafted(people["planner"])
    assert found.division_id == cast.WEST_SOUTH
    work.move(found, S.REPORTED, by=people["planner"], now=NOW)
    with pytest.raises(work.AssessmentRefused, match="2026-10-14"):
        work.move(found, S.GO, by=people["county"], now=NOW + timedelta(days=6), why="符合")
    work.move(found, S.GO, by=people["county"], now=LATER, why="各项符合。")
    told = PublishedAssessment.objects.get(kind="decision")
    assert (told.outcome, told.outcome_text, told.town_name) == (S.GO, "各项符合。", "西镇")
    assert {item["finding"] for part in told.parts for item in part["items"]} == {F.MET}


def test_who_worked_on_it_does_not_decide(people):
    found = drafted(people["county"])
    work.move(found, S.REPORTED, by=people["planner"], now=NOW)
    with pytest.raises(work.AssessmentRefused, match="另一人"):
        work.move(found, S.STOP, by=people["county"], now=LATER, why="不妥")
    with pytest.raises(DatabaseError), transaction.atomic():
        Assessment.objects.everywhere("a test").update(
            state=S.STOP, decided_at=LATER, decided_by=people["county"], conclusion="不妥"
        )


def test_what_is_not_met_stops_a_go_but_not_a_wait_and_comes_back_as_a_draft(people):
    found = drafted(people["planner"], but={"neighbours": (F.UNMET, "内部说明", "补交通方案")})
    work.move(found, S.REPORTED, by=people["planner"], now=NOW)
    with pytest.raises(work.AssessmentRefused, match="对周边居住"):
        work.move(found, S.GO, by=people["county"], now=LATER, why="符合")
    work.move(found, S.WAIT, by=people["county"], now=LATER, why="先补方案。")
    told = str(PublishedAssessment.objects.get(kind="decision").parts)
    assert "补交通方案" in told and "内部说明" not in told
    work.move(found, S.DRAFT, by=people["planner"], now=LATER, why="方案已补")
    found.refresh_from_db()
    assert (found.state, found.decided_by, found.conclusion) == (S.DRAFT, None, "")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ((F.UNMET, "", ""), "化解措施"), (("", "只有说明", ""), "结论"), ((F.MET, "电话13912345678", ""), "个人号码"),
        ((F.MET, "长" * 301, ""), "最多300"),
    ],
)  # fmt: skip
def test_a_wrong_answer_saves_nothing_and_says_which(people, given, what):
    found = work.create(texts=TEXTS, kind="building", geom=cast.point(105.61, 37.47), by=people["planner"], now=NOW)
    with pytest.raises(work.AssessmentRefused) as refused:
        work.answer(found, {"approvals": (F.MET, "", ""), "basis": given}, by=people["planner"], now=NOW)
    assert what in refused.value.faults["basis"]
    assert not found.answers.exists()


def test_an_unfinished_assessment_is_not_reported(people):
    found = work.create(texts=TEXTS, kind="building", geom=cast.point(105.61, 37.47), by=people["west"], now=NOW)
    with pytest.raises(work.AssessmentRefused, match="14个条目"):
        work.move(found, S.REPORTED, by=people["west"], now=NOW)
    given = {each.key: (F.MET, "", "") for each in work.items_of(found)}
    work.answer(found, given, by=people["west"], now=NOW)
    with pytest.raises(work.AssessmentRefused, match="1次会议"):
        work.move(found, S.REPORTED, by=people["west"], now=NOW)
    assert not [each for each in workflow.open_moves(found, by=people["east"])]


def test_the_public_is_heard_on_the_project_as_it_is(people):
    found, by = drafted(people["planner"]), people["planner"]
    new = {"texts": TEXTS | {"summary": "另一个简介"}, "kind": "building", "geom": found.geom, "by": by}
    with pytest.raises(work.AssessmentRefused, match="没有期满"):
        work.change(found, **new, now=NOW)
    work.change(found, **new, now=LATER)
    found.refresh_from_db()
    work.move(found, S.REPORTED, by=by, now=LATER)
    with pytest.raises(work.AssessmentRefused, match="重新公示"):
        work.move(found, S.GO, by=people["county"], now=LATER, why="符合")


def test_a_notice_is_never_changed_and_only_withdrawn_with_a_reason(people, client):
    found = drafted(people["planner"])
    told = found.notices.get()
    for change in ({"summary": "改了"}, {"ends_on": LATER.date()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            found.notices.update(**change)
    with pytest.raises(work.AssessmentRefused, match="没有期满"):
        work.consult(found, by=people["planner"], now=NOW)
    work.withdraw_notice(found, told.pk, reason="位置有误", by=people["planner"], now=NOW)
    with pytest.raises(work.AssessmentRefused):
        work.withdraw_notice(found, told.pk, reason="再一次", by=people["planner"], now=NOW)
    page = client.get(f"/public-assessments/{told.public_id}/").text
    assert "位置有误" in page and "去反映意见" not in page and "示例市场扩建" in client.get("/public-assessments/").text


def test_the_planner_does_it_all_in_the_pages_and_gets_typed_values_back(people, client):
    client.force_login(people["planner"])
    bad = client.post("/assessments/new/?shape=area", {**TEXTS, "kind": "road", "coordinates": "105.61, 37.47\n105.62"})
    assert bad.status_code == 422 and "第2行看不懂" in bad.text and "示例建设单位" in bad.text
    ring = "105.61, 37.47\n105.62, 37.47\n105.62, 37.48\n105.61, 37.48"
    made = client.post("/assessments/new/?shape=area", {**TEXTS, "kind": "road", "coordinates": ring})
    page = made.headers["Location"]
    found = Assessment.objects.everywhere("a test").get()
    assert found.geom.geom_type == "MultiPolygon" and found.division_id == cast.WEST_SOUTH
    assert client.get(page).status_code == 200
    meeting = {"meeting-kind": "talk", "held_on": "2026-01-05", "people": "9", "meeting-summary": "停车"}
    refused = client.post(f"{page}meetings/", meeting | {"people": "许多"})
    assert refused.status_code == 422 and "人数" in refused.text and "停车" in refused.text
    answers = {f"{each.key}-finding": F.MET for each in work.items_of(found)}
    assert client.post(f"{page}answers/", answers).status_code == 302
    assert client.post(f"{page}meetings/", meeting).status_code == 302
    assert client.post(f"{page}move/", {"to": "reported"}).status_code == 302
    assert client.get(f"{page}print/").content.startswith(b"%PDF")
    assert [each["properties"]["state"] for each in client.get("/assessments/points.json").json()["features"]] == ["reported"]
    assert "示例市场扩建" in client.get("/assessments/?state=reported").text


def test_other_territory_is_not_there_and_readers_do_not_draft(people, client):
    found = drafted(people["west"])
    client.force_login(people["east"])
    assert client.get(f"/assessments/{found.pk}/").status_code == 404
    assert client.post(f"/assessments/{found.pk}/move/", {"to": "reported"}).status_code == 404
    outside = client.post("/assessments/new/", {**TEXTS, "kind": "road", "coordinates": "105.61, 37.47"})
    assert outside.status_code == 422 and "不在您的辖区内" in outside.text
    client.force_login(cast.user("cadre", User.Role.VILLAGE_CADRE, cast.WEST_SOUTH))
    assert client.get(f"/assessments/{found.pk}/").status_code == 200
    assert client.get("/assessments/new/").status_code == 403
    assert client.post(f"/assessments/{found.pk}/move/", {"to": "reported"}).status_code == 403


def test_a_sketch_shows_the_site_in_its_county():
    square = '{"type":"Polygon","coordinates":[[[105,37],[106,37],[106,38],[105,38],[105,37]]]}'
    outlines = [("3_county", "640521", "县", square), ("4_town", "640521100", "镇", square)]
    drawn = sketch(cast.point(105.5, 37.5), outlines)
    assert (drawn["x"], drawn["town"], len(drawn["towns"])) == (160.0, "镇", 1)
    assert drawn["y"] == pytest.approx(drawn["height"] / 2, abs=0.1)
    assert sketch(cast.point(100, 30), outlines) is None
