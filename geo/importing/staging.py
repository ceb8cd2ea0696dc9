"""From batches of the reader to rows of the stage: judged, parsed, placed, as CSV for COPY."""
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely

from geo.coords import Datum
from geo.faults import SHAPES, Fault
from geo.geometry import Bounds, Judged, judge
from geo.importing.columns import KEY, Mapping
from geo.importing.lookup import Outlines, assign
from geo.importing.report import Report
from geo.importing.values import Parsed, Target, as_text, parse
from geo.readers import FAULT, GEOMETRY, LINE, Source
from geo.spreadsheets import unprotect

# Large enough for the trees to pay, small enough to keep an import of any size within 200 MB above its programs: a byte of the file's
# geometry is held some ten times over on its way (as Arrow, as GEOS objects, as text).
CHUNK_ROWS, CHUNK_BYTES = 60_000, 6 << 20
_WRITE = pa.csv.WriteOptions(include_header=False)


@dataclass
class Territory:
    """What places are looked up in: division outlines, deepest level first, and the outlines behind foreign keys.

    `prefix` is the code of the importer's own division, empty for the whole system.
    """

    levels: list[Outlines]
    holders: dict[str, Outlines]
    bounds: Bounds
    prefix: str = ""


@dataclass
class Stager:
    shape: str
    mapping: Mapping
    datum: Datum
    territory: Territory
    geometry_columns: list[str]
    report: Report
    place_label: str
    geometry_label: str
    number_from: int = 0
    spoilt: list[tuple[int, str]] = field(default_factory=list)
    keys: list[pa.Array] = field(default_factory=list)

    def columns(self) -> list[str]:
        """Of the stage, in the order of the CSV."""
        return ["line", *(target.name for _, target in self.mapping.fields), "geom", "division_id", *self.territory.holders]

    def chunks(self, source: Source) -> Iterator[pa.Buffer]:
        """CSV of the good rows; what is wrong with the others goes to the report and `spoilt`."""
        waiting, rows, size = [], 0, 0
        for batch in _small(source):
            if waiting and size + batch.nbytes > CHUNK_BYTES:
                yield self._csv(waiting)
                waiting, rows, size = [], 0, 0
            waiting.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= CHUNK_ROWS:
                yield self._csv(waiting)
                waiting, rows, size = [], 0, 0
        if rows:
            yield self._csv(waiting)

    def _csv(self, batches: list[pa.RecordBatch]) -> pa.Buffer:
        table = pa.Table.from_batches(batches)
        columns = {name: table[name].combine_chunks() for name in table.schema.names}
        if self.report.meta.kind in ("csv", "xlsx"):
            columns = {name: unprotect(column) if pa.types.is_string(column.type) else column for name, column in columns.items()}
        known = columns[FAULT].to_numpy(zero_copy_only=False)
        judged = judge(columns[GEOMETRY], shape=self.shape, datum=self.datum, fault=known, bounds=self.territory.bounds)
        divisions = self._placed(judged)
        parsed = [(header, target, parse(columns[header], target)) for header, target in self.mapping.fields]
        good = judged.fault == 0
        for _header, _target, one in parsed:
            good &= one.faults == 0
        self.report.read_count += len(good)
        lines = columns[LINE].to_numpy(zero_copy_only=False)
        if not good.all():
            self._note_faults(lines, good, judged, parsed, columns)
        self._note_repairs(lines, good, judged)
        holders = [pa.array(assign(judged.x, judged.y, [outlines]), pa.int64()) for outlines in self.territory.holders.values()]
        numbers = pc.add(columns[LINE], self.number_from) if self.number_from else columns[LINE]
        arrays = [numbers, *(one.values for _, _, one in parsed), judged.ewkb_hex(), pa.array(divisions, pa.string()), *holders]
        rows = pa.table(arrays, names=self.columns())
        if not good.all():
            rows = rows.filter(pa.array(good))
        if KEY in rows.column_names:
            self.keys += rows[KEY].chunks
        sink = pa.BufferOutputStream()
        pa.csv.write_csv(rows, sink, _WRITE)
        return sink.getvalue()

    def all_keys_differ(self) -> bool:
        """True where nothing is left to ask the database: every row has a key of its own that no rejected row has."""
        keys = pa.chunked_array(self.keys, pa.string())
        complete = self.report.read_count == len(keys) + self.report.rejected_count and not keys.null_count
        if not complete or not self.keys or pc.count_distinct(keys).as_py() != len(keys):
            return False
        spoilt = pa.array([key for _line, key in self.spoilt], pa.string())
        return not pc.any(pc.is_in(spoilt, value_set=keys)).as_py()

    def _placed(self, judged: Judged) -> np.ndarray:
        """Division codes; geometry outside every outline, or outside the importer's own territory, becomes a fault."""
        codes = assign(judged.x, judged.y, self.territory.levels)
        nowhere = np.equal(codes, None)
        judged.fault = np.where((judged.fault == 0) & nowhere, Fault.OUTSIDE, judged.fault).astype(np.uint8)
        if self.territory.prefix:
            mine = np.char.startswith(np.where(nowhere, "", codes).astype(str), self.territory.prefix)
            judged.fault = np.where((judged.fault == 0) & ~mine, Fault.NOT_YOURS, judged.fault).astype(np.uint8)
        return codes

    def _note_faults(self, lines: np.ndarray, good: np.ndarray, judged: Judged, parsed: list, columns: dict[str, pa.Array]) -> None:
        report = self.report
        report.rejected_count += int((~good).sum())
        report.outside_count += int((judged.fault == Fault.OUTSIDE).sum())
        for row in np.flatnonzero(judged.fault):
            fault = Fault(judged.fault[row])
            params = {}
            if fault == Fault.WRONG_SHAPE:
                params = {"wanted": SHAPES[self.shape]}
            elif fault == Fault.TOO_MANY_VERTICES:
                params = {"count": judged.vertex_counts.get(int(row), ""), "limit": judged.vertex_limit}
            of_text = fault in (Fault.BAD_TEXT, Fault.EXTRA_CELLS)
            report.reject(lines[row], "" if of_text else self.geometry_label, fault, self._where(columns, int(row)), **params)
        for header, target, one in parsed:
            for row in np.flatnonzero(one.faults):
                fault = Fault(one.faults[row])
                report.reject(lines[row], target.label, fault, columns[header][int(row)].as_py(), **_params(fault, target, one, int(row)))
        self._note_spoilt(lines, good, columns)

    def _note_spoilt(self, lines: np.ndarray, good: np.ndarray, columns: dict[str, pa.Array]) -> None:
        """Keys of rejected rows: a good row of the same key is a duplicate all the same."""
        header = next((header for header, target in self.mapping.fields if target.name == KEY), None)
        if header is not None:
            rows = pa.array(np.flatnonzero(~good))
            keys = as_text(columns[header].take(rows)).to_pylist()
            self.spoilt += [(int(line), key) for line, key in zip(lines[~good], keys, strict=True) if key]

    def _note_repairs(self, lines: np.ndarray, good: np.ndarray, judged: Judged) -> None:
        self.report.count_repairs(judged.repair[good])
        for mending in judged.mendings:
            if good[mending.row]:
                self.report.mend(lines[mending.row], mending)

    def _where(self, columns: dict[str, pa.Array], row: int) -> str:
        """The coordinates as the file has them."""
        if self.geometry_columns:
            return ", ".join(str(columns[name][row].as_py() or "") for name in self.geometry_columns)
        wkb = columns[GEOMETRY][row].as_py()
        geometry = shapely.from_wkb(wkb, on_invalid="ignore") if wkb else None
        if geometry is None:
            return ""
        if geometry.geom_type == "Point" and not geometry.is_empty:
            return f"{geometry.x:.9g}, {geometry.y:.9g}"
        return geometry.geom_type


def _small(source: Source) -> Iterator[pa.RecordBatch]:
    """The source's batches, those of large outlines cut: none above CHUNK_BYTES but a single row."""
    for batch in source:
        at_once = max(1, batch.num_rows * CHUNK_BYTES // max(batch.nbytes, 1))
        for first in range(0, batch.num_rows, at_once):
            yield batch.slice(first, at_once)


def _params(fault: Fault, target: Target, parsed: Parsed, row: int) -> dict:
    return {
        Fault.BAD_CHOICE: {"choices": target.choice_labels},
        Fault.TOO_LONG: {"limit": target.limit},
        Fault.TOO_SMALL: {"limit": target.minimum},
        Fault.TOO_LARGE: {"limit": target.maximum},
        Fault.PERSONAL: {"kind": parsed.personal.get(row, "id_card")},
    }.get(fault, {})
