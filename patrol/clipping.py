"""Which part of which step lies in which area, for millions of steps at a time: exact, with numpy alone. Pure.

A grid over the areas decides most steps by two look-ups: no area near, or one that holds the whole cell. Only steps at an edge
are clipped. Clipping uses that the part of a step inside a polygon is  inside(0) + Σ ±(1 - t)  over its crossings with the
edges, + where it enters and - where it leaves: no sorting, no geometry objects. Degrees may be used as they are: a step is so
short that shares along it are the same in any plane.
"""

from dataclasses import dataclass

import numpy as np
import shapely

CELLS_AT_MOST = 4_000_000
ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Steps:
    """n straight steps between neighbouring fixes."""

    lon0: np.ndarray
    lat0: np.ndarray
    lon1: np.ndarray
    lat1: np.ndarray

    def __len__(self) -> int:
        return len(self.lon0)

    def where(self, keep: np.ndarray) -> "Steps":
        return Steps(self.lon0[keep], self.lat0[keep], self.lon1[keep], self.lat1[keep])


class Areas:
    """Polygons and multipolygons, ready to be asked. Holes count as outside; edges as inside or outside by half-open rules."""

    def __init__(self, shapes: np.ndarray):
        self.shapes = np.asarray(shapes, dtype=object)
        self._edges()
        self._grid()

    def __len__(self) -> int:
        return len(self.shapes)

    def _edges(self) -> None:
        """Every edge of every ring, shells anticlockwise and holes clockwise, in the order of the areas."""
        parts, owner = shapely.get_parts(self.shapes, return_index=True)
        rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[:-1] == ring[1:]
        self.x0, self.y0, self.x1, self.y1 = xy[:-1, 0][same], xy[:-1, 1][same], xy[1:, 0][same], xy[1:, 1][same]
        edge_owner = owner[part[ring[:-1][same]]]
        self.edge_start = np.searchsorted(edge_owner, np.arange(len(self.shapes) + 1))

    def _grid(self) -> None:
        bounds = shapely.bounds(self.shapes) if len(self.shapes) else np.empty((0, 4))
        good = np.isfinite(bounds).all(axis=1)
        if not good.any():
            self.nx = self.ny = 0
            return
        self.left, self.bottom = bounds[good, 0].min(), bounds[good, 1].min()
        width, height = bounds[good, 2].max() - self.left, bounds[good, 3].max() - self.bottom
        usual = float(np.median(np.maximum(bounds[good, 2] - bounds[good, 0], bounds[good, 3] - bounds[good, 1])))
        self.size = max(usual / 6, np.sqrt(width * height / CELLS_AT_MOST), 1e-6)
        self.nx, self.ny = int(width / self.size) + 1, int(height / self.size) + 1
        low, high = self._columns(bounds[:, 0], bounds[:, 1]), self._columns(bounds[:, 2], bounds[:, 3])
        area, cx, cy = _spread(np.where(good, low[0], 0), np.where(good, high[0], -1), low[1], high[1])
        boxes = shapely.box(
            self.left + cx * self.size, self.bottom + cy * self.size, self.left + (cx + 1) * self.size, self.bottom + (cy + 1) * self.size
        )
        shapely.prepare(self.shapes)
        touched = shapely.intersects(self.shapes[area], boxes)
        whole = np.zeros(len(area), dtype=bool)
        whole[touched] = shapely.contains_properly(self.shapes[area[touched]], boxes[touched])
        cell = cy * self.nx + cx
        order = np.argsort(cell[touched], kind="stable")
        self.entry_area, self.entry_whole = area[touched][order], whole[touched][order]
        self.cell_start = np.searchsorted(cell[touched][order], np.arange(self.nx * self.ny + 1)).astype(np.int32)

    def _columns(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column and row of each position; far outside is just outside."""
        cx = np.clip(np.floor((lon - self.left) / self.size), -1, self.nx).astype(np.int32)
        cy = np.clip(np.floor((lat - self.bottom) / self.size), -1, self.ny).astype(np.int32)
        return cx, cy

    def shares(self, steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(step, area, share of the step inside, > 0), in no order. A step of no length is inside or not as a whole."""
        nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
        if not self.nx or not len(steps):
            return nothing
        step, area, whole = self._candidates(steps)
        share = np.ones(len(step))
        edge = np.flatnonzero(~whole)
        share[edge] = self._clip(steps.where(step[edge]), area[edge])
        keep = share > 0
        return step[keep], area[keep], share[keep]

    def _candidates(self, steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs of step and area that may meet, and whether the area is known to hold the whole step."""
        ax, ay = self._columns(steps.lon0, steps.lat0)
        bx, by = self._columns(steps.lon1, steps.lat1)
        still = (ax == bx) & (ay == by)
        home = still & (ax >= 0) & (ax < self.nx) & (ay >= 0) & (ay < self.ny)
        one = self._entries(np.flatnonzero(home), ay[home].astype(np.int64) * self.nx + ax[home])
        moving = np.flatnonzero(~still)
        lowx, highx = np.minimum(ax[moving], bx[moving]), np.maximum(ax[moving], bx[moving])
        lowy, highy = np.minimum(ay[moving], by[moving]), np.maximum(ay[moving], by[moving])
        lowx, lowy = np.maximum(lowx, 0), np.maximum(lowy, 0)
        highx, highy = np.minimum(highx, self.nx - 1), np.minimum(highy, self.ny - 1)
        which, cx, cy = _spread(lowx, highx, lowy, highy)
        step, area, whole = self._entries(which, cy.astype(np.int64) * self.nx + cx)
        if len(step):
            # An area holds the whole step if it holds every cell of the step's box.
            key = step * len(self.shapes) + area
            found, first, inverse = np.unique(key, return_index=True, return_inverse=True)
            held = np.bincount(inverse, weights=whole, minlength=len(found))
            cells = (highx - lowx + 1) * (highy - lowy + 1)
            inside_grid = (np.minimum(ax[moving], bx[moving]) >= 0) & (np.minimum(ay[moving], by[moving]) >= 0)
            step, area = step[first], area[first]
            whole = (held == cells[step]) & inside_grid[step]
        return np.concatenate((one[0], moving[step])), np.concatenate((one[1], area)), np.concatenate((one[2], whole))

    def _entries(self, step: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        start, count = self.cell_start[cell], self.cell_start[cell + 1] - self.cell_start[cell]
        some = count > 0
        step, start, count = step[some], start[some], count[some]
        at = _ranges(start, count)
        return np.repeat(step, count), self.entry_area[at], self.entry_whole[at]

    def _clip(self, steps: Steps, area: np.ndarray) -> np.ndarray:
        """The share of each step in its area."""
        share = np.empty(len(steps))
        count = self.edge_start[area + 1] - self.edge_start[area]
        done, ends = 0, np.cumsum(count)
        while done < len(steps):  # so many edges at a time that memory stays bounded
            upto = int(np.searchsorted(ends, (ends[done - 1] if done else 0) + ROWS_AT_ONCE, side="right"))
            upto = max(upto, done + 1)
            share[done:upto] = self._clip_some(steps.where(slice(done, upto)), area[done:upto], count[done:upto])
            done = upto
        return np.clip(share, 0, 1)

    def _clip_some(self, steps: Steps, area: np.ndarray, count: np.ndarray) -> np.ndarray:
        at = _ranges(self.edge_start[area], count)
        pair = np.repeat(np.arange(len(area)), count)
        px, py = steps.lon0[pair], steps.lat0[pair]
        dx, dy = steps.lon1[pair] - px, steps.lat1[pair] - py
        # From the step's beginning to both ends of the edge: small numbers, so that nothing is lost to rounding.
        ex0, ey0, ex1, ey1 = self.x0[at] - px, self.y0[at] - py, self.x1[at] - px, self.y1[at] - py
        # Is the beginning inside? Edges that cross the ray to the right, upward +1 and downward -1.
        up, down = (ey0 <= 0) & (ey1 > 0), (ey0 > 0) & (ey1 <= 0)
        side = ex0 * ey1 - ex1 * ey0
        winding = (up & (side > 0)).astype(np.int8) - (down & (side < 0)).astype(np.int8)
        share = np.bincount(pair, weights=winding, minlength=len(area))
        # Crossings: the ends of the edge lie on different sides of the step's line, and the crossing lies on the step.
        s0, s1 = dx * ey0 - dy * ex0, dx * ey1 - dy * ex1
        at = np.flatnonzero((s0 > 0) != (s1 > 0))
        turn = s1[at] - s0[at]
        t = side[at] / turn
        on = (t > 0) & (t <= 1)
        if (touching := np.flatnonzero(side[at] == 0)).size:
            # The beginning lies on the edge. The ray has put it a hair to the right (above, for a level edge): it crosses if it goes left.
            flat = ey1[at[touching]] == ey0[at[touching]]
            hair = np.where(flat, ex1[at[touching]] - ex0[at[touching]], ey0[at[touching]] - ey1[at[touching]])
            on[touching] = (hair > 0) != (turn[touching] < 0)
        # The inside is to the left of every edge: where the edge comes up from the step's right, the step leaves.
        weights = np.where(turn[on] > 0, -1.0, 1.0) * (1 - t[on])
        return share + np.bincount(pair[at[on]], weights=weights, minlength=len(area))


def _ranges(start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """start[0] … start[0] + count[0] - 1, start[1] …: all of them behind one another."""
    if not len(count):
        return np.empty(0, dtype=np.int64)
    ends = np.cumsum(count)
    return np.arange(ends[-1]) - np.repeat(ends - count, count) + np.repeat(start.astype(np.int64), count)


def _spread(lowx: np.ndarray, highx: np.ndarray, lowy: np.ndarray, highy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each box's number with each column and row in it; a box that ends before it begins has none."""
    wide, tall = np.maximum(highx - lowx + 1, 0), np.maximum(highy - lowy + 1, 0)
    count = wide.astype(np.int64) * tall
    which = np.repeat(np.arange(len(count)), count)
    number = _ranges(np.zeros(len(count), dtype=np.int64), count)
    across = wide[which]
    return which, lowx[which] + number % np.maximum(across, 1), lowy[which] + number // np.maximum(across, 1)
