"""Promises 1, 2, 6, 9: processes are killed while phones send, and what was acknowledged is there, once and whole.

The same harness notices a server that does not keep them (controls). `SIWU_FAULT_ROUNDS` and `SIWU_FAULT_SEED` make it
longer or other. Seconds are measured by `script/faults`, not here.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import checking
from tests.faults.cluster import private_cluster
from tests.faults.ground import Ground
from tests.faults.slow import Crowd, besiege

ROUNDS, SEED = int(os.environ.get("SIWU_FAULT_ROUNDS", 8)), int(os.environ.get("SIWU_FAULT_SEED", 1))
# A kill between the two writes of a receiver that breaks its word is a matter of chance, and rarer on a busy machine.
KILLS_AT_MOST = 12


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    with private_cluster() as (cluster, values):
        yield Ground(cluster, values, tmp_path_factory.mktemp("faults"))


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("storm")


def test_promise_01_what_was_acknowledged_is_there_once_whatever_is_killed(ground, folder):
    with ground.storm("storm", folder, seed=SEED) as storm:
        storm.send(ground.phones)
        storm.rage(rounds=ROUNDS)
        storm.calm()
        print(storm.told())
        assert storm.findings == []
        assert storm.settled(), f"{storm.worker.process.poll()} {storm.logs()}"
        assert storm.invariants() == []
    checking.write_down(storm.ledger, folder / "sent.jsonl")
    ground.cluster.copy("calm", of="siwu")
    ground.shell("calm", f"from tests.faults import seeded; seeded.undisturbed({str(folder / 'sent.jsonl')!r})")
    after, calm = checking.reckoned(storm.url), checking.reckoned(ground.cluster.url("calm"))
    assert after.keys() == calm.keys()
    assert len(after) > len(ground.phones)
    for key, figures in calm.items():
        assert after[key] == pytest.approx(figures, rel=1e-9, abs=1e-6), key


def test_control_a_cluster_that_answers_before_it_has_written_is_noticed(ground, folder):
    ground.cluster.stop()
    ground.cluster.start("synchronous_commit=off", "wal_writer_delay=10s")
    try:
        with ground.storm("forgetful", folder) as storm:
            storm.send(ground.phones)
            for _round in range(KILLS_AT_MOST):
                storm.rage(rounds=1, faults={"database": 1})
                if any(one.startswith("lost") for one in storm.findings):
                    return
        pytest.fail(f"nothing was noticed: {storm.told()}")
    finally:
        ground.cluster.stop()
        ground.cluster.start("synchronous_commit=on")


@pytest.mark.parametrize(("site", "fault"), [("tests.faults.hasty", "lost"), ("tests.faults.piecemeal", "half")])
def test_control_a_receiver_that_breaks_its_word_is_noticed(ground, folder, site, fault):
    with ground.storm(site.rpartition(".")[2], folder, site=site) as storm:
        storm.send(ground.phones)
        storm.wait_until_stored()
        for _round in range(KILLS_AT_MOST):
            storm.rage(rounds=1, faults={"web": 1})
            if any(one.startswith(fault) for one in storm.findings):
                return
    pytest.fail(f"nothing was noticed: {storm.told()}")


def test_promise_13_a_database_that_restarts_is_told_as_503_and_comes_back(ground, folder):
    with ground.storm("restart", folder, seed=SEED) as storm:
        storm.send(ground.phones)
        ground.cluster.stop()
        ground.cluster.start()
        storm.wait_for_receipts(2 * len(ground.phones))
        storm.calm()
        assert storm.findings == []


def test_promise_12_slow_clients_do_not_keep_a_fresh_question_waiting(ground, folder):
    with ground.storm("slow", folder) as storm:
        storm.send(ground.phones[:1])
        storm.calm()
        crowd = Crowd(storm.port, ground.phones[0]["token"], "/phone/")
        # In a thread of its own: a browser test of this process may have left its event loop running in this one.
        with ThreadPoolExecutor(1) as beside:
            found = beside.submit(asyncio.run, besiege(crowd, {"/health/": None}, lasts_s=3)).result()["/health/"]
    assert len(crowd.came) >= 360 and crowd.seen["headers"] and crowd.seen["reads"]
    assert {status for _seconds, status in found} == {200}  # 0: none within 10 seconds
