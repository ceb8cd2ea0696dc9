"""Writing a plan as one batch, and taking a batch back."""
from datetime import datetime

from django.apps import apps
from django.db import IntegrityError, connections, models, transaction
from django.db.backends.utils import CursorWrapper

from geo.importing import bulk, references, sql
from geo.importing.columns import KEY, found_by_place
from geo.importing.errors import ImportRefused
from geo.importing.planning import Plan
from geo.layers import Layer, registry
from geo.models import Batch, User


def new_batch(
    cursor: CursorWrapper, layer: Layer, *, file_name: str, sha256: str, datum: str, by: User | None, now: datetime, counts: dict
) -> Batch:
    return Batch.objects.using(cursor.db.alias).create(
        layer=layer.name, file_name=file_name[:255], sha256=sha256, datum=datum, counts=counts, applied_by=by, applied_at=now
    )


def apply(cursor: CursorWrapper, plan: Plan, *, now: datetime, **batch_fields) -> Batch:
    """Write new and changed rows of the plan, in the plan's own transaction. The fields are those of `new_batch`."""
    table, report = plan.table, plan.report
    batch = new_batch(cursor, plan.layer, now=now, counts=report.as_counts(), **batch_fields)
    stamp = {"batch_id": batch.pk, "moment": now}
    compared = [column for column in plan.staged if column != KEY]
    resettling = references.Resettling(cursor, plan.layer.model, batch.pk)
    if report.changed_count:
        cursor.execute(sql.keep_before(table, _restorable(plan.layer.model)), [batch.pk])
        if resettling.references:
            cursor.execute(sql.take_over(table), [batch.pk])
            resettling.note()
        cursor.execute(sql.update_changed(table, compared), stamp)
    if report.new_count:
        _insert(cursor, plan, stamp)
    settle_new(cursor, plan.layer, report, batch, resettling)
    return batch


def _insert(cursor: CursorWrapper, plan: Plan, stamp: dict) -> None:
    values = {**plan.constant, **stamp}
    if not bulk.suits(cursor, plan.table, plan.report.new_count):
        cursor.execute(sql.insert_new(plan.table, plan.staged, list(plan.constant)), values)
        return
    with bulk.many_rows(cursor, plan.table, plan.layer.name) as last:
        cursor.execute(sql.insert_new(plan.table, plan.staged, list(plan.constant), numbered=True), {**values, "last": last})


def settle_new(cursor: CursorWrapper, layer: Layer, report, batch: Batch, resettling: references.Resettling | None = None) -> None:
    """After the rows are written: what lies in new or moved outlines, and the batch's number for the report."""
    resettling = resettling or references.Resettling(cursor, layer.model, batch.pk)
    resettling.note()
    report.resettled_count = resettling.settle()
    report.batch = batch.pk


def _restorable(model: type[models.Model]) -> list[str]:
    found_again = {field.column for field in found_by_place(model)}
    fields = [field for field in model._meta.concrete_fields if not field.generated and not field.primary_key]
    return [field.column for field in fields if field.column not in found_again]


def revert(number: int, *, by: User | None, now: datetime, using: str = "default") -> Batch:
    """Take exactly one batch back: its new rows go, its changed rows get their former values. Refuses, with the reason,
    when a later batch or a person has touched the same rows since."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        batch = Batch.objects.using(using).select_for_update().filter(pk=number).first()
        if batch is None:
            raise ImportRefused("unknown_batch", number=number)
        if batch.state == Batch.State.REVERTED:
            raise ImportRefused("already_reverted", number=number, when=f"{batch.reverted_at:%Y-%m-%d %H:%M}")
        layer = registry[batch.layer]
        table = layer.model._meta.db_table
        cursor.execute(sql.WITHOUT_HISTORY)
        cursor.execute(sql.lock_table(table))
        _refuse_what_moved_on(cursor, batch, table)
        restored, deleted = _take_back(cursor, batch, layer)
        Batch.objects.using(using).filter(pk=number, state=Batch.State.APPLIED).update(
            state=Batch.State.REVERTED, reverted_at=now, reverted_by=by, counts={**batch.counts, "restored": restored, "deleted": deleted}
        )
        batch.refresh_from_db()
        return batch


def _take_back(cursor: CursorWrapper, batch: Batch, layer: Layer) -> tuple[int, int]:
    """How many rows got their former values, and how many were deleted."""
    table = layer.model._meta.db_table
    resettling = references.Resettling(cursor, layer.model, batch.pk)
    resettling.note()
    resettling.release()
    references.drop_computed(layer.model, batch.pk)
    try:
        cursor.execute(sql.delete_new(table), {"batch": batch.pk})
        deleted = cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as problem:
        raise ImportRefused("referenced", number=batch.pk, table=_referring_table(problem)) from problem
    former = [column for column in _restorable(layer.model) if column != "batch_id"]
    cursor.execute(sql.restore(table, former), [batch.pk])
    restored = cursor.rowcount
    resettling.note()
    cursor.execute(sql.restore(table, ["batch_id"]), [batch.pk])
    resettling.settle()
    references.settle_restored(cursor, layer.model, layer.shape, batch.pk)
    return restored, deleted


def _refuse_what_moved_on(cursor: CursorWrapper, batch: Batch, table: str) -> None:
    cursor.execute(sql.LATER, {"batch": batch.pk, "layer": batch.layer})
    if later := cursor.fetchone():
        raise ImportRefused("later_batch", number=batch.pk, later=later[0], count=later[1])
    cursor.execute(sql.gone(table), [batch.pk])
    if gone := cursor.fetchone()[0]:
        raise ImportRefused("gone", number=batch.pk, count=gone)
    cursor.execute(sql.edited(table), [batch.pk, batch.applied_at])
    count, example = cursor.fetchone()
    if count:
        raise ImportRefused("edited", number=batch.pk, count=count, example=example)


def _referring_table(problem: IntegrityError) -> str:
    """The Chinese name of the table that still refers to a row of the batch."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    named = getattr(diagnosis, "table_name", "") or ""
    return str(next((model._meta.verbose_name for model in apps.get_models() if model._meta.db_table == named), named))
