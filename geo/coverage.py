"""R3: which communities and villages have no police room, which main streets no kiosk, and how far the nearest one is.

Only what the reader may see counts: a room across the border of the own territory is not looked for. Planned posts and
posts out of use are told apart and never count as coverage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import QuerySet

from geo.coords import from_plane, gauss_kruger_epsg, to_plane
from geo.models import BasemapFeature, Division, DivisionOutline, PostsStandard, Station, User
from geo.roadnet import Nearest, Network

HAS, PARTLY, PLANNED, NONE = "has", "partly", "planned", "none"
# GB/T 10114: the last three digits of a residents' committee run from 001 to 199.
FIRST_VILLAGE = "200"
STREET_STEP_M = 25.0
# Roads this far around the territory are part of the way.
AROUND_DEG = 0.1
WALKED = (BasemapFeature.Kind.MAIN_ROAD, BasemapFeature.Kind.STREET)


@dataclass(frozen=True)
class Village:
    """`distance_m` is to the nearest built room, None where there is none; `by_road` says how it was measured."""

    code: str
    name: str
    town: str
    town_code: str
    is_community: bool
    state: str
    room_count: int
    planned_count: int
    nearest: str
    distance_m: float | None
    by_road: bool
    outline: shapely.Geometry = field(repr=False)


@dataclass(frozen=True)
class Street:
    """A main street within one town. `reached_share` of its length lies within reach of a built kiosk along the roads."""

    name: str
    town: str
    town_code: str
    length_m: float
    state: str
    kiosk_count: int
    planned_count: int
    nearest: str
    distance_m: float | None
    by_road: bool
    farthest_m: float | None
    reached_share: float
    line: shapely.Geometry = field(repr=False)


@dataclass(frozen=True)
class Town:
    """Counts by state, of communities and villages, and of main streets."""

    code: str
    name: str
    villages: Counter
    streets: Counter


@dataclass(frozen=True)
class Coverage:
    standard: PostsStandard
    villages: list[Village]
    streets: list[Street]
    towns: list[Town]
    posts: list[Station]
    has_roads: bool


@dataclass(frozen=True)
class Posts:
    """Stations of one kind: all of them, and the places (plane) of those that are built and in use."""

    stations: list[Station]
    places: np.ndarray

    @property
    def usable(self) -> list[Station]:
        return [one for one in self.stations if is_usable(one)]

    @property
    def planned(self) -> list[Station]:
        return [one for one in self.stations if one.status == Station.Status.PLANNED]


def is_usable(station: Station) -> bool:
    return station.status == Station.Status.BUILT and station.condition != Station.Condition.OUT_OF_USE


def coverage(user: User, *, on: date) -> Coverage:
    """Everything the coverage page shows, for the reader's territory on a day."""
    standard = PostsStandard.objects.at(on)
    outlines = _outlines(user, on)
    if not outlines:
        return Coverage(standard, [], [], [], [], has_roads=False)
    epsg = gauss_kruger_epsg(float(np.mean(shapely.total_bounds([shape for _division, shape in outlines])[[0, 2]])))
    posts = list(Station.objects.visible_to(user).filter(kind__in=[Station.Kind.POLICE_ROOM, Station.Kind.KIOSK]).order_by("pk"))
    rooms, kiosks = (_posts(posts, kind, epsg) for kind in (Station.Kind.POLICE_ROOM, Station.Kind.KIOSK))
    roads = walked_roads(shapely.total_bounds([shape for _division, shape in outlines]))
    network = Network.of(to_plane(np.array([shape for _feature, shape in roads], dtype=object), epsg) if roads else [])
    towns = dict(Division.objects.at_level(Division.Level.TOWN).values_list("code", "name"))
    villages = _villages(outlines, towns, rooms, network, standard, epsg)
    streets = _streets(outlines, towns, roads, kiosks, network, standard, epsg)
    return Coverage(standard, villages, streets, _by_town(villages, streets), posts, has_roads=bool(roads))


def _outlines(user: User, on: date) -> list[tuple[Division, shapely.Geometry]]:
    """Communities and villages of the territory with their outlines (EPSG:4326)."""
    rows = (
        DivisionOutline.objects.in_force(on).in_division(user.division_id).filter(division__level=Division.Level.VILLAGE)
        .select_related("division").order_by("division_id")
    )  # fmt: skip
    if not user.reads_business_data:
        return []
    return [(row.division, shapely.from_wkb(bytes(row.geom.wkb))) for row in rows]


def _posts(posts: Iterable[Station], kind: str, epsg: int) -> Posts:
    found = [one for one in posts if one.kind == kind]
    usable = [one for one in found if is_usable(one)]
    return Posts(found, to_plane(np.array([shapely.Point(one.geom.x, one.geom.y) for one in usable], dtype=object), epsg))


def walked_roads(bounds: np.ndarray) -> list[tuple[BasemapFeature, shapely.Geometry]]:
    """Main roads and streets in and around these bounds (degrees), with their lines.

    Motorways are left out: they are entered at junctions only.
    """
    west, south, east, north = bounds
    box = Polygon.from_bbox((west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG))
    box.srid = 4326
    rows: QuerySet = BasemapFeature.objects.filter(kind__in=WALKED, geom_3857__bboverlaps=box.transform(3857, clone=True)).order_by("pk")
    found = [(row, shapely.force_2d(shapely.from_wkb(bytes(row.geom.wkb)))) for row in rows]
    return [(row, shape) for row, shape in found if shape.geom_type in ("LineString", "MultiLineString") and not shape.is_empty]


def _villages(outlines: list, towns: dict, rooms: Posts, network: Network, standard: PostsStandard, epsg: int) -> list[Village]:
    built = Counter(one.division_id for one in rooms.usable)
    planned = Counter(one.division_id for one in rooms.planned)
    seats = np.array(
        [shapely.Point(d.seat.x, d.seat.y) if d.seat else shapely.point_on_surface(shape) for d, shape in outlines], dtype=object
    )
    nearest = network.nearest(rooms.places, to_plane(seats, epsg), access_m=standard.road_access_m)
    return [
        Village(
            code=division.code,
            name=division.name,
            town=towns.get(division.code[:9], ""),
            town_code=division.code[:9],
            is_community=division.code[9:] < FIRST_VILLAGE,
            state=HAS if built[division.code] else PLANNED if planned[division.code] else NONE,
            room_count=built[division.code],
            planned_count=planned[division.code],
            outline=shape,
            **_nearest_of(nearest, number, rooms.usable),
        )
        for number, (division, shape) in enumerate(outlines)
    ]


def _nearest_of(nearest: Nearest, number: int, stations: list[Station]) -> dict:
    source = int(nearest.source[number])
    if source < 0:
        return {"nearest": "", "distance_m": None, "by_road": False}
    return {"nearest": stations[source].name, "distance_m": float(nearest.distance_m[number]), "by_road": bool(nearest.by_road[number])}


def _streets(outlines: list, towns: dict, roads: list, kiosks: Posts, network: Network, standard: PostsStandard, epsg: int) -> list[Street]:
    """Main roads by name within the built-up part of each town, their distances asked for all at once."""
    planned = to_plane(np.array([shapely.Point(one.geom.x, one.geom.y) for one in kiosks.planned], dtype=object), epsg)
    lines = _main_streets(_built_up(outlines, standard, epsg), roads, standard, epsg)
    samples = [_sampled(line) for _name, _code, line in lines]
    if not lines:
        return []
    nearest = network.nearest(kiosks.places, np.concatenate([points for points, _weights in samples]), access_m=standard.kiosk_beside_m)
    found, first = [], 0
    for (name, code, line), (points, weights) in zip(lines, samples, strict=True):
        mine = nearest.part(first, first + len(points))
        first += len(points)
        beside, beside_planned = (
            int((shapely.distance(places, line) <= standard.kiosk_beside_m).sum()) for places in (kiosks.places, planned)
        )
        reached = mine.by_road & (mine.distance_m <= standard.street_reach_m)
        share = float(weights[reached].sum() / weights.sum())
        found.append(
            Street(
                name=name, town=towns.get(code, ""), town_code=code, length_m=float(line.length), kiosk_count=beside,
                state=HAS if reached.all() else PARTLY if reached.any() else PLANNED if beside_planned else NONE,
                planned_count=beside_planned, farthest_m=_finite(mine.distance_m.max()), reached_share=share,
                line=from_plane(line, epsg), **_nearest_of(mine, int(mine.distance_m.argmin()), kiosks.usable),
            )
        )  # fmt: skip
    return found


def _main_streets(built_up: dict, roads: list, standard: PostsStandard, epsg: int) -> list[tuple[str, str, shapely.Geometry]]:
    """(name, town, line in the plane); a street that runs through two towns is one in each."""
    mains = [(row.name, shape) for row, shape in roads if row.kind == BasemapFeature.Kind.MAIN_ROAD]
    lines = to_plane(np.array([shape for _name, shape in mains], dtype=object), epsg)
    found = []
    for code, area in built_up.items():
        by_name = defaultdict(list)
        for (name, _shape), inside in zip(mains, shapely.intersection(lines, area), strict=True):
            by_name[name] += [part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]
        for name, parts in sorted(by_name.items()):
            line = shapely.line_merge(shapely.union_all(parts))
            if line.length >= standard.shortest_street_m:
                found.append((name, code, line))
    return found


def _built_up(outlines: list, standard: PostsStandard, epsg: int) -> dict[str, shapely.Geometry]:
    """By town: its communities' ground, and what lies around its seat, within the villages that the reader sees."""
    shapes = to_plane(np.array([shape for _division, shape in outlines], dtype=object), epsg)
    grounds, urban = defaultdict(list), defaultdict(list)
    for (division, _outline), shape in zip(outlines, shapes, strict=True):
        grounds[division.code[:9]].append(shape)
        if division.code[9:] < FIRST_VILLAGE:
            urban[division.code[:9]].append(shape)
    for town in Division.objects.filter(code__in=list(grounds)).exclude(seat=None):
        seat = to_plane(np.array([shapely.Point(town.seat.x, town.seat.y)], dtype=object), epsg)[0]
        urban[town.code].append(seat.buffer(standard.seat_radius_m))
    return {
        code: shapely.intersection(shapely.union_all(urban[code]), shapely.union_all(grounds[code]))
        for code in sorted(grounds)
        if urban[code]
    }


def _finite(metres: float) -> float | None:
    return float(metres) if np.isfinite(metres) else None


def _sampled(line: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Points at the middle of equal steps of about 25 m along each part, and the length that each stands for."""
    points, weights = [], []
    for part in shapely.get_parts(line):
        steps = max(1, round(part.length / STREET_STEP_M))
        points.append(shapely.line_interpolate_point(part, (np.arange(steps) + 0.5) / steps, normalized=True))
        weights.append(np.full(steps, part.length / steps))
    return np.concatenate(points), np.concatenate(weights)


def _by_town(villages: list[Village], streets: list[Street]) -> list[Town]:
    names = {one.town_code: one.town for one in villages}
    return [
        Town(
            code,
            name,
            Counter(one.state for one in villages if one.town_code == code),
            Counter(one.state for one in streets if one.town_code == code),
        )
        for code, name in sorted(names.items())
    ]
