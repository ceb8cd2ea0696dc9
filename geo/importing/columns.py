"""Which column of the file is which field of the layer."""
from dataclasses import dataclass

from django.contrib.gis.db.models import GeometryField
from django.db import models
from django.utils import translation

from geo.importing.errors import ImportRefused
from geo.importing.values import Target
from geo.layers import Column, Layer
from geo.models import Compound, Courtyard
from geo.readers import Meta
from geo.readers.tables import plain_header

KEY = "source_key"
TABLES = ("csv", "xlsx")
# What a column of a table may be instead of a field.
COORDINATES = ("#x", "#y", "#wkt")
FIXED = "="
# Smallest and largest whole number of each column type.
_RANGES = {
    models.SmallIntegerField: (-32768, 32767),
    models.PositiveSmallIntegerField: (0, 32767),
    models.IntegerField: (-2147483648, 2147483647),
    models.PositiveIntegerField: (0, 2147483647),
    models.BigIntegerField: (-(2**63), 2**63 - 1),
}


@dataclass(frozen=True)
class Mapping:
    """`fields` are (file's column, what it becomes) in the file's order; `ignored` the columns that no field knows."""

    fields: tuple[tuple[str, Target], ...]
    ignored: tuple[str, ...]

    @property
    def has_key(self) -> bool:
        return any(target.name == KEY for _, target in self.fields)


def match(layer: Layer, meta: Meta, chosen: dict[str, str] | None = None) -> Mapping:
    """Match headers to fields by the declaration's synonyms, the field's name and its Chinese and English labels.

    `chosen` says instead, by column of the file, which field it becomes: its name, "" for none, or one of COORDINATES; and by
    "=" and a field's name the one value that the field has in every row.
    """
    if not meta.geometry_columns and meta.kind in TABLES:
        raise ImportRefused("no_coordinates", columns="、".join(meta.columns))
    found, missing = guess(layer, meta.columns, meta.geometry_columns) if chosen is None else _as_chosen(layer, meta, chosen)
    if missing:
        raise ImportRefused("missing_columns", names="、".join(missing), columns="、".join(meta.columns))
    by_name = {column.name: column for column in layer.columns}
    headers = [header for header in (*meta.columns, *fixed_values(chosen)) if header in found]
    fields = tuple((header, target_of(layer, by_name[found[header]])) for header in headers)
    return Mapping(fields, tuple(name for name in meta.columns if name not in found and name not in meta.geometry_columns))


def coordinates(chosen: dict[str, str] | None) -> list[str] | None:
    """The columns that a person named as coordinates, in the reader's order; None leaves them to the reader."""
    by_role = {role: header for header, role in (chosen or {}).items() if role in COORDINATES}
    if "#wkt" in by_role:
        return [by_role["#wkt"]]
    return [by_role["#x"], by_role["#y"]] if {"#x", "#y"} <= by_role.keys() else None


def fixed_values(chosen: dict[str, str] | None) -> dict[str, str]:
    """{"=field": value} of what a person set for the whole file. No column of a file begins so: a reader takes the sign away."""
    return {header: value for header, value in (chosen or {}).items() if header.startswith(FIXED) and value}


def _as_chosen(layer: Layer, meta: Meta, chosen: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    known = {column.name for column in layer.columns}
    found: dict[str, str] = {}
    for header in (*meta.columns, *fixed_values(chosen)):
        name = header[1:] if header in fixed_values(chosen) else chosen.get(header, "")
        if name in found.values():
            raise ImportRefused("column_twice", name=_label(layer, name))
        if name in known and header not in meta.geometry_columns:
            found[header] = name
    missing = [_label(layer, column.name) for column in layer.columns if column.required and column.name not in found.values()]
    return found, missing


def _label(layer: Layer, name: str) -> str:
    return str(layer.model._meta.get_field(name).verbose_name)


def guess(layer: Layer, columns: list[str], geometry_columns: list[str]) -> tuple[dict[str, str], list[str]]:
    """({file's column: field}, labels of required fields that no column becomes)."""
    free = {plain_header(name): name for name in reversed(columns) if name not in geometry_columns}
    found: dict[str, str] = {}
    missing = []
    for column in layer.columns:
        header = next((free[name] for name in _names(layer, column) if name in free), None)
        if header is not None:
            del free[plain_header(header)]
            found[header] = column.name
        elif column.required:
            missing.append(_label(layer, column.name))
    return found, missing


def _names(layer: Layer, column: Column) -> list[str]:
    field = layer.column_field(column)
    labels = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            labels.append(str(field.verbose_name))
    return [plain_header(name) for name in (column.name, *labels, *column.headers, short_names(layer)[column.name])]


def short_names(layer: Layer) -> dict[str, str]:
    """Field names cut to the ten characters that a Shapefile holds, each another one; what the export writes and the import reads."""
    answer: dict[str, str] = {}
    for column in layer.columns:
        short, number = column.name[:10], 1
        while short in answer.values():
            number += 1
            short = f"{column.name[:8]}_{number}"
        answer[column.name] = short
    return answer


def target_of(layer: Layer, column: Column) -> Target:
    field = layer.column_field(column)
    kind = _kind(field)
    optional = field.null or field.blank or field.has_default() or column.name == KEY
    blank = field.get_default() if field.has_default() else "" if kind in ("text", "choice") and column.name != KEY else None
    low, high = next((limits for kind_of, limits in _RANGES.items() if type(field) is kind_of), (None, None))
    return Target(
        name=field.name,
        label=str(field.verbose_name),
        kind=kind,
        required=column.required or not optional,
        blank=None if field.null else blank,
        limit=field.max_length if kind == "text" else None,
        minimum=low,
        maximum=high,
        choices=_choices(field),
        choice_labels="、".join(str(label) for _, label in field.flatchoices),
    )


def _kind(field: models.Field) -> str:
    if field.choices:
        return "choice"
    for kind, types in (
        ("yes_no", models.BooleanField),
        ("moment", models.DateTimeField),
        ("date", models.DateField),
        ("integer", models.IntegerField),
        ("number", (models.FloatField, models.DecimalField)),
        ("text", (models.CharField, models.TextField)),
    ):
        if isinstance(field, types):
            return kind
    raise TypeError(f"{field} cannot be imported: teach geo.importing.values its kind")


def _choices(field: models.Field) -> dict[str, str]:
    """Whatever a file may write for a choice, in lower case: its value, its Chinese and its English label."""
    answer: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for value, label in field.flatchoices:
                answer.setdefault(str(label).lower(), value)
    return answer | {str(value).lower(): value for value, _ in field.flatchoices}


def found_by_place(model: type[models.Model]) -> list[models.ForeignKey]:
    """Foreign keys that follow from the geometry: the compound and the courtyard that hold the place."""
    return [field for field in model._meta.fields if isinstance(field, models.ForeignKey) and field.related_model in (Compound, Courtyard)]


def constants(model: type[models.Model], given: set[str]) -> dict[str, object]:
    """Values of the fields that neither the file nor the database gives to a new row, by database column."""
    answer = {}
    for field in model._meta.concrete_fields:
        kept_by_database = field.primary_key or field.generated or field.db_default is not models.NOT_PROVIDED
        if field.name in given or kept_by_database or isinstance(field, GeometryField) or field.is_relation:
            continue
        answer[field.column] = field.get_default() if field.has_default() else None if field.null else field.get_default()
    return answer
