"""What a camera sees: a sector by bearing, angle and range, on planar metres (x east, y north). Walls and trees are not in it."""
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree


@dataclass(frozen=True)
class Sectors:
    """Arrays of one length. `bearing` is the middle, degrees clockwise from north; `angle` the whole width, 360 sees all around."""

    x: np.ndarray
    y: np.ndarray
    bearing: np.ndarray
    angle: np.ndarray
    range_m: np.ndarray

    def __post_init__(self):
        if np.any(np.asarray(self.angle) <= 0) or np.any(np.asarray(self.angle) > 360) or np.any(np.asarray(self.range_m) < 0):
            raise ValueError("an angle is above 0 and up to 360 degrees, a range is not negative")

    def turned(self, bearings: np.ndarray) -> tuple["Sectors", np.ndarray]:
        """A candidate for each place and bearing, and the place of each."""
        place = np.repeat(np.arange(len(self.x)), len(bearings))
        parts = (np.asarray(part)[place] for part in (self.x, self.y, self.angle, self.range_m))
        x, y, angle, range_m = parts
        return Sectors(x, y, np.tile(bearings, len(self.x)), angle, range_m), place


def sees(sectors: Sectors, x: np.ndarray, y: np.ndarray) -> sparse.csr_array:
    """Points × sectors with the metres of what is seen; edges and the camera's own foot belong to it."""
    shape = (len(x), len(sectors.x))
    if not all(shape):
        return sparse.csr_array(shape)
    points = np.column_stack([x, y]).astype(float)
    feet = np.column_stack([sectors.x, sectors.y]).astype(float)
    reach = np.asarray(sectors.range_m, float)
    near = KDTree(points).query_ball_point(feet, reach * (1 + 1e-9) + 1e-9)
    column = np.repeat(np.arange(shape[1]), [len(each) for each in near])
    row = np.concatenate([np.asarray(each, int) for each in near])
    east, north = (points[row] - feet[column]).T
    metres = np.hypot(east, north)
    off = (np.degrees(np.arctan2(east, north)) - np.asarray(sectors.bearing, float)[column] + 180) % 360 - 180
    inside = (metres <= reach[column] + 1e-6) & ((np.abs(off) <= np.asarray(sectors.angle, float)[column] / 2 + 1e-9) | (metres < 1e-6))
    return sparse.csr_array((metres[inside], (row[inside], column[inside])), shape=shape)
