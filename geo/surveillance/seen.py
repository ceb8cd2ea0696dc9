"""What working surveillance points see: crowded places, key units, compounds, arteries; and views that are nearly the same twice.

A share says how much lies within a view as registered (bearing, angle, range). Walls and trees are not known.
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from geo.models import BasemapFeature, Division, SurveillanceStandard, User
from geo.surveillance import sql
from geo.surveillance.findings import unit_length

ARTERIES = (BasemapFeature.Kind.MOTORWAY.value, BasemapFeature.Kind.MAIN_ROAD.value)
PAIRS_AT_MOST = 200


@dataclass(frozen=True)
class Seen:
    """For one town or village: places seen of all, and metres of artery seen of all."""

    code: str
    name: str
    crowded: tuple[int, int]
    key_units: tuple[int, int]
    compounds: tuple[int, int]
    arteries_m: tuple[float, float]


@dataclass(frozen=True)
class Unseen:
    """A place or a compound that no working point sees."""

    kind: str
    pk: int
    name: str
    unit: str


def seen(user: User, *, on: date, standard: SurveillanceStandard) -> tuple[list[Seen], list[Unseen]]:
    """Shares by town or village of the reader's territory, and the places that no working point sees."""
    length = unit_length(user)
    bound = {
        "scope": user.division_id, "length": length, "near": standard.near_place_m, "on": on,
        "reach": view_reach(user.division_id, standard),
    }  # fmt: skip
    places = {
        "crowded": _rows(sql.POINTS_SEEN, {**bound, "kinds": standard.crowded_kinds}),
        "key_units": _rows(sql.POINTS_SEEN, {**bound, "kinds": standard.key_unit_kinds}),
        "compounds": _rows(sql.COMPOUNDS_SEEN, bound),
    }
    roads = _rows(sql.ROADS_SEEN, {**bound, "kinds": list(ARTERIES)})
    units = Division.objects.in_division(user.division_id).filter(level=Division.Level.TOWN if length == 9 else Division.Level.VILLAGE)
    found = [
        Seen(
            unit.code, unit.name, **{kind: _of(rows, unit.code) for kind, rows in places.items()},
            arteries_m=(sum(row[4] for row in roads if row[0] == unit.code), sum(row[3] for row in roads if row[0] == unit.code)),
        )
        for unit in units
    ]  # fmt: skip
    names = {unit.code: unit.name for unit in units}
    missed = [Unseen(kind, row[1], row[2], names.get(row[0], row[0])) for kind, rows in places.items() for row in rows if not row[3]]
    return found, missed


def total(units: list[Seen]) -> Seen:
    """All units together."""
    both = [
        tuple(map(sum, zip(*(getattr(unit, name) for unit in units), strict=True)))
        for name in ("crowded", "key_units", "compounds", "arteries_m")
    ]
    return Seen("", "", *(each or (0, 0) for each in both))


def _of(rows: list[tuple], code: str) -> tuple[int, int]:
    mine = [row[3] for row in rows if row[0] == code]
    return sum(mine), len(mine)


def view_reach(scope: str, standard: SurveillanceStandard) -> float:
    """Units of the map's projection from a point within which its view can come near a place; twice the nearness for safety."""
    return _rows(sql.REACH, {"scope": scope})[0][0] + 2 * standard.near_place_m + 1


def overlaps(user: User, *, standard: SurveillanceStandard) -> list[tuple[int, int, float]]:
    """Pairs of points (keys, and the share of the smaller view), the most alike first, at most PAIRS_AT_MOST."""
    values = {
        "scope": user.division_id, "share": standard.overlap_share, "most": PAIRS_AT_MOST,
        "reach": view_reach(user.division_id, standard),
    }  # fmt: skip
    return _rows(sql.OVERLAPS, values)


def _rows(statement: str, values: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
