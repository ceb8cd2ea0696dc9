"""Cells around seats that tile an area exactly: neighbours share every vertex, nothing overlaps, nothing is left over."""
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from geo.demo.plane import random

GRID_M = 0.1


def cell_borders(area: Polygon, seats: np.ndarray, *, step_m: float, sway: float, name: str) -> list[LineString]:
    """The borders between the Voronoi cells of `seats` inside `area`, bent as real borders are.

    `step_m` is how long a straight piece may be, `sway` how far a midpoint strays, as a share of its piece.
    """
    edges = shapely.voronoi_polygons(shapely.MultiPoint(seats), extend_to=area, only_edges=True)
    near, sites = shapely.get_parts(edges), shapely.MultiPoint(seats)
    near = near[shapely.intersects(near, area)]
    # A long border between two close seats must not stray over one of them.
    sways = np.minimum(sway, 0.35 * shapely.distance(near, sites) / shapely.length(near))
    bent = [_bend(edge, step_m, own, name) for edge, own in zip(near, sways, strict=True)]
    clipped = shapely.intersection(np.array(bent, dtype=object), area)
    return [part for part in shapely.get_parts(clipped) if part.geom_type == "LineString"]


def _bend(edge: LineString, step_m: float, sway: float, name: str) -> LineString:
    """Midpoint displacement; the edge's own ends seed it, so both neighbours see the same line."""
    points = shapely.get_coordinates(edge)
    if points[0, 0] > points[-1, 0]:
        points = points[::-1]
    dice = random("bend", name, np.round(points).tolist())
    while np.hypot(*(points[1] - points[0])) > step_m:
        ahead = points[1:] - points[:-1]
        across = np.column_stack([-ahead[:, 1], ahead[:, 0]])
        middle = (points[:-1] + points[1:]) / 2 + across * dice.uniform(-sway, sway, (len(ahead), 1))
        woven = np.empty((len(points) + len(middle), 2))
        woven[0::2], woven[1::2] = points, middle
        points = woven
    return LineString(points)


def faces(lines: Sequence[LineString]) -> np.ndarray:
    """All faces of a drawing, its crossings made vertices on a grid of 0.1 m."""
    noded = shapely.unary_union(np.array(lines, dtype=object), grid_size=GRID_M)
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))


def cells(drawn: np.ndarray, seats: np.ndarray) -> list[Polygon]:
    """One polygon for each seat, in the order of the seats, together exactly the faces given.

    A face without a seat (a bent border that crossed another) goes to the neighbour with the longest common border.
    """
    owner = np.full(len(drawn), -1)
    tree = shapely.STRtree(drawn)
    of_seat, of_face = tree.query(shapely.points(seats), predicate="within")
    for seat, face in zip(of_seat, of_face, strict=True):
        if owner[face] >= 0:
            raise ValueError(f"seats {owner[face]} and {seat} share a cell")
        owner[face] = seat
    if len(set(of_seat)) != len(seats):
        raise ValueError("a seat lies outside every cell")
    while (owner < 0).any():
        for face in np.flatnonzero(owner < 0):
            near = tree.query(drawn[face], predicate="touches")
            near = near[owner[near] >= 0]
            common = shapely.length(shapely.intersection(drawn[near], drawn[face])) if len(near) else np.zeros(0)
            if len(common) and common.max() > 0:
                owner[face] = owner[near[common.argmax()]]
    return [join(drawn[owner == seat]) for seat in range(len(seats))]


def join(parts: Sequence[Polygon]) -> Polygon:
    """The union of faces that share their vertices: no vertex is lost or made."""
    whole = shapely.coverage_union_all(np.array(parts, dtype=object))
    pieces = shapely.get_parts(whole)
    return pieces[0] if len(pieces) == 1 else whole
