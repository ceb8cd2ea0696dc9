"""Indicators of candidate zones and their table. What is missing stays missing (NaN) and is never read as zero.

Reference bounds are declared in advance, not taken from the candidates at hand: a zone that joins or leaves changes no other zone's
score. A column in which all zones agree is harmless for the same reason: nothing is divided by its spread.
"""
import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from zones.planning.findings import Finding, Unfit

MORE, LESS = "more", "less"


@dataclass(frozen=True)
class Indicator:
    """`direction` says which values speak for choosing a zone: "more" or "less". `low` and `high` are the reference bounds, in `unit`."""

    key: str
    unit: str
    direction: str
    low: float
    high: float
    source: str = ""
    as_of: date | None = None

    def __post_init__(self):
        if self.direction not in (MORE, LESS):
            raise Unfit("direction_unknown", indicator=self.key, direction=self.direction)
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise Unfit("bounds_not_in_order", indicator=self.key, low=self.low, high=self.high)


@dataclass(frozen=True, eq=False)
class Table:
    """Zones × indicators. `lowest` and `highest` (same shape) say between which values each figure may lie; without them a figure is taken
    as exact. A missing figure may lie anywhere between the reference bounds."""

    zones: tuple[Hashable, ...]
    indicators: tuple[Indicator, ...]
    values: np.ndarray
    lowest: np.ndarray | None = None
    highest: np.ndarray | None = None

    def __post_init__(self):
        shape = (len(self.zones), len(self.indicators))
        for name in ("values", "lowest", "highest"):
            given = getattr(self, name)
            if given is None:
                continue
            figures = np.array(given, float).reshape(shape) if np.size(given) == shape[0] * shape[1] else None
            if figures is None:
                raise Unfit("shape_differs", expected=shape, given=np.shape(given))
            if np.isinf(figures).any():
                raise Unfit("figure_infinite", zones=self._named(np.isinf(figures).any(axis=1)))
            object.__setattr__(self, name, figures)
        _refuse_repeated("zone_repeated", self.zones)
        _refuse_repeated("indicator_repeated", [indicator.key for indicator in self.indicators])
        if (self.lowest is None) != (self.highest is None):
            raise Unfit("interval_half_given")
        if self.lowest is not None and ((self.lowest > self.values) | (self.highest < self.values)).any():
            outside = ((self.lowest > self.values) | (self.highest < self.values)).any(axis=1)
            raise Unfit("interval_without_its_figure", zones=self._named(outside))

    def _named(self, mask: np.ndarray) -> list:
        return [self.zones[position] for position in np.flatnonzero(mask)]

    @property
    def missing(self) -> np.ndarray:
        return np.isnan(self.values)

    @cached_property
    def utilities(self) -> np.ndarray:
        """0 at the bound that speaks against choosing, 1 at the other; beyond a bound counts as the bound; NaN where missing."""
        return self.scaled(self.values)

    @cached_property
    def utility_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest utility each figure may have; 0 and 1 where it is missing."""
        ends = [self.utilities] * 2 if self.lowest is None else [self.scaled(self.lowest), self.scaled(self.highest)]
        least, greatest = np.fmin(*ends), np.fmax(*ends)
        known = ~self.missing
        return np.where(known, np.fmin(least, self.utilities), 0.0), np.where(known, np.fmax(greatest, self.utilities), 1.0)

    def scaled(self, figures: np.ndarray) -> np.ndarray:
        low = np.array([indicator.low for indicator in self.indicators])
        high = np.array([indicator.high for indicator in self.indicators])
        turned = np.array([indicator.direction == LESS for indicator in self.indicators], bool)
        share = np.clip((figures - low) / (high - low), 0, 1)
        return np.where(turned, 1 - share, share)

    def findings(self) -> list[Finding]:
        """What a planner should know about the table before trusting a score from it."""
        if not self.zones:
            return [Finding("no_candidates")]
        found = [Finding("single_candidate", {"zone": self.zones[0]})] if len(self.zones) == 1 else []
        if self.missing.all():
            return [*found, Finding("all_missing", {"zones": len(self.zones)})]
        found += [Finding("zone_all_missing", {"zone": zone}) for zone in self._named(self.missing.all(axis=1))]
        for column, indicator in enumerate(self.indicators):
            found += _of_column(indicator, self.values[:, column])
        return found


def _of_column(indicator: Indicator, figures: np.ndarray) -> list[Finding]:
    known = figures[~np.isnan(figures)]
    if not known.size:
        return [Finding("indicator_all_missing", {"indicator": indicator.key})]
    found = []
    if known.size < figures.size:
        found.append(Finding("missing", {"indicator": indicator.key, "zones": int(figures.size - known.size)}))
    if known.size > 1 and known.min() == known.max():
        found.append(Finding("constant", {"indicator": indicator.key, "value": float(known[0])}))
    outside = int(((known < indicator.low) | (known > indicator.high)).sum())
    if outside:
        found.append(Finding("beyond_bounds", {"indicator": indicator.key, "zones": outside, "low": indicator.low, "high": indicator.high}))
    return found


def _refuse_repeated(code: str, names) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise Unfit(code, name=name)
        seen.add(name)


def proposed_bounds(figures: np.ndarray) -> tuple[float, float]:
    """Least and greatest known figure, as a first proposal for reference bounds: to be looked at, rounded and then kept for good.
    A constant column gets a range of its own size (or 1) around it, so that it never divides by nothing."""
    known = np.asarray(figures, float)
    known = known[np.isfinite(known)]
    if not known.size:
        raise Unfit("indicator_all_missing")
    low, high = float(known.min()), float(known.max())
    half = abs(low) / 2 or 0.5
    return (low, high) if low < high else (low - half, high + half)
