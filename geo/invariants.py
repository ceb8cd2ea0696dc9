"""What must hold at any moment, whatever was killed: `./manage.py invariants` asks all of it, after a fault, a restore or an upgrade.

Each function gives, under a name, examples of what does not hold; none is good. Modules above add theirs (patrol.invariants,
zones.invariants); nothing here writes.
"""
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.apps import apps
from django.db import connection, transaction
from django.utils.translation import gettext as _

from geo import workflow
from geo.models import Decision, Job
from geo.sql import JOB_FREE

STUCK_AFTER = timedelta(minutes=15)
SHOWN_AT_MOST = 5


@dataclass(frozen=True)
class Held:
    """`broken` is empty where it holds."""

    name: str
    broken: list[str]


def examine(*, now: datetime) -> Iterator[Held]:
    yield Held(_("后台任务：没有失去工作进程的，没有久等的"), list(_jobs(now)))
    yield Held(_("办理记录：一步接一步，末步与现状一致"), list(_decisions()))


def _jobs(now: datetime) -> Iterator[str]:
    for pk in Job.objects.filter(state=Job.State.RUNNING).values_list("pk", flat=True):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(JOB_FREE, [pk])
            # Whoever finished it since has let go of its lock as well.
            if cursor.fetchone()[0] and Job.objects.filter(pk=pk, state=Job.State.RUNNING).exists():
                yield f"Job {pk}"
    for pk in Job.objects.filter(state=Job.State.WAITING, created_at__lt=now - STUCK_AFTER).values_list("pk", flat=True):
        yield f"Job {pk}"


def _decisions() -> Iterator[str]:
    steps = defaultdict(list)
    for kind, pk, start, to in Decision.objects.order_by("pk").values_list("kind", "object_id", "from_state", "to_state"):
        steps[kind, pk].append((start, to))
    states = {}
    for kind in {kind for kind, _pk in steps}:
        field, _moves = workflow.table_of(apps.get_model(kind))
        states |= {(kind, str(pk)): state for pk, state in apps.get_model(kind)._base_manager.values_list("pk", field)}
    for key, taken in steps.items():
        follows = all(before[1] == after[0] for before, after in pairwise(taken))
        if not follows or states.get(key, taken[-1][1]) != taken[-1][1]:  # what was removed has no state any more
            yield " ".join(key)
