"""Seconds by place and hour from raw fixes: the reckoning's engine against the best set-based SQL, on the same rows.

    python -m tests.bench.bench_presence [--points N] [--zones N] [--no-sql]

Fixes of many devices and zones in towns, all invented, in a database of its own. The engine reads the fixes as a stream, in a
process of its own, so that its memory is told; SQL makes the steps, indexes them and lets the zones drive the join. The last
line adds one more day and reckons that day alone.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np
import psycopg
import shapely

from patrol import wire
from tests.bench.scratch import ROOT, environment, machine, manage, plain, scratch_database

GAP_S, EVERY_S = 120, 20
START_MS = 1_793_500_000_000 // 3_600_000 * 3_600_000
COPY = "COPY patrol_fix (device_id, at, lon, lat, accuracy_m, flags) FROM STDIN (FORMAT BINARY)"
# Steps that run over a full hour are cut there; the zones drive, and what they cover is not clipped.
STEPS = """
CREATE TEMP TABLE steps AS
WITH raw AS (SELECT device_id, at AS t0, lon AS x0, lat AS y0, lead(at) OVER w AS t1, lead(lon) OVER w AS x1, lead(lat) OVER w AS y1
  FROM patrol_fix WHERE at >= %s AND at < %s WINDOW w AS (PARTITION BY device_id ORDER BY at)),
good AS (SELECT * FROM raw WHERE t1 - t0 <= interval '120 s'),
cut AS (SELECT t0, t1, x0, y0, x1, y1, 0.0::float8 AS a, 1.0::float8 AS b FROM good
    WHERE date_trunc('hour', t0) = date_trunc('hour', t1 - interval '1 microsecond')
  UNION ALL
  SELECT t0, t1, x0, y0, x1, y1,
    greatest(0, extract(epoch FROM h - t0) / extract(epoch FROM t1 - t0)),
    least(1, extract(epoch FROM h + interval '1 hour' - t0) / extract(epoch FROM t1 - t0))
  FROM good, generate_series(date_trunc('hour', t0), t1 - interval '1 microsecond', interval '1 hour') h
  WHERE date_trunc('hour', t0) <> date_trunc('hour', t1 - interval '1 microsecond'))
SELECT date_trunc('hour', t0 + (t1 - t0) * ((a + b) / 2)) AS hour, extract(epoch FROM t1 - t0)::float8 * (b - a) AS s,
  ST_MakeLine(ST_Point(x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, 4326), ST_Point(x0 + (x1 - x0) * b, y0 + (y1 - y0) * b, 4326)) AS geom
FROM cut
"""
JOIN = """
SELECT count(*), sum(seconds) FROM (
  SELECT z.id, p.hour, sum(p.s * CASE WHEN ST_Covers(z.geom, p.geom) THEN 1
    WHEN ST_Length(p.geom) = 0 THEN 1 ELSE ST_Length(ST_Intersection(z.geom, p.geom)) / ST_Length(p.geom) END) AS seconds
  FROM bench_zone z JOIN steps p ON ST_Intersects(z.geom, p.geom) GROUP BY 1, 2) cells WHERE seconds > 0
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--zones", type=int, default=6_000)
    parser.add_argument("--no-sql", action="store_true")
    asked = parser.parse_args()
    with scratch_database("siwu_bench_presence") as values:
        manage(values, "migrate", "--database", "owner", "-v0")
        with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as owner:
            devices, days = fill(owner, asked.points, asked.zones)
            print(f"{asked.points:,} points of {devices:,} devices in {days:.1f} days · {asked.zones:,} zones · {machine()}")
            end_ms = START_MS + int(days * 86_400_000) + 1
            ours = engine(values, START_MS, end_ms)
            print(f"engine   {ours['s']:8.1f} s   {ours['mb']:6.0f} MB   {ours['cells']:,} cells, {ours['seconds'] / 60:,.1f} minutes")
            day = engine(values, end_ms - 86_400_000, end_ms)
            share = f"{day['points'] / asked.points:.1%} of the points, {day['s'] / ours['s']:.1%} of the time"
            print(f"one day  {day['s']:8.1f} s   {day['mb']:6.0f} MB   {day['points']:,} points: {share}")
            if asked.no_sql:
                return
            seconds, cells, total = in_sql(owner, START_MS, end_ms)
            print(f"SQL      {seconds:8.1f} s               {cells:,} cells, {total / 60:,.1f} minutes")
            ratio, apart = seconds / ours["s"], abs(total / ours["seconds"] - 1)
            print(f"engine is {ratio:.2f} x faster, goal >= 3: {'reached' if ratio >= 3 else 'NOT reached'}")
            print(f"memory {ours['mb']:.0f} MB, goal <= 1000: {'reached' if ours['mb'] <= 1000 else 'NOT reached'}")
            print(f"seconds differ by {apart:.2e}, goal <= 0.001: {'reached' if apart <= 0.001 else 'NOT reached'}")


def fill(owner: psycopg.Connection, count: int, zones: int) -> tuple[int, float]:
    """Towns on a plain; zones and devices in towns; each device walks around its town."""
    rng = np.random.default_rng(7)
    towns = rng.uniform((104.5, 36.0), (107.0, 39.0), (max(zones // 30, 1), 2))
    centre = towns[rng.integers(len(towns), size=zones)] + rng.normal(0, 0.012, (zones, 2))
    # One corner in each fourteenth of the circle: the ring goes round its middle, and no outline crosses itself.
    corners = (np.arange(14) + rng.uniform(0, 1, (zones, 14))) * (2 * np.pi / 14)
    reach = rng.uniform(0.001, 0.004, (zones, 1)) * rng.uniform(0.7, 1.3, (zones, 14))
    rings = centre[:, None, :] + np.stack((np.cos(corners) * reach, np.sin(corners) * reach), axis=2)
    owner.execute("CREATE TABLE bench_zone (id integer, geom geometry(Polygon, 4326))")
    owner.execute("GRANT SELECT ON bench_zone TO PUBLIC")
    with owner.cursor() as cursor, cursor.copy("COPY bench_zone FROM STDIN") as copy:
        shapes = shapely.set_srid(shapely.polygons(rings), 4326)
        for number, wkb in enumerate(shapely.to_wkb(shapes, hex=True, include_srid=True)):
            copy.write_row((number, wkb))
    owner.execute("CREATE INDEX ON bench_zone USING gist (geom)")
    owner.execute("ANALYZE bench_zone")
    devices = max(count // 5000, 1)
    each = count // devices
    at = START_MS + np.arange(each, dtype=np.int64) * EVERY_S * 1000
    for first in range(0, devices, 100):
        mine = np.arange(first, min(first + 100, devices))
        home = towns[rng.integers(len(towns), size=len(mine))]
        steps = rng.normal(0, 0.0002, (len(mine), each, 2))
        path = np.cumsum(steps, axis=1)
        path = home[:, None, :] + 0.03 * np.sin(path / 0.03)  # stays around its town
        n = len(mine) * each
        columns = {
            "device_id": np.repeat(mine, each).astype(">i4"), "at": wire.moments(np.tile(at, len(mine))),
            "lon": path[:, :, 0].ravel().astype(">f8"), "lat": path[:, :, 1].ravel().astype(">f8"),
            "accuracy_m": np.full(n, 8, dtype=">f4"), "flags": np.zeros(n, dtype=">i2"),
        }  # fmt: skip
        with owner.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(wire.rows(columns))
    owner.execute("VACUUM ANALYZE patrol_fix")
    return devices, each * EVERY_S / 86_400


def in_sql(owner: psycopg.Connection, start_ms: int, end_ms: int) -> tuple[float, int, float]:
    owner.execute("SET work_mem = '512MB'")
    owner.execute("SET maintenance_work_mem = '1GB'")
    owner.execute("SET jit = off")
    began = time.perf_counter()
    span = [time_of(start_ms), time_of(end_ms)]
    owner.execute(STEPS, span)
    owner.execute("CREATE INDEX ON steps USING gist (geom)")
    owner.execute("ANALYZE steps")
    [cells, total] = owner.execute(JOIN).fetchone()
    return time.perf_counter() - began, cells, total


def time_of(at_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000 + (1 if at_ms % 1000 else 0)))


def engine(values: dict[str, str], start_ms: int, end_ms: int) -> dict:
    command = [sys.executable, "-c", f"from tests.bench.bench_presence import child; child({start_ms}, {end_ms})"]
    done = subprocess.run(command, env={**environment(), **values}, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def child(start_ms: int, end_ms: int) -> None:
    """In a process of its own: time from the first question to the last sum, and the peak of memory."""
    import resource
    from datetime import UTC, datetime

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    from geo import walls

    django.setup()
    walls.open_process()
    from django.db import connection

    from patrol import presence, reading
    from patrol.clipping import Areas

    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT geom::bytea FROM bench_zone ORDER BY id")
        areas = Areas(shapely.from_wkb([bytes(row[0]) for row in cursor.fetchall()]))
        cursor.execute("SELECT coalesce(max(device_id), 0) FROM patrol_fix_seen")
        devices = list(range(cursor.fetchone()[0] + 1))
    span = datetime.fromtimestamp(start_ms / 1000, UTC), datetime.fromtimestamp(end_ms / 1000, UTC)
    first_hour = start_ms // presence.HOUR_MS
    hours = end_ms // presence.HOUR_MS - first_hour + 1
    sums, count = np.zeros(len(areas) * hours), 0
    tail = None
    for part in reading.chunks(devices, *span):
        count += len(part)
        device, at, lon, lat = part.source, part.at_ms, part.lon, part.lat
        if tail is not None:
            device, at, lon, lat = (np.concatenate(pair) for pair in zip(tail, (device, at, lon, lat), strict=True))
        tail = device[-1:], at[-1:], lon[-1:], lat[-1:]
        connected = (device[1:] == device[:-1]) & (np.diff(at) <= GAP_S * 1000)
        walk = presence.steps_of(device, at, lon, lat, connected)
        step, area, seconds = presence.seconds_inside(walk, areas)
        sums += np.bincount(area * hours + walk.from_ms[step] // presence.HOUR_MS - first_hour, weights=seconds, minlength=len(sums))
    told = {"s": time.perf_counter() - began, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "points": count}
    print(json.dumps(told | {"cells": int((sums > 0).sum()), "seconds": float(sums.sum())}))


if __name__ == "__main__":
    main()
