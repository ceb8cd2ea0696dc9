"""A year's plan of the county with zones that differ in households, readiness and cost; runs are computed at once."""
from datetime import date, datetime

from tests import cast
from zones.models import RectificationZone, Scenario, ScenarioRun, YearPlan
from zones.periods import COUNTY_TIME
from zones.year_plans import plans, runs
from zones.year_plans.jobs import compute_run

NOW = datetime(2026, 11, 18, 9, tzinfo=COUNTY_TIME)
KINDS = RectificationZone.Kind.values
COST = {"name": "整治费用", "unit": "万元", "direction": "less", "low": 0, "high": 200, "source": "测算表", "as_of": date(2026, 11, 1)}


def zones(count: int, *, households=lambda n: 100 + 40 * n) -> list[RectificationZone]:
    """In turn in the west and in the east, each a little larger than the one before."""
    made = []
    for n in range(count):
        west, row = n % 2 == 0, n // 2
        lon, lat = (105.605 if west else 105.655) + 0.0015 * (row % 25), 37.465 + 0.0015 * (row // 25 % 23)
        code = cast.WEST_SOUTH if west else cast.EAST_SOUTH
        made.append(RectificationZone(
            name=f"区域{n + 1}", source_key=f"p-{n}", division_id=code, geom=cast.square(lon, lat, 0.0005), kind=KINDS[n % len(KINDS)],
            status="listed", listed_on=date(2026, 1, 5), target_on=date(2026, 12, 31) if n % 3 else None,
            lead_unit="西镇政府" if n % 4 else "", household_count=households(n),
        ))  # fmt: skip
    return RectificationZone.objects.bulk_create(made)


def plan(by, year: int = 2027) -> YearPlan:
    return plans.open_plan(year=year, by=by, now=NOW)


def costs(made: YearPlan, figures: dict, by) -> None:
    plans.load_own(made, key="cost", figures=figures, by=by, now=NOW, **COST)


def scenario(made: YearPlan, by, *, name: str = "基本方案", **document) -> Scenario:
    """Weighs what these zones have; in other respects as a new scenario begins."""
    found = plans.open_scenario(made, name=name, by=by, now=NOW)
    opinion = {"stakeholder": "治安大队", "method": "direct", "voice": 1.0, "points": {"households": 60, "readiness": 40}}
    found.document = found.document | {"draws": 300, "opinions": [opinion]} | document
    found.save()
    return found


def demand(code: str, limit=None, *about) -> dict:
    return {"code": code, "limit": limit, "about": list(about)}


def computed(found: Scenario, by) -> ScenarioRun:
    """Needs a queue that does not send (see the fixture `quiet`)."""
    run = runs.start(found, by=by, now=NOW)
    compute_run(job=run.job_id, run=run.pk)
    return ScenarioRun.objects.everywhere("test").select_related("job", "scenario__plan__division").get(pk=run.pk)
