"""Promise 35: an appeal is decided by somebody who had no hand in the grade, and an upheld one changes everything at once."""
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from geo.models import User
from geo.workflow import MoveRefused
from tests import cast
from tests.zones import rounding
from tests.zones.conftest import PERIOD
from tests.zones.supervising import receipt_of, text, third
from zones import appeals, corrections, standings
from zones.models import Appeal, Grade, GradeProposal, Publication, PublishedGrade, Standing
from zones.register_words import RegisterRefused
from zones.rounds import RatingRefused

ANSWER = "两起警情登记有误，按标准应为绿色"
# As the list and the compound's page mark it; the map's legend says the words always.
PENDING = '<span class="grade pending">'


@pytest.fixture
def publication(rated):
    return rounding.publish()


@pytest.fixture
def receipt(publication, west, citizen):
    return receipt_of(citizen.send(f"/compounds/{west.public_id}/appeal/", appellant="resident_group", text="两起盗窃不在本小区"))


def appeal() -> Appeal:
    return Appeal.objects.everywhere("a test").order_by("pk").first()


@pytest.fixture
def accepted(receipt, citizen):
    found = appeal()
    appeals.accept(found, by=third(), now=citizen.clock.now)
    return found


def public(client, west) -> dict[str, str]:
    """What each public door says of the compound now."""
    data = client.get(f"/data/{PERIOD}.geojson").json()
    rows = [each["properties"] for each in data["features"] if each["properties"]["name"] == west.name]
    table = client.get(f"/data/{PERIOD}.csv").content.decode("utf-8-sig").splitlines()
    return {
        "list": text(client.get("/")), "compound": text(client.get(f"/compounds/{west.public_id}/")),
        "geojson": json.dumps(rows, ensure_ascii=False), "csv": next(line for line in table if west.name in line),
        "colour": PublishedGrade.objects.get(publication__is_current=True, public_id=west.public_id).colour,
    }  # fmt: skip


def test_the_printable_map_counts_a_pending_grade_in_its_own_column(accepted, client):
    page = client.get(f"/data/{PERIOD}.html").content.decode()
    head, *rows = re.findall("<tr>.*?</tr>", page[page.index('<section class="towns">') :], re.S)
    columns = re.findall("<th[^>]*>([^<]*)</th>", head)
    assert "等级待定" in columns and {len(re.findall("<t[hd]", row)) for row in rows} == {len(columns)}
    counts = [row.split("<td>")[1:] for row in rows]
    assert sum(int(row[columns.index("等级待定") - 1].split("<")[0]) for row in counts) == 1


def test_from_acceptance_to_decision_the_grade_is_pending_everywhere(receipt, citizen, client, west):
    before = public(client, west)
    assert PENDING not in before["compound"] + before["list"] and '"appeal": "pending"' not in before["geojson"]
    appeals.accept(appeal(), by=third(), now=citizen.clock.now)
    during = public(client, west)
    assert PENDING in during["compound"] and PENDING in during["list"]
    assert '"appeal": "pending"' in during["geojson"] and "等级待定" in during["csv"]
    assert "已受理，待决定" in citizen.asks(receipt)


def test_an_upheld_appeal_changes_list_map_exports_and_answer_in_one_transaction(accepted, receipt, citizen, client, west):
    was = Publication.objects.get(is_current=True)
    appeals.uphold(accepted, colour="green", answer=ANSWER, by=third(), now=citizen.clock.now)
    now = Publication.objects.get(is_current=True)
    after = public(client, west)
    assert (now.number, after["colour"]) == (was.number + 1, "green") and ANSWER in now.correction_reason
    assert '"appeal": "pending"' not in after["geojson"] and "等级待定" not in after["csv"]
    assert '"colour": "green"' in after["geojson"] and "绿" in after["csv"]
    assert ANSWER in after["compound"] and "申诉成立" in after["compound"]
    assert ANSWER in citizen.asks(receipt)
    assert f"number={was.number}" in after["compound"]  # the old version stays readable


def test_a_failure_half_way_leaves_everything_as_it_was(accepted, citizen, west, monkeypatch, client):
    before = public(client, west)
    monkeypatch.setattr(standings, "put", lambda *arguments, **named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        appeals.uphold(accepted, colour="green", answer=ANSWER, by=third(), now=citizen.clock.now)
    assert public(client, west)["geojson"] == before["geojson"]
    found = appeal()
    assert (found.state, found.answer, Publication.objects.count()) == ("accepted", "", 1)
    assert not Grade.objects.everywhere("a test").filter(decided_colour__isnull=False).exists()


def test_whoever_had_a_hand_in_the_grade_decides_nothing(accepted, publication, citizen, west):
    first, second = rounding.officers()
    proposer = cast.user("proposer", User.Role.COUNTY_OFFICER)
    grade = Grade.objects.everywhere("a test").get(compound=west)
    GradeProposal.objects.create(
        grade=grade, colour="yellow", reason="x", file="x", name="x", content_type="x", byte_count=1, sha256="x",
        proposed_at=citizen.clock.now, proposed_by=proposer,
    )  # fmt: skip
    assert {first.pk, second.pk, proposer.pk} <= appeals.hands_in(accepted)
    for who in (first, second, proposer):
        with pytest.raises(MoveRefused, match="不能决定"):
            appeals.uphold(accepted, colour="green", answer=ANSWER, by=who, now=citizen.clock.now)
        with pytest.raises(MoveRefused, match="不能决定"):
            appeals.end(accepted, "rejected", answer="维持", by=who, now=citizen.clock.now)
    for who in (cast.west_officer(), cast.east_officer(), cast.village_cadre(), cast.planner(), cast.auditor()):
        for do in (
            lambda who=who: appeals.uphold(accepted, colour="green", answer=ANSWER, by=who, now=citizen.clock.now),
            lambda who=who: appeals.end(accepted, "rejected", answer="维持", by=who, now=citizen.clock.now),
        ):
            with pytest.raises(PermissionDenied):
                do()
    assert appeal().state == "accepted"


def test_a_rejected_appeal_shows_its_answer_and_the_grade_as_before(accepted, receipt, citizen, client, west):
    with pytest.raises(MoveRefused):
        appeals.end(accepted, "rejected", answer="", by=third(), now=citizen.clock.now)
    with pytest.raises(RegisterRefused):
        appeals.end(accepted, "rejected", answer="电话13800138000", by=third(), now=citizen.clock.now)
    appeals.end(accepted, "rejected", answer="经核查登记无误", by=third(), now=citizen.clock.now)
    after = public(client, west)
    assert after["colour"] == "red" and "经核查登记无误" in after["compound"] and PENDING not in after["list"]
    assert "经核查登记无误" in citizen.asks(receipt)


def test_refused_in_form_and_withdrawn_leave_the_grade_untouched(receipt, citizen, client, west, publication):
    with pytest.raises(MoveRefused, match="不能决定"):
        appeals.end(appeal(), "refused", answer="没有写理由", by=rounding.officers()[0], now=citizen.clock.now)
    appeals.end(appeal(), "refused", answer="没有写依据", by=third(), now=citizen.clock.now)
    assert "没有写依据" in citizen.asks(receipt) and not Standing.objects.exists()
    receipt_of(citizen.send(f"/compounds/{west.public_id}/appeal/", appellant="resident_group", text="补充依据"))
    second = Appeal.objects.everywhere("a test").get(state="received")
    appeals.accept(second, by=third(), now=citizen.clock.now)
    appeals.end(second, "withdrawn", answer="申诉方来函撤回", by=third(), now=citizen.clock.now)
    assert PENDING not in public(client, west)["list"]


def test_one_appeal_runs_against_a_grade_at_a_time(accepted, citizen, west):
    receipt_of(citizen.send(f"/compounds/{west.public_id}/appeal/", appellant="resident_group", text="我们也认为不对"))
    other = Appeal.objects.everywhere("a test").get(state="received")
    with pytest.raises(MoveRefused, match="已有一件"):
        appeals.accept(other, by=third(), now=citizen.clock.now)


def test_a_pending_appeal_and_a_reply_outlive_a_correction_of_another_grade(accepted, publication, citizen, client, west, east):
    grade = Grade.objects.everywhere("a test").get(compound=east)
    by = third()
    corrections.decide(grade, colour="yellow", why="误录", by=by, now=citizen.clock.now)
    corrections.correct(grade.round, by=by, reason="误录", now=citizen.clock.now)
    assert PENDING in public(client, west)["compound"]
    appeals.uphold(accepted, colour="green", answer=ANSWER, by=cast.user("fourth", User.Role.COUNTY_OFFICER), now=citizen.clock.now)
    assert public(client, west)["colour"] == "green"
    assert list(standings.of(Publication.objects.get(is_current=True), [west.public_id]).values())[0].state == "upheld"


def test_nothing_to_correct_is_told_and_changes_nothing(accepted, citizen):
    for colour in ("", "purple", "red"):
        with pytest.raises(RatingRefused):
            appeals.uphold(accepted, colour=colour, answer=ANSWER, by=third(), now=citizen.clock.now)
    assert appeal().state == "accepted"


@pytest.mark.django_db(transaction=True)
def test_two_deciders_at_once_make_one_decision(accepted, citizen):
    people = [third(), cast.user("fourth", User.Role.COUNTY_OFFICER)]

    def decide(number: int):
        try:
            if number % 2:
                appeals.uphold(appeal(), colour="green", answer=ANSWER, by=people[1], now=citizen.clock.now)
            else:
                appeals.end(appeal(), "rejected", answer="维持", by=people[0], now=citizen.clock.now)
            return 1
        except MoveRefused:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(decide, range(4))) == 1
    state = appeal().state
    assert Publication.objects.filter(is_current=True).get().number == (2 if state == "upheld" else 1)
    assert Standing.objects.get().state == state


@pytest.mark.django_db(transaction=True)
def test_who_upholds_what_was_just_upheld_is_told_to_look_again(accepted, citizen):
    """The second has read the appeal before the first decided it, and the grade after."""
    seen = appeal()
    appeals.uphold(appeal(), colour="green", answer=ANSWER, by=third(), now=citizen.clock.now)
    with pytest.raises(MoveRefused, match="请刷新页面"):
        appeals.uphold(seen, colour="green", answer=ANSWER, by=cast.user("fourth", User.Role.COUNTY_OFFICER), now=citizen.clock.now)


def test_the_decision_page_shows_the_evidence_and_refuses_by_name(accepted, publication, client):
    pk, (first, _second) = accepted.pk, rounding.officers()
    page, move = f"/moderation/appeal/{pk}/", f"/moderation/appeal/{pk}/move/"
    client.force_login(first)
    assert "不能决定它的申诉" in text(client.get(page)) and "盗窃" in text(client.get(page))
    refused = client.post(move, {"to": "upheld", "seen": "accepted", "colour": "green", "answer": ANSWER})
    assert refused.status_code == 409 and "不能决定它的申诉" in text(refused)
    client.force_login(cast.east_officer())
    assert (client.get(page).status_code, client.post(move, {"to": "rejected"}).status_code) == (404, 404)
    client.force_login(third())
    wrong = client.post(move, {"to": "upheld", "seen": "accepted", "colour": "", "answer": ANSWER})
    assert wrong.status_code == 422 and ANSWER in text(wrong)
    assert client.post(move, {"to": "upheld", "seen": "accepted", "colour": "green", "answer": ANSWER}).status_code == 302
    assert client.post(move, {"to": "rejected", "seen": "accepted", "answer": "x"}).status_code == 409
