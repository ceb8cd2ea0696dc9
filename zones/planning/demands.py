"""Candidates and what is demanded of a choice of them. Each demand is one line of the model, so that each can be named, priced, dropped."""
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from zones.planning.findings import Finding, Unfit

UNIT = 1_000_000  # scores are compared to six decimals, as whole numbers, so that "the best" and "equal" are exact
BUDGET, FORMER_LEAST = "budget", "former_least"
COUNT_LEAST, COUNT_MOST = "count_least", "count_most"
TOWN_LEAST, TOWN_MOST, KIND_LEAST, KIND_MOST = "town_least", "town_most", "kind_least", "kind_most"
FORCED_IN, FORCED_OUT, EXCLUDE, NEED = "forced_in", "forced_out", "exclude", "need"
AT_LEAST = {COUNT_LEAST, TOWN_LEAST, KIND_LEAST, FORMER_LEAST, FORCED_IN}
OF_ZONES = {FORCED_IN: 1, FORCED_OUT: 1, EXCLUDE: 2, NEED: 2}
ABOUT_ONE = {TOWN_LEAST, TOWN_MOST, KIND_LEAST, KIND_MOST}
WITH_LIMIT = {BUDGET, FORMER_LEAST, COUNT_LEAST, COUNT_MOST} | ABOUT_ONE
NOWHERE = np.zeros(0, int)
CODES = WITH_LIMIT | set(OF_ZONES)


@dataclass(frozen=True)
class Demand:
    """`about` names the town, the kind or the zones; `need` reads "the first only with the second". `limit` is in the unit of costs for
    the budget, a number of zones elsewhere; demands about zones have none."""

    code: str
    limit: float | None = None
    about: tuple[Hashable, ...] = ()

    def __post_init__(self):
        if self.code not in CODES:
            raise Unfit("demand_unknown", demand=self.code)
        if (self.limit is None) == (self.code in WITH_LIMIT) or len(self.about) != OF_ZONES.get(self.code, int(self.code in ABOUT_ONE)):
            raise Unfit("demand_half_given", demand=self.code, limit=self.limit, about=self.about)
        if self.limit is not None and not (0 <= self.limit < float("inf")):
            raise Unfit("limit_not_a_number", demand=self.code, limit=self.limit)
        if len(set(self.about)) != len(self.about):
            raise Unfit("pair_of_one", demand=self.code, about=self.about)


@dataclass(frozen=True, eq=False)
class Candidates:
    """`scores` NaN: not compared, chosen only if forced in (and then worth nothing). `costs` NaN: unknown, chosen only without a budget."""

    ids: tuple[Hashable, ...]
    scores: np.ndarray
    costs: np.ndarray
    towns: np.ndarray
    kinds: np.ndarray
    former: np.ndarray

    @classmethod
    def of(cls, ids, scores, *, costs=None, towns=None, kinds=None, former=None) -> "Candidates":
        count = len(ids)
        made = cls(
            tuple(ids), np.asarray(scores, float), np.zeros(count) if costs is None else np.asarray(costs, float), _labels(towns, count),
            _labels(kinds, count), np.zeros(count, bool) if former is None else np.asarray(former, bool),
        )  # fmt: skip
        lengths = {len(part) for part in (made.scores, made.costs, made.towns, made.kinds, made.former)} - {count}
        if lengths:
            raise Unfit("shape_differs", expected=count, given=sorted(lengths))
        if len(made.position) != count:
            raise Unfit("zone_repeated", zones=count - len(made.position))
        if np.isinf(made.scores).any() or (made.scores < 0).any():
            raise Unfit("score_not_usable", zones=_named(made.ids, np.isinf(made.scores) | (made.scores < 0)))
        if np.isinf(made.costs).any() or (made.costs < 0).any():
            raise Unfit("cost_not_usable", zones=_named(made.ids, np.isinf(made.costs) | (made.costs < 0)))
        return made

    @cached_property
    def position(self) -> dict[Hashable, int]:
        return {zone: place for place, zone in enumerate(self.ids)}

    @cached_property
    def by_town(self) -> dict[Hashable, np.ndarray]:
        return _grouped(self.towns)

    @cached_property
    def by_kind(self) -> dict[Hashable, np.ndarray]:
        return _grouped(self.kinds)

    def named(self, mask: np.ndarray) -> tuple:
        return tuple(_named(self.ids, mask))


def _named(ids: tuple, mask: np.ndarray) -> list:
    return [ids[place] for place in np.flatnonzero(mask)]


def _grouped(labels: np.ndarray) -> dict[Hashable, np.ndarray]:
    places: dict[Hashable, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    return {label: np.array(where) for label, where in places.items()}


def _labels(given, count: int) -> np.ndarray:
    labels = np.empty(count, object)  # a label may be anything that can be a key, also None
    if given is not None and len(given) != count:
        raise Unfit("shape_differs", expected=count, given=[len(given)])
    labels[:] = [None] * count if given is None else [label.item() if isinstance(label, np.generic) else label for label in given]
    return labels


@dataclass(frozen=True, eq=False)
class Problem:
    """`worth` is what each zone adds, in whole units of a millionth; `allowed` are the zones that may be chosen at all. One row per demand:
    lower ≤ rows @ chosen ≤ upper."""

    candidates: Candidates
    demands: tuple[Demand, ...]
    bonus: float
    worth: np.ndarray
    allowed: np.ndarray
    rows: csr_array
    lower: np.ndarray
    upper: np.ndarray
    findings: tuple[Finding, ...] = field(default=())

    @classmethod
    def of(cls, candidates: Candidates, demands, *, bonus: float = 0.0) -> "Problem":
        """`bonus` is added to the score of each zone that was chosen in former years."""
        demands = tuple(dict.fromkeys(demands))
        worth = whole(candidates.scores + bonus * candidates.former)
        forced = {demand.about[0] for demand in demands if demand.code == FORCED_IN}
        wanted = np.array([zone in forced for zone in candidates.ids], bool)
        allowed = ~np.isnan(candidates.scores) | wanted
        if any(demand.code == BUDGET for demand in demands):
            allowed &= ~np.isnan(candidates.costs)
        rows = _rows(demands, candidates)
        lower = np.array([least(demand) for demand in demands], float)
        upper = np.array([most(demand) for demand in demands], float)
        found = _findings(candidates, demands, wanted, allowed)
        return cls(candidates, demands, bonus, worth, allowed, rows, lower, upper, found)

    def without(self, *dropped: int) -> "Problem":
        """The same problem with the demands at these places dropped."""
        return self.only([place for place in range(len(self.demands)) if place not in dropped])

    def only(self, kept) -> "Problem":
        kept = np.array(kept, int)
        return Problem(
            self.candidates, tuple(self.demands[place] for place in kept), self.bonus, self.worth, self.allowed,
            self.rows[kept], self.lower[kept], self.upper[kept], self.findings,
        )  # fmt: skip


def whole(scores: np.ndarray) -> np.ndarray:
    return np.round(np.nan_to_num(scores) * UNIT).astype(np.int64)


def least(demand: Demand) -> float:
    return (1 if demand.code == FORCED_IN else demand.limit) if demand.code in AT_LEAST else -np.inf


def most(demand: Demand) -> float:
    if demand.code in AT_LEAST:
        return np.inf
    return {FORCED_OUT: 0, EXCLUDE: 1, NEED: 0}.get(demand.code, demand.limit)


def entries(demand: Demand, candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """Which candidates a demand counts, and how much each."""
    match demand.code:
        case "budget":
            places = np.flatnonzero(np.nan_to_num(candidates.costs))
            return places, candidates.costs[places]
        case "count_least" | "count_most":
            places = np.arange(len(candidates.ids))
        case "town_least" | "town_most":
            places = candidates.by_town.get(demand.about[0], NOWHERE)
        case "kind_least" | "kind_most":
            places = candidates.by_kind.get(demand.about[0], NOWHERE)
        case "former_least":
            places = np.flatnonzero(candidates.former)
        case _:
            unknown = [zone for zone in demand.about if zone not in candidates.position]
            if unknown:
                raise Unfit("zone_unknown", demand=demand.code, zone=unknown[0])
            places = np.array([candidates.position[zone] for zone in demand.about])
            return places, np.array([1.0, -1.0 if demand.code == NEED else 1.0])[: len(places)]
    return places, np.ones(len(places))


def _rows(demands: tuple, candidates: Candidates) -> csr_array:
    found = [entries(demand, candidates) for demand in demands]
    starts = np.cumsum([0, *(len(places) for places, _ in found)])
    places = np.concatenate([NOWHERE, *(places for places, _ in found)])
    sizes = np.concatenate([np.zeros(0), *(sizes for _, sizes in found)])
    return csr_array((sizes, places, starts), shape=(len(demands), len(candidates.ids)))


def _findings(candidates: Candidates, demands: tuple, wanted: np.ndarray, allowed: np.ndarray) -> tuple[Finding, ...]:
    unscored = np.isnan(candidates.scores)
    found = []
    if len(candidates.ids) == 1:
        found.append(Finding("single_candidate", {"zone": candidates.ids[0]}))
    if unscored.any() and not unscored.all():
        found.append(Finding("not_compared", {"zones": candidates.named(unscored & ~wanted)}))
    if (unscored & wanted).any():
        found.append(Finding("forced_in_without_score", {"zones": candidates.named(unscored & wanted)}))
    costless = np.isnan(candidates.costs) & ~allowed
    if costless.any():
        found.append(Finding("cost_unknown", {"zones": candidates.named(costless)}))
    codes = {demand.code: demand.limit for demand in demands}
    if codes.get(BUDGET) == 0:
        found.append(Finding("zero_budget", {"free_zones": int((allowed & (np.nan_to_num(candidates.costs) == 0)).sum())}))
    if not codes.keys() & {BUDGET, COUNT_MOST, TOWN_MOST, KIND_MOST}:
        found.append(Finding("nothing_limits_the_choice"))
    return tuple(found)
