"""What follows from what happens elsewhere: a patrol's hazard becomes an issue, a phone's checklist an inspection, at once."""
from django.dispatch import receiver
from django.utils import timezone

from patrol.entries import hazard_logged
from patrol.phone_parts import handed_in
from zones import hazards, inspections


@receiver(hazard_logged)
def register_hazard(sender, entry: int, **kwargs) -> None:
    hazards.register(entry, now=timezone.now())


@receiver(handed_in)
def keep_inspection(sender, submission: int, kind: str, **kwargs) -> None:
    if kind == inspections.KIND:
        inspections.make(submission, now=timezone.now())
