"""A small drawing of where a site lies in its county, without any script: paths in the units of a view box."""
from collections.abc import Iterable

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry

from geo.editing.shapes import to_shapely

WIDTH = 320


def sketch(geom: GEOSGeometry, outlines: Iterable[tuple[str, str, str, str]]) -> dict | None:
    """`outlines` as zones.published gives them; the county is the one around the site. None where none is known."""
    site = to_shapely(geom)
    spot = site.representative_point()
    shapes = [(level, code, name, shapely.from_geojson(text)) for level, code, name, text in outlines]
    county = next((code for level, code, _name, shape in shapes if level == "3_county" and shape.covers(spot)), None)
    if county is None:
        return None
    inside = [each for each in shapes if each[1].startswith(county)]
    west, south, east, north = shapely.total_bounds([shape for *_facts, shape in inside])
    narrow = np.cos(np.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * narrow)

    def place(points: np.ndarray) -> np.ndarray:
        return np.column_stack([(points[:, 0] - west) * narrow * scale, (north - points[:, 1]) * scale])

    (x, y), height = place(shapely.get_coordinates(spot))[0], (north - south) * scale
    towns = [(name, shape) for level, _code, name, shape in inside if level == "4_town"]
    return {
        "width": WIDTH, "height": round(height, 1), "x": round(float(x), 1), "y": round(float(y), 1),
        "county": _path(next(shape for _l, code, _n, shape in inside if code == county), place),
        "towns": [_path(shape, place) for _name, shape in towns],
        "site": "" if site.geom_type == "Point" else _path(site, place),
        "town": next((name for name, shape in towns if shape.covers(spot)), ""),
    }  # fmt: skip


def _path(shape: shapely.Geometry, place) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return " ".join("M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in place(shapely.get_coordinates(ring))) + "Z" for ring in rings)


