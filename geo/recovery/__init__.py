"""Back to a named moment (promise 14, built towards, not assessed): base backup and WAL by pgBackRest, media by ourselves.

    SIWU_ARCHIVE/pgbackrest.conf    where the repository is; written by script/setup for its own cluster, by hand for another
    SIWU_ARCHIVE/media/             every file that was handed in, once, under its digest
    SIWU_ARCHIVE/moments/           rows of every table and the list of media, at one moment each

A restore goes into a new folder as a database server of its own, never over one that is there, and is looked through before
anything is said about it.
"""
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _

from geo import backups
from geo.backups import BackupRefused
from geo.recovery import media, server
from geo.recovery.checks import Checked, checked
from geo.recovery.sql import ARCHIVED, NOW, ROUND_OFF, SOMETHING_COMMITTED

STANZA = "siwu"
ARCHIVED_WITHIN_S = 300
ENDED_BEFORE = "recovery ended before configured recovery target was reached"


@dataclass(frozen=True)
class Moment:
    """What was there at `at`: rows between two counts, one before and one after (on a busy site they differ), and media."""

    at: datetime
    rows: dict[str, tuple[int, int]]
    media: dict[str, dict]


@dataclass
class Restored:
    asked: datetime
    until: datetime | None  # the last commit that came back
    complete: bool          # False: the archive ends before the moment that was asked for
    server: server.Server
    found: Checked


def folder() -> Path:
    if not settings.ARCHIVE:
        raise BackupRefused(_("没有设置 SIWU_ARCHIVE，见 docs/operations.md。"))
    return Path(settings.ARCHIVE)


def base(*, full: bool = False) -> None:
    """A base backup of the whole cluster: what has changed since the last full one, or everything."""
    pgbackrest("backup", f"--type={'full' if full else 'incr'}")


def note() -> Moment:
    """Write down what is there, keep the media, and let go of what no base backup reaches any more."""
    with backups.connect(autocommit=True) as connection:
        before = _counts(connection)
        [at] = connection.execute(NOW).fetchone()
        after = _counts(connection)
        kept = media.keep(Path(settings.MEDIA_ROOT), folder() / "media", known=_last_media())
        # A target in time needs a commit beyond it, and the archive a finished file.
        connection.execute(SOMETHING_COMMITTED)
        try:
            [file] = connection.execute(ROUND_OFF).fetchone()
            _await(connection, file)
        except psycopg.errors.InsufficientPrivilege:  # archive_timeout finishes it within a minute
            pass
    rows = {name: tuple(sorted((before.get(name, 0), after.get(name, 0)))) for name in before | after}
    made = Moment(at, rows, kept)
    _write(made)
    for name in ("media", "moments"):
        server.give(folder() / name, like=folder())
    if bases := base_moments():
        _forget_before(bases[0])
        backups.remember(base_at=bases[-1], moment_at=at)
    return made


def restore(to: datetime, *, into: Path, now: datetime) -> Restored:
    """A server of its own in the new folder `into`, as the data stood at `to`, with its media. Raises BackupRefused."""
    _refuse(to, into, now)
    made = server.Server(into)
    server.make_folder(into, like=folder())
    try:
        target = f"--target={to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}"
        bring_back(made, "--type=time", target, "--target-action=promote")
        complete = True
        if not made.start() and ENDED_BEFORE in made.told():
            complete = False
            bring_back(made, "--type=default", "--delta")
            made.start()
        if not made.runs():
            raise BackupRefused(_("恢复出来的数据库没有启动：%(said)s") % {"said": made.told()[-300:]})
        moments = known_moments()
        files = media.at(to, [(each.at, each.media) for each in moments])
        lost = media.bring_back(files, folder() / "media", into / "media", owner=folder())
        with made.connect() as connection:
            until = made.last_commit(connection)
            found = checked(connection, moments=moments, to=to, media_root=into / "media")
        found.files = len(files)
        found.wrong += [_("文件取不回：%(name)s") % {"name": name} for name in lost]
    except BaseException:
        made.remove()
        raise
    return Restored(to, until, complete, made, found)


def bring_back(made: server.Server, *arguments: str) -> None:
    """What pgBackRest keeps on its way lies in the new folder: whoever may read the archive need not own it."""
    beside = [f"--{what}-path={made.folder / what}" for what in ("spool", "lock")]
    pgbackrest("restore", f"--pg1-path={made.data}", *beside, *arguments)


def _refuse(to: datetime, into: Path, now: datetime) -> None:
    if to > now:
        raise BackupRefused(_("时刻 %(at)s 还没有到。") % {"at": f"{to:%Y-%m-%d %H:%M:%S}"})
    bases = base_moments()
    if not bases:
        raise BackupRefused(_("还没有基础备份：先运行 ./manage.py backup --archive。"))
    first = bases[0].astimezone(to.tzinfo) + timedelta(seconds=1)  # its end is told in whole seconds
    if to < first:
        raise BackupRefused(_("最早只能恢复到 %(at)s。") % {"at": f"{first:%Y-%m-%d %H:%M:%S}"})
    if into.exists():
        raise BackupRefused(_("文件夹 %(folder)s 已经存在，不会覆盖。") % {"folder": into})


def base_moments() -> list[datetime]:
    """When each base backup that is still there was complete."""
    told = json.loads(pgbackrest("info", "--output=json"))
    return sorted(datetime.fromtimestamp(each["timestamp"]["stop"], UTC) for one in told for each in one.get("backup", ()))


def pgbackrest(*arguments: str) -> str:
    path = shutil.which("pgbackrest")
    if path is None:
        raise BackupRefused(_("没有找到 %(program)s，请安装 Debian 软件包 %(program)s。") % {"program": "pgbackrest"})
    command = [path, f"--config={folder() / 'pgbackrest.conf'}", f"--stanza={STANZA}", "--log-level-console=warn", "--log-level-file=off"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd="/", env=server.plain_environment(),
                          **server.as_owner_of(folder()))  # fmt: skip
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or [str(done.returncode)]
        said = next((line for line in lines if line.startswith("ERROR")), lines[-1])
        raise BackupRefused(_("%(program)s 出错：%(said)s") % {"program": f"pgbackrest {arguments[0]}", "said": said})
    return done.stdout


def _await(connection: psycopg.Connection, file: str) -> None:
    """A moment is one to go back to when its last WAL is in the archive."""
    deadline = time.monotonic() + ARCHIVED_WITHIN_S
    while not connection.execute(ARCHIVED, [file]).fetchone()[0]:
        if time.monotonic() > deadline:
            raise BackupRefused(_("WAL 没有及时进入归档，请看 PostgreSQL 的日志。"))
        time.sleep(0.1)


def _counts(connection: psycopg.Connection) -> dict[str, int]:
    with connection.transaction():
        return backups.counts(connection)


def _write(made: Moment) -> None:
    room = folder() / "moments"
    room.mkdir(exist_ok=True, mode=0o750)
    path = room / f"{made.at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json"
    begun = path.with_suffix(".begun")
    begun.write_text(json.dumps({"at": made.at.isoformat(), "rows": made.rows, "media": made.media}, ensure_ascii=False), "utf-8")
    os.replace(begun, path)


def known_moments() -> list[Moment]:
    """Oldest first."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted((folder() / "moments").glob("*.json"))]
    return [Moment(datetime.fromisoformat(each["at"]), each["rows"], each["media"]) for each in found]


def _last_media() -> dict[str, dict]:
    paths = sorted((folder() / "moments").glob("*.json"))
    return json.loads(paths[-1].read_text("utf-8"))["media"] if paths else {}


def _forget_before(first: datetime) -> None:
    """Moments before the oldest base backup lead nowhere; with them go the files that only they name."""
    moments = known_moments()
    gone = [each for each in moments if each.at < first]
    if gone[:-1]:
        for each in gone[:-1]:
            (folder() / "moments" / f"{each.at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.json").unlink(missing_ok=True)
        media.forget(folder() / "media", still=[each.media for each in moments if each not in gone[:-1]])
