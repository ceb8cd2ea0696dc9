"""A job is a row committed with its data, sent after commit, and sent again by a sweep while it still waits.

Whoever does a job holds a lock of the database on a connection of its own. The lock ends with the process, however that
ends: a running job whose lock is free has lost its worker and is shown as failed. What a job writes and the word that it
is done belong into one transaction, so that "failed" always means "nothing written".
"""
import errno
import logging
from datetime import timedelta

from celery import current_app, shared_task
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from geo.headroom import Headroom
from geo.metrics import saw_worker
from geo.models import Job
from geo.sql import JOB_FREE, JOB_HELD, JOB_PROGRESS

RESEND_AFTER = timedelta(minutes=2)
log = logging.getLogger(__name__)


class _Hold:
    """The lock of one running job. Progress goes through its connection too: the work's own transaction is not over yet."""

    def __init__(self, job_pk: int):
        known = connections["default"]
        options = {name: value for name, value in known.settings_dict["OPTIONS"].items() if name != "pool"}
        self.job_pk, self.database = job_pk, type(known)({**known.settings_dict, "OPTIONS": options}, known.alias)
        self.database.inc_thread_sharing()  # rows are read, and progress told, by a thread beside the one that writes

    def take(self) -> bool:
        with self.database.cursor() as cursor:
            cursor.execute(JOB_HELD, [self.job_pk])
            return cursor.fetchone()[0]

    def report(self, share: float, message: str) -> None:
        try:
            with self.database.cursor() as cursor:
                cursor.execute(JOB_PROGRESS, [share, message[:300], self.job_pk])
        except DatabaseError:
            log.warning("no progress for job %s", self.job_pk, exc_info=True)

    def release(self) -> None:
        self.database.close()


_holds: dict[int, _Hold] = {}


def submit(task: str, *, by=None, **arguments) -> Job:
    """Record a job in the caller's transaction; the queue hears of it only when that commits. It will speak the caller's language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    job = Job.objects.create(task=task, arguments=arguments, created_by=by, language=language)
    transaction.on_commit(lambda: send(job.pk))
    return job


def send(job_pk: int) -> None:
    """Offer the job to the queue. A broker that is down is no loss: the sweep offers it again."""
    job = Job.objects.get(pk=job_pk)
    try:
        current_app.send_task(job.task, kwargs={"job": job.pk, **job.arguments}, retry=False)
    except (OperationalError, OSError) as error:
        Job.objects.filter(pk=job_pk, state=Job.State.WAITING).update(message=_("后台队列暂时连不上，稍后自动再送。"))
        log.warning("queue: %s", type(error).__name__)


def start(job_pk: int) -> bool:
    """True for the one delivery that may do the work; a repeated delivery finds the job taken, or its worker dead.

    With a short disk nobody may: the job waits, says why, and the sweep offers it again.
    What the work says from here on is in the language of the person who asked for it; the next task begins in our own.
    """
    if not Headroom.of_this_site().is_there():
        Job.objects.filter(pk=job_pk, state=Job.State.WAITING).update(message=_("服务器存储不足，腾出空间后自动继续。"))
        return False
    hold = _Hold(job_pk)
    if not hold.take():
        hold.release()
        return False
    taken = Job.objects.filter(pk=job_pk, state=Job.State.WAITING)
    if taken.update(state=Job.State.RUNNING, started_at=timezone.now(), message=""):
        _holds[job_pk] = hold
        translation.activate(Job.objects.values_list("language", flat=True).get(pk=job_pk))
        return True
    _fail_abandoned(job_pk)
    hold.release()
    return False


def report(job_pk: int, share: float, message: str = "") -> None:
    if hold := _holds.get(job_pk):
        hold.report(share, message)
    else:
        Job.objects.filter(pk=job_pk).update(done_share=share, message=message[:300])


def finish(job_pk: int, **result) -> None:
    """Call it in the transaction that holds what the job wrote."""
    Job.objects.filter(pk=job_pk).update(state=Job.State.DONE, done_share=1, message="", ended_at=timezone.now(), result=result)
    _let_go(job_pk)


def fail(job_pk: int, message: str) -> None:
    Job.objects.filter(pk=job_pk).update(state=Job.State.FAILED, ended_at=timezone.now(), message=message[:300])
    _let_go(job_pk)


def broke(job_pk: int, error: Exception) -> None:
    """For what nobody foresaw: the person is told what to do next, the log holds the rest."""
    log.error("job %s", job_pk, exc_info=error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        fail(job_pk, _("服务器存储已满，没有写入任何数据。请告诉系统管理员。"))
    else:
        text = _("后台出错，没有写入任何数据。请重新提交；再次出错请把任务号%(number)s告诉系统管理员。")
        fail(job_pk, text % {"number": job_pk})


def _let_go(job_pk: int) -> None:
    if hold := _holds.pop(job_pk, None):
        hold.release()


def _fail_abandoned(job_pk: int) -> int:
    """Only for somebody who holds the job's lock: nobody is at work on it."""
    why = _("后台进程中断，没有写入任何数据，可以重新提交。")
    running = Job.objects.filter(pk=job_pk, state=Job.State.RUNNING)
    return running.update(state=Job.State.FAILED, ended_at=timezone.now(), message=why)


def close_abandoned() -> int:
    """Running jobs whose worker is no more become failed; gives how many."""
    closed = 0
    for pk in Job.objects.filter(state=Job.State.RUNNING).values_list("pk", flat=True):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(JOB_FREE, [pk])
            if cursor.fetchone()[0]:
                closed += _fail_abandoned(pk)
    return closed


@shared_task(name="geo.jobs.sweep")
def sweep() -> int:
    saw_worker(now=timezone.now())
    close_abandoned()
    waiting = Job.objects.filter(state=Job.State.WAITING, created_at__lt=timezone.now() - RESEND_AFTER)
    for pk in waiting.values_list("pk", flat=True):
        send(pk)
    return len(waiting)
