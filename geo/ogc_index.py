"""Rectangles asked for over WFS, answered through the one spatial index that a layer has: that of its EPSG:3857 copy."""
import math
from collections.abc import Iterator

from django.contrib.gis.db.models.lookups import GISLookup
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, Polygon
from django.db.models import QuerySet
from django.db.models.expressions import Col
from django.db.models.sql.where import AND, WhereNode

# Each of these can hold only where the two boxes meet.
NEEDS_MEETING_BOXES = {"intersects", "bboverlaps", "within", "contains", "overlaps", "crosses", "touches", "equals"}
# Wider by this than the box that was asked for: the copy is rounded in another place than the question.
MARGIN_M = 1.0


def through_index(rows: QuerySet) -> QuerySet:
    """The same rows, with each place filter's box said once more of `geom_3857`."""
    for shape in list(_asked_for(rows.query.where)):
        if box := _box_3857(shape):
            rows = rows.filter(geom_3857__bboverlaps=box)
    return rows


def _asked_for(node: WhereNode) -> Iterator[GEOSGeometry]:
    """Shapes that every row has to meet: below an OR or a NOT nothing is certain."""
    if node.connector != AND or node.negated:
        return
    for child in node.children:
        if isinstance(child, WhereNode):
            yield from _asked_for(child)
        elif isinstance(child, GISLookup) and child.lookup_name in NEEDS_MEETING_BOXES:
            if isinstance(child.lhs, Col) and child.lhs.target.name == "geom" and isinstance(child.rhs, GEOSGeometry):
                yield child.rhs


def _box_3857(shape: GEOSGeometry) -> Polygon | None:
    """None where the projection has no such place: the whole world, say, whose poles lie at infinity."""
    try:
        west, south, east, north = corners = shape.transform(3857, clone=True).extent
    except (GDALException, GEOSException):
        return None
    if not all(map(math.isfinite, corners)):
        return None
    box = Polygon.from_bbox((west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M))
    box.srid = 3857
    return box
