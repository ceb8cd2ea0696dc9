from django import template

register = template.Library()
_NAMES = {"wgs84": "WGS-84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}


@register.filter
def datum(name: str) -> str:
    """A coordinate system as people write it."""
    return _NAMES.get(name, name.upper())
