"""What officers do with what came in: own territory only, nothing public before, one tap to the register, answers on the status page."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from geo.workflow import MoveRefused
from tests import cast
from tests.zones import rounding
from tests.zones.supervising import SAID, picture, receipt_of, text
from zones import feedback_issues, manager_codes, moderation
from zones.models import Feedback, Issue, ReinspectionRequest, RightOfReply, Standing
from zones.register_words import RegisterRefused


def only(model):
    return model.objects.everywhere("a test").get()


@pytest.fixture
def receipt(county, citizen):
    return receipt_of(citizen.feedback(photos=[picture()]))


@pytest.fixture
def west_officer(county):
    return cast.west_officer()


def test_who_may_read_what_came_in(receipt, client, west_officer):
    row = only(Feedback)
    pages = ("/moderation/feedback/", f"/moderation/feedback/{row.pk}/", f"/moderation/photos/{row.photos.get().pk}/")
    for who, codes in (
        (west_officer, (200, 200, 200)), (cast.county_officer(), (200, 200, 200)), (cast.east_officer(), (200, 404, 404)),
        (cast.village_cadre(), (403, 403, 404)), (cast.planner(), (403, 403, 404)), (cast.auditor(), (403, 403, 404)),
    ):  # fmt: skip
        client.force_login(who)
        assert tuple(client.get(page).status_code for page in pages) == codes, who
    client.force_login(cast.user("east2", "town_officer", cast.EAST))
    assert row.receipt not in text(client.get("/moderation/feedback/"))
    for path in ("move", "issue"):
        assert client.post(f"/moderation/feedback/{row.pk}/{path}/", {"to": "accepted"}).status_code == 404
    assert client.get("/moderation/other/").status_code == 404


def test_one_tap_makes_an_issue_with_all_that_was_typed_and_only_one(receipt, citizen, client, west_officer):
    client.force_login(west_officer)
    row = only(Feedback)
    for _tap in range(2):
        answer = client.post(f"/moderation/feedback/{row.pk}/issue/")
        assert answer.status_code == 302 and "/issues/" in answer.url
    issue = only(Issue)
    assert (issue.source, issue.source_ref, issue.category.code, issue.division_id) == ("feedback", row.receipt, "fire_other", cast.WEST)
    assert SAID in issue.text and issue.photos.count() == 1 and issue.is_approximate and issue.due_on > issue.registered_at.date()
    page = citizen.asks(receipt)
    assert issue.number in page and "已受理" in page
    assert SAID not in page  # the status tells what was done, and the text stays with its writer


def test_an_answer_is_read_with_the_code_and_by_nobody_else(receipt, citizen, client, west_officer):
    client.force_login(west_officer)
    row = only(Feedback)
    move = f"/moderation/feedback/{row.pk}/move/"
    empty = client.post(move, {"to": "declined", "seen": "new", "answer": " "})
    assert empty.status_code == 409 and "请填写理由" in text(empty)
    assert client.post(move, {"to": "declined", "seen": "new", "answer": "请打13800138000"}).status_code == 422
    assert client.post(move, {"to": "declined", "seen": "new", "answer": "该处属单位内部道路"}).status_code == 302
    assert client.post(move, {"to": "accepted", "seen": "new"}).status_code == 409
    assert client.post(move, {"to": "nonsense", "seen": "odd"}).status_code == 409
    assert "该处属单位内部道路" in citizen.asks(receipt)
    assert client.post(f"/moderation/feedback/{row.pk}/issue/").status_code == 302 and not Issue.objects.everywhere("a test").exists()


def test_a_repeat_is_joined_by_hand_and_answered_with_the_first(receipt, citizen, west_officer):
    first = only(Feedback)
    second = receipt_of(citizen.feedback(text="还是那个通道"))
    row = Feedback.objects.everywhere("a test").get(receipt=second[0])
    for wrong in ("", row.receipt, "F000000-AAAAAA"):
        with pytest.raises(RegisterRefused):
            moderation.join(row, wrong, by=west_officer, now=citizen.clock.now)
    moderation.join(row, first.receipt.lower(), by=west_officer, now=citizen.clock.now)
    moderation.move(first, "answered", answer="已清理并画线", by=west_officer, now=citizen.clock.now)
    assert "已清理并画线" in citizen.asks(second)


def test_moves_are_refused_to_everybody_else(receipt, citizen):
    row = only(Feedback)
    for who in (cast.east_officer(), cast.village_cadre(), cast.planner(), cast.auditor()):
        with pytest.raises(PermissionDenied):
            moderation.move(row, "accepted", by=who, now=citizen.clock.now)
        with pytest.raises(PermissionDenied):
            feedback_issues.register(row, by=who, now=citizen.clock.now)


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_make_one_decision_and_one_issue(receipt, citizen, west_officer):
    county, pk = cast.county_officer(), only(Feedback).pk

    def tap(who):
        try:
            return moderation.to_issue(Feedback.objects.everywhere("a test").get(pk=pk), by=who, now=citizen.clock.now)
        except MoveRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tap, (west_officer, county) * 2))
    assert len({each.pk for each in found if isinstance(each, Issue)}) == 1
    assert Issue.objects.everywhere("a test").count() == 1


def test_a_reply_is_shown_beside_the_grade_only_after_an_officer_has_read_it(rated, west, citizen, client, west_officer):
    rounding.publish()
    _kept, code = manager_codes.issue(west, by=west_officer, now=citizen.clock.now)
    receipt = receipt_of(citizen.send(f"/compounds/{west.public_id}/reply/", text="已加装门禁，月底完成", code=code))
    page = f"/compounds/{west.public_id}/"
    assert "已加装门禁" not in text(citizen.client.get(page))
    row = only(RightOfReply)
    moderation.move(row, "shown", answer="已公开", by=west_officer, now=citizen.clock.now)
    assert "已加装门禁，月底完成" in text(citizen.client.get(page)) and "已公开" in citizen.asks(receipt)
    moderation.move(row, "declined", answer="内容已过时", by=west_officer, now=citizen.clock.now)
    assert "已加装门禁" not in text(citizen.client.get(page))
    assert Standing.objects.get().state == ""


def test_a_reinspection_becomes_an_issue_of_the_register(rated, west, citizen, client, west_officer):
    rounding.publish()
    receipt = receipt_of(citizen.send(f"/compounds/{west.public_id}/reinspection/", text="消防通道已画线"))
    client.force_login(west_officer)
    row = only(ReinspectionRequest)
    assert client.post(f"/moderation/reinspection/{row.pk}/issue/").status_code == 302
    issue = only(Issue)
    assert (issue.place_layer, issue.place_pk, issue.is_approximate) == ("compounds", west.pk, False)
    assert issue.number in citizen.asks(receipt)
    moderation.move(only(ReinspectionRequest), "answered", answer="已复查", by=west_officer, now=citizen.clock.now)
    assert "已复查" in citizen.asks(receipt)
