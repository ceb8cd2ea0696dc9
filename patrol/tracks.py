"""Fixes of one patrol, from one or more sources → a cleaned track: in order, without doubles and impossible places, split at gaps. Pure.

Every fix that is left out is counted with its reason. What lies between two runs is a gap, never a line: nobody knows where the
patrol was then. Units: milliseconds since 1970, degrees WGS-84, metres, seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from pyproj import Geod

from patrol.points import Flag, metres_between

_WGS84 = Geod(ellps="WGS84")
# Fewer fixes than this between two impossible jumps are a slip of the receiver.
ISLAND_BELOW = 3


class Why(StrEnum):
    """Why a fix does not count."""

    CLOCK = "clock"
    MOCK = "mock"
    INACCURATE = "inaccurate"
    OUTSIDE = "outside"
    PAUSED = "paused"
    REPEATED = "repeated"
    SECOND_SOURCE = "second_source"
    TOO_FAST = "too_fast"


@dataclass(frozen=True)
class Rules:
    """Figures of the standard that cleaning needs."""

    accuracy_at_most_m: float = 100
    speed_at_most_kmh: float = 150
    gap_after_s: float = 120
    gap_after_m: float = 500
    stop_radius_m: float = 30
    stop_after_s: float = 180


@dataclass(frozen=True)
class Fixes:
    """n raw fixes in any order; `source` tells devices apart; `accuracy_m` may be NaN."""

    source: np.ndarray
    at_ms: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    accuracy_m: np.ndarray
    flags: np.ndarray

    def __len__(self) -> int:
        return len(self.at_ms)

    def where(self, keep: np.ndarray) -> "Fixes":
        return Fixes(**{name: column[keep] for name, column in self.__dict__.items()})


@dataclass(frozen=True)
class Stop:
    lon: float
    lat: float
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Gap:
    """A time without a position. `why`: "no_fix", or "hidden" where the phone noted that its screen was off."""

    from_ms: int
    to_ms: int
    why: str


@dataclass
class CleanTrack:
    """`runs` are half-open ranges of `fixes`; between two of them, and before and after, lie the `gaps`."""

    fixes: Fixes
    runs: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    discarded: dict[str, int] = field(default_factory=dict)
    length_m: float = 0.0
    recorded_s: float = 0.0
    unknown_s: float = 0.0


Spans = Sequence[tuple[int, int]]


def clean(fixes: Fixes, *, start_ms: int, end_ms: int, rules: Rules, paused: Spans = (), hidden: Spans = ()) -> CleanTrack:
    """The track of a patrol from `start_ms` to `end_ms`; `paused` and `hidden` are spans of time that the phone noted."""
    fixes = fixes.where(np.argsort(fixes.at_ms, kind="stable"))
    discarded: dict[str, int] = {}
    for why, fault in (
        (Why.CLOCK, lambda f: f.flags & int(Flag.CLOCK) > 0),
        (Why.MOCK, lambda f: f.flags & int(Flag.MOCK) > 0),
        (Why.OUTSIDE, lambda f: (f.at_ms < start_ms) | (f.at_ms > end_ms)),
        (Why.PAUSED, lambda f: _within(f.at_ms, paused)),
        (Why.INACCURATE, lambda f: f.accuracy_m > rules.accuracy_at_most_m),
        (Why.REPEATED, _repeated),
        (Why.SECOND_SOURCE, lambda f: _second_source(f, rules.gap_after_s * 500)),
        (Why.TOO_FAST, lambda f: ~_possible(f, rules.speed_at_most_kmh / 3.6)),
    ):
        wrong = fault(fixes)
        if wrong.any():
            discarded[why] = int(wrong.sum())
            fixes = fixes.where(~wrong)
    track = CleanTrack(fixes=fixes, discarded=discarded)
    track.runs = _runs(fixes, rules, paused)
    track.gaps = _gaps(fixes, track.runs, start_ms, end_ms, paused, hidden)
    track.stops = [stop for run in track.runs for stop in _stops(fixes, run, rules)]
    track.length_m = sum(length_m(fixes.lon[a:b], fixes.lat[a:b]) for a, b in track.runs)
    track.recorded_s = sum(float(fixes.at_ms[b - 1] - fixes.at_ms[a]) for a, b in track.runs) / 1000
    track.unknown_s = sum(gap.to_ms - gap.from_ms for gap in track.gaps) / 1000
    return track


def length_m(lon: np.ndarray, lat: np.ndarray) -> float:
    """Length of a line on the WGS-84 ellipsoid."""
    return float(_WGS84.line_length(lon, lat)) if len(lon) > 1 else 0.0


def _within(at_ms: np.ndarray, spans: Spans) -> np.ndarray:
    inside = np.zeros(len(at_ms), dtype=bool)
    for start, end in spans:
        inside |= (at_ms > start) & (at_ms < end)
    return inside


def _repeated(fixes: Fixes) -> np.ndarray:
    """All but the most accurate fix of one moment."""
    if len(fixes) < 2 or (np.diff(fixes.at_ms) > 0).all():
        return np.zeros(len(fixes), dtype=bool)
    order = np.lexsort((np.nan_to_num(fixes.accuracy_m, nan=np.inf), fixes.at_ms))
    first = np.ones(len(fixes), dtype=bool)
    first[1:] = np.diff(fixes.at_ms[order]) > 0
    wrong = np.empty(len(fixes), dtype=bool)
    wrong[order] = ~first
    return wrong


def _second_source(fixes: Fixes, near_ms: float) -> np.ndarray:
    """Fixes of other devices where the device with the most fixes has one at hand: two receivers would make one walk zigzag."""
    names, counts = np.unique(fixes.source, return_counts=True)
    if len(names) < 2:
        return np.zeros(len(fixes), dtype=bool)
    main = fixes.source == names[np.argmax(counts)]
    known = fixes.at_ms[main]
    after = np.searchsorted(known, fixes.at_ms)
    to_next = np.abs(known[np.minimum(after, len(known) - 1)] - fixes.at_ms)
    to_last = np.abs(fixes.at_ms - known[np.maximum(after - 1, 0)])
    return ~main & (np.minimum(to_next, to_last) <= near_ms)


def _possible(fixes: Fixes, limit_ms: float) -> np.ndarray:
    """Without the small islands that could only be reached, and left, faster than the limit."""
    keep = np.ones(len(fixes), dtype=bool)
    while keep.sum() > 1:
        index = np.flatnonzero(keep)
        jumps = _speeds(fixes.where(index)) > limit_ms
        if not jumps.any():
            break
        edges = np.concatenate(([0], np.flatnonzero(jumps) + 1, [len(index)]))
        sizes = np.diff(edges)
        small = np.flatnonzero((sizes < ISLAND_BELOW) & (sizes == sizes.min()))
        if sizes.max() == 1:  # no two fixes agree
            keep[:] = False
            break
        if not len(small) or sizes.min() == sizes.max():
            break
        # The smallest first: when it is gone, its neighbours may fit together.
        for each in small:
            keep[index[edges[each] : edges[each + 1]]] = False
    return keep


def _speeds(fixes: Fixes) -> np.ndarray:
    """Metres a second between neighbours; what lies within a second counts as one second: receivers round."""
    return metres_between(fixes.lon, fixes.lat) / np.maximum(np.diff(fixes.at_ms) / 1000, 1)


def _runs(fixes: Fixes, rules: Rules, paused: Spans) -> list[tuple[int, int]]:
    if not len(fixes):
        return []
    cut = (np.diff(fixes.at_ms) > rules.gap_after_s * 1000) | (metres_between(fixes.lon, fixes.lat) > rules.gap_after_m)
    cut |= _speeds(fixes) > rules.speed_at_most_kmh / 3.6
    for start, end in paused:
        cut |= (fixes.at_ms[:-1] <= start) & (fixes.at_ms[1:] >= end)
    edges = np.concatenate(([0], np.flatnonzero(cut) + 1, [len(fixes)]))
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _gaps(fixes: Fixes, runs: list[tuple[int, int]], start_ms: int, end_ms: int, paused: Spans, hidden: Spans) -> list[Gap]:
    ends = [start_ms, *(int(fixes.at_ms[b - 1]) for _a, b in runs)]
    starts = [*(int(fixes.at_ms[a]) for a, _b in runs), end_ms]
    found = []
    for from_ms, to_ms in zip(ends, starts, strict=True):
        for one, other in _without((from_ms, to_ms), paused):
            off = any(start < other and end > one for start, end in hidden)
            found.append(Gap(one, other, "hidden" if off else "no_fix"))
    return found


def _without(span: tuple[int, int], others: Spans) -> list[tuple[int, int]]:
    """What is left of a span when others are taken out."""
    left = [span] if span[1] > span[0] else []
    for start, end in others:
        left = [piece for one, other in left for piece in ((one, min(other, start)), (max(one, end), other)) if piece[1] > piece[0]]
    return left


def _stops(fixes: Fixes, run: tuple[int, int], rules: Rules) -> list[Stop]:
    """Stays within `stop_radius_m` of where they began, for at least `stop_after_s`."""
    found, start = [], run[0]
    lon, lat, at = fixes.lon, fixes.lat, fixes.at_ms
    across, along = np.cos(np.radians(lat[start])) * 111_195.0, 111_195.0
    while start < run[1] - 1:
        # In pieces that double, so that a long walk is not measured against its first step.
        reach, stop = 16, run[1]
        while True:
            end = min(start + reach, run[1])
            far = np.hypot((lon[start:end] - lon[start]) * across, (lat[start:end] - lat[start]) * along) > rules.stop_radius_m
            if far.any() or end == run[1]:
                stop = start + int(np.argmax(far)) if far.any() else end
                break
            reach *= 2
        if at[stop - 1] - at[start] >= rules.stop_after_s * 1000:
            found.append(Stop(float(lon[start:stop].mean()), float(lat[start:stop].mean()), int(at[start]), int(at[stop - 1])))
            start = stop
        else:
            start += 1
    return found
