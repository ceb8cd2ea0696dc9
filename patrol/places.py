"""The places whose presence is told: outlines by layer, in degrees for clipping and in metres for reaching."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from django.db.models import Q

from geo import coords
from geo.layers import registry
from geo.models import BasemapFeature, DivisionOutline
from patrol.figures import Figures

STREETS = "streets"
# Whose surroundings count, and by which figure of the standard.
SURROUNDINGS = {"compounds": "compound_surroundings_m"}


@dataclass
class Places:
    """n places of one county: what each is, where it belongs, its outline (EPSG:4326) and its shape in metres."""

    epsg: int
    layers: list[str] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    divisions: list[str] = field(default_factory=list)
    shapes: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    plane: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))

    def __len__(self) -> int:
        return len(self.keys)


def of_county(code: str, *, figures: Figures, on: date) -> Places:
    """Every place of the layers that the standard names; streets (with a name) as corridors along their lines."""
    rows: list[tuple[str, int, str, shapely.Geometry, float]] = []
    for name in figures.presence_layers:
        if name == STREETS:
            rows += _streets(code, figures.street_corridor_m, on)
        elif layer := registry.get(name):
            width = getattr(figures, SURROUNDINGS[name]) if name in SURROUNDINGS else 0
            found = layer.model.objects.in_division(code).values_list("pk", "division_id", "geom")
            rows += [(name, pk, division, shapely.from_wkb(bytes(geom.wkb)), width) for pk, division, geom in found]
    if not rows:
        return Places(coords.gauss_kruger_epsg(105.0))
    layers, keys, divisions, shapes, widths = (list(column) for column in zip(*rows, strict=True))
    outlines = np.array(shapes, dtype=object)
    epsg = coords.gauss_kruger_epsg(float(shapely.bounds(outlines)[:, 0].mean()))
    plane = coords.to_plane(outlines, epsg)
    wide = np.array(widths) > 0
    plane[wide] = shapely.buffer(plane[wide], np.array(widths)[wide], quad_segs=4)
    outlines[wide] = coords.from_plane(plane[wide], epsg)
    return Places(epsg, layers, keys, divisions, outlines, plane)


def _streets(code: str, width_m: float, on: date) -> list[tuple[str, int, str, shapely.Geometry, float]]:
    """Named streets of the base map whose middle lies in the county, each in the smallest division that holds it."""
    outlines = DivisionOutline.objects.in_force(on).in_division(code).values_list("division_id", "geom")
    codes, shapes = [], []
    for division, geom in sorted(outlines, key=lambda row: -len(row[0])):
        codes.append(division)
        shapes.append(shapely.from_wkb(bytes(geom.wkb)))
    lines = BasemapFeature.objects.filter(Q(kind="main_road") | Q(kind="street")).exclude(name="").values_list("pk", "geom")
    lines = [(pk, shapely.from_wkb(bytes(geom.wkb))) for pk, geom in lines]
    if not shapes or not lines:
        return []
    middles = shapely.line_interpolate_point([_longest(line) for _pk, line in lines], 0.5, normalized=True)
    number, outline = shapely.STRtree(shapes).query(middles, predicate="intersects")
    smallest: dict[int, int] = {}
    for one, which in zip(number, outline, strict=True):
        smallest[int(one)] = min(int(which), smallest.get(int(one), len(shapes)))
    return [(STREETS, lines[one][0], codes[which], lines[one][1], width_m) for one, which in smallest.items()]


def _longest(line: shapely.Geometry) -> shapely.Geometry:
    return max(shapely.get_parts(line), key=lambda part: part.length)
