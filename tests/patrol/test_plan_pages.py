"""The pages of the plan as people of each role meet them."""

import io
from datetime import timedelta

import openpyxl
import pytest
from icalendar import Calendar

from geo.models import User
from patrol import planning, teaming
from patrol.models import Membership, Shift, ShiftTemplate, Team
from patrol.planning import seen
from tests import cast
from tests.patrol.conftest import FORMED, NOW, at, team

pytestmark = pytest.mark.django_db
WEEK = "2026-W48"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def template(west_officer) -> ShiftTemplate:
    values = {"kind": "motor", "starts_at": "08:00", "minute_count": 480, "crew_count": 2, "is_active": True}
    made = teaming.make_template(division=west_officer.division, name="早班", by=west_officer, **values)
    made.refresh_from_db()
    return made


@pytest.fixture
def shift(west_team, west_officer, members) -> Shift:
    return planned(west_team, west_officer, 8, members[0])


def planned(team, by, start: float, *crew, **fields) -> Shift:
    given = {"kind": "motor", "needed_count": 1, "now": NOW, **fields}
    return planning.plan(team, starts_at=at(start), ends_at=at(start) + timedelta(hours=8), crew=crew, by=by, **given)


def as_(client, who: User):
    client.force_login(who)
    return client


def text(response) -> str:
    return response.content.decode()


def test_the_week_shows_shifts_faults_and_empty_hours_in_words(client, west_team, west_officer, members):
    first = planned(west_team, west_officer, 8, members[0])
    planned(west_team, west_officer, 18, members[0], needed_count=2)
    page = as_(client, west_officer).get(f"/patrol/roster/?week={WEEK}&team={west_team.pk}")
    shown = text(page)
    assert f'id="shift-{first.pk}"' in shown and "from-32 to-64" in shown
    assert "只休息2小时，少于11小时" in shown and "还差1人" in shown
    assert "11-23 周一 00:00–08:00、16:00–18:00 没有排人" in shown


def test_the_overview_shows_own_teams_and_kiosks_only(client, west_team, east_team, west_officer, members):
    kiosk = cast.station("西岗亭", "kiosk", 105.62, 37.48, cast.WEST_SOUTH, hours="07:00-23:00")
    cast.station("空岗亭", "kiosk", 105.62, 37.48, cast.WEST_SOUTH, hours="24小时")
    cast.station("东岗亭", "kiosk", 105.68, 37.48, cast.EAST_SOUTH, hours="24小时")
    county_team = team(by := cast.county_officer(), "县交警队", kind="traffic")
    teaming.join(county_team, members[0], joined_on=FORMED, is_leader=False, by=by)
    planned(county_team, by, 8, members[0], kind="kiosk", station=kiosk)
    page = as_(client, west_officer).get(f"/patrol/roster/?week={WEEK}")
    shown = text(page)
    assert "西镇巡防队" in shown and "东镇巡防队" not in shown and "县交警队" not in shown
    assert [each.kiosk.name for each in page.context["kiosks"]] == ["西岗亭"]
    assert [each.kiosk.name for each in page.context["idle_kiosks"]] == ["空岗亭"]
    assert "东岗亭" not in shown and "patrol_west_1" not in shown
    assert page.context["kiosks"][0].days[0].empty == [(7, 8), (16, 23)]


def test_planning_from_a_template_on_two_days(client, west_team, west_officer, members, template):
    data = {"week": WEEK, "template": template.pk, "days": ["2026-11-23", "2026-11-24"], "crew": [members[0].pk, members[1].pk]}
    done = as_(client, west_officer).post(f"/patrol/teams/{west_team.pk}/shifts/", data)
    assert done.status_code == 302
    rows = Shift.objects.everywhere("a test")
    assert [(each.starts_at, each.needed_count, each.crew.count()) for each in rows] == [(at(8), 2, 2), (at(32), 2, 2)]


def test_a_refused_day_refuses_all_days_and_brings_back_what_was_typed(client, west_team, west_officer, members, template):
    planned(west_team, west_officer, 30, members[0])
    data = {"week": WEEK, "template": template.pk, "days": ["2026-11-23", "2026-11-24"], "crew": [members[0].pk], "note": "路口"}
    page = as_(client, west_officer).post(f"/patrol/teams/{west_team.pk}/shifts/", data)
    assert page.status_code == 422
    assert "不能同时在两个班次" in text(page) and 'value="路口"' in text(page)
    assert Shift.objects.everywhere("a test").count() == 1


def test_moving_by_form_and_the_words_for_a_stale_page(client, west_officer, shift):
    shown = seen(shift)
    data = {"day": "2026-11-24", "time": "10:00", "minutes": "480", "seen": shown}
    done = as_(client, west_officer).post(f"/patrol/shifts/{shift.pk}/move/", data)
    assert done.status_code == 302 and done.url.endswith(f"#shift-{shift.pk}")
    shift.refresh_from_db()
    assert shift.starts_at == at(34)
    again = client.post(f"/patrol/shifts/{shift.pk}/move/", data)
    assert again.status_code == 422
    assert "您看到的：11-23 08:00–16:00" in text(again) and "现在是：11-24 10:00–18:00" in text(again)


def test_crew_place_and_cancelling(client, west_team, west_officer, members, shift):
    url = f"/patrol/shifts/{shift.pk}"
    as_(client, west_officer).post(f"{url}/crew/", {"crew": [members[1].pk], "seen": seen(shift)})
    fresh = Shift.objects.everywhere("a test").get()
    client.post(f"{url}/change/", {"needed_count": 3, "note": "商业街", "seen": seen(fresh)})
    fresh = Shift.objects.everywhere("a test").get()
    assert (fresh.needed_count, fresh.note) == (3, "商业街")
    assert client.post(f"{url}/cancel/", {"seen": seen(fresh)}).status_code == 302
    shown = text(client.get(f"/patrol/roster/?week={WEEK}&team={west_team.pk}"))
    assert "cancelled" in shown and "已取消" in shown


def test_copying_shows_first_and_does_then(client, west_team, west_officer, shift):
    page = as_(client, west_officer).get(f"/patrol/teams/{west_team.pk}/copy/?week={WEEK}")
    digest = page.context["draft"].digest
    assert "可复制1个" in text(page)
    assert client.post(f"/patrol/teams/{west_team.pk}/copy/", {"week": WEEK, "digest": "other"}).status_code == 422
    assert client.post(f"/patrol/teams/{west_team.pk}/copy/", {"week": WEEK, "digest": digest}).status_code == 302
    assert Shift.objects.everywhere("a test").count() == 2


READ = ("/patrol/teams/{team}/", "/patrol/roster/?team={team}", "/patrol/shifts/{shift}/", "/patrol/teams/{team}/roster.xlsx",
        "/patrol/teams/{team}/roster.ics", "/patrol/roster/print/?team={team}")  # fmt: skip
WRITE = ("/patrol/shifts/{shift}/move/", "/patrol/shifts/{shift}/crew/", "/patrol/shifts/{shift}/change/", "/patrol/shifts/{shift}/cancel/",
         "/patrol/teams/{team}/shifts/", "/patrol/teams/{team}/copy/", "/patrol/teams/{team}/edit/", "/patrol/teams/{team}/members/",
         "/patrol/members/{member}/")  # fmt: skip


def paths(templates, shift: Shift) -> list[str]:
    member = Membership.objects.first()
    return [each.format(team=shift.team_id, shift=shift.pk, member=member.pk) for each in templates]


def test_another_town_meets_404_everywhere(client, east_officer, shift):
    as_(client, east_officer)
    assert {client.get(path).status_code for path in paths(READ, shift)} == {404}
    assert {client.post(path).status_code for path in paths(WRITE, shift)} == {404}


def test_a_planner_reads_and_does_not_write(client, shift):
    as_(client, cast.planner())
    assert {client.get(path).status_code for path in paths(READ, shift)} == {200}
    assert {client.post(path).status_code for path in paths(WRITE, shift)} == {403}


@pytest.mark.parametrize("path", ["roster/", "roster/print/", "duty/", "duty.ics", "duty.xlsx", "teams/", "beats/", "templates/"])
def test_administrators_read_nothing(client, county, path):
    assert as_(client, cast.auditor()).get(f"/patrol/{path}").status_code == 403


@pytest.mark.parametrize("path", ["roster/", "roster/print/", "teams/", "beats/", "templates/", "duty/"])
def test_a_village_cadre_reads_the_own_village_and_writes_nothing(client, shift, path):
    page = as_(client, cast.village_cadre()).get(f"/patrol/{path}")
    assert page.status_code == 200 and "西镇巡防队" not in text(page)
    if path in ("teams/", "templates/"):
        assert client.post(f"/patrol/{path}").status_code == 403


def test_a_member_reads_the_own_duty_and_not_the_roster(client, members, shift, west_team, west_officer):
    planned(west_team, west_officer, 18, members[1])
    as_(client, members[0])
    assert client.get("/patrol/roster/").url == "/patrol/duty/"
    shown = text(client.get("/patrol/duty/"))
    assert "11-23 08:00–16:00" in shown and "18:00" not in shown
    assert {client.get(path).status_code for path in paths(READ, shift) if "roster/?" not in path} == {403}


def test_the_calendar_holds_the_own_shifts_with_their_moments(client, members, shift):
    book = Calendar.from_ical(as_(client, members[0]).get("/patrol/duty.ics").content)
    [event] = book.walk("VEVENT")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (at(8), at(16))
    assert str(event["status"]) == "CONFIRMED" and "西镇巡防队" in str(event["summary"])


def test_a_cancelled_shift_stays_in_the_teams_calendar(client, west_officer, west_team, shift):
    planning.cancel(shift, seen=seen(shift), by=west_officer, now=NOW)
    got = as_(client, west_officer).get(f"/patrol/teams/{west_team.pk}/roster.ics?week={WEEK}")
    [event] = Calendar.from_ical(got.content).walk("VEVENT")
    assert str(event["status"]) == "CANCELLED"


def test_the_workbook_holds_no_formula(client, west_team, west_officer, members):
    planned(west_team, west_officer, 8, members[0], note="=1+1")
    got = as_(client, west_officer).get(f"/patrol/teams/{west_team.pk}/roster.xlsx?week={WEEK}")
    rows = list(openpyxl.load_workbook(io.BytesIO(got.content)).active.iter_rows(values_only=True))
    assert rows[1][1:6] == ("08:00", "16:00", "西镇巡防队", "车巡", None)
    assert not str(rows[1][9]).startswith("=")


def test_print_page_lists_every_shift(client, west_team, west_officer, shift):
    shown = text(as_(client, west_officer).get(f"/patrol/roster/print/?week={WEEK}&team={west_team.pk}"))
    assert "11-23 08:00–16:00" in shown and "patrol_west_1" in shown


def test_teams_members_and_templates_through_the_pages(client, west_officer, members):
    as_(client, west_officer)
    data = {"name": "步巡队", "kind": "township", "division": cast.WEST, "formed_on": "2026-01-01"}
    assert client.post("/patrol/teams/", data).status_code == 302
    made = Team.objects.everywhere("a test").get()
    assert client.post(f"/patrol/teams/{made.pk}/members/", {"user": members[0].pk, "joined_on": FORMED.isoformat()}).status_code == 302
    member = Membership.objects.get()
    client.post(f"/patrol/members/{member.pk}/", {"what": "lead"})
    client.post(f"/patrol/members/{member.pk}/", {"what": "leave", "left_on": "2026-11-21"})
    member.refresh_from_db()
    assert (member.is_leader, str(member.left_on)) == (True, "2026-11-21")
    assert client.post("/patrol/teams/", data).status_code == 422
    form = {"name": "夜班", "kind": "foot", "starts_at": "22:00", "minute_count": 480, "crew_count": 2, "is_active": "on"}
    assert client.post("/patrol/templates/", form).status_code == 302
    made = ShiftTemplate.objects.everywhere("a test").get()
    assert client.post(f"/patrol/templates/{made.pk}/", form | {"is_active": ""}).status_code == 302
    assert not ShiftTemplate.objects.everywhere("a test").get().is_active


def test_a_team_cannot_be_formed_in_another_town(client, west_officer):
    data = {"name": "x", "kind": "township", "division": cast.EAST, "formed_on": "2026-01-01"}
    assert as_(client, west_officer).post("/patrol/teams/", data).status_code == 422


@pytest.mark.parametrize("week", ["2026-W99", "nonsense", "", "0-W0", "99999-W01", "2026-W-1"])
def test_a_week_that_is_none_is_this_week(client, west_officer, week):
    assert "2026-W47" in text(as_(client, west_officer).get(f"/patrol/roster/?week={week}"))
