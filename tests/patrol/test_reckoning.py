"""From submissions to presence: by hour, anew for touched hours only, the same as a plain reference and as PostGIS."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
import shapely
from django.db import connection, connections, transaction

from patrol import intake, partitions, points, presence, reckoning, tracking, units
from patrol.clipping import Areas
from patrol.figures import figures
from patrol.models import Fix, Patrol, PatrolEvent, PresenceHour, TouchedPatrol, Track
from tests import cast
from tests.patrol import squad

pytestmark = pytest.mark.django_db
HOUR = presence.HOUR_MS
METRE_DEG = 1 / 111_195


@pytest.fixture
def duty():
    cast.territory()
    who = squad.member()
    return Duty(who, squad.team(cast.WEST, who))


class Duty:
    """Somebody out from squad.BEGAN for two hours; `walks` hands in rows."""

    def __init__(self, who, team):
        self.who = who
        self.shift = squad.shift(team, who)
        self.device, _token = squad.phone(who)
        self.patrol = Patrol.objects.create(
            key=uuid4(), user=who, device=self.device, shift=self.shift, division_id=cast.WEST, started_at=squad.BEGAN,
            ended_at=squad.BEGAN + timedelta(hours=2), closing="member", last_contact_at=squad.NOW,
        )  # fmt: skip

    def walks(self, rows):
        read = points.read(rows, crs="wgs84", now_ms=squad.BEGAN_MS + 3 * HOUR, ahead_s=120)
        now = squad.BEGAN + timedelta(hours=3)
        return tracking.store(read, device=self.device, patrol=self.patrol, now=now, figures=figures(now))

    def settles(self):
        return reckoning.settle(now=squad.BEGAN + timedelta(hours=3))


def cells() -> dict:
    found = PresenceHour.objects.everywhere("test")
    return {(one.layer, int(one.hour.timestamp() * 1000) // HOUR): one for one in found}


def test_a_walk_through_a_beat_is_present_by_the_hour(duty):
    squad.beat(lon=105.62, half_deg=0.002)
    # 720 steps of 10 seconds, about 0.9 m each: two hours, all inside.
    duty.walks(squad.walk(720, step_deg=0.000001)[:500])
    duty.walks(squad.walk(720, step_deg=0.000001)[500:])
    assert duty.settles() == 1
    first = squad.BEGAN_MS // HOUR
    found = cells()
    until_full = ((first + 1) * HOUR - squad.BEGAN_MS) / 1000
    assert found["beats", first].present_s == pytest.approx(until_full)
    assert found["beats", first + 1].present_s == pytest.approx(3600)
    assert sum(one.present_s for one in found.values()) == pytest.approx(7190)
    assert sum(one.visit_count for one in found.values()) == 1
    track = Track.objects.get()
    assert track.recorded_s == 7190
    assert not TouchedPatrol.objects.exists()


def test_a_drive_by_is_no_visit(duty):
    squad.beat(lon=105.62, half_deg=0.001)
    # 50 km/h through 180 metres: 13 seconds.
    rows = [[squad.BEGAN_MS + s * 1000, 105.61 + s * 13.9 * METRE_DEG / 0.794, 37.48, 5] for s in range(0, 150, 2)]
    duty.walks(rows)
    duty.settles()
    (cell,) = [one for one in cells().values() if one.present_s]
    assert (cell.visit_count, cell.drive_by_count) == (0, 1)
    assert cell.present_s == pytest.approx(12.7, abs=1)


def test_a_gap_makes_near_places_unknown_and_far_ones_not(duty):
    squad.beat("近", lon=105.621, half_deg=0.001)
    far = squad.beat("远", lon=105.62, lat=37.53, half_deg=0.001)
    PatrolEvent.objects.create(patrol=duty.patrol, kind="hidden", at=squad.BEGAN + timedelta(seconds=95))
    PatrolEvent.objects.create(patrol=duty.patrol, kind="shown", at=squad.BEGAN + timedelta(seconds=700))
    rows = squad.walk(10, step_deg=0) + squad.walk(642, start_ms=squad.BEGAN_MS + 700_000, step_deg=0)
    duty.walks(rows[:400])
    duty.walks(rows[400:])
    duty.settles()
    near = PresenceHour.objects.everywhere("test").exclude(place_pk=far.pk)
    # 610 s with the screen off and 90 s behind the last fix; the beat's edge is at most a few metres off, on foot at 8 km/h.
    assert sum(one.unknown_s for one in near) == pytest.approx(700, abs=15)
    assert not PresenceHour.objects.everywhere("test").filter(place_pk=far.pk).exists()
    assert [gap["why"] for gap in Track.objects.get().gaps] == ["hidden", "no_fix"]


def test_a_patrol_without_any_fix_could_have_been_everywhere_in_its_territory(duty):
    squad.beat("西", code=cast.WEST_SOUTH)
    squad.beat("东", lon=105.68, code=cast.EAST_SOUTH)
    TouchedPatrol.objects.create(patrol=duty.patrol, from_at=duty.patrol.started_at, to_at=duty.patrol.ended_at)
    duty.settles()
    found = PresenceHour.objects.everywhere("test")
    assert {one.division_id for one in found} == {cast.WEST_SOUTH}
    assert sum(one.unknown_s for one in found) == pytest.approx(7200)
    assert sum(one.present_s for one in found) == 0


def test_late_points_change_the_touched_hours_and_no_others(duty):
    squad.beat(half_deg=0.002)
    duty.walks(squad.walk(100, step_deg=0))
    duty.settles()
    before = {key: one.pk for key, one in cells().items()}
    late = squad.walk(60, start_ms=squad.BEGAN_MS + 5_000_000, step_deg=0)
    duty.walks(late)
    duty.settles()
    after = {key: one.pk for key, one in cells().items()}
    first = squad.BEGAN_MS // HOUR
    assert (squad.BEGAN_MS + 5_000_000) // HOUR == first + 1
    # The gap that the late points cut began in the first hour, so that one is reckoned anew as well, and nothing before it.
    assert after["beats", first + 1] != before.get(("beats", first + 1))
    assert cells()["beats", first + 1].present_s == pytest.approx(590)


def test_settling_twice_changes_nothing(duty):
    squad.beat(half_deg=0.002)
    duty.walks(squad.walk(300, step_deg=0.00001))
    duty.settles()
    before = {key: (one.present_s, one.unknown_s, one.visit_count) for key, one in cells().items()}
    TouchedPatrol.objects.create(patrol=duty.patrol, from_at=squad.BEGAN, to_at=squad.BEGAN + timedelta(hours=2))
    duty.settles()
    assert {key: (one.present_s, one.unknown_s, one.visit_count) for key, one in cells().items()} == before


def test_a_compounds_surroundings_count(duty):
    cast.west_compound()  # its edge is 0.001 degrees (88 m) east of the middle
    east = 105.621 + 20 * METRE_DEG / 0.794
    duty.walks([[squad.BEGAN_MS + s * 1000, east, 37.48, 5] for s in range(0, 600, 10)])
    duty.settles()
    assert sum(one.present_s for one in PresenceHour.objects.everywhere("test").filter(layer="compounds")) == pytest.approx(590)


def test_forgotten_patrols_end_with_their_last_fix(duty):
    Patrol.objects.everywhere("test").update(ended_at=None, closing="", last_fix_at=squad.BEGAN + timedelta(minutes=50))
    assert reckoning.close_forgotten(now=squad.BEGAN + timedelta(hours=15)) == 0
    assert reckoning.close_forgotten(now=squad.BEGAN + timedelta(hours=17)) == 1
    kept = Patrol.objects.everywhere("test").get()
    assert (kept.ended_at, kept.closing) == (squad.BEGAN + timedelta(minutes=50), "system")


SECONDS_IN_SQL = """
WITH steps AS (
  SELECT d, t0, t1, ST_MakeLine(ST_Point(x0, y0, 4326), ST_Point(x1, y1, 4326)) AS line
  FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
    AS s (d, t0, t1, x0, y0, x1, y1))
SELECT a.n, t0 / 3600000, sum((t1 - t0) / 1000.0 * CASE WHEN ST_Length(line) = 0 THEN 1
    ELSE ST_Length(ST_Intersection(a.geom, line)) / ST_Length(line) END)
FROM steps JOIN (SELECT n, ST_GeomFromEWKB(g) AS geom FROM unnest(%s::int[], %s::bytea[]) AS u (n, g)) a ON ST_Intersects(a.geom, line)
GROUP BY 1, 2
"""


@pytest.mark.parametrize("seed", range(6))
def test_sql_and_a_plain_reference_find_the_same_seconds(seed):
    rng = np.random.default_rng(seed)
    shapes = shapely.buffer(shapely.points(rng.uniform((105.6, 37.4), (105.7, 37.5), (12, 2))), rng.uniform(0.002, 0.02, 12), quad_segs=3)
    count = 400
    at = np.sort(rng.integers(0, 5 * HOUR, count))
    track = np.sort(rng.integers(0, 4, count))
    lon, lat = 105.65 + np.cumsum(rng.normal(0, 0.002, count)), 37.45 + np.cumsum(rng.normal(0, 0.002, count))
    at[rng.integers(0, count, 20)] //= 1
    connected = (np.diff(track) == 0) & (np.diff(at) > 0) & (rng.random(count - 1) > 0.1)
    walk = presence.steps_of(track, at, lon, lat, connected)
    found = presence.by_hour(walk, presence.seconds_inside(walk, Areas(shapes)))
    plain = defaultdict(float)
    for first in np.flatnonzero(connected):
        for hour, seconds in presence.hours_of(int(at[first]), int(at[first + 1])):
            a = max(0.0, (hour * HOUR - at[first]) / (at[first + 1] - at[first]))
            b = min(1.0, ((hour + 1) * HOUR - at[first]) / (at[first + 1] - at[first]))
            ends = [(lon[first] + (lon[first + 1] - lon[first]) * s, lat[first] + (lat[first + 1] - lat[first]) * s) for s in (a, b)]
            line = shapely.LineString(ends)
            for number, shape in enumerate(shapes):
                if (inside := shape.intersection(line).length) > 0:
                    plain[number, hour] += seconds * inside / line.length
    assert found == pytest.approx(dict(plain), rel=1e-6, abs=1e-6)
    with connection.cursor() as cursor:
        s = walk.steps
        columns = [list(map(int, walk.track)), list(map(int, walk.from_ms)), list(map(int, walk.to_ms))]
        columns += [list(map(float, each)) for each in (s.lon0, s.lat0, s.lon1, s.lat1)]
        cursor.execute(
            SECONDS_IN_SQL, [*columns, list(range(len(shapes))), list(shapely.to_wkb(shapely.set_srid(shapes, 4326), include_srid=True))]
        )
        in_sql = {(n, int(hour)): float(seconds) for n, hour, seconds in cursor.fetchall() if seconds > 1e-9}
    assert found == pytest.approx(in_sql, rel=1e-6, abs=1e-5)


@pytest.mark.django_db(transaction=True)
def test_a_phone_hands_in_more_while_its_patrol_is_reckoned(fixes_gone, duty):
    rows = squad.walk(60)
    duty.walks(rows[:30])

    def more():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                Patrol.objects.everywhere("test").update(last_contact_at=squad.NOW + timedelta(minutes=1))
                return duty.walks(rows[30:]).stored
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert duty.settles() == 1
        assert pool.submit(more).result(timeout=30) == 30
    assert Track.objects.get().fix_count == 30
    assert duty.settles() == 1
    assert Track.objects.get().fix_count == 60


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_promise_33_raw_fixes_go_and_presence_stays(fixes_gone, duty):
    squad.beat(half_deg=0.002)
    duty.walks(squad.walk(100, step_deg=0))
    duty.settles()
    assert Fix.objects.count() == 100
    try:
        told = partitions.expire(now=squad.BEGAN + timedelta(days=91), kept_days=90)
        assert (told["fixes"], told["lines"]) == (100, 1)
        assert not Fix.objects.exists()
        assert not Track.objects.exists()
        assert cells()
        assert partitions.expire(now=squad.BEGAN + timedelta(days=200), kept_days=90)["months"] >= 1
    finally:
        made = partitions.prepare(on=squad.BEGAN.date())
    assert "patrol_fix_2026_11" in made


def test_points_of_an_app_draw_a_patrol_of_the_plan(duty):
    duty.patrol.delete()
    rows = squad.walk(30)
    read = points.read(rows, crs="wgs84", now_ms=squad.BEGAN_MS + HOUR, ahead_s=120)
    told = intake.fixes(device=duty.device, points=read, now=datetime.fromtimestamp((squad.BEGAN_MS + HOUR) / 1000, squad.BEGAN.tzinfo))
    assert told.stored == 30
    made = Patrol.objects.everywhere("test").get()
    assert (made.shift, made.started_at) == (duty.shift, squad.BEGAN)


def test_data_of_an_app_without_submissions_reach_back_to_its_first_patrol(duty):
    assert units.reach(cast.WEST) is None
    duty.walks(squad.walk(30))
    assert units.reach(cast.WEST) == squad.BEGAN
    assert units.reach(cast.EAST) is None
    Patrol.objects.everywhere("test").update(started_at=squad.BEGAN - timedelta(days=20_000))
    assert units.reach(cast.WEST) is None
