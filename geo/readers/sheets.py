"""XLSX: values only, never formulas or macros."""
import datetime
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from geo.readers.archives import check_sizes
from geo.readers.batches import BATCH_ROWS, Meta, Stream, schema_of, unique_names
from geo.readers.errors import ReadError
from geo.readers.tables import coordinate_columns, geometries

# Excel keeps 15 digits of a number: a longer code has already lost its end when we see it.
_EXACT = 1e15


def read(path: Path, *, layer: str | None = None, coordinates: list[str] | None = None, **_options) -> Stream:
    """`layer` is the sheet's name; without it the first sheet that has a row."""
    meta = Meta("xlsx", line_is="row")
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
        workbook = CalamineWorkbook.from_path(str(path))
        rows = _sheet(workbook, layer, meta)
    except PasswordError:
        raise ReadError("zip_encrypted") from None
    except (CalamineError, zipfile.BadZipFile):
        raise ReadError("broken", kind="Excel") from None
    header_at = _header(rows)
    numbers = [number for number, cell in enumerate(rows[header_at]) if str(cell).strip()]
    meta.columns = unique_names([_text(rows[header_at][number]) for number in numbers], meta)
    filled = [(line, row) for line, row in enumerate(rows[header_at + 1 :], start=header_at + 2) if any(cell != "" for cell in row)]
    if not filled:
        raise ReadError("no_features")
    meta.count = len(filled)
    lines = pa.array([line for line, _ in filled], pa.int64())
    columns = {name: _column([row[number] for _, row in filled], name, meta) for name, number in zip(meta.columns, numbers, strict=True)}
    meta.geometry_columns = coordinate_columns(meta.columns, coordinates)
    wkb, faults = geometries([columns[name] for name in meta.geometry_columns], len(filled))
    schema = schema_of(pa.field(name, column.type) for name, column in columns.items())
    table = pa.table([wkb, lines, pa.array(faults), *columns.values()], schema=schema)
    return Stream(meta, schema, table.to_batches(max_chunksize=BATCH_ROWS))


def _sheet(workbook: CalamineWorkbook, wanted: str | None, meta: Meta) -> list[list]:
    names = meta.parts = workbook.sheet_names
    if wanted is not None and wanted not in names:
        raise ReadError("unknown_layer", name=wanted, names="、".join(names))
    for name in [wanted] if wanted is not None else names:
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        if any(cell != "" for row in rows for cell in row):
            meta.layer = name
            return rows
    raise ReadError("no_features")


def _header(rows: list[list]) -> int:
    """The first row with two filled cells: a title over the whole width stands in one."""
    filled = [sum(cell != "" for cell in row) for row in rows]
    two = next((number for number, count in enumerate(filled) if count >= 2), None)
    return two if two is not None else next(number for number, count in enumerate(filled) if count)


def _column(cells: list, name: str, meta: Meta) -> pa.Array:
    """Numbers when all are numbers, moments when all are moments, otherwise text as the sheet shows it."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        numbers = np.array([np.nan if value is None else value for value in values], float)
        missing = np.isnan(numbers)
        if (np.abs(numbers[~missing]) >= _EXACT).any():
            meta.warn("precision_lost", name=name)
        whole = (numbers[~missing] == np.floor(numbers[~missing])).all() and (np.abs(numbers[~missing]) < 2**63).all()
        return pa.array(np.where(missing, 0, numbers).astype(np.int64), mask=missing) if whole else pa.array(numbers, mask=missing)
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value) -> str:
    """Text as a person reads it in the sheet: 640521100001.0 was a code, dates are ISO."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip()
