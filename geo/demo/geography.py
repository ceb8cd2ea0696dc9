"""The county, its towns and its villages: real codes and names, schematic outlines that tile the county exactly."""
import csv
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon

from geo.demo.plane import random, to_degrees, to_plane
from geo.demo.streets import Core, plan_core
from geo.demo.tiling import cell_borders, cells, faces, join

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
DIVISIONS_FILE = FIXTURES / "zhongning_divisions.csv"
OUTLINE_FILE = FIXTURES / "zhongning_outline_schematic.geojson"
LINES_FILE = FIXTURES / "zhongning_lines_schematic.geojson"
OUTLINE_SOURCE = "Siwu 示意轮廓"
COUNTY = "640521"

# How many blocks of streets the core of each town has: what makes 宁安 a county seat and 徐套 a village with an office.
BLOCKS = {
    "640521100": 168, "640521101": 22, "640521102": 46, "640521103": 40, "640521104": 16, "640521105": 42,
    "640521200": 10, "640521201": 9, "640521202": 9, "640521204": 8, "640521205": 8, "640521206": 16,
}  # fmt: skip
TOWN_BORDER = {"step_m": 1300, "sway": 0.14}
VILLAGE_BORDER = {"step_m": 700, "sway": 0.11}


@dataclass(frozen=True)
class Village:
    code: str
    name: str
    town: str
    seat: tuple[float, float]
    shape: Polygon

    @property
    def is_community(self) -> bool:
        return int(self.code[9:]) < 200


@dataclass(frozen=True)
class Town:
    code: str
    name: str
    core: Core
    shape: Polygon


@dataclass(frozen=True)
class Geography:
    """Everything in metres (EPSG:4544); `outlines()` gives the outlines in degrees."""

    county: Polygon
    towns: dict[str, Town]
    villages: dict[str, Village]

    def outlines(self) -> dict[str, Polygon]:
        shapes = {COUNTY: self.county}
        shapes |= {code: town.shape for code, town in self.towns.items()}
        shapes |= {code: village.shape for code, village in self.villages.items()}
        return dict(zip(shapes, to_degrees(np.array(list(shapes.values()), dtype=object)), strict=True))

    def villages_of(self, town: str) -> list[Village]:
        return [village for village in self.villages.values() if village.town == town]

    @cached_property
    def village_tree(self) -> tuple[list[str], shapely.STRtree]:
        return list(self.villages), shapely.STRtree([village.shape for village in self.villages.values()])

    def village_at(self, geometries: np.ndarray) -> list[str]:
        """The village's code for each point (metres), "" outside the county; on a border the smallest code."""
        codes, tree = self.village_tree
        found = [""] * len(geometries)
        for point, shape in zip(*tree.query(geometries, predicate="covered_by"), strict=True):
            found[point] = min(found[point] or codes[shape], codes[shape])
        return found


def read_divisions(path: Path = DIVISIONS_FILE) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines() -> list[tuple[str, str, LineString]]:
    """(kind, name, line in metres) of the hand-drawn rivers, motorways and railways."""
    features = json.loads(LINES_FILE.read_text(encoding="utf-8"))["features"]
    lines = to_plane(np.array([shapely.geometry.shape(feature["geometry"]) for feature in features], dtype=object))
    return [(f["properties"]["kind"], f["properties"]["name"], smooth(line)) for f, line in zip(features, lines, strict=True)]


def smooth(line: LineString, rounds: int = 3) -> LineString:
    """Chaikin's corner cutting; the ends stay."""
    points = shapely.get_coordinates(line)
    for _ in range(rounds):
        near, far = points[:-1] * 0.75 + points[1:] * 0.25, points[:-1] * 0.25 + points[1:] * 0.75
        points = np.vstack([points[:1], np.column_stack([near, far]).reshape(-1, 2), points[-1:]])
    return LineString(points)


def read_county() -> Polygon:
    feature = json.loads(OUTLINE_FILE.read_text(encoding="utf-8"))["features"][0]
    return to_plane(shapely.geometry.shape(feature["geometry"]))


@lru_cache
def draw() -> Geography:
    divisions = read_divisions()
    county = read_county()
    river = next(line for kind, _name, line in read_lines() if kind == "river")
    towns = [row for row in divisions if row["level"] == "town"]
    seats = to_plane(shapely.points([(float(row["lon"]), float(row["lat"])) for row in towns]))
    seats = shapely.get_coordinates(seats)
    borders = [county.exterior, *cell_borders(county, seats, name="towns", **TOWN_BORDER)]
    rough = dict(zip([row["code"] for row in towns], cells(faces(borders), seats), strict=True))
    # What is cut at these outlines must end on these very vertices, not on the lines before they were put on the grid.
    borders = [LineString(ring) for shape in rough.values() for ring in (shape.exterior, *shape.interiors)]
    cores = {code: plan_core(code, tuple(seat), BLOCKS[code]) for code, seat in zip(rough, seats, strict=True)}

    village_seats: dict[str, np.ndarray] = {}
    for code, shape in rough.items():
        rows = [row for row in divisions if row["level"] == "village" and row["code"].startswith(code)]
        communities = sum(int(row["code"][9:]) < 200 for row in rows)
        homes, lines = _communities(cores[code], communities)
        fields = _village_seats(code, shape, cores[code], len(rows) - communities, river, with_seat=not communities)
        village_seats |= dict(zip([row["code"] for row in rows], np.vstack([homes, fields]), strict=True))
        open_country = shape.difference(cores[code].shape) if communities else shape
        borders += lines + cell_borders(open_country, fields, name=code, **VILLAGE_BORDER)
    return _assemble(divisions, rough, cores, village_seats, faces(borders))


def _assemble(divisions, rough: dict[str, Polygon], cores: dict[str, Core], seats: dict[str, np.ndarray], drawn: np.ndarray) -> Geography:
    names = {row["code"]: row["name"] for row in divisions}
    inside = shapely.point_on_surface(drawn)
    towns, villages = {}, {}
    for code, shape in rough.items():
        own = [village for village in seats if village.startswith(code)]
        shapes = cells(drawn[shapely.covers(shape, inside)], np.array([seats[village] for village in own]))
        for village, village_shape in zip(own, shapes, strict=True):
            villages[village] = Village(village, names[village], code, tuple(seats[village]), village_shape)
        towns[code] = Town(code, names[code], cores[code], join(shapes))
    return Geography(join([town.shape for town in towns.values()]), towns, villages)


def _communities(core: Core, count: int) -> tuple[np.ndarray, list[LineString]]:
    """Seats of the communities and their borders, which run along streets: blocks are shared out to the nearest of `count` centres."""
    if not count:
        return np.empty((0, 2)), []
    centres = np.array([block.centre for block in core.blocks])
    chosen = centres[np.linspace(0, len(centres) - 1, count).astype(int)]
    for _ in range(12):
        nearest = np.hypot(*(centres[:, None] - chosen[None]).transpose(2, 0, 1)).argmin(axis=1)
        chosen = np.array([centres[nearest == one].mean(axis=0) for one in range(count)])
    seats, borders = [], []
    for one in range(count):
        own = centres[nearest == one]
        seats.append(own[np.hypot(*(own - chosen[one]).T).argmin()])
        shape = shapely.union_all([core.box(*core.blocks[block].bounds) for block in np.flatnonzero(nearest == one)])
        borders += [LineString(ring) for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return core.at(seats), borders


def _village_seats(code: str, shape: Polygon, core: Core, count: int, river: LineString, *, with_seat: bool) -> np.ndarray:
    """Seats spread over the town, closer together near its seat and the river; kept off the core, the river and the border."""
    dice = random("villages", code)
    left, bottom, right, top = shape.bounds
    tries = dice.uniform((left, bottom), (right, top), (6000, 2))
    points = shapely.points(tries)
    clear = core.radius_m + 500
    from_seat, from_river = shapely.distance(points, Point(core.centre)), shapely.distance(points, river)
    usable = shapely.contains(shape.buffer(-350), points) & (from_seat > clear) & (from_river > 450)
    tries = tries[usable]
    spacing = 1 + np.minimum(from_seat, from_river)[usable] / 4000
    chosen = [np.array(core.centre)] if with_seat else [tries[from_seat[usable].argmin()]]
    gap = np.hypot(*(tries - chosen[0]).T)
    while len(chosen) < count:
        best = (gap / spacing).argmax()
        chosen.append(tries[best])
        gap = np.minimum(gap, np.hypot(*(tries - tries[best]).T))
    return np.array(chosen)
