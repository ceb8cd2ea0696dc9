"""Small numbers in a bulletin that leaves the own offices: counts become bands, also where sums would tell them. So do bulletins of
overlapping periods. Pure."""
import re
from collections.abc import Mapping, Sequence
from datetime import date
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


Span = tuple[date, date]
UNKNOWN: Interval = (0, inf)


def said(shown: object) -> Interval:
    """What a printed count says: 0, "<5", "5-9", "50+"; anything else says nothing."""
    if isinstance(shown, int):
        return shown, shown
    found = re.fullmatch(r"<(\d+)|(\d+)-(\d+)|(\d+)\+", str(shown))
    if found is None:
        return UNKNOWN
    below, low, high, least = found.groups()
    return (1, int(below) - 1) if below else (int(least), inf) if least else (int(low), int(high))


def concluded(printed: Mapping[Span, Interval]) -> dict[Span, Interval]:
    """What a reader of bulletins of months, quarters and years concludes of each of them, printed or not: months add up to their
    quarter, quarters to their year. Along such a tree narrowing each sum in turn is exact.
    """
    years = {first.year for first, _end in printed}
    found = {span: printed.get(span, UNKNOWN) for year in years for span in _spans_of(year)}
    sums = [(whole, parts) for year in years for whole, parts in _sums_of(year)]
    while True:
        before = dict(found)
        for whole, parts in sums:
            found[whole], [cells] = feasible(found[whole], [[found[part] for part in parts]])
            found |= dict(zip(parts, cells, strict=True))
        if found == before or any(low > high for low, high in found.values()):
            return before


def betray(printed: Mapping[Span, Interval]) -> bool:
    """Whether bulletins together leave a single possible value of one to four."""
    return any(low == high and low in SMALL for low, high in concluded(printed).values())


def _sums_of(year: int) -> list[tuple[Span, list[Span]]]:
    starts = [date(year + month // 12, month % 12 + 1, 1) for month in range(13)]
    quarters = [(starts[n], starts[n + 3]) for n in range(0, 12, 3)]
    months = {quarters[n // 3]: [] for n in range(0, 12, 3)}
    for n in range(12):
        months[quarters[n // 3]].append((starts[n], starts[n + 1]))
    return [*months.items(), ((starts[0], starts[12]), quarters)]


def _spans_of(year: int) -> set[Span]:
    return {span for whole, parts in _sums_of(year) for span in (whole, *parts)}
