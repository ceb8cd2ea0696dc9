"""Promise 10: the database's folder, or that of the photos, is on a small disk that fills up while phones send."""

import contextlib
import http.client
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.faults import checking
from tests.faults.cluster import Database
from tests.faults.fault_kills import folder_for
from tests.faults.figures import Figure, nothing, noticed, seconds
from tests.faults.ground import Ground
from tests.faults.storm import Storm

MIB = 1024 * 1024
ROOM_MIB, FLOOR_MIB = 64, 24
FULL_S, BACK_S = 10, 30


class NoMount(RuntimeError):
    pass


@contextlib.contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NoMount(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """A file that takes all but so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("ab") as file, contextlib.suppress(OSError):
        while (free := shutil.disk_usage(disk).free) > leave:
            file.write(b"\0" * min(MIB, max(1, free - leave)))
            file.flush()
    return ballast


@contextlib.contextmanager
def cluster_on(disk: Path, ground: Ground, folder: Path) -> Iterator[Ground]:
    """The ground's cluster, its folder copied to the small disk, and its sockets beside it."""
    old = ground.cluster
    old.stop()
    subprocess.run(["cp", "-a", str(old.data), str(disk / "pg")], check=True)
    small = Database(folder, old.programs, old.as_user.get("user", os.geteuid()), old.as_user.get("group", os.getegid()))
    if old.as_user:
        os.chown(folder, old.as_user["user"], old.as_user["group"])
    small.data = disk / "pg"
    # WAL is kept small, as the whole disk is.
    small.start("min_wal_size=32MB", "max_wal_size=32MB", "synchronous_commit=on")
    values = {key: value.replace(urllib.parse.quote(str(old.folder), safe=""), urllib.parse.quote(str(folder), safe=""))
              .replace(str(old.folder), str(folder)) for key, value in ground.values.items()}  # fmt: skip
    ground.cluster, ground.values, before = small, values, ground.values
    try:
        yield ground
    finally:
        small.stop()
        ground.cluster, ground.values = old, before
        old.start()


def disk(ground: Ground, folder: Path) -> Iterator[Figure]:
    try:
        yield from hasty(ground, folder)
        yield from database(ground, folder, floor=0)
        yield from media(ground, folder)
        yield from database(ground, folder, floor=FLOOR_MIB)
    except NoMount as why:
        yield Figure("full disks", f"left out, no small disk can be mounted here: {why}", "", True)


def size_mib(data: Path) -> int:
    return int(subprocess.run(["du", "-sm", str(data)], check=True, capture_output=True, text=True).stdout.split()[0])


def database(ground: Ground, folder: Path, *, floor: int) -> Iterator[Figure]:
    """With a floor the site refuses before the disk is full; without, PostgreSQL does."""
    name, needs = f"disk{floor}", size_mib(ground.cluster.data)
    mine = folder_for(folder, name)
    what = f"database's disk ({needs} + {ROOM_MIB} MiB) full, " + (f"the site's floor at {floor} MiB" if floor else "no floor")
    with small_disk(mine / "small", needs + ROOM_MIB) as small, cluster_on(small, ground, mine):
        more = {"SIWU_WATCHED_FOLDERS": str(small), "SIWU_DISK_FLOOR_MB": str(floor)}
        with ground.storm(name, folder_for(mine, "site"), more=more) as storm:
            password = officer(ground, name)
            yield from filled(storm, ground, small, what, password, leave=(floor - 8) * MIB if floor else 0, floor=floor)


def officer(ground: Ground, name: str) -> str:
    password = secrets.token_urlsafe(12)
    ground.shell(name, f"from tests.faults import seeded; seeded.officer({password!r})")
    return password


def filled(storm: Storm, ground: Ground, small: Path, what: str, password: str, *, leave: int, floor: int) -> Iterator[Figure]:
    storm.send(ground.phones, patience_s=240)
    assert sign_in(storm.port, password) == 302, storm.logs()
    web = storm.web.process.pid
    ballast = fill(small, leave)
    time.sleep(2)  # the site looks once a second
    began = len(storm.ledger.moments)
    reads = read_meanwhile(storm, password, FULL_S)
    told = Counter(status for _at, status in storm.ledger.moments[began:])
    ballast.unlink()
    freed = time.monotonic()
    storm.wait_for_receipts(2 * len(ground.phones), 120)
    yield answers(f"{what}: what phones are told", told, floor)
    yield reading(f"{what}: public page and the phones' question for receipts", reads["read"])
    yield signing(f"{what}: signing in", reads["sign in"])
    yield seconds(f"{what}: receipts after it has room again, web not restarted", time.monotonic() - freed, BACK_S)
    storm.calm()
    same = [] if storm.web.process.pid == web and storm.web.process.poll() is None else ["the web was restarted"]
    settled = [] if storm.settled() else ["the worker did not settle"]
    found = storm.findings + settled + same + storm.invariants()
    yield nothing(f"{what}: lost, half, twice", found, f"{len(storm.ledger.receipted())} receipts")


def answers(what: str, told: Counter, floor: int) -> Figure:
    """A 201 without a floor is what still fitted; it is held against the database at the end like every other."""
    wrong = set(told) - {503, 507} - (set() if floor else {200, 201, 204})
    return Figure(what, f"{dict(told)}", "507 or 503 only" if floor else "507 or 503, or stored", bool(told) and not wrong)


def reading(what: str, seen: Counter) -> Figure:
    return Figure(what, f"{dict(seen)}", "200 only", set(seen) == {200})


def signing(what: str, seen: Counter) -> Figure:
    return Figure(what, f"{dict(seen)}", "302 only", set(seen) == {302})


def read_meanwhile(storm: Storm, password: str, lasts_s: float) -> dict[str, Counter]:
    seen, deadline, number = {"read": Counter(), "sign in": Counter()}, time.monotonic() + lasts_s, 0
    while time.monotonic() < deadline:
        number += 1
        seen["read"][ask(storm.port, "GET", f"/?n={number}")[0]] += 1
        token = storm.phones[0].line.headers
        typed = {"Content-Type": "application/json", **token}
        seen["read"][ask(storm.port, "POST", "/api/field/v1/receipts", '{"ids":[]}', typed)[0]] += 1
        seen["sign in"][sign_in(storm.port, password)] += 1
        time.sleep(0.2)
    return seen


def ask(port: int, method: str, path: str, body: str = "", headers: dict | None = None):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        link.request(method, path, body, headers or {})
        answer = link.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
    except (OSError, http.client.HTTPException):
        return 0, "", {}
    finally:
        link.close()


def sign_in(port: int, password: str) -> int:
    status, page, headers = ask(port, "GET", "/account/login/", headers={"Accept": "text/html"})
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if status != 200 or not found:
        return status
    typed = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], "username": "officer", "password": password})
    sent = {"Cookie": headers["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    return ask(port, "POST", "/account/login/", typed, {**sent, "Origin": f"http://127.0.0.1:{port}"})[0]


def media(ground: Ground, folder: Path) -> Iterator[Figure]:
    """Without a floor: what holds no photo is still taken, and a photo waits."""
    mine = folder_for(folder, "media")
    what = f"photos' disk ({ROOM_MIB} MiB) full"
    with small_disk(mine / "small", ROOM_MIB) as small:
        more = {"SIWU_MEDIA_ROOT": str(small), "SIWU_WATCHED_FOLDERS": str(small), "SIWU_DISK_FLOOR_MB": "0"}
        with ground.storm("media", folder_for(mine, "site"), more=more) as storm:
            password = officer(ground, "media")
            yield from filled(storm, ground, small, what, password, leave=0, floor=0)


def hasty(ground: Ground, folder: Path) -> Iterator[Figure]:
    """Control: a receiver that answers before it has written."""
    mine = folder_for(folder, "hasty")
    with small_disk(mine / "small", size_mib(ground.cluster.data) + ROOM_MIB) as small, cluster_on(small, ground, mine):
        more = {"SIWU_WATCHED_FOLDERS": str(small), "SIWU_DISK_FLOOR_MB": "0"}
        with ground.storm("hasty_on_a_full_disk", folder_for(mine, "site"), site="tests.faults.hasty", more=more) as storm:
            storm.send(ground.phones)
            ballast = fill(small, 0)
            time.sleep(FULL_S)
            ballast.unlink()
            time.sleep(2)
            storm.ending.set()
            found = [one for one in checking.any_moment(storm.ledger, storm.url) if one.startswith("lost")]
            yield noticed("on a full disk, a receiver that answers before it has written", found)
