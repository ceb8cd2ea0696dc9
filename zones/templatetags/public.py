from django import template
from django.conf import settings
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def public_style() -> str:
    """Our own style sheets, word for word: the content security policy holds their hash."""
    return mark_safe(settings.PUBLIC_STYLE)
