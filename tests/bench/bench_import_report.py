"""The report of a file whose every row is rejected: how long the dry run takes, and how long a page of its report takes to open.

    python -m tests.bench.bench_import_report [--rows N] [--rounds N]

The whole request is timed in the process that answers it (Django's test client: session, rights, database, template), without a network.
"""
import argparse
import json
import tempfile

from tests.bench.scratch import machine, manage, scratch_database

LIMIT_MS = 1000
SCRIPT = """
import json, statistics, time
from celery import current_app
from django.test import Client
from geo.importing import drafts
from geo.models import ImportDraft, Job
from tests import cast
cast.territory()
by = cast.county_officer()
header = "编号,名称,类别,经度,纬度\\n"
rows = "".join(f"R{{n}},第{{n}}号店,大楼,105.62,37.48\\n" for n in range({rows}))
draft = drafts.receive(name="全部退回.csv", chunks=[(header + rows).encode()], by=by)
current_app.loader.import_default_modules()
def work():
    job = Job.objects.latest("pk")
    started = time.perf_counter()
    current_app.tasks[job.task](job=job.pk, **job.arguments)
    return time.perf_counter() - started
work()
draft = ImportDraft.objects.everywhere("bench").get()
drafts.submit_check(draft, mapping=draft.mapping, datum="wgs84", by=by)
seconds = work()
draft.refresh_from_db()
client = Client(headers={{"host": "127.0.0.1", "accept": "text/html"}})
client.force_login(by)
def opened(path):
    started = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 422 and b"report-title" in answer.content  # a file of which nothing can be taken
    return (time.perf_counter() - started) * 1000
last = -(-draft.report["rows"] // 100)
opened(f"/imports/{{draft.pk}}/")
def median(page):
    return statistics.median(opened(f"/imports/{{draft.pk}}/?page={{page}}") for _ in range({rounds}))
pages = {{"first": median(1), "last": median(last)}}
print(json.dumps({{"rejected": draft.report["rejected"], "seconds": seconds, **pages}}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    with scratch_database("siwu_bench_report") as environment, tempfile.TemporaryDirectory() as media:
        environment |= {"SIWU_MEDIA_ROOT": media, "SIWU_QUEUE": "siwu_bench_report", "SIWU_LOG_LEVEL": "ERROR"}
        found = json.loads(manage(environment, "shell", "-c", SCRIPT.format(rows=asked.rows, rounds=asked.rounds)).splitlines()[-1])
    print(f"{machine()}")
    print(f"{found['rejected']:,} rejected rows: dry run with CSV and XLSX {found['seconds']:.1f} s")
    for name in ("first", "last"):
        share = found[name] / LIMIT_MS
        print(f"report, {name} page: {found[name]:.0f} ms (median of {asked.rounds}), {share:.2f} of the limit of {LIMIT_MS} ms")


if __name__ == "__main__":
    main()
