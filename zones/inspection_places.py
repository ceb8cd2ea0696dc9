"""Where inspections are made: the places of a person's territory, and how far from one somebody stands."""
import numpy as np
import shapely
from django.contrib.gis.geos import Point
from django.db import models
from django.utils.translation import gettext as _

from geo import coords
from geo.layers import registry
from geo.models import User
from zones.models import Inspection, PlaceLayer, RectificationZone
from zones.register_places import shown_point
from zones.register_rules import Rules

PLACES_AT_MOST = 400
S = RectificationZone.Status
# Nobody is sent there; an inspection that began before comes in all the same.
OVER = (S.REFUSED, S.DELISTED)


def place_for(user: User, layer: str, pk: int) -> models.Model | None:
    """The object, if it lies in the person's territory."""
    if layer not in PlaceLayer.values:
        return None
    return registry[layer].model.objects.visible_to(user).filter(pk=pk).first()


def distance_m(place: models.Model, point: Point) -> float:
    """Metres from the outline (0 inside) or the point of a place, in the plane of its CGCS2000 zone."""
    shapes = np.array([shapely.from_wkb(bytes(place.geom.wkb)), shapely.Point(point.x, point.y)], dtype=object)
    one, other = coords.to_plane(shapes, coords.gauss_kruger_epsg(shown_point(place).x))
    return float(shapely.distance(one, other))


def spot_of(distance: float | None, accuracy: float | None, rules: Rules) -> str:
    """Whether somebody was there, by the register's own figures for checks on the spot."""
    if distance is None or accuracy is None:
        return Inspection.Spot.UNKNOWN
    if accuracy > rules.figures.verify_accuracy_at_most_m:
        return Inspection.Spot.COARSE
    return Inspection.Spot.FAR if distance > rules.figures.verify_within_m else Inspection.Spot.THERE


def told(user: User) -> tuple[list[dict], bool]:
    """Places for the phone, zones first, and whether there are more than it is told."""
    found = []
    for layer in PlaceLayer.values:
        rows = registry[layer].model.objects.visible_to(user).order_by("division_id", "pk")
        if layer == PlaceLayer.ZONES:
            rows = rows.exclude(status__in=OVER)
        found += [(layer, each) for each in rows[: PLACES_AT_MOST + 1 - len(found)]]
    return [_told(layer, each) for layer, each in found[:PLACES_AT_MOST]], len(found) > PLACES_AT_MOST


def _told(layer: str, place: models.Model) -> dict:
    point = shown_point(place)
    return {
        "layer": layer, "id": place.pk, "name": str(place), "kind": place.kind, "kind_label": str(place.get_kind_display()),
        "lon": round(point.x, 6), "lat": round(point.y, 6),
    }  # fmt: skip


def flag_of(place: models.Model | None) -> str:
    """What is odd about inspecting it: gone from the territory's register, or a zone that is not listed any more."""
    if place is None:
        return "unknown_place"
    return "zone_delisted" if isinstance(place, RectificationZone) and place.status == S.DELISTED else ""


FLAG_WORDS = {
    "unknown_place": lambda: _("地点已不在本辖区名册里，排查已保存"),
    "zone_delisted": lambda: _("该区域已摘牌，排查已保存"),
    "older_checklist": lambda: _("按开始时的检查表版本记录，之后已有新版本"),
    "incomplete": lambda: _("有必答项没有回答"),
    "clock_suspect": lambda: _("手机时间可疑"),
}
