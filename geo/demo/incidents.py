"""24 months of incidents: a category, a moment, a point. Uneven over places, with the hours and seasons of their kind."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from geo.demo.homes import Site
from geo.demo.plane import random
from geo.demo.spots import Spots

STARTS_AT = datetime(2024, 10, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
DAYS = 730  # up to and including 2026-09-30
CATEGORIES = ("theft", "crime", "drugs", "fire")

# Incidents per 100 households and 12 months in a compound of each temper: lowest and highest.
RATES = {
    "quiet": {"theft": (0.1, 0.85), "crime": (0.0, 0.35), "drugs": (0.0, 0.06), "fire": (0.0, 0.16)},
    "uneasy": {"theft": (1.0, 2.0), "crime": (0.3, 0.9), "drugs": (0.0, 0.2), "fire": (0.05, 0.35)},
    "troubled": {"theft": (4.0, 14.0), "crime": (1.5, 4.5), "drugs": (0.1, 0.9), "fire": (0.2, 1.0)},
}
# Ceilings, as incidents per 100 households in 24 months: the demo shows a county, not the noise of small numbers, where one
# fire in a yard of forty households would decide its colour.
CEILINGS = {
    "quiet": {"theft": 0.95, "crime": 0.47, "drugs": 0.19, "fire": 0.28},
    "uneasy": {"theft": 2.6, "crime": 1.1, "drugs": 0.45, "fire": 0.65},
}
OUTSIDE = {"fronts": 2850, "premises": 1400, "villages": 1950, "roads": 420}
OUTSIDE_MIX = {
    "fronts": (0.72, 0.22, 0.02, 0.04),
    "premises": (0.66, 0.28, 0.03, 0.03),
    "villages": (0.64, 0.17, 0.01, 0.18),
    "roads": (0.6, 0.25, 0.05, 0.1),
}

_HOURS = {
    "theft": (7, 9, 10, 10, 8, 4, 2, 2, 3, 4, 5, 5, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6),
    "crime": (6, 4, 3, 2, 1, 1, 1, 1, 2, 3, 3, 3, 4, 3, 3, 3, 4, 5, 6, 8, 9, 10, 9, 8),
    "drugs": (8, 7, 6, 4, 2, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 6, 8, 9, 10, 9),
    "fire": (3, 2, 2, 2, 2, 2, 3, 4, 4, 4, 5, 7, 7, 5, 4, 4, 5, 7, 8, 8, 6, 5, 4, 3),
}
_MONTHS = {
    "theft": (1.35, 1.25, 0.9, 0.85, 0.9, 1.0, 1.1, 1.1, 0.95, 0.9, 0.95, 1.15),
    "crime": (0.9, 1.0, 0.85, 0.9, 1.0, 1.15, 1.25, 1.25, 1.05, 1.0, 0.9, 0.85),
    "drugs": (1.0,) * 12,
    "fire": (1.6, 1.7, 1.3, 1.1, 0.7, 0.6, 0.6, 0.6, 0.7, 0.9, 1.1, 1.4),
}
_MONTH_OF_DAY = np.array([(STARTS_AT + timedelta(days=day)).month - 1 for day in range(DAYS)])

# How grave an incident is, and how it became known: shares in the order of the model's choices.
SEVERITIES, REPORTERS = ("serious", "ordinary", "minor"), ("resident", "patrol", "inspection", "unknown")
GRAVE = {"theft": (0.06, 0.62, 0.32), "crime": (0.18, 0.57, 0.25), "drugs": (0.12, 0.78, 0.1), "fire": (0.08, 0.47, 0.45)}
KNOWN = {
    "theft": (0.72, 0.1, 0.03, 0.15), "crime": (0.58, 0.22, 0.04, 0.16), "drugs": (0.2, 0.48, 0.12, 0.2), "fire": (0.7, 0.08, 0.1, 0.12),
}  # fmt: skip


def build_incidents(spots: Spots, premises: np.ndarray) -> list[tuple[np.ndarray, dict]]:
    """(point in metres, row), in the order of time."""
    points, categories, moments = [], [], []
    for number, site in enumerate(spots.sites):
        _in_compound(site, number, points, categories, moments)
    _outside(spots, premises, points, categories, moments)
    order = np.argsort(np.concatenate(moments), kind="stable")
    points, categories, moments = np.vstack(points)[order], np.concatenate(categories)[order], np.concatenate(moments)[order]
    grave, known = _drawn("severity", categories, SEVERITIES, GRAVE), _drawn("reported by", categories, REPORTERS, KNOWN)
    return [
        (
            points[place],
            {
                "source_key": f"DEMO-I-{place + 1:05d}", "category": str(categories[place]), "severity": str(grave[place]),
                "reported_by": str(known[place]), "occurred_at": STARTS_AT + timedelta(minutes=int(moments[place])),
            },
        )
        for place in range(len(points))
    ]  # fmt: skip


def _drawn(what: str, categories: np.ndarray, choices: tuple[str, ...], shares: dict[str, tuple[float, ...]]) -> np.ndarray:
    """One choice for each incident, by the shares of its category."""
    dice, found = random("incidents", what), np.empty(len(categories), dtype="<U10")
    for category in CATEGORIES:
        own = categories == category
        found[own] = dice.choice(choices, int(own.sum()), p=shares[category])
    return found


def _in_compound(site: Site, number: int, points: list, categories: list, moments: list) -> None:
    dice = random("incidents", number)
    trend = dice.choice([0.0, -0.75, 0.75], p=(0.6, 0.25, 0.15)) if site.temper != "quiet" else 0.0
    for category, (low, high) in RATES[site.temper].items():
        expected = dice.uniform(low, high) * site.households / 100 * 2
        count = dice.poisson(expected)
        if site.temper in CEILINGS:
            count = min(count, int(np.ceil(CEILINGS[site.temper][category] * site.households / 100) - 1))
        if count > 0:
            points.append(_scattered(dice, site, count))
            categories.append(np.full(count, category))
            moments.append(_minutes(dice, category, count, trend))


def _scattered(dice: np.random.Generator, site: Site, count: int) -> np.ndarray:
    """In the courtyards, one or two of which have most of it; now and then on the ground between them."""
    weight = dice.gamma(0.6, 1.0, len(site.courtyards)) + 0.02
    yards = [site.courtyards[place][0] for place in dice.choice(len(weight), count, p=weight / weight.sum())]
    return np.vstack([_inside(dice, yard if dice.random() < 0.85 else site.shape) for yard in yards])


def _inside(dice: np.random.Generator, shape) -> np.ndarray:
    left, bottom, right, top = shape.bounds
    tries = dice.uniform((left, bottom), (right, top), (12, 2))
    good = tries[shapely.contains_xy(shape, tries)]
    return good[:1] if len(good) else shapely.get_coordinates(shape.representative_point())


def _outside(spots: Spots, premises: np.ndarray, points: list, categories: list, moments: list) -> None:
    dice = random("incidents outside")
    for where, count in OUTSIDE.items():
        spare = round(count * 1.3)
        found = {
            "fronts": lambda n: spots.fronts(dice, n, near=1.8) + dice.normal(0, 2.5, (n, 2)),
            "premises": lambda n: premises[_busy(dice, len(premises), n)] + dice.normal(0, 22, (n, 2)),
            "villages": lambda n: spots.around_villages(dice, n, 210),
            "roads": lambda n: spots.roadside(dice, n),
        }[where](spare)
        found = found[spots.is_open(found, 0.5)][:count]
        drawn = dice.choice(CATEGORIES, len(found), p=OUTSIDE_MIX[where])
        points.append(found)
        categories.append(drawn)
        minutes = np.empty(len(found))
        for category in CATEGORIES:
            own = drawn == category
            minutes[own] = _minutes(dice, category, int(own.sum()), -0.1)
        moments.append(minutes)


def _busy(dice: np.random.Generator, places: int, count: int) -> np.ndarray:
    weight = dice.pareto(2.4, places) + 0.3
    return dice.choice(places, count, p=weight / weight.sum())


def _minutes(dice: np.random.Generator, category: str, count: int, trend: float) -> np.ndarray:
    """Minutes since the start: by month, by hour, and more or fewer towards the end (`trend` from -1 to 1)."""
    days = np.arange(DAYS)
    weight = np.array(_MONTHS[category])[_MONTH_OF_DAY] * (1 + trend * np.tanh((days / DAYS - 0.5) * 6))
    hours = np.array(_HOURS[category], dtype=float)
    day = dice.choice(days, count, p=weight / weight.sum())
    hour = dice.choice(24, count, p=hours / hours.sum())
    return day * 1440 + hour * 60 + dice.integers(0, 60, count)
