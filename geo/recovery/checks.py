"""Is what came back whole? Rows, every constraint again, every file that a row names, and what other modules add."""
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.apps import apps
from django.conf import settings
from django.db.models import FileField
from django.utils.translation import gettext as _

from geo import backups
from geo.recovery.sql import BROKEN_INDEXES, CHECKS, NOT_VALID, ONLY_GROW, REFERENCES, TABLE_CALLED, breaking, files_named, without_parent

# A module's own look at data restored to a moment: gives a sentence for each thing that is wrong.
Look = Callable[[psycopg.Connection, datetime], Iterator[str]]


@dataclass
class Checked:
    rows: dict[str, int] = field(default_factory=dict)
    compared: int = 0  # tables whose rows could be held against a moment that was written down
    constraints: int = 0
    files: int = 0
    named: int = 0
    wrong: list[str] = field(default_factory=list)


def audit_chain(connection: psycopg.Connection, to: datetime) -> Iterator[str]:
    """The chain of audit events, against its rows and the heads outside, by the command that an auditor uses."""
    info = connection.info
    who = f"{info.user}:{quote(info.password, safe='')}" if info.password else info.user
    address = f"postgis://{who}@{quote(info.host, safe='')}:{info.port}/{info.dbname}"
    settled = dict.fromkeys(("DATABASE_URL", "SIWU_APP_DATABASE_URL", "SIWU_PUBLIC_DATABASE_URL"), address)
    settled |= {"REDIS_URL": settings.REDIS_URL, "SIWU_SECRET_KEY": settings.SECRET_KEY, "SIWU_AUDIT_HEADS": str(settings.AUDIT_HEADS)}
    settled |= {"SIWU_AUDIT_KEY": settings.AUDIT_KEY}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "audit", "verify", "--until", to.isoformat()]
    done = subprocess.run(command, env=os.environ | settled, capture_output=True, text=True)
    if done.returncode:
        yield _("审计链：%(told)s") % {"told": (done.stdout + done.stderr).strip()[-500:]}


looks: list[Look] = [audit_chain]


def checked(connection: psycopg.Connection, *, moments: list, to: datetime, media_root: Path) -> Checked:
    found = Checked(backups.counts(connection))
    found.wrong += _rows(connection, found, moments, to)
    found.wrong += _constraints(connection, found)
    found.wrong += _named_files(connection, found, media_root)
    for look in looks:
        found.wrong += look(connection, to)
    return found


def _rows(connection: psycopg.Connection, found: Checked, moments: list, to: datetime) -> Iterator[str]:
    """At a moment that was written down every table has its rows; after it, tables that only grow have no fewer."""
    before = [each for each in moments if each.at <= to]
    if not before:
        return
    exact = before[-1].at == to
    growing = {name for (name,) in connection.execute(ONLY_GROW)}
    for name, (low, high) in before[-1].rows.items():
        if exact or name in growing:
            found.compared += 1
            count = found.rows.get(name, -1)
            if count < low or (exact and count > high):
                yield _("表 %(table)s：%(count)s行，应为%(low)s") % {"table": name, "count": count, "low": low}


def _constraints(connection: psycopg.Connection, found: Checked) -> Iterator[str]:
    by_table = defaultdict(list)
    for name, table, told in connection.execute(CHECKS).fetchall():
        by_table[table].append((name, told))
    for table, pairs in by_table.items():
        found.constraints += len(pairs)
        counts = connection.execute(breaking(table, [told for _name, told in pairs])).fetchone()
        yield from (_said(name, table, count) for (name, _told), count in zip(pairs, counts, strict=True) if count)
    for name, table, parent, own, its in connection.execute(REFERENCES).fetchall():
        found.constraints += 1
        [count] = connection.execute(without_parent(table, parent, own, its)).fetchone()
        if count:
            yield _said(name, table, count)
    for (name,) in connection.execute(NOT_VALID).fetchall() + connection.execute(BROKEN_INDEXES).fetchall():
        yield _("约束或索引 %(name)s 无效") % {"name": name}


def _said(name: str, table: str, count: int) -> str:
    return _("表 %(table)s 有%(count)s行不符合 %(name)s") % {"table": table, "count": count, "name": name}


def _named_files(connection: psycopg.Connection, found: Checked, root: Path) -> Iterator[str]:
    for table, column, digest in file_columns():
        if not connection.execute(TABLE_CALLED, [table]).fetchone()[0]:
            continue
        for name, *told in connection.execute(files_named(table, column, digest)).fetchall():
            found.named += 1
            path = root / name
            if not path.exists():
                yield _("%(table)s 所记的文件 %(name)s 不在") % {"table": table, "name": name}
            elif told and told[0] and backups.measured(path)["sha256"] != told[0]:
                yield _("%(table)s 所记的文件 %(name)s 内容不符") % {"table": table, "name": name}


def file_columns() -> Iterator[tuple[str, str, str | None]]:
    """Table, column with a name below MEDIA_ROOT, column with the digest of its content. `kept_files` of a model tells of plain columns."""
    for model in apps.get_models():
        names = {each.name for each in model._meta.local_fields}
        for each in model._meta.local_fields:
            if isinstance(each, FileField):
                yield model._meta.db_table, each.column, "sha256" if "sha256" in names else None
        for column, digest in getattr(model, "kept_files", ()):
            yield model._meta.db_table, column, digest
