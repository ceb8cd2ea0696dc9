"""Search: names, pinyin, initials, codes, parts of words, one slip of the finger; ranked, within the reader's territory.

    hits = search(user, "振兴社", limit=20)

Order: whole name or whole code, then beginning, then inside, then pinyin or initials, then one slip. Within each, divisions
before places, the shorter before the longer, then by alphabet. A word that stands inside more than ENOUGH names gives some of them.
"""
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain

from django.db import connection, models

from geo.layers import Layer, registry
from geo.models import Division
from geo.search import sql
from geo.search.filling import DIVISIONS, searched, settle, waiting
from geo.search.words import HAN, LAST, fold, grams, grounds, slips

__all__ = ["Hit", "Tier", "layers_of", "search"]

# So many changes are written by the search itself, so that a reader finds at once what was just typed.
SETTLED_AT_ONCE = 200
# So many names with a word inside are read and ranked.
ENOUGH = 1500
# From so many expected names on they are drawn from a sample: the index would have to list all of them first.
VERY_MANY = 20_000
# From so many codes with one beginning on, a small territory's own rows are read instead.
MANY_KEYS = 5000
# So many of a word's pairs, the rarest ones, are asked of the index; the common ones cost more than they spare.
PAIRS = 4
# A slip is looked for only where little else was found, and nothing whole.
FEW = 5
NEIGHBOURS = 4000


class Tier(IntEnum):
    """How a name or code answers what was typed, the best first."""

    WHOLE = 0
    BEGINS = 1
    INSIDE = 2
    SPELT = 3
    SLIP = 4


@dataclass(frozen=True)
class Hit:
    """`layer` is None for a division; `found` is the object, fetched through the reader's rights."""

    tier: Tier
    layer: Layer | None
    found: models.Model


@dataclass(frozen=True)
class _Question:
    text: str
    scope: str
    layers: list[str]
    limit: int

    @property
    def bound(self) -> dict:
        return {"scope": self.scope, "layers": self.layers, "limit": self.limit, "text": self.text, "end": self.text + LAST}


Candidate = tuple[Tier, str, int, int, str]


def search(user, text: str, *, limit: int, layers: Iterable[str] | None = None, division: str = "") -> list[Hit]:
    """Up to `limit` hits, best first. `layers` (names, "" for divisions) and `division` (a code) narrow the reader's territory."""
    folded = fold(text)
    if not folded or not user.division_id or not user.is_active:
        return []
    marks, numbers = waiting()
    if marks and max(marks, numbers) <= SETTLED_AT_ONCE:
        settle(at_most=1)
    allowed = [DIVISIONS, *(layer.name for layer in layers_of(user))]
    chosen = allowed if layers is None else [name for name in allowed if name in layers]
    scope = division if division.startswith(user.division_id) else user.division_id
    question = _Question(folded, scope, chosen, limit + 20)
    best: dict[tuple[str, int], tuple] = {}
    for tier, layer, number, length, compared in _candidates(question, best):
        order = (tier, layer != DIVISIONS, length, compared)
        if (layer, number) not in best or order < best[layer, number]:
            best[layer, number] = order
    ranked = sorted(best.items(), key=lambda item: (item[1], item[0]))
    return _fetched(user, [(place, order[0]) for place, order in ranked], limit)


def layers_of(user) -> list[Layer]:
    """The layers in which this reader may find something: one whose own rights show the reader no row takes no place from others."""
    return [layer for layer in registry if searched(layer) and not layer.model.objects.visible_to(user).query.is_empty()]


def _candidates(question: _Question, best: dict) -> Iterator[Candidate]:
    """Tier after tier; one that cannot bring anything into the first `limit` is not asked."""
    text, wanted = question.text, question.limit
    yield from _beginning(question)
    if len(best) < wanted and len(text) > 1:
        yield from ((Tier.INSIDE, *row) for row in _inside(question) if not row[3].startswith(text))
    if len(best) < wanted and not HAN.search(text):
        yield from _spelt(question)
    long_enough = len(text) >= (3 if HAN.search(text) else 5)
    if long_enough and len(best) < FEW and not any(order[0] == Tier.WHOLE for order in best.values()):
        yield from _slipped(question)


def _beginning(question: _Question) -> Iterator[Candidate]:
    named = _rows(sql.of(sql.BEGINS), question.bound | {"shortest": len(question.text)})
    for row in chain(named, _keyed(question)):
        yield Tier.WHOLE if row[3] == question.text else Tier.BEGINS, *row


def _keyed(question: _Question) -> list[tuple]:
    """By the beginning of the code. The range may be the whole county's, with hardly a row in the reader's layers and territory."""
    ground = grounds(question.scope)[-1:]
    values = question.bound | {"ground": ground, "many": MANY_KEYS}
    few_here = ground and _statistics.now().expected(ground[0]) < VERY_MANY
    if few_here and _rows(sql.COMMON_KEY, values)[0][0] >= MANY_KEYS:
        return _rows(sql.of(sql.HAS_KEY_HERE), values)
    return _rows(sql.of(sql.HAS_KEY), values)


def _inside(question: _Question) -> list[tuple]:
    common = _statistics.now()
    pairs = sorted(grams(question.text), key=common.share_of)[:PAIRS]
    ground = grounds(question.scope)[-1:]
    expected = common.expected(pairs[0]) * (common.share_of(ground[0]) if ground else 1)
    values = question.bound | {"grams": pairs + ground, "pattern": f"%{question.text}%", "enough": ENOUGH}
    if expected <= VERY_MANY:
        return _rows(sql.of(sql.INSIDE), values)
    return _rows(sql.of(sql.SOME_INSIDE), values | {"percent": min(100.0, 300 * question.limit / expected)})


def _spelt(question: _Question) -> Iterator[Candidate]:
    values = question.bound | {"shortest": len(question.text)}
    for column in (sql.INITIALS, sql.PINYIN):
        for row in _rows(sql.of(sql.BEGINS, column), values):
            yield Tier.SPELT, *row


def _slipped(question: _Question) -> Iterator[Candidate]:
    column = sql.NAME if HAN.search(question.text) else sql.PINYIN
    probes = slips(question.text)
    for backward in (False, True):
        some = [probe for probe in probes if probe.backward == backward]
        values = question.bound | {
            "neighbours": NEIGHBOURS, "lengths": [probe.length for probe in some], "lows": [probe.low for probe in some],
            "highs": [probe.high for probe in some], "patterns": [probe.pattern for probe in some],
        }  # fmt: skip
        for row in _rows(sql.of(sql.SLIPS, column, backward=backward), values) if some else ():
            yield Tier.SLIP, *row


def _rows(statement: str, values: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _fetched(user, ranked: list[tuple[tuple[str, int], Tier]], limit: int) -> list[Hit]:
    """The objects themselves, through each layer's own rights: what a reader may not see is not counted either."""
    wanted: dict[str, list[int]] = {}
    for (layer, number), _tier in ranked[: limit + 20]:
        wanted.setdefault(layer, []).append(number)
    objects: dict[tuple[str, int], models.Model] = {}
    for name, numbers in wanted.items():
        if name == DIVISIONS:
            mine = Division.objects.in_division(user.division_id).filter(pk__in=map(str, numbers))
            objects |= {(name, int(found.pk)): found for found in mine}
        else:
            layer = registry[name]
            mine = list(layer.model.objects.visible_to(user).select_related("division").filter(pk__in=numbers))
            if mine and layer.gate:
                layer.gate.note(user, "search", len(mine))
            objects |= {(name, found.pk): found for found in mine}
    hits = [Hit(tier, registry.get(place[0]), objects[place]) for place, tier in ranked if place in objects]
    return hits[:limit]


class _Statistics:
    """How common a pair of characters is, as the database's own statistics have it; asked again after five minutes."""

    SECONDS = 300.0

    def __init__(self) -> None:
        self.until, self.rows = 0.0, 0
        self.common: dict[int, float] = {}

    def now(self) -> "_Statistics":
        if time.monotonic() > self.until:
            self.common = dict(_rows(sql.COMMON_GRAMS, {}))
            self.rows = _rows(sql.ROW_COUNT, {})[0][0]
            self.until = time.monotonic() + self.SECONDS
        return self

    def share_of(self, pair: int) -> float:
        return self.common.get(pair, min(self.common.values(), default=0.0) / 2)

    def expected(self, pair: int) -> float:
        """Rows that hold the pair."""
        return self.rows * self.share_of(pair)


_statistics = _Statistics()
