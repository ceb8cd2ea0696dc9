"""Roads as a graph, and the way along them to the nearest of many places, for all targets at once. Pure; everything in metres.

Lines that cross are taken as joined: a base map does not say which road passes over which, so a bridge counts as a crossing.
Motorways must be left out by the caller, who knows the kinds: they can be entered at their junctions only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

# A road that ends this near to another one joins it; vertices move by no more than this.
SNAP_M = 0.5
# A way of no length would be no way for the graph.
_SHORTEST_M = 1e-6
# Sources whose ways are looked for at once: each needs a number for every node.
_AT_ONCE = 100


@dataclass(frozen=True)
class Nearest:
    """For each target: the number of its nearest source (-1: there is none), metres to it (inf then), and whether by road."""

    source: np.ndarray
    distance_m: np.ndarray
    by_road: np.ndarray

    def part(self, first: int, end: int) -> "Nearest":
        return Nearest(self.source[first:end], self.distance_m[first:end], self.by_road[first:end])


@dataclass(frozen=True)
class Pairs:
    """Targets × sources, metres of the pairs within a limit; how many of them lie along roads."""

    metres: csr_array
    by_road_count: int


@dataclass(frozen=True)
class Network:
    """Pieces of road between crossings, and the numbers of the crossings that each piece begins and ends at."""

    pieces: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    node_count: int

    @classmethod
    def of(cls, lines: np.ndarray) -> "Network":
        """From lines and multilines in metres. Crossings become nodes, also where no vertex marks them."""
        parts = shapely.get_parts(shapely.union_all(shapely.get_parts(np.asarray(lines, dtype=object)), grid_size=SNAP_M))
        pieces = parts[shapely.length(parts) > 0]
        if not len(pieces):
            return cls(np.empty(0, dtype=object), np.empty(0, np.int64), np.empty(0, np.int64), 0)
        tips = np.vstack([shapely.get_coordinates(shapely.get_point(pieces, at)) for at in (0, -1)])
        known, numbers = np.unique(np.round(tips / SNAP_M).astype(np.int64), axis=0, return_inverse=True)
        starts, ends = numbers.reshape(2, -1)
        return cls(pieces, starts, ends, len(known))

    def nearest(self, sources: np.ndarray, targets: np.ndarray, *, access_m: float) -> Nearest:
        """The nearest source of each target (arrays of points).

        Places up to `access_m` from a road are joined to it by a straight line, whose length counts. By road where a way
        joins target and source; straight where the target lies off the roads, where no way leads to any source, and to a
        source off the roads that is nearer as the crow flies.
        """
        answer = _straight(sources, targets)
        if not len(sources) or not len(targets) or not len(self.pieces):
            return answer
        places = np.concatenate([sources, targets])
        piece, along, off = self._joined(places)
        near = off <= access_m
        numbers = np.flatnonzero(near)
        graph = self._graph(numbers, piece[numbers], along[numbers], off[numbers], len(places))
        roots = np.flatnonzero(near[: len(sources)])
        if not len(roots):
            return answer
        metres, _before, root = dijkstra(graph, directed=False, indices=roots + self.node_count, min_only=True, return_predecessors=True)
        wanted = slice(self.node_count + len(sources), self.node_count + len(places))
        metres, root = metres[wanted], root[wanted] - self.node_count
        reached = np.isfinite(metres)
        lonely = np.setdiff1d(np.arange(len(sources)), roots)
        crow = _straight(sources[lonely], targets)
        by_road = reached & (metres <= crow.distance_m)
        answer.source[by_road], answer.distance_m[by_road] = root[by_road], metres[by_road]
        to_lonely = reached & ~by_road
        answer.source[to_lonely], answer.distance_m[to_lonely] = lonely[crow.source[to_lonely]], crow.distance_m[to_lonely]
        answer.by_road[:] = by_road
        return answer

    def crossings(self) -> np.ndarray:
        """Points where three or more pieces of road meet."""
        if not len(self.pieces):
            return np.empty(0, dtype=object)
        nodes = np.concatenate([self.starts, self.ends])
        degree = np.bincount(nodes, minlength=self.node_count)
        tips = np.vstack([shapely.get_coordinates(shapely.get_point(self.pieces, at)) for at in (0, -1)])
        _, first = np.unique(nodes, return_index=True)
        return shapely.points(tips[first][degree >= 3])

    def pairs(
        self,
        sources: np.ndarray,
        targets: np.ndarray,
        *,
        access_m: float,
        limit_m: float,
        tell: Callable[[float], None] = lambda share: None,
    ) -> Pairs:
        """All pairs up to `limit_m` metres. By road where a way joins the two; straight where one of them lies farther than
        `access_m` from every road, and where no way leads from one to the other."""
        row, column, metres = _straight_pairs(sources, targets, limit_m)
        shape = (len(targets), len(sources))
        if not len(self.pieces) or not len(sources) or not len(targets):
            return Pairs(csr_array((metres, (row, column)), shape=shape), 0)
        places = np.concatenate([sources, targets])
        piece, along, off = self._joined(places)
        near = off <= access_m
        numbers = np.flatnonzero(near)
        graph = self._graph(numbers, piece[numbers], along[numbers], off[numbers], len(places))
        part = connected_components(graph, directed=False)[1][self.node_count : self.node_count + len(places)]
        apart = ~(near[column] & near[row + len(sources)]) | (part[column] != part[row + len(sources)])
        found = [(row[apart], column[apart], metres[apart])]
        roots = np.flatnonzero(near[: len(sources)])
        first = self.node_count + len(sources)
        for start in range(0, len(roots), _AT_ONCE):
            chunk = roots[start : start + _AT_ONCE]
            ways = dijkstra(graph, directed=False, indices=chunk + self.node_count, limit=limit_m)[:, first : first + len(targets)]
            source, target = np.nonzero(np.isfinite(ways))
            found.append((target, chunk[source], ways[source, target]))
            tell(min(1.0, (start + _AT_ONCE) / len(roots)))
        row, column, metres = (np.concatenate(each) for each in zip(*found, strict=True))
        return Pairs(csr_array((metres, (row, column)), shape=shape), len(row) - int(apart.sum()))

    def _joined(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each place the piece of road nearest to it, how far along that piece, and how far off it."""
        _, piece = shapely.STRtree(self.pieces).query_nearest(places, all_matches=False)
        found = self.pieces[piece]
        return piece, shapely.line_locate_point(found, places), shapely.distance(found, places)

    def _graph(self, numbers: np.ndarray, piece: np.ndarray, along: np.ndarray, off: np.ndarray, place_count: int) -> csr_array:
        """Nodes: crossings, then places, then the feet of the joined places on their pieces of road."""
        feet = self.node_count + place_count + np.arange(len(numbers))
        count = len(self.pieces)
        owner = np.concatenate([np.arange(count), np.arange(count), piece])
        position = np.concatenate([np.zeros(count), shapely.length(self.pieces), along])
        node = np.concatenate([self.starts, self.ends, feet])
        order = np.lexsort((np.concatenate([np.zeros(count), np.full(count, 2), np.ones(len(feet))]), position, owner))
        owner, position, node = owner[order], position[order], node[order]
        same = owner[1:] == owner[:-1]
        tails = np.concatenate([node[:-1][same], numbers + self.node_count])
        heads = np.concatenate([node[1:][same], feet])
        metres = np.concatenate([np.diff(position)[same], off]) + _SHORTEST_M
        return _shortest_only(tails, heads, metres, self.node_count + place_count + len(feet))


def _shortest_only(tails: np.ndarray, heads: np.ndarray, metres: np.ndarray, size: int) -> csr_array:
    """Of two roads between the same crossings the shorter: a sparse matrix would add them up."""
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], metres[order]
    first = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])]) & (low != high)
    return csr_array((metres[first], (low[first], high[first])), shape=(size, size))


def _straight(sources: np.ndarray, targets: np.ndarray) -> Nearest:
    source, metres = np.full(len(targets), -1), np.full(len(targets), np.inf)
    if len(sources) and len(targets):
        found, metres[:] = shapely.STRtree(sources).query_nearest(targets, return_distance=True, all_matches=False)
        source[:] = found[1]
    return Nearest(source, metres, np.zeros(len(targets), dtype=bool))


def _straight_pairs(sources: np.ndarray, targets: np.ndarray, limit_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of target and source, and metres."""
    if not len(sources) or not len(targets):
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    if np.isfinite(limit_m):
        row, column = shapely.STRtree(sources).query(targets, predicate="dwithin", distance=limit_m)
    else:
        row, column = (each.ravel() for each in np.indices((len(targets), len(sources))))
    return row, column, shapely.distance(targets[row], sources[column])
