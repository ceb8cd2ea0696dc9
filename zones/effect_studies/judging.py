"""From what was counted to what can be said. Pure: a document in, a document out; same input and seed, same answer.

`frozen`: {months ["2025-10"], start (index of the first month after), until (day of the newest incident), left_out [{pk, name, why}],
           zones [{pk, name, town, kind, demonstration, households, hectares, counts [n or null a month], ring (the same) or null}]}
`result`: {verdict, reasons [{code, numbers}], estimate or null, matched {pairs, unmatched, incomplete, balance, balanced},
           trend {mine, others} (means a zone and month of the matched), checks [{code, ok (null: not checked), numbers}],
           ring {code, quotient, low, high, net, months} or null}; rows are indexes of frozen["zones"].
"""
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from zones.effect.differences import bad_year, placebo_in_place, placebo_in_time, trends
from zones.effect.displacement import displacement
from zones.effect.matching import Match, match
from zones.effect.verdict import BAD_YEAR, LEAST_MONTHS, LEAST_UNITS, Verdict, judge

STRICTER = 3  # three checks share what one may err


def answer(
    frozen: dict, *, caliper: float, level: float, draws: int, seed: int, tell: Callable[[float], None] = lambda share: None
) -> dict:
    """`tell` is called between two steps with the share that is done; what it raises ends the work."""
    zones, start = frozen["zones"], frozen["start"]
    width = len(frozen["months"])
    counts = np.array([[np.nan if n is None else n for n in each["counts"]] for each in zones], float).reshape(len(zones), width)
    treated = np.array([each["demonstration"] for each in zones], bool)
    found = match(*_covariates(zones, counts, start), caliper=caliper) if len(zones) else Match((), (), (), ())
    rows = [row for pair in found.pairs for row in pair]
    panel, mine = counts[rows], treated[rows]
    tell(0.1)
    told = judge(panel, mine, start, balanced=found.balanced, level=level, draws=draws, seed=seed)
    tell(0.4)
    checks = _checks(panel, mine, start, counts, treated, found, told, level, seed)
    tell(0.7)
    return {
        "verdict": told.code, "reasons": [{"code": each.code, "numbers": dict(each.numbers)} for each in told.reasons],
        "estimate": asdict(told.estimate) if told.estimate else None,
        "matched": {
            "pairs": [list(pair) for pair in found.pairs], "unmatched": list(found.unmatched), "incomplete": list(found.incomplete),
            "balance": [asdict(each) for each in found.balance], "balanced": found.balanced,
        },
        "trend": {"mine": _means(panel[mine]), "others": _means(panel[~mine])},
        "checks": checks,
        "ring": _ring(frozen, found, level, draws, seed),
    }  # fmt: skip


def _covariates(zones: list[dict], counts: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """What a zone is compared by. Level and course before, homes, size; a zone with an unknown month cannot be compared."""
    nan = lambda value: np.nan if value is None else value  # noqa: E731
    columns = {
        "households": np.log1p([nan(each["households"]) for each in zones]),
        "hectares": np.log1p([each["hectares"] for each in zones]),
    }
    if start:
        columns["level"] = np.sqrt(counts[:, :start].mean(axis=1))
    if start > 1:
        month = np.arange(start) - (start - 1) / 2
        columns["course"] = counts[:, :start] @ month / (month @ month)
    values = np.column_stack(list(columns.values()))
    values[~np.isfinite(counts).all(axis=1)] = np.nan
    return values, np.array([each["demonstration"] for each in zones], bool), list(columns)


def _means(rows: np.ndarray) -> list[float]:
    return [round(float(each), 4) for each in rows.mean(axis=0)] if len(rows) else []


def _checks(
    panel: np.ndarray, mine: np.ndarray, start: int, counts: np.ndarray, treated: np.ndarray, found: Match, told: Verdict,
    level: float, seed: int,
) -> list[dict]:  # fmt: skip
    """Every check with its numbers, also the ones that spoke for the comparison; those the data do not allow are not checked."""
    against, strict = {each.code for each in told.reasons}, 1 - (1 - level) / STRICTER
    enough = told.estimate is not None
    listed = []

    def tell(code: str, can: bool, numbers, fails: str) -> None:
        listed.append({"code": code, "ok": None if not can else fails not in against, "numbers": numbers() if can else {}})

    def course() -> dict:
        return dict(zip(("slope", "low", "high"), trends(panel, mine, start, level=strict), strict=True))

    def before() -> dict:
        placebo = placebo_in_time(panel, mine, start, level=strict, seed=seed)
        return {"effect": placebo.effect, "low": placebo.low, "high": placebo.high}

    bad = bad_year(panel, mine, start) if enough else None
    tell("balance", bool(found.pairs), lambda: {"worst": _worst(found)}, "not_comparable")
    tell("trends", enough, course, "trends_not_parallel")
    tell("placebo_in_time", enough, before, "effect_before_start")
    tell("bad_year", bad is not None, lambda: {"z": bad[0], "line": BAD_YEAR, "expected_fall": bad[1]}, "chosen_for_a_bad_year")
    others = counts[~treated & np.isfinite(counts).all(axis=1)]
    can = len(others) >= LEAST_UNITS and min(start, counts.shape[1] - start) >= LEAST_MONTHS
    share = placebo_in_place(others, np.zeros(len(others), bool), start, level=level, seed=seed) if can else None
    usual = 1 - level
    listed.append({
        "code": "placebo_in_place", "ok": None if share is None else share <= 3 * usual,
        "numbers": {} if share is None else {"share": share, "usual": usual},
    })  # fmt: skip
    return listed


def _worst(found: Match) -> float:
    return max((abs(each.after) for each in found.balance if each.after is not None), default=0.0)


def _ring(frozen: dict, found: Match, level: float, draws: int, seed: int) -> dict | None:
    """Over equally long times before and after; None where there is no such time or nobody to compare with."""
    start, zones = frozen["start"], frozen["zones"]
    span = min(start, len(frozen["months"]) - start)
    pairs = [pair for pair in found.pairs]
    if not span or not pairs:
        return None

    def sums(rows: list[list]) -> np.ndarray:
        table = np.array(rows, float)
        return np.column_stack([table[:, start - span : start].sum(axis=1), table[:, start : start + span].sum(axis=1)])

    mine, rings = sums([zones[one]["counts"] for one, _ in pairs]), sums([zones[one]["ring"] for one, _ in pairs])
    others = sums([zones[other]["counts"] for _, other in pairs])
    told = asdict(displacement(mine, rings, others, level=level, draws=draws, seed=seed))
    totals = {name: [float(n) for n in each.sum(axis=0)] for name, each in (("zones", mine), ("rings", rings), ("others", others))}
    return told | {"months": span, "totals": totals}
