"""Raw fixes out of the database as columns: binary COPY straight into numpy."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from django.db import connection
from psycopg import sql

from patrol.sql import READ_FIXES
from patrol.tracks import Fixes

# A row of COPY: the count of its columns, then length and value of each. Nothing is NULL, so every row is as long as the next.
_ROW = np.dtype(
    [
        ("columns", ">i2"), ("l0", ">i4"), ("device", ">i4"), ("l1", ">i4"), ("at_ms", ">i8"), ("l2", ">i4"), ("lon", ">f8"),
        ("l3", ">i4"), ("lat", ">f8"), ("l4", ">i4"), ("accuracy", ">f4"), ("l5", ">i4"), ("speed", ">f4"), ("l6", ">i4"), ("flags", ">i2"),
    ]
)  # fmt: skip
_HEAD = 19
_BYTES_AT_ONCE = 48 << 20


def fixes(devices: Sequence[int], start: datetime, end: datetime) -> Fixes:
    """All fixes of these devices in [start, end), by device and time."""
    parts = list(chunks(devices, start, end))
    if not parts:
        empty = np.empty(0)
        return Fixes(empty.astype(np.int32), empty.astype(np.int64), empty, empty, empty, empty.astype(np.int16))
    return Fixes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Fixes.__dataclass_fields__})


def chunks(devices: Sequence[int], start: datetime, end: datetime, *, bytes_at_once: int = _BYTES_AT_ONCE) -> Iterator[Fixes]:
    """The same in pieces, so that memory does not grow with what is asked for."""
    statement = sql.SQL(READ_FIXES).format(devices=sql.Literal(list(devices)), start=sql.Literal(start), end=sql.Literal(end))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        waiting, size, head = [], 0, _HEAD
        for block in copy:
            waiting.append(bytes(block[head:]))
            head = max(0, head - len(block))
            size += len(waiting[-1])
            if size >= bytes_at_once:
                data = b"".join(waiting)
                whole = len(data) // _ROW.itemsize
                yield _columns(data, whole)
                waiting = [data[whole * _ROW.itemsize :]]
                size = len(waiting[0])
        data = b"".join(waiting)
        if whole := len(data) // _ROW.itemsize:  # behind the last row stands a mark of two bytes
            yield _columns(data, whole)


def _columns(data: bytes, count: int) -> Fixes:
    rows = np.frombuffer(data, dtype=_ROW, count=count)
    return Fixes(
        rows["device"].astype(np.int32), rows["at_ms"].astype(np.int64), rows["lon"].astype(np.float64), rows["lat"].astype(np.float64),
        rows["accuracy"].astype(np.float64), rows["flags"].astype(np.int16),
    )  # fmt: skip
