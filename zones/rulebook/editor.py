"""A standard's document as parts of a page, and the same parts as a form that gives the document back."""
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django import forms
from django.db.models import Field, ForeignKey
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from geo import pii
from geo.models import PlaceKind
from zones.rulebook.boards import Board, code_of, with_copy, without
from zones.rulebook.words import BOUNDS, FIXED, HIDDEN, LARGEST, PLACE_KINDS, SHOWN_ONLY, WORDS

Path = tuple[str | int, ...]
NEGATIVE = {"low", "high"}
NAMES = ("name", "text", "name_en", "text_en")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass
class Cell:
    """One value: where it stands in the document, what it is called, what it says; `bound` is its field in a form."""

    path: Path
    label: str
    said: str
    shown_only: bool = False
    is_code: bool = False
    bound: forms.BoundField | None = None


@dataclass
class Part:
    """Values one by one (`cells`), or lines under `columns`, each with its code and name. `grows`: people add and take away lines."""

    title: str
    cells: list[Cell] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    lines: list["Line"] = field(default_factory=list)
    grows: bool = False


@dataclass
class Line:
    code: str
    name: str
    cells: list[Cell | None]

    def __iter__(self) -> Iterator[Cell | None]:
        return iter(self.cells)


def parts(board: Board, document: dict, *, both: bool = False) -> list[Part]:
    """Words that are there in two languages: the reader's, or `both` for whoever writes them."""
    columns = {each.name: each for each in board.fields}
    top = Part(_now("数值"))
    found = [top, *_inside(board, document if both else _read(document), (), top, columns)]
    return [each for each in found if each.cells or each.lines]


def _inside(board: Board, node: dict, path: Path, into: Part, columns: Mapping[str, Field], lead: str = "") -> Iterator[Part]:
    for key in _ordered(node, columns):
        if key in HIDDEN and not (path == () and key == board.rows):
            continue
        value, here, label = node[key], (*path, key), _label(key, columns)
        if _is_lines(value):
            yield _lines(board, value, here, label)
        elif isinstance(value, dict):
            part = Part(label) if path == () else into
            if path == ():
                yield part
            yield from _inside(board, value, here, part, {}, lead if path == () else f"{lead}{label} · ")
        else:
            into.cells.append(_cell(here, lead + label, value, columns.get(key)))


def _lines(board: Board, rows: list[dict], path: Path, title: str) -> Part:
    columns = {each.name: each for each in board.row_fields} if path == (board.rows,) else {}
    keys = _ordered({key: None for row in rows for key in row if key not in HIDDEN}, columns)
    keys.sort(key=lambda key: key not in NAMES)  # what a line is called comes first
    names = {row.get("code"): row.get("name") or row.get("name_en", "") for row in rows}
    lines = []
    for number, row in enumerate(rows):
        shown = {key: names.get(row[key]) if key == "parent" else row[key] for key in keys if key in row}
        cells = [_cell((*path, number, key), _label(key, columns), shown[key], columns.get(key)) if key in shown else None for key in keys]
        lines.append(Line(code_of(row) or str(number), next(row[key] for key in NAMES if row.get(key)), cells))
    return Part(title, columns=[_label(key, columns) for key in keys], lines=lines, grows=path == (board.grows,))


def _cell(path: Path, label: str, value, column: Field | None) -> Cell:
    key = path[-1]
    if key in PLACE_KINDS:
        titles = dict(PlaceKind.objects.values_list("code", "title"))
        return Cell(path, label, "、".join(titles.get(each, each) for each in value), shown_only=True)
    return Cell(path, label, said(value, column), key in SHOWN_ONLY, is_code=key == "rrule")


def _ordered(node: dict, columns: Mapping[str, Field]) -> list[str]:
    """The order of the columns, then that of the words: JSON comes back from the database in another one."""
    places = {key: number for number, key in enumerate([*columns, *(key for key in WORDS if key not in columns)])}
    return sorted(node, key=lambda key: places.get(key, len(places)))


def _read(node):
    """Without what is said again in the other language."""
    if isinstance(node, list):
        return [_read(each) for each in node]
    if not isinstance(node, dict):
        return node
    english = (get_language() or "").startswith("en")
    there = {key for key in node if f"{key}_en" in node and english and node[f"{key}_en"]}
    return {key: _read(value) for key, value in node.items() if key not in there and (english and node[key] or not key.endswith("_en"))}


def _is_lines(value) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _label(key: str, columns: Mapping[str, Field]) -> str:
    return str(columns[key].verbose_name) if key in columns else str(WORDS[key])


def said(value, column: Field | None = None) -> str:
    """A value in words: a choice by its label, a list with commas, yes and no."""
    if column is not None and column.choices and value:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _now("是") if value else _now("否")
    if isinstance(value, list):
        return "、".join(map(str, value))
    return "" if value is None else str(FIXED.get(value, value))


def changes(board: Board, before: dict, after: dict) -> list[dict]:
    """What differs, value by value: its name, before, after. A line that is new or gone is told as a whole."""
    old, new = parts(board, before), parts(board, after)
    was, now = ({f"{part.title} · {cell.label}": cell.said for part in found for cell in part.cells} for found in (old, new))
    found = _differences(was, now)
    was, now = ({(part.title, line.code): line for part in found for line in part.lines} for found in (old, new))
    for place in dict.fromkeys([*was, *now]):
        if place not in now:
            found.append({"what": _now("删去：%(name)s") % {"name": was[place].name}, "before": _in_words(was[place]), "after": ""})
        elif place not in was:
            found.append({"what": _now("新增：%(name)s") % {"name": now[place].name}, "before": "", "after": _in_words(now[place])})
        else:
            name, both = was[place].name, (was[place], now[place])
            found += _differences(*({f"{name} · {cell.label}": cell.said for cell in each if cell} for each in both))
    return found


def _differences(was: Mapping[str, str], now: Mapping[str, str]) -> list[dict]:
    return [
        {"what": what, "before": was.get(what, ""), "after": now.get(what, "")}
        for what in dict.fromkeys([*was, *now])
        if was.get(what, "") != now.get(what, "")
    ]


def _in_words(line: Line) -> str:
    return _now("；").join(_now("%(label)s：%(said)s") % {"label": cell.label, "said": cell.said} for cell in line if cell and cell.said)


class Editor(forms.Form):
    """The head and every value as a field; `document()` is what was typed, in the shape that it came in."""

    title = forms.CharField(label=_("标题"), max_length=120)
    valid_from = forms.DateField(label=_("施行日期"), widget=DAY)
    change_note = forms.CharField(
        label=_("改动说明（改了什么，为什么）"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, board: Board, draft, data: Mapping | None):
        head = {"title": draft.title, "valid_from": draft.valid_from, "change_note": draft.change_note, "seen": str(draft.edited_at)}
        self.board, self.draft, self.base = board, draft, draft.document
        super().__init__(data, initial=head)
        if board.by_year:
            del self.fields["title"], self.fields["valid_from"]
        self.parts = parts(board, draft.document, both=True)
        for cell in self._cells():
            name = _name(cell.path)
            self.fields[name] = self._field(cell.path, cell.label)
            self.initial[name] = self._first(cell.path)
            cell.bound = self[name]

    def _cells(self) -> Iterator[Cell]:
        for part in self.parts:
            for cell in [*part.cells, *(each for line in part.lines for each in line)]:
                if cell and not cell.shown_only:
                    yield cell

    def _value(self, path: Path):
        found = self.base
        for step in path:
            found = found[step]
        return found

    def _first(self, path: Path):
        value = self._value(path)
        return "、".join(map(str, value)) if isinstance(value, list) else value

    def _field(self, path: Path, label: str) -> forms.Field:
        key, value = path[-1], self._value(path)
        of_rows = bool(self.board.rows) and path[0] == self.board.rows
        columns = {each.name: each for each in (self.board.row_fields if of_rows else self.board.fields)}
        column = columns.get(key) if of_rows or len(path) == 1 else None
        if isinstance(column, ForeignKey):
            groups = [row for row in self.base[self.board.rows] if not row["parent"]]
            return forms.ChoiceField(label=label, required=False, choices=[("", "—"), *((row["code"], row["name"]) for row in groups)])
        if isinstance(value, list):
            return forms.CharField(label=label, required=column is not None and not column.blank, max_length=1000)
        if column is not None:
            return column.formfield(label=label)
        return _plain_field(key, value, label)

    def clean_seen(self) -> str:
        """Fields go by the places of their lines: a page that is behind would write into the wrong ones."""
        if self.cleaned_data["seen"] != str(self.draft.edited_at):
            raise forms.ValidationError(_("别人刚刚办理过，请刷新页面。"))
        return self.cleaned_data["seen"]

    def clean(self) -> dict:
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str) and pii.find(value):
                self.add_error(name, _now("这里像是写了证件号、电话或车牌，请删去。"))
        return self.cleaned_data

    def document(self) -> dict:
        made = copy.deepcopy(self.base)
        for cell in self._cells():
            typed, place = self.cleaned_data[_name(cell.path)], made
            for step in cell.path[:-1]:
                place = place[step]
            place[cell.path[-1]] = _stored(typed, self._value(cell.path))
        return made

    def said(self, asked: Mapping) -> dict:
        """What drafting.write takes, with the line more or less that was asked for."""
        head = {"title": self.draft.title, "valid_from": self.draft.valid_from} | {
            name: self.cleaned_data[name] for name in ("title", "valid_from", "change_note") if name in self.fields
        }
        made = self.document()
        for change, code in ((with_copy, asked.get("copy")), (without, asked.get("drop"))):
            if code and self.board.grows:
                made = change(self.board, made, code)
        return head | {"document": made}


def _plain_field(key: str, value, label: str) -> forms.Field:
    smallest, largest = BOUNDS.get(key, (-LARGEST if key in NEGATIVE else 0, LARGEST))
    if isinstance(value, bool):
        return forms.BooleanField(label=label, required=False)
    if isinstance(value, int):
        return forms.IntegerField(label=label, min_value=smallest, max_value=largest)
    if isinstance(value, float):
        return forms.FloatField(label=label, min_value=smallest, max_value=largest, widget=forms.NumberInput(attrs={"step": "any"}))
    return forms.CharField(label=label, max_length=500, required=not key.endswith("_en") and key != "unit")


def _stored(typed, before):
    if isinstance(before, list):
        return [each.strip() for each in re.split("[，,、;；\n]", typed) if each.strip()]
    if hasattr(typed, "isoformat"):
        return typed.isoformat()
    if before is None and typed == "":
        return None
    return typed


def _name(path: Path) -> str:
    return "-".join(map(str, ("v", *path)))
