"""Saving a list under a name, and letting it go."""
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from geo.editing.values import guard
from geo.lists.listing import Listing
from geo.models import SavedView, User

VIEWS_AT_MOST = 50
NAME_CHARACTERS = 60


def save(listing: Listing, name: str, *, shared: bool, by: User) -> SavedView:
    """Keep filters, order and columns; the same name of the same owner is overwritten. Raises ValidationError with the reason."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise ValidationError(_("请给这个列表起个名字。"))
    if len(name) > NAME_CHARACTERS:
        raise ValidationError(_("名字最多%(limit)s个字。") % {"limit": NAME_CHARACTERS})
    if not listing.is_valid:
        raise ValidationError(_("筛选条件有误，没有保存。"))
    for text in (name, *(value for values in listing.filters().lists() for value in values[1])):
        guard(text)
    mine = SavedView.objects.filter(owner=by, layer=listing.layer.name)
    if mine.exclude(name=name).count() >= VIEWS_AT_MOST:
        raise ValidationError(_("每个图层最多保存%(limit)s个列表，请先删除不用的。") % {"limit": VIEWS_AT_MOST})
    kept = {"query": listing.filters().urlencode(safe=","), "columns": listing.query.get("columns", ""), "is_shared": shared}
    return SavedView.objects.update_or_create(owner=by, layer=listing.layer.name, name=name, defaults=kept)[0]
