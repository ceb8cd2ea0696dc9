"""How firm a choice is: weights and figures drawn many times (SMAA), and the smallest change of one weight that turns the choice.

SMAA: R. Lahdelma, P. Salminen, SMAA-2: stochastic multicriteria acceptability analysis for group decision making, Operations Research 49,
2001. The score is the one of scoring.py; a missing figure is drawn evenly between the reference bounds, an uncertain one in its interval.

What is exact: each draw's ranking; each draw's best choice where the demands are only "so many at most", forced in and forced out, without
bonus (then the best are simply taken). Under any other demands the best choice is proven for the first draws only (`sampled` of them), and
acceptability is an estimate with the margin given. Draws come from NumPy's PCG64 with the seed shown in the result.
"""
from dataclasses import dataclass

import numpy as np

from zones.planning.demands import COUNT_MOST, FORCED_IN, FORCED_OUT, UNIT, Problem
from zones.planning.findings import Unfit
from zones.planning.indicators import Table
from zones.planning.scoring import assumed_utilities, score
from zones.planning.solving import BEST, Pause, no_pause, solve
from zones.planning.weights import direct

SAMPLED, SEED = 60, 20
CELLS = 4_000_000  # figures held in memory at a time


def anywhere(random: np.random.Generator, indicators: int, draws: int) -> np.ndarray:
    """Weights evenly from all that sum to 1: nothing is known of them."""
    return random.dirichlet(np.ones(indicators), draws)


def around(random: np.random.Generator, weights, draws: int, *, sharpness: float = 50.0) -> np.ndarray:
    """Weights around those given (Dirichlet): the standard deviation of a weight w is √(w(1-w)/(sharpness+1)); 0 stays 0."""
    shares = direct(weights)
    drawn = np.zeros((draws, len(shares)))
    drawn[:, shares > 0] = random.dirichlet(shares[shares > 0] * sharpness, draws)
    return drawn


def between(random: np.random.Generator, opinions, draws: int) -> np.ndarray:
    """Weights anywhere between the stakeholders': their voices are drawn evenly."""
    shares = np.array([direct(opinion) for opinion in opinions])
    return random.dirichlet(np.ones(len(shares)), draws) @ shares


@dataclass(frozen=True, eq=False)
class Acceptability:
    """`ranks[i, r]` is the share of draws in which zone i has rank r + 1, up to the ranks kept; demands play no part in it.

    `chosen` is the share of draws in which the zone is in the best choice under the demands: of every draw where `exact`, else of `sampled`
    draws, with `margin` (95 %). `central` is the mean weight of the draws that chose the zone (NaN where none did): the view of things
    under which it is chosen. Where nothing meets the demands, nothing is chosen in any draw.
    """

    zones: tuple
    ranks: np.ndarray
    chosen: np.ndarray
    central: np.ndarray
    exact: bool
    draws: int
    sampled: int
    margin: np.ndarray
    seed: int


def acceptability(
    table: Table, weights: np.ndarray, problem: Problem, *, seed: int = SEED, sampled: int = SAMPLED, ranks_kept: int | None = None,
    pause: Pause = no_pause,
) -> Acceptability:  # fmt: skip
    """`weights` are the draws, one row each (from `anywhere`, `around` or `between`); the problem's candidates are the table's zones."""
    if problem.candidates.ids != table.zones or np.shape(weights)[1:] != (len(table.indicators),):
        raise Unfit("shape_differs", expected=[len(table.zones), len(table.indicators)], given=list(np.shape(weights)))
    zones, draws = len(table.zones), len(weights)
    if not zones or not draws:
        raise Unfit("no_candidates" if not zones else "no_draws")
    kept = zones if ranks_kept is None else min(ranks_kept, zones)
    random = np.random.default_rng(seed)
    exact = _simple(problem)
    asked = draws if exact else min(sampled, draws)
    counts, taken, views = np.zeros((zones, kept), int), np.zeros(zones, int), np.zeros((zones, len(table.indicators)))
    step = max(1, CELLS // (zones * len(table.indicators)))
    for start in range(0, draws, step):
        part = weights[start : start + step]
        scores = _drawn_scores(table, part, random)
        _count_ranks(scores, counts)
        wanted = max(0, min(len(part), asked - start))
        if wanted:
            choices = _best_simple(problem, scores[:wanted]) if exact else _best_each(problem, scores[:wanted], pause)
            taken += choices.sum(axis=0)
            views += choices.T.astype(float) @ part[:wanted]
    share = taken / asked
    with np.errstate(invalid="ignore"):
        central = views / np.where(taken, taken, np.nan)[:, None]
    margin = np.zeros(zones) if exact else _margin(share, asked)
    return Acceptability(table.zones, counts / draws, share, central, exact, draws, asked, margin, seed)


def _drawn_scores(table: Table, weights: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """draws × zones; only figures that are not certain are drawn."""
    least, greatest = table.utility_bounds
    scores = weights @ least.T
    for row, column in np.argwhere(greatest > least):
        drawn = random.random(len(weights)) * (greatest[row, column] - least[row, column])
        scores[:, row] += weights[:, column] * drawn
    return scores


def _count_ranks(scores: np.ndarray, counts: np.ndarray) -> None:
    """Equal scores are ranked by place in the table, as somebody has to be first."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, : counts.shape[1]]
    zones, kept = counts.shape
    cells = order * kept + np.arange(kept)
    counts += np.bincount(cells.ravel(), minlength=zones * kept).reshape(zones, kept)


def _simple(problem: Problem) -> bool:
    codes = [demand.code for demand in problem.demands]
    return not problem.bonus and codes.count(COUNT_MOST) == 1 and set(codes) <= {COUNT_MOST, FORCED_IN, FORCED_OUT}


def _best_simple(problem: Problem, scores: np.ndarray) -> np.ndarray:
    places = problem.candidates.position
    inside = [places[d.about[0]] for d in problem.demands if d.code == FORCED_IN]
    outside = [places[d.about[0]] for d in problem.demands if d.code == FORCED_OUT]
    count = int(next(d.limit for d in problem.demands if d.code == COUNT_MOST))
    ranked = np.where(problem.allowed, scores, -np.inf)
    ranked[:, inside], ranked[:, outside] = np.inf, -np.inf
    if set(inside) & set(outside) or len(inside) > count:
        return np.zeros(scores.shape, bool)
    order = np.argsort(-ranked, axis=1, kind="stable")[:, :count]
    choices = np.zeros(scores.shape, bool)
    np.put_along_axis(choices, order, True, axis=1)
    return choices & (ranked > -np.inf)


def _best_each(problem: Problem, scores: np.ndarray, pause: Pause) -> np.ndarray:
    bonus = problem.bonus * problem.candidates.former
    choices = np.zeros(scores.shape, bool)
    for place, drawn in enumerate(scores):
        pause()
        answer = solve(problem, worth=np.round((drawn + bonus) * UNIT).astype(np.int64))
        if answer.status != BEST:
            return np.zeros(scores.shape, bool)  # what fits does not depend on weights
        choices[place] = answer.picked
    return choices


def _margin(share: np.ndarray, asked: int) -> np.ndarray:
    """Half the width of Wilson's interval, which does not shrink to nothing at 0 and 1."""
    z = 1.96
    return z / (1 + z * z / asked) * np.sqrt(share * (1 - share) / asked + z * z / (4 * asked * asked))


@dataclass(frozen=True)
class Turn:
    """The choice turns when the weight of `indicator` passes `weight` (now `now`), the others keeping their proportions; `joined` and
    `left` are the zones that change. `weight` None: no weight of it in that direction turns the choice."""

    indicator: str
    direction: str
    now: float
    weight: float | None
    joined: tuple = ()
    left: tuple = ()

    @property
    def change(self) -> float:
        return float("inf") if self.weight is None else abs(self.weight - self.now)


def turns(table: Table, weights, problem: Problem, picked: np.ndarray, *, pause: Pause = no_pause) -> list[Turn]:
    """For each indicator the nearest lower and higher weight beyond which another choice is better, smallest change first.

    Exact for scores that are linear in the weight: the best choice's worth is convex in it, so that asking at the end, then where that
    answer meets the choice at hand, and so on, ends at the nearest turn. Missing figures count as the zone's own score at today's
    weights. An indicator that has all the weight gives it to the others evenly; a single indicator has no turn.
    """
    shares = direct(weights)
    if len(shares) < 2:
        return []
    utilities = assumed_utilities(table, score(table, shares, least_known=0.0))
    bonus = problem.bonus * problem.candidates.former
    found = []
    for place, indicator in enumerate(table.indicators):
        rest = shares.copy() if shares[place] < 1 else np.ones(len(shares))
        rest[place] = 0
        others = utilities @ direct(rest)
        slope = utilities[:, place] - others
        for direction, end in (("down", 0.0), ("up", 1.0)):
            pause()
            turn = _nearest(problem, picked, others + bonus, slope, float(shares[place]), end)
            names = (problem.candidates.named(turn[1] & ~picked), problem.candidates.named(picked & ~turn[1])) if turn else ((), ())
            found.append(Turn(indicator.key, direction, float(shares[place]), turn[0] if turn else None, *names))
    return sorted(found, key=lambda turn: turn.change)


def _nearest(problem: Problem, picked, level, slope, now: float, end: float) -> tuple[float, np.ndarray] | None:
    """Where the line of the choice at hand is first crossed on the way from `now` to `end`, and by which choice."""
    best, at = None, end
    scored = ~np.isnan(problem.candidates.scores)
    level, slope = np.where(scored, level, 0), np.where(scored, slope, 0)
    for _ in range(100):
        answer = solve(problem, worth=np.round((level + at * slope) * UNIT).astype(np.int64))
        if answer.status != BEST:
            raise Unfit("no_time")
        lead = (level @ answer.picked - level @ picked, slope @ answer.picked - slope @ picked)  # at t: lead[0] + t * lead[1]
        if lead[0] + at * lead[1] <= (answer.picked != picked).sum() / UNIT:  # no more than rounding
            return best
        crossing = now if abs(lead[1]) < 1e-15 else -lead[0] / lead[1]
        crossing = max(now, crossing) if end > now else min(now, crossing)
        best = (float(crossing), answer.picked)
        if abs(crossing - at) < 1e-12 or crossing == now:
            return best
        at = crossing
    return best
