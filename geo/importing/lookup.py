"""Which outline holds which point: prepared outlines against sorted points or a tree of them. Pure, a batch at a time."""
from dataclasses import dataclass

import numpy as np
import shapely

Bounds = tuple[float, float, float, float]
# Up to so many outlines a loop over them costs less than a tree of the points.
_FEW = 2000


@dataclass(frozen=True)
class Outlines:
    """Keys and outlines of one level, keys ascending: on a shared edge the smallest key wins."""

    keys: np.ndarray
    geometries: np.ndarray

    @classmethod
    def of(cls, pairs: list[tuple[object, shapely.Geometry]]) -> "Outlines":
        pairs = sorted(pairs, key=lambda pair: pair[0])
        geometries = np.empty(len(pairs), dtype=object)
        geometries[:] = [geometry for _, geometry in pairs]
        return cls(np.array([key for key, _ in pairs], dtype=object), geometries)

    @property
    def bounds(self) -> Bounds:
        return tuple(float(edge) for edge in shapely.total_bounds(self.geometries))

    def holding(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """For each point the number of the first outline that covers it (its edge included), or -1."""
        answer = np.full(len(x), len(self.keys))
        if len(self.keys) > _FEW:
            outlines, points = shapely.STRtree(shapely.points(x, y)).query(self.geometries, predicate="covers")
            np.minimum.at(answer, points, outlines)
        else:
            self._sweep(x, y, answer)
        return np.where(answer == len(self.keys), -1, answer)

    def _sweep(self, x: np.ndarray, y: np.ndarray, answer: np.ndarray) -> None:
        """For few outlines: points sorted by x, so that a box is a slice, and no object is made for any point."""
        order = np.argsort(x)
        x, y = x[order], y[order]
        shapely.prepare(self.geometries)
        west, south, east, north = shapely.bounds(self.geometries).T
        first, last = np.searchsorted(x, west, "left"), np.searchsorted(x, east, "right")
        for number in reversed(range(len(self.keys))):
            near = slice(first[number], last[number])
            rows = np.flatnonzero((y[near] >= south[number]) & (y[near] <= north[number])) + first[number]
            inside = shapely.intersects_xy(self.geometries[number], x[rows], y[rows])
            answer[order[rows[inside]]] = number


def assign(x: np.ndarray, y: np.ndarray, levels: list[Outlines]) -> np.ndarray:
    """Keys (None where nothing covers) of points, by the first level that holds them. NaN is held by nothing."""
    answer = np.full(len(x), None, dtype=object)
    left = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    for level in levels:
        if not len(left) or not len(level.keys):
            continue
        found = level.holding(x[left], y[left])
        held = found >= 0
        answer[left[held]] = level.keys[found[held]]
        left = left[~held]
    return answer
