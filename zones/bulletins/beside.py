"""What bulletins of a county and of its towns, of months, quarters and years, tell together about a small count. Pure.

Towns add up to their county, months to their quarter and year. What is printed of the county are sums down the columns of a table
of towns and months, what is printed of a town are sums along its row: two families of sets of which each nests. Such a system of
intervals has whole numbers at its corners, so linear programming finds exactly what a reader can conclude.
"""
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

from zones.bulletins.protection import UNKNOWN, Interval, Span, concluded, feasible
from zones.disclosure import SMALL

Told = Mapping[str, Mapping[Span, Interval]]
Cell = tuple[str, Span]
MONTHS = 12
# Above every lower bound that bands can add up to; a count without an upper bound is still not told.
MANY = 10_000.0


def forced(told: Told, whole: str, parts: Sequence[str]) -> set[Cell]:
    """The counts of one to four that have a single possible value, printed or not. `parts` add up to `whole`."""
    years = {span[0].year for spans in told.values() for span in spans}
    return {cell for year in years for cell in _forced_in(_Year(told, whole, parts, year))}


def _forced_in(year: "_Year") -> set[Cell]:
    up, down = year.corner(year.chance), year.corner(-year.chance)
    if up is None:  # counts have changed between bulletins: nothing is certain any more of all of them together
        return year.piece_by_piece()
    low, high = np.minimum(up, down), np.maximum(up, down)
    found = set()
    for row, cell in enumerate(year.cells):
        for sign in (1, -1):
            if low[row] == high[row] and low[row] in SMALL:
                corner = year.corner(sign * year.sums[row])
                low, high = np.minimum(low, corner), np.maximum(high, corner)
        if low[row] == high[row] and low[row] in SMALL:
            found.add(cell)
    return found


class _Year:
    """The table of one year: a variable for each part and month, a sum of them for each cell that could be printed."""

    def __init__(self, told: Told, whole: str, parts: Sequence[str], year: int):
        self.whole, self.parts, self.year = whole, list(parts), year
        spans = self.spans
        self.cells = [(code, span) for code in (whole, *self.parts) for span in spans]
        self.told = {code: {span: told.get(code, {}).get(span, UNKNOWN) for span in spans} for code in (whole, *self.parts)}
        in_span = np.array([months for months in spans.values()], float)
        rows = [np.tile(in_span, (1, len(self.parts)))]
        for at in range(len(self.parts)):
            rows.append(np.kron(np.eye(len(self.parts))[at], in_span))
        self.sums = np.vstack(rows)
        bounds = np.array([self.told[code][span] for code, span in self.cells])
        self.low, self.high = bounds[:, 0], bounds[:, 1]
        self.chance = np.random.default_rng(year).uniform(1, 2, self.sums.shape[1])  # the same each time: the year is its seed

    @cached_property
    def spans(self) -> dict[Span, list[bool]]:
        """Months, quarters and the year, and which months each holds."""
        found = {}
        for length in (1, 3, MONTHS):
            for first in range(0, MONTHS, length):
                span = tuple(date(self.year + month // MONTHS, month % MONTHS + 1, 1) for month in (first, first + length))
                found[span] = [first <= month < first + length for month in range(MONTHS)]
        return found

    def corner(self, wanted: np.ndarray) -> np.ndarray | None:
        """Every cell in the way to fill the table that has the most of what is wanted; None where no way fits."""
        above, below = np.isfinite(self.high), self.low > 0
        sides = np.vstack([self.sums[above], -self.sums[below]])
        limits = np.concatenate([self.high[above], -self.low[below]])
        found = linprog(-wanted, A_ub=sides, b_ub=limits, bounds=(0, MANY), method="highs-ds")
        return None if found.x is None else np.rint(self.sums @ np.rint(found.x))

    def piece_by_piece(self) -> set[Cell]:
        """Each unit over time, and each period over units: of what contradicts itself nothing is concluded."""
        found = {(code, span): told for code, spans in self.told.items() for span, told in concluded(spans).items()}
        for span in self.spans:
            whole, [cells] = feasible(self.told[self.whole][span], [[self.told[part][span] for part in self.parts]])
            for code, told in zip((self.whole, *self.parts), (whole, *cells), strict=True):
                if whole[0] <= whole[1] and all(low <= high for low, high in cells) and told[0] == told[1]:
                    found[code, span] = told
        return {cell for cell, (low, high) in found.items() if low == high and low in SMALL}
