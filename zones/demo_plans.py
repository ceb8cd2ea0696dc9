"""An invented year plan: costs, and scenarios that weigh and demand differently, each with its result. Units, never people."""
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from geo.models import Job, User
from zones.models import Scenario, ScenarioRun, YearPlan
from zones.periods import day_of
from zones.planning.weights import AHP, DIRECT, SWING
from zones.year_plans import indicators, plans, runs
from zones.year_plans.computing import compute
from zones.year_plans.criteria import COST
from zones.year_plans.freezing import criteria_of, freeze

WITHOUT_COST = 9  # every ninth zone is not costed yet
DRAWS = 200       # few, so that the demo loads quickly
# An officer of the bureau thinks of incidents first, the towns of what can be done.
SWINGS = {"incidents": 100, "trend": 55, "fire_hazards": 45, "presence_gap": 40, "open_issues": 30, "relapsed_issues": 30}
COMPARED = ("incidents", "fire_hazards", "protection", "households")
PAIRS = ((0, 1, 2.0), (0, 2, 3.0), (0, 3, 3.0), (1, 2, 2.0), (1, 3, 1.0), (2, 3, 0.5))


def load(*, now: datetime) -> int:
    """Returns how many runs there are. Inside the demo's own transaction."""
    planner = User.objects.get_by_natural_key("planner_county")
    plan = plans.open_plan(year=day_of(now).year + 1, by=planner, now=now - timedelta(days=20), is_invented=True)
    _costs(plan, planner, now)
    basic = _scenario(plan, _("基本方案"), planner, now, demands=_demands(most=6))
    _computed(basic, planner, now - timedelta(days=3))
    basic.document = basic.document | {"demands": _demands(budget=230, most=6)}
    _written(basic, [_swing(), _ahp(), _direct(plan)], planner, now)
    _computed(basic, planner, now - timedelta(days=1))
    towns = sorted({zone.division_id[:9] for zone in indicators.candidates(plan.division_id)})
    spread = [{"code": "town_most", "limit": 1, "about": [town]} for town in towns]
    wide = _scenario(plan, _("每镇最多一个"), planner, now, demands=[*_demands(budget=300, most=6), *spread], bonus=0.05)
    _computed(wide, planner, now - timedelta(hours=20))
    least = {"code": "count_least", "limit": 5, "about": []}
    short = _scenario(plan, _("预算太少"), planner, now, demands=[*_demands(budget=60, most=8), least])
    _computed(short, planner, now - timedelta(hours=2))
    for each in (basic, wide):
        plans.share(each, True, by=planner, now=now - timedelta(hours=1))
    return ScenarioRun.objects.everywhere("counted only").count()


def _demands(*, most: int, budget: int | None = None) -> list[dict]:
    limits = {"budget": budget, "count_most": most}
    return [{"code": code, "limit": limit, "about": []} for code, limit in limits.items() if limit is not None]


def _costs(plan: YearPlan, by: User, now: datetime) -> None:
    """By households and kind, evenly invented: the number itself says nothing of any place."""
    cost = criteria_of(plan).cost
    figures = {
        zone.pk: 25 + (zone.household_count or 300) // 20 + 7 * (place % 5)
        for place, zone in enumerate(indicators.candidates(plan.division_id)) if place % WITHOUT_COST
    }  # fmt: skip
    declared = {name: getattr(cost, name) for name in ("name", "unit", "direction", "low", "high")}
    plans.load_own(plan, key=COST, source=_("演示：虚构的测算"), as_of=day_of(now), figures=figures, by=by, now=now, **declared)


def _scenario(plan: YearPlan, name: str, by: User, now: datetime, **document) -> Scenario:
    found = plans.open_scenario(plan, name=name, by=by, now=now - timedelta(days=10))
    found.document = found.document | {"draws": DRAWS, "alternatives": 5} | document
    found.save()
    return found


def _written(scenario: Scenario, opinions: list[dict], by: User, now: datetime) -> None:
    keys = [*(each.key for each in criteria_of(scenario.plan).indicators), COST]
    scenario.document = scenario.document | {"opinions": []}
    scenario.save()
    for each in opinions:
        plans.write_opinion(scenario, each, place=None, keys=keys, by=by, now=now - timedelta(days=2))


def _swing() -> dict:
    return {"stakeholder": _("县公安局治安大队"), "method": SWING, "voice": 2.0, "points": SWINGS}


def _ahp() -> dict:
    pairs = [[COMPARED[first], COMPARED[second], times] for first, second, times in PAIRS]
    return {"stakeholder": _("乡镇综治办"), "method": AHP, "voice": 1.0, "pairs": pairs}


def _direct(plan: YearPlan) -> dict:
    points = {each.key: each.points for each in criteria_of(plan).indicators} | {"readiness": 25}
    return {"stakeholder": _("住建部门"), "method": DIRECT, "voice": 1.0, "points": points}


def _computed(scenario: Scenario, by: User, now: datetime) -> None:
    """At once, as the demo has no worker beside it; the job's row says that it is done."""
    frozen = freeze(scenario, by=by, now=now)
    result = compute(frozen)
    job = Job.objects.create(task=runs.COMPUTE, created_by=by, state=Job.State.DONE, done_share=1, started_at=now, ended_at=now)
    run = ScenarioRun.objects.create(scenario=scenario, job=job, frozen=frozen, result=result, started_at=now, started_by=by)
    Job.objects.filter(pk=job.pk).update(arguments={"run": run.pk}, result={"status": result["status"], "chosen": len(result["chosen"])})
