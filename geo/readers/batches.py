"""What every reader gives: Arrow record batches with three columns of our own before those of the file."""
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
import pyarrow as pa

# No file's column can be called so: `unique_names` takes the sign away, and = too, which geo.importing uses.
GEOMETRY, LINE, FAULT = "#geometry", "#line", "#fault"
OWN = [pa.field(GEOMETRY, pa.binary()), pa.field(LINE, pa.int64()), pa.field(FAULT, pa.uint8())]
BATCH_ROWS, BATCH_BYTES = 20_000, 8 << 20


@dataclass
class Meta:
    """`count` is None where only reading to the end would tell. `declared_epsg` is the file's own claim, if it has one.

    `layer` is the layer of a GPKG or the sheet of a workbook, `parts` all there are to choose from. `line_is` says what the
    numbers in the line column count: "line" of a text, "row" of a sheet, "feature". `warnings` are (code, params) for
    `describe_warning`.
    """

    kind: str
    columns: list[str] = field(default_factory=list)
    encoding: str = ""
    layer: str = ""
    declared_crs: str = ""
    declared_epsg: int | None = None
    geometry_columns: list[str] = field(default_factory=list)
    count: int | None = None
    line_is: str = "feature"
    warnings: list = field(default_factory=list)
    network: str = ""
    parts: list[str] = field(default_factory=list)

    def warn(self, code: str, **params) -> None:
        if [code, params] not in self.warnings:
            self.warnings.append([code, params])

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass
class Stream:
    """A file that is being read: what is known before the rows, and the rows."""

    meta: Meta
    schema: pa.Schema
    batches: Iterable[pa.RecordBatch] | Iterator[pa.RecordBatch]


def rows_at_once(size: int, count: int) -> int:
    """How many rows a batch should have, from the bytes and the rows of the whole file; `count` may be unknown (below 1)."""
    return BATCH_ROWS if count < 1 else min(BATCH_ROWS, max(1, BATCH_BYTES * count // max(size, 1)))


def unique_names(names: list[str], meta: Meta) -> list[str]:
    """Column names without doubles and without a leading # or =."""
    taken: set[str] = set()
    answer = []
    for given in names:
        name = wanted = given.strip().lstrip("#=") or "_"
        number = 1
        while name in taken:
            number += 1
            name = f"{wanted} ({number})"
        if number > 1:
            meta.warn("column_renamed", name=wanted, renamed=name)
        taken.add(name)
        answer.append(name)
    return answer


def schema_of(columns: Iterable[pa.Field]) -> pa.Schema:
    return pa.schema([*OWN, *columns])


def points_wkb(x: np.ndarray, y: np.ndarray, present: np.ndarray) -> pa.Array:
    """Little-endian WKB points, null where not present. 21 bytes each, laid out by numpy: no object per point."""
    rows = np.zeros(int(present.sum()), dtype=[("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    rows["order"], rows["type"], rows["x"], rows["y"] = 1, 1, x[present], y[present]
    offsets = np.concatenate([[0], np.cumsum(np.where(present, 21, 0))]).astype(np.int32)
    valid = pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.binary(), len(x), [valid, pa.py_buffer(offsets), pa.py_buffer(rows.tobytes())])
