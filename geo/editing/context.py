"""By whom and how, for what is written within: the triggers that keep former rows put it down beside each."""
from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import connection

from geo.sql import FORGET_CONTEXT


@contextmanager
def said(**words) -> Iterator[None]:
    """Inside a transaction. pghistory's words would stay until its end: what a larger one writes afterwards is not ours to sign."""
    with pghistory.context(**words):
        yield
    if connection.savepoint_ids and not connection.needs_rollback:  # within a larger one
        with connection.cursor() as cursor:
            cursor.execute(FORGET_CONTEXT)
