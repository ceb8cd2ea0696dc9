"""Phones as docs/field-api.md wants them: bytes made once, sent until a receipt for these very bytes is there, and only then forgotten.

What is unlike the page: a phone waits a fraction of a second where the page waits seconds, sends a third of its deliveries twice at
the same time, and now and then hangs up before it has read the answer.
"""

import base64
import hashlib
import http.client
import io
import json
import math
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from PIL import Image

FIELD = "/api/field/v1/"
LON, LAT = 105.62, 37.48
CHUNK, EVERY_MS = 20, 1000
PIECE = 16 * 1024
# A phone notes what happens at a steady pace; this one goes on as soon as it can, and would pile up for ever while nobody answers.
WAITING_AT_MOST = 20
UNREADY = {429, 502, 503, 504, 507}
# Those that say when to come again: ours do; what a proxy says of a server that is being started does not.
SAY_WHEN = {429, 503, 507}


@dataclass
class Photo:
    id: str
    content: bytes
    sha256: str


@dataclass
class Item:
    """One submission: what was made, and what the server said of it."""

    device: int
    patrol: str
    id: str
    kind: str
    body: bytes
    sha256: str
    what: dict
    photos: list[Photo] = field(default_factory=list)
    receipt: dict | None = None


class Ledger:
    """What all phones have made and been told; also what no phone should ever be told."""

    def __init__(self):
        self.items: dict[str, Item] = {}
        self.told = Counter()
        self.faults: list[str] = []
        self.moments: list[tuple[float, int]] = []
        self.lock = threading.Lock()

    def made(self, item: Item) -> None:
        with self.lock:
            self.items[item.id] = item

    def receipted(self) -> list[Item]:
        with self.lock:
            return [one for one in self.items.values() if one.receipt]

    def answer(self, status: int, answer: bytes, headers, item: Item) -> bool:
        """True for a receipt of these very bytes."""
        if status not in (200, 201):
            self.refused(status, answer, headers, f"{item.kind} {item.id}")
            return False
        self.heard(status)
        return self.receipt(json.loads(answer), item)

    def heard(self, status: int) -> None:
        with self.lock:
            self.told[status] += 1
            self.moments.append((time.monotonic(), status))

    def refused(self, status: int, answer: bytes, headers, what: str) -> None:
        self.heard(status)
        if status not in UNREADY:
            self.faults.append(f"wrong answer {status} to {what}: {answer[:200].decode(errors='replace')}")
        elif status in SAY_WHEN and not headers.get("Retry-After", "").isdigit():
            self.faults.append(f"answer {status} to {what} does not say when to come again")

    def silence_s(self) -> float:
        """From the first answer that was no receipt to the last."""
        found = [at for at, status in self.moments if status in UNREADY]
        return max(found) - min(found) if found else 0.0

    def receipt(self, told: dict, item: Item) -> bool:
        if (told["submission_id"], told["content_sha256"]) != (item.id, item.sha256):
            self.faults.append(f"a receipt of something else for {item.id}")
            return False
        with self.lock:
            known = item.receipt
            if known and any(known[name] != told[name] for name in ("receipt_no", "received_at", "flags")):
                self.faults.append(f"two receipts for {item.id}: {known} {told}")
            item.receipt = told
        return True


class Line:
    """A connection that is opened again when it breaks. None: nothing came."""

    def __init__(self, port: int, token: str):
        self.port, self.headers = port, {"Authorization": f"Bearer {token}"}
        self.open: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None = None, *, hang_up: bool = False, **headers: str):
        try:
            if self.open is None:
                self.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
            self.open.request(method, FIELD + path, body, self.headers | {name.replace("_", "-"): value for name, value in headers.items()})
            if hang_up:
                return self.close()
            answer = self.open.getresponse()
            if answer.status != 204 and not {"content-length", "transfer-encoding"} & {name.lower() for name in answer.headers}:
                return self.close()  # cut within its head, which this library takes for an answer without a body
            return answer.status, answer.read(), answer.headers
        except (OSError, http.client.HTTPException):
            return self.close()

    def close(self) -> None:
        if self.open:
            self.open.close()
        self.open = None


class Phone(threading.Thread):
    """Makes and sends until `ending` is set, then ends its patrol and sends what is left; `gave_up` if that took too long."""

    def __init__(self, *, port: int, device: int, token: str, ledger: Ledger, ending: threading.Event, seed: int, lasts_s: float):
        super().__init__(daemon=True)
        self.device, self.ledger, self.ending = device, ledger, ending
        self.chance, self.line, self.other = random.Random(f"{seed} {device}"), Line(port, token), Line(port, token)
        self.started_at = int(time.time() * 1000) - 10 * 3600 * 1000
        self.skipped_ms = 0
        self.patrol, self.chunk, self.made_count = str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), 0, 0
        self.heading, self.place = self.chance.uniform(0, 7), [LON + self.chance.uniform(0, 0.018), LAT]
        self.waiting: list[Item] = []
        self.lasts_s, self.gave_up = lasts_s, False

    def run(self) -> None:
        self.make("event", {"event": {"what": "started", "at": self.started_at}})
        while not self.ending.is_set():
            if len(self.waiting) < WAITING_AT_MOST:
                self.next()
            self.flush()
            time.sleep(self.chance.uniform(0, 0.08))
        self.make("event", {"event": {"what": "ended", "at": self.moment(), "chunk_count": self.chunk}})
        deadline = time.monotonic() + self.lasts_s
        while self.waiting and time.monotonic() < deadline:
            self.flush()
        self.gave_up = bool(self.waiting)

    def moment(self) -> int:
        return self.started_at + self.skipped_ms + self.chunk * CHUNK * EVERY_MS

    def next(self) -> None:
        self.made_count += 1
        if self.made_count % 4 == 0:
            self.make_log()
        elif self.made_count % 29 == 0:
            self.make("event", {"event": {"what": "hidden", "at": self.moment()}})
            self.chunk_of_track(skip_ms=200_000)
            self.make("event", {"event": {"what": "shown", "at": self.moment()}})
        else:
            self.chunk_of_track()

    def chunk_of_track(self, skip_ms: int = 0) -> None:
        """A walk that turns about, through the beats and out of them; `skip_ms` leaves the first fixes out."""
        self.skipped_ms += skip_ms
        rows, first = [], self.moment()
        for number in range(CHUNK):
            self.heading += self.chance.uniform(-0.4, 0.4)
            if abs(self.place[1] - LAT) > 0.003 or not LON - 0.003 < self.place[0] < LON + 0.021:
                self.heading = math.atan2(LAT - self.place[1], LON + 0.009 - self.place[0])
            self.place[0] += 1.5e-5 * math.cos(self.heading)
            self.place[1] += 1.2e-5 * math.sin(self.heading)
            rows.append([first + number * EVERY_MS, round(self.place[0], 7), round(self.place[1], 7), round(self.chance.uniform(3, 20), 1)])
        self.chunk += 1
        self.make("patrol", {"points": rows}, chunk_no=self.chunk)

    def make_log(self) -> None:
        photos = []
        if self.chance.random() < 0.3:
            content = noise(self.chance)
            photos.append(Photo(str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), content, hashlib.sha256(content).hexdigest()))
        log = {"kind": "visit", "text": f"第{self.made_count}条", "happened_at": self.moment()}
        told = [{"id": one.id, "name": "现场.jpg", "sha256": one.sha256, "bytes": len(one.content)} for one in photos]
        self.make("log", {"log": log | {"position": {"lon": self.place[0], "lat": self.place[1]}}, "attachments": told}, photos=photos)

    def make(self, kind: str, what: dict, *, photos: list[Photo] = (), **named) -> None:
        pk = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        patrol = {"id": self.patrol, "started_at": self.started_at, **named}
        body = json.dumps({"schema": 1, "submission_id": pk, "kind": kind, "patrol": patrol, **what}, ensure_ascii=False).encode()
        item = Item(self.device, self.patrol, pk, kind, body, hashlib.sha256(body).hexdigest(), {**what, **named}, list(photos))
        self.ledger.made(item)
        self.waiting.append(item)

    def flush(self) -> None:
        """In order, as the page's sender: what nobody could take now keeps the rest waiting."""
        for item in list(self.waiting):
            if not (self.deliver(item) and self.photos(item)):
                time.sleep(self.chance.uniform(0.05, 0.3))
                return
            self.waiting.remove(item)

    def deliver(self, item: Item) -> bool:
        if item.receipt:
            return True
        if self.chance.random() < 0.3:
            twin = threading.Thread(target=self.hand, args=(item, self.other))
            twin.start()
            self.hand(item, self.line, hang_up=self.chance.random() < 0.2)
            twin.join()
        else:
            self.hand(item, self.line)
        return item.receipt is not None

    def hand(self, item: Item, line: Line, *, hang_up: bool = False) -> None:
        digest = base64.b64encode(bytes.fromhex(item.sha256)).decode()
        headers = {"Content_Type": "application/json", "Content_Digest": f"sha-256=:{digest}:", "Client_Time": str(int(time.time() * 1000))}
        if answer := line.ask("POST", "submissions", item.body, hang_up=hang_up, **headers):
            self.ledger.answer(*answer, item)

    def photos(self, item: Item) -> bool:
        """Every picture, then the receipt again: only that says that they are there."""
        if not item.photos:
            return True
        if not all(self.upload(photo, item) for photo in item.photos):
            return False
        answer = self.line.ask("POST", "receipts", json.dumps({"ids": [item.id]}).encode(), Content_Type="application/json")
        if not answer or answer[0] != 200:
            return self.odd(answer, item)
        told = json.loads(answer[1])["receipts"]
        if not told:
            self.ledger.faults.append(f"lost: no receipt any more for {item.id}")
            return True
        return self.ledger.receipt(told[0], item) and not told[0]["missing_attachments"]

    def upload(self, photo: Photo, item: Item) -> bool:
        """As patrol/static/patrol/phone/photo_upload.js: begin (again), then pieces from where the server says."""
        named = {"id": photo.id, "submission_id": item.id, "name": "现场.jpg", "sha256": photo.sha256}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in named.items())
        answer = self.line.ask("POST", "uploads", b"", Upload_Length=str(len(photo.content)), Upload_Metadata=metadata)
        if not answer or answer[0] not in (200, 201) or "Upload-Offset" not in answer[2]:
            return self.odd(answer, item)
        offset = int(answer[2]["Upload-Offset"])
        while offset < len(photo.content):
            piece = photo.content[offset : offset + PIECE]
            checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {
                "Upload_Offset": str(offset),
                "Upload_Checksum": f"sha256 {checksum}",
                "Content_Type": "application/offset+octet-stream",
            }
            answer = self.line.ask("PATCH", f"uploads/{photo.id}", piece, **headers)
            if not answer or answer[0] not in (204, 409) or "Upload-Offset" not in answer[2]:
                return self.odd(answer, item)
            offset = int(answer[2]["Upload-Offset"])
        return True

    def odd(self, answer, item: Item) -> bool:
        """A good answer without what it should say was cut within its head."""
        if answer and answer[0] not in (200, 201, 204, 409):
            self.ledger.refused(*answer, f"a photo of {item.id}")
        return False


def noise(chance: random.Random) -> bytes:
    out = io.BytesIO()
    side = chance.randint(120, 260)
    Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3)).save(out, "JPEG", quality=90)
    return out.getvalue()
