"""How long the coverage of posts and the register of surveillance points take at county scale, each from an empty cache.

    python -m tests.bench.bench_posts [--rounds N]

Loads the demo county (154 communities and villages, 2,031 points) and asks each question as the county's officer. There is
no promised figure for these pages; the ratio is to the second that a reader waits without wondering.
"""
import argparse
import tempfile

from tests.bench.scratch import machine, manage, scratch_database

WAIT_S = 1.0
QUESTIONS = """
import statistics, time
from django.utils import timezone
from geo.coverage import coverage
from geo.coverage_tables import as_geojson
from geo.models import AccessReason, SurveillanceStandard, User
from geo.surveillance import findings, seen
from geo.surveillance.access import state_purpose
from geo.tiles import TileAddress, draw
from geo.layers import registry
user, on = User.objects.get(username="county"), timezone.localdate()
standard = SurveillanceStandard.objects.at(on)
state_purpose(reason=AccessReason.objects.get(pk="coverage"), note="", by=user, now=timezone.now())
asked = {
    "coverage of posts": lambda: coverage(user, on=on),
    "the same as map data": lambda: as_geojson(coverage(user, on=on)),
    "register by town": lambda: findings.by_place(user, on=on, standard=standard),
    "register by owner": lambda: findings.by_owner(user, on=on, standard=standard),
    "what is seen": lambda: seen.seen(user, on=on, standard=standard),
    "overlapping views": lambda: seen.overlaps(user, standard=standard),
    "tile at 15 with sectors": lambda: draw(registry["surveillance"], TileAddress(15, 26003, 12721), "640521"),
}
for name, ask in asked.items():
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter(); ask(); times.append(time.perf_counter() - began)
    print("ROW", name, statistics.median(times[1:] or times), max(times), sep="|")
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=6)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, scratch_database("siwu_bench_posts") as values:
        values |= {"SIWU_RUN_DIR": folder, "SIWU_LOG_LEVEL": "WARNING"}
        manage(values, "load_demo")
        said = manage(values, "shell", "-v", "0", "-c", QUESTIONS.replace("ROUNDS", str(rounds)))
    print(f"demo county, {rounds} rounds, the first apart from the median · {machine()}")
    for line in said.splitlines():
        if line.startswith("ROW|"):
            _, name, median, worst = line.split("|")
            print(f"{name:30} median {float(median):.3f} s, worst {float(worst):.3f} s, {float(median) / WAIT_S:.2f} of {WAIT_S:.0f} s")


if __name__ == "__main__":
    main()
