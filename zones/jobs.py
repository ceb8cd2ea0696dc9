"""Background work: rating and laying publications ready; the register's hazards, escalations, reminders and mails."""
from celery import shared_task
from django.utils import timezone

from geo import jobs
from geo.models import Job
from zones import access_figures, digests, duty_notices, duty_rows, escalation, hazards, inspections, publication
from zones.effect_studies import studies
from zones.models import EffectStudy, RatingRound, RatingScheme
from zones.round_life import STAGE_ROUND
from zones.rounds import RatingRefused, rate
from zones.what_if import TrialRefused, trial

RATE_PERIOD = "zones.jobs.rate_period"
TRY_CRITERIA = "zones.jobs.try_criteria"


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
        jobs.broke(job, error)
        raise
    else:
        jobs.finish(job, period=period, colours=summary.colours, changed=summary.changed_count, seconds=round(summary.seconds, 2))


@shared_task(name=TRY_CRITERIA)
def try_criteria(*, job: int, scheme: int, periods: list[str]) -> None:
    """What the draft would change in these rounds; the job's row alone keeps the answer."""
    if not jobs.start(job):
        return
    rounds = RatingRound.objects.computed().filter(period__in=periods).select_related("scheme")
    try:
        within = Job.objects.select_related("created_by").get(pk=job).created_by.division_id
        found = trial(RatingScheme.objects.get(pk=scheme), rounds, within=within, tell=lambda share: jobs.report(job, share * 0.95))
    except (TrialRefused, RatingScheme.DoesNotExist) as refused:
        jobs.fail(job, str(refused))
    except Exception as error:
        jobs.broke(job, error)
        raise
    else:
        jobs.finish(job, **found)


@shared_task(name=studies.STUDY)
def study_effect(*, job: int) -> None:
    """Did a year's demonstration zones work; the study keeps the answer and what it was made from."""
    if not jobs.start(job):
        return
    try:
        found = EffectStudy.objects.everywhere("the job's own").select_related("standard").get(job=job)
        verdict = studies.work(found, now=timezone.now(), tell=lambda share: jobs.report(job, share)).result["verdict"]
        jobs.finish(job, verdict=verdict)
    except studies.Cancelled as cancelled:
        jobs.fail(job, str(cancelled))
    except Exception as error:
        jobs.broke(job, error)
        raise


@shared_task(name=STAGE_ROUND)
def stage_round(*, job: int, period: str) -> None:
    """What will be published lies ready before anybody signs, so that signing takes no time."""
    if not jobs.start(job):
        return
    rating_round = RatingRound.objects.select_related("scheme").get(period=period)
    if rating_round.state == RatingRound.State.OBJECTION and not publication.staged(rating_round):
        publication.stage(rating_round, now=timezone.now())
    jobs.finish(job, period=period)


@shared_task(name="zones.jobs.sweep_hazards")
def sweep_hazards() -> int:
    """What patrols logged and no issue tells of yet."""
    return hazards.sweep(now=timezone.now())


@shared_task(name="zones.jobs.sweep_inspections")
def sweep_inspections() -> int:
    """What phones handed in and has no row yet."""
    return inspections.sweep(now=timezone.now())


@shared_task(name="zones.jobs.keep_register")
def keep_register() -> dict:
    """Hourly: what is long overdue rises a level, and rechecks that fell due are told. Again does no harm."""
    now = timezone.now()
    return {"escalated": escalation.escalate(now=now), "rechecks": escalation.remind_of_rechecks(now=now)}


@shared_task(name="zones.jobs.send_digests")
def send_digests() -> int:
    """Each person's mail of the day, from the morning on."""
    now = timezone.now()
    return digests.send(now=now) if timezone.localtime(now).hour >= digests.FROM_HOUR else 0


@shared_task(name="zones.jobs.keep_duties")
def keep_duties() -> dict:
    """Hourly: the duty calendar reaches a year ahead, what is over counts as missed, whose turn it is hears of it. Again does no harm."""
    now = timezone.now()
    extended = duty_rows.extend(now=now)
    counts = {"made": extended.made, "moved": extended.moved, "replaced": extended.replaced}
    return counts | {"missed": duty_rows.mark_missed(now=now), "told": duty_notices.remind(now=now)}


@shared_task(name="zones.jobs.publish_access")
def publish_access() -> int:
    """Months that are over, for the public: how often who looked at what."""
    return access_figures.publish(now=timezone.now())
