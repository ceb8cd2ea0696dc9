"""What follows from what happens elsewhere: a hazard that a patrol logs becomes an issue at once."""
from django.dispatch import receiver
from django.utils import timezone

from patrol.entries import hazard_logged
from zones import hazards


@receiver(hazard_logged)
def register_hazard(sender, entry: int, **kwargs) -> None:
    hazards.register(entry, now=timezone.now())
