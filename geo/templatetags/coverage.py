"""States of coverage and metres, as words."""

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from geo import coverage_tables

register = template.Library()


@register.simple_tag
def state(value: str) -> str:
    mark, label = coverage_tables.STATES[value]
    return format_html('<span class="state {}"><span aria-hidden="true">{}</span> {}</span>', value, mark, label)


@register.filter
def metres(value: float | None) -> str:
    """1 234.4 -> 1234 m below two kilometres, then kilometres with one decimal."""
    if value is None:
        return "—"
    return _("%(n)s米") % {"n": round(value)} if value < 2000 else _("%(n)s公里") % {"n": f"{value / 1000:.1f}"}


register.filter("how", coverage_tables.how)


@register.filter
def percent(part: float | None) -> str:
    """0.876 -> 88%; nothing known -> a dash."""
    return "—" if part is None else f"{part:.0%}"


@register.filter
def of_all(pair: tuple[float, float]) -> str:
    """(3, 4) -> 3/4（75%）."""
    seen, total = pair
    return "—" if not total else f"{seen:.0f}/{total:.0f}（{seen / total:.0%}）"


@register.filter
def kilometres(pair: tuple[float, float]) -> str:
    seen, total = pair
    return "—" if not total else _("%(seen)s/%(total)s公里（%(share)s）") % {
        "seen": f"{seen / 1000:.2f}", "total": f"{total / 1000:.1f}", "share": f"{seen / total:.1%}"
    }  # fmt: skip


@register.filter
def item(counts: dict, key: str) -> int:
    return counts.get(key, 0)
