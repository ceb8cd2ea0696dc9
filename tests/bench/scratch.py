"""A database of the benchmarks' own, made from the template and dropped at the end, and servers started beside it."""
import contextlib
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
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
            key, _, value = line.partition("=")
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
    template = values.get("SIWU_TEMPLATE_DATABASE", "siwu_template")
    drop(owner, name)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    for key in URLS:
        values[key] = urlunsplit(urlsplit(values[key])._replace(path=f"/{name}"))
    manage(values, "migrate", "--database", "owner", "--verbosity", "0")
    try:
        yield values
    finally:
        drop(owner, name)


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


def manage(values: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], env={**values, "SIWU_ANY_PYTHON": "1"}, text=True, capture_output=True
    )
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
    child = subprocess.Popen(command, env=values, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        deadline = time.monotonic() + seconds
        while not _answers(url):
            if child.poll() is not None or time.monotonic() > deadline:
                os.killpg(child.pid, signal.SIGTERM)
                sys.exit(f"{command[0]} did not start: {child.stderr.read()[-2000:].decode(errors='replace')}")
            time.sleep(0.2)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        child.wait(20)


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
