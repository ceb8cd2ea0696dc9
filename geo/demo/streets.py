"""Town cores: a grid of streets turned to the town's own angle, its blocks, and what each block is used for."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from geo.demo.plane import random, turn

# Of a hundred blocks; the rest are homes. Drawn in this order from the seat outwards where it matters.
OTHER_USES = (("office", 6), ("market", 5), ("school", 6), ("park", 4), ("hospital", 2), ("industry", 6))


@dataclass(frozen=True)
class Block:
    """The ground between four streets, `column`/`row` counted from the crossing at the seat; bounds in the grid's own axes, metres."""

    column: int
    row: int
    bounds: tuple[float, float, float, float]
    use: str
    nearness: float  # 1 at the seat, 0 at the fringe

    @property
    def centre(self) -> tuple[float, float]:
        left, bottom, right, top = self.bounds
        return (left + right) / 2, (bottom + top) / 2


@dataclass(frozen=True)
class Core:
    """The built-up core of a town."""

    town: str
    angle: float
    centre: tuple[float, float]
    columns: dict[int, float]
    rows: dict[int, float]
    blocks: tuple[Block, ...]

    def at(self, xy) -> np.ndarray:
        """The grid's own axes -> plane. The grid is bent a little first: no town is ruled with a ruler."""
        xy = np.asarray(xy, dtype=float)
        x, y = xy[:, 0], xy[:, 1]
        bent = np.column_stack([x + 24 * np.sin(y / 590 + self.angle * 9), y + 20 * np.sin(x / 660 - self.angle * 7)])
        return turn(bent - (24 * np.sin(self.angle * 9), -20 * np.sin(self.angle * 7)), self.angle, self.centre)

    def polygon(self, corners) -> Polygon:
        return Polygon(self.at(corners))

    def box(self, left: float, bottom: float, right: float, top: float) -> Polygon:
        return self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)])

    @cached_property
    def shape(self) -> Polygon:
        return shapely.union_all([self.box(*block.bounds) for block in self.blocks])

    @cached_property
    def radius_m(self) -> float:
        return float(shapely.hausdorff_distance(self.shape, shapely.Point(self.centre)))

    @cached_property
    def street_lines(self) -> list[tuple[str, int, LineString]]:
        """("column" or "row", its number, the street as long as blocks lie beside it)."""
        held = {(block.column, block.row) for block in self.blocks}
        found = []
        for column, x in self.columns.items():
            beside = [row for row in self.rows if {(column, row), (column - 1, row)} & held]
            found += [("column", column, LineString(self.at([(x, self.rows[row]) for row in range(a, b + 1)]))) for a, b in _runs(beside)]
        for row, y in self.rows.items():
            beside = [column for column in self.columns if {(column, row), (column, row - 1)} & held]
            found += [
                ("row", row, LineString(self.at([(self.columns[column], y) for column in range(a, b + 1)]))) for a, b in _runs(beside)
            ]
        return found

    def axis_ends(self) -> np.ndarray:
        """Where the two main streets leave the core (plane, metres): the ends of column 0 and row 0."""
        lines = [shapely.get_coordinates(line) for _axis, number, line in self.street_lines if number == 0]
        return np.vstack([line[[0, -1]] for line in lines])

    def crossings(self) -> np.ndarray:
        corners = {(block.column + right, block.row + top) for block in self.blocks for right in (0, 1) for top in (0, 1)}
        return self.at([(self.columns[column], self.rows[row]) for column, row in sorted(corners)])


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """[0, 1, 2, 5] -> [(0, 3), (5, 6)]: first and one past the last of each row of neighbours."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


def _lines(dice: np.random.Generator, reach: int, low: float, high: float) -> dict[int, float]:
    steps = dice.uniform(low, high, 2 * reach)
    forward, back = np.concatenate([[0], np.cumsum(steps[:reach])]), np.concatenate([[0], np.cumsum(steps[reach:])])
    found = {number: float(forward[number]) for number in range(reach + 1)}
    return found | {-number: -float(back[number]) for number in range(1, reach + 1)}


def plan_core(town: str, centre: tuple[float, float], block_count: int) -> Core:
    """A core of `block_count` blocks around the crossing at `centre`, longer along one axis and ragged at its fringe."""
    dice = random("core", town)
    angle = np.radians(dice.uniform(-14, 14))
    large = block_count > 30
    columns = _lines(dice, 16, *((235, 330) if large else (170, 230)))
    rows = _lines(dice, 16, *((175, 245) if large else (130, 175)))
    stretch = dice.uniform(1.15, 1.5)
    places = []
    for column in range(-15, 15):
        for row in range(-15, 15):
            bounds = (columns[column], rows[row], columns[column + 1], rows[row + 1])
            middle = ((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
            far = float(np.hypot(middle[0] / stretch, middle[1]) * (1 + dice.uniform(-0.13, 0.13)))
            places.append((far, column, row, bounds))
    places = _without_holes(sorted(places)[:block_count])
    farthest = max(place[0] for place in places)
    uses = _uses(dice, [place[0] for place in places])
    blocks = tuple(
        Block(column, row, bounds, use, 1 - far / farthest) for (far, column, row, bounds), use in zip(places, uses, strict=True)
    )
    return Core(town, angle, centre, columns, rows, blocks)


def _without_holes(places: list[tuple]) -> list[tuple]:
    """Only blocks that have at least two neighbours: no lone block in the fields."""
    held = {place[1:3] for place in places}
    around = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return [place for place in places if sum((place[1] + dx, place[2] + dy) in held for dx, dy in around) >= min(2, len(held) - 1)]


def _uses(dice: np.random.Generator, far: list[float]) -> list[str]:
    """Offices and markets near the seat, industry at the fringe, the others anywhere; at least one school."""
    uses = ["homes"] * len(far)
    order = np.argsort(far)
    for use, share in OTHER_USES:
        wanted = round(len(far) * share / 100) or int(use in ("office", "school"))
        free = [place for place in order if uses[place] == "homes"]
        pool = {"office": free[: len(free) // 3], "market": free[: len(free) // 2], "industry": free[-len(free) // 3 :]}.get(use, free)
        for place in dice.choice(pool, size=min(wanted, len(pool)), replace=False):
            uses[place] = use
    return uses
