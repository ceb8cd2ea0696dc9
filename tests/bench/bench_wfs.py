"""WFS over many points: memory of the server, first byte, a rectangle, and ogr2ogr over WFS against ogr2ogr straight from PostGIS.

    python -m tests.bench.bench_wfs [--points N]

Needs ogr2ogr (Debian package gdal-bin).
"""
import argparse
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg

from tests.bench.scratch import free_port, machine, manage, plain, running, scratch_database

WEST, SOUTH, EAST, NORTH = 105.0, 36.8, 106.0, 37.8
DATA = """
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source) VALUES ('640521', '3_county', 'bench', '', '1949-10-01', 'bench');
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source, parent_id)
  SELECT '640521' || (100 + i), '4_town', 'town ' || i, '', '1949-10-01', 'bench', '640521' FROM generate_series(0, 9) i;
SELECT setseed(0.5);
INSERT INTO geo_premises (name, source_key, division_id, kind, operator_unit, geom)
SELECT '场所 ' || i, 'BENCH-' || i, '640521' || (100 + i %% 10), 'catering', '某单位',
  ST_SetSRID(ST_MakePoint(%(west)s + (%(east)s - %(west)s) * random(), %(south)s + (%(north)s - %(south)s) * random()), 4326)
FROM generate_series(1, %(points)s) i;
"""
KEY = """
from django.utils import timezone
from geo import access_keys
from geo.models import User
u = User.objects.create_user("bench", "not-a-real-password-1", role="county_officer", division_id="640521", must_change_password=False)
print("KEY", access_keys.make(by=u, label="bench", days=30, now=timezone.now())[1])
"""
LIMITS = {"memory": 60.0, "first byte": 1.0, "rectangle": 1.0, "ogr2ogr": 5.0}


def ask(address: str, key: str, **parameters: str) -> tuple[float, float, int]:
    """Seconds to the first byte, seconds to the last, and how many bytes."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    login = base64.b64encode(f"bench:{key}".encode()).decode()
    asked = f"{address}?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=siwu:premises&{query}"
    request = urllib.request.Request(asked, headers={"Authorization": f"Basic {login}"})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=600) as answer:
        size = len(answer.read(1))
        first = time.perf_counter() - began
        while part := answer.read(1 << 20):
            size += len(part)
    return first, time.perf_counter() - began, size


def resident_mb(port: int) -> float:
    """Of every process of the server that listens on the port."""
    own = [each for each in psutil.process_iter(["cmdline"]) if str(port) in (each.info["cmdline"] or ())]
    family = {child for each in own for child in (each, *each.children(recursive=True))}
    return sum(each.memory_info().rss for each in family) / 1e6


def tell(what: str, value: float, unit: str, limit: float) -> None:
    print(f"{what:42} {value:9.2f} {unit:8} ratio to the limit of {limit:g}: {value / limit:.2f} {'ok' if value <= limit else 'OVER'}")


def seconds_of(*command: str, **environment: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode or done.stderr.strip():
        sys.exit(done.stderr)
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--points", type=int, default=1_000_000)
    chosen = options.parse_args()
    if not shutil.which("ogr2ogr"):
        sys.exit("ogr2ogr is missing: apt-get install gdal-bin")
    with scratch_database("siwu_bench_wfs") as values:
        with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as connection:
            bound = {"west": WEST, "south": SOUTH, "east": EAST, "north": NORTH, "points": chosen.points}
            for statement in DATA.split(";\n")[:-1]:
                connection.execute(psycopg.ClientCursor(connection).mogrify(statement, bound))
            connection.execute("VACUUM ANALYZE")
        key = re.search(r"KEY (\S+)", manage(values, "shell", "-v", "0", "-c", KEY))[1]
        port = free_port()
        values |= {"SIWU_WFS_FEATURES_AT_MOST": str(chosen.points), "SIWU_LOG_LEVEL": "WARNING"}
        values |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--workers", "1", "--blocking-threads", "4"]
        command += ["--no-ws"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "config.wsgi:application"]
        address = f"http://127.0.0.1:{port}/ogc/wfs"
        with running(command, values, address):
            print(f"{chosen.points:,} points · {machine()}")
            measure(address, key, port, chosen.points, plain(values["DATABASE_URL"]))


def measure(address: str, key: str, port: int, points: int, database: str) -> None:
    ask(address, key, COUNT="1000")
    for name, form in (("GML", "application/gml%2Bxml;%20version=3.2"), ("GeoJSON", "geojson")):
        before = resident_mb(port)
        first, whole, size = ask(address, key, OUTPUTFORMAT=form)
        print(f"{name + ', all in one answer':42} {whole:9.2f} s        {size / 1e6:.0f} MB, {points / whole:,.0f} features/s")
        tell(f"{name}, first byte", first, "s", LIMITS["first byte"])
        tell(f"{name}, memory grown by", max(0.0, resident_mb(port) - before), "MB", LIMITS["memory"])
    box = "37.30,105.50,37.31,105.51,urn:ogc:def:crs:EPSG::4326"
    tell("a rectangle of 1 km, GeoJSON", ask(address, key, OUTPUTFORMAT="geojson", BBOX=box)[1], "s", LIMITS["rectangle"])
    last = str(points - 1000)
    tell("the last page of 1,000, GeoJSON", ask(address, key, OUTPUTFORMAT="geojson", STARTINDEX=last, COUNT="1000")[1], "s", 2.0)
    with tempfile.TemporaryDirectory() as folder:
        columns = "name,source_key,kind,operator_unit,capacity_count,last_inspected_on,division_id,geom"
        paging = ("--config", "OGR_WFS_PAGING_ALLOWED", "ON", "--config", "OGR_WFS_PAGE_SIZE", "10000")
        source = ("-f", "GPKG", f"{folder}/wfs.gpkg", f"WFS:{address}", "siwu:premises")
        over = seconds_of("ogr2ogr", *paging, *source, GDAL_HTTP_USERPWD=f"bench:{key}")
        select = f"SELECT {columns} FROM geo_premises"  # noqa: S608
        straight = seconds_of("ogr2ogr", "-f", "GPKG", f"{folder}/pg.gpkg", f"PG:{database}", "-sql", select)
    print(f"{'ogr2ogr to GPKG over WFS, pages of 10,000':42} {over:9.2f} s")
    print(f"{'ogr2ogr to GPKG straight from PostGIS':42} {straight:9.2f} s")
    tell("over WFS / straight", over / straight, "times", LIMITS["ogr2ogr"])


if __name__ == "__main__":
    main()
