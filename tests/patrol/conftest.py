"""A team in each town, and the people of the west one."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from geo.models import User
from patrol.models import Team
from patrol.roster import COUNTY_TIME, midnight
from patrol.teaming import form_team, join
from tests import cast

NOW = datetime(2026, 11, 20, 9, tzinfo=COUNTY_TIME)
MONDAY = date(2026, 11, 23)
FORMED = date(2026, 1, 1)


def at(hour: float, day: int = 0) -> datetime:
    """An hour of the week that begins on Monday, 23 November 2026; hours past 24 run on."""
    return midnight(MONDAY) + timedelta(days=day, hours=hour)


@pytest.fixture
def county(db):
    return cast.territory()


@pytest.fixture
def west_officer(county):
    return cast.west_officer()


@pytest.fixture
def east_officer(county):
    return cast.east_officer()


@pytest.fixture
def members(county) -> list[User]:
    return [cast.user(f"patrol_west_{number}", User.Role.PATROL_MEMBER, cast.WEST) for number in (1, 2, 3)]


def team(by: User, name: str = "西镇巡防队", **fields) -> Team:
    given = {"kind": "motor", "division": by.division, "is_round_the_clock": True, "formed_on": FORMED, **fields}
    return form_team(name=name, by=by, **given)


@pytest.fixture
def west_team(west_officer, members) -> Team:
    made = team(west_officer)
    for number, each in enumerate(members):
        join(made, each, joined_on=FORMED, is_leader=number == 0, by=west_officer)
    return made


@pytest.fixture
def east_team(east_officer) -> Team:
    return team(east_officer, "东镇巡防队")


@pytest.fixture
def fixes_gone(transactional_db):
    """Raw fixes lie in a table that Django does not empty after a test that commits."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM patrol_fix_seen")
