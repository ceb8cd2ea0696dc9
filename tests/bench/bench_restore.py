"""Minutes until a lost site stands again, at a moment before the loss: the demo county with ten million fixes of patrols.

    python -m tests.bench.bench_restore [--points N]

A cluster of its own that archives its WAL, the demo loaded and the fixes written into it by intake's way of storing; a base
backup; the site lives on; a table is dropped; then `manage.py restore --to` the moment before, in a new folder, looked through.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from tests.bench.scratch import ROOT, environment, machine, manage

GOAL_S = 300
EVERY_S, DEVICES = 20, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    asked = parser.parse_args()
    os.environ.update(environment(), DJANGO_SETTINGS_MODULE="config.settings", SIWU_LOG_LEVEL="WARNING")
    import django

    django.setup()
    from tests.geo.archive import archived_cluster

    with archived_cluster("SELECT 1", room=tempfile.gettempdir()) as (server, archive), tempfile.TemporaryDirectory() as room:
        values = site(server, archive, Path(room))
        began = time.perf_counter()
        manage(values, "load_demo")
        with psycopg.connect(server.url("siwu"), autocommit=True) as owner:
            fill(owner, asked.points)
            [size] = owner.execute("SELECT pg_size_pretty(pg_database_size('siwu'))").fetchone()
            [count] = owner.execute("SELECT count(*) FROM patrol_fix").fetchone()
        print(f"{count:,} fixes and the demo, {size}, in {time.perf_counter() - began:.0f} s · {machine()}")
        print(told("base backup and moment", manage, values, "backup", "--archive"))
        with psycopg.connect(server.url("siwu"), autocommit=True) as owner:
            owner.execute("UPDATE geo_compound SET name = name WHERE id % 3 = 0")
            [good] = owner.execute("SELECT clock_timestamp()").fetchone()
            owner.execute("DROP TABLE patrol_fix CASCADE")
        print(told("moment after the loss", manage, values, "backup", "--moment"))
        into = server.folder / "then"
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "manage.py", "restore", "--to", good.isoformat(), "--into", str(into), "--drill"], cwd=ROOT,
                              env={**values, "SIWU_ANY_PYTHON": "1"}, capture_output=True, text=True)  # fmt: skip
        seconds = time.perf_counter() - began
        print(re.sub(r"(?m)^", "    ", done.stdout.strip()))
        if done.returncode:
            sys.exit(done.stderr)
        print(f"restored and looked through: {seconds:.1f} s, goal < {GOAL_S}: {'reached' if seconds < GOAL_S else 'NOT reached'}")


def site(server, archive: Path, room: Path) -> dict[str, str]:
    """Roles, extensions and tables as set-up makes them, and the settings of a site on it."""
    known = environment()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE siwu")
    command = [sys.executable, str(ROOT / "script/lib/database.py"), "private", str(server.folder), "5432"]
    made = subprocess.run(command, env=known, check=True, capture_output=True, text=True).stdout
    values = {**known, **dict(line.replace("'", "").split("=", 1) for line in made.splitlines())}
    values |= {"SIWU_ARCHIVE": str(archive), "SIWU_MEDIA_ROOT": str(room / "media"), "SIWU_RUN_DIR": str(room)}
    manage(values, "migrate", "--database", "owner", "-v0")
    return values


def fill(owner: psycopg.Connection, count: int) -> None:
    """Fixes every 20 seconds of many devices that wander, from one statement: the table's own partition takes them."""
    owner.execute("SELECT setseed(0.5)")
    owner.execute(
        """
        INSERT INTO patrol_fix (device_id, at, lon, lat, accuracy_m, speed_ms, flags)
        SELECT n %% %(devices)s, timestamptz '2026-11-01' + (n / %(devices)s) * %(every)s * interval '1 second',
          105.6 + (n %% %(devices)s) * 1e-3 + random() * 1e-3, 37.5 + random() * 1e-2, 5 + random() * 20, random() * 2, 0
        FROM generate_series(0, %(count)s - 1) n
        """,
        {"devices": DEVICES, "every": EVERY_S, "count": count},
    )


def told(title: str, work, *arguments) -> str:
    began = time.perf_counter()
    said = work(*arguments).strip()
    return f"{title}: {time.perf_counter() - began:.1f} s ({said})"


if __name__ == "__main__":
    main()
