"""Values that a person typed, as the layer's columns take them."""
import math
import re
from collections.abc import Iterable
from datetime import datetime

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from geo import pii
from geo.editing import shapes
from geo.editing.refusals import EditRefused
from geo.faults import PERSONAL, Fault, sentence
from geo.layers import Column, Layer

KEY = "source_key"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(layer: Layer, values: dict) -> dict[str, object]:
    """Typed, guarded values by field name. Raises EditRefused with a sentence for each field that is wrong."""
    columns = {column.name: column for column in layer.hand_columns}
    unknown = [name for name in values if name not in columns and name != "geom"]
    if unknown:
        raise EditRefused(_("这个图层没有这些可编辑的字段：%(names)s") % {"names": "、".join(unknown)})
    cleaned, wrong = {}, {}
    for name, given in values.items():
        try:
            if name == "geom":
                cleaned[name] = shapes.read(given, layer.shape)
            else:
                cleaned[name] = _value(layer.column_field(columns[name]), given, columns[name].required, choices_of(layer, name))
        except ValidationError as problem:
            wrong[name] = list(problem.messages)
    if wrong:
        raise EditRefused(wrong)
    return cleaned


def choices_of(layer: Layer, name: str) -> dict[str, str]:
    """Values and labels that a column takes; of a layer's classes only those that the layer holds."""
    found = {value: str(label) for value, label in layer.column_field(Column(name)).flatchoices}
    held = {each.value for each in layer.classes} if name == layer.class_field else found
    return {value: label for value, label in found.items() if value in held}


def _value(field: models.Field, given: object, required: bool, choices: dict[str, str]) -> object:
    if isinstance(given, str):
        given = given.strip()
        _guard(given)
    if given in (None, ""):
        return _blank(field, required)
    if isinstance(field, models.DateTimeField):
        given = _in_shanghai(given)
    value = field.to_python(given)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(sentence(Fault.BAD_NUMBER))
    field.run_validators(value)
    if choices and value not in choices:
        raise ValidationError(sentence(Fault.BAD_CHOICE, choices="、".join(choices.values())))
    return value


def _in_shanghai(given: object) -> object:
    """A clock without an offset is the county's."""
    try:
        moment = parse_datetime(given) if isinstance(given, str) else given
    except ValueError:
        return given
    return timezone.make_aware(moment) if isinstance(moment, datetime) and timezone.is_naive(moment) else moment or given


def _blank(field: models.Field, required: bool) -> object:
    if field.name == KEY:
        return ""
    if required or not (field.null or field.blank or field.has_default()):
        raise ValidationError(sentence(Fault.MISSING_VALUE))
    return None if field.null else field.get_default() if field.has_default() else ""


def _guard(text: str) -> None:
    if _CONTROL.search(text):
        raise ValidationError(sentence(Fault.BAD_TEXT))
    guard(text)


def guard(text: str) -> None:
    """Refuses text that holds a person's number or a network address: this system keeps places, not people, and no streams."""
    findings = pii.find(text)
    if not findings:
        return
    found = "、".join(text[each.start : each.end] for each in findings)
    people = "、".join(dict.fromkeys(str(PERSONAL[each.kind]) for each in findings if each.kind != pii.ADDRESS))
    why = sentence(Fault.PERSONAL, kind=people) if people else sentence(Fault.ADDRESS)
    raise ValidationError(_("%(why)s：%(found)s") % {"why": why, "found": found})


def differing(obj: models.Model, cleaned: dict[str, object]) -> list[str]:
    """The names of those values that the object has otherwise."""
    return [name for name, value in cleaned.items() if not same(getattr(obj, name), value)]


def same(one: object, other: object) -> bool:
    if isinstance(one, GEOSGeometry) and isinstance(other, GEOSGeometry):
        return shapes.same(one, other)
    return one == other


def missing(layer: Layer, cleaned: dict[str, object]) -> dict[str, list[str]]:
    """What a new object needs and was not given."""
    needed: Iterable[str] = (
        column.name
        for column in layer.hand_columns
        if column.name != KEY and (column.required or not _may_be_absent(layer.column_field(column)))
    )
    return {name: [sentence(Fault.MISSING_VALUE)] for name in needed if name not in cleaned}


def _may_be_absent(field: models.Field) -> bool:
    return field.null or field.blank or field.has_default() or field.db_default is not models.NOT_PROVIDED
