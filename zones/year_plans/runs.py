"""Runs of a scenario: frozen input, job, result. The two documents are the contract with whoever reads a run (pages, decision file).

`ScenarioRun.frozen`, all that a run depends on; nothing else is read while computing:

    format      1
    plan        {pk, year, county (name), code}
    scenario    {pk, name}
    criteria    {version, title, is_own_assumption}
    as_of       "2026-11-28", the day on which the registers were read
    zones       [{pk, name, kind, kind_name, town (code), town_name, status, former (was a demonstration zone before), cost (10,000 yuan
                or null), households (or null), point [lon, lat], outline (GeoJSON, simplified, or null)}], by pk
    indicators  [{key, name, name_en, unit, unit_en, direction (more, less), low, high, source, source_en, as_of, own}]
    values      zones × indicators, null where missing
    opinions    [{stakeholder (a role or unit), method (direct, swing, ahp), voice, points {key: number} or pairs [[first, second,
                times]]}]
    demands     [{code, limit, about []}] as zones.planning.demands.Demand; towns by code, kinds by value, zones by pk
    least_known share of weight that must be known for a score
    bonus       added to the score of a former zone;  seed, draws, spread (around, between, anywhere), alternatives (how many)

`ScenarioRun.result`, null until the job is done. Zones are pk, indicators keys, F is {code, numbers}, D a demand as above,
A is {chosen [], objective, cost, loss, least_loss, distance, joined [], left [], status}. No moment and no duration stands in it:
the same `frozen` gives the same `result`.

    format      1
    status      best (proven), near, stopped, infeasible, no_candidates, all_missing
    weights     {common {key: share}, lowest {}, highest {}, deviation {}, findings [F], stakeholders [{stakeholder, method, voice,
                weights {}, distance, ratio or null, doubtful [first, second, judged, implied] or null}]}
    scores      [{zone, score or null, lowest, highest, known_share, rank (0: not compared), contributions {key: number or null}}], as zones
    methods     {rankings [{method (spotis, topsis, promethee), values [], ranks [], findings [F]}],
                correlations [{first, second, zones, spearman, kendall}]}
    findings    [F] of the table and of the choice
    chosen      [zone], objective, bound, cost, unknown_costs (chosen zones without a cost)
    clash       null, or {parties [{demand D, reachable or null}], smallest, give_way [D]}
    ties        [A];  alternatives [A]
    prices      [{demand D, gain, gain_at_most}];  replacements [{zone, loss or null, joined, left}]
    stability   null, or {exact, draws, sampled, seed, zones [{zone, chosen, margin, ranks [share of rank 1, 2, …, 10],
                central {} or null}]}
    turns       [{indicator, direction (up, down), now, weight or null, joined, left}], the smallest change first
    left_out    [F]: parts that the time did not suffice for
"""
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from geo import jobs
from geo.models import Job, User
from zones.models import Scenario, ScenarioRun
from zones.year_plans import rights
from zones.year_plans.freezing import freeze
from zones.year_plans.refusals import PlanRefused

# By name: the task itself loads pymcdm, which is for the worker alone.
COMPUTE = "zones.year_plans.jobs.compute_run"
OPEN = (Job.State.WAITING, Job.State.RUNNING)


class CancelledByHand(Exception):
    """Ends the worker's work on a run that its planner does not want any more."""

    def __str__(self) -> str:
        return _("已取消。")


def start(scenario: Scenario, *, by: User, now: datetime) -> ScenarioRun:
    """Freeze what the registers say now and send the job. Raises PermissionDenied or PlanRefused."""
    if not rights.writers(by, scenario):
        raise PermissionDenied
    if scenario.plan.state != scenario.plan.State.DRAFT:
        raise PlanRefused(_("这一年度的遴选已经审核，不能再计算。"))
    with transaction.atomic():
        Scenario.objects.everywhere("one run at a time").select_for_update().get(pk=scenario.pk)
        if scenario.runs.everywhere("of one scenario").computing().exists():
            raise PlanRefused(_("这个方案正在计算，请等它结束或先取消。"))
        job = jobs.submit(COMPUTE, by=by)
        run = ScenarioRun.objects.create(
            scenario=scenario, job=job, frozen=freeze(scenario, by=by, now=now), started_at=now, started_by=by
        )
        Job.objects.filter(pk=job.pk).update(arguments={"run": run.pk})
    return run


def cancel(run: ScenarioRun, *, by: User, now: datetime) -> None:
    """The worker sees it between two steps; a job that still waits ends as soon as it is taken."""
    if not rights.writers(by, run):
        raise PermissionDenied
    mine = ScenarioRun.objects.everywhere("fetched through rights before").computing().filter(pk=run.pk)
    if not mine.update(cancelled_at=now, cancelled_by=by):
        raise PlanRefused(_("这次计算已经结束，不能取消。"))
    run.refresh_from_db(fields=["cancelled_at", "cancelled_by"])


def is_cancelled(run_pk: int) -> bool:
    return ScenarioRun.objects.everywhere("the worker's own run").filter(pk=run_pk, cancelled_at__isnull=False).exists()


def previous(run: ScenarioRun) -> ScenarioRun | None:
    """The finished run of the same scenario before this one."""
    rows = ScenarioRun.objects.everywhere("of a scenario that the reader may see").done()
    return rows.filter(scenario=run.scenario_id, pk__lt=run.pk).order_by("-pk").first()
