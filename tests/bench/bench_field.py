"""How long a submission takes while 200 phones are out: the site as script/server runs it (web, worker, beat), one process of phones.

    python -m tests.bench.bench_field [--phones 200] [--seconds 60] [--every 12.5]

Each phone keeps a connection, notes a fix every 5 seconds, sends what it has every 10 to 15 seconds and a log entry about every two
minutes. Time runs from the moment at which a phone wants to send until the whole answer is there. The same phones then send without
a token, which is refused before the database is asked: what the server and this process cost by themselves.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

import numpy as np
import psutil

from tests.bench.scratch import free_port, machine, manage, scratch_database
from tests.faults.site import Program, line_of

LIMIT_MS, FIX_EVERY_S, LOG_SHARE = 150, 5, 0.1
SEED = """
import json
from datetime import timedelta
from django.utils import timezone
from geo.models import User
from patrol import devices, partitions
from tests import cast
from tests.patrol import squad
now = timezone.now()
partitions.prepare(on=timezone.localdate(now))
cast.territory()
for number in range(40):
    squad.beat(f"片区{number}", lon=105.602 + number % 10 * 0.004, lat=37.47 + number // 10 * 0.006, half_deg=0.0018)
tokens = []
for number in range(COUNT):
    user = User.objects.create(username=f"p{number}", password="!", role="patrol_member", division_id=cast.WEST, must_change_password=False)
    code = devices.invite(user=user, by=user, now=now - timedelta(minutes=1)).code
    tokens.append(devices.sign_in(code=code, name="手机", now=now)[1])
print(json.dumps(tokens))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=12.5)
    asked = parser.parse_args()
    name, port = f"siwu_bench_field_{os.getpid()}", free_port()
    with tempfile.TemporaryDirectory() as folder, scratch_database(name) as values:
        tokens = json.loads(manage(values, "shell", "-v", "0", "-c", SEED.replace("COUNT", str(asked.phones))).splitlines()[-1])
        values |= {"SIWU_RUN_DIR": folder, "SIWU_MEDIA_ROOT": f"{folder}/media", "SIWU_QUEUE": name, "SIWU_LOG_LEVEL": "WARNING"}
        values |= {
            "SIWU_HOST": "127.0.0.1",
            "SIWU_PORT": str(port),
            "SIWU_PYTHON": sys.executable,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        programs = [Program(line_of(each), values, Path(folder, f"{each}.log")) for each in ("web", "worker", "beat")]
        try:
            for program in programs:
                program.start()
            measure(asked, port, tokens, lambda: spent(programs[0].process.pid, name))
        finally:
            for program in programs:
                program.stop()


def spent(web: int, database: str) -> np.ndarray:
    """Seconds of processor time so far: of the web's processes, and of the database's that serve this site."""
    first = psutil.Process(web)
    servers = [one for one in psutil.process_iter(["cmdline"]) if f" {database} " in " ".join(one.info["cmdline"] or [])]
    seconds = lambda ones: sum(sum(one.cpu_times()[:2]) for one in ones)  # noqa: E731
    return np.array([seconds([first, *first.children(recursive=True)]), seconds(servers)])


def measure(asked, port: int, tokens: list[str], so_far) -> None:
    crowd = f"{asked.phones} phones for {asked.seconds:.0f} s, a submission each {asked.every:.1f} s"
    print(f"{crowd} · {machine()} · load {os.getloadavg()[0]:.1f}")
    asyncio.run(Crowd(port, tokens, asked.every).run(3))  # the first requests of a process are slower: not measured
    crowd, before = Crowd(port, tokens, asked.every), so_far()
    asyncio.run(crowd.run(asked.seconds))
    cost = (so_far() - before) / len(crowd.ms) * 1000
    p95 = crowd.told("submissions")
    print(f"  {crowd.points / asked.seconds:.0f} points/s; processor time of one: web {cost[0]:.1f} ms, database {cost[1]:.1f} ms")
    print(
        f"  load of the machine {os.getloadavg()[0]:.1f}, of which ours are about {cost.sum() / 1000 * len(crowd.ms) / asked.seconds:.2f}"
    )
    refused = Crowd(port, ["nobody"] * len(tokens), asked.every)
    asyncio.run(refused.run(min(20, asked.seconds)))
    refused.told("the same, refused at the door")
    print(f"p95 against the limit of {LIMIT_MS} ms: {p95 / LIMIT_MS:.2f}, goal < 1: {'reached' if p95 < LIMIT_MS else 'NOT reached'}")


class Crowd:
    def __init__(self, port: int, tokens: list[str], every_s: float):
        self.port, self.tokens, self.every_s = port, tokens, every_s
        self.ms: list[float] = []
        self.lag_ms: list[float] = []
        self.answers, self.points = Counter(), 0

    async def run(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while not await self.is_there():
            await asyncio.sleep(0.2)
        watch = asyncio.create_task(self.watch())
        await asyncio.gather(*(self.phone(token, random.Random(number), until) for number, token in enumerate(self.tokens)))
        watch.cancel()

    async def is_there(self) -> bool:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
        except OSError:
            return False
        return True

    async def watch(self) -> None:
        """How late this process itself comes to its work."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            self.lag_ms.append((time.perf_counter() - began - 0.01) * 1000)

    async def phone(self, token: str, chance: random.Random, until: float) -> None:
        reader = writer = None
        now_ms = int(time.time() * 1000)
        patrol = {"id": str(uuid.uuid4()), "started_at": now_ms - 60_000}
        noted_ms, chunk, place = now_ms - 15_000, 0, [105.602 + chance.random() * 0.04, 37.47 + chance.random() * 0.02]
        await asyncio.sleep(chance.uniform(0, self.every_s))
        while (began := time.perf_counter()) < until:
            if chance.random() < LOG_SHARE:
                where = {"lon": place[0], "lat": place[1]}
                log = {"kind": "visit", "text": "门窗完好", "happened_at": int(time.time() * 1000), "position": where}
                body = {"kind": "log", "patrol": patrol, "log": log}
            else:
                rows, chunk = [], chunk + 1
                while noted_ms + FIX_EVERY_S * 1000 <= time.time() * 1000:
                    noted_ms += FIX_EVERY_S * 1000
                    place = [round(each + chance.uniform(-5e-5, 6e-5), 7) for each in place]
                    rows.append([noted_ms, *place, round(chance.uniform(3, 25), 1), round(chance.uniform(0, 1.6), 2)])
                body = {"kind": "patrol", "patrol": patrol | {"chunk_no": chunk}, "points": rows}
                self.points += len(rows)
            if writer is None or reader.at_eof():  # the server closes a line that was idle for ten seconds
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.answers[await self.send(reader, writer, token, body)] += 1
            self.ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(max(0, began + self.every_s * chance.uniform(0.8, 1.2) - time.perf_counter()))
        if writer:
            writer.close()

    async def send(self, reader, writer, token: str, body: dict) -> int:
        now_ms = int(time.time() * 1000)
        named = {"schema": 1, "submission_id": str(uuid.uuid4()), "client_time": now_ms, "tz": "Asia/Shanghai"}
        raw = json.dumps({**named, **body}).encode()
        digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
        head = {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        head |= {"Content-Length": len(raw), "Content-Digest": f"sha-256=:{digest}:", "Client-Time": now_ms}
        lines = ["POST /api/field/v1/submissions HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + raw)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in answer.decode("latin-1").split("\r\n")[1:] if ": " in line)
        await reader.readexactly(int(fields["content-length"]))
        return int(answer.split(b" ", 2)[1])

    def told(self, title: str) -> float:
        for name, figures in ((f"{title}, ms", self.ms), ("  the phones themselves were late, ms", self.lag_ms)):
            p50, p95, p99 = np.percentile(figures, [50, 95, 99])
            print(f"{name:38} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  worst {max(figures):6.1f}")
        print(f"  {len(self.ms)} answers: {dict(self.answers)}")
        return float(np.percentile(self.ms, 95))


if __name__ == "__main__":
    main()
