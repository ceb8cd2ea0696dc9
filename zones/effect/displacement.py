"""Did it move to the ring around."""
from dataclasses import dataclass

import numpy as np

DISPLACED, DIFFUSED, NEITHER, NO_SUCCESS, NOT_TOLD = "displaced", "diffused", "neither_seen", "nothing_to_displace", "cannot_be_told"


@dataclass(frozen=True)
class Displacement:
    """`net` is incidents saved in zone and ring together, against the comparison's course; `low`, `high`: interval of the quotient."""

    code: str
    quotient: float | None
    low: float | None
    high: float | None
    net: float | None
    seed: int


def quotient(zone: tuple[float, float], ring: tuple[float, float], other: tuple[float, float]) -> float | None:
    """Weighted displacement quotient (Bowers & Johnson 2003, Journal of Quantitative Criminology 19), each (before, after):

        WDQ = (B1/C1 − B0/C0) / (A1/C1 − A0/C0)    A zone, B ring around it, C comparison; 0 before, 1 after

    Above 0 the ring gained with the zone (above 1: more than it), below 0 it was displaced to (below −1: more than was saved).
    None where the comparison has nothing, or the zone did not fall against it: then there is nothing to displace.
    """
    if min(other) <= 0:
        return None
    success = zone[1] / other[1] - zone[0] / other[0]
    return (ring[1] / other[1] - ring[0] / other[0]) / success if success < -1e-12 else None


def displacement(
    zones: np.ndarray, rings: np.ndarray, others: np.ndarray, *, level: float = 0.95, draws: int = 1999, seed: int = 0
) -> Displacement:
    """Each units × (before, after), over times of one length; row i of `rings` lies around row i of `zones`; both are drawn together."""
    zones, rings, others = (np.asarray(each, float) for each in (zones, rings, others))
    totals = [each.sum(axis=0) for each in (zones, rings, others)]
    if min(totals[2]) <= 0 or min(len(zones), len(others)) < 2:
        return Displacement(NOT_TOLD, None, None, None, None, seed)
    point = quotient(*(tuple(each) for each in totals))
    course = totals[2][1] / totals[2][0]
    net = float(sum(each[0] * course - each[1] for each in totals[:2]))
    if point is None:
        return Displacement(NO_SUCCESS, None, None, None, net, seed)
    random = np.random.default_rng(seed)
    mine, theirs = (random.integers(0, len(each), (draws, len(each))) for each in (zones, others))
    zone, ring, other = zones[mine].sum(axis=1), rings[mine].sum(axis=1), others[theirs].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        success = zone[:, 1] / other[:, 1] - zone[:, 0] / other[:, 0]
        drawn = (ring[:, 1] / other[:, 1] - ring[:, 0] / other[:, 0]) / success
    drawn = drawn[np.isfinite(drawn) & (success < 0)]
    # A success that vanishes in many draws leaves a quotient of noise.
    if len(drawn) < 0.9 * draws:
        return Displacement(NOT_TOLD, point, None, None, net, seed)
    low, high = (float(each) for each in np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]))
    code = DISPLACED if high < 0 else DIFFUSED if low > 0 else NEITHER
    return Displacement(code, point, low, high, net, seed)
