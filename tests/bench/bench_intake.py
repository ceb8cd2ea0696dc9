"""Points a second into the store of raw fixes: intake's way against one big binary COPY and against Django's bulk_create.

    python -m tests.bench.bench_intake [--points N]

Every way writes the same rows into the same table of a database of its own, emptied in between; intake and bulk_create by 500
points a transaction. The whole submission (JSON, checks, receipt) is measured too.
"""

import argparse
import contextlib
import json
import os
import time
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np

from tests.bench.scratch import machine, manage, scratch_database

BATCH = 500
T0 = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=400_000)
    asked = parser.parse_args()
    with scratch_database("siwu_bench_intake") as values:
        manage(values, "migrate", "--database", "owner", "-v0")
        os.environ.update(values, DJANGO_SETTINGS_MODULE="config.settings", SIWU_LOG_LEVEL="WARNING")
        import django

        from geo import walls

        django.setup()
        walls.open_process()
        measure(asked.points)
        from django.db import connections

        for each in connections.all():
            each.close()
            if hasattr(each, "close_pool"):
                each.close_pool()


def measure(count: int) -> None:
    from patrol.points import Points

    rng = np.random.default_rng(1)
    at = (T0.timestamp() * 1000 + np.arange(count) * 1000).astype(np.int64)
    lon, lat = 105.6 + np.cumsum(rng.normal(0, 1e-6, count)), 37.5 + np.cumsum(rng.normal(0, 1e-6, count))
    empty = np.full(count, np.nan)
    points = Points(at, lon, lat, rng.uniform(3, 30, count), rng.uniform(0, 2, count), empty, empty, np.zeros(count, np.int16))
    print(f"{count:,} points, by {BATCH} · {machine()}")
    limit = told("one binary COPY (psycopg, row by row)", count, lambda: copy_rows(points))
    told("one binary COPY (built by numpy)", count, lambda: copy_numpy(points))
    ours = told("intake's insert, a commit for each 500", count, lambda: by_intake(points))
    bare = told("intake's insert, one commit", count, lambda: by_intake(points, commits=False))
    few = min(count, 100_000)
    django_way = told("Django bulk_create, a commit for each 500", few, lambda: by_bulk_create(points, few))
    django_bare = told("Django bulk_create, one commit", few, lambda: by_bulk_create(points, few, commits=False))
    whole = told("whole submissions: JSON, checks, receipt", few, lambda: by_submission(points, few))
    for title, ratio, goal in (
        ("one commit: insert against COPY", bare / limit, 0.3),
        ("one commit: insert against bulk_create", bare / django_bare, 15),
        ("commit for each 500: insert against COPY", ours / limit, 0.3),
        ("commit for each 500: against bulk_create", ours / django_way, 15),
    ):
        print(f"{title:42} {ratio:8.2f} x, goal >= {goal}: {'reached' if ratio >= goal else 'NOT reached'}")
    print(f"{'whole submissions against COPY':42} {whole / limit:8.2f} x")


def told(title: str, count: int, work) -> float:
    from django.db import connection, connections

    best = 0.0
    for _round in range(3):
        with connections["owner"].cursor() as cursor:
            cursor.execute("TRUNCATE patrol_fix")
        began = time.perf_counter()
        work()
        best = max(best, count / (time.perf_counter() - began))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM patrol_fix_seen")
            assert cursor.fetchone()[0] == count
    print(f"{title:42} {best:10,.0f} points/s")
    return best


COPY = "COPY patrol_fix (device_id, at, lon, lat, accuracy_m, speed_ms, flags) FROM STDIN (FORMAT BINARY)"


def copy_rows(points) -> None:
    import psycopg
    from django.db import connection, transaction

    with transaction.atomic(), psycopg.Cursor(connection.connection) as cursor, cursor.copy(COPY) as copy:
        copy.set_types(["int4", "timestamptz", "float8", "float8", "float4", "float4", "int2"])
        moments = [T0 + timedelta(milliseconds=int(each)) for each in points.at_ms - points.at_ms[0]]
        columns = (points.lon.tolist(), points.lat.tolist(), points.accuracy_m.tolist(), points.speed_ms.tolist())
        for at, lon, lat, accuracy, speed in zip(moments, *columns, strict=True):
            copy.write_row((1, at, lon, lat, accuracy, speed, 0))


def copy_numpy(points) -> None:
    import psycopg
    from django.db import connection, transaction

    fields = [("n", ">i2")]
    for name, kind in (
        ("device", ">i4"),
        ("at", ">i8"),
        ("lon", ">f8"),
        ("lat", ">f8"),
        ("acc", ">f4"),
        ("speed", ">f4"),
        ("flags", ">i2"),
    ):
        fields += [(f"l_{name}", ">i4"), (name, kind)]
    rows = np.empty(len(points), dtype=fields)
    rows["n"] = 7
    values = {"device": 1, "at": (points.at_ms - 946_684_800_000) * 1000, "lon": points.lon, "lat": points.lat}
    values |= {"acc": points.accuracy_m, "speed": points.speed_ms, "flags": 0}
    for name, value in values.items():
        rows[name], rows[f"l_{name}"] = value, rows.dtype[name].itemsize
    with transaction.atomic(), psycopg.Cursor(connection.connection) as cursor, cursor.copy(COPY) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")


def each_batch(commits: bool):
    from django.db import transaction

    return transaction.atomic() if commits else contextlib.nullcontext()


def by_intake(points, *, commits: bool = True) -> None:
    from django.db import transaction

    from patrol import tracking

    with contextlib.nullcontext() if commits else transaction.atomic():
        for first in range(0, len(points), BATCH):
            with each_batch(commits):
                tracking.insert(points.where(slice(first, first + BATCH)), device_id=1, now=T0)


def by_bulk_create(points, count: int, *, commits: bool = True) -> None:
    from django.db import transaction

    from patrol.models import Fix

    def fix(n: int) -> Fix:
        at = T0 + timedelta(milliseconds=int(points.at_ms[n] - points.at_ms[0]))
        place = {"lon": points.lon[n], "lat": points.lat[n], "accuracy_m": points.accuracy_m[n], "speed_ms": points.speed_ms[n]}
        return Fix(device_id=1, at=at, flags=0, received_at=T0, **place)

    with contextlib.nullcontext() if commits else transaction.atomic():
        for first in range(0, count, BATCH):
            with each_batch(commits):
                Fix.objects.bulk_create([fix(n) for n in range(first, min(first + BATCH, count))], ignore_conflicts=True)


def by_submission(points, count: int) -> None:
    from geo.models import Division, User
    from patrol import devices, intake
    from patrol.models import Patrol

    Division.objects.get_or_create(code="640521", defaults={"name": "t", "level": Division.Level.COUNTY})
    fresh = {"role": "patrol_member", "division_id": "640521", "must_change_password": False, "password": "!"}
    user, _is_new = User.objects.get_or_create(username="bench", defaults=fresh)
    device, _token = devices.make(user=user, door="traccar", name="b", by=user, now=T0)
    columns = (points.at_ms, points.lon.round(7), points.lat.round(7), points.accuracy_m.round(1), points.speed_ms.round(1))
    rows = [list(row) for row in zip(*(column[:count].tolist() for column in columns), strict=True)]
    for first in range(0, count, BATCH):
        key = uuid.UUID(int=first // 50_000 + 1 + (device.pk << 64))
        patrol = {"id": str(key), "started_at": rows[first // 50_000 * 50_000][0], "chunk_no": first // BATCH + 1}
        body = {"schema": 1, "submission_id": str(uuid.uuid4()), "kind": "patrol", "patrol": patrol, "points": rows[first : first + BATCH]}
        intake.receive(device=device, raw=json.dumps(body).encode(), now=T0 + timedelta(days=6))
    Patrol.objects.everywhere("bench").update(last_contact_at=T0)


if __name__ == "__main__":
    main()
