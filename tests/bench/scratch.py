"""A database of the benchmarks' own, made from the template and dropped at the end, and servers started beside it."""
import contextlib
import hashlib
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
URLS = ("DATABASE_URL", "SIWU_APP_DATABASE_URL", "SIWU_PUBLIC_DATABASE_URL")


def environment() -> dict[str, str]:
    """The settings of script/setup's test profile (or of the environment), with the developer's own variables on top."""
    values = dict(os.environ)
    file = Path(os.environ.get("SIWU_ENV_FILE", ROOT / ".run/test/env"))
    if "DATABASE_URL" not in values and file.exists():
        for line in file.read_text().splitlines():
            key, is_a_setting, value = line.partition("=")
            if is_a_setting:
                values[key] = value.strip("'\"")
    if "DATABASE_URL" not in values:
        sys.exit("No database: run script/setup test first.")
    return values


def plain(url: str) -> str:
    """A URL that libpq reads: its scheme is postgresql, not postgis."""
    return url.replace("postgis://", "postgresql://", 1)


@contextlib.contextmanager
def scratch_database(name: str = "siwu_bench") -> Iterator[dict[str, str]]:
    """Environment of an empty, migrated database; everything is gone afterwards."""
    values = environment()
    owner = plain(values["DATABASE_URL"])
    drop(owner, name)
    create(owner, name)
    try:
        yield on(values, name) | {"SIWU_SECOND_FACTOR": "offered"}  # its accounts have a password only
    finally:
        drop(owner, name)


@contextlib.contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """The name of a copy of the URL's database, which nobody may be connected to at that moment; gone afterwards."""
    owner = plain(environment()["DATABASE_URL"])
    drop(owner, name)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{urlsplit(url).path[1:]}"')
    try:
        yield name
    finally:
        drop(owner, name)


@contextlib.contextmanager
def in_common(owner: str, name: str, make: Callable[[str], None], complete: Callable[[], bool]) -> Iterator[None]:
    """A database that several processes use: the first has it made, under a name to be renamed, and the last one drops it.

    Each must stay inside for as long as it needs the database. What a killed run has left is made again where it is not complete.
    """
    with psycopg.connect(owner, autocommit=True) as connection:

        def lock(function: str, what: str) -> bool:
            return connection.execute(f"SELECT {function}(hashtext(%s))::text", [f"siwu.tests.{what}.{name}"]).fetchone()[0] != "false"

        lock("pg_advisory_lock", "making")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known or not complete():
            for each in (name, f"{name}_begun"):
                drop(owner, each)
            make(f"{name}_begun")
            connection.execute(f'ALTER DATABASE "{name}_begun" RENAME TO "{name}"')
        lock("pg_advisory_lock_shared", "using")
        lock("pg_advisory_unlock", "making")
        try:
            yield
        finally:
            lock("pg_advisory_lock", "making")
            lock("pg_advisory_unlock_shared", "using")
            if lock("pg_try_advisory_lock", "using"):
                drop(owner, name)


def on(values: dict[str, str], name: str) -> dict[str, str]:
    """The same settings for another database of the server."""
    return values | {key: urlunsplit(urlsplit(values[key])._replace(path=f"/{name}")) for key in URLS}


def create(owner: str, name: str) -> None:
    """A migrated database. The migrations run once for this state of the code; what they made is copied from then on."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('siwu.tests.migrated'))")
        model = f"siwu_migrated_{state_of_code()}"
        known = {each for (each,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'siwu\\_migrated\\_%'")}
        if model not in known:
            for each in known:
                with contextlib.suppress(psycopg.errors.ObjectInUse):
                    connection.execute(f'DROP DATABASE "{each}"')
            migrate(connection, f"{model}_begun", owner)
            connection.execute(f'ALTER DATABASE "{model}_begun" RENAME TO "{model}"')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')


def migrate(connection: psycopg.Connection, name: str, owner: str) -> None:
    values = environment()
    template = values.get("SIWU_TEMPLATE_DATABASE", "siwu_template")
    connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
    if not template:
        with psycopg.connect(psycopg.conninfo.make_conninfo(owner, dbname=name), autocommit=True) as inside:
            for extension in ("postgis", "pg_trgm", "btree_gist"):
                inside.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    manage(on(values, name), "migrate", "--database", "owner", "--verbosity", "0")


# What a migration, or what fills a migrated database, reads.
MIGRATED_FROM = (
    "*/migrations/**/*.py", "*/models/**/*.py", "*/**/sql.py", "*/apps.py", "*/kinds.py", "*/signals.py", "fixtures/*.json",
    "*/audit_sources.py", "geo/audit/rights.py", "geo/audit/sources.py",
)  # fmt: skip


def state_of_code() -> str:
    told = hashlib.sha256()
    for path in sorted({path for pattern in MIGRATED_FROM for path in ROOT.glob(pattern) if path.parts[len(ROOT.parts)][0] != "."}):
        told.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return told.hexdigest()[:16]


def drop(owner: str, name: str, *, patience_s: float = 20) -> None:
    """Servers that have just been ended still hold connections for a moment, and the owner may not end another role's."""
    deadline = time.monotonic() + patience_s
    with psycopg.connect(owner, autocommit=True) as connection:
        while True:
            try:
                return connection.execute(f'DROP DATABASE IF EXISTS "{name}"') and None
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)


def asked(values: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env={**values, "SIWU_ANY_PYTHON": "1"}, text=True, capture_output=True)


def manage(values: dict[str, str], *arguments: str) -> str:
    done = asked(values, *arguments)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], values: dict[str, str], url: str, *, seconds: float = 40) -> Iterator[None]:
    """A server as a child process, ready when `url` answers anything; ended with its own children."""
    # A file, for nobody reads a pipe while the server runs, and a full one would stop it.
    told = tempfile.TemporaryFile()
    child = subprocess.Popen(command, env=values, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True)
    try:
        deadline = time.monotonic() + seconds
        while not _answers(url):
            if child.poll() is not None or time.monotonic() > deadline:
                os.killpg(child.pid, signal.SIGTERM)
                told.seek(0)
                sys.exit(f"{command[0]} did not start: {told.read()[-2000:].decode(errors='replace')}")
            time.sleep(0.2)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        child.wait(20)
        told.close()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def machine() -> str:
    return f"{date.today()} · {os.cpu_count()} cores · {platform.machine()} · Python {platform.python_version()}"
