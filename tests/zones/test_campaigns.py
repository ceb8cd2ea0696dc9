"""R8: nominate, report, recommend, check, award: each by whom it belongs to, and nobody sees another town's."""
import io
import json
from datetime import date, datetime

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from geo import workflow
from geo.models import Division, Premises, User
from tests import cast
from zones import campaign_criteria, campaigns
from zones.campaigns import CampaignRefused, Given
from zones.models import Answer, Campaign, CampaignCriteria, Candidate
from zones.periods import COUNTY_TIME

NOW = datetime(2026, 6, 1, 9, tzinfo=COUNTY_TIME)
LATE = datetime(2026, 10, 1, 0, 1, tzinfo=COUNTY_TIME)
FULL = {"duty": 20, "fence": 15, "cameras": 15, "fire": 1, "inspection": 15, "surroundings": 15}


@pytest.fixture
def people(db):
    cast.territory()
    return {
        "county": cast.county_officer(),
        "second": cast.user("second", User.Role.COUNTY_OFFICER),
        "west": cast.west_officer(),
        "east": cast.east_officer(),
        "cadre": cast.village_cadre(),
        "auditor": cast.auditor(),
    }


def school(name: str, lon: float, code: str) -> Premises:
    return Premises.objects.create(name=name, source_key=name, kind="school", geom=cast.point(lon, 37.48), division_id=code)


def campaign_of(kind: str, by: User, year: int = 2026) -> Campaign:
    criteria = CampaignCriteria.objects.get(kind=kind)
    made = campaigns.create(kind=kind, year=year, closes_on=date(year, 9, 30), award_year_count=2, criteria=criteria, by=by)
    workflow.move(made, "open", by=by, now=NOW)
    return made


@pytest.fixture
def schools(people):
    return campaign_of("school", people["county"])


@pytest.fixture
def west_school(people, schools):
    return campaigns.nominate(schools, premises=school("西镇中学", 105.62, cast.WEST_SOUTH), by=people["west"], now=NOW)


@pytest.fixture
def east_school(people, schools):
    return campaigns.nominate(schools, premises=school("东镇小学", 105.68, cast.EAST_SOUTH), by=people["east"], now=NOW)


def answered(candidate: Candidate, by: User, values: dict | None = None) -> None:
    """A whole self-check; evidence files are put in as rows: what a file must be is told in test_evidence."""
    given = {key: Given(value, "有制度、有记录", 3) for key, value in (values or FULL).items()}
    campaigns.answer(candidate, given, by=by, now=NOW)
    for item in campaigns.criteria_of(candidate.campaign).items:
        if "file" in item.evidence:
            candidate.files.create(item=item.key, name="照片.jpg", byte_count=1, added_at=NOW, added_by=by)


def recommended(candidate: Candidate, people: dict, values: dict | None = None) -> None:
    answered(candidate, people["west"], values)
    campaigns.move(candidate, "reported", by=people["west"], now=NOW)
    campaigns.move(candidate, "recommended", by=people["west"], now=NOW, why="同意推荐")


def checked(candidate: Candidate, people: dict, values: dict | None = None) -> None:
    recommended(candidate, people)
    campaigns.check(candidate, {key: (value, "现场看过") for key, value in (values or FULL).items()}, by=people["county"], now=NOW)
    campaigns.move(candidate, "checked", by=people["county"], now=NOW)


def test_from_nomination_to_award_with_a_history(people, west_school):
    checked(west_school, people)
    campaigns.move(west_school, "awarded", by=people["county"], now=NOW, why="达到标准", award_number="中宁平安学校〔2026〕1号")
    west_school.refresh_from_db()
    assert (west_school.state, west_school.valid_until_year, west_school.awarded_on) == ("awarded", 2028, date(2026, 6, 1))
    told = [(each.from_state, each.to_state, each.decided_by.username, each.why) for each in workflow.history(west_school)]
    assert told == [
        ("nominated", "reported", "west", ""),
        ("reported", "recommended", "west", "同意推荐"),
        ("recommended", "checked", "county", ""),
        ("checked", "awarded", "county", "达到标准"),
    ]
    with pytest.raises(workflow.MoveRefused, match="理由"):
        campaigns.move(west_school, "revoked", by=people["county"], now=NOW)
    campaigns.move(west_school, "revoked", by=people["county"], now=NOW, why="发生重大隐患未整改")
    assert west_school.award_number == "中宁平安学校〔2026〕1号"


def test_a_self_check_with_gaps_is_not_reported(people, west_school):
    campaigns.answer(west_school, {"duty": Given(20, "有人值守")}, by=people["west"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="自查还缺：上下学时段校门有人值守.*围墙"):
        campaigns.move(west_school, "reported", by=people["west"], now=NOW)
    answered(west_school, people["west"])
    west_school.files.filter(item="duty").delete()
    with pytest.raises(workflow.MoveRefused, match="自查还缺：上下学时段校门有人值守，门卫制度上墙。"):
        campaigns.move(west_school, "reported", by=people["west"], now=NOW)


def test_late_nominations_and_reports_are_refused_with_the_day(people, schools, west_school):
    with pytest.raises(CampaignRefused, match="申报已于2026-09-30截止"):
        campaigns.nominate(schools, premises=school("西二小", 105.63, cast.WEST_SOUTH), by=people["west"], now=LATE)
    answered(west_school, people["west"])
    with pytest.raises(CampaignRefused, match="申报已于2026-09-30截止"):
        campaigns.move(west_school, "reported", by=people["west"], now=LATE)
    last_minute = datetime(2026, 9, 30, 23, 59, tzinfo=COUNTY_TIME)
    campaigns.move(west_school, "reported", by=people["west"], now=last_minute)
    campaigns.move(west_school, "nominated", by=people["west"], now=LATE, why="补照片")
    # What was reported in time may be mended after the day.
    campaigns.move(west_school, "reported", by=people["west"], now=LATE)


def test_the_nominator_does_not_check(people, schools):
    own = campaigns.nominate(schools, premises=school("县一中", 105.61, cast.WEST_SOUTH), by=people["county"], now=NOW)
    recommended(own, people)
    with pytest.raises(CampaignRefused, match="由另一人核查"):
        campaigns.check(own, {"duty": (1, "")}, by=people["county"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="由另一人核查"):
        campaigns.move(own, "checked", by=people["county"], now=NOW)
    campaigns.check(own, {key: (value, "") for key, value in FULL.items()}, by=people["second"], now=NOW)
    campaigns.move(own, "checked", by=people["second"], now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(candidate=own).update(found_by=people["west"])


@pytest.mark.parametrize(
    ("found", "reason"),
    [({**FULL, "fire": 0}, "低于最低要求：消防通道畅通"), ({**FULL, "surroundings": 0, "duty": 11}, "核查得分76分，不到80分")],
)
def test_what_does_not_reach_the_line_is_not_awarded_but_may_be_declined(people, west_school, found, reason):
    checked(west_school, people, found)
    with pytest.raises(workflow.MoveRefused, match=reason):
        campaigns.move(west_school, "awarded", by=people["county"], now=NOW, why="照顾", award_number="1")
    campaigns.move(west_school, "declined", by=people["county"], now=NOW, why="未达标")
    assert west_school.award_number == ""


def test_each_step_belongs_to_its_own_side(people, west_school):
    answered(west_school, people["west"])
    for who in ("east", "cadre", "auditor"):
        with pytest.raises(PermissionDenied):
            campaigns.move(west_school, "reported", by=people[who], now=NOW)
    campaigns.move(west_school, "reported", by=people["west"], now=NOW)
    with pytest.raises(PermissionDenied):
        campaigns.move(west_school, "recommended", by=people["county"], now=NOW, why="代办")
    campaigns.move(west_school, "recommended", by=people["west"], now=NOW, why="同意")
    for to in ("checked", "nominated"):
        with pytest.raises((PermissionDenied, workflow.MoveRefused)):
            campaigns.move(west_school, to, by=people["west"], now=NOW, why="x")


def test_an_answer_that_changes_loses_the_countys_finding(people, west_school):
    recommended(west_school, people)
    campaigns.check(west_school, {"duty": (18, "看过"), "fence": (10, "")}, by=people["county"], now=NOW)
    campaigns.move(west_school, "nominated", by=people["county"], now=NOW, why="补充")
    answers = {each.item: Given(each.claimed, each.text, each.number) for each in west_school.answers.all()}
    campaigns.answer(west_school, {**answers, "duty": Given(19, "改了")}, by=people["west"], now=NOW)
    assert dict(west_school.answers.filter(found__isnull=False).values_list("item", "found")) == {"fence": 10}


def test_wrong_answers_change_nothing_and_name_their_items(people, west_school):
    given = {"duty": Given(21), "fence": Given(5, "电话13812345678"), "fire": Given(2), "cameras": Given(3)}
    with pytest.raises(CampaignRefused) as refused:
        campaigns.answer(west_school, given, by=people["west"], now=NOW)
    assert set(refused.value.faults) == {"duty", "fence", "fire"}
    assert "13812345678" in refused.value.faults["fence"]
    assert not west_school.answers.exists()


def test_communities_villages_and_offices_are_nominated_too(people):
    communities, offices = campaign_of("community", people["county"]), campaign_of("office", people["county"])
    choices = campaigns.may_be_nominated(communities, people["west"])
    assert set(choices.values_list("pk", flat=True)) == {cast.WEST_SOUTH, cast.WEST_NORTH}
    one = campaigns.nominate(communities, subject=Division.objects.get(pk=cast.WEST_SOUTH), by=people["west"], now=NOW)
    assert (one.name, one.division_id) == ("西南社区", cast.WEST_SOUTH) and 105.60 < one.geom.x < 105.65
    assert set(campaigns.may_be_nominated(communities, people["west"]).values_list("pk", flat=True)) == {cast.WEST_NORTH}
    with pytest.raises(CampaignRefused, match="已在本次活动中申报"):
        campaigns.nominate(communities, subject=Division.objects.get(pk=cast.WEST_SOUTH), by=people["west"], now=NOW)
    office = campaigns.nominate(offices, name="西镇政府", point=cast.point(105.62, 37.52), by=people["west"], now=NOW)
    assert office.division_id == cast.WEST_NORTH
    for name, point, reason in (
        ("东镇政府", cast.point(105.68, 37.5), "不在您的辖区内"),
        ("海上机关", cast.point(120, 30), "不在任何行政区划内"),
        ("李某13812345678", cast.point(105.62, 37.52), "像是个人号码"),
        (" ", cast.point(105.62, 37.52), "请填写单位名称"),
    ):
        with pytest.raises(CampaignRefused, match=reason):
            campaigns.nominate(offices, name=name, point=point, by=people["west"], now=NOW)


def test_a_campaign_ends_only_when_nobody_waits(people, schools, west_school):
    with pytest.raises(workflow.MoveRefused, match="还有1个单位没有办结"):
        workflow.move(schools, "finished", by=people["county"], now=NOW)
    campaigns.move(west_school, "withdrawn", by=people["west"], now=NOW, why="今年不参加")
    workflow.move(schools, "finished", by=people["county"], now=NOW)
    with pytest.raises(CampaignRefused, match="没有在进行"):
        campaigns.nominate(schools, premises=school("西二小", 105.63, cast.WEST_SOUTH), by=people["west"], now=NOW)
    with pytest.raises(PermissionDenied):
        workflow.move(campaign_of("office", people["county"]), "finished", by=people["west"], now=NOW)


def test_only_the_county_sets_up_a_campaign_and_once_a_year(people, schools):
    criteria = schools.criteria
    same = {"kind": "school", "closes_on": date(2026, 9, 30), "award_year_count": 2, "criteria": criteria}
    with pytest.raises(CampaignRefused, match="县级民警"):
        campaigns.create(year=2027, by=people["west"], **same)
    with pytest.raises(CampaignRefused, match="已经建立"):
        campaigns.create(year=2026, by=people["county"], **same)
    with pytest.raises(CampaignRefused, match="应在2027年内"):
        campaigns.create(year=2027, by=people["county"], **same)


@pytest.mark.parametrize("criteria", CampaignCriteria._meta.get_field("kind").choices, ids=lambda kind: kind[0])
def test_every_kind_has_our_own_default_criteria_labelled_so(people, criteria):
    found = CampaignCriteria.objects.get(kind=criteria[0])
    assert found.is_own_assumption and campaign_criteria.parse(found.criteria).total == 100


def test_a_new_version_of_the_criteria_is_loaded_and_a_known_one_never_edited(db, tmp_path):
    item = {"key": "a", "text": "一", "evidence": [], "measure": "points", "points": 10, "minimum": 0}
    criteria = {"pass_points": 5, "items": [item]}
    document = {"kind": "school", "version": "2027", "title": "市定标准", "is_own_assumption": False, "criteria": criteria}
    file = tmp_path / "criteria.json"
    for change, reason in (
        ({}, ""),
        ({}, ""),
        ({"title": "另一标题"}, "已存在且内容不同"),
        ({"kind": "factory"}, "kind"),
        ({"criteria": {**criteria, "pass_points": 11}}, "及格分不能高于满分 10"),
        ({"criteria": {"pass_points": 1, "items": [{**item, "measure": "stars"}]}}, r"items\[0\].measure"),
    ):
        file.write_text(json.dumps({**document, **change}))
        if reason:
            with pytest.raises(CommandError, match=reason):
                call_command("load_campaign_criteria", file)
        else:
            call_command("load_campaign_criteria", file)
    assert CampaignCriteria.objects.get(version="2027").title == "市定标准"


# Pages


@pytest.fixture
def text(client):
    def text(user: User, name: str, *args, query: dict | None = None, status: int = 200) -> str:
        client.force_login(user)
        answer = client.get(reverse(name, args=args), query or {}, headers={"accept": "text/html"})
        assert answer.status_code == status
        return answer.content.decode()

    return text


def test_town_officer_sees_the_own_town_only(people, schools, west_school, east_school, text, client):
    for name, args in (("campaigns", ()), ("campaign", (schools.pk,)), ("campaign_map", (schools.pk,)), ("campaign_awards", ())):
        told = text(people["west"], name, *args)
        assert "东镇" not in told, name
    assert "西镇中学" in text(people["west"], "campaign", schools.pk)
    assert [each["properties"]["name"] for each in json.loads(text(people["west"], "campaign_map", schools.pk))["features"]] == ["西镇中学"]
    foreign = text(people["west"], "candidate", east_school.pk, status=404)
    assert foreign == text(people["west"], "candidate", 987654321, status=404)
    for name in ("candidate_answers", "candidate_findings", "candidate_move"):
        assert client.post(reverse(name, args=[east_school.pk]), {"to": "withdrawn", "why": "x"}).status_code == 404
    east_school.refresh_from_db()
    assert east_school.state == "nominated"
    county = text(people["county"], "campaign", schools.pk)
    assert "东镇小学" in county and "西镇中学" in county


def test_administrators_and_other_counties_see_no_campaign(people, schools, text):
    assert text(people["auditor"], "campaigns", status=403)
    text(people["auditor"], "campaign", schools.pk, status=404)
    Division.objects.create(code="640522", name="海原县", level=Division.Level.COUNTY, parent_id=cast.CITY)
    other = cast.user("other", User.Role.COUNTY_OFFICER, "640522")
    text(other, "campaign", schools.pk, status=404)
    assert "平安学校</a>" not in text(other, "campaigns")


def test_a_refused_self_check_comes_back_with_what_was_typed(people, west_school, client):
    client.force_login(people["west"])
    typed = {"duty-claimed": "99", "duty-text": "门卫两班", "fence-claimed": "十", "cameras-claimed": "5", "cameras-number": "12"}
    answer = client.post(reverse("candidate_answers", args=[west_school.pk]), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    for part in ("门卫两班", 'value="99"', 'value="十"', 'value="12"', "应为0到20的整数", "“十”不是整数", "什么也没有保存"):
        assert part in page, part
    assert not west_school.answers.exists()
    answer = client.post(reverse("candidate_answers", args=[west_school.pk]), {"duty-claimed": "9", "duty-text": "门卫两班"}, follow=True)
    assert "已保存" in answer.content.decode()
    assert list(west_school.answers.values_list("item", "claimed")) == [("duty", 9)]


def test_a_refused_step_comes_back_with_its_reason(people, west_school, client):
    checked(west_school, people, {**FULL, "fire": 0})
    client.force_login(people["county"])
    answer = client.post(reverse("candidate_move", args=[west_school.pk]), {"to": "declined", "why": "电话13812345678"})
    assert answer.status_code == 422
    assert "像是个人号码" in answer.content.decode() and "电话13812345678</textarea>" in answer.content.decode()
    west_school.refresh_from_db()
    assert west_school.state == "checked"


def test_the_awards_are_a_page_and_a_workbook_without_formulas(people, west_school, text, client):
    checked(west_school, people)
    Candidate.objects.everywhere("test").filter(pk=west_school.pk).update(name="=1+1 中学")
    west_school.refresh_from_db()
    campaigns.move(west_school, "awarded", by=people["county"], now=NOW, why="达标", award_number="+1号")
    assert "+1号" in text(people["county"], "campaign_awards")
    answer = client.get(reverse("campaign_awards_file"))
    (row,) = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(min_row=2))
    assert [cell.value for cell in row] == [2026, "平安学校", "=1+1 中学", "西南社区", cast.WEST_SOUTH, "+1号", "2026-06-01", 2028, "有效"]
    assert {cell.data_type for cell in row} == {"n", "s"}
    client.force_login(people["east"])
    assert openpyxl.load_workbook(io.BytesIO(client.get(reverse("campaign_awards_file")).content)).active.max_row == 1
