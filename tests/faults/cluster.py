"""A PostgreSQL cluster and a Redis of the fault tests' own: started here, killed here, and nobody else's."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.bench.scratch import ROOT, environment, plain, scratch_database

ADMIN = "siwu_admin"


class Database:
    """`crash` is what a machine does that stops: postmaster and children end at once, and nothing is written any more."""

    def __init__(self, folder: Path, programs: Path, user: int, group: int):
        self.folder, self.programs, self.data = folder, programs, folder / "pg"
        self.as_user = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
        self.options: list[str] = []
        self.process: subprocess.Popen | None = None

    def create(self) -> None:
        command = [
            self.programs / "initdb",
            "-D",
            self.data,
            "-U",
            ADMIN,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
            "--data-checksums",
        ]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self.as_user)

    def start(self, *options: str) -> None:
        """With `options` of the server, which it keeps over crashes. Comes back when it answers."""
        self.options = list(options) or self.options
        self._launch()
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL did not start"
                time.sleep(0.05)
                if self.process.poll() is not None:  # children of a postmaster that was killed hold its memory for a moment
                    time.sleep(0.2)
                    self._launch()

    def _launch(self) -> None:
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=on", "max_connections=60", "shared_buffers=64MB"]
        words = [word for setting in [*settings, *self.options] for word in ("-c", setting)]
        with (self.folder / "postgresql.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *words], stdout=log, stderr=log, cwd=self.folder, **self.as_user
            )

    def crash_first(self) -> None:
        """The postmaster alone, as when memory is short; its children notice and end."""
        self.process.kill()
        self.process.wait()

    def crash(self) -> None:
        first = psutil.Process(self.process.pid)
        family = [first, *first.children(recursive=True)]
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()
        psutil.wait_procs(family, timeout=20)
        self.process = None

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(2)  # fast: sessions end, data is written
            self.process.wait(30)
        self.process = None

    def url(self, name: str, user: str = ADMIN) -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def copy(self, name: str, *, of: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')


class Queue:
    """A Redis as script/setup starts it, with its file of what was queued."""

    def __init__(self, folder: Path):
        self.folder, self.socket = folder, folder / "redis.sock"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        found = shutil.which("redis-server") or shutil.which("valkey-server") or "/usr/bin/redis-check-rdb"
        link = self.folder / "redis-server"  # this program looks at its own name
        if not link.exists():
            link.symlink_to(found)
        words = ["--port", "0", "--unixsocket", str(self.socket), "--appendonly", "yes", "--save", "", "--dir", str(self.folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([link, *words], stdout=log, stderr=log)

    def crash(self) -> None:
        self.process.kill()
        self.process.wait()

    stop = crash


def programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in found if Path(f"/usr/share/postgresql/{path.parent.name}/extension/postgis.control").exists()), None)


@contextlib.contextmanager
def private_cluster() -> Iterator[tuple[Database, dict[str, str]]]:
    """The server, and the settings of its database "siwu": as the test profile's own is after set-up, with no rows but defaults."""
    known, folder = environment(), Path(tempfile.mkdtemp(prefix="siwu-faults-"))
    if "postgres" not in known.get("SIWU_PRIVATE", "") or programs() is None:
        folder.rmdir()
        pytest.skip("needs PostgreSQL's own programs on this machine, and the database that script/setup made with them")
    owner = os.stat(Path(known["SIWU_RUN_DIR"]) / "pg")
    if os.geteuid() == 0:
        os.chown(folder, owner.st_uid, owner.st_gid)
    database = Database(folder, programs(), owner.st_uid, owner.st_gid)
    try:
        database.create()
        database.start()
        yield database, {**known, **_prepare(database, known), "SIWU_PRIVATE": ""}
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(database: Database, known: dict[str, str]) -> dict[str, str]:
    """Roles and extensions as set-up makes them; tables as the run's migrations left them, which takes a tenth of the time."""
    command = [sys.executable, str(ROOT / "script/lib/database.py"), "private", str(database.folder), "5432"]
    made = subprocess.run(command, env={**known}, check=True, capture_output=True, text=True).stdout
    # Recovery looks at every file of the cluster: the fewer, the sooner.
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER DATABASE siwu_template IS_TEMPLATE false")
        connection.execute("DROP DATABASE siwu_template")
    with scratch_database(f"siwu_faults_{os.getpid()}") as migrated:
        command = [database.programs / "pg_dump", "--no-comments", plain(migrated["DATABASE_URL"])]
        dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # Triggers that compare outlines name no schema for "=", so that they cannot be made under pg_dump's empty path.
    dump = dump.replace("set_config('search_path', '', false)", "set_config('search_path', 'public', false)")
    command = [database.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", database.url("siwu")]
    options = {"PGOPTIONS": "-c client_min_messages=error -c synchronous_commit=off"}
    done = subprocess.run(command, input=dump, env={**known, **options}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(line.replace("'", "").split("=", 1) for line in made.splitlines())
