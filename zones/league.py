"""Towns beside one another by their share of four-free titles, so that few units neither win nor lose by chance. Pure.

Wilson's interval (E. B. Wilson, 1927): the shares that fit what was counted at 95 %. Two towns whose intervals overlap are not
ranked before one another: a town has a range of places, from those surely better to those surely worse.
"""
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

Z = 1.959964
# Of fewer units a share says nothing; our own default.
LEAST_UNITS = 5


@dataclass(frozen=True)
class Town:
    """`decided_count`: units that hold the title or missed it; those without enough evidence stand apart."""

    code: str
    name: str
    held_count: int
    decided_count: int
    open_count: int = 0


@dataclass(frozen=True)
class Place:
    """`first` and `last`: the range of places; None for a town of too few units."""

    town: Town
    share: float | None
    low: float | None
    high: float | None
    first: int | None
    last: int | None

    @property
    def text(self) -> str:
        return f"{self.share:.0%}（{self.low:.0%}～{self.high:.0%}）"

    @property
    def drawn(self) -> dict[str, str]:
        """Where the interval and the share lie on a line from 0 to 100."""
        return {"left": f"{100 * self.low:.1f}", "width": f"{100 * (self.high - self.low):.1f}", "at": f"{100 * self.share:.1f}"}


def wilson(held: int, decided: int) -> tuple[float, float]:
    share, square = held / decided, Z * Z
    middle = share + square / (2 * decided)
    reach = Z * sqrt(share * (1 - share) / decided + square / (4 * decided * decided))
    whole = 1 + square / decided
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def places(towns: Iterable[Town]) -> list[Place]:
    """The surest first; towns of too few units last, in the order of their codes."""
    towns = list(towns)
    ranked = {town: wilson(town.held_count, town.decided_count) for town in towns if town.decided_count >= LEAST_UNITS}
    found = []
    for town, (low, high) in ranked.items():
        first = 1 + sum(other_low > high for other_low, _high in ranked.values())
        last = len(ranked) - sum(other_high < low for _low, other_high in ranked.values())
        found.append(Place(town, town.held_count / town.decided_count, low, high, first, last))
    found.sort(key=lambda place: (place.first, place.last, -place.low, place.town.code))
    rest = sorted((town for town in towns if town not in ranked), key=lambda town: town.code)
    return found + [Place(town, None, None, None, None, None) for town in rest]
