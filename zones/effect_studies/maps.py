"""The map of a study: the year's zones, those that they are compared with, and the ring around the first."""
import json

import shapely
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.coords import from_plane, gauss_kruger_epsg, to_plane
from geo.editing.shapes import to_shapely
from geo.models import User
from patrol import map_words
from zones.models import EffectStudy, RectificationZone
from zones.periods import day_of

# Filled, hatched or hollow: never by colour alone.
PARTS = {
    "mine": gettext_lazy("示范区（参加比较）"),
    "alone": gettext_lazy("示范区（没有可比的）"),
    "other": gettext_lazy("对照区域"),
    "ring": gettext_lazy("外围环"),
}
ABOUT_A_METRE = 0.00001


def config(study: EffectStudy) -> dict:
    """For zones/effect_map.js."""
    words = {"open": _("打开"), "parts": {key: str(label) for key, label in PARTS.items()}}
    return map_words.config(study.division_id, on=day_of(study.created_at), data=reverse("effect_map", args=[study.pk]), words=words)


def features(study: EffectStudy, user: User) -> dict:
    """Outlines as they are now, of the zones that the study counted; one that was removed since is not there."""
    zones, pairs = study.frozen["zones"], study.result["matched"]["pairs"]
    compared = {zones[row]["pk"] for pair in pairs for row in pair}
    parts = {each["pk"]: _part(each, compared) for each in zones}
    rows = RectificationZone.objects.visible_to(user).filter(pk__in=[pk for pk, part in parts.items() if part])
    shapes = {each.pk: (each.name, to_shapely(each.geom)) for each in rows}
    found = [_feature(shape, parts[pk], name, reverse("zone", args=[pk])) for pk, (name, shape) in shapes.items()]
    ring = _ring([shape for pk, (_name, shape) in shapes.items() if parts[pk] != "other"], study.ring_m)
    return {"type": "FeatureCollection", "features": ([_feature(ring, "ring", "", "")] if ring else []) + found}


def _part(zone: dict, compared: set[int]) -> str:
    if zone["demonstration"]:
        return "mine" if zone["pk"] in compared else "alone"
    return "other" if zone["pk"] in compared else ""


def _ring(centre: list[shapely.Geometry], metres: int) -> shapely.Geometry | None:
    """What lies within so many metres of the demonstration zones and in none of them, as it was counted."""
    if not centre:
        return None
    epsg = gauss_kruger_epsg(centre[0].centroid.x)
    whole = shapely.union_all(to_plane(centre, epsg))
    [ring] = from_plane([shapely.difference(shapely.buffer(whole, metres), whole)], epsg)
    return ring


def _feature(shape: shapely.Geometry, part: str, name: str, url: str) -> dict:
    geometry = json.loads(shapely.to_geojson(shapely.set_precision(shape, ABOUT_A_METRE / 10)))
    return {"type": "Feature", "geometry": geometry, "properties": {"part": part, "name": name, "url": url}}
