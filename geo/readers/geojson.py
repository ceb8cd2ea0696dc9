"""GeoJSON (RFC 7946) and GeoJSON text sequences (RFC 8142), one feature at a time.

Not through GDAL: it takes strings, NaN and open rings without a word. A feature with a bad geometry keeps its properties
and carries a fault, so that the report can name it; the rest of the file is still read.
"""
import codecs
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from geo.faults import Fault
from geo.readers.batches import BATCH_ROWS, FAULT, GEOMETRY, LINE, Meta, Stream, schema_of, unique_names
from geo.readers.errors import ReadError

_CHUNK = 1 << 20
_VALUE_CHARACTERS = 64 << 20
_SPACE = " \t\r\n\x1e,"
_DECODER = json.JSONDecoder()
_DEPTH = {"MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_TYPES = {"Point", "GeometryCollection", *_DEPTH}


class _Refused(Exception):
    def __init__(self, fault: Fault):
        self.fault = fault


class _Text:
    """A window on the file that grows until one JSON value fits. Memory is that of the largest feature, not of the file."""

    def __init__(self, path: Path):
        self.file, self.decoder = path.open("rb"), codecs.getincrementaldecoder("utf-8-sig")()
        self.buffer, self.at, self.ended, self.lines = "", 0, False, 1

    def grow(self, size: int = _CHUNK) -> bool:
        if self.ended:
            return False
        chunk = self.file.read(size)
        self.ended = len(chunk) < size
        self.lines += self.buffer.count("\n", 0, self.at)
        try:
            self.buffer = self.buffer[self.at :] + self.decoder.decode(chunk, final=self.ended)
        except UnicodeDecodeError:
            raise ReadError("bad_encoding", line=self.lines + self.buffer.count("\n"), encoding="UTF-8") from None
        self.at = 0
        return True

    def peek(self, skip: str = _SPACE) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            while self.at < len(self.buffer):
                if self.buffer[self.at] not in skip:
                    return self.buffer[self.at]
                self.at += 1
            if not self.grow():
                return ""

    def take(self, character: str) -> None:
        if self.peek() != character:
            raise self.error()
        self.at += 1

    def value(self):
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self.buffer, self.at)
                # A number at the window's edge may go on behind it.
                if end < len(self.buffer) or not self.grow():
                    self.at = end
                    return value
            except RecursionError:
                raise ReadError("too_deep") from None
            except ValueError:
                if len(self.buffer) - self.at > _VALUE_CHARACTERS or not self.grow(size):
                    raise self.error() from None
                size *= 2

    def error(self) -> ReadError:
        return ReadError("bad_json", line=self.lines + self.buffer.count("\n", 0, self.at))


def _features(text: _Text, meta: Meta) -> Iterator[dict]:
    """Features of a collection, of a sequence, of a bare feature or of a bare geometry."""
    found = False
    while text.peek():
        if text.peek() != "{":
            raise ReadError("not_geojson")
        members: dict = {}
        text.take("{")
        while text.peek() != "}":
            name = text.value()
            if not isinstance(name, str):
                raise text.error()
            text.take(":")
            if name == "features":
                found = True
                yield from _collection(text)
            else:
                members[name] = text.value()
        text.take("}")
        _note_crs(members.get("crs"), meta)
        kind = members.get("type")
        if kind == "Feature":
            yield members
        elif isinstance(kind, str) and kind in _TYPES:
            yield {"type": "Feature", "properties": {}, "geometry": members}
        elif kind != "FeatureCollection" or not found:
            raise ReadError("not_geojson")
        found = True
    if not found:
        raise ReadError("not_geojson")


def _collection(text: _Text) -> Iterator[dict]:
    text.take("[")
    while text.peek() != "]":
        yield text.value()
    text.take("]")


def _note_crs(crs, meta: Meta) -> None:
    """The `crs` member of GeoJSON before 2016; many programs still write it."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return
    meta.declared_crs = name[:200]
    code = name.rsplit(":", 1)[-1]
    if "EPSG" in name.upper() and code.isdigit():
        meta.declared_epsg = int(code)
    elif code == "CRS84":
        meta.declared_epsg = 4326


def _geometry(value) -> shapely.Geometry:
    if not isinstance(value, dict):
        raise _Refused(Fault.NO_GEOMETRY if value is None else Fault.BROKEN_GEOMETRY)
    kind = value.get("type")
    if kind == "GeometryCollection":
        parts = value.get("geometries")
        if not isinstance(parts, list) or any(isinstance(part, dict) and part.get("type") == kind for part in parts):
            raise _Refused(Fault.BROKEN_GEOMETRY)
        return shapely.GeometryCollection([_geometry(part) for part in parts])
    coordinates = value.get("coordinates")
    if not isinstance(coordinates, list) or kind not in _TYPES:
        raise _Refused(Fault.BROKEN_GEOMETRY)
    if not coordinates:
        raise _Refused(Fault.EMPTY_GEOMETRY)
    if kind == "Point":
        return shapely.points(_numbers([coordinates])[0])
    parts = _nested(coordinates, _DEPTH[kind])
    try:
        return _BUILD[kind](parts)
    except (ValueError, shapely.errors.GEOSException):
        raise _Refused(Fault.TOO_FEW_POINTS) from None


def _nested(value, depth: int):
    if not isinstance(value, list):
        raise _Refused(Fault.BROKEN_GEOMETRY)
    return _numbers(value) if depth == 1 else [_nested(part, depth - 1) for part in value]


def _numbers(positions: list) -> np.ndarray:
    """Positions as an array of two or three columns; what follows the third ordinate has no meaning (RFC 7946 3.1.1)."""
    try:
        array = np.asarray(positions)
        if array.ndim != 2:
            raise ValueError
    except ValueError:
        if not all(isinstance(position, list) and len(position) >= 2 for position in positions):
            raise _Refused(Fault.BROKEN_GEOMETRY) from None
        array = np.asarray([position[:2] for position in positions])
        if array.ndim != 2:
            raise _Refused(Fault.BROKEN_GEOMETRY) from None
    if array.dtype.kind not in "if":
        raise _Refused(Fault.NOT_A_NUMBER)
    if array.shape[1] < 2:
        raise _Refused(Fault.BROKEN_GEOMETRY)
    array = array[:, :3].astype(float)
    if not np.isfinite(array).all():
        raise _Refused(Fault.NOT_FINITE)
    return array


def _polygon(rings: list[np.ndarray]) -> shapely.Polygon:
    for ring in rings:
        if not len(ring) or not np.array_equal(ring[0], ring[-1]):
            raise _Refused(Fault.UNCLOSED_RING)
    shell, *holes = [shapely.linearrings(ring) for ring in rings]
    return shapely.polygons(shell, holes=holes or None)


_BUILD = {
    "MultiPoint": lambda array: shapely.MultiPoint(array),
    "LineString": lambda array: shapely.linestrings(array),
    "MultiLineString": lambda parts: shapely.multilinestrings([shapely.linestrings(part) for part in parts]),
    "Polygon": _polygon,
    "MultiPolygon": lambda parts: shapely.multipolygons([_polygon(part) for part in parts]),
}


class _Rows:
    """Rows of one batch, column by column; a column that first occurs late is empty before."""

    def __init__(self, first_line: int):
        self.first_line, self.geometries, self.faults, self.columns = first_line, [], [], {}

    def add(self, feature, number: int) -> None:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise ReadError("bad_feature", line=number)
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise ReadError("bad_feature", line=number)
        # Foreign identifiers live outside the properties; the importer may use them as the source's number.
        if isinstance(feature.get("id"), str | int) and "id" not in properties:
            properties = {**properties, "id": feature["id"]}
        geometry, fault = None, Fault.NONE
        try:
            geometry = _geometry(feature.get("geometry"))
        except _Refused as refused:
            fault = refused.fault
        at = len(self.geometries)
        for name, value in properties.items():
            if (column := self.columns.get(name)) is None:
                column = self.columns[name] = []
            column.extend([None] * (at - len(column)))
            text, spoilt = _storable(value)
            column.append(text)
            if spoilt:
                fault = fault or Fault.BAD_TEXT
        self.geometries.append(geometry)
        self.faults.append(fault)

    def table(self) -> pa.Table:
        count = len(self.geometries)
        lines = np.arange(self.first_line, self.first_line + count)
        data = {
            GEOMETRY: pa.array(shapely.to_wkb(np.array(self.geometries, dtype=object)), pa.binary()),
            LINE: pa.array(lines, pa.int64()),
            FAULT: pa.array(np.array(self.faults, dtype=np.uint8)),
        }
        for name, values in self.columns.items():
            data[name] = _column(values + [None] * (count - len(values)))
        return pa.table(data)


def _storable(value) -> tuple[object, bool]:
    """A scalar as it is; lists and objects as JSON text; and whether the text holds what UTF-8 cannot."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        clean = value.encode("utf-8", "replace").decode()
        return clean, clean != value
    return value, False


def _column(values: list) -> pa.Array:
    """Numbers when all are, truth values when all are, otherwise text as the file shows it."""
    kinds = {type(value) for value in values if value is not None}
    try:
        if kinds == {int, float}:
            return pa.array(values, pa.float64())
        if kinds <= {bool} or kinds <= {int} or kinds <= {float}:
            return pa.array(values)
    except (pa.ArrowInvalid, OverflowError):
        pass  # whole numbers beyond 64 bits stay text
    return pa.array([None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values], pa.string())


def read(path: Path, **_options) -> Stream:
    """The whole file is parsed before the first batch leaves: columns and their types are known only at its end."""
    meta, tables = Meta("geojson", encoding="UTF-8"), []
    rows = _Rows(1)
    number = 0
    for number, feature in enumerate(_features(_Text(path), meta), start=1):
        rows.add(feature, number)
        if len(rows.geometries) >= BATCH_ROWS:
            tables.append(rows.table())
            rows = _Rows(number + 1)
    tables.append(rows.table())
    if number == 0:
        raise ReadError("no_features")
    meta.count = number
    kinds: dict[str, pa.DataType] = {}
    for table in tables:
        for field in table.schema:
            kinds[field.name] = _common(kinds.get(field.name, pa.null()), field.type)
    names = [name for name in kinds if name not in (GEOMETRY, LINE, FAULT)]
    schema = schema_of(pa.field(shown, _not_null(kinds[name])) for shown, name in zip(unique_names(names, meta), names, strict=True))
    meta.columns = schema.names[3:]
    return Stream(meta, schema, (batch for table in tables for batch in _fitted(table, names, schema).to_batches()))


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    return pa.float64() if {one, other} == {pa.int64(), pa.float64()} else pa.string()


def _not_null(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_null(kind) else kind


def _fitted(table: pa.Table, names: list[str], schema: pa.Schema) -> pa.Table:
    arrays = [table[name] for name in (GEOMETRY, LINE, FAULT)]
    for name, field in zip(names, list(schema)[3:], strict=True):
        found = table[name] if name in table.schema.names else pa.nulls(len(table), field.type)
        arrays.append(found.cast(field.type))
    return pa.table(arrays, schema=schema).combine_chunks()
