"""What a batch changed, as a person reads it: new objects, old → new field by field, and what the file lacked."""
from dataclasses import dataclass
from datetime import date, datetime

import shapely
from django.core.paginator import Page, Paginator
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from pyproj import Geod

from geo.coords import areas_m2
from geo.layers import Layer, registry
from geo.models import Batch, BatchChange, Division

PAGE_ROWS = 50
_BOOKKEEPING = {"id", "batch_id", "created_at", "updated_at"}
_EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Change:
    """`fields` are (label, old, new). `moved_on` where a later batch changed the object again."""

    found: models.Model
    link: str
    fields: list[tuple[str, str, str]]
    moved_on: bool


def layer_of(batch: Batch) -> Layer | None:
    return registry.get(batch.layer)


def link_to(layer: Layer, found: models.Model) -> str:
    """The part after # of the map's address that shows the object."""
    point = found.geom.point_on_surface
    return f"#map=16.00/{point.y:.5f}/{point.x:.5f}&on={layer.name}"


def new_page(batch: Batch, user, number: str | None) -> Page:
    layer = layer_of(batch)
    mine = layer.model.objects.visible_to(user).filter(batch=batch)
    kept = BatchChange.objects.filter(batch=batch).values("object_id")
    page = Paginator(mine.exclude(pk__in=kept).select_related("division").order_by("pk"), PAGE_ROWS).get_page(number)
    for found in page:
        found.link = link_to(layer, found)
    return page


def changed_page(batch: Batch, user, number: str | None) -> Page:
    """The changes of objects in the reader's own territory."""
    layer = layer_of(batch)
    mine = layer.model.objects.visible_to(user).values("pk")
    changes = BatchChange.objects.filter(batch=batch, object_id__in=mine).order_by("object_id")
    page = Paginator(changes, PAGE_ROWS).get_page(number)
    page.object_list = _described(layer, batch, user, list(page.object_list))
    return page


def gone_page(batch: Batch, user, number: str | None) -> Page:
    layer = layer_of(batch)
    draft = getattr(batch, "draft", None)
    mine = layer.model.objects.visible_to(user).filter(pk__in=draft.gone if draft else [])
    page = Paginator(mine.select_related("division").order_by("pk"), PAGE_ROWS).get_page(number)
    for found in page:
        found.link = link_to(layer, found)
    return page


def _described(layer: Layer, batch: Batch, user, changes: list[BatchChange]) -> list[Change]:
    ids = [change.object_id for change in changes]
    objects = layer.model.objects.visible_to(user).select_related("division").in_bulk(ids)
    later = BatchChange.objects.filter(object_id__in=ids, batch__layer=batch.layer, batch__state=Batch.State.APPLIED, batch__gt=batch.pk)
    next_images: dict[int, dict] = {}
    for change in later.order_by("-batch_id"):
        next_images[change.object_id] = change.before
    answer = []
    for change in changes:
        found = objects[change.object_id]
        after = next_images.get(change.object_id)
        answer.append(Change(found, link_to(layer, found), _differences(layer, change.before, after, found), after is not None))
    return answer


def _differences(layer: Layer, before: dict, after: dict | None, found: models.Model) -> list[tuple[str, str, str]]:
    rows = []
    for field in layer.model._meta.concrete_fields:
        if field.column in _BOOKKEEPING or field.column not in before:
            continue
        label = str(field.verbose_name)
        if field.column == "geom":
            new = shapely.from_wkb(after["geom"]) if after else shapely.from_wkb(bytes(found.geom.wkb))
            if difference := _moved(shapely.from_wkb(before["geom"]), new):
                rows.append((label, *difference))
            continue
        old_text = _text(field, before[field.column])
        new_text = _text(field, after[field.column] if after else getattr(found, field.attname))
        if old_text != new_text:
            rows.append((label, old_text, new_text))
    return rows


def _moved(old: shapely.Geometry, new: shapely.Geometry) -> tuple[str, str] | None:
    """Points say their place and how far it moved, outlines their area; nothing where both are the same."""
    if shapely.equals_exact(old, new, 0):
        return None
    if old.geom_type == new.geom_type == "Point":
        _azimuth, _back, metres = _EARTH.inv(old.x, old.y, new.x, new.y)
        return f"{old.x:.6f}, {old.y:.6f}", _("%(place)s（移动%(metres).0f米）") % {"place": f"{new.x:.6f}, {new.y:.6f}", "metres": metres}
    areas = [areas_m2(shapely.force_2d(one), one.centroid.x) for one in (old, new)]
    return tuple(_("面积%.0f平方米") % area for area in areas)


def _text(field: models.Field, value: object) -> str:
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        value = parse_datetime(value) or value
    elif isinstance(value, str) and isinstance(field, models.DateField):
        value = parse_date(value) or value
    match value:
        case None | "":
            return _("空")
        case bool():
            return _("是") if value else _("否")
        case datetime():
            return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
        case date():
            return value.isoformat()
        case float():
            return f"{value:g}"
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if field.related_model is Division:
        return Division.objects.filter(pk=value).values_list("name", flat=True).first() or str(value)
    if field.is_relation:
        return f"#{value}"
    return str(value)
