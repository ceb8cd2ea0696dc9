"""The demo's plan: teams, beats and rosters that the pages can show, with a few faults left in."""

import re
from datetime import datetime

import pytest

from geo.demo.county import build
from geo.models import User
from patrol import demo, plan_grid, roster
from patrol.models import Beat, Membership, Shift, Team
from patrol.roster import COUNTY_TIME, Fault
from zones import demo as whole

NOW = datetime(2026, 11, 24, 15, tzinfo=COUNTY_TIME)


@pytest.fixture
def loaded(db, monkeypatch):
    county = build()
    whole._load_territory(county)
    keys = {}
    for name in ("stations",):
        keys[name] = whole._load_layer(name, county.layers[name], keys)
    whole.make_accounts()
    return demo.load(now=NOW)


def test_the_demo_plans_around_now_with_faults_to_show_and_nobody_twice_at_once(loaded):
    shifts = Shift.objects.everywhere("a test")
    assert loaded == shifts.count() > 800
    assert shifts.earliest("starts_at").starts_at < NOW - 35 * roster.DAY
    assert shifts.latest("starts_at").starts_at > NOW + 14 * roster.DAY
    teams = Team.objects.everywhere("a test")
    assert all(each.is_invented for each in teams)
    motor = teams.get(is_round_the_clock=True)
    officer = User.objects.get(username="town_ningan")
    found, empty = set(), 0
    for number in range(-5, 3):
        week = roster.monday_of(roster.day_of(NOW)) + number * roster.WEEK
        mine = plan_grid.shifts_of_week(shifts.filter(team=motor), week)
        shown = plan_grid.team_week(motor, mine, week, officer, now=NOW)
        found |= {mark.fault for mark, _text, _pk in shown.found.sentences}
        empty += shown.empty_hours
    assert Fault.OVERLAP not in found and {"rest", "short"} <= found and empty > 20
    assert all(not each.user.has_usable_password() for each in Membership.objects.exclude(user__username="patrol_ningan"))
    assert all(re.fullmatch(r"patrol_[a-z0-9_]+", each.user.username) for each in Membership.objects.select_related("user"))


def test_the_demos_beats_lie_in_their_towns_and_areas_share_no_ground(loaded):
    beats = list(Beat.objects.everywhere("a test").order_by("pk"))
    assert {each.kind for each in beats} == {"area", "route"} and len(beats) >= 15
    assert all(each.route is not None for each in beats if each.kind == "route")
    for one in beats:
        for other in beats:
            if one.pk < other.pk and one.kind == other.kind == "area":
                assert one.geom.intersection(other.geom).area < 1e-9
    past = demo.patrol_demo_shifts(before=NOW)
    assert past.exists() and all(each.ends_at <= NOW and each.cancelled_at is None for each in past)
