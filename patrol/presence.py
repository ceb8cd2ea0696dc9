"""Steps × places → seconds by hour, visits, and what cannot be known. Pure: arrays in, arrays out.

Present: the step lies in the place. Unknown: in a gap the patrol could have been there, going no faster than the standard says.
Absent: neither. A visit is slow or stays; what only passes is a drive-by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from patrol.clipping import Areas, Steps

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Walk:
    """n steps of any number of tracks, each within one hour; `track` tells the tracks apart; a track's steps are in order of time."""

    track: np.ndarray
    from_ms: np.ndarray
    to_ms: np.ndarray
    steps: Steps

    def __len__(self) -> int:
        return len(self.track)


@dataclass(frozen=True)
class Stay:
    """Time of a track in a place without a longer break."""

    track: int
    place: int
    from_ms: int
    to_ms: int
    seconds: float
    metres: float

    @property
    def speed_kmh(self) -> float:
        return self.metres / self.seconds * 3.6 if self.seconds else 0.0


def steps_of(track: np.ndarray, at_ms: np.ndarray, lon: np.ndarray, lat: np.ndarray, connected: np.ndarray) -> Walk:
    """Steps between neighbouring fixes where `connected` (n - 1 booleans) says so, cut at full hours."""
    first = np.flatnonzero(connected)
    walk = Walk(track[first], at_ms[first], at_ms[first + 1], Steps(lon[first], lat[first], lon[first + 1], lat[first + 1]))
    over = walk.from_ms // HOUR_MS != (walk.to_ms - 1) // HOUR_MS
    return _cut(walk, over) if over.any() else walk


def _cut(walk: Walk, over: np.ndarray) -> Walk:
    """The steps that run over a full hour, in pieces; the others as they are; in order."""
    pieces = np.where(over, (walk.to_ms - 1) // HOUR_MS - walk.from_ms // HOUR_MS + 1, 1)
    which = np.repeat(np.arange(len(walk)), pieces)
    number = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin, end = walk.from_ms[which], walk.to_ms[which]
    from_ms = np.maximum(begin, np.where(number > 0, (begin // HOUR_MS + number) * HOUR_MS, begin))
    to_ms = np.where(over[which], np.minimum(end, (begin // HOUR_MS + number + 1) * HOUR_MS), end)
    span = np.maximum(end - begin, 1)
    a, b, s = (from_ms - begin) / span, (to_ms - begin) / span, walk.steps.where(which)
    dx, dy = s.lon1 - s.lon0, s.lat1 - s.lat0
    whole = ~over[which]
    ends = np.where(whole, s.lon1, s.lon0 + dx * b), np.where(whole, s.lat1, s.lat0 + dy * b)
    return Walk(walk.track[which], from_ms, to_ms, Steps(s.lon0 + dx * a, s.lat0 + dy * a, *ends))


def seconds_inside(walk: Walk, areas: Areas) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(step, area, seconds) for every step with some time in an area."""
    step, area, share = areas.shares(walk.steps)
    return step, area, share * (walk.to_ms[step] - walk.from_ms[step]) / 1000


def by_hour(walk: Walk, inside: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[tuple[int, int], float]:
    """Seconds by (area, hour); an hour is its number since 1970."""
    step, area, seconds = inside
    hour = walk.from_ms[step] // HOUR_MS
    if not len(step):
        return {}
    first = int(hour.min())
    span = int(hour.max()) - first + 1
    key, total = sum_by(area * span + (hour - first), seconds)
    return {(int(one // span), int(one % span) + first): float(value) for one, value in zip(key, total, strict=True)}


def sum_by(key: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found, inverse = np.unique(key, return_inverse=True)
    return found, np.bincount(inverse, weights=value, minlength=len(found))


def stays(walk: Walk, inside: tuple[np.ndarray, np.ndarray, np.ndarray], *, joins_within_s: float) -> list[Stay]:
    """Times in a place, joined over breaks of at most `joins_within_s`: a corner cut is not a second visit."""
    step, area, seconds = inside
    if not len(step):
        return []
    order = np.lexsort((walk.from_ms[step], walk.track[step], area))
    step, area, seconds = step[order], area[order], seconds[order]
    track, begin, end = walk.track[step], walk.from_ms[step], walk.to_ms[step]
    new = np.ones(len(step), dtype=bool)
    new[1:] = (area[1:] != area[:-1]) | (track[1:] != track[:-1]) | (begin[1:] - end[:-1] > joins_within_s * 1000)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(step)) - 1
    share = seconds / np.maximum((end - begin) / 1000, 1e-9)
    total, metres = np.add.reduceat(seconds, first), np.add.reduceat(_metres(walk.steps.where(step)) * share, first)
    return [
        Stay(int(track[a]), int(area[a]), int(begin[a]), int(end[b]), float(s), float(m))
        for a, b, s, m in zip(first, last, total, metres, strict=True)
    ]


def _metres(steps: Steps) -> np.ndarray:
    across = np.cos(np.radians((steps.lat0 + steps.lat1) / 2))
    return 111_195.0 * np.hypot((steps.lon1 - steps.lon0) * across, steps.lat1 - steps.lat0)


def is_visit(stay: Stay, *, after_s: float, speed_at_most_kmh: float, speed_after_s: float) -> bool:
    """Long enough, or slow enough for at least a short while. Everything else passed by."""
    return stay.seconds >= after_s or (stay.seconds >= speed_after_s and stay.speed_kmh <= speed_at_most_kmh)


def reachable(
    gap: tuple[int, int],
    before: shapely.Geometry | None,
    after: shapely.Geometry | None,
    places: Sequence[shapely.Geometry],
    reach_kmh: float,
) -> list[tuple[int, int, int]]:
    """(place, from_ms, to_ms): when a patrol could have been in a place during a gap, in a metric plane.

    Known are where it was `before` and `after` (None: not known on that side). It gets to a place no sooner than the way
    there takes, and has to leave in time for the way on.
    """
    from_ms, to_ms = gap
    metres_per_ms = reach_kmh / 3.6 / 1000
    shapes = np.asarray(places, dtype=object)
    nothing = np.zeros(len(shapes))
    there = shapely.distance(shapes, before) / metres_per_ms if before is not None else nothing
    back = shapely.distance(shapes, after) / metres_per_ms if after is not None else nothing
    earliest, latest = from_ms + there, to_ms - back
    return [(int(one), int(earliest[one]), int(latest[one])) for one in np.flatnonzero(latest > earliest)]


def hours_of(from_ms: int, to_ms: int) -> list[tuple[int, float]]:
    """(hour, seconds) of a span of time."""
    found, at = [], from_ms
    while at < to_ms:
        until = min(to_ms, (at // HOUR_MS + 1) * HOUR_MS)
        found.append((at // HOUR_MS, (until - at) / 1000))
        at = until
    return found
