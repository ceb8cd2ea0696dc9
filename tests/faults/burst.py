"""More than was planned for: phones and readers who come by the clock, whether the last one was answered or not."""

import asyncio
import base64
import contextlib
import hashlib
import json
import random
import time
import uuid
from dataclasses import dataclass, field

from tests.faults.phones import LAT, LON

# As tests/bench/bench_field.py: 200 phones are out, each sends every 12.5 seconds; and as many readers of public pages.
PHONES_A_SECOND = READERS_A_SECOND = 16
POINTS = 12
PAGES = ("/", "/open-data/", "/supervision/", "/feedback/", "/public-bulletins/")


@dataclass
class Seen:
    """What came of one kind of request: (moment, seconds, status) each, and the ids of submissions that were acknowledged."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    without_when: int = 0

    def statuses(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for _at, _seconds, status in self.answers:
            found[status] = found.get(status, 0) + 1
        return dict(sorted(found.items()))

    def admitted(self) -> list[float]:
        return [seconds for _at, seconds, status in self.answers if 200 <= status < 400]

    def refused(self) -> int:
        return sum(status in (429, 503) for _at, _seconds, status in self.answers)


class Load:
    def __init__(self, port: int, tokens: list[str], *, seed: int = 1):
        self.port, self.tokens, self.chance = port, tokens, random.Random(seed)
        self.phones, self.readers = Seen(), Seen()

    async def run(self, *, phones: float, readers: float, lasts_s: float) -> None:
        """So many of each a second, evenly, for so long; then those that still wait for an answer."""
        tasks = []
        began = time.monotonic()
        due = [(number / phones, self.submit) for number in range(int(phones * lasts_s))]
        due += [(number / readers, self.read) for number in range(int(readers * lasts_s))]
        for at, what in sorted(due, key=lambda one: one[0]):
            await asyncio.sleep(max(0, began + at - time.monotonic()))
            tasks.append(asyncio.ensure_future(what()))
        await asyncio.gather(*tasks)

    async def submit(self) -> None:
        started = int(time.time() * 1000) - self.chance.randint(3_600_000, 36_000_000)
        rows = [[started + n * 1000, LON + self.chance.random() * 0.01, LAT, 8.0] for n in range(POINTS)]
        pk, patrol = str(uuid.uuid4()), str(uuid.uuid4())
        body = {"schema": 1, "submission_id": pk, "kind": "patrol", "patrol": {"id": patrol, "started_at": started}, "points": rows}
        raw = json.dumps(body).encode()
        digest = hashlib.sha256(raw)
        head = f"Authorization: Bearer {self.chance.choice(self.tokens)}\r\nContent-Type: application/json\r\n"
        head += f"Content-Digest: sha-256=:{base64.b64encode(digest.digest()).decode()}:\r\n"
        status, answer = await self.ask("POST", "/api/field/v1/submissions", head, raw, self.phones)
        if status == 201 and json.loads(answer)["content_sha256"] == digest.hexdigest():
            self.phones.acknowledged[pk] = digest.hexdigest()

    async def read(self) -> None:
        """A different address each time, so that no answer is one that was kept."""
        page = f"{self.chance.choice(PAGES)}?n={self.chance.random()}"
        await self.ask("GET", page, "Accept: text/html\r\n", b"", self.readers)

    async def ask(self, method: str, path: str, head: str, body: bytes, seen: Seen) -> tuple[int, bytes]:
        began, status, answer, told = time.monotonic(), 0, b"", b""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError):
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                first = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{head}\r\n"
                writer.write(first.encode() + body)
                told, _gap, answer = (await reader.read(-1)).partition(b"\r\n\r\n")
                status = int(told.split()[1])
                writer.close()
        seen.answers.append((began, time.monotonic() - began, status))
        seen.without_when += status in (429, 503) and b"\nretry-after:" not in told.lower()
        return status, answer
