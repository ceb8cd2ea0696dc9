"""Stakeholders' weights from what they said: points, swings or pairs. Pure, and light enough for a page."""
from collections.abc import Sequence

import numpy as np

from zones.planning.weights import AHP, SWING, Agreement, Opinion, Pairwise, aggregate, ahp, direct, judged, swing


def opinion_of(said: dict, keys: Sequence[str]) -> tuple[Opinion, Pairwise | None]:
    """One stakeholder's weights in the order of the indicators; with the judgement of the pairs where there are any. Raises Unfit.

    Indicators that were not compared have no weight; those that exist no more are left out."""
    pairwise = None
    if said["method"] == AHP:
        named = compared(said, keys)
        place = {key: number for number, key in enumerate(named)}
        pairwise = ahp(judged(len(named), {(place[first], place[second]): times for first, second, times in said["pairs"]}))
        found = dict(zip(named, pairwise.weights, strict=True))
        weights = np.array([found.get(key, 0.0) for key in keys])
    else:
        points = [said["points"].get(key, 0) for key in keys]
        weights = swing(points) if said["method"] == SWING else direct(points)
    return Opinion(said["stakeholder"], said["method"], weights, said["voice"], pairwise and pairwise.ratio), pairwise


def compared(said: dict, keys: Sequence[str]) -> list[str]:
    """The indicators that pairs name, in the order of the indicators."""
    named = {key for pair in said["pairs"] for key in pair[:2]}
    return [key for key in keys if key in named]


def told(opinions: Sequence[dict], keys: Sequence[str]) -> tuple[Agreement, list[Opinion], dict]:
    """All stakeholders together, as runs.py describes `weights`. Raises Unfit."""
    read = [opinion_of(each, keys) for each in opinions]
    agreement = aggregate([opinion for opinion, _pairwise in read])
    named = lambda row: dict(zip(keys, map(float, row), strict=True))  # noqa: E731
    stakeholders = [
        {
            "stakeholder": opinion.stakeholder, "method": opinion.method, "voice": opinion.voice, "weights": named(opinion.weights),
            "distance": agreement.distances[opinion.stakeholder], "ratio": opinion.ratio,
            "doubtful": _doubtful(pairwise, compared(said, keys)) if pairwise else None,
        }
        for said, (opinion, pairwise) in zip(opinions, read, strict=True)
    ]  # fmt: skip
    document = {
        "common": named(agreement.weights), "lowest": named(agreement.lowest), "highest": named(agreement.highest),
        "deviation": named(agreement.deviation), "stakeholders": stakeholders,
        "findings": [{"code": each.code, "numbers": each.numbers} for each in agreement.findings],
    }  # fmt: skip
    return agreement, [opinion for opinion, _pairwise in read], document


def _doubtful(pairwise: Pairwise, named: list[str]) -> list | None:
    if pairwise.doubtful is None:
        return None
    first, second, judged_as, implied = pairwise.doubtful
    return [named[first], named[second], judged_as, implied]


