"""Raw positions go when their time is over, wherever they lie; what stays holds no place of a person (promise 33)."""

import re
import struct
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from patrol import jobs, points, reckoning, replay, tracking
from patrol.figures import figures
from patrol.models import Patrol, PatrolStandard, PresenceHour, Track
from patrol.models.standards import MOST_KEPT_DAYS
from tests import cast
from tests.geo.auditing import as_owner
from tests.patrol import squad

pytestmark = pytest.mark.django_db
LAT, LON = 37.4812347, 105.6223457
HOURS = timedelta(hours=3)


@pytest.fixture
def walked(db):
    """A walk with a place that is found again wherever it lies: fixes, line, last place, presence."""
    with as_owner():
        cast.territory()
        squad.beat(lon=LON, half_deg=0.004)
        who = squad.member()
        device, _token = squad.phone(who)
        shift = squad.shift(squad.team(cast.WEST, who), who)
        patrol = Patrol.objects.create(
            key=uuid4(), user=who, device=device, shift=shift, division_id=cast.WEST, started_at=squad.BEGAN,
            ended_at=squad.BEGAN + timedelta(hours=2), closing="member", last_contact_at=squad.NOW,
        )  # fmt: skip
        now = squad.BEGAN + HOURS
        rows = squad.walk(100, lon=LON, lat=LAT, step_deg=0.00001)
        read = points.read(rows, crs="wgs84", now_ms=squad.BEGAN_MS + 3 * 3_600_000, ahead_s=120)
        tracking.store(read, device=device, patrol=patrol, now=now, figures=figures(now))
        reckoning.settle(now=now)
        yield patrol


def tables_with_the_place() -> set[str]:
    """Every table, row by row as text: the latitude as a number or as the eight bytes that it has inside a geometry."""
    needle = f"({re.escape(str(LAT))}|{struct.pack('<d', LAT).hex()})"
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT 1 FROM {table} t WHERE t::text ~* %s LIMIT 1", [needle])  # noqa: S608
            if cursor.fetchone():
                found.add(re.sub(r"_\d{4}_\d\d$", "", table))
    return found


def test_promise_33_no_table_holds_a_place_of_a_walk_when_its_time_is_over(walked, monkeypatch):
    assert tables_with_the_place() == {"patrol_fix", "patrol_track", "patrol_patrol"}
    days = figures(squad.BEGAN).tracks_kept_days
    for later, there in ((days - 1, True), (days + 1, False)):
        monkeypatch.setattr(timezone, "now", lambda moment=squad.BEGAN + timedelta(days=later): moment)
        jobs.keep()
        assert bool(tables_with_the_place()) is there
    assert tables_with_the_place() == set()
    assert not Track.objects.exists()
    kept = PresenceHour.objects.everywhere("test")
    assert sum(each.present_s for each in kept) > 0
    assert not {"user", "device", "officer", "patrol"} & {field.name for field in PresenceHour._meta.get_fields()}


def test_promise_33_no_file_that_leaves_holds_it_afterwards(walked, monkeypatch, client):
    later = squad.BEGAN + timedelta(days=figures(squad.BEGAN).tracks_kept_days + 1)
    before = replay.data(walked, now=squad.BEGAN + HOURS)
    assert len(before["t"]) == 100
    monkeypatch.setattr(timezone, "now", lambda: later)
    jobs.keep()
    found = Patrol.objects.everywhere("test").get(pk=walked.pk)
    after = replay.data(found, now=later)
    assert [after[name] for name in ("t", "lon", "lat", "line", "stops", "gaps")] == [[]] * 6
    client.force_login(cast.west_officer())
    for form in ("", "?form=xlsx"):
        response = client.get(f"/patrol/shifts/{walked.shift_id}/report/{form}")
        assert response.status_code == 200
        assert str(LAT)[:7].encode() not in response.getvalue()


@pytest.mark.parametrize("days", [None, 0, -1, MOST_KEPT_DAYS + 1, 10**6])
def test_promise_33_no_standard_keeps_tracks_without_end(db, days):
    known = PatrolStandard.objects.first()
    wanted = {name: value for name, value in known.figures.items() if name != "tracks_kept_days"}
    with pytest.raises(IntegrityError, match="tracks_are_kept_for_days"), transaction.atomic():
        PatrolStandard.objects.create(
            version="endless", title="x", is_own_assumption=True, valid_from="2026-01-01",
            figures=wanted if days is None else {**wanted, "tracks_kept_days": days},
        )  # fmt: skip


def test_promise_33_the_horizon_of_backups_is_written_down():
    text = Path(settings.BASE_DIR, "docs/operations.md").read_text("utf-8")
    assert "tracks_kept_days" in text
    assert "raw positions" in text.partition("## Backup")[2].partition("\n## ")[0]
