"""Where things stand in the open: shop fronts, crossings, roadsides, village squares, gates. Points in metres."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import LineString

from geo.demo.geography import Geography
from geo.demo.homes import Site
from geo.demo.roads import Basemap
from geo.demo.streets import Block, Core

FRONT_M = 13.5  # from the middle of the street: before the walls of compounds


@dataclass(frozen=True)
class Spots:
    geography: Geography
    basemap: Basemap
    sites: list[Site]

    @cached_property
    def _built(self) -> shapely.STRtree:
        return shapely.STRtree([site.shape for site in self.sites])

    def is_open(self, points: np.ndarray, margin_m: float = 0) -> np.ndarray:
        """True where a point (n, 2) lies in the county, in no compound and not in the water."""
        marks = shapely.points(points)
        inside = shapely.contains(self.geography.county.buffer(-30 - margin_m), marks) & ~shapely.intersects(self.basemap.water, marks)
        hit, _site = self._built.query(marks, predicate="dwithin", distance=margin_m)
        inside[hit] = False
        return inside

    def fronts(self, dice: np.random.Generator, count: int, *, towns: dict[str, float] | None = None, near: float = 1.0) -> np.ndarray:
        """Points before the blocks of town cores, more of them near the seats the larger `near` is."""
        blocks = [(town.core, block) for town in self.geography.towns.values() for block in town.core.blocks]
        weight = np.array([(0.15 + block.nearness) ** near * (towns or {}).get(core.town, 1.0) for core, block in blocks])
        chosen = dice.choice(len(blocks), size=count, p=weight / weight.sum())
        return np.vstack([self._front(dice, *blocks[place]) for place in chosen])

    @staticmethod
    def _front(dice: np.random.Generator, core: Core, block: Block) -> np.ndarray:
        left, bottom, right, top = np.array(block.bounds) + np.array([1, 1, -1, -1]) * FRONT_M
        share, side = dice.uniform(0.08, 0.92), dice.integers(4)
        x, y = left + share * (right - left), bottom + share * (top - bottom)
        return core.at([((x, bottom), (x, top), (left, y), (right, y))[side]])

    def in_block(self, dice: np.random.Generator, core: Core, block: Block) -> np.ndarray:
        left, bottom, right, top = block.bounds
        share = dice.uniform(0.3, 0.7, 2)
        return core.at([(left + share[0] * (right - left), bottom + share[1] * (top - bottom))])[0]

    def blocks(self, use: str) -> list[tuple[Core, Block]]:
        return [(town.core, block) for town in self.geography.towns.values() for block in town.core.blocks if block.use == use]

    def crossings(self, town: str) -> np.ndarray:
        """Crossings of a core, those near its seat first, each moved to a corner of the pavement."""
        core = self.geography.towns[town].core
        points = core.crossings()
        return points[np.hypot(*(points - core.centre).T).argsort(kind="stable")] + (11.0, 11.0)

    def roadside(self, dice: np.random.Generator, count: int, kinds: tuple[str, ...] = ("main_road",)) -> np.ndarray:
        """Points 9 m beside roads, spread by length."""
        lines = [part for line in self.basemap.of(*kinds) for part in shapely.get_parts(line) if isinstance(part, LineString)]
        lengths = shapely.length(lines)
        chosen = dice.choice(len(lines), size=count, p=lengths / lengths.sum())
        along = dice.uniform(0.01, 0.99, count) * lengths[chosen]
        picked = np.array(lines, dtype=object)[chosen]
        here, ahead = (shapely.get_coordinates(shapely.line_interpolate_point(picked, along + step)) for step in (0, 4))
        direction = ahead - here
        long = np.maximum(np.hypot(*direction.T), 0.01)
        across = np.column_stack([-direction[:, 1], direction[:, 0]]) / long[:, None]
        return here + across * dice.choice([-9.0, 9.0], (count, 1))

    def around_villages(self, dice: np.random.Generator, count: int, spread_m: float) -> np.ndarray:
        """Points about village seats (communities left out), most of them close to the square; all in the open."""
        seats = np.array([village.seat for village in self.geography.villages.values() if not village.is_community])
        points = seats[dice.integers(len(seats), size=count * 2)] + dice.normal(0, spread_m, (count * 2, 2))
        return points[self.is_open(points)][:count]

    def gates(self, site: Site, count: int) -> np.ndarray:
        """Points 3 m inside a compound's wall, evenly around it."""
        part = max(shapely.get_parts(site.shape.buffer(-3)), key=lambda polygon: polygon.area)
        shares = (np.arange(count) + 0.35) / count
        return shapely.get_coordinates(shapely.line_interpolate_point(part.exterior, shares, normalized=True))
