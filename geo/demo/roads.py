"""What lies under the layers: river, motorways, railways, main roads between towns, streets, village roads."""
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo.demo.geography import Geography, Town, read_lines, smooth
from geo.demo.plane import random

SOURCE = "Siwu 示意图形，非实测"
RIVER_HALF_WIDTH_M = 165

_NINGAN, _MINGSHA, _SHIKONG, _XINBAO, _ENHE, _DAZHANCHANG = (f"64052110{number}" for number in range(6))
_ZHOUTA, _BAIMA, _YUDING, _HANJIAOSHUI, _XUTAO, _TAIYANGLIANG = (f"64052120{number}" for number in (0, 1, 2, 4, 5, 6))
BETWEEN_TOWNS = (
    (_NINGAN, _SHIKONG), (_NINGAN, _XINBAO), (_NINGAN, _ZHOUTA), (_NINGAN, _ENHE), (_ENHE, _MINGSHA), (_MINGSHA, _BAIMA),
    (_SHIKONG, _YUDING), (_SHIKONG, _TAIYANGLIANG), (_MINGSHA, _TAIYANGLIANG), (_XINBAO, _DAZHANCHANG), (_ZHOUTA, _DAZHANCHANG),
    (_DAZHANCHANG, _HANJIAOSHUI), (_XINBAO, _HANJIAOSHUI), (_HANJIAOSHUI, _XUTAO),
)  # fmt: skip
# Out of the county: town and the direction in which its road leaves.
OUT_OF_COUNTY = (
    (_YUDING, (-1, -0.1)),
    (_BAIMA, (1, 0.15)),
    (_XUTAO, (0.1, -1)),
    (_DAZHANCHANG, (-1, -0.2)),
    (_TAIYANGLIANG, (0.3, 1)),
    (_HANJIAOSHUI, (1, 0.3)),
)


@dataclass(frozen=True)
class Basemap:
    """Features as (kind, name, geometry in metres); `network` are the roads, `water` what nothing is built on."""

    features: list[tuple[str, str, BaseGeometry]]
    water: BaseGeometry

    def of(self, *kinds: str) -> list[BaseGeometry]:
        return [geometry for kind, _name, geometry in self.features if kind in kinds]

    @property
    def obstacles(self) -> BaseGeometry:
        """What no building stands on: all but the streets, whose blocks leave room by themselves."""
        return shapely.union_all([*self.of("motorway", "railway", "main_road", "village_road"), self.water])


def build_basemap(geography: Geography) -> Basemap:
    features = []
    drawn = read_lines()
    river = next(line for kind, _name, line in drawn if kind == "river")
    water = [shapely.intersection(_river_water(river), geography.county), *_lakes(geography, river)]
    features += [(kind, name, shapely.intersection(line, geography.county)) for kind, name, line in drawn]
    features += [("water", "黄河（示意）" if number == 0 else f"示意湖{number}", shape) for number, shape in enumerate(water)]
    roads = _between_towns(geography) + _out_of_county(geography)
    features += [("main_road", f"示意公路{number}", shapely.intersection(road, geography.county)) for number, road in enumerate(roads, 1)]
    for town in geography.towns.values():
        for axis, number, line in town.core.street_lines:
            direction = "南北" if axis == "column" else "东西"
            name = f"{town.name}示意{direction}{'大街' if number == 0 else _street_number(number)}"
            features.append(("main_road" if number == 0 else "street", name, line))
    features += [("village_road", f"示意村道{number}", road) for number, road in enumerate(_village_roads(geography, roads), 1)]
    return Basemap(features, shapely.union_all(water))


def _street_number(number: int) -> str:
    return f"{number}街" if number > 0 else f"{-number}巷"


def _river_water(river: LineString) -> BaseGeometry:
    """A band along the river, wider in its bends than in its straights."""
    places = np.arange(0, river.length, 260)
    wide = RIVER_HALF_WIDTH_M + 55 * np.sin(places / 2100) + 35 * np.sin(places / 870)
    return shapely.union_all(
        [LineString(river.segmentize(130).interpolate([a, a + 260])).buffer(half) for a, half in zip(places, wide, strict=True)]
    ).simplify(12)


def _lakes(geography: Geography, river: LineString) -> list[Polygon]:
    """Three ponds in the fields between towns and river."""
    dice = random("lakes")
    lakes = []
    for town in (_NINGAN, _ENHE, _MINGSHA):
        core = geography.towns[town].core
        to_river = np.array(river.interpolate(river.project(Point(core.centre))).coords[0]) - core.centre
        away = -to_river / np.hypot(*to_river)
        middle = core.centre + away * (core.radius_m + 420) + dice.uniform(-300, 300, 2)
        around = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        radius = dice.uniform(130, 190) * (1 + 0.18 * np.sin(2 * around + dice.uniform(0, 6)) + 0.1 * np.sin(3 * around))
        lakes.append(Polygon(np.column_stack([middle[0] + radius * 1.5 * np.cos(around), middle[1] + radius * np.sin(around)])))
    return lakes


def _exit(town: Town, towards: np.ndarray) -> np.ndarray:
    """The end of a main street that looks towards a point, and a point 350 m further out."""
    ends, centre = town.core.axis_ends(), np.array(town.core.centre)
    outward = ends + (ends - centre) / np.hypot(*(ends - centre).T)[:, None] * 350
    best = np.hypot(*(outward - towards).T).argmin()
    return np.array([ends[best], outward[best]])


def _wind(points: np.ndarray, name: str) -> LineString:
    """A road through the points, swaying a little between the second and the last but one."""
    dice = random("road", name)
    for _ in range(3):
        ahead = points[1:] - points[:-1]
        across = np.column_stack([-ahead[:, 1], ahead[:, 0]])
        middle = (points[:-1] + points[1:]) / 2 + across * dice.uniform(-0.07, 0.07, (len(ahead), 1))
        long = np.hypot(*ahead.T) > 900
        points = np.array(
            [point for pair in zip(points[:-1], middle, long, strict=True) for point in (pair[0], *([pair[1]] if pair[2] else []))]
            + [points[-1]]
        )
    return smooth(LineString(points), rounds=2)


def _between_towns(geography: Geography) -> list[LineString]:
    roads = []
    for first, second in BETWEEN_TOWNS:
        a, b = geography.towns[first], geography.towns[second]
        path = np.vstack([_exit(a, np.array(b.core.centre)), _exit(b, np.array(a.core.centre))[::-1]])
        roads.append(_wind(path, first + second))
    return roads


def _out_of_county(geography: Geography) -> list[LineString]:
    roads = []
    for code, direction in OUT_OF_COUNTY:
        town = geography.towns[code]
        target = np.array(town.core.centre) + np.array(direction) * 45_000
        road = _wind(np.vstack([_exit(town, target), target]), code)
        roads.append(LineString(shapely.get_parts(shapely.intersection(road, geography.county))[0]))
    return roads


def _village_roads(geography: Geography, roads: list[LineString]) -> list[LineString]:
    """Each village seat joined to what is nearest: a road, a street, or the seat of a village that has its road already."""
    streets = [line for town in geography.towns.values() for _axis, _number, line in town.core.street_lines]
    seats = [Point(village.seat) for village in geography.villages.values() if not village.is_community]
    network = [*roads, *streets]
    near = shapely.union_all(network)
    found = []
    for seat in sorted(seats, key=near.distance):
        on_road = shapely.shortest_line(seat, near)
        if on_road.length > 30:
            found.append(_wind(shapely.get_coordinates(on_road), f"{seat.x:.0f}"))
            near = shapely.union_all([near, found[-1]])
    return found
