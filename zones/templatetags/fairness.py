from django import template

from zones.models import Grade
from zones.sentences import NAMES

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.0f}%"


@register.filter
def category(name: str) -> str:
    return str(NAMES[name])


@register.filter
def colour(value: str) -> str:
    return str(Grade.Colour(value).label)
