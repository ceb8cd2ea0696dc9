"""Days whose time is over: their entries go, and the log rows behind them; their signed heads stay, so that the chain still verifies."""
from datetime import datetime, timedelta

import pgtrigger
from django.db import connections, transaction
from django.utils import timezone

from geo.audit import heads
from geo.audit.sources import Source, all_sources
from geo.models import AuditEntry, AuditHead, AuditPurge, AuditStandard
from geo.models.audit import LEAST_KEPT_DAYS
from geo.sql import AUDIT_ALONE

OWNER = "owner"


def kept_days(now: datetime) -> int:
    """Of the standard in force; never less than six months, whatever a row says."""
    standard = AuditStandard.objects.at(timezone.localdate(now))
    return max(LEAST_KEPT_DAYS, standard.kept_days if standard else 0)


def purge(*, now: datetime) -> list:
    """Returns the days that went. Only whole closed days, from the oldest on; only the owner of the tables can."""
    days, until = kept_days(now), timezone.localdate(now) - timedelta(days=kept_days(now))
    gone = []
    with transaction.atomic(OWNER), connections[OWNER].cursor() as cursor, pgtrigger.ignore(databases=[OWNER]):
        cursor.execute(AUDIT_ALONE)
        if not cursor.fetchone()[0]:
            return []
        for head in AuditHead.objects.using(OWNER).filter(day__lt=until, purge=None).order_by("day"):
            made = AuditPurge(head=head, purged_at=now, kept_days=days)
            made.signature = heads.sign(heads.facts_of_purge(made))
            made.save(using=OWNER, force_insert=True)
            _delete(AuditEntry.objects.using(OWNER).filter(day=head.day))
            gone.append(made)
        if gone:
            for source in sorted(all_sources(), key=_readings_first):
                _expire(source, gone[-1].head.floors.get(source.name, 0))
    for made in gone:
        heads.save_purge(made.head_id, heads.facts_of_purge(made), made.signature)
    return [made.head_id for made in gone]


def _readings_first(source: Source) -> tuple[bool, str]:
    """What points at another source's row goes before it."""
    models = {each.related_model for each in source.model._meta.local_fields if each.is_relation}
    return not any(other.model in models for other in all_sources()), source.name


def _expire(source: Source, floor: int) -> None:
    if not source.expires:
        return
    known = AuditEntry.objects.using(OWNER).filter(source=source.name).values("row")
    rows = source.rows(OWNER).filter(pk__lte=floor).exclude(pk__in=known)
    for relation in source.model._meta.related_objects:
        if not relation.hidden:  # a purpose of which a reading is kept
            rows = rows.filter(**{f"{relation.name}__isnull": True})
    _delete(rows.order_by())


def _delete(rows) -> None:
    rows._raw_delete(rows.db)
