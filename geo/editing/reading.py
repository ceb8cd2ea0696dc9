"""What somebody may see and edit of a layer, the version that an editor has before them, and the object's history."""
from django.db import models
from django.http import Http404

from geo.editing.history import Entry, entries, kept_model
from geo.layers import Layer
from geo.models import Kept, User


def rows(layer: Layer, user: User) -> models.QuerySet:
    """The objects of a layer that a person may read: of the own territory; the base map's lines are public knowledge."""
    if layer.territorial:
        return layer.model.objects.visible_to(user)
    drawn = layer.model.objects.filter(**{f"{layer.class_field}__in": [each.value for each in layer.classes]})
    return drawn if user.reads_business_data else drawn.none()


def may_edit(layer: Layer, user: User) -> bool:
    """County and town officers edit; what has no territory is the county's."""
    return layer.editable and user.writes_business_data and (layer.territorial or user.role == user.Role.COUNTY_OFFICER)


def version_of(obj: models.Model | None) -> str:
    """The moment of the last change, to the microsecond: two versions of an object never share it. "" for a removed object."""
    return obj.updated_at.isoformat() if obj is not None else ""


def last_state(layer: Layer, pk: int, user: User) -> Kept | None:
    """The last row of an object that has been removed, if the person could read it."""
    model = kept_model(layer.model)
    last = model.objects.filter(pgh_obj_id=pk).order_by("pk").last() if model else None
    if last is None or last.pgh_label != "delete" or not user.reads_business_data or not layer.lets_in(user):
        return None
    return last if not layer.territorial or last.division_id.startswith(user.division_id) else None


def history(layer: Layer, pk: int, *, user: User) -> list[Entry]:
    """Newest first; Http404 for what the person may not read. A removed object has a history too."""
    found = rows(layer, user).filter(pk=pk).first()
    if found is None and last_state(layer, pk, user) is None:
        raise Http404
    return entries(layer, pk, found)
