"""Where an issue is: a point, or an object of a layer and the point that stands for it; how far somebody is away; what lies near."""
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from geo.layers import registry
from geo.models import Division, User
from patrol.entries import PLACE_LAYERS
from zones.models import Issue, IssueCategory
from zones.register_words import RegisterRefused

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class Position:
    """Where a device says that it is: WGS-84 degrees, and the radius of its uncertainty in metres."""

    lon: float
    lat: float
    accuracy_m: float

    def distance_m(self, point: Point) -> float:
        """Metres along a sphere, right to half a percent: plenty beside the accuracy of a phone."""
        one, other = math.radians(self.lat), math.radians(point.y)
        half = math.sin((other - one) / 2) ** 2
        half += math.cos(one) * math.cos(other) * math.sin(math.radians(point.x - self.lon) / 2) ** 2
        return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def shown_point(place: models.Model) -> Point:
    """The point that stands for an object: its own, or one inside its outline."""
    return place.geom if place.geom.geom_type == "Point" else place.geom.point_on_surface


def division_at(point: Point, *, on: date) -> str:
    """The smallest division that covers the point (EPSG:4326); empty where none does."""
    found = Division.objects.covering(point, on=on).first()
    return found.pk if found else ""


def place_of(point: Point | None, place: models.Model | None, *, on: date) -> tuple[Point, str]:
    """Point and division of a new issue; a point that was picked goes before the object's own. Raises RegisterRefused."""
    if point is None:
        if place is None:
            raise RegisterRefused(_("请在地图上点选位置，或选择一个对象。"))
        point = shown_point(place)
    division_id = division_at(point, on=on) or (place.division_id if place is not None else "")
    if not division_id:
        raise RegisterRefused(_("这个位置不在任何行政区划内，请检查经度和纬度。"))
    return point, division_id


def object_for(user: User, layer_name: str, pk: int) -> models.Model | None:
    """An object that an issue may be about, if the person may read it."""
    layer = registry.get(layer_name) if layer_name in PLACE_LAYERS else None
    return layer.model.objects.visible_to(user).filter(pk=pk).first() if layer else None


def around(point: Point, within_m: float) -> Polygon:
    """A box (EPSG:3857) that holds whatever is within so many metres of the point, and a little more."""
    web = point.transform(3857, clone=True)
    reach = within_m / math.cos(math.radians(point.y)) * 1.01
    box = Polygon.from_bbox((web.x - reach, web.y - reach, web.x + reach, web.y + reach))
    box.srid = 3857
    return box


def near(rows: QuerySet[Issue], point: Point, within_m: float) -> QuerySet[Issue]:
    """Issues within so many metres of the point, the nearest first, each with `distance`."""
    measured = rows.filter(geom_3857__bboverlaps=around(point, within_m)).annotate(distance=Distance("geom", point))
    return measured.filter(distance__lte=within_m).order_by("distance")


def likely_duplicates(
    user: User, *, categories: Iterable[IssueCategory], point: Point, place_layer: str, place_pk: int | None, within_m: float,
    but: int | None = None,
) -> list[Issue]:  # fmt: skip
    """Open issues of the same group of categories that are near or about the same object: the reader's own, five at most."""
    rows = Issue.objects.visible_to(user).open().exclude(pk=but).filter(category__in=categories, is_approximate=False)
    rows = rows.select_related("category", "unit")
    found = list(near(rows, point, within_m)[:5])
    if place_pk is not None:
        known = {each.pk for each in found}
        found += [each for each in rows.filter(place_layer=place_layer, place_pk=place_pk)[:5] if each.pk not in known]
    return found[:5]
