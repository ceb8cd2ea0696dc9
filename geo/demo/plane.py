"""A plane in metres to draw in, and the way back to degrees; random numbers that do not depend on the order of drawing."""
from functools import lru_cache
from zlib import crc32

import numpy as np
import shapely
from pyproj import Transformer

SEED = 640521
EPSG = 4544  # CGCS2000 3-degree zone of 105 E
DECIMALS = 7


@lru_cache
def _transformer(from_epsg: int, to_epsg: int) -> Transformer:
    return Transformer.from_crs(from_epsg, to_epsg, always_xy=True)


def to_plane(geometry):
    """Degrees (EPSG:4326) -> metres east and north."""
    change = _transformer(4326, EPSG).transform
    return shapely.transform(geometry, lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1])))


def to_degrees(geometry):
    """Metres -> degrees, rounded to a centimetre: one vertex shared by two outlines stays one vertex."""
    change = _transformer(EPSG, 4326).transform
    return shapely.transform(geometry, lambda xy: np.round(np.column_stack(change(xy[:, 0], xy[:, 1])), DECIMALS))


def random(*names: object, seed: int = SEED) -> np.random.Generator:
    """A generator of its own for each named part, so that a change of one part leaves the others as they were."""
    return np.random.default_rng([seed, *(crc32(str(name).encode()) for name in names)])


def turn(xy: np.ndarray, angle: float, centre: tuple[float, float]) -> np.ndarray:
    """Points of a grid's own axes (n, 2) -> plane: turned by `angle` radians and moved to `centre`."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(xy) @ np.array([[cos, sin], [-sin, cos]]) + np.asarray(centre)
