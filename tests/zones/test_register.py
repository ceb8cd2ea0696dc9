"""R15: an issue gets a number, an owner and a deadline, is mended with evidence, and is closed by a second person on the spot."""
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from geo import workflow
from geo.models import Division
from tests import cast
from tests.zones import registering as r
from zones import register
from zones.models import Issue, IssueCounter
from zones.register_places import Position
from zones.register_rules import Rules
from zones.register_words import RegisterRefused


def test_from_registration_to_closing_with_a_history(people, issue):
    r.assigned(issue, people["west"])
    r.reported(issue, people["cadre"])
    r.closed(issue, people["west"])
    issue.refresh_from_db()
    assert (issue.state, issue.closed_by, issue.fixed_by) == ("closed", people["west"], people["cadre"])
    assert issue.recheck_on == date(2026, 12, 16)
    told = [(each.from_state, each.to_state, each.decided_by.username) for each in workflow.history(issue)]
    assert told == [
        ("registered", "assigned", "west"),
        ("assigned", "rectifying", "cadre"),
        ("rectifying", "reported_fixed", "cadre"),
        ("reported_fixed", "closed", "west"),
    ]
    looked = issue.checks.get()
    assert looked.accuracy_m == 12 and looked.distance_m == pytest.approx(14.2, abs=0.3)


def test_the_number_is_the_towns_by_year_and_without_gaps(people):
    first, second = (r.issue(people["cadre"]) for _ in range(2))
    with pytest.raises(IntegrityError), transaction.atomic():
        r.issue(people["cadre"])
        raise IntegrityError
    third = r.issue(people["west"])
    other = r.issue(people["east"], spot=(105.68, 37.48))
    later = r.issue(people["cadre"], now=r.NOW + timedelta(days=60))
    assert [each.number for each in (first, second, third, other, later)] == [
        "西镇挂〔2026〕1号", "西镇挂〔2026〕2号", "西镇挂〔2026〕3号", "东镇挂〔2026〕1号", "西镇挂〔2027〕1号",
    ]  # fmt: skip


def test_numbers_are_not_deleted(issue):
    with pytest.raises(Exception, match="Cannot delete|permission denied"), transaction.atomic():
        Issue.objects.everywhere("a test").filter(pk=issue.pk).delete()
    assert IssueCounter.objects.get(year=2026).last == 1


@pytest.mark.parametrize(
    ("category", "unit", "due_on"),
    [
        ("fire_passage", cast.WEST_SOUTH, "2026-11-20"),  # two working days after a Wednesday
        ("facility_lamp", cast.WEST, "2026-11-25"),  # five, over a weekend
        ("hazard_camera", cast.COUNTY, "2026-11-25"),
    ],
)
def test_category_decides_deadline_and_unit_of_the_territory(people, category, unit, due_on):
    made = r.issue(people["cadre"], category=category)
    assert (made.unit_id, made.due_on.isoformat(), made.division_id) == (unit, due_on, cast.WEST_SOUTH)


def test_the_fixer_does_not_verify(people, issue):
    """A town's officer who mended it for the village needs another one to close it."""
    r.assigned(issue, people["west"])
    r.reported(issue, people["west"])
    with pytest.raises(workflow.MoveRefused, match="由另一人核查"):
        r.closed(issue, people["west"])
    with pytest.raises(workflow.MoveRefused, match="由另一人核查"):
        register.move(issue, "rectifying", by=people["west"], now=r.NOW + 3 * r.HOUR, why="再看")
    register.move(issue, "rectifying", by=people["second"], now=r.NOW + 3 * r.HOUR, why="没有清完")
    register.report_fixed(issue, why="已清完", photos=[r.jpeg()], by=people["cadre"], now=r.NOW + 4 * r.HOUR)
    with pytest.raises(workflow.MoveRefused, match="由另一人核查"):  # also who reported an earlier round
        r.closed(issue, people["west"], now=r.NOW + 5 * r.HOUR)
    r.closed(issue, people["second"], now=r.NOW + 5 * r.HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.everywhere("a test").filter(pk=issue.pk).update(closed_by=people["cadre"])


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (None, "到现场定位核查，或上传核查照片"),
        (Position(105.63, 37.48, 10), "离问题位置约882米，超过100米"),
        (Position(105.62, 37.48, 300), "定位精度300米，超过50米"),
    ],
)
def test_the_verifier_is_on_the_spot_or_gives_photos(people, issue, position, reason):
    r.assigned(issue, people["west"])
    r.reported(issue, people["cadre"])
    with pytest.raises(workflow.MoveRefused, match=reason):
        register.close(issue, position=position, by=people["west"], now=r.NOW + 3 * r.HOUR)
    assert not issue.checks.exists()
    register.close(issue, position=position, photos=[r.jpeg()], by=people["west"], now=r.NOW + 4 * r.HOUR)
    assert issue.photos.filter(stage="check").count() == 1


def test_fixed_needs_a_picture_and_words(people, issue):
    r.assigned(issue, people["west"])
    register.move(issue, "rectifying", by=people["cadre"], now=r.NOW)
    with pytest.raises(workflow.MoveRefused, match="整改后的照片"):
        register.report_fixed(issue, why="已清理", by=people["cadre"], now=r.NOW)
    with pytest.raises(RegisterRefused, match="请填写整改情况"):
        register.report_fixed(issue, why=" ", photos=[r.jpeg()], by=people["cadre"], now=r.NOW)
    assert not issue.photos.exists()


def test_each_step_belongs_to_its_own_people(people, issue):
    for who in ("east", "north", "auditor", "planner"):
        with pytest.raises(PermissionDenied):
            r.assigned(issue, people[who], unit=people[who].division_id if who in ("east", "north") else cast.WEST_SOUTH)
    r.assigned(issue, people["cadre"])  # a small matter stays in the village
    for who in ("county", "east", "north", "planner"):
        with pytest.raises(PermissionDenied):
            register.move(issue, "rectifying", by=people[who], now=r.NOW)
    r.reported(issue, people["cadre"])
    for who in ("cadre", "north", "east", "planner", "auditor"):
        with pytest.raises(PermissionDenied):
            r.closed(issue, people[who])
    r.closed(issue, people["county"])


def test_a_deadline_in_the_past_and_a_foreign_unit_are_refused(people, issue):
    with pytest.raises(RegisterRefused, match="不能早于今天"):
        r.assigned(issue, people["west"], due_on=date(2026, 11, 17))
    with pytest.raises(RegisterRefused, match="责任单位应在您的辖区内"):
        r.assigned(issue, people["west"], unit=cast.EAST_SOUTH)
    r.assigned(issue, people["west"], unit=cast.COUNTY, due_on=date(2026, 11, 18))
    assert issue.level == "county"


def test_place_outside_the_own_territory_is_refused(people):
    with pytest.raises(RegisterRefused, match="不在您的辖区内"):
        r.issue(people["east"])
    with pytest.raises(RegisterRefused, match="不在任何行政区划内"):
        r.issue(people["county"], spot=(110, 30))
    with pytest.raises(RegisterRefused, match="个人号码"):
        r.issue(people["cadre"], text="联系13812345678")


def test_the_same_form_twice_is_one_issue(people):
    first, again = (r.issue(people["cadre"], key="0b2d") for _ in range(2))
    assert first.pk == again.pk and IssueCounter.objects.get().last == 1


def test_relapse_comes_back_with_a_new_deadline_and_is_counted(people, issue):
    r.assigned(issue, people["west"])
    r.reported(issue, people["cadre"])
    r.closed(issue, people["west"])
    later = r.NOW + timedelta(days=28)
    with pytest.raises(workflow.MoveRefused, match="理由"):
        register.reopen(issue, why="", by=people["west"], now=later)
    register.reopen(issue, why="又堆满了", by=people["west"], now=later)
    issue.refresh_from_db()
    assert (issue.state, issue.relapse_count, issue.due_on) == ("assigned", 1, date(2026, 12, 18))
    assert (issue.closed_at, issue.fixed_by) == (None, None)


def test_other_territory_does_not_see_it_until_it_is_shared(people, issue):
    seen = lambda who: Issue.objects.visible_to(people[who]).filter(pk=issue.pk).exists()  # noqa: E731
    assert [seen(who) for who in ("county", "west", "cadre", "planner", "east", "north", "auditor")] == [True] * 4 + [False] * 3
    assert issue.reader_codes == ["64", "6405", "640521", cast.WEST, cast.WEST_SOUTH]


def test_working_days_skip_holidays_and_take_worked_weekends(db):
    days = Rules(date(2026, 9, 1)).work_days
    assert days.after(date(2026, 9, 30), 1) == date(2026, 10, 8)  # National Day 1-7 October
    assert days.after(date(2026, 9, 18), 1) == date(2026, 9, 20)  # a worked Sunday
    assert days.after(date(2026, 2, 13), 2) == date(2026, 2, 24)  # a worked Saturday, then nine days of Spring Festival
    assert days.knows(date(2026, 1, 1)) and not days.knows(date(2027, 1, 1))


def test_the_closing_statement_is_one_conditional_update(people, issue, django_assert_max_num_queries):
    """The engine's UPDATE names the state that the person saw."""
    r.assigned(issue, people["west"])
    r.reported(issue, people["cadre"])
    with django_assert_max_num_queries(40):
        r.closed(issue, people["west"])
    stale = Issue.objects.everywhere("as another page still has it").get(pk=issue.pk)
    stale.state, stale.fixed_at = "reported_fixed", issue.fixed_at
    with pytest.raises(workflow.MoveRefused, match="别人刚刚办理过"):
        r.closed(stale, people["second"], now=r.NOW + 4 * r.HOUR)
    assert issue.checks.count() == 1 and connection.in_atomic_block
    assert Division.objects.get(pk=cast.WEST).name == "西镇"
