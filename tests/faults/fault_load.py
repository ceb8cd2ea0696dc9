"""Promises 11 and 12: more than was planned for, and clients that take their time."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.faults.burst import PHONES_A_SECOND, READERS_A_SECOND, Load, Seen
from tests.faults.fault_kills import folder_for
from tests.faults.figures import Figure, nothing, noticed, seconds, share
from tests.faults.ground import Ground
from tests.faults.proxy import nginx
from tests.faults.slow import Crowd, besiege
from tests.faults.storm import Storm

TIMES, BURST_S, REST_S = 10, 60, 30
ADMITTED_S, NORMAL_S, HEALTH_S = 2, 30, 1
LARGE = "/static/vendor/maplibre-gl/maplibre-gl.js"
OLD_LINE = "--blocking-threads 4 "


def ready(storm: Storm) -> None:
    """Until the site answers; its first pages are slower than all others."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        load = Load(storm.port, ["x"])
        with contextlib.suppress(OSError):
            asyncio.run(load.run(phones=4, readers=8, lasts_s=1))
            if load.readers.statuses().keys() == {200}:
                return
        time.sleep(0.3)
    raise AssertionError(f"the site does not answer: {load.readers.statuses()} {storm.logs()}")


def tokens(ground: Ground, name: str, count: int) -> list[str]:
    return json.loads(ground.shell(name, f"from tests.faults import seeded; print(seeded.more({count}))").splitlines()[-1])


def ungate(storm: Storm) -> Storm:
    """As the site was before it had places: four threads, and everybody is let in."""
    assert "--blocking-threads 64 " in storm.web.line
    storm.web.line = storm.web.line.replace("--blocking-threads 64 ", OLD_LINE)
    return storm


def slow(ground: Ground, folder: Path) -> Iterator[Figure]:
    with ground.storm("slow", folder_for(folder, "slow")) as storm:
        ready(storm)
        token = tokens(ground, "slow", 1)[0]
        yield from besieged(storm.port, token, "as script/Procfile starts it", own={"/health/"})
        try:
            with tempfile.TemporaryDirectory() as beside, nginx(storm.port, Path(beside)) as port:
                yield from besieged(port, token, "behind the documented nginx", own={"/health/", "submission", "/"})
        except FileNotFoundError as missing:
            yield Figure("400 slow clients behind nginx", f"left out: {missing}", "", True)
        yield nothing("after slow clients", storm.invariants())
    with ungate(ground.storm("open", folder_for(folder, "open"), site="tests.faults.ungated")) as storm:
        ready(storm)
        token = tokens(ground, "open", 1)[0]
        found = list(besieged(storm.port, token, "", own={"/health/"}, lasts_s=8))
        yield noticed("a site of four threads that lets everybody in", [one.found for one in found if not one.kept])


def besieged(port: int, token: str, how: str, *, own: set[str], lasts_s: float = 20) -> Iterator[Figure]:
    """`own` are the questions for which a second is promised; the others are told."""
    head = f"POST /api/field/v1/receipts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    asked = (head + 'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"ids":[]}').encode()
    crowd = Crowd(port, token, LARGE)
    found = asyncio.run(besiege(crowd, {"/health/": None, "submission": asked, "/": None}, lasts_s=lasts_s))
    names = {"/health/": "/health/", "submission": "the phones' door", "/": "the public page"}
    for path, answers in found.items():
        worst = max(took for took, _status in answers)
        others = [status for _took, status in answers if status != 200]
        kept = worst < HEALTH_S and not others
        said = f"{worst:.2f} s at the worst of {len(answers)}" + (f", {len(others)} refused ({sorted(set(others))})" if others else "")
        limit = f"< {HEALTH_S} s" if path in own else "told only"
        yield Figure(f"400 slow clients {how}, {crowd.seen}: {names[path]}", said, limit, kept or path not in own)


def burst(ground: Ground, folder: Path) -> Iterator[Figure]:
    with ground.storm("burst", folder_for(folder, "burst")) as storm:
        ready(storm)
        load = Load(storm.port, tokens(ground, "burst", 200))
        rest = measured(load, phones=1, readers=1, lasts_s=15)
        yield told("design load (16 submissions and 16 pages a second), phones", rest[0])
        flood = measured(load, phones=1, readers=TIMES * 2, lasts_s=BURST_S / 2)
        yield told(f"{TIMES * 2} × the readers, phones as planned: phones", flood[0])
        yield told(f"{TIMES * 2} × the readers: readers", flood[1])
        high = measured(load, phones=TIMES, readers=TIMES, lasts_s=BURST_S)
        yield told(f"{TIMES} × phones and readers for {BURST_S} s: phones", high[0])
        yield told(f"{TIMES} × phones and readers for {BURST_S} s: readers", high[1])
        after = measured(load, phones=1, readers=1, lasts_s=REST_S)
        yield seconds("back to normal after the burst (every answer good and < 1 s)", normal_after(after), NORMAL_S)
        lost = acknowledged_and_lost(storm, load)
        yield nothing("acknowledged in the burst and not there; invariants", lost + storm.invariants(), f"{len(load.phones.acknowledged)}")
    with ungate(ground.storm("crowded", folder_for(folder, "crowded"), site="tests.faults.ungated")) as storm:
        ready(storm)
        load = Load(storm.port, tokens(ground, "crowded", 200))
        high = measured(load, phones=TIMES, readers=TIMES, lasts_s=20)
        found = [told("", seen) for seen in high]
        yield noticed("a site of four threads that lets everybody in", [one.found for one in found if not one.kept])


def measured(load: Load, *, phones: float, readers: float, lasts_s: float) -> tuple[Seen, Seen]:
    """What came of this time's requests; the acknowledged ones are kept in `load`."""
    known = load.phones.acknowledged
    load.phones, load.readers = Seen(acknowledged=known), Seen()
    asyncio.run(load.run(phones=phones * PHONES_A_SECOND, readers=readers * READERS_A_SECOND, lasts_s=lasts_s))
    return load.phones, load.readers


def told(fault: str, seen: Seen) -> Figure:
    admitted, statuses = seen.admitted(), seen.statuses()
    wrong = {status for status in statuses if status not in (200, 201, 429, 503)}
    p99 = share(admitted, 0.99)
    found = f"{statuses}; admitted: median {share(admitted, 0.5):.2f} s, p99 {p99:.2f} s"
    found += f"; {seen.without_when} refusals without Retry-After" if seen.without_when else ""
    kept = bool(admitted) and p99 < ADMITTED_S and not wrong and not seen.without_when
    return Figure(fault, found, f"p99 < {ADMITTED_S} s, 201/200/429/503 only", kept)


def normal_after(seen: tuple[Seen, Seen]) -> float:
    """Until the last answer that was not as at rest."""
    answers = seen[0].answers + seen[1].answers
    began = min(at for at, _took, _status in answers)
    odd = [at + took - began for at, took, status in answers if status not in (200, 201) or took > 1]
    return max(odd, default=0.0)


def acknowledged_and_lost(storm: Storm, load: Load) -> list[str]:
    with psycopg.connect(storm.url) as connection:
        there = dict(connection.execute("SELECT submission_id::text, sha256 FROM patrol_submission").fetchall())
    return [f"lost: {pk}" for pk, sha256 in load.phones.acknowledged.items() if there.get(pk) != sha256]
