"""A PostgreSQL server in a folder of its own: no network, its socket beside its data, run by whoever owns the archive."""
import os
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _

from geo.backups import BackupRefused
from geo.recovery.sql import LAST_COMMIT

PORT = 5432
# Without hot standby it needs none of the limits of the server that it came from.
CONFIGURED = """listen_addresses = ''
port = {port}
unix_socket_directories = '{folder}'
unix_socket_permissions = 0700
hba_file = '{folder}/pg_hba.conf'
ident_file = '{folder}/pg_ident.conf'
hot_standby = off
archive_mode = off
max_connections = 40
shared_buffers = 256MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
timezone = 'UTC'
"""
STARTS_WITHIN_S = 1800


class Server:
    def __init__(self, folder: Path):
        self.folder, self.data, self.log = folder.resolve(), folder.resolve() / "pg", folder.resolve() / "postgresql.log"
        if len(str(self.folder)) > 90:  # a socket's address holds 107 bytes
            raise BackupRefused(_("文件夹名太长：%(folder)s") % {"folder": folder})

    def start(self) -> bool:
        """True when it answers, which it does when it has replayed all that it should."""
        (self.folder / "postgresql.conf").write_text(CONFIGURED.format(port=PORT, folder=self.folder), "utf-8")
        # Only its owner enters the folder of the socket.
        (self.folder / "pg_hba.conf").write_text("local all all trust\n", "utf-8")
        (self.folder / "pg_ident.conf").write_text("", "utf-8")
        give(self.folder, like=self.folder)
        options = f"-c config_file={self.folder}/postgresql.conf"
        return self._control("start", "-W", "-l", str(self.log), "-s", "-o", options) and self._answers()

    def _answers(self) -> bool:
        """pg_ctl would be content with a server that still replays."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with self.connect() as connection:
                    return not connection.execute(LAST_COMMIT).fetchone()[1]
            except psycopg.OperationalError:
                time.sleep(0.1)
                if self.log.exists() and not self.runs():
                    return False
        return False

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._control("stop", "-w", "-m", "fast", "-s")

    def runs(self) -> bool:
        return self._control("status")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def told(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def address(self) -> dict[str, str]:
        owner = settings.DATABASES["owner"]
        return {"host": str(self.folder), "port": str(PORT), "user": owner["USER"], "dbname": owner["NAME"]}

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(**self.address(), autocommit=True)

    def last_commit(self, connection: psycopg.Connection) -> datetime | None:
        return connection.execute(LAST_COMMIT).fetchone()[0]

    def _control(self, *arguments: str) -> bool:
        command = [program("pg_ctl", self.data), *arguments, "-D", str(self.data)]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.run(command, cwd=self.folder, env=plain_environment(), **streams, **as_owner_of(self.folder)).returncode == 0


def program(name: str, data: Path) -> str:
    """Of the version that wrote the data."""
    version = (data / "PG_VERSION").read_text().strip()
    path = Path("/usr/lib/postgresql", version, "bin", name)
    found = str(path) if path.exists() else shutil.which(name)
    if not found:
        raise BackupRefused(_("没有找到 %(program)s，请安装 postgresql-%(version)s。") % {"program": name, "version": version})
    return found


def as_owner_of(folder: Path) -> dict:
    """Root becomes the owner of the archive; anybody else stays who they are."""
    if os.geteuid() != 0:
        return {}
    facts = folder.stat()
    return {"user": facts.st_uid, "group": facts.st_gid, "extra_groups": []}


def plain_environment() -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def make_folder(folder: Path, *, like: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "pg").mkdir(mode=0o700)
    give(folder, like=like)


def give(folder: Path, *, like: Path) -> None:
    """Made by root: handed to the owner of `like`."""
    if os.geteuid() == 0:
        facts = like.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)
