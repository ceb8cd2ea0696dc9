"""A geometry that a person drew or typed: GeoJSON → judged GEOS geometry in EPSG:4326, and its size. No database."""
import json
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pyproj import Geod

from geo.coords import parse_datum
from geo.faults import CROSSINGS, SHAPES, Fault, sentence
from geo.geometry import judge

MAX_VERTICES = 20_000
MAX_CHARACTERS = 2_000_000
# Closer than this (degrees; a tenth of a millimetre) two drawings are one.
_SAME_DEG = 1e-9
_GEOD = Geod(ellps="GRS80")  # CGCS2000's ellipsoid


@dataclass(frozen=True)
class Size:
    """Geodesic, in square metres and metres; `length_m` of an area is its perimeter."""

    area_m2: float
    length_m: float


def read(given: GEOSGeometry | str | None, shape: str) -> GEOSGeometry:
    """The geometry as it is stored. Raises ValidationError with what is wrong and where."""
    geometry = _parsed(given)
    if shape == "area":
        _refuse_crossing(geometry)
    judged = judge(pa.array([shapely.to_wkb(geometry)], pa.binary()), shape=shape, datum=parse_datum("wgs84"), max_vertices=MAX_VERTICES)
    if fault := int(judged.fault[0]):
        params = {"wanted": SHAPES[shape], "count": judged.vertex_counts.get(0, 0), "limit": MAX_VERTICES}
        raise ValidationError(sentence(Fault(fault), **params))
    found = shapely.Point(judged.x[0], judged.y[0]) if judged.geometries is None else judged.geometries[0]
    if shape == "line" and found.length == 0:
        raise ValidationError(_("线没有长度：至少要有两个不同的点。"))
    return to_geos(found)


def _parsed(given: GEOSGeometry | str | None) -> shapely.Geometry:
    if isinstance(given, GEOSGeometry):
        return to_shapely(given)
    if not given or not given.strip():
        raise ValidationError(sentence(Fault.NO_GEOMETRY))
    if len(given) > MAX_CHARACTERS:
        raise ValidationError(sentence(Fault.TOO_MANY_VERTICES, count="—", limit=MAX_VERTICES))
    try:
        orjson.loads(given)  # refuses what is nested deeper than 1024: GEOS calls itself for each level and would end the process
        return shapely.force_2d(shapely.from_geojson(given))
    except (shapely.errors.GEOSException, ValueError, TypeError) as problem:
        code = Fault.UNCLOSED_RING if "closed" in str(problem) else Fault.BROKEN_GEOMETRY
        raise ValidationError(sentence(code)) from problem


def _refuse_crossing(geometry: shapely.Geometry) -> None:
    """An outline that a person draws is not mended silently, as a file's is: it is said where it crosses itself."""
    drawn = geometry.geom_type in ("Polygon", "MultiPolygon") and np.isfinite(shapely.get_coordinates(geometry)).all()
    if not drawn or geometry.is_valid:
        return
    what, _bracket, where = shapely.is_valid_reason(geometry).partition("[")
    place = ", ".join(f"{float(number):.6f}" for number in where.rstrip("]").split()[:2])
    text = CROSSINGS.get(what.strip(), _("轮廓无效"))
    raise ValidationError(_("%(what)s，位置：%(place)s。请移动附近的顶点。") % {"what": text, "place": place or "—"})


def crossing(given: str) -> tuple[float, float] | None:
    """Where a drawn outline crosses itself (longitude, latitude), for the map to show."""
    try:
        geometry = _parsed(given)
    except ValidationError:
        return None
    if geometry.is_valid or "[" not in (reason := shapely.is_valid_reason(geometry)):
        return None
    x, y = reason.split("[")[1].rstrip("]").split()[:2]
    return float(x), float(y)


def to_geos(geometry: shapely.Geometry) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4326)


def to_shapely(geometry: GEOSGeometry) -> shapely.Geometry:
    return shapely.force_2d(shapely.from_wkb(bytes(geometry.wkb)))


def to_geojson(geometry: GEOSGeometry) -> str:
    return shapely.to_geojson(to_shapely(geometry))


def same(one: GEOSGeometry, other: GEOSGeometry) -> bool:
    first, second = (shapely.normalize(_unwrapped(to_shapely(each))) for each in (one, other))
    return bool(shapely.equals_exact(first, second, tolerance=_SAME_DEG))


def _unwrapped(geometry: shapely.Geometry) -> shapely.Geometry:
    return geometry.geoms[0] if geometry.geom_type.startswith("Multi") and len(geometry.geoms) == 1 else geometry


def size(geometry: GEOSGeometry) -> Size:
    """Area and length on the ellipsoid, so that they hold anywhere; holes are taken off."""
    shape = to_shapely(geometry)
    if shape.geom_type.endswith("LineString"):
        return Size(0.0, _GEOD.geometry_length(shape))
    area, length = _GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))
    return Size(abs(area), length)


def text_of_geojson(given: str) -> str:
    """One "longitude, latitude" a line, seven decimals (a centimetre); an empty line between parts or rings. "" for no geometry."""
    try:
        runs = _runs(_parsed(given))
    except ValidationError:
        return ""
    return "\n\n".join("\n".join(f"{x:.7f}, {y:.7f}" for x, y in run) for run in runs)


def _runs(geometry: shapely.Geometry) -> list[list[tuple[float, float]]]:
    if hasattr(geometry, "geoms"):
        return [run for part in geometry.geoms for run in _runs(part)]
    if geometry.geom_type == "Polygon":
        return [list(ring.coords)[:-1] for ring in (geometry.exterior, *geometry.interiors)]
    return [list(geometry.coords)]


def geojson_of_text(text: str, shape: str) -> str:
    """The reverse: lines of coordinates → GeoJSON. A ring inside an earlier one is its hole. Names the line that is wrong."""
    runs = _read_runs(text)
    if shape == "point":
        if len(runs) != 1 or len(runs[0]) != 1:
            raise ValidationError(_("点只要一行坐标。"))
        return json.dumps({"type": "Point", "coordinates": runs[0][0]})
    least = 3 if shape == "area" else 2
    for run in runs:
        if len(run) < least:
            raise ValidationError(_("每一段至少要有%(count)s行坐标。") % {"count": least})
    if shape == "line":
        return json.dumps({"type": "MultiLineString", "coordinates": runs})
    return shapely.to_geojson(_polygons([shapely.Polygon(run) for run in runs]))


def _polygons(rings: list[shapely.Polygon]) -> shapely.Geometry:
    outer: list[tuple[shapely.Polygon, list]] = []
    for ring in rings:
        holder = next((holes for shell, holes in outer if shell.is_valid and ring.is_valid and shell.contains_properly(ring)), None)
        if holder is None:
            outer.append((ring, []))
        else:
            holder.append(ring.exterior)
    return shapely.MultiPolygon([shapely.Polygon(shell.exterior, holes) for shell, holes in outer])


def _read_runs(text: str) -> list[list[tuple[float, float]]]:
    runs: list[list] = [[]]
    for number, line in enumerate(text.strip().splitlines(), 1):
        if not line.strip():
            runs.append([])
            continue
        parts = line.replace("，", ",").replace(",", " ").split()
        try:
            lon, lat = (float(part) for part in parts)
        except ValueError as problem:
            message = _("第%(line)s行看不懂：“%(text)s”。每行写“经度, 纬度”，如 105.6751, 37.4892。")
            raise ValidationError(message % {"line": number, "text": line.strip()[:40]}) from problem
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise ValidationError(_("第%(line)s行：%(why)s") % {"line": number, "why": sentence(Fault.OUT_OF_RANGE)})
        runs[-1].append((lon, lat))
    found = [run for run in runs if run]
    if not found:
        raise ValidationError(sentence(Fault.NO_GEOMETRY))
    return found
