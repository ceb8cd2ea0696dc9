"""Everything of the demo, put together: rows by field name with geometry in EPSG:4326, division and compound by geometry."""
from dataclasses import dataclass

import numpy as np
import shapely

from geo.demo.cameras import build_cameras
from geo.demo.facilities import build_facilities
from geo.demo.geography import draw
from geo.demo.homes import build_sites
from geo.demo.hotspots import build_zones
from geo.demo.incidents import build_incidents
from geo.demo.plane import to_degrees
from geo.demo.posts import build_premises, build_stations
from geo.demo.roads import SOURCE, build_basemap
from geo.demo.spots import Spots
from geo.importing.lookup import Outlines, assign

# Kinds that the base map knows under another name.
BASEMAP_KINDS = {"village_road": "street"}
POINT_LAYERS = ("stations", "premises", "surveillance", "facilities", "incidents")


@dataclass(frozen=True)
class DemoCounty:
    """`outlines` by division code. `layers` by layer name: rows that hold model fields, `geom` (shapely, EPSG:4326) and
    `division_id`; courtyards and incidents name their compound and courtyard by source key.
    """

    outlines: dict[str, shapely.Polygon]
    basemap: list[dict]
    layers: dict[str, list[dict]]


def build() -> DemoCounty:
    geography = draw()
    basemap = build_basemap(geography)
    sites = build_sites(geography, basemap.obstacles)
    spots = Spots(geography, basemap, sites)
    premises = build_premises(spots)
    marks = {
        "compounds": [(site.shape, site.row) for site in sites],
        "courtyards": [(yard, row | {"compound": site.row["source_key"]}) for site in sites for yard, row in site.courtyards],
        "stations": build_stations(spots),
        "premises": premises,
        "surveillance": build_cameras(spots, premises),
        "facilities": build_facilities(spots),
        "zones": build_zones(spots, premises),
        "incidents": build_incidents(spots, np.array([point for point, _row in premises])),
    }
    for number, (_shape, row) in enumerate(marks["courtyards"], 1):
        row["source_key"] = f"DEMO-Y-{number:05d}"
    outlines = geography.outlines()
    villages = Outlines.of([(code, outlines[code]) for code in geography.villages])
    layers = {name: _rows(found, name in POINT_LAYERS, villages) for name, found in marks.items()}
    for unit in ("compound", "courtyard"):
        _put_in_unit(layers["incidents"], layers[f"{unit}s"], unit)
    return DemoCounty(outlines, _basemap_rows(basemap.features), layers)


def _rows(found: list[tuple], are_points: bool, villages: Outlines) -> list[dict]:
    if are_points:
        shapes = to_degrees(shapely.points(np.array([point for point, _row in found])))
    else:
        shapes = np.array(
            [shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]) for shape, _row in found], dtype=object
        )
        shapes = to_degrees(shapes)
    codes = smallest_covering(villages, shapes if are_points else shapely.point_on_surface(shapes))
    return [row | {"geom": shape, "division_id": code} for (_shape, row), shape, code in zip(found, shapes, codes, strict=True)]


def smallest_covering(villages: Outlines, points: np.ndarray) -> list[str]:
    """The code of the outline that covers each point, as an import finds it. An uncovered point is an error."""
    codes = assign(shapely.get_x(points), shapely.get_y(points), [villages])
    found = codes.tolist()
    if None in found:
        raise ValueError(f"{points[found.index(None)]} lies in no division")
    return found


def _put_in_unit(incidents: list[dict], units: list[dict], name: str) -> None:
    """Names the compound or courtyard that covers each incident, or None."""
    points = np.array([incident["geom"] for incident in incidents])
    outlines = Outlines.of([(unit["source_key"], unit["geom"]) for unit in units])
    for incident, key in zip(incidents, assign(shapely.get_x(points), shapely.get_y(points), [outlines]), strict=True):
        incident[name] = key


def _basemap_rows(features: list[tuple]) -> list[dict]:
    shapes = to_degrees(np.array([shape for _kind, _name, shape in features], dtype=object))
    return [
        {"kind": BASEMAP_KINDS.get(kind, kind), "name": name, "geom": shape, "is_schematic": True, "source": SOURCE}
        for (kind, name, _shape), shape in zip(features, shapes, strict=True)
        if not shape.is_empty
    ]
