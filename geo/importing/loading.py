"""The first file of a layer, straight into its empty table: nothing to compare with, so the stage is left out.

What only the stage can judge line by line (two rows of one key, a broken rule of the table) ends it with `StageNeeded`;
the caller then goes the long way, in the same transaction.
"""
from collections.abc import Iterable, Iterator
from datetime import datetime

import psycopg
import pyarrow as pa
from django.db import DataError, IntegrityError, transaction
from django.db.backends.utils import CursorWrapper

from geo.importing import applying, bulk, planning, sql
from geo.importing.columns import KEY, Mapping, constants
from geo.importing.report import Report
from geo.importing.staging import Stager
from geo.layers import Layer
from geo.models import Batch
from geo.readers import Source

# A short line of a text file.
_ROW_BYTES = 40


class StageNeeded(Exception):
    """The file cannot be loaded without the stage."""


def is_possible(cursor: CursorWrapper, layer: Layer) -> bool:
    table = layer.model._meta.db_table
    cursor.execute(sql.holds_rows(table))
    return not cursor.fetchone()[0] and bulk.is_owner(cursor, table)


def suits(source: Source, mapping: Mapping) -> bool:
    """Small files are not worth locking readers out; without keys of their own, rows need the stage to get them."""
    count = source.meta.count
    if count is None:  # only reading to the end would tell
        count = source.path.stat().st_size / _ROW_BYTES
    return mapping.has_key and count >= bulk.ROWS


def load(
    cursor: CursorWrapper, layer: Layer, mapping: Mapping, rows: Iterable[pa.RecordBatch], stager: Stager, *, now: datetime, **batch
) -> None:
    """Write every good row and fill the report. `batch` is what `applying.new_batch` wants. Raises StageNeeded."""
    table, report = layer.model._meta.db_table, stager.report
    written = applying.new_batch(cursor, layer, now=now, counts={}, **batch)
    given = {target.name for _, target in mapping.fields}
    fixed = {**constants(layer.model, given | {KEY}), "batch_id": written.pk, "created_at": now, "updated_at": now}
    try:
        with bulk.many_rows(cursor, table, layer.name) as last:
            with bulk.defaults(cursor, table, fixed), cursor.copy(sql.copy_rows(table, stager.columns()[1:])) as copy:
                for chunk in planning.made_ahead(_numbered(stager, rows, last)):
                    copy.write(memoryview(chunk))
            if not stager.all_keys_differ():
                raise StageNeeded
    except (IntegrityError, DataError, psycopg.IntegrityError, psycopg.DataError) as problem:  # COPY raises the driver's own
        raise StageNeeded from problem
    report.new_count = report.read_count - report.rejected_count
    applying.settle_new(cursor, layer, report, written)
    Batch.objects.using(cursor.db.alias).filter(pk=written.pk).update(counts=report.as_counts())


def _numbered(stager: Stager, rows: Iterable[pa.RecordBatch], last: int) -> Iterator:
    stager.number_from = last
    return stager.chunks(rows)


def attempt(cursor: CursorWrapper, work) -> Report | None:
    """What `work` gives, or None, with nothing written, where the stage is needed."""
    try:
        with transaction.atomic(using=cursor.db.alias):
            return work()
    except StageNeeded:
        return None
