"""What runs by itself: the reckoning of what came in, the closing of what was forgotten, the end of what is kept for a time."""

from celery import shared_task
from django.utils import timezone

from patrol import partitions, photos, reckoning
from patrol.figures import figures


@shared_task(name="patrol.jobs.settle")
def settle() -> int:
    return reckoning.settle(now=timezone.now())


@shared_task(name="patrol.jobs.close_forgotten")
def close_forgotten() -> int:
    return reckoning.close_forgotten(now=timezone.now())


@shared_task(name="patrol.jobs.keep")
def keep() -> dict:
    """Daily: partitions ahead, raw fixes and unfinished photos gone after their time."""
    now = timezone.now()
    standard = figures(now)
    made = partitions.prepare(on=timezone.localdate(now))
    gone = partitions.expire(now=now, kept_days=standard.tracks_kept_days)
    return {"made": made, **gone, "photos": photos.forget_unfinished(now=now, kept_days=standard.photo_kept_days)}
