"""The same values for many objects of a list: chosen, looked at, then written by geo.editing in one transaction."""
import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from geo import editing
from geo.editing.refusals import labels
from geo.editing.values import KEY, clean
from geo.layers import Layer
from geo.lists.fields import ListField, cell_writer
from geo.lists.listing import Listing
from geo.models import User

OBJECTS_AT_MOST = 5000
OLD_VALUES_SHOWN = 12


@dataclass(frozen=True)
class Input:
    """One field of the form: what may be typed or chosen, and what was."""

    field: ListField
    options: tuple[tuple[str, str], ...]
    value: str
    is_on: bool
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a bulk edit would do: per field the new value and (old value, objects), the most frequent first."""

    label: str
    new: str
    old: list[tuple[str, int]]
    more_count: int
    same_count: int


class Bulk:
    """A bulk edit as its form describes it. Raises EditRefused where it cannot go on."""

    def __init__(self, listing: Listing, posted: QueryDict):
        self.listing, self.layer, self.posted = listing, listing.layer, posted
        self.pks = self._chosen()
        if not self.pks:
            raise editing.EditRefused(_("请先勾选要修改的对象。"))
        if len(self.pks) > OBJECTS_AT_MOST:
            raise editing.EditRefused(_("一次最多修改%(limit)s个对象，请先筛选。") % {"limit": OBJECTS_AT_MOST})

    def _chosen(self) -> list[int]:
        rows = self.listing.rows
        if not self.posted.get("all"):
            asked = {int(text) for text in self.posted.getlist("pk") if text.isascii() and text.isdigit() and len(text) < 19}
            rows = self.layer.model.objects.visible_to(self.listing.user).filter(pk__in=asked)
        return list(rows.order_by("pk").values_list("pk", flat=True)[: OBJECTS_AT_MOST + 1])

    @property
    def rows(self) -> QuerySet:
        return self.layer.model.objects.visible_to(self.listing.user).filter(pk__in=self.pks).order_by()

    def seal(self) -> str:
        """Changes as soon as one of the objects changes, or another set is meant."""
        state = list(self.rows.order_by("pk").values_list("pk", "updated_at"))
        return hashlib.sha256(repr(state).encode()).hexdigest()[:32]

    def given(self) -> dict[str, str]:
        """The ticked fields and what they shall be."""
        names = [name for name in self.posted.getlist("change") if name in editable(self.layer, self.listing.fields)]
        return {name: self.posted.get(f"set_{name}", "").replace("\x00", "") for name in names}

    def inputs(self, errors: dict[str, list[str]] | None = None) -> list[Input]:
        given, wrong = self.given(), errors or {}
        return [
            Input(one, _options(one), self.posted.get(f"set_{name}", ""), name in given, tuple(wrong.get(name, ())))
            for name, one in editable(self.layer, self.listing.fields).items()
        ]

    def preview(self) -> list[Preview]:
        if not self.given():
            raise editing.EditRefused(_("请勾选要修改的字段。"))
        cleaned = clean(self.layer, self.given())
        return [self._previewed(name, value) for name, value in cleaned.items()]

    def _previewed(self, name: str, value: object) -> Preview:
        write = cell_writer(self.listing.fields[name])
        found = list(self.rows.values_list(name).annotate(n=Count("pk")).order_by("-n", name))
        old = [(write(before) or _("空"), count) for before, count in found if before != value]
        same = sum(count for before, count in found if before == value)
        more = sum(count for _text, count in old[OLD_VALUES_SHOWN:])
        return Preview(self.listing.fields[name].label, write(value) or _("空"), old[:OLD_VALUES_SHOWN], more, same)

    def apply(self, *, by: User, now: datetime) -> editing.EditReport:
        return editing.change_many(self.layer, self.pks, self.given(), by=by, now=now)


def may_edit_many(layer: Layer, user: User) -> bool:
    """A computed layer is nobody's to edit."""
    return layer.importable and editing.may_edit(layer, user)


def editable(layer: Layer, fields: dict[str, ListField]) -> dict[str, ListField]:
    by_hand = {column.name for column in layer.hand_columns}
    return {name: one for name, one in fields.items() if one.declared and name in by_hand - {KEY} and one.kind != "other"}


def _options(one: ListField) -> tuple[tuple[str, str], ...]:
    if one.kind == "yes_no":
        return (*((("", _("空")),) if one.nullable else ()), ("True", _("是")), ("False", _("否")))
    return tuple(one.choices.items())


def refusal_lines(layer: Layer, report: editing.EditReport) -> list[str]:
    """Who is refused and why, a line each."""
    names = labels(layer)
    return [
        f"{each.name}：" + " ".join(f"{names.get(field, '')} {text}".strip() for field, texts in each.messages.items() for text in texts)
        for each in report.refused
    ]
