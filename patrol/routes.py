"""A route beat from named streets: their lines inside a territory, and the corridor along them in metres."""

from collections.abc import Sequence
from datetime import date, datetime

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import transaction
from django.utils.translation import gettext as _

from geo import editing
from geo.coords import from_plane, gauss_kruger_epsg, to_plane
from geo.editing.context import said
from geo.editing.shapes import to_geojson, to_geos, to_shapely
from geo.layers import registry
from geo.models import BasemapFeature, Division, DivisionOutline, User
from patrol.models import Beat, PatrolStandard
from patrol.planning import PlanRefused, insist
from patrol.roster import day_of

LAYER = "beats"
PATROLLED = (BasemapFeature.Kind.STREET, BasemapFeature.Kind.MAIN_ROAD)
# A corner of a corridor as a polygon: four pieces for each quarter are enough for 25 metres.
QUARTER = 4


def corridor(lines: Sequence[shapely.Geometry], within: shapely.Geometry, width_m: float) -> tuple[shapely.Geometry, shapely.Geometry]:
    """The lines inside `within`, joined, and what lies within `width_m` of them there. Everything WGS-84; both may be empty."""
    epsg = gauss_kruger_epsg(within.centroid.x)
    inside = shapely.intersection(shapely.union_all(list(lines)), within)
    route = shapely.line_merge(shapely.multilinestrings([part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]))
    [plane] = to_plane([route], epsg)
    [wide] = from_plane([shapely.buffer(plane, width_m, quad_segs=QUARTER)], epsg)
    outline = shapely.intersection(shapely.make_valid(wide), within)
    polygons = [part for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]
    return _multi(route), shapely.multipolygons(polygons)


def _multi(lines: shapely.Geometry) -> shapely.Geometry:
    return lines if lines.geom_type == "MultiLineString" else shapely.multilinestrings([] if lines.is_empty else [lines])


def length_m(lines: shapely.Geometry) -> float:
    if lines.is_empty:
        return 0.0
    [plane] = to_plane([lines], gauss_kruger_epsg(lines.centroid.x))
    return plane.length


def outline_of(division: Division, on: date) -> shapely.Geometry:
    found = DivisionOutline.objects.in_force(on).filter(division=division).outline()
    if found is None:
        raise PlanRefused(_("%(name)s 没有轮廓，不能按街道划线。请先导入区划轮廓。") % {"name": division.name})
    return to_shapely(found)


def streets(division: Division, on: date) -> dict[str, list[shapely.Geometry]]:
    """Named streets and main roads that touch the division, by name."""
    outline = to_geos(outline_of(division, on))
    rows = BasemapFeature.objects.filter(kind__in=PATROLLED, geom__intersects=outline).exclude(name="").order_by("name", "pk")
    found: dict[str, list[shapely.Geometry]] = {}
    for name, line in rows.annotate(line=AsWKB("geom")).values_list("name", "line"):
        found.setdefault(name, []).append(shapely.from_wkb(bytes(line)))
    return found


@transaction.atomic
def make_route(
    *, name: str, division: Division, street_names: Sequence[str], weekly_visit_target: int | None, by: User, now: datetime
) -> Beat:
    """A beat of kind route along these streets. Raises PlanRefused or geo.editing.EditRefused; then nothing is written."""
    insist(by, division.pk)
    on = day_of(now)
    known = streets(division, on)
    unknown = [each for each in street_names if each not in known]
    if unknown or not street_names:
        listed = "、".join(unknown)
        raise PlanRefused(
            _("%(town)s没有这些街道：%(names)s。请重新选择。") % {"town": division.name, "names": listed}
            if unknown
            else _("请至少选一条街道。")
        )
    width = PatrolStandard.objects.in_force(on).figures["street_corridor_m"]
    lines = [line for each in street_names for line in known[each]]
    route, outline = corridor(lines, outline_of(division, on), width)
    if outline.is_empty:
        raise PlanRefused(_("所选街道不在%(town)s之内，请重新选择。") % {"town": division.name})
    values = {"name": name, "kind": Beat.Kind.ROUTE, "weekly_visit_target": weekly_visit_target}
    made = editing.create(registry[LAYER], {**values, "geom": to_geojson(to_geos(outline))}, by=by, now=now)
    with said(user=by.pk, at=now.isoformat(), how="create"):
        made.route = to_geos(route)
        made.save(update_fields=["route"])
    return made
