"""CSV as people have it: with or without byte order mark, UTF-8 or GB18030, comma, semicolon or tab."""
import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.faults import Fault
from geo.readers.batches import BATCH_ROWS, Meta, Stream, schema_of, unique_names
from geo.readers.errors import ReadError
from geo.readers.tables import coordinate_columns, geometries

_CHUNK = 1 << 20
_CELL_CHARACTERS = 16 * _CHUNK
_BATCH_CHARACTERS = 32 * _CHUNK
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAID = {"utf8": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "936": "gb18030", "cp936": "gb18030"}
_SHOWN = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}


def known_encoding(said: str) -> str:
    """Python's name for an encoding that a person or a .cpg file names. GB18030 reads all of GBK and GB2312."""
    found = _SAID.get(said.strip().lower().replace("-", "").replace("_", "").removeprefix("ansi"))
    if found is None:
        raise ReadError("unknown_encoding", encoding=said[:40])
    return found


def shown_encoding(encoding: str) -> str:
    return _SHOWN[encoding]


def _bad_line(path: Path, encoding: str) -> int | None:
    """The line that is not of this encoding; None if the whole file is. A byte order mark is allowed."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as problem:
                return line + problem.object.count(b"\n", 0, problem.start)
            if "\0" in text:
                raise ReadError("nul_byte", line=line + text.count("\n", 0, text.index("\0")))
            if not chunk:
                return None
            line += text.count("\n")


def encoding_of(path: Path, said: str | None, meta: Meta) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if said:
        candidates = [known_encoding(said)]
    else:
        candidates = [name for mark, name in _MARKS if head.startswith(mark)] or ["utf-8-sig", "gb18030"]
    wrong = [_bad_line(path, candidates[0])]
    if wrong[0] is not None and len(candidates) > 1:
        wrong.append(_bad_line(path, candidates[1]))
    if wrong[-1] is not None:
        raise ReadError("bad_encoding", line=wrong[0], encoding=_SHOWN[candidates[0]])
    chosen = candidates[len(wrong) - 1]
    if len(candidates) > 1 and chosen != "utf-8-sig":
        meta.warn("encoding_guessed", encoding=_SHOWN[chosen])
    meta.encoding = _SHOWN[chosen]
    return chosen


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which the row begins, cells) of every row that is not blank."""
    csv.field_size_limit(_CELL_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        before = 0
        try:
            for cells in reader:
                if any(cells):
                    yield before + 1, cells
                before = reader.line_num
        except csv.Error:
            raise ReadError("bad_csv", line=before + 1) from None


def read(path: Path, *, encoding: str | None = None, coordinates: list[str] | None = None, **_options) -> Stream:
    meta = Meta("csv", line_is="line")
    rows = _rows(path, encoding_of(path, encoding, meta))
    _line, header = next(rows, (0, []))
    kept = [number for number, name in enumerate(header) if name.strip()]
    if not kept:
        raise ReadError("no_header")
    for number in sorted(set(range(len(header))) - set(kept)):
        meta.warn("unnamed_column", number=number + 1)
    meta.columns = unique_names([header[number] for number in kept], meta)
    meta.geometry_columns = coordinate_columns(meta.columns, coordinates)
    schema = schema_of(pa.field(name, pa.string()) for name in meta.columns)
    return Stream(meta, schema, _batches(rows, kept, len(header), schema, meta))


def _batches(rows: Iterator, kept: list[int], width: int, schema: pa.Schema, meta: Meta) -> Iterator[pa.RecordBatch]:
    lines, cells, characters, total = [], [], 0, 0
    for line, row in rows:
        lines.append(line)
        cells.append(row)
        characters += sum(map(len, row))
        if len(lines) >= BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield _batch(lines, cells, kept, width, schema, meta)
            total += len(lines)
            lines, cells, characters = [], [], 0
    if lines:
        yield _batch(lines, cells, kept, width, schema, meta)
    elif not total:
        raise ReadError("no_features")


def _batch(lines: list, cells: list, kept: list[int], width: int, schema: pa.Schema, meta: Meta) -> pa.RecordBatch:
    extra = np.zeros(len(cells), np.uint8)
    for number, row in enumerate(cells):
        if len(row) != width:
            extra[number] = Fault.EXTRA_CELLS if any(row[width:]) else 0
            cells[number] = (row + [""] * width)[:width]
    by_column = list(zip(*cells, strict=True))
    columns = {name: pa.array(by_column[number], pa.string()) for name, number in zip(meta.columns, kept, strict=True)}
    wkb, faults = geometries([columns[name] for name in meta.geometry_columns], len(cells))
    return pa.record_batch([wkb, pa.array(lines, pa.int64()), pa.array(np.where(extra, extra, faults)), *columns.values()], schema=schema)
