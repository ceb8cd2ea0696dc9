"""Numpy columns as the bytes of PostgreSQL's binary COPY: no Python object a value, one copy a column."""

from collections.abc import Mapping

import numpy as np

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
_POSTGRES_EPOCH_MS = 946_684_800_000


def moments(at_ms: np.ndarray) -> np.ndarray:
    """Milliseconds since 1970 as timestamptz: microseconds since 2000."""
    return ((at_ms - _POSTGRES_EPOCH_MS) * 1000).astype(">i8")


def rows(columns: Mapping[str, np.ndarray]) -> bytes:
    """n rows of fixed width without NULL; each column has the big-endian type of its column in the table."""
    layout = [("count", ">i2")]
    for name, column in columns.items():
        layout += [(f"length of {name}", ">i4"), (name, column.dtype)]
    made = np.empty(len(next(iter(columns.values()))), dtype=layout)
    made["count"] = len(columns)
    for name, column in columns.items():
        made[name], made[f"length of {name}"] = column, column.dtype.itemsize
    return HEAD + made.tobytes() + TAIL
