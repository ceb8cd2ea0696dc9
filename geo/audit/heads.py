"""The head of each day as a signed file in a folder of its own, outside the database: `SIWU_AUDIT_HEADS`.

A superuser of the database can rewrite the chain from any entry on; what it cannot do is make it end in a hash that stands here.
The day's file is written anew with each batch until the day is over. The key (`SIWU_AUDIT_KEY`, or one made from the secret key of
the settings) is in no table.
"""
import hashlib
import hmac
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from geo.audit.chain import plain, text_of
from geo.models import AuditHead

OPEN, CLOSED = "open", "closed"
FORM = 1


class HeadsUnreadable(RuntimeError):
    """The folder or a file in it cannot be read or written; the text says which."""


@dataclass(frozen=True)
class Head:
    """`looked_at`: when the writer last looked for rows. All values are text or numbers, as in the file."""

    day: str
    state: str
    first_seq: int
    last_seq: int
    opens_with: str
    hash: str
    floors: dict[str, int]
    looked_at: str
    form: int = FORM
    signature: str = field(default="", compare=False)

    @property
    def on(self) -> date:
        return date.fromisoformat(self.day)

    @property
    def is_ours(self) -> bool:
        return hmac.compare_digest(self.signature, sign(self.facts))

    @property
    def facts(self) -> dict:
        return {name: value for name, value in asdict(self).items() if name != "signature"}

    def signed(self) -> "Head":
        return Head(**self.facts, signature=sign(self.facts))


def key() -> bytes:
    return hashlib.sha256(f"siwu.audit.heads\n{settings.AUDIT_KEY or settings.SECRET_KEY}".encode()).digest()


def sign(facts: dict) -> str:
    return hmac.new(key(), text_of(facts).encode(), hashlib.sha256).hexdigest()


def facts_of(head: AuditHead) -> dict:
    """What the signature of a closed day in the database is over."""
    names = ("day", "first_seq", "last_seq", "opens_with", "hash", "floors", "closed_at")
    return {name: plain(getattr(head, name)) for name in names}


def facts_of_purge(purge) -> dict:
    head = purge.head
    told = {"purged_at": purge.purged_at, "kept_days": purge.kept_days, "day": head.day, "last_seq": head.last_seq, "hash": head.hash}
    return {name: plain(value) for name, value in told.items()}


def folder(*, to_write: bool = False) -> Path:
    """Whoever only verifies need not be able to write there."""
    found = Path(settings.AUDIT_HEADS)
    text = _("封存文件夹 %(folder)s 不能写。") if to_write else _("封存文件夹 %(folder)s 读不出。")
    try:
        found.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(found, os.W_OK if to_write else os.R_OK | os.X_OK):
            raise PermissionError
    except OSError as problem:
        raise HeadsUnreadable(text % {"folder": found}) from problem
    return found


def save(head: Head) -> None:
    """Whole or not at all, and on the disk before this returns."""
    _write(folder(to_write=True) / f"{head.day}.json", asdict(head.signed()))


def save_purge(day: date, facts: dict, signature: str) -> None:
    _write(folder(to_write=True) / f"{day}.purged.json", {**facts, "signature": signature})


def _write(path: Path, told: dict) -> None:
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".new-", encoding="utf-8", delete=False) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
    except OSError as problem:
        raise HeadsUnreadable(_("封存文件 %(name)s 写不下：%(why)s") % {"name": path.name, "why": problem.strerror}) from problem


def saved() -> list[Head]:
    """All days' files, oldest first."""
    return [_read(path) for path in sorted(folder().glob("????-??-??.json"))]


def newest() -> Head | None:
    """The last day's: on it the writer goes on."""
    paths = sorted(folder().glob("????-??-??.json"))
    return _read(paths[-1]) if paths else None


def _read(path: Path) -> Head:
    try:
        found = Head(**json.loads(path.read_text("utf-8")))
        found.on  # noqa: B018 a wrong date is an unreadable file
        return found
    except (OSError, ValueError, TypeError) as problem:
        raise HeadsUnreadable(_("封存文件 %(name)s 读不出。") % {"name": path.name}) from problem


def set_aside(name: str) -> int:
    """The files into a folder beside them, when the chain is taken up again with a reason; none is deleted."""
    here = folder(to_write=True)
    target = here / f"set-aside-{name}"
    target.mkdir()
    moved = [path.rename(target / path.name) for path in sorted(here.glob("*.json"))]
    return len(moved)


def printed(head: AuditHead) -> str:
    """The head as a line that fits on paper and in a QR code."""
    return f"SIWU-AUDIT/{FORM} {head.day} {head.first_seq}-{head.last_seq} {head.hash} {head.signature[:16]}"
