"""A queryset as Arrow chunks, the way a file shows it: Chinese labels, 是 and 否, coordinates of the chosen datum.

Rows come through COPY, one chunk in memory at a time, in a transaction of their own: the request's transaction, if there was
one, has ended when a response streams. The queryset carries the reader's rights; nothing here widens it.
"""
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import F, FloatField, Func, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import translation

from geo.coords import wgs84_to_bd09, wgs84_to_gcj02
from geo.exporting import sql
from geo.importing.columns import short_names, target_of
from geo.layers import Column, Layer
from geo.models import Division

# The first chunk is small, so that the first byte is soon on its way.
FIRST_BYTES, CHUNK_BYTES = 64 << 10, 2 << 20
X, Y, WKT = "经度", "纬度", "图形"
_SHANGHAI_US = 8 * 3600 * 10**6
_TYPES = {
    "integer": pa.int64(), "number": pa.float64(), "yes_no": pa.bool_(), "date": pa.date32(), "moment": pa.timestamp("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class OutDatum:
    """`shift` takes WGS-84 to this datum; None where they are equal. `epsg` is None for the two without a code."""

    name: str
    title: str
    epsg: int | None = None
    shift: Callable | None = None


DATUMS = {
    each.name: each
    for each in (
        OutDatum("wgs84", "WGS-84", 4326),
        OutDatum("cgcs2000", "CGCS2000", 4490),
        OutDatum("gcj02", "GCJ-02", None, wgs84_to_gcj02),
        OutDatum("bd09", "BD-09", None, wgs84_to_bd09),
    )
}


@dataclass(frozen=True)
class Field:
    """A column of the file. `short` has at most ten characters, for formats that allow no more."""

    name: str
    header: str
    short: str
    kind: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass
class Chunk:
    """Arrays of one length. `columns` are by field name; `x`, `y` for points, `geometries` (shapely) for areas."""

    columns: dict[str, pa.Array]
    x: np.ndarray | None = None
    y: np.ndarray | None = None
    geometries: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.x if self.geometries is None else self.geometries)

    def wkb(self) -> pa.Array:
        found = shapely.points(self.x, self.y) if self.geometries is None else self.geometries
        return pa.array(shapely.to_wkb(found), pa.binary())


PLACE = (
    Field("division_code", "行政区划代码", "div_code", "text"),
    Field("division_name", "行政区划", "div_name", "text"),
)
DATUM_FIELD = Field("datum", "坐标系", "datum", "text")


def fields_of(layer: Layer, *, datum: OutDatum) -> list[Field]:
    """Declared columns by their Chinese labels, then where the object lies, then the datum if it is not what everybody expects."""
    with translation.override("zh-hans"):
        short = short_names(layer)
        found = [_field(layer, column, short[column.name]) for column in layer.columns]
    return [*found, *PLACE, *([DATUM_FIELD] if datum.name != "wgs84" else [])]


@cache
def kind_of(layer: Layer, column: Column) -> str:
    """The kind that the import knows it by; "other" for what no file can bring back."""
    try:
        return target_of(layer, column).kind
    except TypeError:
        return "other"


def _field(layer: Layer, column: Column, short: str) -> Field:
    stored = layer.column_field(column)
    labels = {str(value): str(label) for value, label in stored.flatchoices or ()}
    return Field(column.name, str(stored.verbose_name), short, kind_of(layer, column), labels)


def chunks(layer: Layer, queryset: QuerySet, *, datum: OutDatum) -> Iterator[Chunk]:
    fields = fields_of(layer, datum=datum)
    reader = _Reader(layer, fields, datum, dict(Division.objects.values_list("code", "name")))
    using = queryset.db
    try:
        select, params = reader.select(queryset).query.sql_with_params()
    except EmptyResultSet:
        return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        if tuple(queryset.query.order_by or queryset.model._meta.ordering) == ("pk",):
            cursor.execute(sql.AS_FOUND)
        with cursor.copy(sql.copy_out(select), params) as copy:
            for block in _blocks(copy):
                yield reader.chunk(block)


def _blocks(copy: Iterable[bytes]) -> Iterator[bytes]:
    """Whole rows, some megabytes together. COPY sends one row in each message, says the protocol."""
    lines, size, limit = [], 0, FIRST_BYTES
    for line in copy:
        lines.append(bytes(line))
        size += len(lines[-1])
        if size >= limit:
            yield b"".join(lines)
            lines, size, limit = [], 0, CHUNK_BYTES
    if lines:
        yield b"".join(lines)


@dataclass
class _Reader:
    layer: Layer
    fields: list[Field]
    datum: OutDatum
    divisions: dict[str, str]

    @property
    def own(self) -> list[Field]:
        return [each for each in self.fields if each not in (*PLACE, DATUM_FIELD)]

    def select(self, queryset: QuerySet) -> QuerySet:
        """Refuses a queryset without a scope, as iterating it would."""
        queryset._insist()
        aliases = {}
        for number, each in enumerate(self.own):
            aliases[f"c{number}"] = Cast(each.name, TextField()) if each.kind == "other" else F(each.name)
        if self.layer.shape == "point":
            aliases |= {name: Func(F("geom"), function=f"ST_{name.upper()}", output_field=FloatField()) for name in ("x", "y")}
        else:
            aliases["wkb"] = AsWKB("geom")
        return queryset.annotate(**{f"out_{name}": made for name, made in aliases.items()}).values_list(
            "division_id", *(f"out_{name}" for name in aliases)
        )

    def chunk(self, block: bytes) -> Chunk:
        names = [f"c{number}" for number in range(len(self.own))]
        places = {"x": pa.float64(), "y": pa.float64()} if self.layer.shape == "point" else {"wkb": pa.string()}
        types = {name: _TYPES.get(each.kind, pa.string()) for name, each in zip(names, self.own, strict=True)}
        table = pa.csv.read_csv(
            io.BytesIO(block),
            read_options=pa.csv.ReadOptions(column_names=["division", *names, *places], use_threads=False, block_size=len(block) + 1),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types={"division": pa.string(), **types, **places}, true_values=["t"], false_values=["f"],
                null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            ),
        )  # fmt: skip
        read = {name: table[name].combine_chunks() for name in table.column_names}
        columns = {each.name: _shown(read[name], each) for name, each in zip(names, self.own, strict=True)}
        columns |= {"division_code": read["division"], "division_name": self._paths(read["division"])}
        columns["datum"] = pa.array([self.datum.title] * table.num_rows, pa.string())
        return self._placed(Chunk(columns), read)

    def _placed(self, chunk: Chunk, read: dict[str, pa.Array]) -> Chunk:
        shift = self.datum.shift
        if self.layer.shape == "point":
            x, y = (read[name].to_numpy(zero_copy_only=False) for name in "xy")
            chunk.x, chunk.y = shift(x, y) if shift else (x, y)
        else:
            geometries = shapely.from_wkb(pc.utf8_slice_codeunits(read["wkb"], 2).to_numpy(zero_copy_only=False))
            turned = shapely.orient_polygons(geometries)  # RFC 7946: the outer ring runs counter-clockwise
            chunk.geometries = shapely.transform(turned, lambda xy: np.column_stack(shift(xy[:, 0], xy[:, 1]))) if shift else turned
        return chunk

    def _paths(self, codes: pa.Array) -> pa.Array:
        """town and village by name: 宁安镇 · 东关社区"""
        packed = codes.dictionary_encode()
        names = []
        for code in packed.dictionary.to_pylist():
            path = [self.divisions[code[:length]] for length in (9, 12) if len(code) >= length and code[:length] in self.divisions]
            names.append(" · ".join(path) or self.divisions.get(code, ""))
        return pa.array(names, pa.string()).take(packed.indices)


def _shown(column: pa.Array, each: Field) -> pa.Array:
    if each.kind == "choice":
        found = pc.index_in(column, pa.array(list(each.labels), pa.string()))
        return pc.coalesce(pa.array(list(each.labels.values()), pa.string()).take(found), column)
    if each.kind == "yes_no":
        return pc.if_else(column, "是", "否")
    if each.kind == "moment":
        clock = pc.add(column.cast(pa.timestamp("us")), pa.scalar(_SHANGHAI_US, pa.duration("us"))).cast(pa.string())
        plain = pc.replace_substring_regex(pc.replace_substring(clock, " ", "T"), r"\.?0{6}$", "")
        return pc.binary_join_element_wise(plain, "+08:00", "")
    return column

