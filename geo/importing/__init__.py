"""Files into layers: read → plan → report → apply. The dry run is the default; a batch can be taken back.

    report = importing.run("compounds", "小区.xlsx", datum="gcj02", now=now)               what it would do
    report = importing.run("compounds", "小区.xlsx", datum="gcj02", now=now, commit=True)  one batch, all or nothing
    importing.revert(report.batch, by=user, now=now)
"""
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connections, transaction

from geo.coords import Datum, DatumError, parse_datum
from geo.importing import loading, planning, sql
from geo.importing.applying import apply, revert
from geo.importing.columns import match
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
    using: str = "default",
) -> Report:
    """Import a file into a layer, or say what that would do. Raises ImportRefused or ReadError; then nothing is written.

    `datum` has no default: see geo.coords. `part` names a layer of a GPKG or a sheet of a workbook. `by` limits the import to
    the account's own territory. Rejected rows are left out and reported; the others are written in one transaction.
    """
    task = _Task(_layer(layer_name), Path(path), _datum(datum), by, now, commit, part, encoding, using)
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
    using: str

    def carry_out(self, cursor, *, quick: bool = False) -> Report:
        """Read, plan, report and, where that was asked for, write. `quick` loads a first file without a stage if it can."""
        layer = self.layer
        with Source(self.path, layer=self.part, encoding=self.encoding) as source:
            report = Report(layer.name, str(layer.title), self.path.name, self.datum.name, source.meta)
            mapping = match(layer, source.meta)
            report.ignored = mapping.ignored
            _check_datum(source.meta, self.datum)
            held = planning.territory(layer.model, on=self.now.astimezone(_SHANGHAI).date(), using=self.using, prefix=_prefix(self.by))
            stager = Stager(layer.shape, mapping, self.datum, held, source.meta.geometry_columns, report, *_labels(layer))
            if quick and loading.suits(source, mapping):
                loading.load(cursor, layer, mapping, source, stager, **self._batch())
                return report
            plan = planning.make(cursor, layer, mapping, source, stager)
            if self.commit and not report.writes:
                raise ImportRefused("nothing")
            if self.commit:
                apply(cursor, plan, **self._batch())
        return report

    def _batch(self) -> dict:
        return {"file_name": self.path.name, "sha256": _sha256(self.path), "datum": self.datum.name, "by": self.by, "now": self.now}


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
