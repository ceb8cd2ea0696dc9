"""R14: a bulletin is drafted by the system, checked and signed by different people, published with a number, and never changed after."""
import json
import re
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from geo import workflow
from geo.models import Division, Job, User
from tests import cast
from zones import duty_rows
from zones.bulletins import files, writing
from zones.bulletins.content import document
from zones.bulletins.writing import BulletinRefused
from zones.models import Bulletin, Duty
from zones.periods import COUNTY_TIME
from zones.register_words import RegisterRefused

NOW = datetime(2026, 12, 1, 8, tzinfo=COUNTY_TIME)
MOBILE = "13812345678"


@pytest.fixture
def who(people):
    duty_rows.extend(now=datetime(2026, 11, 1, 8, tzinfo=COUNTY_TIME), days=40)
    people["county2"] = cast.user("county2", User.Role.COUNTY_OFFICER)
    return people


def unit(code: str = cast.COUNTY) -> Division:
    return Division.objects.get(pk=code)


def drafted(by, period: str = "2026-11", code: str = cast.COUNTY, **named) -> Bulletin:
    return writing.draft(unit(code), period, by=by, now=NOW, **named)


def published(who, **named) -> Bulletin:
    made = drafted(who["county"], **named)
    for to, by in (("checked", "county2"), ("signed", "county"), ("published", "county2")):
        writing.move(made, to, by=who[by], now=NOW)
    return made


def rows():
    return Bulletin.objects.everywhere("a test")


# Drafting


@pytest.mark.parametrize(("period", "why"), [
    ("2026-12", "还没有结束"), ("2027-01", "还没有结束"), ("2026Q4", "还没有结束"), ("2026", "还没有结束"), ("2026H1", "按月、季度或年"),
    ("", "写法不对"), ("2026-13", "写法不对"), ("十一月", "写法不对"), ("2026-11-01", "写法不对"), ("9999999999999", "写法不对"),
    ("\x00", "写法不对"),
])  # fmt: skip
def test_a_wrong_or_unfinished_period_is_refused_with_its_reason(who, period, why):
    with pytest.raises(BulletinRefused, match=why):
        drafted(who["county"], period)
    assert not rows().exists()


@pytest.mark.parametrize(("by", "code"), [("west", cast.COUNTY), ("west", cast.EAST), ("cadre", cast.WEST_SOUTH), ("planner", cast.COUNTY),
                                         ("auditor", cast.COUNTY)])  # fmt: skip
def test_only_officers_draft_and_only_for_their_territory(who, by, code):
    with pytest.raises(PermissionDenied):
        drafted(who[by], code=code)


def test_a_village_has_no_bulletin(who):
    with pytest.raises(BulletinRefused, match="县或乡镇"):
        drafted(who["west"], code=cast.WEST_SOUTH)


def test_a_unit_has_one_bulletin_a_period(who):
    first = drafted(who["county"])
    with pytest.raises(BulletinRefused, match="已经有了"):
        drafted(who["county2"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Bulletin.objects.create(**{each.attname: getattr(first, each.attname) for each in Bulletin._meta.fields if each.name != "id"})
    writing.move(first, "withdrawn", by=who["county"], now=NOW, why="重写")
    assert drafted(who["county2"]).pk != first.pk
    assert drafted(who["west"], code=cast.WEST).division_id == cast.WEST


def test_the_system_drafts_what_ended_once_and_signs_nothing(who):
    assert writing.draft_due(now=NOW) == 1
    made = rows().get()
    assert (made.period, made.division_id, made.state, made.drafted_by) == ("2026-11", cast.COUNTY, "draft", None)
    assert writing.draft_due(now=NOW) == 0
    assert [period.name for period in writing._ended(date(2027, 1, 1))] == ["2026-12", "2026Q4", "2026"]
    writing.move(made, "withdrawn", by=who["county"], now=NOW, why="不用")
    assert writing.draft_due(now=NOW) == 0


def test_a_county_without_data_gets_no_draft(people):
    assert writing.draft_due(now=NOW) == 0


def test_a_year_is_compared_with_the_year_before_once(who, client):
    made = drafted(who["county"], "2025")
    client.force_login(who["county"])
    page = client.get(reverse("bulletin", args=[made.pk])).content.decode()
    assert "上期" in page and "去年同期" not in page and document(made).tables[0].head == ("指标", "本期", "上年")


# Texts


def test_what_a_person_wrote_survives_new_figures(who):
    made = drafted(who["county"])
    assert writing.edit(made, {"text-next": "一是加强夜间巡逻。", "title": "关于十一月工作的通报"}, by=who["county2"], now=NOW)
    writing.renew(made, by=who["county2"], now=NOW)
    texts = {each["key"]: each for each in made.texts}
    assert texts["next"] == {"key": "next", "title": "工作要求", "text": "一是加强夜间巡逻。", "is_edited": True}
    assert not texts["opening"]["is_edited"] and made.title == "关于十一月工作的通报"
    assert not writing.edit(made, {"text-next": "一是加强夜间巡逻。"}, by=who["county2"], now=NOW)


def test_protecting_later_drops_texts_that_may_hold_exact_numbers(who):
    made = drafted(who["county"])
    writing.edit(made, {"text-issues": "西镇3件。"}, by=who["county"], now=NOW)
    writing.renew(made, by=who["county"], now=NOW, is_protected=True)
    assert made.is_protected and "西镇3件" not in str(made.texts)


@pytest.mark.parametrize(("text", "why"), [(f"请联系{MOBILE}", "像是个人号码"), ("", "请填写"), ("长" * 3001, "最多3000个字")])
def test_a_text_with_a_persons_number_or_none_is_refused_and_nothing_is_lost(who, client, text, why):
    made = drafted(who["county"])
    before = made.texts
    client.force_login(who["county"])
    answer = client.post(reverse("bulletin_texts", args=[made.pk]), {"text-issues": text, "text-next": "新的要求"})
    page = answer.content.decode()
    assert answer.status_code == 422 and why in page and "新的要求" in page
    assert rows().get().texts == before


# Check, sign, publish


def test_drafter_and_editor_cannot_check_and_checker_cannot_sign(who):
    made = drafted(who["county"])
    with pytest.raises(workflow.MoveRefused, match="不能核稿"):
        writing.move(made, "checked", by=who["county"], now=NOW)
    writing.edit(made, {"title": "新标题"}, by=who["county2"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="不能核稿"):
        writing.move(made, "checked", by=who["county2"], now=NOW)
    third = cast.user("county3", User.Role.COUNTY_OFFICER)
    writing.move(made, "checked", by=third, now=NOW)
    with pytest.raises(workflow.MoveRefused, match="不能签发"):
        writing.move(made, "signed", by=third, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows().filter(pk=made.pk).update(state="signed", signed_at=NOW, signed_by=third)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows().filter(pk=made.pk).update(checked_by=who["county"])


@pytest.mark.parametrize("by", ["west", "planner", "cadre"])
def test_nobody_below_or_beside_moves_a_county_bulletin(who, by):
    made = drafted(who["county"])
    with pytest.raises(PermissionDenied):
        writing.move(made, "checked", by=who[by], now=NOW)
    with pytest.raises(PermissionDenied):
        writing.edit(made, {"title": "x"}, by=who[by], now=NOW)


def test_numbers_run_by_unit_and_year_without_gaps(who):
    first, second = published(who), published(who, period="2026-10")
    town = drafted(who["west"], code=cast.WEST)
    for to, by in (("checked", "second"), ("signed", "west"), ("published", "west")):
        writing.move(town, to, by=who[by], now=NOW)
    numbers = ["中宁县治安通报〔2026〕1号", "中宁县治安通报〔2026〕2号", "西镇治安通报〔2026〕1号"]
    assert [each.number for each in (first, second, town)] == numbers


def test_of_two_people_who_sign_at_once_one_does(who):
    made = drafted(who["county"])
    writing.move(made, "checked", by=who["county2"], now=NOW)
    mine, other = rows().get(pk=made.pk), rows().get(pk=made.pk)
    third = cast.user("county3", User.Role.COUNTY_OFFICER)
    writing.move(mine, "signed", by=third, now=NOW)
    with pytest.raises(workflow.MoveRefused, match="别人刚刚办理过"):
        writing.move(other, "signed", by=who["county"], now=NOW)
    assert rows().get().signed_by == third


def test_sent_back_it_begins_again(who):
    made = drafted(who["county"])
    writing.move(made, "checked", by=who["county2"], now=NOW)
    with pytest.raises(workflow.MoveRefused, match="理由"):
        writing.move(made, "draft", by=who["county"], now=NOW)
    with pytest.raises(BulletinRefused, match="不能再改"):
        writing.edit(made, {"title": "x"}, by=who["county"], now=NOW)
    writing.move(made, "draft", by=who["county"], now=NOW, why="数字不对")
    assert (made.state, made.checked_by, made.checked_at) == ("draft", None, None)


def test_publishing_the_months_bulletin_is_the_countys_duty_done(who):
    made = published(who)
    duty = Duty.objects.everywhere("a test").filter(rule__kind="bulletin").earliest("occurs_on")
    before = (duty.division_id, duty.state, duty.done_by, duty.note)
    assert duty.occurs_on == date(2026, 11, 10) and before == (cast.COUNTY, "due", None, "")  # October's, which nobody published
    duty = Duty.objects.everywhere("a test").get(rule__kind="bulletin", occurs_on=date(2026, 12, 10))
    assert (duty.state, duty.done_by, duty.note) == ("done", who["county2"], f"已印发{made.number}。")


def test_a_quarters_bulletin_or_a_correction_is_no_monthly_duty(who):
    first = published(who)
    Duty.objects.everywhere("a test").filter(rule__kind="bulletin").update(state="due", note="", done_at=None, done_by=None)
    again = writing.correct(first, reason="漏了一个乡镇", by=who["county"], now=NOW)
    quarter = drafted(who["county"], period="2026Q3")
    for bulletin in (again, quarter):
        for to, by in (("checked", "county2"), ("signed", "county"), ("published", "county2")):
            writing.move(bulletin, to, by=who[by], now=NOW)
    assert not Duty.objects.everywhere("a test").filter(rule__kind="bulletin").exclude(state="due").exists()


def test_a_published_bulletin_is_frozen_for_everybody(who):
    made = published(who)
    for act in (
        lambda: writing.edit(made, {"title": "x"}, by=who["county"], now=NOW),
        lambda: writing.renew(made, by=who["county"], now=NOW),
        lambda: writing.move(made, "draft", by=who["county"], now=NOW, why="x"),
    ):
        with pytest.raises((BulletinRefused, workflow.MoveRefused)):
            act()
    for act in (lambda: rows().filter(pk=made.pk).update(title="x"), made.delete):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            act()


# Corrections


def test_a_correction_is_a_new_bulletin_and_the_old_one_stays(who):
    made = drafted(who["county"])
    writing.edit(made, {"text-next": "自己写的要求。"}, by=who["county"], now=NOW)
    for to, by in (("checked", "county2"), ("signed", "county"), ("published", "county2")):
        writing.move(made, to, by=who[by], now=NOW)
    before = rows().filter(pk=made.pk).values().get()
    again = writing.correct(made, reason="西镇补报", by=who["county"], now=NOW)
    texts = {each["key"]: each["text"] for each in again.texts}
    assert texts["correction"] == "本通报更正中宁县治安通报〔2026〕1号。更正原因：西镇补报" and texts["next"] == "自己写的要求。"
    assert again.title.endswith("（更正）") and again.state == "draft"
    with pytest.raises(BulletinRefused, match="已有更正通报"):
        writing.correct(made, reason="又一次", by=who["county"], now=NOW)
    writing.renew(again, by=who["county"], now=NOW)
    assert again.texts[0]["key"] == "correction"
    for to, by in (("checked", "county2"), ("signed", "county"), ("published", "county2")):
        writing.move(again, to, by=who[by], now=NOW)
    assert again.number == "中宁县治安通报〔2026〕2号" and rows().filter(pk=made.pk).values().get() == before
    assert writing.correct(again, reason="再更正", by=who["county"], now=NOW).corrects == again


def test_what_is_not_published_is_not_corrected(who, client):
    made = drafted(who["county"])
    client.force_login(who["county"])
    answer = client.post(reverse("bulletin_correct", args=[made.pk]), {"reason": "错了"})
    assert answer.status_code == 422 and "还没有印发的通报不用更正" in answer.content.decode() and rows().count() == 1
    with pytest.raises(RegisterRefused, match="请填写"):
        writing.correct(made, reason=" ", by=who["county"], now=NOW)
    with pytest.raises(PermissionDenied):
        writing.correct(made, reason="x", by=who["west"], now=NOW)


# Pages


def statuses(client, user, pk: int) -> set[int]:
    client.force_login(user)
    found = {client.get(reverse(name, args=[pk])).status_code for name in ("bulletin", "bulletin_map")}
    posted = ("bulletin_texts", "bulletin_figures", "bulletin_move", "bulletin_correct", "bulletin_files")
    return found | {client.post(reverse(name, args=[pk])).status_code for name in posted}


def test_another_towns_bulletin_is_not_there(who, client):
    made = drafted(who["west"], code=cast.WEST)
    assert statuses(client, who["east"], made.pk) == {404} == statuses(client, who["auditor"], made.pk)
    client.force_login(who["east"])
    assert client.get(reverse("bulletin_file", args=[made.pk, "pdf"])).status_code == 404
    assert "西镇" not in client.get(reverse("bulletins")).content.decode()


def test_towns_and_villages_read_the_countys_published_bulletin_and_no_draft(who, client):
    draft, told = drafted(who["county"]), published(who, period="2026-10")
    for name in ("west", "cadre"):
        client.force_login(who[name])
        assert client.get(reverse("bulletin", args=[draft.pk])).status_code == 404
        page = client.get(reverse("bulletin", args=[told.pk])).content.decode()
        assert told.number in page and "编号印发" not in page and "county2" not in page and "起草更正通报" not in page
    assert client.post(reverse("bulletin_move", args=[told.pk]), {"to": "draft", "why": "x"}).status_code == 422


def test_an_officer_drafts_edits_and_sends_on_by_the_pages(who, client, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client.force_login(who["county"])
    assert "2026年11月" in client.get(reverse("bulletins")).content.decode()
    wrong = client.post(reverse("bulletin_new"), {"unit": cast.COUNTY, "period": "2026-12"})
    assert wrong.status_code == 422 and "还没有结束" in wrong.content.decode()
    assert client.post(reverse("bulletin_new"), {"unit": cast.COUNTY, "period": "2026-11"}).status_code == 302
    made = rows().get()
    page = client.get(reverse("bulletin", args=[made.pk])).content.decode()
    assert "不能核稿" in page and "数据和对比" in page and "无数据" in page
    assert client.post(reverse("bulletin_move", args=[made.pk]), {"to": "checked"}).status_code == 422
    client.force_login(who["county2"])
    assert client.post(reverse("bulletin_move", args=[made.pk]), {"to": "checked"}).status_code == 302
    client.force_login(who["county"])
    client.post(reverse("bulletin_move", args=[made.pk]), {"to": "signed"})
    client.post(reverse("bulletin_move", args=[made.pk]), {"to": "published"})
    made.refresh_from_db()
    assert made.number and Job.objects.get(task=files.MAKE).arguments["bulletin"] == made.pk
    assert "正在生成文件" in client.get(reverse("bulletin", args=[made.pk])).content.decode()
    assert client.get(reverse("bulletin", args=[made.pk]), headers={"accept": "application/json"}).json()["state"] == "waiting"


def test_the_offline_map_holds_the_zones_and_names_nothing_on_the_network(who, client):
    made = drafted(who["county"])
    client.force_login(who["county"])
    answer = client.get(reverse("bulletin_map", args=[made.pk]))
    text = answer.content.decode()
    assert answer.headers["Content-Security-Policy"].startswith("sandbox") and json.dumps("西镇")[1:-1] in text
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", text)
