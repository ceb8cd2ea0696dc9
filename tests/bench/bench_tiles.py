"""Tiles of 1,000,000 points over HTTP: ours (signed in, scoped) against tipg and a bare ASGI handler, in one run.

    python -m tests.bench.bench_tiles [--points N] [--seconds S] [--peer-python PYTHON_WITH_TIPG]

Needs wrk (apt) and, for the peer, an interpreter with tipg and uvicorn (script/requirements-bench.txt).
"""
import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from tests.bench.scratch import free_port, machine, manage, plain, running, scratch_database

# As dense as a province of a hundred counties: some fifty points in a zoom-12 tile.
WEST, SOUTH, EAST, NORTH = 100.0, 32.0, 110.0, 42.0
DATA = """
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source) VALUES
  ('64', '1_province', 'bench province', '', '1949-10-01', 'bench');
INSERT INTO geo_division (code, level, name, pinyin, valid_from, source, parent_id)
  SELECT '64' || (1000 + i), '3_county', 'county ' || i, '', '1949-10-01', 'bench', '64' FROM generate_series(0, 99) i;
SELECT setseed(0.5);
INSERT INTO geo_surveillancepoint (name, source_key, division_id, kind, place_category, legal_class, owner_unit, purpose, working,
  filing_number, geom)
SELECT 'point ' || i, 'BENCH-' || i, '64' || (1000 + i %% 100), 'dome', 'artery', 'undecided', '', '', 'working', '',
  ST_SetSRID(ST_MakePoint(%(west)s + (%(east)s - %(west)s) * ((i %% 100) + random()) / 100,
    %(south)s + (%(north)s - %(south)s) * random()), 4326)
FROM generate_series(1, %(points)s) i;
"""
SESSION = """
from django.test import Client
from django.utils import timezone
from geo.models import AccessReason, User
from geo.surveillance.access import state_purpose
u = User.objects.create_user("bench", "not-a-real-password-1", role="county_officer", division_id="64", must_change_password=False)
state_purpose(reason=AccessReason.objects.get(pk="coverage"), note="", by=u, now=timezone.now())
c = Client()
c.force_login(u, backend="django.contrib.auth.backends.ModelBackend")
print("KEY", c.cookies["sessionid"].value)
"""


def tiles_at(zooms: range, count: int) -> list[tuple[int, int, int]]:
    """Tiles that hold data, chosen at random with a fixed seed."""
    from math import asinh, pi, radians, tan

    chooser, found = random.Random(7), []
    for _ in range(count):
        z, lon, lat = chooser.choice(zooms), chooser.uniform(WEST, EAST), chooser.uniform(SOUTH, NORTH)
        n = 2**z
        found.append((z, int((lon + 180) / 360 * n), int((1 - asinh(tan(radians(lat))) / pi) / 2 * n)))
    return found


def load(url: str, form: str, tiles: list[tuple[int, int, int]], seconds: int, headers: dict[str, str]) -> tuple[float, str]:
    """Requests per second over 8 connections, and wrk's latency line. Any answer other than 200 ends the run."""
    paths = ",".join('"' + form.format(z=z, x=x, y=y) + '"' for z, x, y in tiles)
    lines = "".join(f'wrk.headers["{key}"] = "{value}"\n' for key, value in headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"local p = {{{paths}}}\nlocal i = 0\n{lines}")
        script.write("request = function() i = i % #p + 1; return wrk.format('GET', p[i]) end\n")
        script.flush()
        command = ["wrk", "-t2", "-c8", f"-d{seconds}s", "--latency", "--timeout", "60s", "-s", script.name, url]
        said = subprocess.run(command, text=True, capture_output=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), re.search(r"99%\s+(\S+)", said)[1]


def largest(url: str, form: str, tiles: list[tuple[int, int, int]], headers: dict[str, str]) -> int:
    import urllib.request

    sizes = []
    for z, x, y in dict.fromkeys(tiles):
        request = urllib.request.Request(url + form.format(z=z, x=x, y=y), headers=headers)
        sizes.append(len(urllib.request.urlopen(request).read()))
    return max(sizes)


def seeing_all(url: str) -> str:
    """The application's role with the second wall open, for the handler that knows of none. The other peer asks as the owner."""
    return f"{plain(url)}?options=-csiwu.scope%3Dall"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--points", type=int, default=1_000_000)
    options.add_argument("--seconds", type=int, default=8)
    options.add_argument("--peer-python", default=sys.executable)
    chosen = options.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: apt-get install wrk")
    bin_here, peer = Path(sys.executable).parent, Path(chosen.peer_python)
    with scratch_database("siwu_bench_tiles") as values:
        with psycopg.connect(plain(values["DATABASE_URL"])) as connection:
            bound = {"west": WEST, "south": SOUTH, "east": EAST, "north": NORTH, "points": chosen.points}
            for statement in DATA.split(";\n")[:-1]:
                connection.execute(psycopg.ClientCursor(connection).mogrify(statement, bound))
        with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        key = re.search(r"KEY (\S+)", manage(values, "shell", "-v", "0", "-c", SESSION))[1]
        values |= {"SIWU_TILE_CACHE_SECONDS": "0", "SIWU_LOG_LEVEL": "WARNING", "BENCH_URL": seeing_all(values["SIWU_APP_DATABASE_URL"])}
        ours, bare, other = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
        granian = [str(bin_here / "granian"), "--workers", "2", "--no-ws", "--host", "127.0.0.1", "--log-level", "warning"]
        port = lambda url: url.rsplit(":", 1)[1]  # noqa: E731
        servers = {
            "siwu": (
                [*granian, "--interface", "wsgi", "--blocking-threads", "4", "--port", port(ours), "config.wsgi:application"],
                ours, "/tiles/surveillance/{z}/{x}/{y}.mvt", {"Cookie": f"sessionid={key}"},
            ),
            "bare ASGI": (
                [*granian, "--interface", "asgi", "--port", port(bare), "tests.bench.bare_asgi:app"], bare, "/{z}/{x}/{y}", {},
            ),
        }  # fmt: skip
        if subprocess.run([peer, "-c", "import tipg, uvicorn"], capture_output=True).returncode == 0:
            values |= {"TIPG_MAX_FEATURES_PER_TILE": "2000000", "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["public","pg_temp"]'}
            values |= {"TIPG_DB_ONLY_SPATIAL_TABLES": "true"}
            command = [str(peer), "-m", "uvicorn", "--workers", "2", "--port", port(other), "--log-level", "warning", "tipg.main:app"]
            form = "/collections/public.geo_surveillancepoint/tiles/WebMercatorQuad/{z}/{x}/{y}?properties=working&geom-column=geom_3857"
            servers["tipg"] = (command, other, form, {})
        print(f"{chosen.points:,} points · 8 connections · {machine()}")
        measure(servers, values, chosen.seconds)


def measure(servers: dict, values: dict, seconds: int) -> None:
    rates: dict[tuple[str, str], float] = {}
    for title, zooms, count in (("z12-16", range(12, 17), 600), ("z9-11", range(9, 12), 120), ("z0-8", range(0, 9), 60)):
        for name, (command, url, form, headers) in servers.items():
            if name == "bare ASGI" and title != "z12-16":
                continue
            tiles = tiles_at(zooms, count)
            environment = {**values, "DATABASE_URL": plain(values["DATABASE_URL"])} if name == "tipg" else values
            z, x, y = 16, *tiles_at(range(16, 17), 1)[0][1:]
            with running(command, environment, url + form.format(z=z, x=x, y=y)):
                load(url, form, tiles, 3, headers)
                rates[title, name], p99 = load(url, form, tiles, seconds, headers)
                size = largest(url, form, tiles, headers)
            print(f"{title:7} {name:10} {rates[title, name]:9.1f} requests/s   p99 {p99:>9}   largest tile {size / 1000:8.1f} kB")
    for title, name, limit in (("z12-16", "tipg", 2.5), ("z12-16", "bare ASGI", 0.5), ("z0-8", "tipg", 5.0)):
        if (title, name) in rates:
            ratio = rates[title, "siwu"] / max(rates[title, name], 0.01)
            print(f"{title:7} siwu / {name}: {ratio:.2f} (goal ≥ {limit}) {'reached' if ratio >= limit else 'NOT reached'}")


if __name__ == "__main__":
    main()
