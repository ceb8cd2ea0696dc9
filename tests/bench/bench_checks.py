"""What an import asks of every row: 1,000,000 points judged, and 1,000,000 names looked through for personal numbers.

    python -m tests.bench.bench_checks [--rounds N]

Needs no database. The limits keep the checks small beside reading and writing.
"""
import argparse
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from geo import pii
from geo.coords import parse_datum
from geo.geometry import judge
from geo.readers.batches import points_wkb
from tests.bench.scratch import machine

COUNT = 1_000_000
COUNTY = (105.3, 36.9, 106.0, 37.7)


def points() -> Callable[[], None]:
    random = np.random.default_rng(7)
    west, south, east, north = COUNTY
    drawn = points_wkb(random.uniform(west, east, COUNT), random.uniform(south, north, COUNT), np.ones(COUNT, bool))
    return lambda: judge(drawn, shape="point", datum=parse_datum("wgs84"), bounds=COUNTY).ewkb_hex()


def names() -> Callable[[], None]:
    written = [f"中宁县宁安镇第{number}号小区 监控点 640521100{number % 1000:03d}" for number in range(COUNT // 4)]
    column = pa.array(written * 4)
    return lambda: pii.find_in_column(column)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    print(f"{COUNT:,} rows, best of {rounds} · {machine()}")
    for title, limit, work in (("points judged", 1.0, points()), ("names looked through", 0.5, names())):
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        verdict = "reached" if min(times) < limit else "NOT reached"
        print(f"{title:22} {min(times):6.2f} s   limit {limit} s: {min(times) / limit:.2f} of it, {verdict}")


if __name__ == "__main__":
    main()
