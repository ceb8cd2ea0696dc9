"""What a list can show, filter and sort by: the declared columns, then place, time of change and batch."""
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import FieldDoesNotExist
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from geo.exporting.rows import kind_of
from geo.layers import Layer

SHOWN_AT_FIRST = 7
# Parameters of a list's address; a column of that name could not be filtered by.
RESERVED = frozenset(
    {"q", "division", "batch", "changed_since", "missing", "sort", "columns", "after", "before", "view", "raise", "pk", "all", "datum",
     "mark", "form"}
)  # fmt: skip


@dataclass(frozen=True)
class ListField:
    """`kind` is text, choice, integer, number, yes_no, date, moment, division, reference or other."""

    name: str
    label: str
    kind: str
    nullable: bool = False
    choices: dict = field(default_factory=dict)
    declared: bool = True

    @property
    def is_number(self) -> bool:
        return self.kind in ("integer", "number")


def list_fields(layer: Layer) -> dict[str, ListField]:
    found = {}
    for column in layer.columns:
        one = layer.column_field(column)
        choices = {str(value): str(label) for value, label in one.flatchoices or ()}
        found[column.name] = ListField(column.name, str(one.verbose_name), kind_of(layer, column), one.null, choices)
    for name, kind in (("division", "division"), ("updated_at", "moment"), ("batch", "reference")):
        try:
            one = layer.model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        found.setdefault(name, ListField(name, str(one.verbose_name), kind, one.null, declared=False))
    return found


def first_columns(layer: Layer) -> list[str]:
    """What a list shows before anybody has chosen."""
    names = [column.name for column in layer.columns if column.name != "source_key" or not layer.label_field]
    return [*names[:SHOWN_AT_FIRST], "division"]


def cell_writer(one: ListField) -> Callable[[object], str]:
    """The stored value as a person reads it; empty for nothing."""
    return _WRITERS.get(one.kind, _plain) if not one.choices else lambda value: one.choices.get(str(value), _plain(value))


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("是") if value else _("否")


def _day(value: date | None) -> str:
    return value.isoformat() if value else ""


def _moment(value: datetime | None) -> str:
    return formats.date_format(timezone.localtime(value), "Y-m-d H:i") if value else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


_WRITERS = {"yes_no": _yes_no, "date": _day, "moment": _moment, "number": _number}
