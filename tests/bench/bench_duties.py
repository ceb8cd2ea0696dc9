"""A year of duties for 13 towns with 200 villages each, made by `zones.duty_rows.extend`; again with nothing to do; and missed ones.

    python -m tests.bench.bench_duties [--towns N] [--villages N] [--rounds N]
"""
import argparse
import os
import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import django
import django.db
import psycopg

from geo import walls
from tests.bench.scratch import machine, plain, scratch_database

NOW = datetime(2026, 11, 18, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
DIVISIONS = """
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source) VALUES
  ('64', '1_province', 'p', '', '1949-10-01', 'bench'), ('6405', '2_city', 'c', '', '1949-10-01', 'bench'),
  ('640521', '3_county', 'n', '', '1949-10-01', 'bench');
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source, parent_id)
  SELECT '640521' || (99 + t), '4_town', 'town ' || t, '', '1949-10-01', 'bench', '640521' FROM generate_series(1, %(towns)s) t;
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source, parent_id)
  SELECT '640521' || (99 + t) || lpad(v::text, 3, '0'), '5_village', 'village ' || v, '', '1949-10-01', 'bench', '640521' || (99 + t)
  FROM generate_series(1, %(towns)s) t, generate_series(1, %(villages)s) v;
ANALYZE geo_division;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--towns", type=int, default=13)
    parser.add_argument("--villages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    with scratch_database("bench_duties") as environment:
        with psycopg.connect(plain(environment["DATABASE_URL"]), autocommit=True, cursor_factory=psycopg.ClientCursor) as server:
            server.execute(DIVISIONS, {"towns": told.towns, "villages": told.villages})
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings")
        django.setup()
        walls.open_process()
        print(machine())
        measure(told)
        for alias in django.db.connections:
            django.db.connections[alias].close()
            django.db.connections[alias].close_pool()


def measure(told: argparse.Namespace) -> None:
    from geo.models import User
    from zones import duty_pages, duty_rows
    from zones.models import Duty

    officer = User.objects.create_user("county", "a-word-for-benches", role=User.Role.COUNTY_OFFICER, division_id="640521")
    rows = Duty.objects.everywhere("a benchmark")
    for number in range(told.rounds):
        rows.all().delete()
        timed(f"round {number + 1}: a year", lambda: duty_rows.extend(now=NOW, days=365))
        timed("  again", lambda: duty_rows.extend(now=NOW, days=365))
    print(f"{rows.count():,} rows")
    timed("month page of the county", lambda: duty_pages.month(officer, {"month": "2026-12"}, now=NOW))
    timed("list page, a year", lambda: list(duty_pages.listing(officer, {"from": "2026-11-01", "to": "2027-11-30"}, now=NOW)["page"]))
    later = NOW + timedelta(days=180)
    timed("mark half a year missed", lambda: duty_rows.mark_missed(now=later))
    timed("shares of the half year", lambda: duty_pages.shares(officer, {"from": str(date(2026, 11, 1))}, now=later))


def timed(what: str, function) -> None:
    start = time.perf_counter()
    found = function()
    print(f"{what}: {time.perf_counter() - start:.2f} s{'' if isinstance(found, dict | list) else f'  {found}'}")


if __name__ == "__main__":
    main()
