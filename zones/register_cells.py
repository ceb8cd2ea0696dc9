"""The cells of the register's list as HTML. Five hundred of them on a page: a template would take longer than everything else,
and so would Django's own escaping of each piece; here every text is escaped once, and what a column repeats is made once.
"""
from collections.abc import Callable, Iterable
from html import escape

from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import ngettext

from geo.lists.fields import ListField

SHOWN_CHARACTERS = 60
_NOTHING = "—"


def row_writer(columns: Iterable[ListField]) -> Callable[[dict, list[str]], SafeString]:
    """(row, texts of the columns) → the row's cells. `row` has `url`, `state` and `late_days`; the first text leads to the issue."""
    parts = [(f'<td data-label="{escape(str(each.label))}"{_class(each, is_first=not at)}>', _PIECES.get(each.name, _plain))
             for at, each in enumerate(columns)]  # fmt: skip

    def write(row: dict, texts: list[str]) -> SafeString:
        pieces = [f"{start}{piece(row, text)}</td>" for (start, piece), text in zip(parts, texts, strict=True)]
        pieces[0] = f'{parts[0][0]}<a href="{escape(row["url"])}">{escape(texts[0]) or _NOTHING}</a></td>'
        return SafeString("".join(pieces))

    return write


def _class(field: ListField, *, is_first: bool) -> str:
    name = "title" if is_first else "number" if field.is_number else "nowrap" if field.name in ("due_on", "number") else ""
    return f' class="{name}"' if name else ""


def _plain(row: dict, text: str) -> str:
    return escape(text) or _NOTHING


def _state(row: dict, text: str) -> str:
    return f'<span class="issue-state {escape(row["state"])}">{escape(text)}</span>'


def _due(row: dict, text: str) -> str:
    if not (days := row["late_days"]):
        return _plain(row, text)
    late = ngettext("逾期%(days)s天", "逾期%(days)s天", days) % {"days": days}
    return f'{escape(text)} <span class="late">! {escape(late)}</span>'


def _beginning(row: dict, text: str) -> str:
    return escape(text if len(text) <= SHOWN_CHARACTERS else Truncator(text).chars(SHOWN_CHARACTERS)) or _NOTHING


_PIECES = {"state": _state, "due_on": _due, "text": _beginning}
