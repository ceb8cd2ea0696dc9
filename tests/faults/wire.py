"""A bad line: a TCP proxy on loopback that cuts connections after some bytes, slows them down, and sends requests twice.

with Wire(port, seed=1) as wire:
    …  # wire.port instead of port; wire.done counts what was done
"""

import asyncio
import contextlib
import random
import threading
from collections import Counter

PIECE = 1024


class Wire(threading.Thread):
    def __init__(self, to: int, *, seed: int, longest: int = 40_000):
        super().__init__(daemon=True)
        self.to, self.chance, self.longest, self.done = to, random.Random(seed), longest, Counter()
        self.loop, self.ready, self.port = asyncio.new_event_loop(), threading.Event(), 0

    def __enter__(self) -> "Wire":
        self.start()
        self.ready.wait(10)
        return self

    def __exit__(self, *_fault) -> None:
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join(10)

    async def end(self) -> None:
        mine = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in mine:
            each.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    def run(self) -> None:
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        with contextlib.suppress(RuntimeError):
            self.loop.run_forever()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Every line breaks some time: in a request or in an answer, at any byte."""
        cut_at, in_answer = self.chance.randint(1, self.longest), self.chance.random() < 0.5
        is_slow, is_double = self.chance.random() < 0.3, self.chance.random() < 0.3
        writers = [writer]
        try:
            up_reader, up = await asyncio.open_connection("127.0.0.1", self.to)
            writers.append(up)
            twins = []
            if is_double:
                twin_reader, twin = await asyncio.open_connection("127.0.0.1", self.to)
                writers.append(twin)
                twins = [self.pump(twin_reader, [], 10**9, False)]
            there = self.pump(reader, writers[1:], 10**9 if in_answer else cut_at, is_slow)
            back = self.pump(up_reader, [writer], cut_at if in_answer else 10**9, is_slow)
            tasks = [asyncio.ensure_future(each) for each in (there, back)]
            beside = [asyncio.ensure_future(each) for each in twins]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            self.done[f"cut in {'an answer' if in_answer else 'a request'}"] += 1
            self.done["slow"] += is_slow
            self.done["sent twice"] += is_double
            for each in tasks + beside:
                each.cancel()
        except OSError:
            pass
        finally:
            for each in writers:
                each.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, to: list[asyncio.StreamWriter], at_most: int, is_slow: bool) -> None:
        with contextlib.suppress(OSError):
            while at_most > 0 and (piece := await reader.read(min(PIECE, at_most))):
                at_most -= len(piece)
                for each in to:
                    each.write(piece)
                if is_slow:
                    await asyncio.sleep(self.chance.uniform(0, 0.05))
            for each in to:
                await each.drain()
