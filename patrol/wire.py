"""Numpy columns as the bytes of PostgreSQL's binary COPY: no Python object a value, one copy a column."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
_POSTGRES_EPOCH_MS = 946_684_800_000


def moments(at_ms: np.ndarray) -> np.ndarray:
    """Milliseconds since 1970 as timestamptz: microseconds since 2000."""
    return ((at_ms - _POSTGRES_EPOCH_MS) * 1000).astype(">i8")


def milliseconds(moments: np.ndarray) -> np.ndarray:
    """The way back; what is finer than a millisecond is rounded."""
    return (moments.astype(np.int64) + 500) // 1000 + _POSTGRES_EPOCH_MS


def rows(columns: Mapping[str, np.ndarray]) -> bytes:
    """n rows of fixed width without NULL; each column has the big-endian type of its column in the table, a single value fills one."""
    made = _empty(tuple((name, column.dtype.str) for name, column in columns.items())).repeat(max(map(np.size, columns.values())))
    for name, column in columns.items():
        made[name] = column
    return HEAD + made.tobytes() + TAIL


@lru_cache(maxsize=64)
def _empty(types: tuple[tuple[str, str], ...]) -> np.ndarray:
    """One row of these columns with the counts and lengths that stand in every row."""
    layout = [("count", ">i2")]
    for name, kind in types:
        layout += [(f"length of {name}", ">i4"), (name, kind)]
    made = np.zeros(1, dtype=layout)
    made["count"] = len(types)
    for name, kind in types:
        made[f"length of {name}"] = np.dtype(kind).itemsize
    return made
