"""A score for each zone that no other zone can change.

SPOTIS (J. Dezert, A. Tchamova, D. Han, J.-M. Tacnet, The SPOTIS rank reversal free method, FUSION 2020) with the indicators' reference
bounds and the better bound as ideal; the score is 1 minus its distance, so that more is better and 1 is the ideal.

Missing figures: the score is taken on what is known, and the share of weight that is known stands beside it, with the interval in which
the score lies whatever the missing figures are. A zone of which less than `least_known` is known has no score (NaN): it is not compared.
"""
from dataclasses import dataclass

import numpy as np

from zones.planning.findings import Finding, Unfit
from zones.planning.indicators import Table
from zones.planning.weights import direct

LEAST_KNOWN = 0.5  # our own default: half of the weight
DECIMALS = 6       # scores closer than this are the same


@dataclass(frozen=True, eq=False)
class Scores:
    """`ranks` begin at 1, equal scores share the better rank, 0 means not compared."""

    zones: tuple
    values: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    known_share: np.ndarray
    ranks: np.ndarray
    contributions: np.ndarray  # zones × indicators: what each adds to the score; NaN where missing
    findings: tuple[Finding, ...]


def score(table: Table, weights, *, least_known: float = LEAST_KNOWN) -> Scores:
    """The weights go with the table's indicators, one each, and are brought to sum 1."""
    shares = direct(weights)
    if len(shares) != len(table.indicators):
        raise Unfit("weights_differ_from_indicators", weights=len(shares), indicators=len(table.indicators))
    known_share = (~table.missing) @ shares
    enough = (known_share >= least_known - 1e-12) & (known_share > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        contributions = table.utilities * shares / known_share[:, None]
    values = np.where(enough, np.nansum(contributions, axis=1), np.nan)
    least, greatest = table.utility_bounds
    too_little = [zone for zone, ok in zip(table.zones, enough, strict=True) if not ok]
    found = table.findings()
    if too_little and not table.missing.all():
        found.append(Finding("too_little_known", {"zones": too_little, "line": least_known}))
    return Scores(
        zones=table.zones, values=values, lowest=least @ shares, highest=greatest @ shares, known_share=known_share,
        ranks=ranks(values), contributions=contributions, findings=tuple(found),
    )  # fmt: skip


def ranks(values: np.ndarray) -> np.ndarray:
    """1 for the greatest; equal values share the better rank; 0 for NaN."""
    rounded = np.round(np.asarray(values, float), DECIMALS)
    known = np.isfinite(rounded)
    ascending = np.sort(-rounded[known])
    placed = np.zeros(len(rounded), int)
    placed[known] = np.searchsorted(ascending, -rounded[known], side="left") + 1
    return placed


def assumed_utilities(table: Table, scores: Scores) -> np.ndarray:
    """Utilities without gaps that give the same scores: a missing one is taken as the zone's own score (0 where there is none)."""
    own = np.nan_to_num(scores.values)
    return np.where(table.missing, own[:, None], table.utilities)
