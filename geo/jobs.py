"""A job is a row committed with its data, sent after commit, and sent again by a sweep while it still waits."""
from datetime import timedelta

from celery import current_app, shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from geo.models import Job
from geo.search import filling

RESEND_AFTER = timedelta(minutes=2)


def submit(task: str, *, by=None, **arguments) -> Job:
    """Record a job in the caller's transaction; the queue hears of it only when that commits."""
    job = Job.objects.create(task=task, arguments=arguments, created_by=by)
    transaction.on_commit(lambda: send(job.pk))
    return job


def send(job_pk: int) -> None:
    """Offer the job to the queue. A broker that is down is no loss: the sweep offers it again."""
    job = Job.objects.get(pk=job_pk)
    try:
        current_app.send_task(job.task, kwargs={"job": job.pk, **job.arguments}, retry=False)
    except (OperationalError, OSError) as error:
        Job.objects.filter(pk=job_pk, state=Job.State.WAITING).update(message=f"queue: {type(error).__name__}")


def start(job_pk: int) -> bool:
    """True for the one delivery that may do the work; a repeated delivery finds the job taken."""
    taken = Job.objects.filter(pk=job_pk, state=Job.State.WAITING)
    return bool(taken.update(state=Job.State.RUNNING, started_at=timezone.now()))


def report(job_pk: int, share: float, message: str = "") -> None:
    Job.objects.filter(pk=job_pk).update(done_share=share, message=message[:300])


def finish(job_pk: int, **result) -> None:
    Job.objects.filter(pk=job_pk).update(state=Job.State.DONE, done_share=1, ended_at=timezone.now(), result=result)


def fail(job_pk: int, message: str) -> None:
    Job.objects.filter(pk=job_pk).update(state=Job.State.FAILED, ended_at=timezone.now(), message=message[:300])


@shared_task(name="geo.jobs.sweep")
def sweep() -> int:
    waiting = Job.objects.filter(state=Job.State.WAITING, created_at__lt=timezone.now() - RESEND_AFTER)
    for pk in waiting.values_list("pk", flat=True):
        send(pk)
    return len(waiting)


@shared_task(name="geo.jobs.settle_search")
def settle_search() -> int:
    """Bring the search up to date with what has been marked; one at a time, whoever else is asked."""
    return filling.settle()
