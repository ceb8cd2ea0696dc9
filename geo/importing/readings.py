"""The same coordinates read under each system that they could be of: where they would lie, and how many inside the territory."""
from dataclasses import dataclass

import numpy as np
import shapely
from django.utils.translation import gettext_lazy as _
from pyproj import CRS

from geo.coords import converter, gauss_kruger_epsg, parse_datum

LABELS = {
    "wgs84": _("WGS-84（GPS、天地图）"),
    "cgcs2000": _("CGCS2000（国家大地坐标系，经纬度）"),
    "gcj02": _("GCJ-02（高德、腾讯，有偏移）"),
    "bd09": _("BD-09（百度，有偏移）"),
}
# Drawn and compared by place; CGCS2000 differs from WGS-84 by centimetres only and would lie on the same spot.
DRAWN = ("wgs84", "gcj02", "bd09")


@dataclass(frozen=True)
class Reading:
    """`points` are [longitude, latitude]; `inside_count` of them lie in the territory. `shift_m` is to the WGS-84 reading."""

    datum: str
    label: str
    points: list[list[float]]
    inside_count: int
    shift_m: int


def readings(positions: list[list[float]], territory: shapely.Geometry | None) -> list[Reading]:
    """Every reading that a person may choose between, without a preference. `positions` are [x, y] as the file has them."""
    if not positions:
        return [_reading(name, positions, territory) for name in LABELS]
    x, y = np.array(positions, float).T
    if ((np.abs(x) <= 180) & (np.abs(y) <= 90)).mean() > 0.5:
        return [_reading(name, positions, territory) for name in LABELS]
    found = [_reading(name, positions, territory) for name in _projected(territory)]
    return [one for one in found if one.inside_count] or found[:3]


def _projected(territory: shapely.Geometry | None) -> list[str]:
    """CGCS2000 Gauss-Krüger with and without zone number, of 3 and of 6 degrees, then UTM and Web Mercator, for the territory."""
    lon = territory.centroid.x if territory else 105.0
    three = gauss_kruger_epsg(lon)
    zone = three - 4534
    six = int(lon // 6)
    codes = [three, 4513 + zone, 4502 + six - 12, 4491 + six - 12, 32601 + int((lon + 180) // 6), 3857]
    return [f"epsg:{code}" for code in codes]


def _reading(name: str, positions: list[list[float]], territory: shapely.Geometry | None) -> Reading:
    datum = parse_datum(name)
    label = LABELS.get(name) or f"{name.upper()}（{_crs_name(datum.epsg)}）"
    if not positions:
        return Reading(name, str(label), [], 0, 0)
    x, y = np.array(positions, float).T
    convert = converter(datum)
    lon, lat = convert(x, y) if convert else (x, y)
    inside = shapely.intersects_xy(territory, lon, lat) if territory is not None else np.zeros(len(x), bool)
    shift = float(np.nanmean(np.hypot((lon - x) * np.cos(np.radians(y)), lat - y)) * 111_195) if name in LABELS else 0
    finite = np.isfinite(lon) & np.isfinite(lat)
    points = np.column_stack([lon, lat])[finite].round(6).tolist()
    return Reading(name, str(label), points, int(inside.sum()), round(shift))


def _crs_name(epsg: int) -> str:
    return CRS.from_epsg(epsg).name
