"""Whether the time of an answer tells a thing of another town from a thing that there is not: medians of the two, asked by turns.

    python -m tests.bench.bench_timing [--samples 200]

Target: the two medians of every address within 5 %. Before each pair one request is thrown away, and who comes first changes.
"""
import argparse
import os
import statistics
import sys
import time

import django
import django.db

from tests.bench.scratch import machine, manage, scratch_database

NEVER = 999_999_937
MOST = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200)
    told = parser.parse_args()
    with scratch_database("bench_timing") as environment:
        manage(environment, "load_demo")
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="config.settings", SIWU_ALLOWED_HOSTS="testserver")
        django.setup()
        print(machine())
        worst = measure(told.samples)
        for alias in django.db.connections:
            django.db.connections[alias].close()
            django.db.connections[alias].close_pool()
    print(f"worst ratio {worst:.3f} (target {MOST})")
    sys.exit(worst > MOST)


def measure(samples: int) -> float:
    from django.test import Client

    from geo.models import Compound, User
    from zones.models import Issue, RectificationZone

    client, worst = Client(), 1.0
    client.force_login(User.objects.get_by_natural_key("town_ningan"), backend="django.contrib.auth.backends.ModelBackend")
    theirs = {"division__code__startswith": "640521102"}
    foreign = {model: model._base_manager.filter(**theirs).order_by("pk").first().pk for model in (Compound, Issue, RectificationZone)}
    for path, pk in (
        ("/objects/compounds/{}/", foreign[Compound]), ("/map/compounds/{}.json", foreign[Compound]),
        ("/issues/{}/", foreign[Issue]), ("/zones/{}/", foreign[RectificationZone]),
        ("/ogc/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames=compounds&resourceId=compounds.{}", foreign[Compound]),
    ):  # fmt: skip
        medians = compared(client, path.format(pk), path.format(NEVER), samples)
        ratio = max(medians) / min(medians)
        worst = max(worst, ratio)
        print(f"{path:<70} of the other town {1000 * medians[0]:7.2f} ms, never used {1000 * medians[1]:7.2f} ms, ratio {ratio:.3f}")
    return worst


def compared(client, one: str, other: str, samples: int) -> tuple[float, float]:
    times = {one: [], other: []}
    for number in range(samples + 5):
        for path in (one, other) if number % 2 else (other, one):
            began = time.perf_counter()
            client.get(path, headers={"accept": "text/html"})
            times[path].append(time.perf_counter() - began)
    return statistics.median(times[one][5:]), statistics.median(times[other][5:])


if __name__ == "__main__":
    main()
