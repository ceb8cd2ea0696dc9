"""A round of 100,000 compounds: drafting, laying ready, and the switch under 50 readers a second, against the limits.

    python -m tests.bench.bench_round [--compounds N] [--incidents N] [--publications N]

Drafting is computing the grades and writing every public row with its reasons. The switch is timed while readers ask, 50 times a
second on the public's own role, what list, map and export ask; each answer must be wholly one publication. At the end a process
that stages and publishes is killed at random moments, and the readers must go on seeing the old one.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from datetime import datetime, timedelta

import django
import psycopg

from geo import walls
from tests.bench.bench_rating import DATA
from tests.bench.scratch import machine, plain, scratch_database

DRAFT_LIMIT_S, SWITCH_LIMIT_S, READERS_PER_S = 60, 2, 50
PEOPLE = """
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source, parent_id)
  VALUES ('6400', '2_city', 'c', '', '1949-10-01', 'bench', '64'), ('640000', '3_county', 'k', '', '1949-10-01', 'bench', '6400');
"""
SEEN = """
SELECT p.id, p.number, count(*), count(*) FILTER (WHERE g.colour = 'green')
FROM zones_publication p JOIN zones_publishedgrade g ON g.publication_id = p.id
WHERE p.period = '2026Q3' AND p.is_current AND g.town_code = %s GROUP BY p.id, p.number
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compounds", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--publications", type=int, default=2)
    parser.add_argument("--kills", type=int, default=3)
    chosen = parser.parse_args()
    print(machine(), flush=True)
    with scratch_database("siwu_bench_round") as values:
        with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as connection:
            size = {"compounds": chosen.compounds, "incidents": chosen.incidents}
            for statement in [*DATA.strip().split(";\n"), *PEOPLE.strip().split(";\n")]:
                connection.execute(statement.rstrip(";"), size if "%(" in statement else None)
            connection.execute("VACUUM ANALYZE")
        child = os.fork()
        if not child:
            os.environ.update(values, DJANGO_SETTINGS_MODULE="config.settings")
            try:
                measure(chosen)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.waitpid(child, 0)


class Reader(threading.Thread):
    """Asks at its own pace, late answers and all; `torn` counts answers that were neither the old nor the new publication."""

    def __init__(self, url: str, town: str, per_second: float):
        super().__init__(daemon=True)
        self.url, self.town, self.pause = url, town, 1 / per_second
        self.seen: dict[tuple, int] = {}
        self.seconds: list[float] = []
        self.torn, self.enough = 0, threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as door:
            due = time.perf_counter()
            while not self.enough.is_set():
                began = time.perf_counter()
                found = door.execute(SEEN, [self.town]).fetchall()
                self.seconds.append(time.perf_counter() - began)
                if len(found) == 1:
                    self.seen[found[0]] = self.seen.get(found[0], 0) + 1
                elif self.seen:
                    self.torn += 1
                due += self.pause
                time.sleep(max(0, due - time.perf_counter()))


def measure(chosen: argparse.Namespace) -> None:
    """In a process of its own: Django's settings hold for one database."""
    django.setup()
    walls.open_process()
    from geo.models import Compound, User
    from zones import publication, round_life
    from zones.models import Publication, RatingRound
    from zones.periods import COUNTY_TIME

    facts = {"role": User.Role.COUNTY_OFFICER, "division_id": "640000"}
    first, second = (User.objects.create(username=name, **facts) for name in ("first", "second"))
    day = timedelta(days=1)
    clock = iter(datetime(2026, 10, 8, 9, tzinfo=COUNTY_TIME) + day * 10 * number for number in range(1000))

    def drafted() -> RatingRound:
        """Freeze to the rows that lie ready, less the days that people take."""
        rating_round = round_life.freeze(period="2026Q3", by=first, now=next(clock)).round
        round_life.ask_towns(rating_round, by=first, now=next(clock))
        round_life.approve(rating_round, by=second, now=next(clock))
        round_life.open_objections(rating_round, by=first, now=next(clock))
        publication.stage(rating_round, now=next(clock))
        return rating_round

    def changed(number: int) -> None:
        """Every compound of the readers' town gains or loses a hazard, so that both publications differ as a whole."""
        rating_round = RatingRound.objects.get()
        round_life.send_back(rating_round, by=first, now=next(clock), why="bench")
        round_life.unfreeze(rating_round, by=first, now=next(clock), why="bench")
        Compound.objects.everywhere("bench").filter(division=town).update(open_fire_hazard_count=9 if number % 2 else 0)

    def publish() -> float:
        began, now = time.perf_counter(), next(clock)
        round_life.publish(period="2026Q3", by=second, now=now)
        return time.perf_counter() - began

    town = Compound.objects.everywhere("bench").order_by("pk").values_list("division_id", flat=True)[0]
    began = time.perf_counter()
    drafted()
    tell("round drafted, all rows ready", time.perf_counter() - began, DRAFT_LIMIT_S)
    publish()
    public = plain(os.environ["SIWU_PUBLIC_DATABASE_URL"])
    readers = [Reader(public, town, READERS_PER_S / 5) for _each in range(5)]
    for reader in readers:
        reader.start()
    switches = []
    for number in range(1, 1 + chosen.publications):
        changed(number)
        drafted()
        switches.append(publish())
    tell(f"switch, worst of {len(switches)}", max(switches), SWITCH_LIMIT_S)
    changed(0)
    drafted()
    before = Publication.objects.get(is_current=True).number
    kept = 0
    for _each in range(chosen.kills):
        killed(next(clock))
        kept += Publication.objects.get(is_current=True).number == before
    for reader in readers:
        reader.enough.set()
        reader.join()
    asked = sorted(second for reader in readers for second in reader.seconds)
    versions = {key[:2]: key[2:] for reader in readers for key in reader.seen}
    torn = sum(reader.torn for reader in readers) + len({key for reader in readers for key in reader.seen}) - len(versions)
    print(f"  {len(asked):,} answers to readers, p95 {asked[int(len(asked) * 0.95)] * 1000:.1f} ms, {len(versions)} publications seen")
    print(f"  answers neither old nor new: {torn}   goal 0 {'reached' if not torn else 'NOT reached'}")
    told = "reached" if kept == chosen.kills else "NOT reached"
    print(f"  kill -9 during publication: {kept} of {chosen.kills} left the old one   goal all {told}")


KILLED = """
import django, sys, time
from datetime import datetime
django.setup()
from django.db import transaction
from geo import walls; walls.open_process()
from geo.models import User
from zones import round_life
with transaction.atomic():
    print("begun", flush=True)
    round_life.publish(period="2026Q3", by=User.objects.get(username="second"), now=datetime.fromisoformat(sys.argv[1]))
    time.sleep(60)
"""


def killed(now: datetime) -> None:
    """A process publishes and is killed before it can commit: held open inside its transaction, at a random moment."""
    child = subprocess.Popen([sys.executable, "-c", KILLED, now.isoformat()], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline().strip() == "begun"
    time.sleep(random.uniform(0, 0.5))
    child.kill()
    assert child.wait() == -signal.SIGKILL


def tell(title: str, seconds: float, limit: float) -> None:
    print(f"  {title:34} {seconds:8.3f} s   goal < {limit} s {'reached' if seconds < limit else 'NOT reached'}", flush=True)


if __name__ == "__main__":
    main()
