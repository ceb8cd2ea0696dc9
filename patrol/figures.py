"""The figures of the standard in force, as attributes."""

from datetime import datetime
from types import SimpleNamespace

from django.utils import timezone

from patrol.models import PatrolStandard


class Figures(SimpleNamespace):
    """The keys of fixtures/patrol_standard_default.json; `standard` is the version's key."""

    standard: int


def figures(now: datetime) -> Figures:
    found = PatrolStandard.objects.in_force(timezone.localdate(now))
    return Figures(**found.figures, standard=found.pk)
