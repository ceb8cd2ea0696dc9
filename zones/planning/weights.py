"""Weights of indicators: given directly, by swing, or from pairs (AHP); several stakeholders side by side."""
import math
from dataclasses import dataclass

import numpy as np

from zones.planning.findings import Finding, Unfit

DIRECT, SWING, AHP = "direct", "swing", "ahp"

# Mean consistency index of random reciprocal matrices of order 1 to 15: T. L. Saaty, The Analytic Hierarchy Process, McGraw-Hill 1980.
RANDOM_INDEX = (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
ACCEPTED_RATIO = 0.10   # Saaty's line, in the same book
GREATEST_JUDGEMENT = 9  # of his scale


def direct(points) -> np.ndarray:
    """Points of any size to shares that sum to 1. Zero is allowed (the indicator does not count), missing and negative are not."""
    given = np.asarray(points, float)
    if given.ndim != 1 or not given.size:
        raise Unfit("weights_empty")
    if not np.isfinite(given).all() or (given < 0).any():
        raise Unfit("weight_not_a_share", position=int(np.flatnonzero(~(np.isfinite(given) & (given >= 0)))[0]))
    if not given.sum() > 0:
        raise Unfit("weights_all_zero")
    return given / given.sum()


def swing(points) -> np.ndarray:
    """What going from the worst to the best reference bound is worth, where the most wanted swing has 100 points
    (D. von Winterfeldt, W. Edwards, Decision Analysis and Behavioral Research, 1986)."""
    given = np.asarray(points, float)
    if given.size and np.isfinite(given).all() and given.max() != 100:
        raise Unfit("swing_without_100", greatest=float(given.max()))
    return direct(given)


@dataclass(frozen=True, eq=False)
class Pairwise:
    """`ratio` is the consistency ratio; 0 for up to two indicators, which cannot contradict each other. `doubtful` is the pair whose
    judgement is farthest from what the weights imply: (first, second, judged, implied)."""

    weights: np.ndarray
    largest_eigenvalue: float
    index: float
    ratio: float
    doubtful: tuple[int, int, float, float] | None

    @property
    def accepted(self) -> bool:
        return self.ratio < ACCEPTED_RATIO


def judged(count: int, judgements: dict[tuple[int, int], float]) -> np.ndarray:
    """The matrix of pairs from "first is so many times as important as second"; each pair once, none left out."""
    matrix = np.eye(count)
    for (first, second), times in judgements.items():
        if not (0 <= first < count and 0 <= second < count and first != second):
            raise Unfit("pair_unknown", first=first, second=second)
        if matrix[first, second] != 0:
            raise Unfit("pair_judged_twice", first=first, second=second)
        if not (math.isfinite(times) and 1 / GREATEST_JUDGEMENT - 1e-9 <= times <= GREATEST_JUDGEMENT):
            raise Unfit("judgement_off_scale", first=first, second=second, times=times)
        matrix[first, second], matrix[second, first] = times, 1 / times
    if (matrix == 0).any():
        first, second = map(int, np.argwhere(matrix == 0)[0])
        raise Unfit("pair_not_judged", first=first, second=second)
    return matrix


def ahp(matrix) -> Pairwise:
    """Weights as the principal eigenvector of a reciprocal matrix, with Saaty's consistency ratio."""
    pairs = np.asarray(matrix, float)
    count = len(pairs)
    if pairs.ndim != 2 or pairs.shape != (count, count) or not count:
        raise Unfit("pairs_not_square", shape=pairs.shape)
    if count > len(RANDOM_INDEX):
        raise Unfit("too_many_to_compare", indicators=count, most=len(RANDOM_INDEX))
    if not np.isfinite(pairs).all() or (pairs <= 0).any() or np.abs(pairs * pairs.T - 1).max() > 1e-6:
        raise Unfit("pairs_not_reciprocal")
    eigenvalues, vectors = np.linalg.eig(pairs)
    position = int(np.argmax(eigenvalues.real))
    weights = np.abs(vectors[:, position].real)
    weights /= weights.sum()
    largest = float(eigenvalues[position].real)
    index = max(0.0, (largest - count) / (count - 1)) if count > 2 else 0.0
    return Pairwise(weights, largest, index, index / RANDOM_INDEX[count - 1] if count > 2 else 0.0, _doubtful(pairs, weights))


def _doubtful(pairs: np.ndarray, weights: np.ndarray) -> tuple[int, int, float, float] | None:
    if len(pairs) < 3:
        return None
    implied = weights[:, None] / weights[None, :]
    off = np.triu(np.abs(np.log(pairs / implied)), 1)
    first, second = map(int, np.unravel_index(np.argmax(off), off.shape))
    return (first, second, float(pairs[first, second]), float(implied[first, second])) if off[first, second] > 1e-9 else None


@dataclass(frozen=True, eq=False)
class Opinion:
    """One stakeholder's weights, how they were found, and how much this voice counts."""

    stakeholder: str
    method: str
    weights: np.ndarray
    voice: float = 1.0
    ratio: float | None = None


@dataclass(frozen=True, eq=False)
class Agreement:
    """`lowest`, `highest` and `deviation` (of the population, by voice) are per indicator. `distances` gives each stakeholder's distance
    from the common weights: the share of weight that would have to move, 0 (the same) to 1."""

    weights: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    deviation: np.ndarray
    distances: dict[str, float]
    findings: tuple[Finding, ...]

    @property
    def farthest(self) -> str:
        return max(self.distances, key=self.distances.get)


def aggregate(opinions: list[Opinion]) -> Agreement:
    """Geometric mean where every opinion comes from pairs (J. Aczél, T. L. Saaty, J. Math. Psychology 27, 1983), else the mean."""
    if not opinions:
        raise Unfit("no_opinion")
    shares = np.array([direct(opinion.weights) for opinion in opinions]) if len({len(o.weights) for o in opinions}) == 1 else None
    if shares is None:
        raise Unfit("opinions_differ_in_length")
    voices = direct([opinion.voice for opinion in opinions])
    methods = {opinion.method for opinion in opinions}
    if methods == {AHP}:
        if (shares <= 0).any():
            raise Unfit("weight_not_a_share", position=int(np.argwhere(shares <= 0)[0][1]))
        common = direct(np.exp(voices @ np.log(shares)))
    else:
        common = voices @ shares
    found = [Finding("mixed_methods", {"methods": sorted(methods)})] if AHP in methods and len(methods) > 1 else []
    found += [
        Finding("inconsistent_pairs", {"stakeholder": opinion.stakeholder, "ratio": opinion.ratio, "line": ACCEPTED_RATIO})
        for opinion in opinions
        if opinion.ratio is not None and opinion.ratio >= ACCEPTED_RATIO
    ]
    return Agreement(
        weights=common,
        lowest=shares.min(axis=0),
        highest=shares.max(axis=0),
        deviation=np.sqrt(voices @ (shares - voices @ shares) ** 2),
        distances={opinion.stakeholder: float(np.abs(share - common).sum() / 2) for opinion, share in zip(opinions, shares, strict=True)},
        findings=tuple(found),
    )
