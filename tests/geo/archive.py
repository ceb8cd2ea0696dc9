"""A cluster of the tests' own that archives its WAL as script/setup has it, with a site's tables in it."""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.test.utils import override_settings

from tests.faults.cluster import ADMIN, Database, programs

# Tables that stand for ours: some rows, a reference, a check, and one that only grows.
TABLES = """
CREATE TABLE django_migrations (id serial PRIMARY KEY);
CREATE TABLE ground (id integer PRIMARY KEY, name text NOT NULL CHECK (name <> ''));
CREATE TABLE told (id integer PRIMARY KEY, ground_id integer NOT NULL REFERENCES ground);
CREATE TABLE evidence (id integer PRIMARY KEY, file text NOT NULL, sha256 text NOT NULL);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'only grows'; END $$;
CREATE TRIGGER pgtrigger_append_only_1 BEFORE DELETE ON told FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO ground SELECT n, 'place ' || n FROM generate_series(1, 1000) n;
INSERT INTO told SELECT n, n FROM generate_series(1, 500) n;
"""
CONFIGURED = """[global]
repo1-path={archive}/repo
repo1-retention-full=2
repo1-bundle=y
process-max=2
compress-type=zst
archive-async=y
archive-timeout=600
start-fast=y
log-path={archive}
lock-path={archive}/lock
spool-path={archive}/spool
[siwu]
pg1-path={data}
pg1-socket-path={folder}
pg1-user={admin}
"""


@contextlib.contextmanager
def archived_cluster(tables: str = TABLES, *, room: str | None = None) -> Iterator[tuple[Database, Path]]:
    """The server with database "siwu", whose settings are those of `owner` meanwhile, and the folder of its archive."""
    if programs() is None or shutil.which("pgbackrest") is None:
        pytest.skip("needs PostgreSQL's own programs and pgbackrest on this machine")
    folder = Path(tempfile.mkdtemp(prefix="siwu-archive-", dir=room or quick_room()))
    facts = os.stat(Path(os.environ.get("SIWU_RUN_DIR") or settings.ENV_FILE.parent) / "pg")
    archive = folder / "archive"
    archive.mkdir(mode=0o750)
    server = Database(folder, programs(), facts.st_uid, facts.st_gid)
    (archive / "pgbackrest.conf").write_text(CONFIGURED.format(archive=archive, data=server.data, folder=folder, admin=ADMIN))
    if os.geteuid() == 0:
        for path in (folder, archive, archive / "pgbackrest.conf"):
            os.chown(path, facts.st_uid, facts.st_gid)
    command = f"pgbackrest --config={archive}/pgbackrest.conf --stanza=siwu --log-level-file=off archive-push %p"
    owner = {**settings.DATABASES["owner"], "NAME": "siwu", "USER": ADMIN, "PASSWORD": "", "HOST": str(folder), "PORT": "5432"}
    try:
        server.create()
        server.start("archive_mode=on", f"archive_command={command}", "archive_timeout=60s")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE siwu TEMPLATE template0")
        with psycopg.connect(server.url("siwu")) as connection:
            connection.execute(tables)
        run(server, archive, "stanza-create")
        databases = {**settings.DATABASES, "owner": owner}
        with override_settings(ARCHIVE=str(archive), DATABASES=databases, MEDIA_ROOT=folder / "site/media"):
            yield server, archive
    finally:
        if server.process:
            server.crash()  # nobody needs what it would still write
        shutil.rmtree(folder, ignore_errors=True)


def quick_room() -> str | None:
    """In memory, where there is room: three thousand files are written to the disk one by one otherwise."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3 else None


def run(server: Database, archive: Path, *arguments: str) -> None:
    done = subprocess.run(["pgbackrest", f"--config={archive}/pgbackrest.conf", "--stanza=siwu", "--log-level-file=off", *arguments],
                          capture_output=True, text=True, cwd=archive, **server.as_user)  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout


def do(server: Database, *statements: str) -> None:
    with psycopg.connect(server.url("siwu"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def now(server: Database) -> datetime:
    """The database's own moment, with no commit in the same millisecond before or after."""
    time.sleep(0.01)
    with psycopg.connect(server.url("siwu")) as connection:
        [at] = connection.execute("SELECT clock_timestamp()").fetchone()
    time.sleep(0.01)
    return at.astimezone(UTC)
