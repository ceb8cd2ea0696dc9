"""What happened to one object, newest first: edits by people from the triggers' rows, imports from their before-images.

Both keep a row as it was before. What a change made of it is therefore what the next one found, or the row as it is now.
"""
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.gis.geos import GEOSGeometry
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pyproj import Geod

from geo.editing import shapes
from geo.editing.values import same
from geo.layers import Layer
from geo.maps import shown
from geo.models import BatchChange, Division, Kept, User

HOW = {
    "create": gettext_lazy("新建"),
    "edit": gettext_lazy("修改"),
    "bulk": gettext_lazy("批量修改"),
    "restore": gettext_lazy("恢复"),
    "remove": gettext_lazy("删除"),
    "import": gettext_lazy("导入"),
    "system": gettext_lazy("系统更新"),
}
_EARTH = Geod(ellps="GRS80")


@dataclass(frozen=True)
class Change:
    """One field of an edit: its name, its Chinese label, and both values as a reader sees them."""

    field: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """`key` names the entry for `restore`; `before` are the values (by field name) that it replaced, None for a beginning.

    `how` is a key of HOW; `batch` the import's number; `taken_back_at` when that import was reverted, after which the values
    were again those of `before`.
    """

    key: str
    at: datetime
    who: str
    how: str
    before: dict | None
    changes: list[Change] = field(default_factory=list)
    why: str = ""
    batch: int | None = None
    taken_back_at: datetime | None = None

    @property
    def how_label(self) -> str:
        return str(HOW[self.how])


def kept_model(model: type[models.Model]) -> type[Kept] | None:
    """Where the former rows of a model are kept."""
    return next((each for each in Kept.__subclasses__() if each.pgh_tracked_model is model), None)


def tracked(layer: Layer) -> list[str]:
    """The fields whose change a reader is told of."""
    return [*(column.name for column in layer.columns), "geom", *(["division"] if layer.territorial else [])]


def entries(layer: Layer, pk: int, current: models.Model | None) -> list[Entry]:
    """Newest first. `current` is the object as it is now, None where it has been removed."""
    steps = sorted([*_by_people(layer, pk), *_by_imports(layer, pk)], key=lambda step: step.at)
    told, after = [], values_of(layer, current) if current else None
    for step in reversed(steps):
        told.append(_compared(layer, step, after))
        after = step.before or after
    if current is not None and not any(entry.how == "create" for entry in told):
        told += _beginning(current, after_batch=steps[0].first_batch if steps else getattr(current, "batch_id", None))
    return told


@dataclass
class _Step:
    key: str
    at: datetime
    who: str
    how: str
    before: dict | None
    why: str = ""
    batch: int | None = None
    taken_back_at: datetime | None = None
    first_batch: int | None = None


def _by_people(layer: Layer, pk: int) -> Iterable[_Step]:
    model = kept_model(layer.model)
    if model is None:
        return
    rows = list(model.objects.filter(pgh_obj_id=pk).order_by("pk"))
    names = dict(User.objects.filter(pk__in=[(row.pgh_context or {}).get("user") for row in rows]).values_list("pk", "username"))
    for row in rows:
        told = row.pgh_context or {}
        if told.get("how") not in HOW:  # words of something else that the same transaction did
            told = {"how": "system"}
        at = datetime.fromisoformat(told["at"]) if told.get("at") else row.pgh_created_at
        how = told["how"] if told["how"] == "restore" else {"insert": "create", "delete": "remove"}.get(row.pgh_label, told["how"])
        yield _Step(
            key=f"edit-{row.pk}", at=at, who=names.get(told.get("user"), ""), how=how,
            before=None if row.pgh_label == "insert" else values_of(layer, row), why=told.get("why", ""),
            first_batch=getattr(row, "batch_id", None),
        )  # fmt: skip


def _by_imports(layer: Layer, pk: int) -> Iterable[_Step]:
    changes = BatchChange.objects.filter(object_id=pk, batch__layer=layer.name).select_related("batch__applied_by").order_by("batch_id")
    for change in changes:
        batch = change.batch
        yield _Step(
            key=f"batch-{batch.pk}", at=batch.applied_at, who=str(batch.applied_by or ""), how="import",
            before=_of_image(layer, change.before), batch=batch.pk, taken_back_at=batch.reverted_at,
            first_batch=change.before.get("batch_id"), why=batch.file_name,
        )  # fmt: skip


def values_of(layer: Layer, row: models.Model) -> dict:
    """The told fields of a row, by name, with its version; a former row has the same columns as a present one."""
    found = {name: getattr(row, name) for name in tracked(layer) if name != "division"}
    return found | {"division": getattr(row, "division_id", None), "updated_at": row.updated_at}


def _of_image(layer: Layer, before: dict) -> dict:
    found = {}
    for name in tracked(layer):
        column = layer.model._meta.get_field(name)
        if name == "geom":
            found[name] = GEOSGeometry(before[column.column]) if before.get(column.column) else None
        elif name == "division":
            found[name] = before.get(column.column)
        else:
            # A column that is younger than the import has no value there.
            found[name] = column.to_python(before[column.column]) if column.column in before else column.get_default()
    moment = layer.model._meta.get_field("updated_at").to_python(before.get("updated_at"))
    return found | {"updated_at": moment}


def _compared(layer: Layer, step: _Step, after: dict | None) -> Entry:
    changes = []
    if step.before and after and step.how != "remove" and not step.taken_back_at:
        changes = [_change(layer, name, step.before, after) for name in tracked(layer) if not same(step.before[name], after[name])]
    return Entry(step.key, step.at, step.who, step.how, step.before, changes, step.why, step.batch, step.taken_back_at)


def _beginning(current: models.Model, *, after_batch: int | None) -> list[Entry]:
    if not hasattr(current, "created_at"):
        return []
    return [Entry("", current.created_at, "", "import" if after_batch else "create", None, batch=after_batch)]


def _change(layer: Layer, name: str, before: dict, after: dict) -> Change:
    label = str(layer.model._meta.get_field(name).verbose_name)
    if name == "geom":
        return Change(name, label, *moved(layer.shape, before[name], after[name]))
    return Change(name, label, as_read(layer, name, before[name]), as_read(layer, name, after[name]))


def as_read(layer: Layer, name: str, value: object) -> str:
    """A value as a reader sees it; empty is said, not left out."""
    if name == "division":
        return str(Division.objects.filter(pk=value).first() or value or _("空"))
    if name == "geom":
        return described(layer.shape, value)
    return shown(layer.model(**{name: value}), name) or _("空")


def described(shape: str, geom: GEOSGeometry | None) -> str:
    if geom is None:
        return _("空")
    if shape == "point":
        return f"{geom.x:.6f}, {geom.y:.6f}"
    size = shapes.size(geom)
    if shape == "line":
        return _("长%(length)s米，%(count)s个顶点") % {"length": f"{size.length_m:,.0f}", "count": geom.num_coords}
    return _("面积%(area)s平方米，%(count)s个顶点") % {"area": f"{size.area_m2:,.0f}", "count": geom.num_coords - geom.num_geom}


def moved(shape: str, old: GEOSGeometry | None, new: GEOSGeometry | None) -> tuple[str, str]:
    """Both geometries in words; the second says how far the middle moved."""
    first, second = described(shape, old), described(shape, new)
    if old is None or new is None:
        return first, second
    one, other = old.centroid, new.centroid
    _forward, _back, metres = _EARTH.inv(one.x, one.y, other.x, other.y)
    return first, _("%(new)s（中心移动%(metres)s米）") % {"new": second, "metres": f"{metres:,.1f}"}
