"""Which shifts, where they stop, and why. Pure: a document in, a document out; same input and seed, same answer.

`frozen`: {beats [{pk, name, incidents [168], present [168], absent [168], unknown [168] (weeks of each state), planned [hours],
           spots [{name, lon, lat, count}]}], member_count, busy [168] (people planned already), months, weeks, first_hour}
`result`: {shifts [{beat, start, hours, expected, reasons [{code, numbers}], stops [{spot, at, minutes}]}], notes [{code, numbers}],
           expected (incidents a week in all proposed hours), optimal}; hours of the week, 0 is Monday 0:00.

The need of a beat's hour is its incidents a week times the share of weeks in which certainly nobody was there. Of all sets of shifts
that the staff hours and the people allow, the one that meets most need is chosen (a small integer program, solved to the end).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import Bounds, LinearConstraint, milp

WEEK, DAY = 168, 24
# The program grows with the beats: those with the least need stand back, and that is said.
BEATS_AT_MOST, SECONDS_AT_MOST = 40, 5
# What breaks ties is far smaller than any need that matters.
TIE = 1e-9


@dataclass(frozen=True)
class Settings:
    staff_hours: int
    crew_count: int
    block_hours: int
    stop_from: int
    stop_to: int
    travel: int
    seed: int


def expected(incidents: np.ndarray, weeks: float) -> np.ndarray:
    """Incidents a week in each hour of the week: so few that day and hour are smoothed apart, and the hour with its neighbours."""
    table = np.asarray(incidents, float).reshape(7, DAY)
    total = table.sum()
    if not total or not weeks:
        return np.zeros(WEEK)
    by_hour = table.sum(axis=0)
    by_hour = (np.roll(by_hour, 1) + 2 * by_hour + np.roll(by_hour, -1)) / 4
    return np.outer(table.sum(axis=1), by_hour).ravel() / total / weeks


def thin(beat: dict) -> np.ndarray:
    """Share of the weeks in which certainly nobody was there. Unknown is never absence; an hour without any data counts as without."""
    present, absent, unknown = (np.array(beat[name], float) for name in ("present", "absent", "unknown"))
    counted = present + absent + unknown
    return np.where(counted > 0, absent / np.maximum(counted, 1), 1.0)


def propose(frozen: dict, settings: Settings) -> dict:
    beats, notes = frozen["beats"], []
    weeks = frozen["months"] * 365.25 / 12 / 7
    rates = np.array([expected(each["incidents"], weeks) for each in beats]).reshape(len(beats), WEEK)
    need = rates * np.array([thin(each) for each in beats]).reshape(rates.shape)
    for number, each in enumerate(beats):
        need[number, each["planned"]] = 0
    free = np.maximum((frozen["member_count"] - np.array(frozen["busy"])) // settings.crew_count, 0)
    most = settings.staff_hours // (settings.crew_count * settings.block_hours)
    if len(beats) > BEATS_AT_MOST:
        aside = np.argsort(-need.sum(axis=1), kind="stable")[BEATS_AT_MOST:]
        need[aside] = 0
        notes.append(_reason("beats_aside", count=len(aside)))
    chosen, optimal = _choose(need, free, most, frozen["first_hour"], settings) if need.any() and most else ([], True)
    random = np.random.default_rng(settings.seed)
    shifts = [_shift(frozen, beat, start, rates[beat], settings, random) for beat, start in chosen]
    notes += _notes(frozen, need, free, most, shifts, settings)
    return {"shifts": shifts, "notes": notes, "expected": round(sum(each["expected"] for each in shifts), 3), "optimal": optimal}


def _choose(need: np.ndarray, free: np.ndarray, most: int, first: int, settings: Settings) -> tuple[list[tuple[int, int]], bool]:
    """(beat, first hour) of each shift, in the order of time. No beat twice in an hour, no more patrols at once than people."""
    length = settings.block_hours
    starts = np.arange(first, WEEK - length + 1)
    if not len(starts):
        return [], True
    sums = np.concatenate([np.zeros((len(need), 1)), need.cumsum(axis=1)], axis=1)
    gain = sums[:, starts + length] - sums[:, starts]
    beat, place = np.nonzero((gain > TIE) & (_least(free, starts, length) > 0)[None, :])
    if not len(beat):
        return [], True
    value = gain[beat, place] + TIE * np.random.default_rng(settings.seed).random(len(beat))
    column = np.repeat(np.arange(len(beat)), length)
    hour = (starts[place][:, None] + np.arange(length)).ravel()
    ones = np.ones(len(column))
    once = sparse.csr_array((ones, (beat[column] * WEEK + hour, column)), shape=(len(need) * WEEK, len(beat)))
    people = sparse.csr_array((ones, (hour, column)), shape=(WEEK, len(beat)))
    limits = [
        LinearConstraint(once, ub=np.ones(len(need) * WEEK)),
        LinearConstraint(people, ub=free),
        LinearConstraint(sparse.csr_array(np.ones((1, len(beat)))), ub=[most]),
    ]
    found = milp(-value, constraints=limits, integrality=np.ones(len(beat)), bounds=Bounds(0, 1), options={"time_limit": SECONDS_AT_MOST})
    taken = _one_by_one(value, beat, starts[place], free, most, length) if found.status else np.flatnonzero(found.x > 0.5)
    return sorted(((int(beat[each]), int(starts[place[each]])) for each in taken), key=lambda pair: (pair[1], pair[0])), not found.status


def _one_by_one(value: np.ndarray, beat: np.ndarray, start: np.ndarray, free: np.ndarray, most: int, length: int) -> list[int]:
    """The best that still fits, again and again: where the program was not solved to its end in time."""
    left, taken, held = free.copy(), [], set()
    for each in np.argsort(-value, kind="stable"):
        hours = range(start[each], start[each] + length)
        if len(taken) < most and left[hours].all() and not any((beat[each], hour) in held for hour in hours):
            taken.append(int(each))
            left[hours] -= 1
            held |= {(beat[each], hour) for hour in hours}
    return taken


def _least(free: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    return free[starts[:, None] + np.arange(length)].min(axis=1)


def _shift(frozen: dict, beat: int, start: int, rate: np.ndarray, settings: Settings, random) -> dict:
    each, hours = frozen["beats"][beat], np.arange(start, start + settings.block_hours)
    table = np.array(each["incidents"]).reshape(7, DAY).sum(axis=0)
    clock = np.unique(hours % DAY)
    reasons = [_reason("incidents_many", count=int(table[clock].sum()), total=int(table.sum()), months=frozen["months"])]
    seen = np.array([np.array(each[name])[hours] for name in ("absent", "present", "unknown")])
    absent, present, unknown = (int(n) for n in seen.sum(axis=1))
    blank = int((seen.sum(axis=0) == 0).sum())
    if absent:
        reasons.append(_reason("presence_thin", absent=absent, known=absent + present, weeks=frozen["weeks"]))
    if blank:
        reasons.append(_reason("presence_not_known", hours=blank))
    if unknown:
        reasons.append(_reason("hours_unknown", hours=unknown))
    return {
        "beat": beat, "start": start, "hours": settings.block_hours, "expected": round(float(rate[hours].sum()), 4),
        "reasons": reasons, "stops": stops(each["spots"], settings, random),
    }  # fmt: skip


def stops(spots: list[dict], settings: Settings, random: np.random.Generator) -> list[dict]:
    """Random places, the worse ones more often, none twice running; each stop of a random length."""
    if not spots:
        return []
    weight, found, at = np.array([each["count"] for each in spots], float), [], 0
    while True:
        minutes = int(random.integers(settings.stop_from, settings.stop_to + 1))
        if at + minutes > settings.block_hours * 60:
            return found
        chance = weight.copy()
        if found and len(spots) > 1:
            chance[found[-1]["spot"]] = 0
        spot = int(random.choice(len(spots), p=chance / chance.sum()))
        found.append({"spot": spot, "at": at, "minutes": minutes})
        at += minutes + settings.travel


def _notes(frozen: dict, need: np.ndarray, free: np.ndarray, most: int, shifts: list[dict], settings: Settings) -> list[dict]:
    """Why there is nothing, or no more."""
    cost = settings.crew_count * settings.block_hours
    used = len(shifts) * cost
    if not frozen["beats"]:
        return [_reason("no_beats")]
    if frozen["member_count"] < settings.crew_count:
        return [_reason("too_few_members", count=frozen["member_count"], needed=settings.crew_count)]
    if not most:
        return [_reason("too_few_hours", hours=settings.staff_hours, needed=cost)]
    if not sum(sum(each["incidents"]) for each in frozen["beats"]):
        return [_reason("no_incidents", months=frozen["months"])]
    if frozen["first_hour"] > WEEK - settings.block_hours:
        return [_reason("week_is_over")]
    told = [_reason("hours_used", used=used, hours=settings.staff_hours)]
    if len(shifts) < most:
        told.append(_reason("people_are_busy" if need[:, free == 0].any() else "need_is_met", left=settings.staff_hours - used))
    with_shift = {each["beat"] for each in shifts}
    if idle := [number for number in range(len(frozen["beats"])) if number not in with_shift]:
        told.append(_reason("beats_without", count=len(idle)))
    return told


def _reason(code: str, **numbers: int) -> dict:
    return {"code": code, "numbers": numbers}
