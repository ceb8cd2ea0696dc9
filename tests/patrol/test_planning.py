"""Who plans, moves, copies and cancels shifts, and what is refused with which words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from geo.coords import gauss_kruger_epsg, to_plane
from geo.editing.shapes import to_shapely
from geo.models import BasemapFeature
from patrol import copying, planning, routes, shift_history, teaming
from patrol import plan_reading as reading
from patrol.models import Beat, Membership, Shift, ShiftKept, Team
from patrol.planning import PlanRefused, Stale, seen
from patrol.roster import WEEK, Fault
from tests import cast
from tests.patrol.conftest import FORMED, MONDAY, NOW, at, team

pytestmark = pytest.mark.django_db


def planned(team, by, start: float, hours: float = 8, *crew, day: int = 0, **fields) -> Shift:
    given = {"kind": "motor", "needed_count": 2, "now": NOW, **fields}
    return planning.plan(team, starts_at=at(start, day), ends_at=at(start, day) + timedelta(hours=hours), crew=crew, by=by, **given)


def shifts():
    return Shift.objects.everywhere("a test")


def crew_of(shift: Shift) -> set[str]:
    return set(shift.crew.values_list("user__username", flat=True))


def test_town_officer_plans_a_shift_with_its_crew(west_team, west_officer, members):
    made = planned(west_team, west_officer, 8, 8, *members[:2])
    assert (made.division_id, made.created_by, crew_of(made)) == (cast.WEST, west_officer, {"patrol_west_1", "patrol_west_2"})


@pytest.mark.parametrize("who", [cast.east_officer, cast.village_cadre, cast.planner, cast.auditor])
def test_nobody_else_plans_for_the_team(west_team, who):
    with pytest.raises(PermissionDenied):
        planned(west_team, who(), 8)
    assert not shifts().exists()


def test_county_officer_plans_for_every_town(west_team, county):
    assert planned(west_team, cast.county_officer(), 8).pk


def test_the_same_person_twice_at_once_is_refused_and_the_other_shift_named(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, members[0])
    with pytest.raises(PlanRefused, match="patrol_west_1（西镇巡防队 11-23 08:00–16:00）"):
        planned(west_team, west_officer, 15, 8, members[0], members[1])
    assert shifts().count() == 1


def test_a_shift_of_another_territory_is_not_told_by_name(west_team, west_officer, members):
    by = cast.county_officer()
    other = team(by, "县交警队", kind="traffic")
    teaming.join(other, members[0], joined_on=FORMED, is_leader=False, by=by)
    planned(other, by, 8, 8, members[0])
    with pytest.raises(PlanRefused, match="其他单位的班次") as refused:
        planned(west_team, west_officer, 8, 8, members[0])
    assert "县交警队" not in str(refused.value)


def test_short_rest_is_allowed_and_shown(west_team, west_officer, members):
    first = planned(west_team, west_officer, 8, 8, members[0], needed_count=1)
    second = planned(west_team, west_officer, 20, 8, members[0], needed_count=1)
    [fault], known = reading.judged([first, second], week=MONDAY)
    assert (fault.fault, fault.amount) == (Fault.REST, 4.0)
    text = reading.sentence(fault, known, {members[0].pk: members[0].username}, reading.limits(MONDAY), west_officer)
    assert "只休息4小时，少于11小时" in text and "11-23 20:00–11-24 04:00" in text


def test_a_fault_with_a_shift_of_the_week_before_is_shown(west_team, west_officer, members):
    planned(west_team, west_officer, 20, 8, members[0], day=-1)
    shown = planned(west_team, west_officer, 8, 8, members[0], needed_count=1)
    assert [each.fault for each in reading.judged([shown], week=MONDAY)[0]] == [Fault.REST]


def test_somebody_who_is_no_member_is_refused_and_one_who_left_is_shown(west_team, west_officer, members):
    stranger = cast.user("patrol_other", "patrol_member", cast.WEST)
    with pytest.raises(PlanRefused, match="patrol_other 在 2026-11-23 不是西镇巡防队的在册队员"):
        planned(west_team, west_officer, 8, 8, stranger)
    made = planned(west_team, west_officer, 8, 8, members[0], needed_count=1)
    teaming.leave(Membership.objects.get(user=members[0]), left_on=MONDAY, by=west_officer)
    assert [each.fault for each in reading.judged([made], week=MONDAY)[0]] == [Fault.NOT_MEMBER]


def test_move_keeps_the_crew(west_team, west_officer, members):
    made = planned(west_team, west_officer, 8, 8, members[0])
    moved = planning.move(made, starts_at=at(12), ends_at=at(20), seen=seen(made), by=west_officer, now=NOW)
    assert (moved.starts_at, crew_of(moved)) == (at(12), {"patrol_west_1"})


def test_a_move_onto_another_shift_of_a_person_is_refused(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, members[0])
    late = planned(west_team, west_officer, 16, 8, members[0])
    with pytest.raises(PlanRefused, match="同一个人不能同时在两个班次"):
        planning.move(late, starts_at=at(12), ends_at=at(20), seen=seen(late), by=west_officer, now=NOW)
    late.refresh_from_db()
    assert late.starts_at == at(16)


def test_a_shift_that_somebody_changed_meanwhile_is_refused_with_both_versions(west_team, west_officer, members):
    made = planned(west_team, west_officer, 8, 8, members[0])
    shown = seen(made)
    planning.set_crew(made, crew=members[1:2], seen=shown, by=west_officer, now=NOW)
    with pytest.raises(Stale) as refused:
        planning.move(made, starts_at=at(12), ends_at=at(20), seen=shown, by=west_officer, now=NOW)
    assert "您看到的：11-23 08:00–16:00，应到2人，patrol_west_1" in str(refused.value)
    assert "现在是：11-23 08:00–16:00，应到2人，patrol_west_2" in str(refused.value)


@pytest.mark.parametrize("shown", ["", "[]", "{}", "nonsense", "null", '{"crew": "x"}'])
def test_a_write_that_does_not_say_what_was_shown_is_refused(west_team, west_officer, shown):
    made = planned(west_team, west_officer, 8)
    with pytest.raises(Stale):
        planning.cancel(made, seen=shown, by=west_officer, now=NOW)


def test_cancelled_is_kept_and_not_changed_any_more(west_team, west_officer):
    made = planned(west_team, west_officer, 8)
    done = planning.cancel(made, seen=seen(made), by=west_officer, now=NOW)
    assert (done.cancelled_at, done.cancelled_by) == (NOW, west_officer)
    with pytest.raises(PlanRefused, match="已经取消"):
        planning.move(done, starts_at=at(12), ends_at=at(20), seen=seen(done), by=west_officer, now=NOW)


def test_a_cancelled_shift_frees_its_people(west_team, west_officer, members):
    made = planned(west_team, west_officer, 8, 8, members[0])
    planning.cancel(made, seen=seen(made), by=west_officer, now=NOW)
    assert planned(west_team, west_officer, 8, 8, members[0]).pk


def test_what_has_begun_is_neither_moved_nor_cancelled_but_its_people_may_change(west_team, west_officer, members):
    made = planned(west_team, west_officer, 8, 8, members[0])
    during = at(10)
    for verb, times in ((planning.move, {"starts_at": at(12), "ends_at": at(20)}), (planning.cancel, {})):
        with pytest.raises(PlanRefused, match="已经开始"):
            verb(made, seen=seen(made), by=west_officer, now=during, **times)
    assert crew_of(planning.set_crew(made, crew=[members[1]], seen=seen(made), by=west_officer, now=during)) == {"patrol_west_2"}
    with pytest.raises(PlanRefused, match="已经结束"):
        planning.set_crew(made, crew=[], seen=seen(Shift.objects.everywhere("a test").get()), by=west_officer, now=at(17))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hours": 0.25}, "最短半小时"),
        ({"hours": 25}, "最长24小时"),
        ({"start": 0, "day": -7}, "已经过去"),
        ({"needed_count": 0}, "应到人数"),
        ({"kind": "kiosk"}, "岗亭值守要选岗亭"),
        ({"note": "电话13812345678"}, "13812345678"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_in_words(west_team, west_officer, fields, words):
    with pytest.raises(PlanRefused, match=words):
        planned(west_team, west_officer, **{"start": 8, **fields})


def test_kiosk_duty_is_at_a_kiosk_of_the_own_territory(west_team, west_officer):
    kiosk = cast.station("一号岗亭", "kiosk", 105.62, 37.48, cast.WEST_SOUTH)
    assert planned(west_team, west_officer, 8, kind="kiosk", station=kiosk).station == kiosk
    for name, kind, lon, code in (("东岗亭", "kiosk", 105.68, cast.EAST_SOUTH), ("警务室", "police_room", 105.62, cast.WEST_SOUTH)):
        with pytest.raises(PlanRefused, match=name):
            planned(west_team, west_officer, 8, kind="kiosk", station=cast.station(name, kind, lon, 37.48, code))


def test_the_same_shift_twice_is_refused(west_team, west_officer):
    planned(west_team, west_officer, 8)
    with pytest.raises(PlanRefused, match="已有同样的班次"):
        planned(west_team, west_officer, 8)


def test_a_dissolved_team_plans_nothing(west_team, west_officer):
    gone = teaming.change_team(west_team, name="西镇巡防队", is_round_the_clock=True, dissolved_on=MONDAY, by=west_officer)
    with pytest.raises(PlanRefused, match="已经撤销"):
        planned(gone, west_officer, 8)


# A week to the next


def copied(team, by, **fields) -> copying.Draft:
    return copying.draft(team, week=MONDAY, by=by, now=NOW, **fields)


def test_a_week_is_copied_once_however_often_it_is_asked_for(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, *members[:2])
    planned(west_team, west_officer, 22, 8, members[2], day=6)
    found = copied(west_team, west_officer)
    made = copying.copy_week(west_team, week=MONDAY, digest=found.digest, by=west_officer, now=NOW)
    assert [(each.starts_at, crew_of(each)) for each in made] == [
        (at(8) + WEEK, {"patrol_west_1", "patrol_west_2"}),
        (at(22, 6) + WEEK, {"patrol_west_3"}),
    ]
    again = copied(west_team, west_officer)
    assert [each.skipped for each in again.copies] == ["下周已有同样的班次"] * 2
    with pytest.raises(PlanRefused, match="没有可以复制"):
        copying.copy_week(west_team, week=MONDAY, digest=again.digest, by=west_officer, now=NOW)
    assert shifts().count() == 4


def test_who_is_elsewhere_or_has_left_does_not_come_with_the_copy(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, *members[:2])
    planned(west_team, west_officer, 10, 4, members[0], day=7)
    teaming.leave(Membership.objects.get(user=members[1]), left_on=date(2026, 11, 28), by=west_officer)
    [one] = copied(west_team, west_officer).copies
    assert {(user.username, why) for user, why in one.left_out} == {
        ("patrol_west_1", "那时已在另一个班次"),
        ("patrol_west_2", "那天不是本队队员"),
    }
    assert any("还差2人" in text for text in copied(west_team, west_officer).faults)


def test_the_rest_that_a_copy_would_shorten_is_told_before(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, members[0], needed_count=1)
    planned(west_team, west_officer, 20, 8, members[0], day=6, needed_count=1)
    [text] = copied(west_team, west_officer).faults
    assert "只休息4小时" in text and "11-29 20:00–11-30 04:00" in text and "11-30 08:00–16:00" in text


def test_a_copy_after_the_plan_changed_is_refused(west_team, west_officer, members):
    planned(west_team, west_officer, 8, 8, members[0])
    found = copied(west_team, west_officer)
    planned(west_team, west_officer, 8, 8, members[1], day=1)
    with pytest.raises(Stale, match="预览之后"):
        copying.copy_week(west_team, week=MONDAY, digest=found.digest, by=west_officer, now=NOW)


# Teams and templates


def test_members_are_dated_and_may_come_back(west_team, west_officer, members):
    first = Membership.objects.get(user=members[0])
    with pytest.raises(PlanRefused, match="已是队员"):
        teaming.join(west_team, members[0], joined_on=MONDAY, is_leader=False, by=west_officer)
    teaming.leave(first, left_on=MONDAY, by=west_officer)
    teaming.join(west_team, members[0], joined_on=MONDAY, is_leader=False, by=west_officer)
    assert list(reading.members_on(west_team, MONDAY)) == members
    with pytest.raises(PlanRefused, match="晚于加入日期"):
        teaming.leave(Membership.objects.get(user=members[0], left_on=None), left_on=MONDAY, by=west_officer)


def test_only_accounts_of_the_territory_that_patrol_become_members(west_team, west_officer):
    for stranger in (cast.user("east_patrol", "patrol_member", cast.EAST), cast.planner()):
        with pytest.raises(PlanRefused, match="不能加入"):
            teaming.join(west_team, stranger, joined_on=MONDAY, is_leader=False, by=west_officer)


def test_two_teams_of_a_unit_have_two_names(west_team, west_officer):
    with pytest.raises(PlanRefused, match="已有名为"):
        team(west_officer)
    assert Team.objects.everywhere("a test").count() == 1


def test_a_team_with_shifts_ahead_is_not_dissolved(west_team, west_officer):
    planned(west_team, west_officer, 8)
    with pytest.raises(PlanRefused, match="先取消这些班次"):
        teaming.change_team(west_team, name="x", is_round_the_clock=True, dissolved_on=MONDAY, by=west_officer)


def test_a_town_uses_the_countys_templates_and_not_the_other_towns(west_team, west_officer, east_officer, county):
    values = {"kind": "motor", "starts_at": "08:00", "minute_count": 480, "crew_count": 2, "is_active": True}
    for by in (cast.county_officer(), west_officer, east_officer):
        teaming.make_template(division=by.division, name=f"早班 {by.username}", by=by, **values)
    assert {each.name for each in reading.usable_templates(west_team)} == {"早班 county", "早班 west"}


# Routes


def street(name: str, *points: tuple[float, float], kind: str = "street") -> None:
    line = routes.to_geos(shapely.LineString(points))
    BasemapFeature.objects.create(kind=kind, name=name, geom=line, is_schematic=True, source="test")


def test_a_route_follows_the_streets_inside_the_town_with_a_corridor_in_metres(west_officer):
    street("解放街", (105.61, 37.48), (105.63, 37.48))
    street("和平路", (105.63, 37.48), (105.69, 37.48), kind="main_road")
    made = routes.make_route(
        name="中心路线", division=west_officer.division, street_names=["解放街", "和平路"], weekly_visit_target=7, by=west_officer, now=NOW
    )
    beat = Beat.objects.everywhere("a test").get(pk=made.pk)
    assert (beat.kind, beat.weekly_visit_target, beat.division_id[:9]) == ("route", 7, cast.WEST)
    assert routes.length_m(to_shapely(beat.route)) == pytest.approx(0.04 * 88_300, rel=0.01)
    outline = to_shapely(beat.geom)
    assert outline.bounds[2] <= 105.65 + 1e-9
    [plane] = to_plane([outline], gauss_kruger_epsg(105.6))
    assert plane.area == pytest.approx(0.04 * 88_300 * 50, rel=0.02)


def test_streets_of_another_town_are_refused(west_officer):
    street("东街", (105.66, 37.48), (105.68, 37.48))
    with pytest.raises(PlanRefused, match="没有这些街道：东街"):
        routes.make_route(
            name="x", division=west_officer.division, street_names=["东街"], weekly_visit_target=None, by=west_officer, now=NOW
        )


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_the_same_moment_cannot_put_one_person_in_two_places(west_team, west_officer, members):
    def one(hour: float) -> str:
        try:
            planned(west_team, west_officer, hour, 8, members[0])
            return "planned"
        except PlanRefused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(one, (8, 12)), key=len)
    assert told[0] == "planned" and "不能同时" in told[1]


def test_every_change_of_a_shift_is_told_with_who_when_and_what(client, west_team, west_officer, members):
    later = lambda minutes: {"by": west_officer, "now": NOW + timedelta(minutes=minutes)}  # noqa: E731
    made = planned(west_team, west_officer, 8, 8, *members[:2])
    planning.move(made, starts_at=at(9), ends_at=at(17), seen=seen(made), **later(1))
    made.refresh_from_db()
    planning.set_crew(made, crew=[members[0], members[2]], seen=seen(made), **later(2))
    planning.change(made, needed_count=3, note="守北门", seen=seen(made), **later(3))
    made.refresh_from_db()
    planning.cancel(made, seen=seen(made), **later(4))
    made.refresh_from_db()
    told = shift_history.entries(made)
    assert [(each.how, each.who, each.at - NOW) for each in told] == [
        (how, "west", timedelta(minutes=n)) for n, how in reversed(list(enumerate(("plan", "move", "crew", "change", "cancel"))))
    ]
    words = [[(change.label, change.old, change.new) for change in each.changes] for each in told]
    assert words == [
        [],
        [("应到人数", "2", "3"), ("备注", "空", "守北门")],
        [("当班人员", "patrol_west_1、patrol_west_2", "patrol_west_1、patrol_west_3")],
        [("时间", "11-23 08:00–16:00", "11-23 09:00–17:00")],
        [("当班人员", "没有人", "patrol_west_1、patrol_west_2")],
    ]
    client.force_login(west_officer)
    page = client.get(reverse("shift", args=[made.pk])).content.decode()
    assert page.index("取消") < page.index("换人") and "守北门" in page
    with pytest.raises(DatabaseError), transaction.atomic():
        ShiftKept.objects.update(note="改了")
