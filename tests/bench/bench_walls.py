"""What the two walls cost: tiles and lists of 500,000 surveillance points, scoped and behind row-level security, against the same
questions without either, in one run.

    python -m tests.bench.bench_walls [--points N] [--rounds N]

Unscoped: the owner's connection, which no policy holds, and the statement without its territory; with the session settings of the
application's role, so that neither is helped by parallel workers. Walled: the application's own, as a request asks. Both read the
same rows: every point lies in the reader's territory, or (a county of a hundred) the tile does.
"""
import argparse
import os
import statistics
import sys
import time

import django

from tests.bench.bench_tiles import DATA, EAST, NORTH, SOUTH, WEST
from tests.bench.scratch import machine, plain, scratch_database

GOAL = 1.5


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with scratch_database("siwu_bench_walls") as values:
        fill(values, asked.points)
        os.environ |= values | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        django.setup()
        print(f"{machine()}\n{asked.points:,} points, {asked.rounds} rounds, medians\n")
        ratios = list(compared(asked.rounds))
        close()
    print(f"\nslowest ratio {max(ratios):.2f}, goal <= {GOAL}: {'reached' if max(ratios) <= GOAL else 'NOT reached'}")
    return 0 if max(ratios) <= GOAL else 1


def fill(values: dict[str, str], points: int) -> None:
    import psycopg

    with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as owner:
        with psycopg.ClientCursor(owner) as cursor:
            for statement in DATA.split(";"):
                if statement.strip():
                    cursor.execute(statement, {"west": WEST, "south": SOUTH, "east": EAST, "north": NORTH, "points": points})
        owner.execute("VACUUM ANALYZE")


def compared(rounds: int):
    from django.utils import timezone

    from geo import walls
    from geo.models import AccessReason, User
    from geo.surveillance.access import state_purpose

    same_settings()
    print(f"{'':34}{'unscoped':>10}{'walled':>10}   ratio   bytes or rows")
    for code in ("64", "641005"):
        user = User.objects.create_user(f"bench{code}", "not-a-real-password-1", role="county_officer", division_id=code)
        state_purpose(reason=AccessReason.objects.get(pk="coverage"), note="", by=user, now=timezone.now())
        questions = [(f"tile z{z}", *tile_questions(z, code)) for z in (9, 12, 15)]
        questions += [(title, *list_questions(asked, user)) for title, asked in LISTS.items()]
        for title, unscoped, walled in questions:
            free, held = [], []
            for _round in range(rounds):
                took, before = timed(unscoped)
                free.append(took)
                with walls.of(user):
                    took, after = timed(walled)
                held.append(took)
                assert before == after, (title, before, after)
            ratio = statistics.median(held) / statistics.median(free)
            print(f"{code + ' ' + title:34}{ms(free):>10}{ms(held):>10}{ratio:8.2f}   {before}")
            yield ratio


def same_settings() -> None:
    from django.db import connections

    role = connections["default"].settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config(split_part(each, '=', 1), split_part(each, '=', 2), false) "
                       "FROM pg_roles, unnest(rolconfig) each WHERE rolname = %s", [role])  # fmt: skip
        assert len(cursor.fetchall()) >= 2, "the application's role has settings of its own"


LISTS = {
    "list, first page": "", "list, later page": "after=250006", "list by name": "sort=name", "list, one name": "q=BENCH-250006",
    "list, faulty ones": "working=faulty",
}  # fmt: skip


def list_questions(asked: str, user):
    """The list's page as its view asks for it, count included."""
    from unittest.mock import patch

    from django.http import QueryDict

    from geo.layers import registry
    from geo.lists.listing import Listing
    from geo.querysets import SurveillanceQuerySet

    def whole(self, _user):
        found = self.using("owner").everywhere("the bench")
        return found.filter(division__code__startswith=user.division_id) if user.division_id != "64" else found

    def walled() -> int:
        listing = Listing(registry["surveillance"], user, QueryDict(asked))
        page = listing.page()
        listing.count(page)
        return len(page.rows)

    def unscoped() -> int:
        with patch.object(SurveillanceQuerySet, "visible_to", whole):
            return walled()

    return unscoped, walled


def tile_questions(z: int, code: str):
    from django.db import connections

    from geo import tiles
    from geo.layers import registry

    layer = registry["surveillance"]
    address = tile_of(z, 100.55, 37.0)  # in the strip of the county 641005, 0.1 degrees wide
    statement = tiles._text(tiles._points(layer, address), layer, named=z >= tiles.NAME_ZOOM)
    open_statement = statement.replace("AND starts_with(division_id, %(scope)s)", "")
    if z < 15 and code != "64":  # a tile of the small scale reaches beyond the county: the same rows for both
        open_statement = statement
    values = {**vars(address), "layer": layer.name, "sectors": "sectors", "scope": code, "versions": list(layer.versions)}

    def ask(alias: str, text: str) -> int:
        with connections[alias].cursor() as cursor:
            cursor.execute(text, values)
            return len(cursor.fetchone()[1])

    return lambda: ask("owner", open_statement), lambda: ask("default", statement)


def tile_of(z: int, lon: float, lat: float):
    from math import asinh, pi, radians, tan

    from geo.tiles import TileAddress

    return TileAddress(z, int((lon + 180) / 360 * 2**z), int((1 - asinh(tan(radians(lat))) / pi) / 2 * 2**z))


def timed(question) -> tuple[float, int]:
    began = time.perf_counter()
    found = question()
    return time.perf_counter() - began, found


def ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.2f} ms"


def close() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if connection.pool:
            connection.close_pool()


if __name__ == "__main__":
    sys.exit(main())
