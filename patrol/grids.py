"""Hours of the week from seconds by place and hour. Pure: arrays in, arrays and numbers out.

A place is present, unknown or absent in an hour; an hour before any data, without a row of its own, is none of the three.
Unknown is never counted as present and never as absent: it has its own column everywhere.
"""

from dataclasses import dataclass

import numpy as np

# In this order a better answer wins where several rows speak of one hour.
NO_DATA, ABSENT, UNKNOWN, PRESENT = range(4)
WEEK = 168


@dataclass(frozen=True)
class Run:
    """A stretch of hours: its length, and the index of its first hour; None where there is none."""

    length: int
    start: int | None


def states(
    place: np.ndarray,
    hour: np.ndarray,
    present_s: np.ndarray,
    unknown_s: np.ndarray,
    *,
    shape: tuple[int, int],
    reach: int,
    present_hour_s: float,
) -> np.ndarray:
    """(places, hours) of states from one row for each place and hour that has seconds; `reach` is the first hour with data.

    Less than `present_hour_s` on the spot is no presence; with time that is not known beside it, the hour is unknown.
    """
    grid = np.full(shape, ABSENT, np.uint8)
    grid[:, : max(0, reach)] = NO_DATA
    there = present_s >= present_hour_s
    state = np.where(there, PRESENT, np.where(unknown_s > 0, UNKNOWN, ABSENT)).astype(np.uint8)
    np.maximum.at(grid, (place, hour), state)
    return grid


def weekly(row: np.ndarray, *, first: int) -> np.ndarray:
    """(168, 4): in how many weeks each hour of the week was in each state. `first` is the hour of the week of row[0]."""
    of_week = (first + np.arange(len(row))) % WEEK
    counts = np.bincount(of_week * 4 + row, minlength=WEEK * 4)
    return counts.reshape(WEEK, 4)


def in_hours(grid: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(places, 4): how many of the chosen hours (a mask) each place was in each state."""
    picked = grid[:, chosen]
    return np.stack([(picked == state).sum(axis=1) for state in range(4)], axis=1)


def longest(mask: np.ndarray) -> Run:
    """The longest run of True, the first of equals."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return Run(0, None)
    at = int(np.argmax(ends - starts))
    return Run(int(ends[at] - starts[at]), int(starts[at]))


def sure_gap(row: np.ndarray) -> Run:
    """The longest time in which certainly nobody was there."""
    return longest(row == ABSENT)


def possible_gap(row: np.ndarray) -> Run:
    """The longest time in which perhaps nobody was there: absent or unknown."""
    return longest((row == ABSENT) | (row == UNKNOWN))
