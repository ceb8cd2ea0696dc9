"""Where a drawn geometry lies: its division, whether it stays in the editor's territory, and what it overlaps."""
from datetime import date

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import models
from django.utils.translation import gettext as _

from geo.coords import gauss_kruger_epsg, to_plane
from geo.editing.refusals import EditRefused
from geo.editing.shapes import to_shapely
from geo.faults import Fault, sentence
from geo.layers import Layer
from geo.models import Division, DivisionOutline, User

_NAMED_AT_MOST = 5


def division_for(layer: Layer, geom: GEOSGeometry, *, by: User, on: date) -> Division | None:
    """The smallest division that covers a point on the surface, as an import finds it; None for what has no territory.

    Raises EditRefused for what lies outside every division or outside the editor's own.
    """
    outline = _outline(by.division_id, on)
    if not layer.territorial:
        if outline is None or not to_shapely(geom).intersects(outline):
            raise EditRefused({"geom": [sentence(Fault.NOT_YOURS)]})
        return None
    found = Division.objects.covering(geom.point_on_surface, on=on).first()
    if found is None:
        raise EditRefused({"geom": [sentence(Fault.OUTSIDE)]})
    if not found.code.startswith(by.division_id):
        raise EditRefused({"geom": [_("这里属于%(found)s，不在您的辖区（%(own)s）内。") % {"found": found.name, "own": by.division.name}]})
    if layer.shape == "area" and outline is not None:
        _refuse_beyond(geom, outline, by.division.name)
    return found


def _outline(code: str, on: date) -> shapely.Geometry | None:
    found = DivisionOutline.objects.in_force(on).ground_of(code)
    return to_shapely(found) if found else None


def _refuse_beyond(geom: GEOSGeometry, outline: shapely.Geometry, name: str) -> None:
    shape = to_shapely(geom)
    beyond = shape.difference(outline)
    if beyond.is_empty:
        return
    [rest] = to_plane([beyond], gauss_kruger_epsg(shape.bounds[0]))
    if not _thin(rest, settings.BOUNDARY_TOLERANCE_M):
        area = _("轮廓有约%(area)s平方米在辖区（%(name)s）之外，请改到辖区之内。") % {"area": f"{rest.area:,.0f}", "name": name}
        raise EditRefused({"geom": [area]})


def refuse_overlap(layer: Layer, geom: GEOSGeometry, *, but: int | None, by: User) -> None:
    """Refuses an outline that overlaps another object of its layer, and names that object where the editor may know it."""
    shape = to_shapely(geom)
    rows = layer.model.objects.everywhere("no outline may overlap another one, whoever's it is").exclude(pk=but)
    near = [(each, to_shapely(each.geom)) for each in rows.filter(geom_3857__bboverlaps=geom.transform(3857, clone=True))]
    hits = []
    for other, outline in near:
        common = _intersection(shape, outline)
        if common.is_empty:
            continue
        [plane] = to_plane([common], gauss_kruger_epsg(shape.bounds[0]))
        if not _thin(plane, settings.OVERLAP_TOLERANCE_M):
            hits.append((plane.area, other))
    if hits:
        hits.sort(key=lambda hit: -hit[0])
        text = _("与%(other)s重叠约%(area)s平方米。")
        told = [text % {"other": _named(layer, other, by), "area": f"{area:,.0f}"} for area, other in hits[:_NAMED_AT_MOST]]
        raise EditRefused({"geom": told})


def _intersection(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    """An imported outline may be invalid by a hair; it must not stop an edit beside it."""
    return shapely.intersection(one, other if other.is_valid else shapely.make_valid(other))


def _thin(plane: shapely.Geometry, width_m: float) -> bool:
    """Nowhere wider than `width_m`: two drawings of one edge, not an overlap."""
    return plane.buffer(-width_m / 2).is_empty


def _named(layer: Layer, other: models.Model, by: User) -> str:
    if other.division_id.startswith(by.division_id):
        return _("“%(name)s”（编号%(key)s）") % {"name": other, "key": other.source_key}
    return str(_("辖区外的一个%(title)s") % {"title": layer.title})
