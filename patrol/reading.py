"""Raw fixes out of the database as columns: binary COPY straight into numpy."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from django.db import connection
from psycopg import sql

from patrol import wire
from patrol.sql import READ_FIXES
from patrol.tracks import Fixes

# A fix as READ_FIXES gives it; moments are microseconds since 2000.
_FIX = np.dtype([("at", ">i8"), ("lon", ">f8"), ("lat", ">f8"), ("accuracy", ">f4"), ("flags", ">i2")])
_BYTES_AT_ONCE = 32 << 20


def fixes(devices: Sequence[int], start: datetime, end: datetime) -> Fixes:
    """All fixes of these devices in [start, end), by device and time."""
    parts = list(chunks(devices, start, end))
    if not parts:
        empty = np.empty(0)
        return Fixes(empty.astype(np.int32), empty.astype(np.int64), empty, empty, empty, empty.astype(np.int16))
    return Fixes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Fixes.__dataclass_fields__})


def chunks(devices: Sequence[int], start: datetime, end: datetime, *, bytes_at_once: int = _BYTES_AT_ONCE) -> Iterator[Fixes]:
    """The same in pieces of whole devices, so that memory does not grow with what is asked for."""
    asked = sql.Literal(sorted({int(each) for each in devices}))
    statement = sql.SQL(READ_FIXES).format(devices=asked, start=sql.Literal(start), end=sql.Literal(end))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int4", "bytea"])
        waiting, size = [], 0
        for device, told in copy.rows():
            waiting.append((device, told))
            size += len(told)
            if size >= bytes_at_once:
                yield _columns(waiting)
                waiting, size = [], 0
        if waiting:
            yield _columns(waiting)


def _columns(told: list[tuple[int, bytes]]) -> Fixes:
    rows = np.frombuffer(b"".join(fixes for _device, fixes in told), dtype=_FIX)
    source = np.repeat(np.array([device for device, _fixes in told], np.int32), [len(fixes) // _FIX.itemsize for _device, fixes in told])
    return Fixes(
        source, wire.milliseconds(rows["at"]), rows["lon"].astype(np.float64), rows["lat"].astype(np.float64),
        rows["accuracy"].astype(np.float64), rows["flags"].astype(np.int16),
    )  # fmt: skip
