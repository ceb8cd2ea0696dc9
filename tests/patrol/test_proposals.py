"""A week of patrols proposed: drafted by a planner, taken into the roster by an officer."""

import ast
import inspect
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from django.urls import reverse

from geo.models import Incident
from patrol import roster
from patrol.models import Beat, Membership, PlanProposal, Shift, Team
from patrol.proposals import drafting, proposing, words
from patrol.proposals.proposing import WEEK, Settings, expected, propose, stops, thin
from tests import cast

NOW = datetime(2026, 10, 8, 9, tzinfo=roster.COUNTY_TIME)
MONDAY = date(2026, 10, 12)
SETTINGS = Settings(staff_hours=32, crew_count=2, block_hours=4, stop_from=11, stop_to=15, travel=6, seed=20)


def beat(pk: int, hours: dict[int, int], **fields) -> dict:
    incidents = [0] * WEEK
    for hour, count in hours.items():
        incidents[hour] = count
    spots = [{"name": name, "lon": 105.6, "lat": 37.5, "count": count} for name, count in (("甲", 9), ("乙", 3), ("丙", 1))]
    nothing = {"present": [0] * WEEK, "absent": [8] * WEEK, "unknown": [0] * WEEK, "planned": []}
    return {"pk": pk, "name": f"巡区{pk}", "incidents": incidents, "spots": spots, **nothing, **fields}


def frozen(*beats: dict, **fields) -> dict:
    return {"beats": list(beats), "member_count": 4, "busy": [0] * WEEK, "months": 12, "weeks": 8, "first_hour": 0, **fields}


def codes(found: dict) -> set[str]:
    return {each["code"] for each in found["notes"]}


def test_shifts_go_where_incidents_are_many_and_nobody_is_there():
    night = {24 * day + hour: 10 for day in range(7) for hour in (20, 21, 22)}
    served = beat(2, night, present=[8] * WEEK, absent=[0] * WEEK)
    found = propose(frozen(beat(1, night), served), SETTINGS)
    assert len(found["shifts"]) == 4 and found["optimal"]
    assert {each["beat"] for each in found["shifts"]} == {0}
    assert all(each["start"] % 24 in (19, 20) for each in found["shifts"])
    assert found == propose(frozen(beat(1, night), served), SETTINGS)


def test_what_is_planned_already_and_who_is_busy_is_respected():
    evening = {20: 30, 21: 30, 44: 20, 45: 20}
    planned = propose(frozen(beat(1, evening, planned=[18, 19, 20, 21, 22])), SETTINGS)
    assert all(not {18, 19, 20, 21, 22} <= set(range(each["start"], each["start"] + 4)) for each in planned["shifts"])
    busy = [4] * 48 + [0] * 120
    assert all(each["start"] >= 48 for each in propose(frozen(beat(1, evening), busy=busy), SETTINGS)["shifts"])
    two = propose(frozen(beat(1, evening), beat(2, evening), member_count=2), SETTINGS)
    hours = [hour for each in two["shifts"] for hour in range(each["start"], each["start"] + 4)]
    assert len(hours) == len(set(hours))


def test_too_many_beats_and_too_little_time_are_answered_all_the_same(monkeypatch):
    many = frozen(*(beat(pk, {20: pk}) for pk in range(1, 44)))
    found = propose(many, SETTINGS)
    assert {"code": "beats_aside", "numbers": {"count": 3}} in found["notes"] and len(found["shifts"]) == 4
    monkeypatch.setattr(proposing, "SECONDS_AT_MOST", 0)
    quick = propose(many, SETTINGS)
    assert not quick["optimal"] and 0 < len(quick["shifts"]) <= 4
    hours = [(each["beat"], hour) for each in quick["shifts"] for hour in range(each["start"], each["start"] + 4)]
    assert len(hours) == len(set(hours))


def test_unknown_is_neither_presence_nor_absence():
    share = thin({"present": [2, 0, 0, 1], "absent": [2, 0, 0, 1], "unknown": [0, 0, 4, 2]})
    assert share.tolist() == [0.5, 1.0, 0.0, 0.25]
    assert not propose(frozen(beat(1, {20: 5}, absent=[0] * WEEK, unknown=[8] * WEEK)), SETTINGS)["shifts"]
    found = propose(frozen(beat(1, {20: 5}, absent=[0] * WEEK)), SETTINGS)
    assert "presence_not_known" in {each["code"] for each in found["shifts"][0]["reasons"]}


def test_smoothing_keeps_the_number_of_incidents():
    table = np.zeros(WEEK)
    table[[20, 44, 100]] = 4, 2, 6
    assert expected(table, 52).sum() == pytest.approx(12 / 52)
    assert not expected(np.zeros(WEEK), 52).any()


def test_stops_last_as_told_in_random_order_and_none_twice_running():
    found = stops(beat(1, {})["spots"], SETTINGS, np.random.default_rng(1))
    assert all(11 <= each["minutes"] <= 15 for each in found)
    assert all(one["spot"] != other["spot"] for one, other in zip(found, found[1:], strict=False))
    assert found[-1]["at"] + found[-1]["minutes"] <= 240
    assert found != stops(beat(1, {})["spots"], SETTINGS, np.random.default_rng(2))


@pytest.mark.parametrize(
    ("given", "settings", "code"),
    [
        (frozen(), SETTINGS, "no_beats"),
        (frozen(beat(1, {})), SETTINGS, "no_incidents"),
        (frozen(beat(1, {5: 1}), member_count=1), SETTINGS, "too_few_members"),
        (frozen(beat(1, {5: 1})), Settings(0, 2, 4, 11, 15, 6, 20), "too_few_hours"),
        (frozen(beat(1, {5: 1}), first_hour=WEEK), SETTINGS, "week_is_over"),
    ],
)
def test_why_there_is_no_proposal(given, settings, code):
    found = propose(given, settings)
    assert found["shifts"] == [] and codes(found) == {code}


def test_every_code_has_words():
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(proposing))) if isinstance(node, ast.Call)]
    mine = [node.args[0] for node in calls if getattr(node.func, "id", "") == "_reason"]
    found = {inner.value for node in mine for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str)}
    numbers = dict.fromkeys("months total count weeks known absent hours used left needed".split(), 1)
    assert len(found) == 14 and all(words.reason(code, numbers) for code in found)


@pytest.fixture
def team(db):
    cast.territory()
    made = Team.objects.create(name="西镇巡防队", kind="township", division_id=cast.WEST, formed_on=date(2025, 1, 1))
    for number in range(4):
        person = cast.user(f"patrol_{number}", "patrol_member", cast.WEST)
        Membership.objects.create(team=made, user=person, joined_on=date(2025, 1, 1))
    Beat.objects.create(name="西片", source_key="b-1", division_id=cast.WEST_SOUTH, geom=cast.square(105.62, 37.48, 0.01))
    cast.west_compound()
    rows = [
        Incident(
            category="theft", geom=cast.point(105.62, 37.48), division_id=cast.WEST_SOUTH, source_key=f"i-{n}",
            occurred_at=datetime(2026, 9, 1 + n % 28, 21, 30, tzinfo=roster.COUNTY_TIME),
        )
        for n in range(40)
    ]  # fmt: skip
    Incident.objects.bulk_create(rows)
    return made


@pytest.fixture(autouse=True)
def at_nine(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def typed(team: Team, **changes) -> dict:
    told = {"team": team.pk, "week": "2026-10-14", "kind": "foot", "staff_hours": 24, "crew_count": 2, "block_hours": 4, "seed": 20}
    return told | {"stop_from_minutes": 11, "stop_to_minutes": 15} | changes


def test_planner_drafts_and_the_towns_officer_takes_it_into_the_roster(team, client):
    client.force_login(cast.planner())
    url = reverse("proposals")
    assert "境外研究" in client.get(url, {"team": team.pk}).content.decode()
    bad = client.post(url, typed(team, stop_to_minutes=5, week="2030-01-01"))
    assert bad.status_code == 422 and "停留至多不能少于停留至少" in bad.content.decode() and "8周之内" in bad.content.decode()
    page = client.post(url, typed(team)).headers["Location"]
    text = client.get(page).content.decode()
    found = PlanProposal.objects.in_division(cast.COUNTY).get()
    assert len(found.result["shifts"]) == 3 and found.week == MONDAY
    assert "西苑小区" in text and "40起" in text and "境外研究" in text and "随机种子 20" in text and "style=" not in text
    accept = reverse("proposal_accept", args=[found.pk])
    assert client.post(accept, {"shift": ["0"]}).status_code == 403
    shifts = Shift.objects.in_division(cast.WEST)
    assert not shifts.count()
    client.force_login(cast.east_officer())
    assert client.get(page).status_code == client.post(accept).status_code == 404
    client.force_login(cast.west_officer())
    assert client.post(accept).status_code == 422
    assert client.post(accept, {"shift": ["0", "2", "999", "x"]}).status_code == 302
    made = list(shifts.order_by("starts_at"))
    assert len(made) == 2 and {each.needed_count for each in made} == {2} and made[0].crew.count() == 0
    assert made[0].note.startswith("停留：西苑小区") and made[0].beat.name == "西片"
    assert (made[0].ends_at - made[0].starts_at) == timedelta(hours=4)
    again = client.post(accept, {"shift": ["1"]})
    assert again.status_code == 422 and "已经采用过" in again.content.decode()
    assert shifts.count() == 2


def test_a_refused_shift_leaves_nothing_behind(team):
    made = drafting.draft(
        team, week=MONDAY, kind="foot", staff_hours=24, crew_count=2, block_hours=4, stop_from_minutes=11, stop_to_minutes=15,
        seed=1, by=cast.planner(), now=NOW,
    )  # fmt: skip
    officer = cast.west_officer()
    with pytest.raises(drafting.PlanRefused):
        drafting.accept(made, [0, 1], by=officer, now=NOW + timedelta(days=30))
    made.refresh_from_db()
    assert made.accepted_at is None and not Shift.objects.in_division(cast.WEST).exists()


def test_a_patrol_member_reads_no_proposal(team, client):
    client.force_login(cast.user("walker", "patrol_member", cast.WEST))
    assert client.get(reverse("proposals")).status_code == 403
