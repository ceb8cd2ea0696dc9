"""Importing 1,000,000 features from a GeoPackage with validation, division lookup and commit, against ogr2ogr with COPY.

    python -m tests.bench.bench_import [--points N] [--areas N] [--rounds N]

`--areas` of the features are outlines (compounds), the others points (surveillance points); each kind is a file and a process.
ogr2ogr (apt gdal-bin, for this benchmark only) copies into a table without key, rules or divisions, once with its default
spatial index and once without. Ours also checks every value, finds each feature's division, keeps its indexes and foreign
keys, the map's grid counts and the marks of the search, and records the batch. Times are whole processes.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import psutil
import psycopg
import pyarrow as pa
import pyogrio
import shapely
from psycopg import sql

from tests.bench.scratch import ROOT, machine, manage, plain, scratch_database

TABLES = {"surveillance": "geo_surveillancepoint", "compounds": "geo_compound"}
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


def make_areas(path: Path, outline: shapely.Geometry, count: int, seed: int = 2) -> None:
    """Invented compounds of eight corners, evenly spread over the outline."""
    random = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    shapely.prepare(outline)
    drawn = random.uniform((west, south), (east, north), (count * 4, 2))
    middles = drawn[shapely.contains_xy(outline, drawn)][:count]
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * (0.0006, 0.0005)
    corners = middles[:, None, :] + ring[None] * random.uniform(0.7, 1.3, (count, 8, 1))
    table = pa.table({
        "名称": [f"第{number}小区" for number in range(count)],
        "编号": [f"C{number:08d}" for number in range(count)],
        "类别": random.choice(("老旧小区", "封闭小区"), count),
        "管理单位": random.choice(UNITS, count),
        "户数": random.integers(20, 2000, count).astype("int32"),
        "geometry": shapely.to_wkb(shapely.polygons(corners)),
    })  # fmt: skip
    pyogrio.write_arrow(table, path, driver="GPKG", geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4490", layer="areas")


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
    command = ["ogr2ogr", "-q", "-f", "PostgreSQL", target, str(file), "-nln", "ogr_features", "-overwrite"]
    if not indexed:
        command += ["-lco", "SPATIAL_INDEX=NONE"]
    return measured(command, {**environment, "PG_USE_COPY": "YES"})


def siwu(layer: str, file: Path, environment: dict[str, str], *options: str) -> tuple[float, float]:
    command = [sys.executable, str(ROOT / "manage.py"), "import_layer", layer, str(file), "--datum", "cgcs2000", *options]
    return measured(command, {**environment, "SIWU_ANY_PYTHON": "1"})


def empty(environment: dict[str, str], layers: Iterable[str]) -> None:
    with psycopg.connect(plain(environment["DATABASE_URL"]), autocommit=True) as connection:
        for layer in layers:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(TABLES[layer])))
            connection.execute("DELETE FROM geo_gridcell WHERE layer = %s", [layer])
        connection.execute("DROP TABLE IF EXISTS ogr_features")
        connection.execute("CHECKPOINT") if connection.execute("SELECT pg_has_role('pg_checkpoint', 'MEMBER')").fetchone()[0] else None


def county(environment: dict[str, str]) -> shapely.Geometry:
    with psycopg.connect(plain(environment["DATABASE_URL"])) as connection:
        query = "SELECT ST_AsBinary(geom) FROM geo_divisionoutline ORDER BY length(division_id) LIMIT 1"
        return shapely.from_wkb(connection.execute(query).fetchone()[0])


def line(title: str, best: tuple[float, float], count: int, beside: str = "") -> None:
    print(f"{title:<44}{best[0]:7.1f} s {count / best[0]:>11,.0f} rows/s {best[1]:6.0f} MB{beside}", flush=True)


def both(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds of the processes one after the other, and the larger of their peaks."""
    return sum(seconds for seconds, _peak in runs), max(peak for _seconds, peak in runs)


def compare(environment: dict[str, str], layers: dict[str, Path], rounds: int) -> dict[str, tuple[float, float]]:
    """The best of the rounds, by what was done."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ("indexed", "bare", "dry", "commit", "again")}
    for _ in range(rounds):
        if shutil.which("ogr2ogr"):
            for name in ("indexed", "bare"):
                empty(environment, layers)
                times[name].append(both([ogr2ogr(file, environment, indexed=name == "indexed") for file in layers.values()]))
        empty(environment, layers)
        for name, options in (("dry", ()), ("commit", ("--commit",)), ("again", ())):
            times[name].append(both([siwu(layer, file, environment, *options) for layer, file in layers.items()]))
    return {name: min(found) for name, found in times.items() if found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--areas", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    count = chosen.points + chosen.areas
    print(f"{machine()} · {chosen.points:,} points, {chosen.areas:,} areas · best of {chosen.rounds}")
    with scratch_database() as environment, tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        environment["SIWU_RUN_DIR"] = folder
        manage(environment, "load_demo")
        ground, layers = county(environment).buffer(-0.002), {}
        for layer, number, make in (("surveillance", chosen.points, make_points), ("compounds", chosen.areas, make_areas)):
            if number:
                layers[layer] = Path(folder, f"{layer}.gpkg")
                make(layers[layer], ground, number)
        best = compare(environment, layers, chosen.rounds)
    for name, title in (("indexed", "ogr2ogr, spatial index"), ("bare", "ogr2ogr, no index")):
        if name in best:
            line(title, best[name], count)
    for name, title in (("dry", "siwu, dry run"), ("commit", "siwu, commit"), ("again", "siwu, dry run, all unchanged")):
        ratios = [f"{best[name][0] / best[peer][0]:.2f} x {peer}" for peer in ("indexed", "bare") if peer in best]
        line(title, best[name], count, "   " + ", ".join(ratios))


if __name__ == "__main__":
    main()
