"""Coordinates of the datums that maps of China come in. Pure and vectorised; refuses to guess.

Everything is longitude, latitude in degrees unless a projected EPSG code was named. The store is EPSG:4326; CGCS2000
(EPSG:4490) is taken as equal to it, which is right to centimetres.

GCJ-02 ("Mars coordinates") has no published definition. The formulas are those of the widely copied implementation
(eviltransform, coordtransform, gcoord) on the Krasovsky 1940 ellipsoid; published implementations agree with each other to
1e-5 degrees. Outside a rectangle around China they leave coordinates as they are, and so does this module.
"""
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

NAMED = {"wgs84": "wgs84", "cgcs2000": "cgcs2000", "gcj02": "gcj02", "bd09": "bd09"}
CHOICES = (*NAMED, "epsg:4547")
CHINA = (72.004, 0.8293, 137.8347, 55.8271)

_AXIS_M = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 20
_CLOSE_DEG = 1e-12

Pair = tuple[np.ndarray, np.ndarray]


class DatumError(ValueError):
    """The datum is missing or unknown. `given` is what was said, `choices` what may be said."""

    def __init__(self, given: str | None):
        self.given, self.choices = given, CHOICES
        super().__init__(f"datum {given!r} is not one of {', '.join(CHOICES)} (any EPSG code)")


@dataclass(frozen=True)
class Datum:
    """`name` is wgs84, cgcs2000, gcj02, bd09 or epsg:<code>; `epsg` is None for the two that have no EPSG code."""

    name: str
    epsg: int | None

    @property
    def is_projected(self) -> bool:
        return self.epsg not in (None, 4326, 4490) and _crs(self.epsg).is_projected

    def __str__(self) -> str:
        return self.name


def parse_datum(text: str | None) -> Datum:
    """A datum from what a person wrote. Raises DatumError for nothing, for a guess and for an unknown EPSG code."""
    said = re.sub(r"[\s_-]", "", (text or "").lower())
    if said in NAMED:
        return Datum(said, {"wgs84": 4326, "cgcs2000": 4490}.get(said))
    code = re.fullmatch(r"(?:epsg:)?(\d{4,6})", said)
    if code is None:
        raise DatumError(text)
    epsg = int(code[1])
    try:
        _crs(epsg)
    except (CRSError, ValueError) as problem:
        raise DatumError(text) from problem
    return Datum({4326: "wgs84", 4490: "cgcs2000"}.get(epsg, f"epsg:{epsg}"), epsg)


@lru_cache(maxsize=64)
def _crs(epsg: int) -> CRS:
    found = CRS.from_epsg(epsg)
    if not (found.is_geographic or found.is_projected):
        raise ValueError(epsg)
    return found


@lru_cache(maxsize=64)
def _transformer(from_epsg: int, to_epsg: int) -> Transformer:
    return Transformer.from_crs(_crs(from_epsg), _crs(to_epsg), always_xy=True)


def in_china(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    west, south, east, north = CHINA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def wgs84_to_gcj02(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Forward shift, about 100 to 700 m inside China, nothing outside."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    north = north * 180.0 / (_AXIS_M * (1.0 - _ECCENTRICITY_2) / (magic * np.sqrt(magic)) * np.pi)
    east = east * 180.0 / (_AXIS_M / np.sqrt(magic) * np.cos(phi) * np.pi)
    inside = in_china(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def gcj02_to_wgs84(lon: np.ndarray, lat: np.ndarray) -> Pair:
    """The inverse by iteration: wgs84_to_gcj02 of the answer gives the input back to 1e-9 degrees (0.1 mm)."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: np.ndarray, lat: np.ndarray) -> Pair:
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: np.ndarray, lat: np.ndarray) -> Pair:
    return _inverse(gcj02_to_bd09, lon, lat)


def bd09_to_wgs84(lon: np.ndarray, lat: np.ndarray) -> Pair:
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def wgs84_to_bd09(lon: np.ndarray, lat: np.ndarray) -> Pair:
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def _inverse(forward: Callable[..., Pair], lon: np.ndarray, lat: np.ndarray) -> Pair:
    """Fixed-point iteration; both shifts change slowly (under 1 % of themselves), so each round wins two digits or more."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    x, y = lon.copy(), lat.copy()
    with np.errstate(invalid="ignore"):
        for _ in range(_ROUNDS):
            shifted_x, shifted_y = forward(x, y)
            dx, dy = lon - shifted_x, lat - shifted_y
            x, y = x + dx, y + dy
            if not np.any(np.maximum(np.abs(dx), np.abs(dy)) > _CLOSE_DEG):
                break
    return x, y


def converter(datum: Datum) -> Callable[[np.ndarray, np.ndarray], Pair] | None:
    """x, y of the datum -> longitude, latitude in WGS-84; None when they are that already."""
    if datum.name == "gcj02":
        return gcj02_to_wgs84
    if datum.name == "bd09":
        return bd09_to_wgs84
    if datum.epsg in (4326, 4490):
        return None
    return _transformer(datum.epsg, 4326).transform


def to_wgs84(geometries: np.ndarray, datum: Datum) -> np.ndarray:
    """Shapely geometries of the datum -> the same in WGS-84, two-dimensional. Vertices are converted, edges are not bent."""
    convert = converter(datum)
    if convert is None:
        return shapely.force_2d(geometries)
    return shapely.transform(geometries, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1])))


def gauss_kruger_epsg(lon: float) -> int:
    """CGCS2000 3-degree Gauss-Krüger zone (coordinates without zone number) for a longitude: 105 E -> 4544, 114 E -> 4547."""
    meridian = round(lon / 3) * 3
    if not 75 <= meridian <= 135:
        raise ValueError(f"no CGCS2000 3-degree zone holds longitude {lon}")
    return 4534 + (meridian - 75) // 3


def areas_m2(geometries: np.ndarray, lon: float) -> np.ndarray:
    """Plane areas in the CGCS2000 zone of `lon`, of geometries in WGS-84; within 0.1 % inside the zone."""
    return shapely.area(to_plane(geometries, gauss_kruger_epsg(lon)))


def to_plane(geometries: np.ndarray | list, epsg: int) -> np.ndarray:
    """Shapely geometries in WGS-84 -> metres in a CGCS2000 zone (see `gauss_kruger_epsg`)."""
    transform = _transformer(4326, epsg).transform
    return shapely.transform(geometries, lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1])))


def from_plane(geometries: np.ndarray, epsg: int) -> np.ndarray:
    transform = _transformer(epsg, 4326).transform
    return shapely.transform(geometries, lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1])))


def looks_swapped(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    """True where (y, x) lies in bounds (west, south, east, north) and (x, y) does not."""
    return _within(y, x, bounds) & ~_within(x, y, bounds)


def _within(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = bounds
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)
