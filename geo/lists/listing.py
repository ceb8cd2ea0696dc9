"""One list as its address describes it: what is asked for, which rows answer, how they are shown."""
from functools import cached_property

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from geo.layers import Layer
from geo.lists import paging
from geo.lists.fields import ListField, cell_writer, first_columns, list_fields
from geo.lists.filters import FilterForm
from geo.models import Division

# What moves inside a list and is no part of what it asks for.
PLACE_IN_LIST = ("after", "before", "view", "raise", "csrfmiddlewaretoken", "pk", "all")


class Listing:
    """The rows a reader sees of a layer under the filters of `asked`. Everything goes through `visible_to(user)`."""

    def __init__(self, layer: Layer, user, asked: QueryDict):
        self.layer, self.user, self.asked = layer, user, asked
        self.fields = list_fields(layer)
        self.form = self.filter_form(asked)
        self.is_valid = self.form.is_valid()

    def filter_form(self, asked: QueryDict) -> FilterForm:
        return FilterForm(asked, layer=self.layer, fields=self.fields, user=self.user)

    @cached_property
    def rows(self) -> QuerySet:
        """Nothing where the filters are wrong: the errors beside them say why."""
        visible = self.layer.model.objects.visible_to(self.user).order_by()
        return self.form.narrow(visible) if self.is_valid else visible.none()

    @property
    def is_filtered(self) -> bool:
        return not self.is_valid or not self.form.is_empty()

    @cached_property
    def sort(self) -> str:
        wanted = self.asked.get("sort", "")
        return wanted if wanted.removeprefix("-") in self.fields else "pk"

    @cached_property
    def columns(self) -> list[ListField]:
        """In the reader's order; the layer's own choice where the reader made none."""
        wanted = [name for part in self.asked.getlist("columns") for name in part.split(",")]
        known = list(dict.fromkeys(name for name in wanted if name in self.fields))
        if raised := self.asked.get("raise"):
            known = _raised(known, raised)
        return [self.fields[name] for name in known or first_columns(self.layer)]

    @cached_property
    def query(self) -> QueryDict:
        """What is asked for, tidy: filters, order and columns without empty values, as a colleague gets it."""
        tidy = QueryDict(mutable=True)
        for name in self.form.fields:
            if values := [value for value in self.asked.getlist(name) if value.strip()]:
                tidy.setlist(name, values)
        if self.sort != "pk":
            tidy["sort"] = self.sort
        names = [one.name for one in self.columns]
        if names != first_columns(self.layer):
            tidy["columns"] = ",".join(names)
        return tidy

    @property
    def address(self) -> str:
        return self.query.urlencode(safe=",")

    def filters(self) -> QueryDict:
        """The address without the columns: what a saved view keeps apart."""
        tidy = self.query.copy()
        tidy.pop("columns", None)
        return tidy

    def count(self, page: paging.Page) -> paging.Count:
        if not (page.before or page.after):
            return paging.Count(len(page.rows), True)
        if page.total is not None:
            return paging.Count(page.total, True)
        return paging.count(self.layer, self.rows, scope=self.user.division_id, everything=not self.is_filtered)

    def asked_columns(self) -> list[str]:
        """What is read of each row."""
        return [one.name for one in self.columns]

    def page(self) -> paging.Page:
        return paging.page(
            self.rows, self.asked_columns(), sort=self.sort, anchors=self.layer.model.objects.visible_to(self.user),
            after=_number(self.asked.get("after")), before=_number(self.asked.get("before")),
        )  # fmt: skip

    def in_order(self) -> QuerySet:
        return paging.in_order(self.rows, self.sort)

    def shown(self, page: paging.Page) -> list[dict]:
        """Rows for the template: key, address of the object, cells of (field, text)."""
        writers = [(one, cell_writer(one)) for one in self.columns]
        places, _names = division_paths({row["division_id"] for row in page.rows})
        return [
            {
                "pk": row["pk"],
                "url": object_url(self.layer, row["pk"]),
                "cells": [(one, places[row["division_id"]] if one.kind == "division" else write(row[one.name])) for one, write in writers],
            }
            for row in page.rows
        ]

    def headings(self) -> list[dict]:
        """Column titles with the address that sorts by them: rising first, then falling."""
        answer = []
        for one in self.columns:
            query = self.query.copy()
            query["sort"] = f"-{one.name}" if self.sort == one.name else one.name
            order = {one.name: "ascending", f"-{one.name}": "descending"}.get(self.sort, "")
            answer.append({"field": one, "query": query.urlencode(safe=","), "order": order})
        return answer

    def choices_of_columns(self) -> list[dict]:
        """Every column, the chosen ones first and in their order, for the form that chooses them."""
        chosen = [one.name for one in self.columns]
        others = [name for name in self.fields if name not in chosen]
        return [{"name": name, "label": self.fields[name].label, "on": name in chosen} for name in (*chosen, *others)]

    def refusal(self, request: HttpRequest | None) -> object:
        """Why positions of this layer may not leave as a file, or nothing."""
        return self.layer.export_refusal(self.user)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _raised(names: list[str], name: str) -> list[str]:
    at = names.index(name) if name in names else 0
    return [*names[: at - 1], name, names[at - 1], *names[at + 1 :]] if at else names


def division_paths(codes: set[str], *, also: set[str] = frozenset()) -> tuple[dict[str, str], dict[str, str]]:
    """Town and village by name for each code; and the names that were looked up for it, those of the codes in `also` among them."""
    needed = {code[:length] for code in codes for length in (6, 9, 12) if len(code) >= length} | codes | also
    names = dict(Division.objects.filter(code__in=needed).values_list("code", "name"))
    paths = {}
    for code in codes:
        steps = [names[code[:length]] for length in (9, 12) if len(code) >= length and code[:length] in names]
        paths[code] = " · ".join(steps) or names.get(code, code)
    return paths, names


def object_url(layer: Layer, pk: int) -> str:
    """The object's own page, where there is one."""
    try:
        return reverse("object_page", kwargs={"name": layer.name, "pk": pk})
    except NoReverseMatch:
        return ""


def new_url(layer: Layer) -> str:
    """Where an object is drawn, where people draw this layer's."""
    try:
        return reverse("object_new", kwargs={"name": layer.name})
    except NoReverseMatch:
        return ""


def count_text(count: paging.Count) -> str:
    return f"{count.number:,}" if count.is_exact else _("约%(number)s") % {"number": f"{round(count.number, -3):,}"}
