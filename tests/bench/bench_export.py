"""Exporting a list of 1,000,000 objects: time to the first byte, whole time, memory of the server, against ogr2ogr.

    python -m tests.bench.bench_export [--points N] [--rounds N]

GeoJSON and CSV are asked of the real web server, through the filters of a list and a county officer's rights, and read by a
plain socket. XLSX and GeoPackage of that size are made by the worker's own function in a process of its own. ogr2ogr (apt
gdal-bin, for this benchmark only) reads the same table, without rights and without labels for choices. Memory is the growth of
the process at its peak over what it held before (web) or the whole process (worker, ogr2ogr), shared pages counted once.
"""
import argparse
import http.client
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg

from tests.bench.bench_import import county, empty, make_points, measured
from tests.bench.scratch import ROOT, free_port, machine, manage, plain, running, scratch_database

LAYER = "premises"
COPY_OVER = """
INSERT INTO geo_premises (name, source_key, kind, operator_unit, capacity_count, last_inspected_on, geom, division_id)
SELECT name, source_key, (ARRAY['school', 'hotel', 'bath'])[1 + id % 3], owner_unit, retention_days,
       date '2026-01-01' + (id % 300)::int, geom, division_id
FROM geo_surveillancepoint ORDER BY id ON CONFLICT DO NOTHING
"""
PEER_QUERY = (
    "SELECT name, source_key, kind, operator_unit, capacity_count, last_inspected_on, division_id, geom FROM geo_premises"
)
QUERIES = (
    ("first page", ""), ("sorted by name", "?sort=name"), ("sorted by a number", "?sort=-capacity_count"),
    ("text inside a name", "?q=点9999"), ("two choices and a range", "?kind=hotel&kind=bath&capacity_count_from=60"),
    ("one town", "?division=640521102"),
)  # fmt: skip
PEER_FORMATS = {"csv": "CSV", "geojson": "GeoJSON", "xlsx": "XLSX", "gpkg": "GPKG"}
WRITE = """
import sys, django
django.setup()
from geo import walls; walls.open_process()
from pathlib import Path
from geo import exporting
from geo.layers import registry
from geo.models import User
user = User.objects.get(username="county")
layer = registry[sys.argv[1]]
exporting.write(layer, layer.model.objects.visible_to(user), sys.argv[2], Path(sys.argv[3]), by=user)
"""


def fill(environment: dict[str, str], folder: Path, count: int) -> None:
    """A million invented premises through the import itself."""
    file = folder / "points.gpkg"
    make_points(file, county(environment).buffer(-0.002), count)
    empty(environment, ("surveillance",))
    manage(environment, "import_layer", "surveillance", str(file), "--datum", "cgcs2000", "--commit")
    with psycopg.connect(plain(environment["DATABASE_URL"]), autocommit=True) as connection:
        connection.execute(COPY_OVER)
        connection.execute("VACUUM (ANALYZE) geo_premises")


class Session:
    """A signed-in browser as far as an export needs one."""

    def __init__(self, port: int, password: str):
        self.port, self.cookies = port, {}
        self._send("GET", "/account/login/").read()
        form = urlencode({"username": "county", "password": password, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
        self._send("POST", "/account/login/", form).read()

    def _send(self, method: str, path: str, body: str | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept": "text/html"}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, quote(path, safe="/?&=,-"), body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def page(self, path: str) -> float:
        started = time.perf_counter()
        answer = self._send("GET", path)
        answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}")
        return time.perf_counter() - started

    def fetch(self, path: str) -> tuple[float, float, float, int]:
        """Seconds to the first byte of the file, to the first object (64 KB), to the last byte; bytes."""
        started = time.perf_counter()
        answer = self._send("GET", path)
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}")
        size = len(answer.read1(1))
        first = time.perf_counter() - started
        rows = None
        while piece := answer.read1(1 << 20):
            size += len(piece)
            if rows is None and size > 1 << 16:
                rows = time.perf_counter() - started
        return first, rows or 0, time.perf_counter() - started, size


def memory(pids: list[int]) -> float:
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / 1e6


def growth(pids: list[int], work) -> tuple[object, float, float]:
    """What `work` gives, MB before it and at most during it."""
    before, peak, ended = memory(pids), [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], memory(pids))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        return work(), before, peak[0]
    finally:
        ended.set()
        watcher.join()


def ogr2ogr(form: str, target: Path, environment: dict[str, str]) -> tuple[float, float]:
    source = "PG:" + psycopg.conninfo.make_conninfo(plain(environment["DATABASE_URL"]))
    options = ["-lco", "GEOMETRY=AS_XY"] if form == "csv" else []
    command = ["ogr2ogr", "-q", "-f", PEER_FORMATS[form], str(target), source, "-sql", PEER_QUERY, *options]
    return measured(command, environment)


def streamed(session: Session, pids: list[int], form: str, count: int) -> dict:
    (first, rows, whole, size), before, peak = growth(pids, lambda: session.fetch(f"/objects/{LAYER}/export.{form}?q=监控点"))
    print(
        f"siwu {form:<8} first byte {first:5.2f} s · first objects {rows:5.2f} s · whole {whole:6.1f} s {count / whole:>9,.0f} rows/s"
        f" · {size / 1e6:6.0f} MB · server {before:4.0f} → {peak:4.0f} MB", flush=True,
    )  # fmt: skip
    return {"seconds": whole, "first": first}


def worked(form: str, folder: Path, environment: dict[str, str], count: int) -> dict:
    target = folder / f"siwu.{form}"
    command = [sys.executable, "-c", WRITE, LAYER, form, str(target)]
    seconds, peak = measured(command, {**environment, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)})
    size = target.stat().st_size / 1e6
    print(f"siwu {form:<8} whole {seconds:6.1f} s {count / seconds:>9,.0f} rows/s · {size:6.0f} MB · process {peak:4.0f} MB", flush=True)
    target.unlink()
    return {"seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    print(f"{machine()} · {chosen.points:,} points · {chosen.rounds} rounds")
    with scratch_database("siwu_bench_export") as environment, tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        environment |= {"SIWU_RUN_DIR": name, "SIWU_TILE_CACHE_SECONDS": "0", "SIWU_LOG_LEVEL": "WARNING", "SIWU_ANY_PYTHON": "1"}
        manage(environment, "load_demo")
        lines = (folder / "accounts.txt").read_text("utf-8").splitlines()[2:]
        password = dict(line.split()[:2] for line in lines if line.strip())["county"]
        fill(environment, folder, chosen.points)
        for _ in range(chosen.rounds):
            measure(environment, folder, password, chosen.points)


def measure(environment: dict[str, str], folder: Path, password: str, count: int) -> None:
    port, ours = free_port(), {}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    with running(command, {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, f"http://127.0.0.1:{port}/"):
        session = Session(port, password)
        session.page(f"/objects/{LAYER}/")
        pids = [each.pid for each in psutil.process_iter(["pid"]) if f"--port {port} " in " ".join(_command(each)) + " "]
        pids += [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]
        for title, query in QUERIES:
            print(f"list, {title:<26}{min(session.page(f'/objects/{LAYER}/{query}') for _ in range(3)) * 1000:6.0f} ms", flush=True)
        for form in ("csv", "geojson"):
            ours[form] = streamed(session, list(dict.fromkeys(pids)), form, count)
    for form in ("xlsx", "gpkg"):
        ours[form] = worked(form, folder, environment, count)
    if shutil.which("ogr2ogr"):
        for form in ours:
            target = folder / f"peer.{form}"
            seconds, peak = ogr2ogr(form, target, environment)
            ratio = ours[form]["seconds"] / seconds
            print(f"ogr2ogr {form:<7} whole {seconds:6.1f} s · process {peak:4.0f} MB · siwu / ogr2ogr {ratio:.2f}", flush=True)
            target.unlink()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


if __name__ == "__main__":
    main()
