"""What a run depends on, read once and kept with it: candidates, indicators, figures, weights, demands (the form is in runs.py)."""
from dataclasses import dataclass
from datetime import datetime

import shapely
from django.conf import settings
from django.utils import translation

from geo.models import Division, User
from zones.models import Demonstration, OwnFigure, OwnIndicator, RectificationZone, Scenario, YearPlan
from zones.periods import day_of
from zones.year_plans import indicators
from zones.year_plans.criteria import COST, Criteria, Declared, parse
from zones.year_plans.wishes import read_wishes

FORMAT = 1
SIMPLER_DEG, DECIMALS = 0.00005, 5  # about five metres, one metre


@dataclass(frozen=True)
class Candidates:
    """Zones × indicators as the registers have them now."""

    zones: list[dict]
    indicators: list[dict]
    values: list[list[float | None]]


def criteria_of(plan: YearPlan) -> Criteria:
    return parse(plan.criteria.document, indicators.MEASURES)


def gather(plan: YearPlan, *, by: User, now: datetime) -> Candidates:
    rows = list(indicators.candidates(plan.division_id))
    ground = indicators.Ground(rows, plan.division_id, by, now)
    declared, columns, criteria = [], [], criteria_of(plan)
    for each in criteria.indicators:
        day = indicators.as_of(each.key, ground)
        told = {name: value for name, value in vars(each).items() if name != "points"}
        declared.append(told | {"as_of": day and day.isoformat(), "own": False})
        columns.append(indicators.MEASURES[each.key](ground))
    own = list(plan.own_indicators.all())
    figures: dict[int, dict[int, float]] = {each.pk: {} for each in own}
    for indicator, zone, value in OwnFigure.objects.filter(indicator__plan=plan).values_list("indicator_id", "zone_id", "value"):
        figures[indicator][zone] = value
    for each in own:
        declared.append(_declared(each, criteria.cost))
        columns.append(figures[each.pk])
    cost = next((figures[each.pk] for each in own if each.key == COST), {})
    zones = _zones(plan, rows, cost)
    return Candidates(zones, declared, [[_rounded(column.get(zone["pk"])) for column in columns] for zone in zones])


def _declared(own: OwnIndicator, cost: Declared) -> dict:
    """What people bring has one name; the cost has its English one as long as nobody renamed it."""
    english = (cost.name_en, cost.unit_en) if (own.key, own.name, own.unit) == (COST, cost.name, cost.unit) else ("", "")
    return {
        "key": own.key, "name": own.name, "name_en": english[0], "unit": own.unit, "unit_en": english[1],
        "direction": own.direction, "low": own.low, "high": own.high, "source": own.source, "source_en": "",
        "as_of": own.as_of.isoformat(), "own": True,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _zones(plan: YearPlan, rows: list[RectificationZone], cost: dict[int, float]) -> list[dict]:
    towns = dict(Division.objects.filter(code__in={row.division_id[:9] for row in rows}).values_list("code", "name"))
    former = set(Demonstration.objects.in_division(plan.division_id).filter(year__lt=plan.year).values_list("zone_id", flat=True))
    shapes = [shapely.from_wkb(bytes(row.geom.wkb)) for row in rows]
    with translation.override(settings.LANGUAGE_CODE):
        return [
            {
                "pk": row.pk, "name": row.name, "kind": row.kind, "kind_name": str(row.get_kind_display()), "town": row.division_id[:9],
                "town_name": towns.get(row.division_id[:9], ""), "status": row.status, "former": row.pk in former,
                "cost": _rounded(cost.get(row.pk)), "households": row.household_count, **_on_the_map(shape),
            }
            for row, shape in zip(rows, shapes, strict=True)
        ]  # fmt: skip


def _on_the_map(shape: shapely.Geometry) -> dict:
    simple = shapely.set_precision(shapely.simplify(shape, SIMPLER_DEG), 10**-DECIMALS)
    middle = shapely.point_on_surface(shape)
    outline = None if simple.is_empty else _tidy(shapely.geometry.mapping(simple))
    return {"point": [round(middle.x, DECIMALS), round(middle.y, DECIMALS)], "outline": outline}


def _tidy(value):
    """Coordinates without the digits that binary numbers bring along."""
    if isinstance(value, dict):
        return {key: _tidy(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(each) for each in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def freeze(scenario: Scenario, *, by: User, now: datetime) -> dict:
    """Raises PlanRefused where the scenario asks for what is not there."""
    plan = scenario.plan
    found = gather(plan, by=by, now=now)
    wishes = read_wishes(scenario.document, [each["key"] for each in found.indicators], {zone["pk"] for zone in found.zones})
    return {
        "format": FORMAT,
        "plan": {"pk": plan.pk, "year": plan.year, "county": plan.division.name, "code": plan.division_id},
        "scenario": {"pk": scenario.pk, "name": scenario.name},
        "criteria": {"version": plan.criteria.version, "title": plan.criteria.title, "is_own_assumption": plan.criteria.is_own_assumption},
        "as_of": day_of(now).isoformat(),
        "zones": found.zones, "indicators": found.indicators, "values": found.values,
        "least_known": criteria_of(plan).least_known, "seed": scenario.seed, **wishes,
    }  # fmt: skip
