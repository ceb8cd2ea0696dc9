"""Pages of a list of any length: by the last row seen, not by a number of rows to skip; counts that do not cost a second."""
import json
from dataclasses import dataclass

from django.db.models import Count as Counted
from django.db.models import F, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce

from geo.layers import Layer
from geo.models import GridCell

PAGE_ROWS = 50
# Above so many rows the planner's own estimate is shown: counting them would read them all.
COUNTED_ROWS = 200_000
# Up to so many rows are found first and then sorted; more are read along the index of the order until a page is full.
SORTED_ROWS = 20_000
# Above so many, their keys alone are sorted and counted: whole rows would not fit into the memory for it.
WHOLE_ROWS = 500


@dataclass(frozen=True)
class Count:
    number: int
    is_exact: bool


@dataclass
class Page:
    """`total` is the number of all rows of the list, `estimate` the planner's guess of it, where they came to light on the way."""

    rows: list[dict]
    before: int | None
    after: int | None
    total: int | None = None
    estimate: int | None = None


def count(layer: Layer, rows: QuerySet, *, scope: str, everything: bool) -> Count:
    """`everything` is a list without filters, `scope` the reader's division: then the map's kept counts are the answer."""
    if rows.query.is_empty():
        return Count(0, True)
    if everything and not layer.depends and layer.counted:
        cells = GridCell.objects.filter(layer=layer.name, division__code__startswith=scope)
        return Count(cells.aggregate(n=Sum("object_count"))["n"] or 0, True)
    estimate = estimated(rows)
    return Count(rows.count(), True) if estimate <= COUNTED_ROWS else Count(estimate, False)


def estimated(rows: QuerySet) -> int:
    """The planner's guess; nothing is asked of the database where the conditions exclude each other."""
    plan = rows.order_by().values("pk").explain(format="json")
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"]) if plan else 0


def page(
    rows: QuerySet, names: list[str], *, sort: str, anchors: QuerySet, after: int | None = None, before: int | None = None,
    size: int = PAGE_ROWS,
) -> Page:  # fmt: skip
    """`sort` is a field name, with a minus for the largest first; rows without a value come last either way.

    Left alone, the database walks along the index of the order even where the few rows that are asked for lie at its far end.
    `after` and `before` are keys of rows, looked up in `anchors` (whatever the reader may see): one that is gone means the beginning.
    """
    anchor = None
    if after or before:
        field = sort.lstrip("-")
        anchor = anchors.filter(pk=after or before).values("pk", field).first()
    backwards = bool(before) and anchor is not None
    if anchor is not None:
        rows = rows.filter(_beyond(sort, anchor[sort.lstrip("-")], anchor["pk"], backwards, _has_gaps(rows, sort)))
    estimate = estimated(rows)
    by_index = estimate > SORTED_ROWS
    ordered, wanted, total = rows.order_by(*_order(rows, sort, backwards, by_index=by_index)), ["pk", "division_id", *names], None
    if not by_index and anchor is None:  # all of them are read for the order anyway
        ordered, wanted = ordered.annotate(total=Window(Counted("*"))), [*wanted, "total"]
    if by_index or estimate <= WHOLE_ROWS:
        found = list(ordered.values(*wanted)[: size + 1])
    else:
        keys = list(ordered.values("pk", *({"total"} & {*wanted}))[: size + 1])
        whole = {row["pk"]: row for row in anchors.filter(pk__in=[key["pk"] for key in keys]).values("pk", "division_id", *names)}
        found = [whole[key["pk"]] | key for key in keys if key["pk"] in whole]  # one may have gone meanwhile
    if "total" in wanted:
        total = found[0]["total"] if found else 0
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before, has_after = (more, True) if backwards else (anchor is not None, more)
    first, last = (found[0]["pk"], found[-1]["pk"]) if found else (None, None)
    return Page(found, first if has_before else None, last if has_after else None, total, estimate if anchor is None else None)


def in_order(rows: QuerySet, sort: str) -> QuerySet:
    return rows.order_by(*_order(rows, sort, False, by_index=True))


def _has_gaps(rows: QuerySet, sort: str) -> bool:
    """Whether the column may be without a value. Where it may not, a plain index serves the order both ways."""
    return rows.model._meta.get_field(sort.lstrip("-")).null if sort.lstrip("-") != "pk" else False


def _order(rows: QuerySet, sort: str, backwards: bool, *, by_index: bool) -> list:
    """Equal values in the order of their keys, the same way round, so that one index serves rising and falling."""
    falling = sort.startswith("-") != backwards
    column, key = F(sort.lstrip("-")), F("pk")
    if not by_index:  # the same value, but nothing that an index could serve
        column, key = Coalesce(column, column), Coalesce(key, key)
    nulls = {"nulls_first" if backwards else "nulls_last": True} if _has_gaps(rows, sort) else {}
    by_key = [key.desc() if falling else key.asc()]
    return by_key if sort.lstrip("-") == "pk" else [column.desc(**nulls) if falling else column.asc(**nulls), *by_key]


def _beyond(sort: str, value: object, pk: int, backwards: bool, has_gaps: bool) -> Q:
    """Rows that follow the anchor in the order of the list, or precede it."""
    name, falling = sort.lstrip("-"), sort.startswith("-")
    if name == "pk":
        return Q(pk__lt=pk) if falling != backwards else Q(pk__gt=pk)
    same_later = Q(pk__lt=pk) if falling != backwards else Q(pk__gt=pk)
    empty = Q(**{f"{name}__isnull": True})
    if value is None:
        return (empty & same_later) | ~empty if backwards else empty & same_later
    word = "lt" if falling != backwards else "gt"
    beyond = Q(**{f"{name}__{word}": value}) | (Q(**{name: value}) & same_later)
    if not has_gaps:
        return Q(**{f"{name}__{word}e": value}) & beyond  # the first half is what an index can begin at
    return beyond if backwards else beyond | empty
