"""Files that GDAL reads, as Arrow record batches; only the driver of the file's own kind can open anything."""
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geo.faults import Fault
from geo.readers.archives import unpack_shapefile
from geo.readers.batches import Meta, Stream, rows_at_once, schema_of, unique_names
from geo.readers.errors import ReadError
from geo.readers.nesting import too_deep
from geo.readers.text import known_encoding, shown_encoding


def read_gpkg(path: Path, *, layer: str | None = None, **_options) -> Stream:
    meta = Meta("gpkg", encoding="UTF-8")
    meta.parts = _gpkg_layers(path)
    meta.layer = choose_layer(meta.parts, layer)
    return open_vector(path, meta, "GeoPackage")


def read_flatgeobuf(path: Path, **_options) -> Stream:
    return open_vector(path, Meta("flatgeobuf", encoding="UTF-8"), "FlatGeobuf")


def read_shapefile(path: Path, *, folder: Path, layer: str | None = None, encoding: str | None = None, **_options) -> Stream:
    """`folder` is an empty directory that the caller removes."""
    meta = Meta("shapefile")
    meta.layer, shape = unpack_shapefile(path, folder, layer)
    if not shape.with_suffix(".prj").exists():
        meta.warn("no_prj")
    chosen = _dbf_encoding(shape.with_suffix(".dbf"), shape.with_suffix(".cpg"), encoding, meta)
    meta.encoding = shown_encoding(chosen)
    shape.with_suffix(".cpg").unlink(missing_ok=True)
    return open_vector(shape, meta, "Shapefile", encoding="UTF-8" if chosen == "utf-8-sig" else "GB18030")


def _gpkg_layers(path: Path) -> list[str]:
    """The layers there are. A view or a virtual table could run functions that reach outside the file: refused."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            names = [name for (name,) in database.execute("SELECT table_name FROM gpkg_geometry_columns ORDER BY table_name")]
            made = database.execute("SELECT type, name, lower(coalesce(sql, '')) FROM sqlite_master").fetchall()
    except (sqlite3.DatabaseError, UnicodeError):
        raise ReadError("broken", kind="GeoPackage") from None
    for kind, name, sql in made:
        if kind == "table" and sql.startswith("create virtual") and "using rtree" not in sql:
            raise ReadError("unsafe_content", what=name[:80])
        if kind == "view" and name in names:
            raise ReadError("unsafe_content", what=name[:80])
    return names


def layers_of(path: Path, kind: str) -> list[str]:
    """The layers that hold a feature, in the file's order."""
    try:
        named = [str(name) for name, _shape in pyogrio.list_layers(path)]
        return [name for name in named if pyogrio.read_info(path, layer=name, force_feature_count=True)["features"]]
    except (DataSourceError, DataLayerError, OSError, ValueError):
        raise ReadError("broken", kind=kind) from None


def choose_layer(names: list[str], wanted: str | None) -> str:
    if not names:
        raise ReadError("no_layer")
    if wanted is None and len(names) > 1:
        raise ReadError("which_layer", names="、".join(names), parts=names)
    if wanted is not None and wanted not in names:
        raise ReadError("unknown_layer", name=wanted[:80], names="、".join(names), parts=names)
    return wanted or names[0]


def open_vector(path: Path, meta: Meta, kind: str, *, without: Collection[str] = (), renamed: Mapping[str, str] = {}, **options) -> Stream:
    """`meta.layer` says which layer, if it is named at all; `without` are columns that nobody wants, `renamed` gives names back."""
    layer = meta.layer if meta.kind != "shapefile" else None
    try:
        count = pyogrio.read_info(path, layer=layer or None)["features"]
        rows = rows_at_once(path.stat().st_size, count)
        source = pyogrio.open_arrow(path, layer=layer or None, use_pyarrow=True, return_fids=True, batch_size=rows, **options)
        info, reader = source.__enter__()
    except (DataSourceError, DataLayerError, OSError, ValueError):
        raise ReadError("broken", kind=kind) from None
    if info["geometry_type"] is None:
        raise ReadError("no_layer")
    _note_crs(info["crs"], meta)
    meta.count = _shapefile_count(path) if meta.kind == "shapefile" else None
    geometry = info["geometry_name"] or "wkb_geometry"
    fid = info["fid_column"] or "OGC_FID"
    kept = []
    for number, field in enumerate(reader.schema):
        if field.name in (geometry, fid) or field.name in without:
            continue
        if _importable(field.type):
            kept.append(number)
        else:
            meta.warn("column_skipped", name=field.name)
    names = [renamed.get(name, name) for name in (reader.schema.names[number] for number in kept)]
    meta.columns = unique_names(names, meta)
    schema = schema_of(pa.field(name, _shown(reader.schema.field(number).type)) for name, number in zip(meta.columns, kept, strict=True))
    at = reader.schema.names.index(fid), reader.schema.names.index(geometry), kept
    return Stream(meta, schema, _batches(source, reader, at, schema, meta))


def _batches(source, reader, at: tuple, schema: pa.Schema, meta: Meta) -> Iterator[pa.RecordBatch]:
    fid_at, geometry_at, kept = at
    # Records count from 0 in GDAL except where the file itself numbers them, from 1 for people.
    first = 1 if meta.kind in ("shapefile", "flatgeobuf", "gml") else 0
    empty = True
    for batch in reader:
        if not batch.num_rows:
            continue
        empty = False
        geometry = batch.column(geometry_at)
        geometry = getattr(geometry, "storage", geometry).cast(pa.binary())
        line = pa.array(batch.column(fid_at).to_numpy(zero_copy_only=False) + first, pa.int64())
        deep = too_deep(geometry)
        faults = pa.array(np.where(deep, Fault.BROKEN_GEOMETRY, 0).astype(np.uint8))
        if deep.any():
            geometry = pc.if_else(pa.array(deep), pa.scalar(None, pa.binary()), geometry)
        columns = [batch.column(number).cast(field.type) for number, field in zip(kept, list(schema)[3:], strict=True)]
        yield pa.record_batch([geometry, line, faults, *columns], schema=schema)
    source.__exit__(None, None, None)
    if empty:
        raise ReadError("no_features")


def _importable(kind: pa.DataType) -> bool:
    simple = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return any(test(kind) for test in simple) or pa.types.is_temporal(kind)


def _shown(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(kind) else kind


def _note_crs(crs: str | None, meta: Meta) -> None:
    if crs:
        meta.declared_crs = crs[:200]
        authority, _, code = crs.partition(":")
        if authority == "EPSG" and code.isdigit():
            meta.declared_epsg = int(code)


def _shapefile_count(path: Path) -> int:
    """From the length of the index: 8 bytes a shape after a header of 100."""
    return (path.with_suffix(".shx").stat().st_size - 100) // 8


def _dbf_encoding(dbf: Path, cpg: Path, said: str | None, meta: Meta) -> str:
    """The encoding a person named, else the .cpg's, else UTF-8 if every text is UTF-8, else GB18030; always verified.

    The language byte of the .dbf is not asked: programs write 0x57 ("ANSI") over any text.
    """
    if said is None and cpg.exists():
        said = cpg.read_bytes()[:40].decode("ascii", "replace").strip("\0 \r\n\ufeff") or None
    texts = list(_dbf_texts(dbf))
    candidates = [known_encoding(said)] if said else ["utf-8-sig", "gb18030"]
    troubles = []
    for encoding in candidates:
        trouble = _first_trouble(texts, encoding)
        if trouble is None:
            if said is None and encoding != "utf-8-sig":
                meta.warn("encoding_guessed", encoding=shown_encoding(encoding))
            return encoding
        troubles.append(trouble)
    field, record = troubles[0]
    raise ReadError("bad_encoding_field", line=record, field=field, encoding=shown_encoding(candidates[0]))


def _dbf_texts(dbf: Path) -> Iterator[tuple[str, int, np.ndarray]]:
    """(field name, width, values as bytes) of every text column, mapped from the file, trailing blanks away."""
    head = dbf.read_bytes()[: 64 * 1024]
    count, start, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    fields, offset = [], 1
    for at in range(32, start - 1, 32):
        if head[at : at + 1] in (b"\r", b""):
            break
        name, kind, length = head[at : at + 11].split(b"\0")[0], head[at + 11 : at + 12], head[at + 16]
        fields.append((name.decode("ascii", "replace"), kind, offset, length))
        offset += length
    if width < offset or not width or dbf.stat().st_size < start + width * count:
        raise ReadError("broken", kind="Shapefile")
    if count:
        records = np.memmap(dbf, np.uint8, "r", offset=start, shape=(count, width))
        for name, kind, at, length in fields:
            if kind == b"C" and length:
                yield name, length, np.ascontiguousarray(records[:, at : at + length]).view(f"S{length}").ravel()


def _first_trouble(texts: list[tuple[str, int, np.ndarray]], encoding: str) -> tuple[str, int] | None:
    """(field, record) of the first text that is not of this encoding. A character cut by the field's width is allowed."""
    for name, width, values in texts:
        foreign = np.flatnonzero((values.view(np.uint8).reshape(len(values), width) >= 0x80).any(axis=1))
        for row in foreign:
            value = bytes(values[row])
            try:
                value.decode(encoding)
            except UnicodeDecodeError as problem:
                if not (len(value) == width and problem.end == width and width - problem.start < 4):
                    return name, int(row) + 1
    return None
