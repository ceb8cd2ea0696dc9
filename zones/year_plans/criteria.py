"""Indicators as versioned data: what each is called, its unit, direction, reference bounds and starting points. Pure."""
from dataclasses import dataclass

from zones.planning.indicators import LESS, MORE

COST = "cost"


@dataclass(frozen=True)
class Declared:
    """`points` are the weight that a new scenario begins with."""

    key: str
    name: str
    unit: str
    direction: str
    low: float
    high: float
    points: float
    name_en: str = ""
    unit_en: str = ""
    source: str = ""
    source_en: str = ""


@dataclass(frozen=True)
class Criteria:
    """`cost` declares the one own indicator that every plan may have: it is also what a budget counts."""

    indicators: tuple[Declared, ...]
    cost: Declared
    least_known: float


def parse(document: dict, known) -> Criteria:
    """`known` are the keys that the registers can count. Raises ValueError, TypeError or KeyError for what is no criteria document."""
    indicators = tuple(Declared(**each) for each in document["indicators"])
    cost = Declared(key=COST, **document["cost"])
    for each in (*indicators, cost):
        if each.direction not in (MORE, LESS) or not each.low < each.high or each.points < 0:
            raise ValueError(each.key)
    keys = [each.key for each in indicators]
    if len(set(keys)) < len(keys) or not set(keys) <= set(known) or not 0 <= document["least_known"] <= 1:
        raise ValueError("keys")
    return Criteria(indicators, cost, document["least_known"])
