"""Phones send while the site's processes are killed at random moments; `findings` holds every broken promise that was seen.

storm = Storm(cluster, values, "name of a database", folder, seed=1)
storm.rage(rounds=10)         # each round kills something as soon as some more receipts have been given
storm.calm()                  # phones end their patrols and send what is left
"""

import contextlib
import json
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tests.bench.scratch import URLS, asked, free_port
from tests.faults import checking
from tests.faults.cluster import Database, Queue
from tests.faults.phones import Ledger, Phone
from tests.faults.site import Program, line_of

# How often each is killed, and what.
FAULTS = {"database": 4, "web": 3, "a web process": 3, "worker": 2, "a worker process": 2, "queue": 1}
AT_WORK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = (hashtext('patrol.reckoning')::bigint & 4294967295)::oid"


class Storm:
    def __init__(
        self, cluster: Database, values: dict[str, str], database: str, folder: Path, *, seed: int, site: str = "config.wsgi",
        more: dict[str, str] | None = None,
    ):  # fmt: skip
        self.cluster, self.name, self.folder, self.chance = cluster, database, folder, random.Random(seed)
        self.ledger, self.killed, self.findings, self.ending = Ledger(), Counter(), [], threading.Event()
        self.port, self.media = free_port(), Path((more or {}).get("SIWU_MEDIA_ROOT", folder / "media"))
        self.queue = Queue(folder)
        self.values = {
            **values,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SIWU_QUEUE": database,
            "REDIS_URL": f"unix://{self.queue.socket}",
        }
        self.values |= {key: urlunsplit(urlsplit(values[key])._replace(path=f"/{database}")) for key in URLS}
        self.values |= {"SIWU_MEDIA_ROOT": str(self.media), "SIWU_LOG_LEVEL": "WARNING", "SIWU_PYTHON": sys.executable}
        self.values |= {"SIWU_HOST": "127.0.0.1", "SIWU_PORT": str(self.port), "SIWU_RUN_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
        self.values |= more or {}
        self.web = Program(line_of("web").replace("config.wsgi", site), self.values, folder / "web.log")
        self.worker = Program(line_of("worker"), self.values, folder / "worker.log")
        self.url = cluster.url(database)
        self.phones: list[Phone] = []
        self.seed, self.striking = seed, False

    def __enter__(self) -> "Storm":
        self.queue.start()
        self.web.start()
        self.worker.start()
        return self

    def __exit__(self, *_fault) -> None:
        self.ending.set()
        for phone in self.phones:
            phone.lasts_s = 0
        self.web.stop()
        self.worker.stop()
        self.queue.stop()
        for phone in self.phones:
            phone.join(30)

    def send(self, phones: list[dict], *, patience_s: float = 180, port: int | None = None) -> None:
        """By another port than the web server's own where something stands between."""
        named = {"port": port or self.port, "ledger": self.ledger, "ending": self.ending, "seed": self.seed, "lasts_s": patience_s}
        self.phones = [Phone(**one, **named) for one in phones]
        for phone in self.phones:
            phone.start()
        threading.Thread(target=self._beat, daemon=True).start()
        self.wait_for_receipts(20, 180)  # a machine that has other work starts a site slowly

    def _beat(self) -> None:
        """What celery's beat does every 20 seconds, more often. A broker that is down is no loss."""
        app = Celery(broker=self.values["REDIS_URL"].replace("unix://", "redis+socket://"))
        while any(phone.is_alive() for phone in self.phones):
            self._settle(app)
            time.sleep(0.4)

    def _settle(self, app: Celery) -> None:
        # When its broker goes while it starts or stops, celery's worker sometimes ends by itself (not on every loss of the broker).
        if self.killed["queue"] and self.worker.process.poll() is not None and not self.striking:
            self.killed["worker ended by itself"] += 1
            self.worker.kill()  # children that outlived it, as systemd ends them: one may hold the reckoning's lock
            self.worker.start()
        # By a connection of its own: one of the pool that was cut would be given out again.
        with contextlib.suppress(OperationalError, RedisError, OSError), app.connection_for_write() as connection:
            app.send_task("patrol.jobs.settle", queue=self.name, expires=20, retry=False, connection=connection)

    def wait_for_receipts(self, more: int, seconds: float = 120) -> None:
        """Until so many more have been given: load is back after the last fault."""
        before, deadline = len(self.ledger.receipted()), time.monotonic() + seconds
        while len(self.ledger.receipted()) < before + more:
            assert time.monotonic() < deadline, f"no receipts any more: {self.ledger.told} {self.ledger.faults[-3:]} {self.logs()}"
            time.sleep(0.005)

    def wait_until_stored(self, seconds: float = 60) -> None:
        """Before a control is judged: a server that keeps nothing at all would be noticed too easily."""
        deadline = time.monotonic() + seconds
        while not checking.State(self.url).submissions:
            assert time.monotonic() < deadline, f"nothing is stored: {self.ledger.told} {self.logs()}"
            time.sleep(0.1)

    def rage(self, *, rounds: int, faults: dict[str, int] = FAULTS) -> None:
        """Everything that can be killed once, in any order, and then again by chance."""
        order = self.chance.sample(list(faults), len(faults))
        order += self.chance.choices(list(faults), faults.values(), k=max(0, rounds - len(order)))
        for fault in order[:rounds]:
            self.wait_for_receipts(self.chance.randint(10, 40))
            time.sleep(self.chance.uniform(0, 0.05))
            self.strike(fault)

    def strike(self, fault: str) -> None:
        self.killed[fault] += 1
        self.striking = True
        try:
            self._strike(fault)
        finally:
            self.striking = False

    def _strike(self, fault: str) -> None:
        if "worker" in fault:
            self._wait_for_reckoning()
        if fault == "database":
            self.cluster.crash()
            self.cluster.start()
            self.findings += checking.any_moment(self.ledger, self.url)
        elif fault == "postmaster":
            self.cluster.crash_first()
            self.cluster.start()
            self.findings += checking.any_moment(self.ledger, self.url)
        elif fault == "queue":
            self.queue.crash()
            self.queue.start()
        elif fault in ("web", "worker"):
            program = getattr(self, fault)
            program.kill()
            if fault == "web":
                self.findings += checking.any_moment(self.ledger, self.url)
            program.start()
        else:
            program = self.web if fault == "a web process" else self.worker
            self.killed[fault] -= not program.kill_part(self.chance)
            self.findings += checking.any_moment(self.ledger, self.url)

    def _wait_for_reckoning(self) -> None:
        """So that a worker is killed at its work; not for ever, since it may be starting still."""
        deadline = time.monotonic() + 3
        with psycopg.connect(self.url, autocommit=True) as connection:
            while time.monotonic() < deadline and not connection.execute(AT_WORK).fetchone()[0]:
                time.sleep(0.002)

    def calm(self) -> None:
        self.ending.set()
        for phone in self.phones:
            phone.join()
        self.findings += [f"phone {phone.device} could not finish" for phone in self.phones if phone.gave_up]
        self.findings += self.ledger.faults + checking.the_end(self.ledger, self.url, self.media)

    def settled(self, seconds: float = 180) -> bool:
        """All that waited for the worker is done."""
        app, deadline = Celery(broker=self.values["REDIS_URL"].replace("unix://", "redis+socket://")), time.monotonic() + seconds
        with psycopg.connect(self.url, autocommit=True) as connection:
            while connection.execute("SELECT count(*) FROM patrol_touchedpatrol").fetchone()[0]:
                if time.monotonic() > deadline:
                    return False
                self._settle(app)
                time.sleep(0.3)
        return True

    def invariants(self) -> list[str]:
        """What `manage.py invariants` finds; nothing where all holds."""
        done = asked(self.values, "invariants")
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        return [] if done.returncode == 0 else [line for line in lines if "✗" in line or "→" in line] + lines[-1:]

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*.log")))

    def told(self) -> str:
        made = Counter(one.kind for one in self.ledger.items.values())
        photos = sum(len(one.photos) for one in self.ledger.items.values())
        return json.dumps(
            {"killed": self.killed, "answers": {str(k): v for k, v in self.ledger.told.items()}, "made": made, "photos": photos}
        )
