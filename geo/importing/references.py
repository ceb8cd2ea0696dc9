"""Which compound and courtyard hold a place follows from geometry alone, so it is found again when their outlines change.

An incident keeps its own batch and time of change: nobody edited it.
"""
from dataclasses import dataclass

from django.db import models
from django.db.backends.utils import CursorWrapper

from geo.importing import sql
from geo.importing.columns import found_by_place
from geo.layers import registry


@dataclass(frozen=True)
class Reference:
    """`column` of `table` names the row of `holder` whose outline holds the place."""

    table: str
    column: str
    holder: str
    is_point: bool


def to(model: type[models.Model]) -> list[Reference]:
    """The columns of other layers that are found by this model's outlines."""
    answer = []
    for layer in registry:
        for field in found_by_place(layer.model) if layer.importable else ():
            if field.related_model is model:
                answer.append(Reference(layer.model._meta.db_table, field.column, model._meta.db_table, layer.shape == "point"))
    return answer


def of(model: type[models.Model], shape: str) -> list[Reference]:
    """The columns of this model that are found by other outlines."""
    table = model._meta.db_table
    return [Reference(table, field.column, field.related_model._meta.db_table, shape == "point") for field in found_by_place(model)]


class Resettling:
    """Rows whose holder may change because outlines of a batch come, move or go.

    Call `note` while the outlines lie where they are and again where they will lie, then `settle`.
    """

    def __init__(self, cursor: CursorWrapper, model: type[models.Model], batch: int):
        self.cursor, self.batch, self.references = cursor, batch, to(model)

    def note(self) -> None:
        for number, reference in enumerate(self.references):
            self.cursor.execute(sql.keep_list(number))
            self.cursor.execute(sql.note_held(number, reference), {"batch": self.batch})

    def release(self) -> None:
        """Let go of holders that are about to be deleted."""
        for reference in self.references:
            self.cursor.execute(sql.release(reference), {"batch": self.batch})

    def settle(self) -> int:
        """Find the holder of every noted row; gives how many got another one."""
        changed = 0
        for number, reference in enumerate(self.references):
            self.cursor.execute(sql.settle(reference, sql.noted(number)))
            changed += self.cursor.rowcount
        return changed


def drop_computed(model: type[models.Model], batch: int) -> None:
    """Rows that were computed for new places of the batch (a draft grade, a title) go with them; what was published stays."""
    for relation in model._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            relation.related_model._base_manager.filter(**{f"{relation.field.name}__batch": batch}).delete()


def settle_restored(cursor: CursorWrapper, model: type[models.Model], shape: str, batch: int) -> None:
    """Holders of rows that got their former place back: the holder they had then may be gone."""
    for reference in of(model, shape):
        cursor.execute(sql.settle(reference, sql.restored()), {"batch": batch})
