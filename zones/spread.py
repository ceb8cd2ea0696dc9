"""Two people at one place within some days: how far their judgements agree. Pure.

A pair is two inspections of one place by one checklist by different people, the nearest in time; each inspection is compared with
the one before it, so that ten looks give nine pairs and not forty-five.
"""
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

AT_LEAST = 5


@dataclass(frozen=True)
class Look:
    """`answers` are judgements alone (checklists.comparable); `person` is only told apart, never told; `unit` is the person's."""

    key: int
    place: tuple[str, int]
    checklist: str
    at: datetime
    person: int
    unit: str
    answers: Mapping[str, str | float]
    score: float | None


@dataclass(frozen=True)
class Pair:
    """`differing` are the items that were judged differently among the `compared` that both answered."""

    first: Look
    second: Look
    compared: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def score_difference(self) -> float | None:
        if self.first.score is None or self.second.score is None:
            return None
        return round(abs(self.first.score - self.second.score), 1)

    @property
    def agreement(self) -> float | None:
        return None if not self.compared else 1 - len(self.differing) / len(self.compared)


def pairs(looks: Iterable[Look], *, within: timedelta) -> list[Pair]:
    """The newest first."""
    rows = defaultdict(list)
    for look in sorted(looks, key=lambda each: (each.at, each.key)):
        rows[look.place, look.checklist].append(look)
    found = []
    for group in rows.values():
        for before, after in zip(group, group[1:], strict=False):
            if before.person != after.person and after.at - before.at <= within:
                both = tuple(sorted(before.answers.keys() & after.answers.keys()))
                found.append(Pair(before, after, both, tuple(each for each in both if before.answers[each] != after.answers[each])))
    return sorted(found, key=lambda each: (each.second.at, each.second.key), reverse=True)


@dataclass(frozen=True)
class Row:
    """`agreement` and `score_difference` are None where fewer than AT_LEAST were compared: single people would show."""

    key: str
    count: int
    agreement: float | None
    score_difference: float | None = None


def by_item(found: Iterable[Pair]) -> list[Row]:
    """How often an item (checklist and key) was judged alike, the worst first."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for pair in found:
        for item in pair.compared:
            counts[f"{pair.second.checklist}:{item}"][0] += 1
            counts[f"{pair.second.checklist}:{item}"][1] += item not in pair.differing
    rows = [Row(key, n, alike / n if n >= AT_LEAST else None) for key, (n, alike) in counts.items()]
    return sorted(rows, key=lambda each: (each.agreement is None, each.agreement, -each.count, each.key))


def by_unit(found: Iterable[Pair]) -> list[Row]:
    """Each unit's pairs: those in which one of the two is its own. A pair within a unit counts once."""
    groups = defaultdict(list)
    for pair in found:
        for unit in {pair.first.unit, pair.second.unit}:
            groups[unit].append(pair)
    rows = [summary(unit, group) for unit, group in groups.items()]
    return sorted(rows, key=lambda each: (each.agreement is None, each.agreement, each.key))


def summary(key: str, group: list[Pair]) -> Row:
    if len(group) < AT_LEAST:
        return Row(key, len(group), None)
    compared = sum(len(each.compared) for each in group)
    alike = compared - sum(len(each.differing) for each in group)
    scores = [each.score_difference for each in group if each.score_difference is not None]
    mean = round(sum(scores) / len(scores), 1) if len(scores) >= AT_LEAST else None
    return Row(key, len(group), alike / compared if compared else None, mean)
