"""What runs by itself: the writer every minute, the verification and the end of what is kept once a day."""
import logging

from celery import shared_task
from django.utils import timezone

from geo import jobs
from geo.audit import retention, verifying, writer
from geo.audit.heads import HeadsUnreadable
from geo.models import Job

VERIFY = "geo.audit.jobs.verify_now"
log = logging.getLogger(__name__)


@shared_task(name="geo.audit.jobs.write")
def write() -> int:
    """All that waits, a batch at a time."""
    added = 0
    try:
        while (more := writer.write(now=timezone.now())) == writer.AT_ONCE:
            added += more
    except (writer.ChainBroken, HeadsUnreadable) as problem:
        log.error("the audit stands still: %s", problem)
        verifying.note_stop(str(problem), now=timezone.now())
        return added
    return added + more


@shared_task(name="geo.audit.jobs.verify")
def verify() -> int:
    return _verify()


@shared_task(name=VERIFY)
def verify_now(*, job: int) -> None:
    """Asked for on the auditor's page."""
    if jobs.start(job):
        jobs.finish(job, faults=_verify())


def _verify() -> int:
    now = timezone.now()
    found = verifying.verify(now=now)
    verifying.note(found, now=now)
    for fault in found.faults[:20]:
        log.error("audit: %s", fault)
    return len(found.faults)


def pending() -> bool:
    return Job.objects.filter(task=VERIFY, state__in=(Job.State.WAITING, Job.State.RUNNING)).exists()


@shared_task(name="geo.audit.jobs.keep")
def keep() -> int:
    return len(retention.purge(now=timezone.now()))
