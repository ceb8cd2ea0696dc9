"""Runs are computed, and a decision's files made, in the worker: progress is told, and a cancelled run ends between two steps."""
from celery import shared_task
from django.db import transaction

from geo import jobs
from zones.models import PlanDecision, ScenarioRun
from zones.planning.findings import Unfit
from zones.year_plans.computing import compute
from zones.year_plans.decision_files import MAKE
from zones.year_plans.decision_papers import write
from zones.year_plans.runs import COMPUTE, CancelledByHand, is_cancelled
from zones.year_plans.words import STEPS, Names, finding_words


@shared_task(name=COMPUTE)
def compute_run(*, job: int, run: int) -> None:
    if not jobs.start(job):
        return

    def tell(share: float, step: str) -> None:
        if is_cancelled(run):
            raise CancelledByHand
        jobs.report(job, share, str(STEPS[step]))

    found = ScenarioRun.objects.everywhere("the worker's own run").get(pk=run)
    try:
        tell(0, "methods")
        result = compute(found.frozen, tell)
        with transaction.atomic():
            ScenarioRun.objects.everywhere("the worker's own run").filter(pk=run).update(result=result)
            jobs.finish(job, status=result["status"], chosen=len(result["chosen"]))
    except CancelledByHand as cancelled:
        jobs.fail(job, str(cancelled))
    except Unfit as unfit:
        jobs.fail(job, finding_words(unfit.code, unfit.numbers, Names.of(found.frozen["zones"], found.frozen["indicators"])))
    except Exception as error:
        jobs.broke(job, error)
        raise


@shared_task(name=MAKE)
def make_decision_files(*, job: int, decision: int, digest: str) -> None:
    """`digest` is what was asked for; a decision that has changed since gets the files of what it says now."""
    if not jobs.start(job):
        return
    try:
        rows = PlanDecision.objects.everywhere("asked for through rights").select_related("plan__division", "run__scenario")
        made = write(rows.get(pk=decision))
    except OSError as problem:
        jobs.broke(job, problem)
    except Exception as error:
        jobs.broke(job, error)
        raise
    else:
        jobs.finish(job, folder=made.name)
