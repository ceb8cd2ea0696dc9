"""Which outline holds which point: prepared outlines against a tree of the points, a whole batch at a time. Pure."""
from dataclasses import dataclass

import numpy as np
import shapely

Bounds = tuple[float, float, float, float]


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

    def holding(self, tree: shapely.STRtree, count: int) -> np.ndarray:
        """For each of the tree's points the number of the outline that covers it (its edge included), or -1."""
        answer = np.full(count, len(self.keys))
        outlines, points = tree.query(self.geometries, predicate="covers")
        np.minimum.at(answer, points, outlines)
        return np.where(answer == len(self.keys), -1, answer)


def assign(x: np.ndarray, y: np.ndarray, levels: list[Outlines]) -> np.ndarray:
    """Keys (None where nothing covers) of points, by the first level that holds them. NaN is held by nothing."""
    answer = np.full(len(x), None, dtype=object)
    left = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    for level in levels:
        if not len(left) or not len(level.keys):
            continue
        found = level.holding(shapely.STRtree(shapely.points(x[left], y[left])), len(left))
        held = found >= 0
        answer[left[held]] = level.keys[found[held]]
        left = left[~held]
    return answer
