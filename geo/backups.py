"""A backup of database and media as one folder, and the restore that proves it (promise 14, built towards, not assessed).

    siwu.dump        pg_dump, custom format
    media.tar        pictures and files that were handed in
    manifest.json    when, which migrations, rows of every table in the dump's own snapshot, size and SHA-256 of both files

A restore goes into a database of a new name, never over one that is there, and counts the rows again. Back to a named moment:
geo/recovery.
"""
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.conninfo import make_conninfo

from geo.sql import COUNT_ROWS, DATABASE_CALLED, OUR_TABLES

DUMP, MEDIA, MANIFEST, FORM = "siwu.dump", "media.tar", "manifest.json", 1
NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
# What a superuser has given a database, and only a superuser may give: extensions come with the template, rights on functions of the
# system (pg_switch_wal) with script/lib/database.py.
SUPERUSERS = re.compile(r" EXTENSION |TABLE DATA public spatial_ref_sys| ACL pg_catalog ")


class BackupRefused(RuntimeError):
    """Why there is no backup or no restore; what was begun has been removed."""


@dataclass(frozen=True)
class Manifest:
    made_at: str
    migrations: int
    rows: dict[str, int]
    files: dict[str, dict]
    form: int = FORM


def back_up(folder: Path, *, now: datetime) -> Manifest:
    """Write a backup into a new folder."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(_("文件夹 %(folder)s 里已有文件，请换一个新的。") % {"folder": folder})
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        with closing(connect()) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            [snapshot] = connection.execute("SELECT pg_export_snapshot()").fetchone()
            run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={folder / DUMP}", f"--dbname={_target()}")
            rows = counts(connection)
        with tarfile.open(folder / MEDIA, "w") as tar:
            if Path(settings.MEDIA_ROOT).exists():
                tar.add(settings.MEDIA_ROOT, arcname="media")
        files = {name: measured(folder / name) for name in (DUMP, MEDIA)}
        made = Manifest(now.isoformat(timespec="seconds"), rows["django_migrations"], rows, files)
        (folder / MANIFEST).write_text(json.dumps(asdict(made), ensure_ascii=False, indent=1), "utf-8")
    except BaseException:
        for name in (DUMP, MEDIA, MANIFEST):
            (folder / name).unlink(missing_ok=True)
        raise
    remember(base_at=now)
    return made


def remember(**moments: datetime) -> None:
    """For whoever asks how old the last backup is, without reading it: beside the media, where the site may write."""
    path = _memory()
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {name: at.isoformat() for name, at in (last() | moments).items()}
    begun = path.with_suffix(".begun")
    begun.write_text(json.dumps(told), "utf-8")
    begun.replace(path)


def last() -> dict[str, datetime]:
    """`base_at`: the last whole backup; `moment_at`: the last moment of the archive written down; `drill_at`: the last that came back."""
    try:
        return {name: datetime.fromisoformat(at) for name, at in json.loads(_memory().read_text("utf-8")).items()}
    except (OSError, ValueError):
        return {}


def _memory() -> Path:
    return Path(settings.MEDIA_ROOT).parent / "last-backup.json"


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose files are as they were written."""
    try:
        known = Manifest(**json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as problem:
        raise BackupRefused(_("%(folder)s 不是完整的备份：读不出 manifest.json。") % {"folder": folder}) from problem
    for name, told in known.files.items():
        if not (folder / name).exists() or measured(folder / name) != told:
            raise BackupRefused(_("备份文件 %(name)s 缺失或已损坏，与 manifest.json 不符。") % {"name": name})
    return known


def restore(folder: Path, *, database: str, media: Path | None = None) -> Manifest:
    """Into a new database and, where asked, a new folder for media. Raises BackupRefused; then neither is left behind."""
    known = read(folder)
    if not NAME.fullmatch(database):
        raise BackupRefused(_("数据库名只用小写字母、数字和下划线。"))
    if media and media.exists():
        raise BackupRefused(_("文件夹 %(folder)s 已经存在，不会覆盖。") % {"folder": media})
    with connect(autocommit=True) as connection:
        if connection.execute(DATABASE_CALLED, [database]).fetchone():
            raise BackupRefused(_("数据库 %(name)s 已经存在，不会覆盖。") % {"name": database})
        template = settings.TEMPLATE_DATABASE or "template1"
        names = {"name": sql.Identifier(database), "template": sql.Identifier(template)}
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        try:
            _load(folder, database)
            _compare(known, database)
            if media:
                _unpack(folder / MEDIA, media)
        except BaseException:
            _drop(connection, database)
            if media:
                shutil.rmtree(media, ignore_errors=True)
            raise
    return known


def _drop(connection: psycopg.Connection, database: str) -> None:
    """Without force first: that sends autovacuum away, which the owner may not end by force."""
    name = sql.Identifier(database)
    try:
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))
    except psycopg.errors.ObjectInUse:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def drop(database: str) -> None:
    """Only for what `restore` has just made: the drill's own."""
    with connect(autocommit=True) as connection:
        _drop(connection, database)


def _load(folder: Path, database: str) -> None:
    """The dump's own words about what is a superuser's are left out."""
    listed = run("pg_restore", "--list", str(folder / DUMP)).splitlines()
    kept = [line for line in listed if not SUPERUSERS.search(line)]
    order = folder / f".order-{database}"
    order.write_text("\n".join(kept), "utf-8")
    try:
        options = ("--no-owner", "--exit-on-error", "--single-transaction", f"--use-list={order}", f"--dbname={_target(database)}")
        run("pg_restore", *options, str(folder / DUMP))
    finally:
        order.unlink()


def _unpack(archive: Path, media: Path) -> None:
    """Plain files and folders of ours, and nothing else that an archive may hold."""
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if not (member.isfile() or member.isdir()) or parts[0] != "media" or ".." in parts:
                raise BackupRefused(_("media.tar 里有不该有的内容：%(name)s") % {"name": member.name})
            tar.extract(member, media)


def _compare(known: Manifest, database: str) -> None:
    with connect(database) as connection:
        found = counts(connection)
    names = [name for name in known.rows.keys() | found if known.rows.get(name) != found.get(name)]
    differ = [f"{name} {known.rows.get(name)}≠{found.get(name)}" for name in names]
    if differ:
        raise BackupRefused(_("恢复后行数与备份时不同：%(tables)s。") % {"tables": "、".join(sorted(differ)[:5])})


def counts(connection: psycopg.Connection) -> dict[str, int]:
    """Rows of each table of ours."""
    found = {}
    for (name,) in connection.execute(OUR_TABLES).fetchall():
        [found[name]] = connection.execute(sql.SQL(COUNT_ROWS).format(sql.Identifier("public", name))).fetchone()
    return found


def _target(database: str | None = None) -> str:
    """For libpq, without the password: that goes to the programs in the environment, where no other account reads it."""
    one = settings.DATABASES["owner"]
    names = {"host": one["HOST"], "port": one["PORT"], "user": one["USER"], "dbname": database or one["NAME"]}
    return make_conninfo(**{key: value for key, value in names.items() if value})


def connect(database: str | None = None, **named) -> psycopg.Connection:
    return psycopg.connect(_target(database), password=settings.DATABASES["owner"]["PASSWORD"] or None, **named)


def run(program: str, *arguments: str) -> str:
    path = shutil.which(program) or next((str(each) for each in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))), None)
    if path is None:
        raise BackupRefused(_("没有找到 %(program)s，请安装 postgresql-client。") % {"program": program})
    secret = {"PGPASSWORD": settings.DATABASES["owner"]["PASSWORD"] or "", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([path, *arguments], env=secret, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [str(done.returncode)])[0]
        raise BackupRefused(_("%(program)s 出错：%(said)s") % {"program": program, "said": said})
    return done.stdout


def measured(path: Path) -> dict:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}
