"""Importing 1,000,000 points from a GeoPackage with validation, division lookup and commit, against ogr2ogr with COPY.

    python -m tests.bench.bench_import [--points N] [--rounds N] [--update]

ogr2ogr (apt gdal-bin, for this benchmark only) copies into a table without key, rules or divisions, once with its default
spatial index and once without. Ours also checks every value, finds each point's division, keeps six indexes, two foreign keys
and the map's grid counts, and records the batch. Times are whole processes.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import psycopg
import pyarrow as pa
import pyogrio
import shapely

from tests.bench.scratch import ROOT, machine, manage, plain, scratch_database

KINDS, UNITS = ("枪机", "球机", "全景"), ("县公安局", "住建局", "物业公司")


def make_points(path: Path, outline: shapely.Geometry, count: int, seed: int = 1) -> None:
    """Invented surveillance points, evenly spread over the outline."""
    random = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    shapely.prepare(outline)
    places = np.empty((0, 2))
    while len(places) < count:
        drawn = random.uniform((west, south), (east, north), (count, 2))
        places = np.vstack([places, drawn[shapely.contains_xy(outline, drawn)]])
    table = pa.table({
        "名称": [f"宁安镇监控点{number}" for number in range(count)],
        "编号": [f"NX{number:08d}" for number in range(count)],
        "设备类型": random.choice(KINDS, count),
        "管理单位": random.choice(UNITS, count),
        "留存天数": random.integers(30, 90, count).astype("int32"),
        "方位角": random.uniform(0, 359, count),
        "geometry": shapely.to_wkb(shapely.points(places[:count])),
    })  # fmt: skip
    pyogrio.write_arrow(table, path, driver="GPKG", geometry_name="geometry", geometry_type="Point", crs="EPSG:4490", layer="points")


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of the whole process, and MB at the peak of it and its children together (shared pages counted once)."""
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak, ended = [0.0], threading.Event()
    watcher = threading.Thread(target=watch, args=(child.pid, peak, ended))
    watcher.start()
    said, problem = child.communicate()
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    if child.returncode:
        sys.exit(said[-2000:] + problem[-2000:])
    return seconds, peak[0]


def watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        total = 0
        try:
            process = psutil.Process(pid)
            for one in (process, *process.children(recursive=True)):
                total += one.memory_full_info().pss
        except psutil.Error:
            continue
        peak[0] = max(peak[0], total / 1e6)


def ogr2ogr(file: Path, environment: dict[str, str], *, indexed: bool) -> tuple[float, float]:
    target = "PG:" + psycopg.conninfo.make_conninfo(plain(environment["DATABASE_URL"]))
    command = ["ogr2ogr", "-q", "-f", "PostgreSQL", target, str(file), "-nln", "ogr_points", "-overwrite"]
    if not indexed:
        command += ["-lco", "SPATIAL_INDEX=NONE"]
    return measured(command, {**environment, "PG_USE_COPY": "YES"})


def siwu(file: Path, environment: dict[str, str], *options: str) -> tuple[float, float]:
    command = [sys.executable, str(ROOT / "manage.py"), "import_layer", "surveillance", str(file), "--datum", "cgcs2000", *options]
    return measured(command, {**environment, "SIWU_ANY_PYTHON": "1"})


def empty(environment: dict[str, str]) -> None:
    with psycopg.connect(plain(environment["DATABASE_URL"]), autocommit=True) as connection:
        connection.execute("TRUNCATE geo_surveillancepoint")
        connection.execute("DELETE FROM geo_gridcell WHERE layer = 'surveillance'")
        connection.execute("DROP TABLE IF EXISTS ogr_points")
        connection.execute("CHECKPOINT") if connection.execute("SELECT pg_has_role('pg_checkpoint', 'MEMBER')").fetchone()[0] else None


def county(environment: dict[str, str]) -> shapely.Geometry:
    with psycopg.connect(plain(environment["DATABASE_URL"])) as connection:
        query = "SELECT ST_AsBinary(geom) FROM geo_divisionoutline ORDER BY length(division_id) LIMIT 1"
        return shapely.from_wkb(connection.execute(query).fetchone()[0])


def line(title: str, best: tuple[float, float], count: int, beside: str = "") -> None:
    print(f"{title:<44}{best[0]:7.1f} s {count / best[0]:>11,.0f} rows/s {best[1]:6.0f} MB{beside}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    print(f"{machine()} · {chosen.points:,} points · best of {chosen.rounds}")
    with scratch_database() as environment, tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        environment["SIWU_RUN_DIR"] = folder
        manage(environment, "load_demo")
        file = Path(folder, "points.gpkg")
        make_points(file, county(environment).buffer(-0.002), chosen.points)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("indexed", "bare", "dry", "commit", "again")}
        for _ in range(chosen.rounds):
            if shutil.which("ogr2ogr"):
                for name in ("indexed", "bare"):
                    empty(environment)
                    times[name].append(ogr2ogr(file, environment, indexed=name == "indexed"))
            empty(environment)
            times["dry"].append(siwu(file, environment))
            times["commit"].append(siwu(file, environment, "--commit"))
            times["again"].append(siwu(file, environment))
    best = {name: min(found) for name, found in times.items() if found}
    for name, title in (("indexed", "ogr2ogr, spatial index"), ("bare", "ogr2ogr, no index")):
        if name in best:
            line(title, best[name], chosen.points)
    for name, title in (("dry", "siwu, dry run"), ("commit", "siwu, commit"), ("again", "siwu, dry run, all unchanged")):
        ratios = [f"{best[name][0] / best[peer][0]:.2f} x {peer}" for peer in ("indexed", "bare") if peer in best]
        line(title, best[name], chosen.points, "   " + ", ".join(ratios))


if __name__ == "__main__":
    main()
