"""A real worker is killed in the middle of writing: tables as before, the job says so, nothing stays behind, and it can be done again."""
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from tests.bench.scratch import ROOT, manage, plain, scratch_database

COUNT = 3000
HEADER = "编号,名称,类别,经度,纬度,核定人数\n"
BEGIN = """
from tests import cast
from geo.importing import drafts
cast.territory()
print(drafts.receive(name="场所.csv", chunks=[open({path!r}, "rb").read()], by=cast.county_officer()).pk)
"""
STEP = """
from geo.importing import drafts
from geo.models import ImportDraft, User
draft, by = ImportDraft.objects.everywhere("test").get(), User.objects.get()
drafts.{step}(draft, by=by{more})
"""
# Of this database alone: other tests run on the same server. The application role's statements are not shown to the owner.
WAITING = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
HELD = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objid = 3 AND datname = current_database()"""
JOB = "SELECT j.state, j.message FROM geo_job j JOIN geo_importdraft d ON d.job_id = j.id"


def wait_until(condition, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def readers_with(text: str) -> list[int]:
    """Readers whose environment names it; those of other tests come and go meanwhile."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        if "geo.readers.child" in (one.info["cmdline"] or []):
            with contextlib.suppress(psutil.NoSuchProcess):
                if text in str(one.environ()):
                    found.append(one.pid)
    return found


@contextlib.contextmanager
def worker(environment: dict[str, str]):
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "1", "--prefetch-multiplier", "1"]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    log = Path(environment["TMPDIR"], "worker.log").open("ab")
    found = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(found.pid, signal.SIGKILL)
        found.wait()
        log.close()


@pytest.fixture
def environment(tmp_path):
    name = f"siwu_kill_{os.getpid()}"
    with scratch_database(name) as values:
        values |= {"DJANGO_SETTINGS_MODULE": "config.settings", "SIWU_QUEUE": name, "TMPDIR": str(tmp_path)}
        yield {**values, "SIWU_MEDIA_ROOT": str(tmp_path / "media"), "SIWU_ANY_PYTHON": "1"}


def step(environment, name, more="") -> None:
    manage(environment, "shell", "-c", STEP.format(step=name, more=more))


CHECK = "mapping = draft.mapping, datum = 'wgs84'"


@pytest.mark.parametrize("whole", [False, True], ids=["its process", "the whole worker"])
def test_killed_worker_leaves_nothing_and_says_so(environment, tmp_path, whole):
    path = tmp_path / "场所.csv"
    path.write_text(HEADER + "".join(f"K{n},点{n},学校,105.6{n % 8 + 1},37.48,{n}\n" for n in range(COUNT)), encoding="utf-8")
    manage(environment, "shell", "-c", BEGIN.format(path=str(path)))
    url = plain(environment["DATABASE_URL"])
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher, worker(environment) as first:
        holder.execute("INSERT INTO geo_layerversion (layer, version, changed_at) VALUES ('premises', 7, now())")
        holder.commit()
        done = lambda: watcher.execute(JOB).fetchone()[0] == "done"  # noqa: E731
        wait_until(done)
        step(environment, "submit_check", f", {CHECK}")
        wait_until(done)
        holder.execute("SELECT 1 FROM geo_layerversion WHERE layer = 'premises' FOR UPDATE")
        step(environment, "submit_apply")
        wait_until(lambda: watcher.execute(WAITING).fetchone()[0] == 1)
        if whole:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
            wait_until(lambda: watcher.execute(HELD).fetchone()[0] == 0)
            manage(environment, "shell", "-c", "from geo import jobs; assert jobs.close_abandoned() == 1")
        else:
            [child] = psutil.Process(first.pid).children()
            os.kill(child.pid, signal.SIGKILL)
            wait_until(lambda: watcher.execute(JOB).fetchone()[0] == "failed")
        assert watcher.execute(JOB).fetchone() == ("failed", "后台进程中断，没有写入任何数据，可以重新提交。")
        holder.rollback()
        wait_until(lambda: watcher.execute(WAITING).fetchone()[0] == 0)
        for table in ("geo_premises", "geo_batch", "geo_batchchange", "geo_gridcell"):
            assert watcher.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()[0] == 0
        assert watcher.execute("SELECT version FROM geo_layerversion WHERE layer = 'premises'").fetchone()[0] == 7
        wait_until(lambda: not readers_with(str(tmp_path)))
        sweep = "from datetime import timedelta; from django.utils import timezone; from geo.importing import drafts; "
        manage(environment, "shell", "-c", sweep + "drafts.sweep(now=timezone.now() + timedelta(hours=2))")
        assert not list(tmp_path.glob("siwu-read-*"))
        with worker(environment):
            step(environment, "submit_apply")
            wait_until(done)
        assert watcher.execute("SELECT count(*), count(DISTINCT batch_id) FROM geo_premises").fetchone() == (COUNT, 1)
        assert watcher.execute("SELECT state FROM geo_importdraft").fetchone() == ("applied",)
