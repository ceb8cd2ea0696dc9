"""Positions as columns: rows of a submission, checked and in WGS-84, with what is suspicious about them. Pure.

Times are milliseconds since 1970 (UTC), positions degrees WGS-84, accuracy and altitude metres, speed metres a second,
heading degrees. What is not known is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np

from geo import coords

AT_MOST = 500
COLUMNS = ("at_ms", "lon", "lat", "accuracy_m", "speed_ms", "heading_deg", "altitude_m", "mock")
# Years 1970 to 2200: beyond, a time is a mistake of the program and not of a clock.
LATEST_MS = 7_258_118_400_000
EARLIEST_TRUE_MS = 1_577_836_800_000  # 2020


class Flag(IntFlag):
    """Kept and shown, but not counted as presence."""

    MOCK = 1
    CLOCK = 2


class PointsRefused(ValueError):
    """The rows can never be taken. `row` counts from 0; `column` is a name of COLUMNS, or empty."""

    def __init__(self, row: int, column: str):
        self.row, self.column = row, column
        super().__init__(f"points[{row}] {column}".rstrip())


@dataclass(frozen=True)
class Points:
    """n fixes in the order in which they came."""

    at_ms: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    accuracy_m: np.ndarray
    speed_ms: np.ndarray
    heading_deg: np.ndarray
    altitude_m: np.ndarray
    flags: np.ndarray

    def __len__(self) -> int:
        return len(self.at_ms)

    def where(self, keep: np.ndarray) -> "Points":
        return Points(**{name: column[keep] for name, column in self.__dict__.items()})


def read(rows: Sequence[Sequence[float | None]], *, crs: str, now_ms: int, ahead_s: float, clock_is_off: bool = False) -> Points:
    """Rows as a phone sends them, 3 to 8 columns each, `None` for unknown. Raises PointsRefused.

    `clock_is_off`: the phone's clock was seen to be wrong while it sent this, so no time in it is believed.
    """
    table = _table(rows)
    at, lon, lat = table[:, 0], table[:, 1], table[:, 2]
    for number, name, fault in (
        (0, "at_ms", ~(np.isfinite(at) & (at >= 0) & (at <= LATEST_MS))),
        (1, "lon", ~(np.abs(lon) <= 180)),
        (2, "lat", ~(np.abs(lat) <= 90)),
        (3, "accuracy_m", ~((table[:, 3] >= 0) | np.isnan(table[:, 3]))),
        (4, "speed_ms", np.isinf(table[:, 4])),
        (5, "heading_deg", np.isinf(table[:, 5])),
        (6, "altitude_m", np.isinf(table[:, 6])),
    ):
        if fault.any():
            raise PointsRefused(int(np.flatnonzero(fault)[0]), COLUMNS[number] if name else "")
    if crs == "gcj02":
        lon, lat = coords.gcj02_to_wgs84(lon, lat)
    flags = np.where(table[:, 7] > 0, int(Flag.MOCK), 0)
    untrue = (at > now_ms + ahead_s * 1000) | (at < EARLIEST_TRUE_MS) | clock_is_off
    flags = (flags | np.where(untrue, int(Flag.CLOCK), 0)).astype(np.int16)
    unknown_speed = np.where(table[:, 4] < 0, np.nan, table[:, 4])  # -1 means unknown in several programs
    unknown_heading = np.where(table[:, 5] < 0, np.nan, table[:, 5])
    return Points(at.astype(np.int64), lon, lat, table[:, 3], unknown_speed, unknown_heading, table[:, 6], flags)


def _table(rows: Sequence[Sequence[float | None]]) -> np.ndarray:
    width = len(COLUMNS)
    try:
        table = np.array(rows, dtype=np.float64)  # all of one length: the usual case, and 20 times faster
    except ValueError:
        table = np.array([[*row, *[None] * (width - len(row))] for row in rows], dtype=np.float64)
    if table.ndim != 2 or not 3 <= table.shape[1] <= width:
        raise PointsRefused(0, "")
    return np.pad(table, ((0, 0), (0, width - table.shape[1])), constant_values=np.nan)


def metres_between(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Distances between neighbours of a sequence of n points: n - 1 metres on a sphere of 6,371,008.8 m (0.5 % at most)."""
    lon, lat = np.radians(lon), np.radians(lat)
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
