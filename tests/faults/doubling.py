"""A receiver that takes a repeated delivery for a new one, on purpose: more is there than was made. The bench must notice it."""

from uuid import UUID

from config.wsgi import application
from patrol import intake
from patrol.models import Submission

receive_once = intake.receive


def receive(*, device, raw, now, clock_ms=None):
    receipt = receive_once(device=device, raw=raw, now=now, clock_ms=clock_ms)
    if not receipt.is_new:
        again = Submission.objects.get(submission_id=receipt.submission_id)
        if not Submission.objects.filter(submission_id=UUID(int=receipt.submission_id.int ^ 1)).exists():
            again.pk, again.submission_id = None, UUID(int=receipt.submission_id.int ^ 1)
            again.save(force_insert=True)
    return receipt


intake.receive = receive
__all__ = ["application"]
