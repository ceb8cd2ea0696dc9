"""The cells of the register's list as HTML. Five hundred of them on a page: a template would take longer than everything else."""
from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import ngettext

from geo.lists.fields import ListField

SHOWN_CHARACTERS = 60
_CELL = '<td data-label="{}"{}>{}</td>'


def cells(row: dict, texts: Iterable[tuple[ListField, str]]) -> SafeString:
    """`row` has `url`, `state` and `late_days`; the first of the texts leads to the issue."""
    return format_html_join("", _CELL, (_cell(row, field, text, is_first=not at) for at, (field, text) in enumerate(texts)))


def _cell(row: dict, field: ListField, text: str, *, is_first: bool) -> tuple[str, SafeString, SafeString | str]:
    shown = text or "—"
    if is_first:
        return field.label, _TITLE, format_html('<a href="{}">{}</a>', row["url"], shown)
    if field.name == "state":
        shown = format_html('<span class="issue-state {}">{}</span>', row["state"], text)
    elif field.name == "due_on" and row["late_days"]:
        days = row["late_days"]
        late = ngettext("逾期%(days)s天", "逾期%(days)s天", days) % {"days": days}
        shown = format_html('{} <span class="late">! {}</span>', text, late)
    elif field.name == "text":
        shown = Truncator(text).chars(SHOWN_CHARACTERS) or "—"
    return field.label, _NUMBER if field.is_number else _WHOLE if field.name in ("due_on", "number") else _PLAIN, shown


_TITLE, _NUMBER, _WHOLE, _PLAIN = (SafeString(text) for text in (' class="title"', ' class="number"', ' class="nowrap"', ""))
