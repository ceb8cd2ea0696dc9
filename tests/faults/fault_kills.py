"""Promises 1, 2, 6, 13: processes are killed, the database restarts, lines break, while phones send."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from tests.faults import checking
from tests.faults.figures import Figure, nothing, noticed, seconds
from tests.faults.ground import Ground
from tests.faults.site import Program, line_of
from tests.faults.storm import Storm
from tests.faults.wire import Wire

ROUNDS = 20
BACK_S = 30
RESTART_S = 10
AWAY_S = 40
TOUCHED = "SELECT id FROM patrol_touchedpatrol"


def folder_for(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir(parents=True)
    return made


def over(storm: Storm) -> list[str]:
    """All that was found when the phones have sent what they have and the worker has done what it had to."""
    storm.calm()
    settled = [] if storm.settled() else ["the worker did not settle"]
    return storm.findings + settled + storm.invariants()


def kills(ground: Ground, folder: Path) -> Iterator[Figure]:
    with ground.storm("kills", folder_for(folder, "kills"), seed=20) as storm:
        storm.send(ground.phones)
        storm.rage(rounds=ROUNDS)
        found = over(storm)
        receipts = len(storm.ledger.receipted())
        killed = ", ".join(f"{what} {count}" for what, count in storm.killed.items())
        yield nothing(f"{ROUNDS} rounds of kill -9 under 6 phones, a third sent twice ({killed})", found, f"{receipts} receipts")
    yield from kill_controls(ground, folder)


def kill_controls(ground: Ground, folder: Path) -> Iterator[Figure]:
    for site, fault in (("tests.faults.hasty", "lost"), ("tests.faults.piecemeal", "half")):
        name = site.rpartition(".")[2]
        with ground.storm(name, folder_for(folder, name), site=site) as storm:
            storm.send(ground.phones)
            storm.wait_until_stored()
            yield noticed(f"a receiver that breaks its word ({name})", raged(storm, "web", fault))
    ground.cluster.stop()
    ground.cluster.start("synchronous_commit=off", "wal_writer_delay=10s")
    try:
        with ground.storm("forgetful", folder_for(folder, "forgetful")) as storm:
            storm.send(ground.phones)
            yield noticed("a database that answers before it has written (synchronous_commit=off)", raged(storm, "database", "lost"))
    finally:
        ground.cluster.stop()
        ground.cluster.start("synchronous_commit=on")


def raged(storm: Storm, what: str, fault: str) -> list[str]:
    for _round in range(4):
        storm.rage(rounds=1, faults={what: 1})
        if found := [one for one in storm.findings if one.startswith(fault)]:
            return found
    return []


def recovery(ground: Ground, folder: Path) -> Iterator[Figure]:
    """Each process is killed and started again at once, as systemd does: until every phone has its receipts again."""
    with ground.storm("recovery", folder_for(folder, "recovery")) as storm:
        storm.send(ground.phones)
        for what in ("web", "a web process", "worker", "a worker process", "queue", "database", "postmaster"):
            storm.wait_for_receipts(20)
            began = time.monotonic()
            storm.strike(what)
            storm.wait_for_receipts(2 * len(ground.phones))
            yield seconds(f"kill -9 of {what}: until phones have receipts again", time.monotonic() - began, BACK_S)
            if what in ("worker", "a worker process", "queue"):
                yield seconds(f"kill -9 of {what}: until what waited is reckoned", until_reckoned(storm, began), BACK_S)
        yield nothing("after every process was killed", over(storm), f"{len(storm.ledger.receipted())} receipts")
        yield from beat(storm, folder)
    yield from stuck_worker(ground, folder)


def until_reckoned(storm: Storm, began: float) -> float:
    """What waited at the time of the fault is done; new things come all the while."""
    with psycopg.connect(storm.url, autocommit=True) as connection:
        waited = {pk for (pk,) in connection.execute(TOUCHED).fetchall()}
        while waited & {pk for (pk,) in connection.execute(TOUCHED).fetchall()} and time.monotonic() - began < 3 * BACK_S:
            time.sleep(0.1)
    return time.monotonic() - began


def beat(storm: Storm, folder: Path) -> Iterator[Figure]:
    values = {**storm.values, "SIWU_QUEUE": "only-beat", "SIWU_RUN_DIR": str(folder)}
    queue = redis.Redis(unix_socket_path=str(storm.queue.socket))
    program = Program(line_of("beat"), values, folder / "beat.log")
    program.start()
    try:
        until_sent(queue, 0)
        program.kill()
        before, began = queue.llen("only-beat"), time.monotonic()
        program.start()
        until_sent(queue, before)
        yield seconds("kill -9 of beat: until it sends again", time.monotonic() - began, BACK_S)
    finally:
        program.stop()


def until_sent(queue: redis.Redis, before: int) -> None:
    deadline = time.monotonic() + 60
    while queue.llen("only-beat") <= before and time.monotonic() < deadline:
        time.sleep(0.1)


def stuck_worker(ground: Ground, folder: Path) -> Iterator[Figure]:
    """Control: a worker that nobody starts again."""
    with ground.storm("stuck", folder_for(folder, "stuck")) as storm:
        storm.send(ground.phones)
        storm.striking = True  # the storm does not start it either
        storm.worker.kill()
        storm.calm()
        yield noticed("a worker that stays away", [] if storm.settled(5) else ["what waited for it is not done"])


def restart(ground: Ground, folder: Path) -> Iterator[Figure]:
    with ground.storm("restart", folder_for(folder, "restart")) as storm:
        storm.send(ground.phones)
        for _time in range(3):
            storm.ledger.moments.clear()
            began = time.monotonic()
            ground.cluster.stop()
            ground.cluster.start()
            storm.wait_for_receipts(4 * len(ground.phones))
            took = time.monotonic() - began
            yield seconds("database restarted under load: from the first 503 to the last", storm.ledger.silence_s(), RESTART_S)
            yield seconds("… until all phones have receipts again", took, RESTART_S)
        began = time.monotonic()
        ground.cluster.stop()
        time.sleep(AWAY_S)
        ground.cluster.start()
        began = time.monotonic()
        storm.wait_for_receipts(2 * len(ground.phones))
        yield seconds(f"database away for {AWAY_S} s: receipts after it is back", time.monotonic() - began, RESTART_S)
        found = over(storm)
        told = {status: count for status, count in storm.ledger.told.items() if status >= 400}
        yield nothing("database restarts: wrong answers, anything lost", found, f"refusals by status: {told}")
    with ground.storm("blunt", folder_for(folder, "blunt"), site="tests.faults.blunt") as storm:
        storm.send(ground.phones)
        for _time in range(3):
            ground.cluster.stop()
            ground.cluster.start()
            storm.wait_for_receipts(20)
        yield noticed("a site that answers 500 while its database is away", [one for one in storm.ledger.faults if "500" in one])


def wire(ground: Ground, folder: Path) -> Iterator[Figure]:
    with ground.storm("wire", folder_for(folder, "wire")) as storm, Wire(storm.port, seed=3) as line:
        storm.send(ground.phones, port=line.port, patience_s=200)
        storm.wait_for_receipts(400, 150)
        found = over(storm)
        done = ", ".join(f"{what} {count}" for what, count in sorted(line.done.items()))
        yield nothing(f"lines cut at any byte, slow, requests sent twice ({done})", found, f"{len(storm.ledger.receipted())} receipts")
    with ground.storm("doubling", folder_for(folder, "doubling"), site="tests.faults.doubling") as storm, Wire(storm.port, seed=4) as line:
        storm.send(ground.phones, port=line.port, patience_s=200)
        storm.wait_for_receipts(60, 100)
        storm.calm()
        made, there = len(storm.ledger.items), len(checking.State(storm.url).submissions)
        found = [f"{there} submissions there, {made} made"] if there > made else []
        yield noticed("a receiver that takes a repeated delivery for a new one", found)


