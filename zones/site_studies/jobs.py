"""A run of a study in the worker."""
from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import jobs
from zones.models import SiteRun
from zones.site_studies import words
from zones.site_studies.questions import Question, StudyRefused
from zones.site_studies.reckoning import reckon
from zones.site_studies.runs import RUN_STUDY


class _Cancelled(Exception):
    """Somebody took the question back."""


@shared_task(name=RUN_STUDY)
def run_study(*, job: int, study: int, number: int) -> None:
    if not jobs.start(job):
        return
    run = SiteRun.objects.select_related("asked_by").get(study=study, number=number)

    def tell(share: float, step: str) -> None:
        if SiteRun.objects.filter(pk=run.pk).exclude(cancelled_at=None).exists():
            raise _Cancelled
        jobs.report(job, share, str(words.STEPS[step]))

    try:
        found = reckon(Question(**run.asked), by=run.asked_by, on=timezone.localdate(), tell=tell)
        with transaction.atomic():
            if not SiteRun.objects.filter(pk=run.pk, cancelled_at=None).update(result=found):
                raise _Cancelled
            jobs.finish(job, study=study, number=number, state=found["state"])
    except _Cancelled:
        jobs.fail(job, _("已取消。"))
    except StudyRefused as refused:
        jobs.fail(job, words.refusal(refused.code, refused.numbers))
    except Exception as error:
        jobs.broke(job, error)
        raise
