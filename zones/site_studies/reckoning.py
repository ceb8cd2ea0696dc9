"""From a question to its answer. Nothing is written here; the same question on the same registers gives the same answer.

The result is plain JSON:

    state        proven | within_bound | infeasible
    value, bound, cost, gap, seed      as in zones.siting.problem.Plan; cost in 10,000 yuan
    by_road      whether metres are along roads (False: no roads are loaded, or views of cameras)
    counts       {"candidates", "by_rule": {rule: n}, "forbidden": {why: n}, "standing", "pairs", "pairs_by_road"}
    total, before, after   {"weight", "share", "count", "mean_m"}; mean_m is weighted, over what has a nearest site
    twice        {"before", "after"} weights covered two times or more
    served       {"before", "after"} weights that find room, None without capacities
    towns        [{"code", "total", "before", "after"}] weights
    demand       [[lon, lat, weight | None, name, town code, before, after, can, before_m | None, after_m | None]]
                 before, after: 1 where covered; can: 1 where some allowed candidate or standing site covers it
    standing     [[lon, lat, name]]; empty for cameras, whose exact places are not told here
    sites        [{"number", "lon", "lat", "rule", "near", "town", "cost", "forced", "newly", "only", "lost", "by", "reached", "ties",
                   "tie_count", "bearing", "view"}] best first; `by` and `ties` are [rule, near, lon, lat]; view: ring of [lon, lat]
    reasons      [{"code", "numbers"}] of zones.siting and of this package, see words.py
    digest       of demand, candidates and what stands: two runs of one digest and one question are the same run
"""
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from scipy import sparse

from geo.models import User
from zones.models import SiteStudy, SitingStandard
from zones.site_studies.ground import TURNED, Candidates, Ground, Served, Standing
from zones.site_studies.questions import Question, StudyRefused
from zones.siting.coverage import max_coverage
from zones.siting.covering import set_cover
from zones.siting.median import p_median
from zones.siting.problem import Plan, Problem, Reason, within
from zones.siting.sectors import Sectors, sees

Kind, Method = SiteStudy.Kind, SiteStudy.Method
# A p-median holds every pair in memory, some times over.
MEDIAN_PAIRS_AT_MOST = 4_000_000
TIES_SHOWN = 3
VIEW_STEPS = 12

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Columns:
    """What stands comes first, then the candidates. A camera's place is a candidate for each bearing."""

    standing: int
    place: np.ndarray
    bearing: np.ndarray | None
    reach: sparse.csr_array
    by_road: int


def reckon(question: Question, *, by: User, on: date, tell: Tell = lambda share, step: None) -> dict:
    """Raises StudyRefused where there is nothing to reckon with."""
    standard = SitingStandard.objects.get(pk=question.standard)
    ground = Ground(question, standard, by=by, on=on)
    tell(0.05, "reading")
    served, standing, candidates = ground.served(), ground.standing(), ground.candidates()
    tell(0.2, "measuring")
    columns = _columns(ground, served, standing, candidates, lambda share: tell(0.2 + 0.4 * share, "measuring"))
    problem = _problem(question, served, candidates, columns)
    tell(0.6, "solving")
    plan = _solved(question, problem, standard)
    tell(0.95, "describing")
    before = None if question.capacity is None else (max_coverage(problem, sites=0).value,)
    return _Answer(ground, served, standing, candidates, columns, plan, before).told()


def _columns(ground: Ground, served: Served, standing: Standing, candidates: Candidates, tell: Callable[[float], None]) -> Columns:
    places = np.array(candidates.points, dtype=object)
    count, question = len(standing.points), ground.question
    if question.kind == Kind.CAMERA:
        x, y = shapely.get_x(places), shapely.get_y(places)
        step = 360 / ground.standard.bearing_count
        alike = np.full(len(places), 1.0)
        own = Sectors(x, y, alike * 0, alike * question.view_angle_deg, alike * question.reach_m)
        turned, place = own.turned(np.arange(ground.standard.bearing_count) * step)
        at = shapely.get_x(served.points), shapely.get_y(served.points)
        reach = sparse.hstack([sees(standing.sectors, *at), sees(turned, *at)], format="csr")
        return Columns(count, place, turned.bearing, sparse.csr_array(reach), 0)
    is_median = question.method == Method.MEDIAN
    sources = np.concatenate([standing.points, places])
    if is_median and len(sources) * len(served.points) > MEDIAN_PAIRS_AT_MOST:
        raise StudyRefused("too_many_pairs", {"pairs": len(sources) * len(served.points), "most": MEDIAN_PAIRS_AT_MOST})
    limit = np.inf if is_median else question.reach_m
    pairs = ground.network.pairs(sources, served.points, access_m=ground.access_m, limit_m=limit, tell=tell)
    return Columns(count, np.arange(len(places)), None, pairs.metres, pairs.by_road_count)


def _problem(question: Question, served: Served, candidates: Candidates, columns: Columns) -> Problem:
    first, place = columns.standing, columns.place
    costs = np.concatenate([np.zeros(first), np.asarray(candidates.costs, float)[place]])
    forbidden = {first + number: candidates.forbidden[at] for number, at in enumerate(place.tolist()) if at in candidates.forbidden}
    wanted = [number for number, at in enumerate(place.tolist()) if at in {*candidates.forced}]
    if columns.bearing is not None:
        wanted = _best_bearings(wanted, place, columns, served)
    capacity = None if question.capacity is None else np.full(len(costs), float(question.capacity))
    return Problem(
        served.weights, columns.reach, costs, kept=range(first), forced=[first + number for number in wanted],
        forbidden=forbidden, capacities=capacity,
    )  # fmt: skip


def _best_bearings(wanted: list[int], place: np.ndarray, columns: Columns, served: Served) -> list[int]:
    """A camera that must come looks where it sees most."""
    seen = columns.reach[:, columns.standing :].astype(bool).astype(float).T @ np.nan_to_num(served.weights)
    best: dict[int, int] = {}
    for number in wanted:
        at = int(place[number])
        if at not in best or seen[number] > seen[best[at]]:
            best[at] = number
    return sorted(best.values())


def _solved(question: Question, problem: Problem, standard: SitingStandard) -> Plan:
    seconds = float(standard.seconds_at_most)
    limits = {"sites": question.site_count, "budget": question.budget, "seconds": seconds}
    match question.method:
        case Method.MEDIAN:
            return p_median(problem, sites=question.site_count, seconds=seconds)
        case Method.COVER_ALL:
            return set_cover(problem, share=question.share / 100, **limits)
        case Method.BACKUP:
            return max_coverage(problem, wanted=2, backup_value=standard.backup_value, **limits)
    return max_coverage(problem, **limits)


@dataclass
class _Answer:
    ground: Ground
    served: Served
    standing: Standing
    candidates: Candidates
    columns: Columns
    plan: Plan
    served_before: tuple[float] | None

    def told(self) -> dict:
        plan, kept = self.plan, np.arange(self.columns.standing)
        near = within(self.columns.reach, self.ground.question.reach_m) if self.columns.bearing is None else self.columns.reach
        allowed = np.setdiff1d(np.arange(near.shape[1]), self.columns.standing + self._forbidden_columns())
        before, after, can = (_covered(near, chosen) for chosen in (kept, [*kept, *plan.sites], allowed))
        metres = self._metres(kept), self._metres([*kept, *plan.sites])
        return {
            "state": plan.state, "value": plan.value, "bound": _finite(plan.bound), "cost": plan.cost, "gap": _finite(plan.gap),
            "seed": plan.seed, "by_road": self.columns.by_road > 0, "counts": self._counts(),
            "total": self._sum(np.ones(len(before), bool), None),
            "before": self._sum(before, metres[0]), "after": self._sum(after, metres[1]),
            "twice": {"before": self._twice(near, kept), "after": self._twice(near, [*kept, *plan.sites])},
            "served": self.served_before and {"before": self.served_before[0], "after": plan.value},
            "towns": self._towns(before, after),
            "demand": self._demand(before, after, can, metres),
            "standing": [[*at, name] for at, name in zip(self._shown(), self.standing.names, strict=False)],
            "sites": [self._site(number, each, near) for number, each in enumerate(plan.by_site, 1)],
            "reasons": [self._reason(each) for each in plan.reasons] + self._own_reasons(),
            "digest": self._digest(),
        }  # fmt: skip

    def _forbidden_columns(self) -> np.ndarray:
        return np.flatnonzero(np.isin(self.columns.place, [*self.candidates.forbidden]))

    def _shown(self) -> list[list[float]]:
        return [] if self.columns.bearing is not None else self.ground.lonlat(self.standing.points).tolist()

    def _counts(self) -> dict:
        by_rule = Counter(str(rule) for rule in self.candidates.rules)
        return {
            "candidates": len(self.candidates.points), "by_rule": dict(sorted(by_rule.items())),
            "forbidden": dict(sorted(Counter(self.candidates.forbidden.values()).items())), "standing": self.columns.standing,
            "pairs": int(self.columns.reach.nnz), "pairs_by_road": self.columns.by_road,
        }  # fmt: skip

    def _twice(self, near: sparse.csr_array, sites) -> float:
        return float(np.nan_to_num(self.served.weights)[_covers(near, sites) > 1].sum())

    def _metres(self, sites) -> np.ndarray | None:
        """To the nearest of these sites, also beyond their reach; infinite without any."""
        if self.columns.bearing is not None:
            return None
        places = np.concatenate([self.standing.points, np.array(self.candidates.points, dtype=object)])[list(sites)]
        return self.ground.network.nearest(places, self.served.points, access_m=self.ground.access_m).distance_m

    def _sum(self, chosen: np.ndarray, metres: np.ndarray | None) -> dict:
        weights = np.nan_to_num(self.served.weights)
        total, weight, mean = float(weights.sum()), float(weights[chosen].sum()), None
        if metres is not None:
            there = np.isfinite(metres) & (weights > 0)
            mean = float(np.average(metres[there], weights=weights[there])) if there.any() else None
        return {"weight": weight, "share": weight / total if total else 0.0, "count": int(chosen.sum()), "mean_m": mean}

    def _towns(self, before: np.ndarray, after: np.ndarray) -> list[dict]:
        weights, towns = np.nan_to_num(self.served.weights), np.array(self.served.towns)
        sums = lambda mine: {"total": weights[mine].sum(), "before": weights[mine & before].sum(), "after": weights[mine & after].sum()}  # noqa: E731
        return [{"code": code} | {name: float(each) for name, each in sums(towns == code).items()} for code in sorted({*self.served.towns})]

    def _demand(self, before, after, can, metres) -> list[list]:
        at, served = self.ground.lonlat(self.served.points), self.served
        far = [[None] * len(at) if each is None else [_whole(one) for one in each] for each in metres]
        return [
            [*at[row].tolist(), _finite(served.weights[row]), served.names[row], served.towns[row],
             int(before[row]), int(after[row]), int(can[row]), far[0][row], far[1][row]]
            for row in range(len(at))
        ]  # fmt: skip

    def _of(self, column: int) -> int:
        return int(self.columns.place[column - self.columns.standing])

    def _named(self, column: int) -> list:
        at = self._of(column)
        return [str(self.candidates.rules[at]), self.candidates.near[at], *self.ground.lonlat([self.candidates.points[at]])[0].tolist()]

    def _site(self, number: int, reason, near: sparse.csr_array) -> dict:
        rule, name, lon, lat = self._named(reason.site)
        place, bearing = self._of(reason.site), None
        if self.columns.bearing is not None:
            bearing = float(self.columns.bearing[reason.site - self.columns.standing])
        reached = near[:, [reason.site]].nonzero()[0]
        ties = list({self._of(each): each for each in self.plan.ties.get(reason.site, ()) if self._of(each) != place}.values())
        return {
            "number": number, "lon": lon, "lat": lat, "rule": rule, "near": name, "cost": reason.cost,
            "town": self.ground.town_of(lon, lat),
            "forced": place in self.candidates.forced, "newly": reason.newly, "only": reason.only, "lost": _finite(reason.lost),
            "by": None if reason.by is None else [TURNED, "", lon, lat] if self._of(reason.by) == place else self._named(reason.by),
            "reached": len(reached),
            "ties": [self._named(each) for each in ties[:TIES_SHOWN]], "tie_count": len(ties),
            "bearing": bearing, "view": None if bearing is None else self._view(self.candidates.points[place], bearing),
        }  # fmt: skip

    def _view(self, foot: shapely.Point, bearing: float) -> list[list[float]]:
        angle, reach = self.ground.question.view_angle_deg, self.ground.question.reach_m
        turns = np.radians(bearing + np.linspace(-angle / 2, angle / 2, VIEW_STEPS + 1))
        ring = [foot, *shapely.points(foot.x + reach * np.sin(turns), foot.y + reach * np.cos(turns)), foot]
        return self.ground.lonlat(ring).tolist()

    def _reason(self, reason: Reason) -> dict:
        """A site's number among the columns says nothing to a reader: its place goes with it."""
        numbers = dict(reason.numbers)
        if "candidates" in numbers:  # a place counts once, whatever its bearings
            numbers["candidates"] = Counter(self.candidates.forbidden.values())[numbers["by"]]
        return {"code": reason.code, "numbers": numbers | ({"place": self._named(numbers["site"])} if "site" in numbers else {})}

    def _own_reasons(self) -> list[dict]:
        found = []
        if self.candidates.thinned:
            before, apart = self.candidates.thinned
            found.append({"code": "thinned", "numbers": {"before": before, "kept": len(self.candidates.points), "apart": apart}})
        if self.standing.unknown_view_count:
            found.append({"code": "view_unknown", "numbers": {"count": self.standing.unknown_view_count}})
        if self.columns.bearing is None and not len(self.ground.network.pieces):
            found.append({"code": "no_roads", "numbers": {}})
        return found

    def _digest(self) -> str:
        found = hashlib.sha256()
        for points in (self.served.points, self.standing.points, self.candidates.points):
            found.update(np.round(shapely.get_coordinates(np.asarray(points, dtype=object)), 2).tobytes())
        found.update(np.asarray(self.served.weights, float).tobytes())
        found.update(repr([self.candidates.costs, sorted(self.candidates.forbidden.items()), self.candidates.forced]).encode())
        return found.hexdigest()[:16]


def _covered(near: sparse.csr_array, sites) -> np.ndarray:
    return _covers(near, sites) > 0


def _covers(near: sparse.csr_array, sites) -> np.ndarray:
    """How many of these columns a stored pair joins to each demand."""
    chosen = np.zeros(near.shape[1])
    chosen[np.asarray(sites, int)] = 1
    there = sparse.csr_array((np.ones(near.nnz), near.indices, near.indptr), shape=near.shape)
    return there @ chosen


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _whole(value: float) -> int | None:
    return round(float(value)) if np.isfinite(value) else None
