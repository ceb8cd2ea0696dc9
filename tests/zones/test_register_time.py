"""What time and other people do to issues: escalation, rechecks, notices, the daily mail."""
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from geo import workflow
from geo.models import Division
from tests import cast
from tests.zones import registering as r
from zones import digests, escalation, register, register_changes
from zones.models import Issue, Notice, NoticeSetting
from zones.register_words import RegisterRefused


def there(issue: Issue) -> Issue:
    return Issue.objects.everywhere("a test").get(pk=issue.pk)


def told(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("user__username", flat=True))


def test_overdue_rises_from_village_to_town_to_county_once_each(people, issue):
    r.assigned(issue, people["cadre"], due_on=date(2026, 11, 20))
    at = lambda days: r.NOW + timedelta(days=2 + days)  # noqa: E731  days after the deadline
    levels = []
    for days in (0, 2, 3, 3, 6, 7, 7, 30):
        escalation.escalate(now=at(days))
        levels.append(there(issue).level)
    assert levels == ["village", "village", "town", "town", "town", "county", "county", "county"]
    assert list(issue.notes.filter(kind="escalated").values_list("text", flat=True)) == [
        "逾期3天，由乡镇督办。", "逾期7天，由县督办。",
    ]  # fmt: skip
    assert told("escalated") == {"west", "west_second", "county", "cadre"}
    # Whoever is below the level in charge no longer assigns or closes.
    r.reported(there(issue), people["cadre"], now=at(30))
    with pytest.raises(PermissionDenied):
        r.closed(there(issue), people["west"], now=at(31))
    r.closed(there(issue), people["county"], now=at(31))


def test_what_is_reported_fixed_or_in_time_does_not_rise(people, issue):
    r.assigned(issue, people["cadre"], due_on=date(2026, 11, 20))
    r.reported(issue, people["cadre"])
    assert escalation.escalate(now=r.NOW + timedelta(days=40)) == 0


def test_a_new_deadline_counts_from_itself_and_is_noted_with_its_reason(people, issue):
    r.assigned(issue, people["west"], due_on=date(2026, 11, 20))
    with pytest.raises(RegisterRefused, match="不能早于今天"):
        register_changes.set_deadline(issue, date(2026, 11, 17), why="材料未到", by=people["west"], now=r.NOW)
    with pytest.raises(PermissionDenied):
        register_changes.set_deadline(issue, date(2026, 12, 1), why="材料未到", by=people["east"], now=r.NOW)
    register_changes.set_deadline(issue, date(2026, 12, 1), why="材料未到", by=people["west"], now=r.NOW)
    assert issue.notes.get().text == "2026-11-20 → 2026-12-01：材料未到" and told("deadline") == {"cadre"}
    assert escalation.escalate(now=r.NOW + timedelta(days=10)) == 0


def test_the_level_does_not_sink_when_the_unit_changes(people, issue):
    r.assigned(issue, people["west"], due_on=date(2026, 11, 20))
    escalation.escalate(now=r.NOW + timedelta(days=6))
    town = Division.objects.get(pk=cast.WEST)
    register_changes.set_unit(there(issue), town, why="村里办不了", by=people["west"], now=r.NOW + timedelta(days=6))
    register_changes.set_unit(
        there(issue), Division.objects.get(pk=cast.WEST_SOUTH), why="退回", by=people["west"], now=r.NOW + timedelta(days=6)
    )
    assert (there(issue).level, there(issue).unit_id) == ("town", cast.WEST_SOUTH)


def test_rechecks_are_told_once_and_done_by_another_person_on_the_spot(people, issue):
    r.closed(r.reported(r.assigned(issue, people["west"]), people["cadre"]), people["west"])
    due = r.NOW + timedelta(days=28)
    assert escalation.remind_of_rechecks(now=due - timedelta(days=1)) == 0
    assert [escalation.remind_of_rechecks(now=due) for _ in range(2)] == [1, 0]
    assert told("recheck") == {"west", "west_second"}
    with pytest.raises(PermissionDenied):
        register_changes.recheck(there(issue), position=r.HERE, by=people["cadre"], now=due)
    with pytest.raises(RegisterRefused, match="到现场"):
        register_changes.recheck(there(issue), by=people["west"], now=due)
    register_changes.recheck(there(issue), position=r.HERE, by=people["west"], now=due)
    assert there(issue).recheck_on is None and issue.checks.filter(is_recheck=True).count() == 1
    with pytest.raises(RegisterRefused, match="不需要回查"):
        register_changes.recheck(there(issue), position=r.HERE, by=people["west"], now=due)
    # An old check closes nothing after a relapse.
    register.reopen(there(issue), why="复发", by=people["west"], now=due)
    r.reported(there(issue), people["cadre"], now=due)
    with pytest.raises(workflow.MoveRefused, match="到现场"):
        register.close(there(issue), by=people["west"], now=due + 3 * r.HOUR)


def test_each_step_tells_whose_turn_it_is_and_not_the_one_who_did_it(people, issue):
    assert told("registered") == set()  # the only person of the village registered it
    r.assigned(issue, people["west"])
    assert told("assigned") == {"cadre"}
    register_changes.watch(issue, by=people["county"])
    r.reported(issue, people["cadre"])
    assert told("reported_fixed") == {"west", "west_second", "county"}
    register.move(issue, "rectifying", why="没有清完", by=people["second"], now=r.NOW + 3 * r.HOUR)
    assert told("sent_back") == {"cadre", "county"}


def test_a_watcher_who_has_lost_the_territory_is_not_told(people, issue):
    register_changes.watch(issue, by=people["second"])
    people["second"].division_id = cast.EAST
    people["second"].save()
    register_changes.comment(issue, "请抓紧", by=people["cadre"], now=r.NOW)
    assert told("commented") == set()


def test_related_issues_are_linked_both_ways_and_once(people, issue):
    other = r.issue(people["west"], spot=(105.621, 37.481))
    register_changes.link(other, issue, "duplicate", by=people["west"], now=r.NOW)
    register_changes.link(issue, other, "related", by=people["west"], now=r.NOW)
    assert [each.notes.filter(kind="related").count() for each in (issue, other)] == [1, 1]
    with pytest.raises(PermissionDenied):
        register_changes.link(issue, r.issue(people["east"], spot=(105.68, 37.48)), "related", by=people["west"], now=r.NOW)


def test_promise_17_the_daily_mail_holds_counts_and_nothing_else(people, issue, settings):
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "mail.invalid", "django.core.mail.backends.locmem.EmailBackend"
    NoticeSetting.objects.create(user=people["west"], email="west@county.example")
    register_changes.watch(issue, by=people["west"])
    register_changes.comment(issue, "请抓紧", by=people["cadre"], now=r.NOW)
    assert [digests.send(now=r.NOW) for _ in range(2)] == [1, 0]
    sent = mail.outbox[0]
    assert sent.to == ["west@county.example"] and "有新留言：1" in sent.body
    for secret in ("西镇", "挂〔", "楼道", "请抓紧", "105.6", "cadre"):
        assert secret not in sent.body + sent.subject
    settings.EMAIL_HOST = ""
    assert digests.send(now=r.NOW + timedelta(days=1)) == 0
