"""A numpy column as one parameter in PostgreSQL's binary array format: no Python object a value, one copy a column."""

import numpy as np
from psycopg import Cursor
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Type of the column -> (type of an element on the wire, its identity in PostgreSQL, that of the array).
FLOAT8, FLOAT4, INT2, TIMESTAMPTZ = (">f8", 701, 1022), (">f4", 700, 1021), (">i2", 21, 1005), (">i8", 1184, 1185)
_POSTGRES_EPOCH_MS = 946_684_800_000


class ArrayParameter:
    """Bytes of one array, with the array's type."""

    def __init__(self, data: bytes, oid: int):
        self.data, self.oid = data, oid


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def get_key(self, obj: ArrayParameter, format):
        return (self.cls, obj.oid)

    def upgrade(self, obj: ArrayParameter, format) -> "_ArrayDumper":
        made = type(self)(self.cls)
        made.oid = obj.oid
        return made

    def dump(self, obj: ArrayParameter) -> bytes:
        return obj.data


def teach(cursor: Cursor) -> None:
    """Let this cursor take array parameters. A connection knows only what was registered before it was opened."""
    cursor.adapters.register_dumper(ArrayParameter, _ArrayDumper)


def parameter(column: np.ndarray, kind: tuple[str, int, int]) -> ArrayParameter:
    """One dimension, no NULL. Layout: dimensions, has-null, element type, length, first index; then length and value each."""
    wire, element, array = kind
    values = np.empty(len(column), dtype=[("length", ">i4"), ("value", wire)])
    values["length"], values["value"] = np.dtype(wire).itemsize, column
    head = np.array([1, 0, element, len(column), 1], dtype=">i4")
    return ArrayParameter(head.tobytes() + values.tobytes(), array)


def moments(at_ms: np.ndarray) -> ArrayParameter:
    """Milliseconds since 1970 as timestamptz."""
    return parameter((at_ms - _POSTGRES_EPOCH_MS) * 1000, TIMESTAMPTZ)
