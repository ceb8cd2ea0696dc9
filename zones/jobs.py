"""Rating as background work: the same function as the command."""
from celery import shared_task

from geo import jobs
from geo.models import Job
from zones.rounds import RatingRefused, rate

RATE_PERIOD = "zones.jobs.rate_period"


@shared_task(name=RATE_PERIOD)
def rate_period(*, job: int, period: str) -> None:
    if not jobs.start(job):
        return
    jobs.report(job, 0.1, period)
    try:
        summary = rate(period=period, by=Job.objects.get(pk=job).created_by)
    except RatingRefused as refused:
        jobs.fail(job, str(refused))
    except Exception as error:
        jobs.fail(job, type(error).__name__)
        raise
    else:
        jobs.finish(job, period=period, colours=summary.colours, changed=summary.changed_count, seconds=round(summary.seconds, 2))
