"""Who is out, who should be, and who may know it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from patrol import duty_room, fulfilment, shift_reports, timelines, units
from patrol.models import PatrolEvent, Shift, TrackChunk
from tests import cast
from tests.patrol import patrolling as p
from tests.patrol.patrolling import HOUR, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def west():
    cast.territory()
    officer, walker = cast.west_officer(), p.member()
    return officer, walker, p.device(walker), p.team()


def test_county_officer_sees_whose_phone_fell_silent(west):
    officer, walker, phone, _team = west
    p.patrol(walker, phone, last_contact_at=NOW - timedelta(minutes=20))
    [out] = duty_room.out_now(officer, now=NOW)
    assert (out.state, out.contact_age) == ("quiet", timedelta(minutes=20))


def test_a_pause_is_told_from_silence(west):
    officer, walker, phone, _team = west
    one = p.patrol(walker, phone)
    PatrolEvent.objects.create(patrol=one, kind="paused", at=NOW - HOUR)
    assert [out.state for out in duty_room.out_now(officer, now=NOW)] == ["paused"]
    PatrolEvent.objects.create(patrol=one, kind="resumed", at=NOW - timedelta(minutes=5))
    assert [out.state for out in duty_room.out_now(officer, now=NOW)] == ["out"]


def test_a_shift_nobody_began_is_late_after_the_grace(west):
    officer, _walker, _phone, team = west
    late = p.shift(team, officer, start=NOW - HOUR)
    fresh = p.shift(team, officer, start=NOW - timedelta(minutes=10))
    soon = p.shift(team, officer, start=NOW + HOUR)
    p.shift(team, officer, start=NOW + 5 * HOUR)
    found = {each.shift.pk: each.is_late for each in duty_room.not_started(officer, now=NOW)}
    assert found == {late.pk: True, fresh.pk: False, soon.pk: False}


def test_a_shift_with_a_patrol_is_not_waited_for(west):
    officer, walker, phone, team = west
    p.patrol(walker, phone, own_shift=p.shift(team, officer))
    assert duty_room.not_started(officer, now=NOW) == []


def test_another_towns_officer_sees_nobody_of_ours(west):
    _officer, walker, phone, _team = west
    p.patrol(walker, phone)
    assert duty_room.out_now(cast.east_officer(), now=NOW) == []


def test_only_officers_get_names_and_positions(west, client):
    officer, walker, phone, _team = west
    p.patrol(walker, phone)
    client.force_login(officer)
    assert "walker" in client.get(reverse("duty_room")).content.decode()
    for other in (cast.planner(), cast.user("second", "patrol_member", cast.WEST)):
        client.force_login(other)
        for part in ("", "?part=1"):
            text = client.get(reverse("duty_room") + part).content.decode()
            assert "walker" not in text and "37.48" not in text and "room-positions" not in text
            assert "西镇" in text


def test_the_refreshed_part_is_no_whole_page(west, client):
    client.force_login(west[0])
    response = client.get(reverse("duty_room") + "?part=1")
    assert "<html" not in response.content.decode() and response.headers["Cache-Control"] == "private, no-store"


def test_the_queries_do_not_grow_with_the_patrols(west, django_assert_max_num_queries):
    officer, walker, phone, team = west
    for _ in range(6):
        p.patrol(walker, phone, own_shift=p.shift(team, officer, crew=[walker]))
        p.shift(team, officer, start=NOW, crew=[walker])
    with django_assert_max_num_queries(5):
        out, due = duty_room.out_now(officer, now=NOW), duty_room.not_started(officer, now=NOW)
        assert len(out) == 6 and len(due) == 6
        assert [each.user.username for one in due for each in one.shift.crew.all()] == ["walker"] * 6


def test_planned_time_is_told_as_recorded_paused_unknown_and_absent(west):
    officer, walker, phone, team = west
    start = NOW - 5 * HOUR
    one = p.shift(team, officer, start=start, hours=4, crew=[walker])
    walked = p.patrol(walker, phone, start=start + HOUR, hours=3, own_shift=one, chunk_count=3)
    p.track(walked, gap=(start + 2 * HOUR, start + 2.5 * HOUR))
    TrackChunk.objects.create(patrol=walked, number=1, point_count=10)
    PatrolEvent.objects.create(patrol=walked, kind="paused", at=start + 3 * HOUR)
    PatrolEvent.objects.create(patrol=walked, kind="resumed", at=start + 3.25 * HOUR)
    [report] = shift_reports.reports(Shift.objects.visible_to(officer), now=NOW)
    assert report.late == HOUR and report.missing == 2
    hours = {state: value / 3600 for state, value in report.seconds.items()}
    assert hours == {timelines.RECORDED: 2.25, timelines.UNKNOWN: 0.5, timelines.PAUSED: 0.25, timelines.ABSENT: 1.0}
    assert sum(share for *_rest, share in report.shares) == pytest.approx(1)


def test_a_patrol_without_any_track_is_unknown_and_not_done(west):
    officer, walker, phone, team = west
    one = p.shift(team, officer, start=NOW - 4 * HOUR, hours=2)
    p.patrol(walker, phone, start=NOW - 4 * HOUR, hours=2, own_shift=one)
    [report] = shift_reports.reports(Shift.objects.visible_to(officer), now=NOW)
    assert report.seconds["unknown"] == 7200 and report.seconds["recorded"] == 0


def test_the_part_of_a_shift_that_is_still_to_come_is_not_counted(west):
    officer, _walker, _phone, team = west
    p.shift(team, officer, start=NOW - HOUR, hours=4)
    [report] = shift_reports.reports(Shift.objects.visible_to(officer), now=NOW)
    assert report.counted_s == 3600 and report.seconds["absent"] == 3600


def test_fulfilment_tells_empty_hours_and_visits_against_the_target(west):
    officer, _walker, _phone, team = west
    type(team).objects.visible_to(officer).update(is_round_the_clock=True)
    monday = units.week_of(units.local(NOW).date())
    start = units.start_of(monday)
    p.shift(team, officer, start=start, hours=24)
    own = p.beat(weekly_visit_target=4)
    p.presence("beats", own.pk, cast.WEST, start, present_s=600, visit_count=3, visit_s=500, drive_by_count=2)
    [week] = fulfilment.teams(officer, officer.division, monday, now=NOW)
    assert len(week.empty) == 144 and week.planned_s == 86400
    [done] = fulfilment.beats(officer, officer.division, monday)
    assert (done.visits, done.drive_bys, done.share, done.is_reached) == (3, 2, 0.75, False)
