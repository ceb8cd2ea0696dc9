"""The locked versions against records of known faults that were carried here, for a machine that reaches no database of them.

    known_faults.py FILE_OR_FOLDER…

Records are OSV's (https://ossf.github.io/osv-schema/), as JSON: the ZIP of an ecosystem as osv.dev gives it out ("PyPI", "npm"), or a
folder of records such as a copy of GitHub's advisory database. Ends with 1 where a locked version is affected, and with 2 where
something could not be looked at: no record of an ecosystem, a record that is no JSON, a version that cannot be compared.
"""
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import semver
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([a-z0-9][a-z0-9.\-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)
PYTHON, BROWSER = "PyPI", "npm"
ORDER: dict[str, Callable] = {PYTHON: Version, BROWSER: semver.Version.parse}


@dataclass
class Look:
    """What was read and found; `unread` are sentences about what could not be judged."""

    records: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    newest: dict[str, str] = field(default_factory=lambda: dict.fromkeys(ORDER, ""))
    found: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        return 1 if self.found else 2 if self.unread or not all(self.records.values()) else 0


def locked() -> dict[tuple[str, str], str]:
    """(ecosystem, name) to version, of everything that the product is installed with."""
    python = {(PYTHON, plain(name)): version for name, version in PINNED.findall((ROOT / "script/requirements.txt").read_text())}
    browser = json.loads((ROOT / "script/package-lock.json").read_text())["packages"]
    return python | {(BROWSER, path.rpartition("node_modules/")[2]): facts["version"] for path, facts in browser.items() if path}


def plain(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for place in places:
        if place.is_dir():
            yield from ((str(path), path.read_bytes()) for path in sorted(place.rglob("*.json")))
        else:
            with zipfile.ZipFile(place) as archive:
                yield from ((f"{place}: {name}", archive.read(name)) for name in sorted(archive.namelist()) if name.endswith(".json"))


def look(parts: dict[tuple[str, str], str], records: Iterable[tuple[str, bytes]]) -> Look:
    told, seen = Look(), set()
    for where, text in records:
        try:
            record = json.loads(text)
            number, affected = record["id"], record.get("affected", [])
        except (ValueError, TypeError, KeyError):
            told.unread.append(f"{where}: not a record")
            continue
        for each in affected:
            kind, _colon, _suite = each.get("package", {}).get("ecosystem", "").partition(":")
            if kind not in ORDER:
                continue
            told.records[kind] += 1
            told.newest[kind] = max(told.newest[kind], record.get("modified", ""))
            name = each["package"]["name"]
            name = plain(name) if kind == PYTHON else name
            version = parts.get((kind, name))
            if version is None or record.get("withdrawn") or (number, kind, name) in seen:
                continue
            spans = [span["events"] for span in each.get("ranges", []) if span.get("type") in ("ECOSYSTEM", "SEMVER")]
            if not spans and not each.get("versions"):
                told.unread.append(f"{number}: {name} {version}: the record names no version")
                continue
            try:
                is_hit = version in each.get("versions", []) or any(within(version, events, ORDER[kind]) for events in spans)
            except ValueError as error:
                told.unread.append(f"{number}: {name} {version}: {error}")
                continue
            if is_hit:
                seen.add((number, kind, name))
                told.found.append(sentence(record, name, version, each))
    return told


def within(version: str, events: Iterable[dict[str, str]], order: Callable) -> bool:
    """As the schema evaluates a range: the last event at or before the version decides."""
    ours, is_in = (True, order(version), 1), False
    for at, begins in sorted(filter(None, (_placed(event, order) for event in events)), key=lambda each: each[0]):
        if ours < at:
            break
        is_in = begins
    return is_in


def _placed(event: dict[str, str], order: Callable) -> tuple[tuple, bool] | None:
    """Where an event stands, and whether it begins something. "0" is before every version; what was last affected ends just behind."""
    (verb, version), *_none = event.items()
    if verb == "limit":  # of commits
        return None
    if version == "0":
        return (False,), verb == "introduced"
    return (True, order(version), 2 if verb == "last_affected" else 0), verb == "introduced"


def sentence(record: dict, name: str, version: str, affected: dict) -> str:
    ends = {event["fixed"] for span in affected.get("ranges", []) for event in span.get("events", []) if "fixed" in event}
    names = ", ".join([record["id"], *record.get("aliases", [])])
    mended = f"fixed in {', '.join(sorted(ends))}" if ends else "no fixed version is named"
    return f"{name} {version}: {names}: {record.get('summary') or record.get('details', '')[:100].strip()} ({mended})"


def main() -> int:
    places = [Path(each) for each in sys.argv[1:]]
    if missing := [str(each) for each in places if not each.exists()]:
        print(f"Not there: {', '.join(missing)}")
        return 2
    parts = locked()
    told = look(parts, files(places))
    for kind in ORDER:
        count = sum(one == kind for one, _name in parts)
        print(f"{kind}: {count} locked packages, {told.records[kind]:,} records, the newest of {told.newest[kind][:10] or '-'}")
    for line in told.found:
        print(f"AFFECTED  {line}")
    for line in told.unread:
        print(f"UNREAD    {line}")
    print(f"{len(told.found)} known faults in what is locked" if told.code != 2 else "Not everything could be looked at.")
    return told.code


if __name__ == "__main__":
    sys.exit(main())
