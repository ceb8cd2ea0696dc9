"""Files into layers: read → plan → report → apply. The dry run is the default; a batch can be taken back.

    report = importing.run("compounds", "小区.xlsx", datum="gcj02", now=now)               what it would do
    report = importing.run("compounds", "小区.xlsx", datum="gcj02", now=now, commit=True)  one batch, all or nothing
    importing.revert(report.batch, by=user, now=now)
"""
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from geo.coords import Datum, DatumError, parse_datum
from geo.importing import loading, planning, sql
from geo.importing.applying import apply, revert
from geo.importing.columns import coordinates, fixed_values, match
from geo.importing.errors import ImportRefused
from geo.importing.report import Report
from geo.importing.staging import Stager
from geo.layers import Layer, registry
from geo.models import User
from geo.readers import Meta, ReadError, Source

__all__ = ["ImportRefused", "ReadError", "Report", "revert", "run"]

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def run(
    layer_name: str,
    path: Path | str,
    *,
    datum: str | None,
    now: datetime,
    by: User | None = None,
    commit: bool = False,
    part: str | None = None,
    encoding: str | None = None,
    chosen: Mapping[str, str] | None = None,
    name: str = "",
    progress: Callable[[int, int | None], None] | None = None,
    then: Callable[[CursorWrapper, planning.Plan], None] | None = None,
    using: str = "default",
) -> Report:
    """Import a file into a layer, or say what that would do. Raises ImportRefused or ReadError; then nothing is written.

    `datum` has no default: see geo.coords. `part` names a layer of a GPKG or a sheet of a workbook. `by` limits the import to
    the account's own territory. Rejected rows are left out and reported; the others are written in one transaction.
    `chosen` says which column becomes what (see geo.importing.columns.match), `name` what the file is called, if not as on disk.
    `progress` hears of rows read and of their count where it is known; `then` runs at the end, inside the transaction.
    """
    task = _Task(_layer(layer_name), Path(path), _datum(datum), by, now, commit, part, encoding, chosen, name, progress, then, using)
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        if not commit:
            report = task.carry_out(cursor)
            transaction.set_rollback(True, using=using)
            return report
        _lock(cursor, task.layer)
        quick = loading.is_possible(cursor, task.layer) and loading.attempt(cursor, lambda: task.carry_out(cursor, quick=True))
        return quick or task.carry_out(cursor)


@dataclass(frozen=True)
class _Task:
    layer: Layer
    path: Path
    datum: Datum
    by: User | None
    now: datetime
    commit: bool
    part: str | None
    encoding: str | None
    chosen: Mapping[str, str] | None
    name: str
    progress: Callable[[int, int | None], None] | None
    then: Callable[[CursorWrapper, planning.Plan], None] | None
    using: str

    def carry_out(self, cursor: CursorWrapper, *, quick: bool = False) -> Report:
        """Read, plan, report and, where that was asked for, write. `quick` loads a first file without a stage if it can."""
        layer = self.layer
        with Source(self.path, layer=self.part, encoding=self.encoding, coordinates=coordinates(self.chosen)) as source:
            report = Report(layer.name, str(layer.title), self.name or self.path.name, self.datum.name, source.meta)
            mapping = match(layer, source.meta, self.chosen)
            report.ignored = mapping.ignored
            _check_datum(source.meta, self.datum)
            held = planning.territory(layer.model, on=self.now.astimezone(_SHANGHAI).date(), using=self.using, prefix=_prefix(self.by))
            stager = Stager(layer.shape, mapping, self.datum, held, source.meta.geometry_columns, report, *_labels(layer))
            rows = _as_told(source, fixed_values(self.chosen), self.progress)
            if quick and self.then is None and loading.suits(source, mapping):
                loading.load(cursor, layer, mapping, rows, stager, **self._batch(report))
                return report
            plan = planning.make(cursor, layer, mapping, rows, stager)
            if self.commit and not report.writes:
                raise ImportRefused("nothing")
            if self.commit:
                apply(cursor, plan, **self._batch(report))
            if self.then:
                self.then(cursor, plan)
        return report

    def _batch(self, report: Report) -> dict:
        return {"file_name": report.file_name, "sha256": _sha256(self.path), "datum": self.datum.name, "by": self.by, "now": self.now}


def _as_told(
    source: Source, fixed: dict[str, str], progress: Callable[[int, int | None], None] | None
) -> Iterator[pa.RecordBatch]:
    """The source's batches, each with the columns that have one value for the whole file."""
    rows = 0
    for batch in source:
        for header, value in fixed.items():
            batch = batch.append_column(header, pa.array([value] * batch.num_rows, pa.string()))
        yield batch
        rows += batch.num_rows
        if progress:
            progress(rows, source.meta.count)


def _layer(name: str) -> Layer:
    layer = registry.get(name)
    if layer is None:
        raise ImportRefused("unknown_layer", name=name, names="、".join(layer.name for layer in registry if layer.importable))
    if not layer.importable:
        raise ImportRefused("not_importable", name=name)
    return layer


def _datum(said: str | None) -> Datum:
    try:
        return parse_datum(said)
    except DatumError as problem:
        raise ImportRefused("datum", given=said or "—", choices="、".join(problem.choices)) from problem


def _check_datum(meta: Meta, chosen: Datum) -> None:
    """A file that declares another system than the person chose is said, not refused: its declaration is often the wrong one."""
    if meta.declared_crs and meta.declared_epsg not in {chosen.epsg, *({4326, 4490} if chosen.epsg in (4326, 4490) else ())}:
        declared = f"EPSG:{meta.declared_epsg}" if meta.declared_epsg else meta.declared_crs[:60]
        meta.warn("crs_mismatch", declared=declared, chosen=chosen.name)


def _prefix(by: User | None) -> str:
    return by.division_id or "-" if by is not None else ""


def _labels(layer: Layer) -> tuple[str, str]:
    fields = layer.model._meta
    return str(fields.get_field("division").verbose_name), str(fields.get_field("geom").verbose_name)


def _lock(cursor, layer: Layer) -> None:
    cursor.execute(sql.LOCK, [layer.name])
    if not cursor.fetchone()[0]:
        raise ImportRefused("busy")
    cursor.execute(sql.lock_table(layer.model._meta.db_table))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
