"""A round from the freeze to publication: who may do what, what has to hold, and what two people do at once."""
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from geo.models import Incident, User
from geo.workflow import MoveRefused, history
from tests import cast
from tests.zones import registering
from tests.zones import rounding as r
from tests.zones.conftest import CHECKED, NOW, PERIOD
from zones import changes_feed, completeness, corrections, duties, duty_rows, objections, proposals, published
from zones import publication as publishing
from zones import round_life as life
from zones.models import CompoundObjection, Duty, Grade, GradeProposal, Publication, PublishedGrade, RatingRound
from zones.rounds import RatingRefused, rate

DAY = r.DAY
LATE = NOW + 30 * DAY


def grade_of(compound) -> Grade:
    return Grade.objects.everywhere("test").with_final().get(compound=compound, round__period=PERIOD)


def third() -> User:
    return cast.user("county_third", User.Role.COUNTY_OFFICER)


def propose(compound, by, *, colour="yellow", reason="隐患已整改", now=NOW, upload=None) -> GradeProposal:
    return proposals.propose(grade_of(compound), colour=colour, reason=reason, upload=upload or registering.jpeg(), by=by, now=now)


def noticed(rating_round, compound, by) -> tuple[CompoundObjection, str]:
    """The printed notice's row and code."""
    ((_grade, code),) = objections.invite(rating_round, [grade_of(compound)], by=by, now=NOW + 8 * DAY)
    return objections.find(code, address="1"), code


# Freeze


def test_a_frozen_round_follows_the_registers_no_longer(rated, west):
    r.brought("drafted")
    Incident.objects.everywhere("test").filter(compound=west).delete()
    with pytest.raises(RatingRefused, match="已冻结"):
        rate(period=PERIOD, now=LATE)
    assert grade_of(west).colour == "red"


def test_an_earlier_period_computed_later_changes_no_frozen_streak(rated, east):
    r.brought("drafted")
    rate(period="2026Q2", now=NOW)
    assert grade_of(east).streak_count == 1


def test_unfreezing_needs_a_reason_and_lets_the_registers_in_again(rated, west, officer):
    rating_round = r.brought("drafted")
    with pytest.raises(MoveRefused, match="理由"):
        life.unfreeze(rating_round, by=officer, now=NOW, why=" ")
    life.unfreeze(rating_round, by=officer, now=NOW, why="漏登一起警情")
    Incident.objects.everywhere("test").filter(compound=west).delete()
    assert rate(period=PERIOD, now=NOW).colours["green"] == 2
    assert [each.why for each in history(rating_round)] == ["", "漏登一起警情"]


@pytest.mark.parametrize("who", ["west_officer", "village_cadre", "planner", "auditor"])
def test_only_a_county_officer_freezes_and_moves_a_round(rated, who):
    by = getattr(cast, who)()
    with pytest.raises(PermissionDenied):
        life.freeze(period=PERIOD, by=by, now=NOW)
    rating_round = r.brought("drafted")
    with pytest.raises(PermissionDenied):
        life.ask_towns(rating_round, by=by, now=NOW)


def test_completeness_says_per_town_what_is_missing(rated, county, officer):
    cast.compound("无检查小区", 105.63, 37.49, cast.WEST_SOUTH)
    cast.compound("无户数小区", 105.64, 37.49, cast.WEST_SOUTH, household_count=None, **CHECKED)
    rating_round = r.brought("drafted")
    cast.compound("冻结后新增", 105.66, 37.49, cast.EAST_SOUTH, **CHECKED)
    first, second = completeness.completeness(rating_round, officer)
    assert (first.town.pk, first.count, first.graded_count, first.percent, first.is_enough) == (cast.WEST, 3, 1, 33, False)
    assert (first.without_fire_check, first.without_households, first.without_months) == (1, 1, 0)
    assert (second.town.pk, second.is_enough, second.added_count) == (cast.EAST, True, 1)
    assert [each.town.pk for each in completeness.completeness(rating_round, cast.east_officer())] == [cast.EAST]


# Town review


def test_a_proposal_needs_a_reason_a_file_and_another_colour(rated, west):
    by = cast.west_officer()
    r.brought("town_review")
    grade = grade_of(west)
    for colour, reason, upload, words in (
        ("red", "理由", registering.jpeg(), "不同"),
        ("purple", "理由", registering.jpeg(), "不同"),
        ("green", " ", registering.jpeg(), "理由"),
        ("green", "理由", None, "材料"),
        ("green", "电话 13812345678", registering.jpeg(), "个人号码"),
    ):
        with pytest.raises(ValueError, match=words):
            proposals.propose(grade, colour=colour, reason=reason, upload=upload, by=by, now=NOW)
    assert not GradeProposal.objects.everywhere("test").exists()


def test_a_town_proposes_for_its_own_compounds_only(rated, west, east):
    r.brought("town_review")
    for by in (cast.east_officer(), cast.village_cadre(), cast.planner(), User.objects.get(username="county")):
        with pytest.raises(PermissionDenied):
            propose(west, by)


def test_an_accepted_proposal_is_published_with_its_reason_and_a_declined_one_is_not(rated, west, east, officer):
    r.brought("town_review")
    yes, no = propose(west, cast.west_officer()), propose(east, cast.east_officer(), colour="red", reason="有隐患")
    proposals.decide(yes, "accepted", answer="属实", by=officer, now=NOW)
    proposals.decide(no, "declined", answer="没有依据", by=officer, now=NOW)
    assert [(grade_of(each).colour, grade_of(each).final_colour) for each in (west, east)] == [("red", "yellow"), ("green", "green")]
    rating_round = RatingRound.objects.get()
    life.approve(rating_round, by=r.officers()[1], now=NOW + 7 * DAY)
    life.open_objections(rating_round, by=officer, now=NOW + 7 * DAY)
    life.publish(period=PERIOD, by=officer, now=LATE)
    assert dict(PublishedGrade.objects.values_list("name", "colour")) == {"西苑小区": "yellow", "东苑小区": "green"}


def test_nobody_decides_the_own_proposal(rated, west):
    r.brought("town_review")
    made = propose(west, cast.west_officer())
    # An officer who was promoted since.
    User.objects.filter(username="west").update(role=User.Role.COUNTY_OFFICER, division=cast.COUNTY)
    with pytest.raises(MoveRefused, match="提出建议的人"):
        proposals.decide(made, "accepted", answer="好", by=User.objects.get(username="west"), now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        GradeProposal.objects.everywhere("test").update(state="accepted", answer="好", decided_at=NOW, decided_by=made.proposed_by)


def test_a_proposal_after_approval_is_refused(rated, west):
    r.brought("approved")
    with pytest.raises(RatingRefused, match="不是乡镇复核阶段"):
        propose(west, cast.west_officer())
    with pytest.raises(RatingRefused, match="不是乡镇复核阶段"):
        proposals.confirm(RatingRound.objects.get(), by=User.objects.get(username="west"), now=NOW)


def test_the_county_waits_for_towns_until_the_day_it_named(rated, west):
    rating_round, (_first, second) = r.brought("town_review"), r.officers()
    with pytest.raises(MoveRefused, match="西镇、东镇"):
        life.approve(rating_round, by=second, now=NOW + DAY)
    proposals.confirm(rating_round, by=cast.west_officer(), now=NOW)
    proposals.confirm(rating_round, by=cast.east_officer(), now=NOW)
    propose(west, User.objects.get(username="west"))
    with pytest.raises(MoveRefused, match="1条乡镇建议"):
        life.approve(rating_round, by=second, now=LATE)


def test_whoever_froze_does_not_approve(rated):
    rating_round, (first, second) = r.brought("town_review"), r.officers()
    with pytest.raises(MoveRefused, match="另一名县级民警"):
        life.approve(rating_round, by=first, now=LATE)
    life.approve(rating_round, by=second, now=LATE)
    with pytest.raises(IntegrityError), transaction.atomic():
        RatingRound.objects.update(approved_by=first)


def test_a_stale_page_moves_nothing_twice(rated):
    """Both opened the page before either pressed the button."""
    rating_round, (_first, second) = r.brought("town_review"), r.officers()
    theirs = RatingRound.objects.get(pk=rating_round.pk)
    life.approve(rating_round, by=second, now=LATE)
    with pytest.raises(MoveRefused):
        life.approve(theirs, by=third(), now=LATE)
    assert history(rating_round).filter(to_state="approved").count() == 1


# Objections


def test_the_notices_code_opens_one_objection_and_later_its_answer(rated, west):
    rating_round, town = r.brought("objection"), cast.west_officer()
    found, code = noticed(rating_round, west, town)
    assert noticed(rating_round, west, town)[1] == code
    assert code.replace("-", "") not in str(CompoundObjection.objects.everywhere("test").values())
    objections.file(found, text="警情重复", uploads=[registering.jpeg()], now=NOW + 9 * DAY)
    with pytest.raises(RatingRefused, match="已经提出"):
        objections.file(found, text="再来一次", uploads=(), now=NOW + 9 * DAY)
    with pytest.raises(MoveRefused, match="异议期到"):
        life.publish(period=PERIOD, by=third(), now=NOW + 10 * DAY)
    with pytest.raises(MoveRefused, match="1件异议没有答复"):
        life.publish(period=PERIOD, by=User.objects.get(username="county_third"), now=LATE)
    for by in r.officers():
        with pytest.raises(MoveRefused, match="由另一人"):
            objections.decide(found, "upheld", answer="属实", colour="green", by=by, now=NOW + 10 * DAY)
    objections.decide(found, "upheld", answer="属实", colour="green", by=User.objects.get(username="county_third"), now=NOW + 10 * DAY)
    again = objections.find(code.lower().replace("-", " "), address="1")
    assert (again.state, again.answer, again.files.count()) == ("upheld", "属实", 1)
    life.publish(period=PERIOD, by=r.officers()[1], now=LATE)
    assert PublishedGrade.objects.get(public_id=west.public_id).colour == "green"


def test_an_objection_after_the_window_or_an_upheld_one_without_a_colour_is_refused(rated, west):
    rating_round = r.brought("objection")
    found, _code = noticed(rating_round, west, cast.west_officer())
    with pytest.raises(RatingRefused, match="异议期已过"):
        objections.file(found, text="晚了", uploads=(), now=rating_round.objection_closes_at)
    with pytest.raises(RatingRefused, match="不在异议期"):
        objections.invite(rating_round, [grade_of(west)], by=r.officers()[0], now=LATE)
    objections.file(found, text="警情重复", uploads=(), now=NOW + 9 * DAY)
    with pytest.raises(RatingRefused, match="请选择等级"):
        objections.decide(found, "upheld", answer="属实", by=third(), now=NOW + 9 * DAY)
    assert CompoundObjection.objects.everywhere("test").get().state == "filed"


def test_wrong_codes_are_all_alike_and_soon_too_many(rated, west, client, monkeypatch):
    monkeypatch.setattr(objections, "WRONG_AT_MOST", 3)
    rating_round = r.brought("objection")
    _found, code = noticed(rating_round, west, cast.west_officer())
    said = [client.post("/objections/", {"code": wrong}) for wrong in ("ABCD-EFHJ-KMNP", "x", "１２")]
    assert {(each.status_code, each.context["error"]) for each in said} == {(422, "通知码不对，或已失效。请按通知书上的12位码输入。")}
    for _try in range(objections.WRONG_AT_MOST):
        last = client.post("/objections/", {"code": "ABCD-EFHJ-KMNP"})
    assert last.status_code == 429
    assert client.post("/objections/", {"code": code}).status_code == 429
    assert client.post("/objections/", {"code": code}, REMOTE_ADDR="10.9.9.9").status_code == 200


def test_a_round_sent_back_makes_its_notices_void(rated, west, officer):
    rating_round = r.brought("objection")
    _found, code = noticed(rating_round, west, cast.west_officer())
    life.send_back(rating_round, by=officer, now=NOW + 9 * DAY, why="标准用错")
    assert objections.find(code, address="1") is None
    assert (rating_round.approved_by, rating_round.objection_opens_at) == (None, None)


# Publication, corrections, withdrawal


def test_what_lies_ready_is_seen_by_nobody_and_is_what_gets_published(rated, west):
    rating_round = r.brought("objection")
    ready = publishing.stage(rating_round, now=NOW + 8 * DAY)
    assert PublishedGrade.objects.filter(publication=ready).count() == 2
    assert published.newest() is None and published.find(PERIOD, "0") is None
    done = life.publish(period=PERIOD, by=r.officers()[1], now=LATE)
    assert (done.pk, done.sha256, done.number) == (ready.pk, ready.sha256, 1)


def test_what_lies_ready_is_laid_anew_after_a_decision_or_a_removed_compound(rated, west, east):
    rating_round = r.brought("objection")
    publishing.stage(rating_round, now=NOW)
    corrections.decide(grade_of(west), colour="green", why="属实", by=third(), now=NOW + DAY)
    assert publishing.staged(rating_round) is None
    publishing.stage(rating_round, now=NOW + 2 * DAY)
    east.delete()
    assert publishing.staged(rating_round) is None
    assert completeness.gone_count(rating_round) == 1
    life.publish(period=PERIOD, by=r.officers()[1], now=LATE)
    assert dict(PublishedGrade.objects.values_list("name", "colour")) == {"西苑小区": "green"}


def test_an_upheld_appeal_corrects_one_compound_and_leaves_all_else_word_for_word(rated, west, east):
    before = r.publish()
    east.name = "改名小区"
    east.save()
    after = corrections.uphold(west.public_id, publication=before, colour="yellow", why="申诉属实", by=third(), now=LATE)
    assert (after.number, after.is_current, after.correction_reason) == (2, True, "申诉属实")
    assert dict(after.grades.values_list("name", "colour")) == {"西苑小区": "yellow", "东苑小区": "green"}
    assert grade_of(west).final_colour == "yellow"
    assert not Publication.objects.get(pk=before.pk).is_current


def test_an_appeal_is_not_decided_by_who_rated_and_nothing_stays_of_a_refused_one(rated, west):
    before = r.publish()
    for by in r.officers():
        with pytest.raises(RatingRefused, match="参与过本期评定"):
            corrections.uphold(west.public_id, publication=before, colour="yellow", why="属实", by=by, now=LATE)
    with pytest.raises(RatingRefused, match="县级民警"):
        corrections.uphold(west.public_id, publication=before, colour="yellow", why="属实", by=cast.west_officer(), now=LATE)
    assert grade_of(west).decided_colour is None
    assert Publication.objects.count() == 1


def test_a_withdrawn_period_says_so_and_stays_readable(rated, west, officer, client):
    corrections.withdraw(r.publish(), by=officer, reason="标准用错", now=LATE)
    assert published.newest() is None
    for address in (f"/?period={PERIOD}", f"/compounds/{west.public_id}/"):
        page = client.get(address).content.decode()
        assert "本次公布已撤回" in page and "标准用错" in page and "西苑小区" in page
    assert RatingRound.objects.get().state == "drafted"
    with pytest.raises(RatingRefused, match="已不是现行"):
        corrections.withdraw(Publication.objects.get(), by=officer, reason="再撤", now=LATE)


def test_publishing_is_the_countys_duty_reported_and_a_correction_is_no_second_one(rated, west):
    duty_rows.extend(now=NOW - 8 * DAY)
    r.publish(now=NOW - 7 * DAY)  # signed a day after the duty's last day
    duty = Duty.objects.everywhere("test").get(rule__kind="rating", occurs_on="2026-10-15")
    told = (duty.state, duty.done_by.username, duty.note)
    assert told == ("late", "county_second", "已公布2026Q3评定结果。")
    duties.take_back(duty, why="另行报告", by=duty.done_by, now=duty.done_at)
    r.reopen()
    Incident.objects.everywhere("test").filter(compound=west).delete()
    r.publish(now=NOW + 20 * DAY)
    duty.refresh_from_db()
    assert duty.state == "due"


def test_the_feed_tells_what_each_publication_changed(rated, west, east, officer):
    r.publish("2026Q2")
    later = r.publish(now=NOW + 2 * DAY)
    east.delete()
    corrected = corrections.uphold(west.public_id, publication=later, colour="green", why="属实", by=third(), now=LATE)
    newest, second, first = changes_feed.feed(using="default")
    assert (newest.publication, newest.against) == (corrected, later)
    assert [(each.name, each.before, each.after) for each in newest.changes] == [("西苑小区", "red", "green")]
    assert (second.publication, second.against.period) == (later, "2026Q2")
    assert (first.against, first.changes) == (None, ())


def test_a_publication_takes_few_statements_whatever_the_number_of_compounds(rated, django_assert_max_num_queries):
    rating_round, by = r.brought("objection"), r.officers()[1]
    publishing.stage(rating_round, now=NOW + timedelta(days=8))
    with django_assert_max_num_queries(26):
        life.publish(period=PERIOD, by=by, now=LATE)
