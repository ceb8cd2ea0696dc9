"""Columns of a table that hold coordinates: 经度 and 纬度, lon and lat, x and y, or well-known text."""
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.faults import Fault
from geo.readers.batches import points_wkb
from geo.readers.nesting import DEEPEST

# x is the east coordinate, as in a GIS. Chinese surveying calls the north coordinate X: such a file fails the test for
# swapped axes and says so.
PAIRS = (
    ("经度", "纬度"),
    ("东经", "北纬"),
    ("longitude", "latitude"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("经度坐标", "纬度坐标"),
    ("坐标经度", "坐标纬度"),
    ("x坐标", "y坐标"),
    ("point_x", "point_y"),
    ("x", "y"),
)
WKT = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "图形", "几何")
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def plain_header(name: str) -> str:
    """A header without case, spaces and what stands in brackets: 经度（°） is 经度."""
    return re.sub(r"[（(\[【].*?[)）\]】]|\s", "", name).lower()


def coordinate_columns(names: list[str], chosen: list[str] | None = None) -> list[str]:
    """The names of the longitude and the latitude column, or of one WKT column, or nothing. `chosen` goes first, if it is there."""
    if chosen and set(chosen) <= set(names):
        return chosen
    plain = {plain_header(name): name for name in reversed(names)}
    for x, y in PAIRS:
        if x in plain and y in plain:
            return [plain[x], plain[y]]
    for wkt in WKT:
        if wkt in plain:
            return [plain[wkt]]
    return []


def geometries(columns: list[pa.Array], count: int) -> tuple[pa.Array, np.ndarray]:
    """WKB and faults from the coordinate columns (two of numbers or text, one of WKT, or none)."""
    if not columns:
        return pa.nulls(count, pa.binary()), np.full(count, Fault.NO_GEOMETRY, np.uint8)
    return _from_wkt(columns[0]) if len(columns) == 1 else _from_pair(*columns)


def _from_pair(x: pa.Array, y: pa.Array) -> tuple[pa.Array, np.ndarray]:
    (east, east_fault), (north, north_fault) = _floats(x), _floats(y)
    faults = np.maximum(east_fault, north_fault)
    return points_wkb(east, north, faults == 0), faults


def _floats(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    if not pa.types.is_string(column.type):
        missing = column.is_null().to_numpy(zero_copy_only=False)
        values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return values, np.where(missing, Fault.NO_GEOMETRY, np.where(np.isfinite(values), 0, Fault.NOT_FINITE)).astype(np.uint8)
    text = pc.utf8_trim_whitespace(column)
    missing = pc.or_kleene(text.is_null(), pc.equal(text, "")).to_numpy(zero_copy_only=False).astype(bool)
    good = pc.match_substring_regex(text, _NUMBER).fill_null(False)
    values = pc.if_else(good, text, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    bad = ~missing & ~good.to_numpy(zero_copy_only=False)
    infinite = ~missing & ~bad & ~np.isfinite(values)
    return values, np.select([missing, bad, infinite], [Fault.NO_GEOMETRY, Fault.NOT_A_NUMBER, Fault.NOT_FINITE], 0).astype(np.uint8)


def _from_wkt(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(column.cast(pa.string())), r"^(?i:srid)=\d+;", "")
    missing = pc.or_kleene(text.is_null(), pc.equal(text, "")).to_numpy(zero_copy_only=False).astype(bool)
    depth = pc.count_substring_regex(text, "(?i)collection|curve|surface").fill_null(0)  # the words that may stand within each other
    deep = pc.greater(depth, DEEPEST).to_numpy(zero_copy_only=False)
    found = shapely.from_wkt(np.where(missing | deep, None, text.to_numpy(zero_copy_only=False)), on_invalid="ignore")
    faults = np.where(missing, Fault.NO_GEOMETRY, np.where(shapely.is_missing(found), Fault.BROKEN_GEOMETRY, 0))
    return pa.array(shapely.to_wkb(found), pa.binary()), faults.astype(np.uint8)
