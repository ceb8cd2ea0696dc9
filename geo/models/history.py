"""Every edit by a person is kept as the row that it replaced, by database trigger.

An import keeps its own before-images (`BatchChange`), so that a million rows pay nothing here: it switches the triggers off
for its transaction (`siwu.history`). What follows from geometry alone, such as an incident's compound, is no edit.
"""
import pghistory
import pgtrigger
from django.contrib.gis.db.models.fields import BaseSpatialField
from django.db import models
from pghistory.models import Event

_BOOKKEEPING = {"id", "batch", "created_at", "updated_at", "geom_3857", "compound", "courtyard"}
_SWITCHED_ON = "current_setting('siwu.history', true) IS DISTINCT FROM 'off'"
_IN_AN_EDIT = "coalesce(current_setting('pghistory.context_id', true), '') <> ''"


class Kept(Event):
    """A row as it was: before an update or a removal, or as it was made. `pgh_context` says who, how and why."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pgh_label} #{self.pgh_obj_id} {self.pgh_created_at:%Y-%m-%d %H:%M}"


def keep_history(model: type[models.Model], title: object) -> type[models.Model]:
    """The append-only model of a model's former rows, with its triggers. One line in the model's own app."""
    kept = [field for field in model._meta.local_fields if not field.generated]
    differs = differing([field for field in kept if field.name not in _BOOKKEEPING])
    # A row without a batch, made within an edit: a person drew it.
    by_hand = f"{_IN_AN_EDIT} AND NEW.batch_id IS NULL" if any(field.name == "batch" for field in kept) else _IN_AN_EDIT
    return pghistory.create_event_model(
        model,
        pghistory.InsertEvent(condition=pgtrigger.Condition(f"{_SWITCHED_ON} AND {by_hand}")),
        pghistory.UpdateEvent(condition=pgtrigger.Condition(f"{_SWITCHED_ON} AND ({differs})"), row=pghistory.Old),
        pghistory.DeleteEvent(condition=pgtrigger.Condition(_SWITCHED_ON)),
        fields=[field.name for field in kept],
        obj_field=pghistory.ObjForeignKey(related_name="+"),
        context_field=pghistory.ContextJSONField(),
        context_id_field=None,
        append_only=True,
        base_model=Kept,
        model_name=f"{model.__name__}Kept",
        meta={"verbose_name": title, "verbose_name_plural": title, "ordering": ["pgh_id"]},
        abstract=False,
    )


class Frozen(pgtrigger.ReadOnly):
    """Columns that are written once, geometries among them."""

    def get_condition(self, model: type[models.Model]) -> pgtrigger.Condition:
        kept = [field for field in model._meta.local_fields if not field.generated and field.name not in (self.exclude or ())]
        return pgtrigger.Condition(differing(kept))


def differing(fields: list[models.Field]) -> str:
    """That one of them differs between OLD and NEW, for a trigger's WHEN. Geometries as their bytes: a dump is restored without a
    search path, where the extension's `=` is not found."""
    kinds = {field: "::bytea" if isinstance(field, BaseSpatialField) else "" for field in fields}
    return " OR ".join(f'OLD."{field.column}"{kind} IS DISTINCT FROM NEW."{field.column}"{kind}' for field, kind in kinds.items())
