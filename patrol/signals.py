"""What follows from what: partitions after a migration."""

from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.utils import timezone

from patrol import partitions
from patrol.apps import PatrolConfig


@receiver(post_migrate)
def prepare_partitions(sender, using: str, **kwargs) -> None:
    """Raw fixes of these months have a partition of their own from the start."""
    if isinstance(sender, PatrolConfig) and using == "owner" and not kwargs.get("plan_only"):
        partitions.prepare(on=timezone.localdate())
