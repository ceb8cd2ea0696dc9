"""The register's list as its address describes it: the filters of every list, and what only issues have."""
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from geo.layers import registry
from geo.lists import paging
from geo.lists.fields import ListField, cell_writer
from geo.lists.filters import FilterForm, holds
from geo.lists.listing import Listing, division_paths
from geo.lists.widgets import LongSelect
from geo.models import Division
from zones.models import CODE_LENGTH, Issue, IssueCategory, JointUnit, UnitLevel
from zones.periods import day_of
from zones.register_cells import row_writer
from zones.register_rules import Rules

LAYER = "issues"
# Orders with an index of their own (zones.models.issues); others would read the whole register.
SORTS = ("number", "state", "category", "unit", "due_on", "source", "level", "registered_at", "updated_at", "relapse_count")
FIRST_SORT = "due_on"
COUNTED_AT_MOST = 1_000
TOWN = CODE_LENGTH[UnitLevel.TOWN]
SOME_KEY = 987654321


class RegisterFilter(FilterForm):
    """`q` looks in number and text; `category` is a code, also a group's; `time` and `mine` are questions that people ask daily."""

    TIMES = (("", _("未办结")), ("all", _("全部，含已办结")), ("overdue", _("已逾期")), ("soon", _("即将到期")), ("recheck", _("到期回查")))
    MINE = (("", _("不限")), ("unit", _("本单位负责")), ("watched", _("我关注的")), ("registered", _("我挂号的")))

    def __init__(self, data, *, layer, fields, user, now: datetime):
        self.on = day_of(now)
        self.rules = Rules(self.on)
        self._named: dict[str, list[tuple[str, str]]] = {}
        super().__init__(data, layer=layer, fields=fields, user=user)
        self.user = user
        self.fields["q"].label = _("编号或内容")
        self.kinds = list(self.rules.categories)
        choices = _category_choices(self.kinds)
        self.fields["category"] = forms.ChoiceField(label=_("类别"), required=False, widget=LongSelect, choices=choices)
        self.fields["time"] = forms.ChoiceField(label=_("时限"), required=False, widget=LongSelect, choices=self.TIMES)
        self.fields["mine"] = forms.ChoiceField(label=_("与我有关"), required=False, widget=LongSelect, choices=self.MINE)
        self.fields["handled_by"] = forms.CharField(
            label=_("责任单位"), required=False, max_length=12,
            widget=LongSelect(choices=self.division_choices(user, self.data.get("handled_by", ""))),
            validators=self.fields["division"].validators,
        )  # fmt: skip

    def division_choices(self, user, chosen: str) -> list:
        """The towns, and the villages of the chosen town alone: a county's thousands of villages would outweigh the page."""
        known = self._below(user.division_id, user.division_id if len(user.division_id) >= TOWN else chosen[:TOWN])
        options = [("", _("全部"))] + [(code, name if len(code) == TOWN else f"　{name}") for code, name in known]
        return options + ([(chosen, chosen)] if chosen and chosen not in dict(known) else [])

    def _below(self, scope: str, town: str) -> list[tuple[str, str]]:
        """Codes and names; two fields ask for them, mostly the same."""
        if town not in self._named:
            wanted = Q(level=Division.Level.TOWN)
            if len(town) >= TOWN:
                wanted |= Q(level=Division.Level.VILLAGE, code__startswith=town)
            found = Division.objects.in_division(scope).in_force(self.on).filter(wanted).exclude(pk=scope)
            self._named[town] = list(found.order_by("code").values_list("code", "name"))
        return self._named[town]

    def narrow(self, rows: QuerySet) -> QuerySet:
        said = self.cleaned_data
        text, said["q"] = said["q"], ""
        rows, said["q"] = super().narrow(rows), text
        if text:
            rows = rows.filter(holds("number", text) | holds("text", text))
        if code := said["category"]:
            wanted = IssueCategory.objects.filter(Q(code=code) | Q(parent__code=code)).values_list("pk", flat=True)
            rows = rows.filter(category__in=list(wanted))
        if said["handled_by"]:
            rows = rows.filter(unit__code__startswith=said["handled_by"])
        return self._of_me(self._in_time(rows, said["time"]), said["mine"])

    def _in_time(self, rows: QuerySet, time: str) -> QuerySet:
        """Without a word about time: what is open, unless a state or a number was asked for."""
        if not time and not self.cleaned_data["state"] and not self.cleaned_data["q"]:
            return rows.open()
        if time == "overdue":
            return rows.overdue(self.on)
        if time == "soon":
            last = self.on + timedelta(days=self.rules.figures.due_soon_days)
            return rows.filter(state__in=Issue.AT_WORK, due_on__gte=self.on, due_on__lte=last)
        return rows.filter(recheck_on__lte=self.on) if time == "recheck" else rows

    def _of_me(self, rows: QuerySet, mine: str) -> QuerySet:
        if mine == "unit":
            shared = JointUnit.objects.filter(unit=self.user.division_id).values("issue")
            return rows.filter(Q(unit=self.user.division_id) | Q(pk__in=shared))
        if mine == "watched":
            return rows.filter(watches__user=self.user)
        return rows.filter(registered_by=self.user) if mine == "registered" else rows


def _category_choices(kinds: list[IssueCategory]) -> list[tuple[str, str]]:
    """Groups, with their categories indented below."""
    options, group = [("", _("全部"))], None
    for each in kinds:
        if each.parent != group:
            group = each.parent
            options.append((group.code, str(group)))
        options.append((each.code, f"　{each}"))
    return options


class RegisterListing(Listing):
    """The issues that a reader sees under the filters of `asked`; the most pressing first where no order is asked for."""

    def __init__(self, user, asked: QueryDict, *, now: datetime):
        self.now, self.on = now, day_of(now)
        super().__init__(registry[LAYER], user, asked)

    def filter_form(self, asked: QueryDict) -> RegisterFilter:
        return RegisterFilter(asked, layer=self.layer, fields=self.fields, user=self.user, now=self.now)

    @cached_property
    def sort(self) -> str:
        wanted = self.asked.get("sort", "")
        return wanted if wanted.removeprefix("-") in SORTS else FIRST_SORT

    @cached_property
    def query(self) -> QueryDict:
        tidy = super().query
        if self.sort == FIRST_SORT:
            tidy.pop("sort", None)
        return tidy

    def asked_columns(self) -> list[str]:
        return list(dict.fromkeys((*super().asked_columns(), "state")))

    def count(self, page: paging.Page) -> paging.Count:
        """Exact as far as counting is cheap; beyond, the planner's own estimate."""
        if not (page.before or page.after):
            return paging.Count(len(page.rows), True)
        if page.total is not None:
            return paging.Count(page.total, True)
        number = self.rows.order_by().values("pk")[: COUNTED_AT_MOST + 1].count()
        if number <= COUNTED_AT_MOST:
            return paging.Count(number, True)
        estimate = paging.estimated(self.rows) if page.estimate is None else page.estimate
        return paging.Count(max(estimate, COUNTED_AT_MOST), False)

    @property
    def first_line(self) -> list[forms.BoundField]:
        return [self.form[name] for name in ("q", "division", "category", "time")]

    @property
    def second_line(self) -> list[forms.BoundField]:
        return [self.form[name] for name in ("mine", "handled_by", "changed_since")]

    def headings(self) -> list[dict]:
        return [{**each, "query": each["query"] if each["field"].name in SORTS else ""} for each in super().headings()]

    def shown(self, page: paging.Page) -> list[dict]:
        """Rows for the template: key, what the first column says, and all cells, with names for keys."""
        write, drawn = self.writers(page.rows), row_writer(self.columns)
        answer, (before, after) = [], reverse("issue", args=[SOME_KEY]).split(str(SOME_KEY))
        for row in page.rows:
            texts = [write(one, row) for one in self.columns]
            known = {"state": row["state"], "late_days": self._late_days(row), "url": f"{before}{row['pk']}{after}"}
            answer.append({"pk": row["pk"], "name": texts[0], "cells": drawn(known, texts)})
        return answer

    def _late_days(self, row: dict) -> int:
        """Days past the deadline, where the column is shown and the issue is still at work."""
        due_on = row.get("due_on")
        return max(0, (self.on - due_on).days) if due_on and row["state"] in Issue.AT_WORK else 0

    def writers(self, rows: list[dict]):
        """(field, row) → text, with the names of divisions and categories looked up once for all rows."""
        units = {row["unit"] for row in rows if "unit" in row}
        places, names = division_paths({row["division_id"] for row in rows}, also=units)
        categories = {each.pk: str(each) for each in self.form.kinds}
        if older := {row["category"] for row in rows if "category" in row} - set(categories):
            categories |= {each.pk: str(each) for each in IssueCategory.objects.filter(pk__in=older)}
        plain = {one.name: cell_writer(one) for one in self.columns}

        def write(one: ListField, row: dict) -> str:
            match one.name:
                case "division":
                    return places[row["division_id"]]
                case "unit":
                    return names[row["unit"]]
                case "category":
                    return categories[row["category"]]
            return plain[one.name](row[one.name])

        return write

    def lines(self, *, at_once: int = 2000) -> Iterator[list[str]]:
        """Every row of the list in its order as texts, for a file; pages by key, so memory stays flat."""
        names = [one.name for one in self.columns]
        seen, after = self.layer.model.objects.visible_to(self.user), None
        while True:
            page = paging.page(self.rows, names, sort=self.sort, anchors=seen, after=after, size=at_once)
            write = self.writers(page.rows)
            yield from ([write(one, row) for one in self.columns] for row in page.rows)
            if page.after is None:
                return
            after = page.after

