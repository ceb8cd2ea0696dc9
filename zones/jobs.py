"""Background work: rating, hazards of patrols into the register."""
from celery import shared_task
from django.utils import timezone

from geo import jobs
from geo.models import Job
from zones import hazards
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


@shared_task(name="zones.jobs.sweep_hazards")
def sweep_hazards() -> int:
    """What patrols logged and no issue tells of yet."""
    return hazards.sweep(now=timezone.now())
