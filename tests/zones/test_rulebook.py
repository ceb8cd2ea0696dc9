"""Standards as versions: told on one page, written anew by one officer, adopted by another; what was done keeps its own version."""
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from geo.models import User
from tests import cast
from zones.duty_rows import standard_on
from zones.models import DutyStandard, IssueCategory, RegisterStandard, RoundStandard, RuleDraft, WorkCalendar
from zones.register_rules import work_days
from zones.rulebook import editor
from zones.rulebook.boards import BOARDS, built, document, same

pytestmark = pytest.mark.django_db


@pytest.fixture
def officers(db):
    cast.territory()
    return cast.county_officer(), cast.user("county_second", User.Role.COUNTY_OFFICER)


@pytest.fixture
def desk(client, officers):
    client.force_login(officers[0])
    return client


def begun(client, key: str) -> RuleDraft:
    version = BOARDS[key].versions().first()
    answer = client.post(reverse("rule_begin", args=[key, version.pk]))
    draft = RuleDraft.objects.get()
    assert answer["Location"] == reverse("rule_edit", args=[draft.pk])
    return draft


def typed(draft: RuleDraft, **changed) -> dict:
    """What the browser sends of the form as it opens, with some fields typed over."""
    form = editor.Editor(BOARDS[draft.board], draft, None)
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False}
    return sent | {name.replace("__", "-"): value for name, value in changed.items()}


def tomorrow() -> date:
    return timezone.localdate() + timedelta(days=1)


@pytest.mark.parametrize("key", BOARDS)
def test_every_standard_is_told_in_words_and_comes_back_from_its_own_form(desk, key):
    board = BOARDS[key]
    version = board.versions().first()
    page = desk.get(reverse("rule_version", args=[key, version.pk]))
    assert page.status_code == 200 and str(version) in page.content.decode()
    said = document(board, version)
    draft = RuleDraft(board=key, document=said, title="x", valid_from=tomorrow(), base_version=version.version)
    form = editor.Editor(board, draft, typed(draft))
    assert form.is_valid(), form.errors
    assert same(form.document(), said)
    made, rows = built(board, form.document(), version="0", title="x", valid_from=tomorrow())
    assert document(board, version) == said and len(rows) == len(said.get(board.rows, []))


def test_one_officer_writes_and_another_adopts(desk, officers, client):
    draft = begun(desk, "rounds")
    edit, page = reverse("rule_edit", args=[draft.pk]), reverse("rule_draft", args=[draft.pk])
    values = typed(draft, title="评定程序标准", valid_from=str(tomorrow()), change_note="异议期延长", v__objection_days="10")
    assert desk.post(edit, values)["Location"] == page
    assert "10" in desk.get(page).content.decode()
    refused = desk.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    assert refused.status_code == 422 and "起草的人不能自己决定施行" in refused.content.decode()
    before = RoundStandard.objects.in_force(timezone.localdate())
    client.force_login(officers[1])
    assert client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"}).status_code == 302
    draft.refresh_from_db()
    after = RoundStandard.objects.in_force(tomorrow())
    assert (after.version, after.objection_days, after.is_own_assumption) == (draft.adopted_version, 10, False)
    assert before.objection_days == 7 and RoundStandard.objects.in_force(timezone.localdate()) == before
    # What is adopted is not written again.
    assert client.post(edit, values)["Location"] == page


def test_rows_of_a_version_become_rows_of_the_next(desk, officers, client):
    draft = begun(desk, "register")
    number = next(n for n, row in enumerate(draft.document["categories"]) if row["code"] == "fire_passage")
    values = typed(draft, valid_from=str(tomorrow()), change_note="消防通道当日整改", **{f"v__categories__{number}__working_days": "1"})
    desk.post(reverse("rule_edit", args=[draft.pk]), values)
    told = desk.get(reverse("rule_draft", args=[draft.pk])).content.decode()
    assert told.count('data-label="改为"') == 1 and "消防通道堵塞 · 期限（工作日）" in told
    client.force_login(officers[1])
    client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    old, new = RegisterStandard.objects.order_by("valid_from")
    assert IssueCategory.objects.get(standard=old, code="fire_passage").working_days == 2
    passage = IssueCategory.objects.get(standard=new, code="fire_passage")
    assert passage.working_days == 1 and passage.parent.code == "fire" and passage.parent.standard == new
    assert old.categories.count() == new.categories.count()


@pytest.mark.parametrize(
    ("key", "changed", "words"),
    [
        ("rounds", {"v__enough_percent": "101"}, "超出了允许的范围"),
        ("rounds", {"v__objection_days": "-1"}, "没有填对"),
        ("rounds", {"v__objection_days": ""}, "没有填对"),
        ("patrol", {"v__figures__tracks_kept_days": "9999"}, "没有填对"),
        ("rounds", {"title": "联系13912345678"}, "没有填对"),
        ("duties", {"v__rules__0__rrule": "FREQ=HOURLY"}, "周期规则"),
        ("plans", {"v__document__indicators__0__low": "40"}, "参照下限应小于上限"),
        ("effects", {"v__level": "1.5"}, "超出了允许的范围"),
    ],
)
def test_what_cannot_hold_is_refused_and_nothing_is_kept(desk, key, changed, words):
    draft = begun(desk, key)
    answer = desk.post(reverse("rule_edit", args=[draft.pk]), typed(draft, **changed))
    assert answer.status_code == 422 and words in answer.content.decode()
    kept = RuleDraft.objects.get()
    assert (kept.document, kept.title) == (draft.document, draft.title)


def test_a_version_never_reaches_back(desk, officers, client):
    draft = begun(desk, "rounds")
    yesterday = timezone.localdate() - timedelta(days=1)
    desk.post(reverse("rule_edit", args=[draft.pk]), typed(draft, valid_from=str(yesterday), change_note="x", v__review_days="9"))
    client.force_login(officers[1])
    refused = client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    assert refused.status_code == 422 and "施行日期已过" in refused.content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft" and RoundStandard.objects.count() == 1


def test_the_next_years_working_days_are_entered(desk, officers, client):
    year = WorkCalendar.objects.order_by("-year").first().year + 1
    draft = begun(desk, "work_calendar")
    edit = reverse("rule_edit", args=[draft.pk])
    values = typed(draft, change_note="通知", v__source="国务院办公厅通知", v__off=f"{year}-01-01/{year}-01-03", v__worked=f"{year}-01-09")
    wrong = desk.post(edit, values | {"v-off": "元旦"})
    assert wrong.status_code == 422 and "元旦" in wrong.content.decode()
    assert desk.post(edit, values).status_code == 302
    client.force_login(officers[1])
    client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    found = work_days()
    assert found.knows(date(year, 6, 1)) and not found.is_working(date(year, 1, 1)) and date(year, 1, 9) in found.worked


def test_a_duty_version_takes_over_from_its_day(desk, officers, client):
    draft = begun(desk, "duties")
    values = typed(draft, valid_from=str(tomorrow()), change_note="x", v__rules__2__rrule="FREQ=MONTHLY;BYMONTHDAY=5")
    desk.post(reverse("rule_edit", args=[draft.pk]), values)
    client.force_login(officers[1])
    client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    assert standard_on(timezone.localdate()).version == "1.0"
    assert standard_on(tomorrow()).rules.get(code="screening_village").rrule == "FREQ=MONTHLY;BYMONTHDAY=5"
    assert DutyStandard.objects.count() == 2


def test_who_reads_and_who_writes(client, officers):
    version = BOARDS["rounds"].versions().first()
    begin, page = reverse("rule_begin", args=["rounds", version.pk]), reverse("rule_version", args=["rounds", version.pk])
    client.force_login(town := cast.west_officer())
    assert client.get(page).status_code == 200 and client.post(begin).status_code == 403
    client.force_login(officers[0])
    client.post(begin)
    draft = RuleDraft.objects.get()
    client.force_login(town)
    assert client.get(reverse("rule_draft", args=[draft.pk])).status_code == 404


# Lines more and less


def codes(draft: RuleDraft) -> list[str]:
    draft.refresh_from_db()
    return [each.get("code") or each["key"] for each in draft.document[BOARDS[draft.board].grows]]


def told_changes(desk, draft: RuleDraft) -> list[list[str]]:
    page = desk.get(reverse("rule_draft", args=[draft.pk])).content.decode()
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td data-label="原来">(.*?)</td><td data-label="改为">(.*?)</td></tr>', page)
    return [list(each) for each in rows]


def test_a_line_is_added_like_another_changed_and_told_in_words_and_a_second_officer_adopts_it(desk, officers, client):
    draft = begun(desk, "register")
    edit = reverse("rule_edit", args=[draft.pk])
    at = codes(draft).index("fire_passage")
    # What was typed before is kept with it.
    sent = typed(draft, valid_from=str(tomorrow()), change_note="新增一类", v__categories__1__name="路灯损坏")
    assert desk.post(edit, sent | {"copy": "fire_passage"})["Location"] == edit
    new = codes(draft)[at + 1]
    assert new.startswith("own_") and draft.document["categories"][1]["name"] == "路灯损坏"
    assert "消防通道堵塞（新1）" in desk.get(edit).content.decode()
    named = {f"v__categories__{at + 1}__name": "楼道充电", f"v__categories__{at + 1}__working_days": "1"}
    assert desk.post(edit, typed(draft, **named)).status_code == 302
    first, added = told_changes(desk, draft)
    assert first == ["路灯不亮 · 名称", "路灯不亮", "路灯损坏"]
    assert added[0] == "新增：楼道充电" and added[1] == "—" and "期限（工作日）：1" in added[2] and "上级类别：消防安全" in added[2]
    refused = desk.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    assert refused.status_code == 422 and "起草的人不能自己决定施行" in refused.content.decode()
    client.force_login(officers[1])
    assert client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"}).status_code == 302
    old, newer = RegisterStandard.objects.order_by("valid_from")
    made = IssueCategory.objects.get(standard=newer, code=new)
    assert (made.name, made.working_days, made.parent.code, made.place_kinds) == ("楼道充电", 1, "fire", [])
    assert newer.categories.count() == old.categories.count() + 1 and not old.categories.filter(code=new).exists()


def test_a_line_is_taken_away_and_told_and_its_duty_ends_with_the_new_version(desk, officers, client):
    draft = begun(desk, "duties")
    sent = typed(draft, valid_from=str(tomorrow()), change_note="不再单列") | {"drop": "analysis_quarter"}
    desk.post(reverse("rule_edit", args=[draft.pk]), sent)
    assert "analysis_quarter" not in codes(draft)
    [(what, before, after)] = told_changes(desk, draft)
    assert what == "删去：季度治安形势分析" and "周期规则：FREQ=MONTHLY" in before and after == "—"
    client.force_login(officers[1])
    client.post(reverse("rule_move", args=[draft.pk]), {"to": "adopted"})
    assert not standard_on(tomorrow()).rules.filter(code="analysis_quarter").exists()
    assert standard_on(timezone.localdate()).rules.filter(code="analysis_quarter").exists()


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("register", {"drop": "hazard_other"}, "不能删去"),
        ("register", {"drop": "fire"}, "上级类别不在了"),
        ("register", {"drop": "no_such"}, "没有这一行"),
        ("register", {"v-categories-1-parent": ""}, "没有上级的是大类"),
        ("duties", {"v-rules-1-name": "县级矛盾纠纷排查"}, "有两行都叫"),
        ("duties", {"copy": "meeting_town", "seen": "2020-01-01"}, "请刷新页面"),
        ("rounds", {"copy": "x"}, None),
    ],
)
def test_a_line_that_is_needed_or_unclear_is_refused_and_nothing_is_kept(desk, key, change, words):
    draft = begun(desk, key)
    answer = desk.post(reverse("rule_edit", args=[draft.pk]), typed(draft) | change)
    before = draft.document
    draft.refresh_from_db()
    assert draft.document == before
    assert answer.status_code == 302 if words is None else (answer.status_code == 422 and words in answer.content.decode())


@pytest.mark.parametrize("key", [key for key, board in BOARDS.items() if board.grows])
def test_every_list_that_grows_takes_a_line_and_gives_it_back_name_first(desk, key):
    draft = begun(desk, key)
    edit, before = reverse("rule_edit", args=[draft.pk]), codes(draft)
    desk.post(edit, typed(draft) | {"copy": before[-1]})
    assert codes(draft)[:-1] == before
    part = next(each for each in editor.parts(BOARDS[key], draft.document) if each.grows)
    assert part.columns[0] in ("名称", "内容")
    desk.post(edit, typed(draft) | {"drop": codes(draft)[-1]})
    assert codes(draft) == before
