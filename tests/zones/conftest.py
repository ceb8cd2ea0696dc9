"""A rated county in small: 2026Q3, seen from 8 October 2026, with a register that covers both towns."""
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.utils import timezone

from geo.models import Courtyard, Incident
from tests import cast
from tests.zones import registering as r
from tests.zones.supervising import Citizen, Clock
from zones.periods import COUNTY_TIME, add_months
from zones.rounds import rate

PERIOD = "2026Q3"
NOW = datetime(2026, 10, 8, 9, tzinfo=COUNTY_TIME)
CHECKED = {"fire_checked_on": "2026-05-03", "open_fire_hazard_count": 0}
_keys = count()


def incident(category: str, at: str, *, compound=None, courtyard=None, town: str = cast.WEST) -> Incident:
    """`at`: local time in the county, like 2026-07-01 or 2026-06-30 23:59."""
    place = compound or courtyard
    return Incident.objects.create(
        category=category,
        occurred_at=datetime.fromisoformat(at).replace(tzinfo=COUNTY_TIME),
        source_key=f"incident-{next(_keys)}",
        geom=place.geom.point_on_surface if place else cast.point(105.61, 37.47),
        division_id=place.division_id if place else town,
        compound=compound,
        courtyard=courtyard,
    )


def cover(town: str, first: str = "2025-10-01", months: int = 12) -> None:
    """One incident on a street of the town in each month: the register is alive, and no compound is touched."""
    start = datetime.fromisoformat(first).date()
    for i in range(months):
        incident("theft", f"{add_months(start, i) + timedelta(days=14)} 12:00", town=town)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """No test of this folder writes beside another's files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def people(db):
    return r.people()


@pytest.fixture
def issue(people):
    return r.issue(people["cadre"])


@pytest.fixture
def county(db):
    return cast.territory()


@pytest.fixture
def officer(county):
    return cast.county_officer()


@pytest.fixture
def west(county):
    cover(cast.WEST)
    return cast.west_compound(source_key="key-of-west", **CHECKED)


@pytest.fixture
def east(county):
    cover(cast.EAST)
    return cast.east_compound(**CHECKED)


@pytest.fixture
def west_yard(west):
    geom = cast.square(105.62, 37.48, 0.0004)
    return Courtyard.objects.create(name="一号院", source_key="yard-1", division_id=west.division_id, compound=west, geom=geom)


@pytest.fixture
def rated(west, east, officer):
    """West is red (six thefts among 100 households), east is green."""
    for day in range(1, 7):
        incident("theft", f"2026-07-0{day} 03:00", compound=west)
    return rate(period=PERIOD, now=NOW)


@pytest.fixture
def clock(monkeypatch, settings):
    """The site's time, moved by hand; and budgets that no other test has spent from."""
    found = Clock()
    monkeypatch.setattr(timezone, "now", found)
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"siwu-test-{uuid4().hex}"}}
    return found


@pytest.fixture
def citizen(clock):
    return Citizen(clock)
