"""A receiver that writes half on purpose: positions are committed before the submission that brought them. The harness must notice it."""

import contextlib
import time
from types import SimpleNamespace

from django.db import transaction

from config.wsgi import application
from patrol import intake, tracking

store = tracking.store


def store_and_dawdle(*arguments, **named):
    with transaction.atomic():
        found = store(*arguments, **named)
    time.sleep(0.1)
    return found


tracking.store = store_and_dawdle
intake.transaction = SimpleNamespace(atomic=contextlib.nullcontext)
__all__ = ["application"]
