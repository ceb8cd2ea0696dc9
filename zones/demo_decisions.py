"""An invented decision of the year before the demo's open plan: weighed, computed, drafted, checked, signed and told to the public."""
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from geo.models import Job, User
from zones.models import PlanDecision, Scenario, ScenarioRun
from zones.periods import day_of, start_of
from zones.year_plans import decision, indicators, plans, runs
from zones.year_plans.computing import compute
from zones.year_plans.criteria import COST
from zones.year_plans.freezing import criteria_of, freeze

DAYS_BACK, DRAWS, SEEN = 240, 100, 5
S = PlanDecision.State


def load(*, now: datetime) -> int:
    """Returns how many zones were designated. Inside the demo's own transaction."""
    planner, checker, signer = (User.objects.get_by_natural_key(name) for name in ("planner_county", "county_second", "county_third"))
    at = start_of(day_of(now) - timedelta(days=DAYS_BACK)) + timedelta(hours=9)
    run = _computed(planner, at)
    made = decision.draft(run.scenario.plan, run, 0, by=planner, now=at + timedelta(days=2))
    texts = {name: getattr(made, name) for name in decision.HEAD} | {
        "reasons": _("演示：这几个区域警情和隐患多，受益户数多，乡镇已有牵头单位，当年能见成效。"),
        "minority": _("演示：有乡镇认为山区乡镇入选少，建议下一年度单列名额。"),
    }
    met = at + timedelta(days=6)
    decision.edit(made, texts, met_on=day_of(met), people=14, by=planner, now=met)
    made = decision.of_plan(run.scenario.plan)
    decision.move(made, S.CHECKED, by=checker, now=met + timedelta(days=1))
    decision.move(made, S.SIGNED, by=signer, now=met + timedelta(days=3))
    return len(made.chosen)


def _computed(by: User, at: datetime) -> ScenarioRun:
    """At once, as the demo has no worker beside it; the job's row says that it is done."""
    plan = plans.open_plan(year=at.year, by=by, now=at, is_invented=True)
    cost = criteria_of(plan).cost
    figures = {zone.pk: 30 + (zone.household_count or 200) // 25 + 4 * (place % 7) for place, zone in enumerate(_zones(plan))}
    declared = {name: getattr(cost, name) for name in ("name", "unit", "direction", "low", "high")}
    plans.load_own(plan, key=COST, source=_("演示：虚构的测算"), as_of=day_of(at), figures=figures, by=by, now=at, **declared)
    found = plans.open_scenario(plan, name=_("会议方案"), by=by, now=at)
    limits = (("budget", 300, []), ("count_most", SEEN, []), ("town_most", 3, ["640521100"]))
    found.document = found.document | {
        "draws": DRAWS, "alternatives": 3, "demands": [{"code": code, "limit": limit, "about": about} for code, limit, about in limits],
    }
    found.save()
    plans.share(found, True, by=by, now=at)
    return _kept(found, by, at + timedelta(days=1))


def _zones(plan) -> list:
    return list(indicators.candidates(plan.division_id))


def _kept(found: Scenario, by: User, at: datetime) -> ScenarioRun:
    frozen = freeze(found, by=by, now=at)
    result = compute(frozen)
    job = Job.objects.create(task=runs.COMPUTE, created_by=by, state=Job.State.DONE, done_share=1, started_at=at, ended_at=at)
    run = ScenarioRun.objects.create(scenario=found, job=job, frozen=frozen, result=result, started_at=at, started_by=by)
    Job.objects.filter(pk=job.pk).update(arguments={"run": run.pk}, result={"status": result["status"], "chosen": len(result["chosen"])})
    return run
