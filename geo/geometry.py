"""Judgement of geometries from outside, a whole array at a time. Pure: WKB in the file's datum -> WGS-84, faults, repairs."""
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely

from geo.coords import Datum, areas_m2, converter, looks_swapped, to_wgs84
from geo.faults import Fault, Repair

Bounds = tuple[float, float, float, float]

# Shapely's type numbers that fit a layer's shape.
_FITTING = {"point": (0, 4), "line": (1, 2, 5), "area": (3, 6)}
_WKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
_EWKB_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<i4"), ("x", "<f8"), ("y", "<f8")])
_HEX = np.frombuffer("".join(f"{byte:02X}" for byte in range(256)).encode(), dtype="<u2")
# A rectangle may touch its neighbours' rounding: swapped axes are looked for a little beyond the territory.
_MARGIN_DEG = 0.05


@dataclass(frozen=True)
class Mending:
    """How an outline was made valid. Areas are square metres before (of the outline as drawn) and after."""

    row: int
    reason: str
    before_m2: float
    after_m2: float


@dataclass
class Judged:
    """Arrays as long as the input. `x`, `y` are a point of the geometry (on its surface), NaN where there is a fault.

    `geometries` is None for points (they are x and y), otherwise multi-geometries, None where there is a fault.
    """

    x: np.ndarray
    y: np.ndarray
    fault: np.ndarray
    repair: np.ndarray
    geometries: np.ndarray | None = None
    mendings: list[Mending] = field(default_factory=list)
    vertex_counts: dict[int, int] = field(default_factory=dict)
    vertex_limit: int = 0

    def ewkb_hex(self) -> pa.Array:
        """Hexadecimal EWKB with SRID 4326, as COPY takes it; null where there is a fault."""
        good = self.fault == 0
        if self.geometries is None:
            return _points_hex(self.x, self.y, good)
        found = np.where(good, self.geometries, None)
        return pa.array(shapely.to_wkb(shapely.set_srid(found, 4326), hex=True, include_srid=True), pa.string())


def judge(
    wkb: pa.Array, *, shape: str, datum: Datum, fault: np.ndarray | None = None, bounds: Bounds | None = None, max_vertices: int = 100_000
) -> Judged:
    """`shape` is point, line or area; `fault` what the reader found already; `bounds` the territory in WGS-84."""
    known = np.zeros(len(wkb), np.uint8) if fault is None else fault.astype(np.uint8)
    if shape == "point" and (points := _plain_points(wkb)) is not None:
        x, y = points
        absent = np.where(wkb.is_null().to_numpy(zero_copy_only=False), Fault.NO_GEOMETRY, Fault.EMPTY_GEOMETRY)
        found = np.where(known, known, np.where(np.isnan(x) & np.isnan(y), absent, 0)).astype(np.uint8)
        return _judge_points(x, y, found, np.zeros(len(x), np.uint8), datum, bounds)
    geometries = shapely.from_wkb(np.asarray(wkb.to_numpy(zero_copy_only=False), dtype=object), on_invalid="ignore")
    found, repair = _judge_shape(geometries, known, wkb, shape, max_vertices)
    counts = {int(row): int(shapely.get_num_coordinates(geometries[row])) for row in np.flatnonzero(found == Fault.TOO_MANY_VERTICES)}
    geometries = np.where(found == 0, geometries, None)
    if shape == "point":
        single = np.where(shapely.get_type_id(geometries) == 4, shapely.get_geometry(geometries, 0), geometries)
        return _judge_points(shapely.get_x(single), shapely.get_y(single), found, repair, datum, bounds)
    judged = _judge_outlines(geometries, found, repair, shape, datum, bounds)
    judged.vertex_counts, judged.vertex_limit = counts, max_vertices
    return judged


def _plain_points(wkb: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """x and y straight from the buffer if every value is a little-endian two-dimensional point or null."""
    _valid, offsets, values = wkb.buffers()
    if values is None or not pa.types.is_binary(wkb.type):
        return None
    starts = np.frombuffer(offsets, np.int32)[wkb.offset : wkb.offset + len(wkb) + 1]
    present = ~wkb.is_null().to_numpy(zero_copy_only=False)
    if not np.array_equal(np.diff(starts), np.where(present, _WKB_POINT.itemsize, 0)):
        return None
    rows = np.frombuffer(values, _WKB_POINT, count=int(present.sum()), offset=int(starts[0]))
    if not ((rows["order"] == 1) & (rows["type"] == 1)).all():
        return None
    x, y = np.full(len(wkb), np.nan), np.full(len(wkb), np.nan)
    x[present], y[present] = rows["x"], rows["y"]
    return x, y


def _judge_shape(geometries: np.ndarray, known: np.ndarray, wkb: pa.Array, shape: str, max_vertices: int) -> tuple[np.ndarray, np.ndarray]:
    absent = wkb.is_null().to_numpy(zero_copy_only=False).astype(bool)
    kinds = shapely.get_type_id(geometries)
    parts = shapely.get_num_geometries(geometries)
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    infinite = np.zeros(len(geometries), bool)
    infinite[owners[~np.isfinite(coordinates).all(axis=1)]] = True
    tests = (
        (known > 0, known),
        (absent, Fault.NO_GEOMETRY),
        (kinds < 0, Fault.BROKEN_GEOMETRY),
        (~np.isin(kinds, _FITTING[shape]), Fault.WRONG_SHAPE),
        (shapely.is_empty(geometries), Fault.EMPTY_GEOMETRY),
        ((kinds == 4) & (parts != 1), Fault.WRONG_SHAPE),
        (infinite, Fault.NOT_FINITE),
        (shapely.get_num_coordinates(geometries) > max_vertices, Fault.TOO_MANY_VERTICES),
    )
    found = np.select([test for test, _ in tests], [answer for _, answer in tests], 0).astype(np.uint8)
    repair = np.where(shapely.has_z(geometries), Repair.FLATTENED, 0) | np.where(kinds == 4, Repair.UNWRAPPED, 0)
    return found, np.where(found == 0, repair, 0).astype(np.uint8)


def _judge_points(x: np.ndarray, y: np.ndarray, fault: np.ndarray, repair: np.ndarray, datum: Datum, bounds: Bounds | None) -> Judged:
    good = fault == 0
    lon, lat = _converted(np.where(good, x, np.nan), np.where(good, y, np.nan), datum)
    where = _place_fault(x, y, lon, lat, datum, bounds)
    found = np.where(good, where, fault).astype(np.uint8)
    good = found == 0
    return Judged(np.where(good, lon, np.nan), np.where(good, lat, np.nan), found, np.where(good, repair, 0).astype(np.uint8))


def _converted(x: np.ndarray, y: np.ndarray, datum: Datum) -> tuple[np.ndarray, np.ndarray]:
    convert = converter(datum)
    if convert is None:
        return x, y
    with np.errstate(invalid="ignore"):
        lon, lat = convert(x, y)
    return np.asarray(lon), np.asarray(lat)


def _place_fault(x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, datum: Datum, bounds: Bounds | None) -> np.ndarray:
    """Fault of the place alone: not finite, nowhere on earth, at 0,0, or right only with its axes exchanged."""
    in_range = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    tests = [
        (~(np.isfinite(x) & np.isfinite(y)), Fault.NOT_FINITE),
        (_swapped(x, y, lon, lat, datum, bounds), Fault.SWAPPED),
        (~in_range, Fault.OUT_OF_RANGE),
        ((x == 0) & (y == 0), Fault.NULL_ISLAND),
    ]
    return np.select([test for test, _ in tests], [answer for _, answer in tests], 0).astype(np.uint8)


def _swapped(x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, datum: Datum, bounds: Bounds | None) -> np.ndarray:
    answer = np.zeros(len(x), bool)
    if bounds is None:
        return answer
    west, south, east, north = bounds
    wide = west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG
    away = ~((lon >= wide[0]) & (lon <= wide[2]) & (lat >= wide[1]) & (lat <= wide[3])) & np.isfinite(x) & np.isfinite(y)
    if away.any():
        # Exchanged before conversion: the shift of GCJ-02 and the axes of a projection belong to the place, not to the numbers.
        exchanged_lon, exchanged_lat = _converted(y[away], x[away], datum)
        answer[away] = looks_swapped(exchanged_lat, exchanged_lon, wide)
    return answer


def _judge_outlines(
    geometries: np.ndarray, fault: np.ndarray, repair: np.ndarray, shape: str, datum: Datum, bounds: Bounds | None
) -> Judged:
    raw = shapely.bounds(geometries)
    x, y = (raw[:, 0] + raw[:, 2]) / 2, (raw[:, 1] + raw[:, 3]) / 2
    lon, lat = _converted(x, y, datum)
    found = np.where(fault == 0, _place_fault(x, y, lon, lat, datum, bounds), fault).astype(np.uint8)
    placed = to_wgs84(np.where(found == 0, geometries, None), datum)
    edges = shapely.bounds(placed)
    beyond = (found == 0) & ~((np.abs(edges[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(edges[:, [1, 3]]) <= 90).all(axis=1))
    found[beyond] = Fault.OUT_OF_RANGE
    placed[beyond] = None
    mendings = _mend(placed, found, repair) if shape == "area" else []
    good = found == 0
    inner = shapely.point_on_surface(np.where(good, placed, None))
    return Judged(
        x=shapely.get_x(inner),
        y=shapely.get_y(inner),
        fault=found,
        repair=np.where(good, repair, 0).astype(np.uint8),
        geometries=_as_multi(np.where(good, placed, None), shape),
        mendings=mendings,
    )


def _mend(placed: np.ndarray, fault: np.ndarray, repair: np.ndarray) -> list[Mending]:
    """Make invalid outlines valid, in place. What collapses to a line or a point gets a fault instead."""
    rows = np.flatnonzero((fault == 0) & ~shapely.is_valid(placed))
    if not len(rows):
        return []
    crossed = placed[rows]
    mended = shapely.make_valid(crossed, method="structure", keep_collapsed=False)
    lost = shapely.is_empty(mended) | (shapely.area(mended) == 0) | ~np.isin(shapely.get_type_id(mended), _FITTING["area"])
    fault[rows[lost]] = Fault.COLLAPSED
    placed[rows] = np.where(lost, None, mended)
    repair[rows[~lost]] |= np.uint8(Repair.MADE_VALID)
    answer = []
    for row, before, after, reason in zip(rows[~lost], crossed[~lost], mended[~lost], shapely.is_valid_reason(crossed[~lost]), strict=True):
        sizes = _sizes(before, after)
        answer.append(Mending(int(row), reason.split("[")[0].strip(), *sizes))
    return answer


def _sizes(before: shapely.Geometry, after: shapely.Geometry) -> tuple[float, float]:
    try:
        found = areas_m2(np.array([before, after]), after.bounds[0])
    except ValueError:
        return float("nan"), float("nan")
    return float(found[0]), float(found[1])


def _as_multi(geometries: np.ndarray, shape: str) -> np.ndarray:
    kinds = shapely.get_type_id(geometries)
    answer = geometries.copy()
    single = np.flatnonzero(np.isin(kinds, (1, 2, 3)))
    make = shapely.multipolygons if shape == "area" else shapely.multilinestrings
    if len(single):
        answer[single] = make(geometries[single], indices=np.arange(len(single)))
    return answer


def _points_hex(x: np.ndarray, y: np.ndarray, good: np.ndarray) -> pa.Array:
    rows = np.zeros(int(good.sum()), _EWKB_POINT)
    rows["order"], rows["type"], rows["srid"], rows["x"], rows["y"] = 1, 0x20000001, 4326, x[good], y[good]
    letters = _HEX[rows.view(np.uint8)]
    offsets = np.concatenate([[0], np.cumsum(np.where(good, 2 * _EWKB_POINT.itemsize, 0))]).astype(np.int32)
    valid = pa.py_buffer(np.packbits(good, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.string(), len(x), [valid, pa.py_buffer(offsets), pa.py_buffer(letters.tobytes())])
