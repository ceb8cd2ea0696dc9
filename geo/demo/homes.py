"""Compounds and their courtyards in the blocks of the town cores, and a few estates in villages."""
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from geo.demo.geography import Geography, Village
from geo.demo.names import CompoundNames
from geo.demo.plane import random, turn
from geo.demo.streets import Block, Core

SETBACK_M = 17  # from the middle of the street to the wall: carriageway, pavement, shops
LANE_M = 9
VILLAGE_ESTATES = 26
FIRE_CHECKS_END = date(2026, 9, 25)

# Kind by place: (share near the seat, share at the fringe) of old and open yards; what is left is gated.
_OLD, _YARD = (0.60, 0.22), (0.20, 0.06)
_HOUSEHOLDS_PER_HECTARE = {"gated": (70, 170), "old": (70, 130), "open_yard": (22, 48), "other": (50, 100)}


@dataclass
class Site:
    """A compound on the ground (metres), its row, and how troubled it is: what its incidents are drawn from."""

    shape: BaseGeometry
    town: str
    row: dict
    temper: str = "quiet"
    courtyards: list[tuple[Polygon, dict]] = field(default_factory=list)

    @property
    def households(self) -> int:
        return self.row["household_count"] or 60


def build_sites(geography: Geography, obstacles: BaseGeometry) -> list[Site]:
    """All compounds, in a fixed order. `obstacles` (roads, rails, water; metres) are kept free."""
    dice = random("homes")
    names = CompoundNames(random("compound names"))
    clear = obstacles.buffer(14)
    shapely.prepare(clear)
    sites = []
    for town in geography.towns.values():
        for block in town.core.blocks:
            if block.use == "homes":
                sites += [
                    _site(dice, names, shape, town.code, block.nearness)
                    for shape in _parcels(dice, town.core, block, town.code)
                    if not clear.intersects(shape)
                ]
    sites += _village_estates(dice, names, geography, clear)
    for number, site in enumerate(sites, 1):
        site.row["source_key"] = f"DEMO-C-{number:04d}"
        _leave_out_data(dice, site.row)
        site.courtyards = _courtyards(dice, site)
    _give_tempers(sites)
    _look_at_fire_lanes(sites)
    return sites


def _parcels(dice: np.random.Generator, core: Core, block: Block, town: str) -> list[BaseGeometry]:
    """A block's ground cut into one to four parcels, lanes between them, and each given its own shape (metres)."""
    left, bottom, right, top = block.bounds
    left, bottom, right, top = left + SETBACK_M, bottom + SETBACK_M, right - SETBACK_M, top - SETBACK_M
    weights = (0.62, 0.28, 0.07, 0.03) if right - left > 190 else (0.6, 0.4, 0, 0)
    columns, rows = ((1, 1), (2, 1), (3, 1), (2, 2))[dice.choice(4, p=weights)]
    xs = np.linspace(left, right + LANE_M, columns + 1)
    if columns == 2:
        xs[1] += dice.uniform(-0.12, 0.12) * (right - left)
    ys = np.linspace(bottom, top + LANE_M, rows + 1)
    shapes = []
    for column in range(columns):
        for row in range(rows):
            plot = box(xs[column], ys[row], xs[column + 1] - LANE_M, ys[row + 1] - LANE_M)
            shapes.append(_shaped(dice, plot))
    return list(shapely.transform(np.array(shapes, dtype=object), core.at))


def _shaped(dice: np.random.Generator, plot: Polygon) -> BaseGeometry:
    """The plot as it is, with a cut corner, L-shaped, or in two parts on both sides of a service lane."""
    left, bottom, right, top = plot.bounds
    width, height = right - left, top - bottom
    form = dice.choice(["whole", "corner", "ell", "parts"], p=(0.42, 0.26, 0.2, 0.12))
    east, north = dice.integers(2, size=2)
    x, y = (right, left)[east], (top, bottom)[north]
    inward_x, inward_y = (-1, 1)[east], (-1, 1)[north]
    if form == "corner":
        cut = dice.uniform(12, 30)
        return plot.difference(Polygon([(x, y), (x + inward_x * cut, y), (x, y + inward_y * cut)]))
    if form == "ell" and min(width, height) > 70:
        return plot.difference(
            box(*_ordered(x, y, x + inward_x * width * dice.uniform(0.25, 0.42), y + inward_y * height * dice.uniform(0.25, 0.42)))
        )
    if form == "parts" and width > 110:
        middle = left + width * dice.uniform(0.38, 0.62)
        return MultiPolygon([box(left, bottom, middle - 4, top), box(middle + 4, bottom, right, top)])
    return plot


def _ordered(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _village_estates(dice: np.random.Generator, names: CompoundNames, geography: Geography, clear: BaseGeometry) -> list[Site]:
    """Resettlement estates beside village seats: a block of rows of houses each."""
    rural = [village for village in geography.villages.values() if not village.is_community]
    cores = shapely.union_all([town.core.shape for town in geography.towns.values()]).buffer(150)
    sites: list[Site] = []
    for place in dice.permutation(len(rural)):
        village: Village = rural[place]
        plot = box(0, 0, dice.uniform(110, 190), dice.uniform(75, 120))
        angle, corner = dice.uniform(-0.4, 0.4), (village.seat[0] + dice.uniform(60, 160), village.seat[1] + dice.uniform(-120, 60))
        shape = shapely.transform(plot, lambda xy, angle=angle, corner=corner: turn(xy, angle, corner))
        if village.shape.buffer(-40).contains(shape) and not clear.intersects(shape) and not cores.intersects(shape):
            sites.append(_site(dice, names, shape, village.town, 0.0, kind="open_yard" if dice.random() < 0.6 else "old"))
        if len(sites) == VILLAGE_ESTATES:
            break
    return sites


def _site(dice: np.random.Generator, names: CompoundNames, shape: BaseGeometry, town: str, nearness: float, kind: str = "") -> Site:
    if not kind:
        old, yard = (fringe + (near - fringe) * nearness for near, fringe in (_OLD, _YARD))
        kind = dice.choice(["old", "open_yard", "other", "gated"], p=(old, yard, 0.03, 0.97 - old - yard))
    households = int(np.clip(shape.area / 10_000 * dice.uniform(*_HOUSEHOLDS_PER_HECTARE[kind]), 20, 1500))
    row = {"name": names.next(kind), "kind": str(kind), "household_count": households, "building_count": _buildings(dice, kind, households)}
    row |= _protection(dice, kind, households)
    row |= _fire_check(dice, kind)
    return Site(shape, town, row)


def _buildings(dice: np.random.Generator, kind: str, households: int) -> int:
    per_building = {"gated": 72, "old": 36, "open_yard": 9, "other": 50}[kind] * dice.uniform(0.8, 1.25)
    return max(1, round(households / per_building))


def _protection(dice: np.random.Generator, kind: str, households: int) -> dict:
    """By people, by things, by technology; what a kind of compound usually has."""
    chance = {
        "gated": (0.93, 1.0, 0.95, 0.88),
        "old": (0.3, 0.55, 0.62, 0.16),
        "open_yard": (0.08, 0.3, 0.5, 0.05),
        "other": (0.5, 0.6, 0.8, 0.4),
    }[kind]
    night, fence, light, access = (bool(value) for value in dice.random(4) < chance)
    guards = {"gated": 3 + households // 130, "old": households // 220, "open_yard": 0, "other": 2}[kind]
    cameras = {"gated": households / 11, "old": households / 45, "open_yard": households / 70, "other": households / 25}[kind]
    return {
        "manager_unit": {"gated": f"示例物业第{dice.integers(1, 25)}服务部", "old": "社区代管（示例）"}.get(kind, ""),
        "guard_count": int(guards + dice.integers(0, 2)) if night or kind == "gated" else int(guards > 1),
        "has_night_guard": night,
        "gate_count": int(np.clip(round(households / 350) + dice.integers(1, 3), 1, 6)),
        "has_fence": fence,
        "has_lighting": light,
        "has_access_control": access,
        "camera_count": int(cameras * dice.uniform(0.6, 1.3)),
        "small_device_household_count": int(households * dice.beta(2, 14)),
    }


def _fire_check(dice: np.random.Generator, kind: str) -> dict:
    checked_on = FIRE_CHECKS_END - timedelta(days=int(dice.integers(0, 330)))
    hazards = dice.choice([0, 1, 2, 4], p=(0.95, 0.03, 0.015, 0.005) if kind == "gated" else (0.9, 0.055, 0.03, 0.015))
    return {"fire_checked_on": checked_on, "open_fire_hazard_count": int(hazards)}


def _leave_out_data(dice: np.random.Generator, row: dict) -> None:
    """Registers have gaps: a few compounds without households, without a fire check (or one too long ago), without details."""
    gap = dice.random()
    if gap < 0.015:
        row["household_count"] = row["small_device_household_count"] = None
    elif gap < 0.03:
        row["fire_checked_on"] = row["open_fire_hazard_count"] = None
    elif gap < 0.038:
        row["fire_checked_on"] -= timedelta(days=700)
    if dice.random() < 0.06:
        row |= {"has_night_guard": None, "has_lighting": None, "guard_count": None, "camera_count": None}


def _look_at_fire_lanes(sites: list[Site]) -> None:
    """Most are clear; cars stand in some of the old yards; a few were never looked at."""
    dice = random("fire lanes")
    for site in sites:
        clear = bool(dice.random() < (0.97 if site.row["kind"] == "gated" else 0.86))
        site.row["fire_lanes_clear"] = clear if dice.random() < 0.94 else None


def _courtyards(dice: np.random.Generator, site: Site) -> list[tuple[Polygon, dict]]:
    """Rows of buildings with the yard before them: strips of each part of the compound, 5 m from its wall."""
    found = []
    for part in shapely.get_parts(site.shape):
        inside = part.buffer(-5, join_style="mitre")
        oriented = shapely.get_coordinates(shapely.minimum_rotated_rectangle(inside))[:4]
        length, depth = np.hypot(*(oriented[1] - oriented[0])), np.hypot(*(oriented[3] - oriented[0]))
        if length < depth:
            oriented, length, depth = oriented[[1, 2, 3, 0]], depth, length
        along, across = (oriented[1] - oriented[0]) / length, (oriented[3] - oriented[0]) / depth
        strips = max(1, round(depth / dice.uniform(36, 52)))
        halves = 2 if length > 175 and dice.random() < 0.45 else 1
        for strip in range(strips):
            for half in range(halves):
                start = oriented[0] + along * (length / halves * half) + across * (depth / strips * strip)
                end = start + along * (length / halves - 6) + across * (depth / strips - 7)
                corners = [start, start + along * (length / halves - 6), end, start + across * (depth / strips - 7)]
                yard = shapely.intersection(Polygon(corners), inside)
                if yard.geom_type == "Polygon" and yard.area > 500:
                    found.append(yard)
    households = site.row["household_count"]
    whole = sum(yard.area for yard in found)
    return [
        (
            yard,
            {"name": f"{site.row['name']}第{number}楼院", "household_count": households and max(1, round(households * yard.area / whole))},
        )
        for number, yard in enumerate(found, 1)
    ]


def _give_tempers(sites: list[Site]) -> None:
    """Trouble is uneven: it gathers in old, unguarded compounds, and in a few that look no different from their neighbours."""
    dice = random("tempers")
    weak = np.array([
        2.2 * (site.row["kind"] in ("old", "open_yard")) + 1.2 * (not site.row["has_fence"]) + 1.0 * (not site.row["has_lighting"])
        + 0.8 * (not site.row["has_night_guard"]) for site in sites
    ])  # fmt: skip
    order = np.argsort(weak + dice.gumbel(0, 1.3, len(sites)))[::-1]
    for rank, place in enumerate(order):
        share = rank / len(sites)
        sites[place].temper = "troubled" if share < 0.05 else "uneasy" if share < 0.30 else "quiet"
