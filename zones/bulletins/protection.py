"""Small numbers in a bulletin that leaves the own offices: counts become bands, also where sums would tell them. Pure."""
from collections.abc import Mapping, Sequence
from math import inf

from zones.disclosure import SMALL, WIDE, band, label

Interval = tuple[float, float]
# Where even the wide band would tell: nothing is said.
HIDDEN = "—"


def _interval(found: tuple[int, int | None]) -> Interval:
    return found[0], inf if found[1] is None else found[1]


def feasible(total: Interval, parts: Sequence[Sequence[Interval]]) -> tuple[Interval, list[list[Interval]]]:
    """What a reader can conclude of a total and of each part, when each list of parts adds up to it and each is in its interval."""
    low, high = total
    for cells in parts:
        low, high = max(low, sum(cell[0] for cell in cells)), min(high, sum(cell[1] for cell in cells))
    narrowed = []
    for cells in parts:
        lows, highs = sum(cell[0] for cell in cells), sum(cell[1] for cell in cells)
        narrowed.append([(max(a, low - (highs - b) if highs < inf else a), min(b, high - (lows - a))) for a, b in cells])
    return (low, high), narrowed


def protect(total: int, tables: Mapping[str, Mapping[str, int]]) -> tuple[int | str, dict[str, dict[str, int | str]]]:
    """Labels for a total and for tables that each add up to it. No count of one to four can be told from them.

    First bands, then in a table that betrays one the wide band, at last the table is not told at all. Which it is depends on the
    bands alone, never on the count behind one.
    """
    bands = {name: {key: band(count) for key, count in cells.items()} for name, cells in tables.items()}
    told = {name: "bands" for name in tables}
    for name in tables:
        for way in ("bands", "wide", "hidden"):
            told[name] = way
            if not _betrays(total, bands, told, name):
                break
    return label(band(total)), {name: {key: _shown(one, told[name]) for key, one in cells.items()} for name, cells in bands.items()}


def _widened(one: tuple[int, int | None], way: str) -> tuple[int, int | None]:
    return WIDE if way == "wide" and 1 <= one[0] and (one[1] or inf) <= WIDE[1] else one


def _shown(one: tuple[int, int | None], way: str) -> int | str:
    return HIDDEN if way == "hidden" else label(_widened(one, way))


def _betrays(total: int, bands: Mapping, told: Mapping[str, str], asked: str) -> bool:
    """Whether some cell that may be one to four has a single possible value. Hidden tables say nothing."""
    names = [name for name in bands if told[name] != "hidden"]
    if asked not in names:
        return False
    parts = [[_interval(_widened(one, told[name])) for one in bands[name].values()] for name in names]
    whole, narrowed = feasible(_interval(band(total)), parts)
    cells = [*zip(bands[asked].values(), narrowed[names.index(asked)], strict=True), (band(total), whole)]
    return any(one == band(SMALL[0]) and low == high for one, (low, high) in cells)
