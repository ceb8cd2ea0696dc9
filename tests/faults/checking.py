"""What is in the database and on the disk, held against what phones were told."""

import hashlib
import json
from collections import defaultdict
from pathlib import Path

import psycopg
from PIL import Image

from tests.faults.phones import Item, Ledger

FIXES = "SELECT device_id, (extract(epoch FROM at) * 1000)::bigint, lon, lat FROM patrol_fix"
CHUNKS = "SELECT p.key::text, c.number, c.point_count FROM patrol_trackchunk c JOIN patrol_patrol p ON p.id = c.patrol_id"
ENTRIES = "SELECT s.submission_id::text, e.text FROM patrol_logentry e JOIN patrol_submission s ON s.receipt_no = e.submission_id"
EVENTS = """
SELECT p.key::text, e.kind, (extract(epoch FROM e.at) * 1000)::bigint FROM patrol_patrolevent e JOIN patrol_patrol p ON p.id = e.patrol_id
"""
PATROLS = "SELECT key::text, closing, chunk_count FROM patrol_patrol"
PHOTOS = "SELECT id::text, original, stored FROM patrol_photo WHERE completed_at IS NOT NULL"
PRESENCE = "SELECT layer, place_pk, hour, present_s, unknown_s, visit_count, drive_by_count, visit_s FROM patrol_presencehour"
TRACKS = """
SELECT p.key, t.length_m, t.recorded_s, t.unknown_s, t.fix_count FROM patrol_track t JOIN patrol_patrol p ON p.id = t.patrol_id
"""


class State:
    """One snapshot: what was committed by then, and nothing of what was on its way."""

    def __init__(self, url: str):
        with psycopg.connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            rows = lambda statement: connection.execute(statement).fetchall()  # noqa: E731
            known = rows("SELECT submission_id::text, sha256, receipt_no FROM patrol_submission")
            self.submissions = {pk: (sha256, number) for pk, sha256, number in known}
            self.fixes = {(device, at): (lon, lat) for device, at, lon, lat in rows(FIXES)}
            self.chunks = {(patrol, number): count for patrol, number, count in rows(CHUNKS)}
            self.entries = defaultdict(list)
            for pk, text in rows(ENTRIES):
                self.entries[pk].append(text)
            self.events = {tuple(row) for row in rows(EVENTS)}
            self.photos = {pk: (original, stored) for pk, original, stored in rows(PHOTOS)}
            self.patrols = {key: (closing, count) for key, closing, count in rows(PATROLS)}
            self.conflicts = rows("SELECT count(*) FROM patrol_intakeconflict")[0][0]

    def parts(self, item: Item) -> list[bool]:
        """Whether each part of what the item says is there."""
        if item.kind == "log":
            return [self.entries.get(item.id) == [item.what["log"]["text"]]]
        if item.kind == "event":
            event = item.what["event"]
            return [] if event["what"] in ("started", "ended") else [(item.patrol, event["what"], event["at"]) in self.events]
        fixes = [self.fixes.get((item.device, row[0])) == (row[1], row[2]) for row in item.what["points"]]
        return [self.chunks.get((item.patrol, item.what["chunk_no"])) == len(fixes), *fixes]


def any_moment(ledger: Ledger, url: str) -> list[str]:
    """Receipted: there. Not receipted: wholly there or not at all. The receipts are read before the snapshot is taken."""
    receipted = ledger.receipted()
    with ledger.lock:
        items = list(ledger.items.values())
    state, found = State(url), []
    for item in receipted:
        there = state.submissions.get(item.id)
        if there is None:
            found.append(f"lost: {item.kind} {item.id} was receipted")
        elif there != (item.sha256, item.receipt["receipt_no"]):
            found.append(f"changed: {item.id} is {there}, its receipt says {item.receipt['receipt_no']}")
    for item in items:
        parts = state.parts(item)
        if item.id in state.submissions and not all(parts):
            found.append(f"half: {item.kind} {item.id} is there, {parts.count(False)} of {len(parts)} parts are not")
        if item.id not in state.submissions and any(parts):
            found.append(f"half: {item.kind} {item.id} is not there, {parts.count(True)} of {len(parts)} parts are")
    return found


def the_end(ledger: Ledger, url: str, media: Path) -> list[str]:
    """Everything that was made is there, once, and nothing else."""
    found, state, items = any_moment(ledger, url), State(url), ledger.items.values()
    found += [f"unfinished: {one.kind} {one.id}" for one in items if not one.receipt]
    if set(state.submissions) != set(ledger.items):
        found.append(f"submissions differ: {len(state.submissions)} there, {len(ledger.items)} made")
    made = {(one.device, row[0]): (row[1], row[2]) for one in items for row in one.what.get("points", ())}
    if state.fixes != made:
        found.append(f"fixes differ: {len(state.fixes)} there, {len(made)} made")
    logs = {one.id for one in items if one.kind == "log"}
    if set(state.entries) != logs or any(len(texts) != 1 for texts in state.entries.values()):
        found.append(f"log entries differ: {len(state.entries)} there, {len(logs)} made")
    chunks = {patrol: 0 for patrol in {one.patrol for one in items}}
    for one in items:
        chunks[one.patrol] += one.kind == "patrol"
    if state.patrols != {patrol: ("member", count) for patrol, count in chunks.items()}:
        found.append(f"patrols differ: {state.patrols} there, {chunks} made")
    if state.conflicts:
        found.append(f"{state.conflicts} conflicts although no phone ever changed its bytes")
    return found + _photos(ledger, state, media)


def _photos(ledger: Ledger, state: State, media: Path) -> list[str]:
    found, wanted = [], {photo.id: photo for item in ledger.items.values() for photo in item.photos}
    if set(state.photos) != set(wanted):
        found.append(f"photos differ: {len(state.photos)} whole, {len(wanted)} made")
    for pk, (original, stored) in state.photos.items():
        path = media / original
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted[pk].sha256:
            found.append(f"photo {pk} is told as whole and is not")
        Image.open(media / stored).load()
    if left := [path.name for path in (media / "patrol/incoming").glob("*")]:
        found.append(f"pieces of photos that nobody will fetch: {left}")
    return found


def reckoned(url: str) -> dict:
    """Presence and tracks by their natural keys, in figures."""
    with psycopg.connect(url) as connection:
        presence = {row[:3]: row[3:] for row in connection.execute(PRESENCE).fetchall()}
        return presence | {row[0]: row[1:] for row in connection.execute(TRACKS).fetchall()}


def write_down(ledger: Ledger, path: Path) -> None:
    """What was sent, for the undisturbed run."""
    lines = [json.dumps({"device": one.device, "body": one.body.decode()}) for one in ledger.items.values()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
