"""What the pages of checklists show: the versions in force, one version, and the form of a draft."""
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from geo import workflow
from geo.models import User
from zones import checklist_versions as verbs
from zones import checklists, inspections
from zones.checklist_forms import GOOD_WORDS, TYPE_WORDS, HeadForm, ItemFormSet, StartForm, kinds_of
from zones.inspection_pages import shown
from zones.models import Checklist, IssueCategory
from zones.periods import day_of
from zones.register_rules import rules_at

S = Checklist.State


def listing(user: User, form: StartForm, *, now: datetime) -> dict:
    """One line for each checklist: the version in force, and those behind and ahead of it."""
    current = inspections.in_force(user, on=day_of(now))
    rows: dict[str, dict] = {}
    for each in verbs.readable(user).exclude(state=S.DROPPED).select_related("division"):
        row = rows.setdefault(each.code, {"current": current.get(each.code), "newest": each, "versions": 0, "draft": None})
        row["versions"] += 1
        row["draft"] = row["draft"] or (each if each.state == S.DRAFT else None)
    shown_rows = sorted(rows.values(), key=lambda row: (row["newest"].layer, row["newest"].title))
    for row in shown_rows:
        row["shown"] = row["current"] or row["newest"]
        row["kinds"] = kind_names(row["shown"])
    return {"rows": shown_rows, "writes": verbs.writers(user), "form": form}


def kind_names(checklist: Checklist) -> list[str]:
    words = dict(kinds_of(checklist.layer))
    return [words.get(each, each) for each in checklist.place_kinds]


def checklist(found: Checklist, user: User, *, now: datetime) -> dict:
    items = checklists.parse(found.items)
    others = verbs.readable(user).filter(code=found.code).exclude(pk=found.pk).order_by("-version", "-pk")
    in_force = inspections.in_force(user, on=day_of(now)).get(found.code)
    writes = verbs.writers(user)
    return {
        "checklist": found, "rows": rows(items), "kinds": kind_names(found), "others": others, "is_in_force": in_force == found,
        "total": sum(each.weight for each in items), "steps": workflow.open_moves(found, by=user),
        "edits": verbs.writers(user, found) and found.state == S.DRAFT, "copies": writes and found.state in (S.ADOPTED, S.RETIRED),
        "timeline": workflow.history(found).select_related("decided_by__division"),
    }  # fmt: skip


def rows(items: list[checklists.Item]) -> list[dict]:
    """Items as people read them."""
    known = {each.key: each for each in items}
    types, good = dict(TYPE_WORDS), dict(GOOD_WORDS)
    names = {each.code: each for each in IssueCategory.objects.order_by("standard__valid_from", "pk")}
    told = []
    for item in items:
        asked = known.get(item.when_item)
        told.append({
            "item": item, "text": shown(item), "type": types[item.type],
            "good": good.get(item.good) if item.type == checklists.YES_NO else "",
            "limits": limits(item), "category": names.get(item.category), "when": shown(asked) if asked else "",
            "answer": answer_of(asked, item.when_answer) if asked else "",
            "options": [(each.text_en if each.text_en and shown(item) == item.text_en else each.text, each.share) for each in item.options],
        })  # fmt: skip
    return told


def limits(item: checklists.Item) -> str:
    low = _("不低于%(line)s") % {"line": f"{item.at_least:g}{item.unit}"} if item.at_least is not None else ""
    high = _("不高于%(line)s") % {"line": f"{item.at_most:g}{item.unit}"} if item.at_most is not None else ""
    return "，".join(each for each in (low, high) if each)


def answer_of(item: checklists.Item, value: str) -> str:
    if item.type == checklists.YES_NO:
        return _("是") if value == checklists.YES else _("否")
    option = item.option(value)
    return "" if option is None else option.text


class Editor:
    """Head and items of a draft as one form. `asks_for_more`: not to be saved yet, but shown with one more row."""

    def __init__(self, checklist: Checklist, data: Mapping | None, *, now: datetime):
        items = checklists.parse(checklist.items)
        self.asks_for_more = data is not None and "more" in data
        self.refused = ""
        data = one_more(data) if self.asks_for_more else data
        self.head = HeadForm(data, checklist=checklist)
        self.items = ItemFormSet(data, items=items, rules=rules_at(now))

    def is_valid(self) -> bool:
        return all([self.head.is_valid(), self.items.is_valid()])

    @property
    def status(self) -> int:
        return 422 if self.head.is_bound and not self.asks_for_more else 200

    def said(self) -> dict:
        return {**self.head.cleaned_data, "items": self.items.items()}


def one_more(data: Mapping) -> Mapping:
    """The same form with one more row at its end; a count that is no number is left for the form to refuse."""
    more, count = data.copy(), data.get("form-TOTAL_FORMS", "")
    if count.isascii() and count.isdecimal() and int(count[:4]) < verbs.ITEMS_AT_MOST:
        more["form-TOTAL_FORMS"] = f"{int(count) + 1}"
    return more
