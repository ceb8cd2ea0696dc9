"""Clients that are slow on purpose, in headers, bodies and reading; and how long a fresh question takes beside them."""

import asyncio
import contextlib
import time
from collections import Counter

KINDS = ("headers", "bodies", "reads")
TRICKLE_S = 1.0
BODY = 200_000


class Crowd:
    """So many connections of each kind, which open again when the server ends them."""

    def __init__(self, port: int, token: str, large: str):
        self.port, self.token, self.large = port, token, large
        self.open, self.ended = Counter(), Counter()
        self.came: set[int] = set()

    async def one(self, number: int) -> None:
        kind = KINDS[number % len(KINDS)]
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async with asyncio.timeout(20):  # Python 3.11's wait_for may lose a cancellation, and the client would never end
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2048)
                self.open[kind] += 1
                self.came.add(number)
                try:
                    await getattr(self, kind)(number, reader, writer)
                finally:
                    self.open[kind] -= 1
                    self.ended[kind] += 1
                    writer.transport.abort()
            await asyncio.sleep(0.5)

    async def headers(self, number: int, reader, writer) -> None:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        await self.trickle(reader, writer, lambda line: f"X-{line}: {number}\r\n".encode())

    async def bodies(self, number: int, reader, writer) -> None:
        """Half of them to the phones' door with a good token, half to a door for everybody."""
        door = "/api/field/v1/submissions" if number % 2 else "/feedback/"
        kind = "application/json" if number % 2 else "application/x-www-form-urlencoded"
        known = f"Authorization: Bearer {self.token}\r\n" if number % 2 else ""
        head = f"POST {door} HTTP/1.1\r\nHost: 127.0.0.1\r\n{known}Content-Type: {kind}\r\n"
        writer.write(f"{head}Content-Length: {BODY}\r\n\r\n".encode())
        await self.trickle(reader, writer, lambda _line: b" ")

    async def trickle(self, reader, writer, piece) -> None:
        answer = asyncio.ensure_future(reader.read(1))
        for line in range(10_000):
            done, _waiting = await asyncio.wait([answer], timeout=TRICKLE_S)
            if done:
                return
            writer.write(piece(line))
            await writer.drain()

    async def reads(self, number: int, reader, writer) -> None:
        writer.write(f"GET {self.large} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while await reader.read(1):
            await asyncio.sleep(TRICKLE_S)


async def fresh(port: int, path: str = "/health/", request: bytes | None = None) -> tuple[float, int]:
    """A connection of its own, the question and the answer: seconds and status (0: none within 10 seconds)."""
    began = time.perf_counter()
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, IndexError):
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request or f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            status = int((await reader.readline()).split()[1])
            await reader.read(100_000)
            writer.close()
            return time.perf_counter() - began, status
    return time.perf_counter() - began, 0


async def besiege(crowd: Crowd, questions: dict[str, bytes | None], *, count: int = 400, lasts_s: float = 20) -> dict[str, list]:
    """Each question again and again while the crowd is there; a new connection for every one.

    Those that the server turns away come again after half a second, so fewer than all may be connected at a moment (`seen`).
    """
    tasks = [asyncio.ensure_future(crowd.one(number)) for number in range(count)]
    deadline = time.monotonic() + 8
    while len(crowd.came) < count * 0.9 and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    crowd.seen = dict(crowd.open)
    found: dict[str, list] = {path: [] for path in questions}
    ending = time.monotonic() + lasts_s
    while time.monotonic() < ending:
        for path, request in questions.items():
            found[path].append(await fresh(crowd.port, path, request))
        await asyncio.sleep(0.2)
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found
