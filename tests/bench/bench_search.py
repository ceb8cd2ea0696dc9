"""Search at 1,000,000 places, by kind of query, for a county's and a town's reader, against 50 ms; icontains beside it.

    python -m tests.bench.bench_search [--places N] [--rounds N]

Invented names of the shapes that registers hold (estates, cameras, shops, schools, posts; the town's name before, numbers behind)
go into the county's tables by plain COPY; then the search is filled by its own filling, which is timed too. Times are of the
function that the map's search box calls, statements and Python together, each query new. "work" is the processor time of both
processes at the 95th percentile (Linux), which a crowded machine changes less than the clock's time.
"""
import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg

from tests.bench.scratch import machine, manage, plain, scratch_database

LIMIT_MS = 50.0
SURNAMES = "文康福新华永安和平兴富民利丰瑞祥吉庆锦绣阳光明月春晓东西南北宁黄河枸杞红枣金银玉龙凤翔云水清泉绿洲团结友谊胜利建设育才朝晖长青"
KINDS = {
    "compounds": ("小区", "花园", "家园", "苑", "公寓", "府", "新村", "佳苑", "家属院"),
    "premises": ("超市", "餐馆", "面馆", "宾馆", "网吧", "浴池", "小学", "幼儿园", "卫生室", "文化广场", "汽修店", "药店"),
    "stations": ("警务室", "岗亭", "治安卡点"),
}
USES = ("道路治安", "人员密集场所", "小区公共区域", "单位周界", "园区出入口", "路口", "广场", "校园周边")


def names(dice: np.random.Generator, layer: str, count: int, divisions: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(name, source key, division code)"""
    chosen = dice.integers(len(divisions), size=count)
    letters = dice.integers(len(SURNAMES), size=(count, 3))
    numbers, lots = dice.integers(1, 20_000, size=count), dice.random((count, 2))
    found = []
    for i in range(count):
        code, place = divisions[chosen[i]]
        brand = "".join(SURNAMES[k] for k in letters[i][: 2 + (lots[i][0] < 0.4)])
        if layer == "surveillance":
            name = f"{place}{USES[numbers[i] % len(USES)]}监控点{numbers[i]}号"
        else:
            kinds = KINDS[layer]
            name = (place if lots[i][1] < 0.4 else "") + brand + kinds[numbers[i] % len(kinds)]
            name += f"{numbers[i] % 40 + 1}号" if lots[i][0] > 0.7 else ""
        found.append((name, f"NX{layer[:2].upper()}{i:08d}", code))
    return found


def fill_places(url: str, total: int, dice: np.random.Generator) -> dict[str, int]:
    parts = {"surveillance": 0.55, "premises": 0.3, "compounds": 0.13, "stations": 0.02}
    tables = {"surveillance": "surveillancepoint", "premises": "premises", "compounds": "compound", "stations": "station"}
    given = {
        "surveillance": (
            "kind, place_category, legal_class, owner_unit, purpose, working, filing_number", "other,other,undecided,,,unknown,",
        ),
        "premises": ("kind, operator_unit", "other,"),
        "compounds": ("kind, manager_unit", "other,"),
        "stations": ("kind, status, condition, hours, equipment, unit", "kiosk,built,unknown,,,"),
    }  # fmt: skip
    counts = {}
    with psycopg.connect(url) as connection:
        divisions = connection.execute("SELECT code, name FROM geo_division WHERE length(code) = 12").fetchall()
        for layer, share in parts.items():
            rows = names(dice, layer, round(total * share), divisions)
            columns, values = given[layer]
            geometry = "SRID=4326;MULTIPOLYGON(((105.6 37.4,105.601 37.4,105.601 37.401,105.6 37.4)))" if layer == "compounds" else ""
            spots = dice.uniform((105.4, 37.2), (105.9, 37.6), (len(rows), 2))
            with connection.cursor() as cursor:
                with cursor.copy(f"COPY geo_{tables[layer]} (name, source_key, division_id, geom, {columns}) FROM STDIN") as copy:
                    for row, (x, y) in zip(rows, spots, strict=True):
                        copy.write_row([*row, geometry or f"SRID=4326;POINT({x:.6f} {y:.6f})", *values.split(",")])
            counts[layer] = len(rows)
    return counts


def queries(dice: np.random.Generator, found: list[tuple], count: int) -> dict[str, list[str]]:
    """Texts of each kind, made from names that are there: (name, pinyin, initials, key)."""
    def some() -> list[tuple]:
        return [found[i] for i in dice.integers(len(found), size=count)]

    def part(text: str, size: int) -> str:
        start = int(dice.integers(1, max(2, len(text) - size)))
        return text[start : start + size]

    def wrong(text: str, signs: str) -> str:
        place = int(dice.integers(1, len(text) - 1))
        return text[:place] + signs[int(dice.integers(len(signs)))] + text[place + 1 :]

    def missing(text: str) -> str:
        place = int(dice.integers(1, len(text) - 1))
        return text[:place] + text[place + 1 :]

    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        "full name": [row[0] for row in some()],
        "beginning, 2 characters": [row[0][:2] for row in some()],
        "2 characters inside": [part(row[0], 2) for row in some()],
        "inside word, 3–5": [part(row[0], int(dice.integers(3, 6))) for row in some()],
        "common words": [("监控点", "社区", "小区", "路口", "号", "治安", "家园", "小学")[i % 8] for i in range(count)],
        "initials, 3–6": [row[2][: int(dice.integers(3, 7))] for row in some()],
        "pinyin, beginning": [row[1][: int(dice.integers(5, 12))] for row in some()],
        "pinyin, whole": [row[1] for row in some()],
        "code": [row[3] for row in some()],
        "code, beginning": [row[3][: int(dice.integers(4, 9))] for row in some()],
        "typo, wrong character": [wrong(row[0], "真心区天地人和") for row in some()],
        "typo, missing character": [missing(row[0]) for row in some()],
        "typo, wrong letter of pinyin": [wrong(row[1], letters) for row in some()],
        "nothing there": [row[0][:3] + "没有" + row[0][-2:] for row in some()],
    }


def timed(run: Callable[[str], object], texts: list[str], clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Milliseconds by the clock (in seconds), ascending."""
    times = []
    for text in texts:
        began = clock()
        run(text)
        times.append((clock() - began) * 1000)
    return sorted(times)


def worked() -> Callable[[], float]:
    """A clock of the processor time (s) of this process and of its database session."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: time.process_time() + int(session.read_text().split()[0]) / 1e9


def icontains(user, text: str) -> list:
    """The peer: what the map did before, each layer's table read for the text."""
    from geo.layers import registry

    found = []
    for layer in registry:
        if layer.label_field and layer.importable:
            rows = layer.model.objects.visible_to(user)
            found += (rows.filter(name__icontains=text) | rows.filter(source_key__iexact=text)).select_related("division")[:20]
    return found


def report(user, title: str, kinds: dict[str, list[str]], *, peer: bool) -> None:
    from geo.search import search

    print(f"\n{title}\n{'kind of query':<30}{'p50':>8}{'p95':>8}{'worst':>8} ms   p95 of {LIMIT_MS:.0f} ms         work", flush=True)
    clock = worked()
    for kind, texts in kinds.items():
        times = timed(lambda text: search(user, text, limit=20), texts)
        work = timed(lambda text: search(user, text, limit=20), texts, clock)[int(len(texts) * 0.95)]
        p95, beside = times[int(len(times) * 0.95)], ""
        if peer:
            middle = statistics.median(timed(lambda text: icontains(user, text), texts[:5]))
            beside = f"   icontains p50 {middle:6.0f} ms, {middle / statistics.median(times):5.0f} x"
        verdict = "reached" if p95 < LIMIT_MS else "NOT reached"
        figures = f"{statistics.median(times):8.1f}{p95:8.1f}{times[-1]:8.1f}      {p95 / LIMIT_MS:5.2f} {verdict:<12}{work:8.1f}"
        print(f"{kind:<30}{figures}{beside}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--no-peer", action="store_true")
    chosen = parser.parse_args()
    dice = np.random.default_rng(5)
    with scratch_database("siwu_bench_search") as values:
        os.environ.update({key: values[key] for key in values if key.startswith(("SIWU", "DATABASE", "REDIS", "DJANGO"))})
        os.environ["SIWU_RUN_DIR"] = values.setdefault("SIWU_RUN_DIR", "/tmp")
        manage(values, "import_divisions", "fixtures/zhongning_divisions.csv", "--commit")
        prepare(chosen, dice, plain(values["DATABASE_URL"]))


def prepare(chosen: argparse.Namespace, dice: np.random.Generator, url: str) -> None:
    import django

    from geo import walls

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    walls.open_process()
    from geo.search.filling import settle

    counts = fill_places(url, chosen.places, dice)
    began = time.perf_counter()
    settled = settle()
    seconds = time.perf_counter() - began
    print(f"{machine()} · {sum(counts.values()):,} places", flush=True)
    print(f"filled {settled:,} in {seconds:.0f} s, {settled / seconds:,.0f} rows/s", flush=True)
    with psycopg.connect(url, autocommit=True) as owner:
        # What autovacuum does within a minute or two.
        owner.execute("VACUUM ANALYZE geo_searchentry")
        for table in ("surveillancepoint", "premises", "compound", "station"):
            owner.execute(f"VACUUM ANALYZE geo_{table}")
        sizes = owner.execute("SELECT pg_table_size('geo_searchentry') / 1e6, pg_indexes_size('geo_searchentry') / 1e6").fetchone()
    print(f"table {sizes[0]:.0f} MB, indexes {sizes[1]:.0f} MB")
    try:
        measure(chosen, dice)
    finally:
        close()


READERS = (("county officer", "county_officer", "640521"), ("town officer", "town_officer", "640521102"))
READERS += (("village cadre", "village_cadre", "640521102001"),)


def measure(chosen: argparse.Namespace, dice: np.random.Generator) -> None:
    from geo.models import SearchEntry, User
    from geo.search import search

    places = SearchEntry.objects.everywhere("texts for the queries").exclude(layer="")
    for title, role, code in READERS:
        user = User.objects.create_user(role, role=role, division_id=code)
        mine = places.filter(division_id__gte=code, division_id__lt=code + ":")
        step = max(1, mine.count() // 20_000)
        texts = [row[1:] for row in mine.values_list("object_id", "folded", "pinyin", "initials", "key") if row[0] % step == 0]
        search(user, "热身", limit=20)  # the connection and the statistics are there once a minute, not once a query
        kinds = queries(dice, texts, chosen.rounds)
        report(user, f"{title} ({code}), {mine.count():,} places", kinds, peer=not chosen.no_peer and title == "county officer")


def close() -> None:
    from django.db import connections

    for each in connections.all():
        each.close()
        each.close_pool()


if __name__ == "__main__":
    main()
