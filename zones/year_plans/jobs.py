"""Computing runs, in the worker: progress is told step by step, and a cancelled run ends between two steps."""
from celery import shared_task
from django.db import transaction

from geo import jobs
from zones.models import ScenarioRun
from zones.planning.findings import Unfit
from zones.year_plans.computing import compute
from zones.year_plans.runs import COMPUTE, CancelledByHand, is_cancelled
from zones.year_plans.words import Names, STEPS, finding_words


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
        jobs.fail(job, type(error).__name__)
        raise
