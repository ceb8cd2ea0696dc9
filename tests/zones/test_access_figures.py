"""Who looked at what of mine, and what the public reads of it."""
import re
from datetime import datetime, timedelta

import pytest

from geo.models import AccountEvent, Decision, PublishedAccess, SurveillanceAccess, SurveillanceRead
from patrol import replay
from patrol.models import Patrol
from tests import cast
from tests.patrol import squad
from zones import access_figures
from zones.periods import COUNTY_TIME

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 5, 9, tzinfo=COUNTY_TIME)


def looks(who, day: str, count: int, door: str = "list") -> None:
    at = datetime.fromisoformat(f"{day} 09:00").replace(tzinfo=COUNTY_TIME)
    access = SurveillanceAccess.objects.create(
        user=who, division_id=who.division_id, reason_id="coverage", opened_at=at, valid_until=at + timedelta(hours=9)
    )
    SurveillanceRead.objects.bulk_create([SurveillanceRead(access=access, door=door, object_count=3, read_at=at)] * count)


@pytest.fixture
def officers(county):
    return cast.county_officer(), cast.west_officer()


def told(month: str, what: str, role: str = "") -> str:
    return PublishedAccess.objects.get(month=f"{month}-01", what=what, role=role).shown


def test_promise_34_a_month_that_is_over_is_told_once_with_small_numbers_hidden(officers):
    county, west = officers
    looks(county, "2026-09-30", 7)
    looks(west, "2026-09-03", 4)
    looks(county, "2026-10-01", 1)
    looks(west, "2026-11-02", 9)
    assert access_figures.publish(now=NOW) == 2
    assert (told("2026-09", "points", "county_officer"), told("2026-09", "points", "town_officer")) == ("7", "<5")
    assert (told("2026-10", "points", "county_officer"), told("2026-10", "points", "town_officer")) == ("<5", "0")
    assert not PublishedAccess.objects.filter(month="2026-11-01").exists(), "a month that runs is not told"
    looks(county, "2026-09-29", 20)
    assert access_figures.publish(now=NOW) == 0
    assert told("2026-09", "points", "county_officer") == "7", "what was told stays"


@pytest.mark.parametrize("count", range(1, 5))
def test_promise_34_nothing_that_is_told_depends_on_which_small_number_it_is(officers, count):
    """No sum is told: with one cell changed within one to four, every published row is the same."""
    looks(officers[1], "2026-10-05", count)
    looks(officers[0], "2026-10-05", 12)
    access_figures.publish(now=NOW)
    rows = set(PublishedAccess.objects.values_list("month", "what", "role", "shown"))
    assert {row[1:] for row in rows} == {
        ("points", "county_officer", "12"), ("points", "town_officer", "<5"), ("tracks", "county_officer", "0"),
        ("tracks", "town_officer", "0"), ("exports", "", "0"), ("refused", "", "0"),
    }  # fmt: skip


def test_promise_20_approvals_of_exports_are_told(client, officers):
    looks(officers[0], "2026-10-05", 1)
    for number in range(6):
        Decision.objects.create(
            kind="geo.surveillanceexport", object_id=str(number), division_id=cast.COUNTY, from_state="asked", to_state="approved",
            decided_at=datetime(2026, 10, 31, 23, 59, tzinfo=COUNTY_TIME), decided_by=officers[0],
        )  # fmt: skip
    access_figures.publish(now=NOW)
    assert told("2026-10", "exports") == "6"
    page = client.get("/data-access/").content.decode()
    row = re.search(r"2026-10.*?</tr>", page, re.S)[0]
    assert re.findall(r">([^<>]+)</td>", row) == ["不足5", "0", "0", "0", "6", "0"]
    assert cast.COUNTY not in page


def test_promise_20_the_public_page_says_so_where_there_is_nothing(client, county):
    assert "还没有满一个月的记录" in client.get("/data-access/").content.decode()


@pytest.fixture
def walked(county):
    member = squad.member()
    device, _token = squad.phone(member)
    return Patrol.objects.create(
        key="00000000-0000-4000-8000-000000000001", user=member, device=device, division_id=cast.WEST, started_at=squad.BEGAN,
        ended_at=squad.BEGAN + timedelta(hours=2), closing="member", last_contact_at=squad.NOW,
    )  # fmt: skip


def test_threat_21_a_look_at_a_track_stands_in_the_persons_own_page_at_once(client, walked, officers):
    client.force_login(officers[1])
    assert client.get(f"/patrol/{walked.pk}/replay.json").status_code == 404
    response = client.post(f"/patrol/{walked.pk}/replay/", {"purpose": "核对夜班路线"})
    assert response.status_code == 302
    client.force_login(walked.user)
    page = client.get("/account/access/").content.decode()
    assert "核对夜班路线" in page
    assert f"<strong>{officers[1].username}</strong>" in page
    assert "西镇 · 乡镇民警" in page
    assert "核对夜班路线" in client.get("/patrol/mine/").content.decode()
    client.force_login(officers[0])
    assert "核对夜班路线" not in client.get("/account/access/").content.decode(), "nobody else's page"


def test_every_account_has_its_own_page_the_administrators_too(client, county):
    for role in ("system_admin", "security_admin", "auditor", "planner"):
        who = cast.user(role, role)
        AccountEvent.objects.create(account=who, what="rights", note=f"给{role}", at=NOW, by=None)
        client.force_login(who)
        page = client.get("/account/access/").content.decode()
        assert f"给{role}" in page
        assert page.count("变更角色或辖区") == 1


def test_a_failed_sign_in_stands_in_the_own_page(client, county):
    who = cast.planner()
    client.post("/account/login/", {"username": who.username, "password": "wrong"})
    client.force_login(who)
    assert "密码不对" in client.get("/account/access/").content.decode()


def test_one_look_is_one_row(client, walked, officers):
    """No second log beside the first: the reading is in its own table, and the chain takes it from there."""
    purpose = replay.state_purpose(walked, purpose="核实", by=officers[0], now=NOW)
    assert list(type(purpose).objects.values_list("purpose", flat=True)) == ["核实"]


