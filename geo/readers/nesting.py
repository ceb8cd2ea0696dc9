"""How deep geometries lie within each other, seen without a parser that calls itself: GEOS does, and a deep one ends its process.

The stack of a web thread (2 MiB) holds some 2,500 levels of WKB (GEOS 3.14, measured), which is 25 kB of a hostile file.
"""
import struct

import numpy as np
import pyarrow as pa

# Collections of multi-geometries are the deepest that files hold in earnest; GDAL stops at 32.
DEEPEST = 16
# Type numbers of WKB (OGC 06-103r4, table 7). What is neither simple nor rings holds others.
_POINT, _LINES, _RINGS, _LAST = 1, (2, 8), (3, 17), 17
_SIMPLE = (1, 2, 3)
_HEAD, _COUNT = 5, 4
_SRID, _Z, _M = 0x20000000, 0x80000000, 0x40000000


def too_deep(wkb: pa.Array) -> np.ndarray:
    """Which values (binary, WKB or EWKB, nulls allowed) hold more than DEEPEST geometries within each other."""
    found = np.zeros(len(wkb), bool)
    _valid, offsets, data = wkb.buffers()
    if data is None:
        return found
    starts = np.frombuffer(offsets, np.int32)[wkb.offset : wkb.offset + len(wkb) + 1]
    rows = np.flatnonzero(np.diff(starts) >= 2 * _HEAD + _COUNT)
    octets = np.frombuffer(data, np.uint8)
    # Nearly all files hold simple shapes, or multi-geometries of one: those are let through without a look at each.
    kinds = _numbers(octets, starts[rows], 1)
    is_holder = ~np.isin(_base(kinds), _SIMPLE)
    rows, kinds = rows[is_holder], kinds[is_holder]
    only = starts[rows] + _HEAD + _COUNT
    plain = (kinds & _SRID == 0) & (_numbers(octets, starts[rows], _HEAD) == 1) & np.isin(_base(_numbers(octets, only, 1)), _SIMPLE)
    for row in rows[~plain]:
        found[row] = _is_too_deep(wkb[int(row)].as_py())
    return found


def _numbers(octets: np.ndarray, at: np.ndarray, behind: int) -> np.ndarray:
    """The unsigned numbers that stand so many bytes behind the byte that tells their order."""
    four = octets[(at + behind)[:, None] + np.arange(4)]
    return np.where(octets[at] == 0, four.view(">u4")[:, 0], four.view("<u4")[:, 0])


def _base(kind):
    """The type without height, measure and SRID, by flags or by thousands."""
    return (kind & 0xFFFF) % 1000


def _is_too_deep(value: bytes) -> bool:
    """What ends too early is not: a parser finds that out without going deeper than what was seen."""
    at, left = 0, [1]
    try:
        while left:
            if not left[-1]:
                left.pop()
                continue
            left[-1] -= 1
            order = "<" if value[at] else ">"
            (kind,) = struct.unpack_from(f"{order}I", value, at + 1)
            at += _HEAD + (4 if kind & _SRID else 0)
            group, base = (kind & 0xFFFF) // 1000, _base(kind)
            position = 8 * (2 + max(bool(kind & _Z) + bool(kind & _M), (0, 1, 1, 2)[group] if group < 4 else 0))
            if base == _POINT:
                at += position
                continue
            if base > _LAST:
                return False
            (count,) = struct.unpack_from(f"{order}I", value, at)
            at += _COUNT
            if base in _LINES:
                at += count * position
            elif base in _RINGS:
                for _ring in range(count):
                    (points,) = struct.unpack_from(f"{order}I", value, at)
                    at += _COUNT + points * position
            else:
                left.append(count)
                if len(left) > DEEPEST + 1:
                    return True
    except (struct.error, IndexError):
        return False
    return False
