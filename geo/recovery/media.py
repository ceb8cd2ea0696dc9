"""Media of an archive: each content once, under its digest; a moment is a list of names."""
import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path

from geo.backups import measured
from geo.recovery.server import give


def keep(root: Path, store: Path, *, known: dict[str, dict]) -> dict[str, dict]:
    """Copy what is new. A file whose size and time are as in `known` is not read again."""
    store.mkdir(exist_ok=True, mode=0o750)
    listed = {}
    for path in sorted(root.rglob("*")) if root.exists() else ():
        name = str(path.relative_to(root))
        try:
            if path.is_symlink() or not path.is_file():
                continue
            facts = path.stat()
            seen = known.get(name)
            if seen and (seen["bytes"], seen["changed"]) == (facts.st_size, facts.st_mtime_ns) and at_place(store, seen["sha256"]).exists():
                listed[name] = seen
            else:
                listed[name] = {**_copied(path, store), "changed": facts.st_mtime_ns}
        except FileNotFoundError:  # taken away by the site while we looked
            continue
    return listed


def _copied(path: Path, store: Path) -> dict:
    """The digest is of what was copied, whatever happens to the file meanwhile."""
    begun = store / f".begun-{os.getpid()}"
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, begun.open("wb") as target:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
            size += len(chunk)
        target.flush()
        os.fsync(target.fileno())
    place = at_place(store, digest.hexdigest())
    place.parent.mkdir(exist_ok=True, mode=0o750)
    os.replace(begun, place)
    return {"bytes": size, "sha256": digest.hexdigest()}


def at_place(store: Path, digest: str) -> Path:
    return store / digest[:2] / digest


def at(to: datetime, moments: list[tuple[datetime, dict[str, dict]]]) -> dict[str, dict]:
    """What was there at `to`: as the last list before says, and whatever the first list after has besides (it may have come before)."""
    before = [files for when, files in moments if when <= to]
    after = [files for when, files in moments if when > to]
    return (after[0] if after else {}) | (before[-1] if before else {})


def bring_back(files: dict[str, dict], store: Path, root: Path, *, owner: Path) -> list[str]:
    """Write the files; names of those that are no more in the store, or are not what they were."""
    lost = []
    root.mkdir(mode=0o750)
    for name, told in files.items():
        source, target = at_place(store, told["sha256"]), root / name
        if not target.resolve().is_relative_to(root.resolve()) or not source.exists():
            lost.append(name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        shutil.copyfile(source, target)
        if measured(target) != {"bytes": told["bytes"], "sha256": told["sha256"]}:
            target.unlink()
            lost.append(name)
    give(root, like=owner)
    return lost


def forget(store: Path, *, still: list[dict[str, dict]]) -> None:
    wanted = {each["sha256"] for files in still for each in files.values()}
    for path in store.glob("??/*"):
        if path.name not in wanted:
            path.unlink()
