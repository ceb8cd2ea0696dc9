"""Raw fixes by month: partitions made ahead, and dropped when their time is over (promise 33). Needs the owner's connection."""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connections, transaction

from patrol.models import Patrol, Track
from patrol.sql import CLOSE_MONTH, DROP_MONTH, FORGET_BEFORE, FORGET_OTHER, MAKE_MONTH, MONTHS, month_statement

AHEAD, BEHIND = 3, 3
log = logging.getLogger(__name__)


def month_name(first: date) -> str:
    return f"patrol_fix_{first:%Y_%m}"


def months_around(on: date) -> list[date]:
    """First days of the months for which partitions are kept ready."""
    number = on.year * 12 + on.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - BEHIND, number + AHEAD + 1)]


def following(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def prepare(*, on: date, using: str = "owner") -> list[str]:
    """Make the partitions that are missing; gives their names."""
    made = []
    for first in months_around(on):
        with transaction.atomic(using), connections[using].cursor() as cursor:
            cursor.execute(MONTHS)
            if month_name(first) in {name for (name,) in cursor.fetchall()}:
                continue
            for text in MAKE_MONTH:
                cursor.execute(month_statement(text, month=month_name(first), start=_utc(first), end=_utc(following(first))))
            if (app := settings.DATABASES["default"]["USER"]) != settings.DATABASES[using]["USER"]:
                cursor.execute(month_statement(CLOSE_MONTH, month=month_name(first), app=app))
        made.append(month_name(first))
    return made


def expire(*, now: datetime, kept_days: int, using: str = "owner") -> dict[str, int]:
    """Forget raw fixes older than `kept_days`, the lines drawn from them and where somebody was last. Whole months are dropped."""
    until = now - timedelta(days=kept_days)
    dropped = 0
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(MONTHS)
        for (name,) in cursor.fetchall():
            if name[-7:-3].isdigit() and following(date(int(name[-7:-3]), int(name[-2:]), 1)) <= until.date():
                cursor.execute(month_statement(DROP_MONTH, month=name))
                dropped += 1
        cursor.execute(FORGET_BEFORE, [until, until])
        deleted = cursor.rowcount
        cursor.execute(FORGET_OTHER, [until])
        deleted += cursor.rowcount
        Patrol._base_manager.using(using).filter(started_at__lt=until, last_geom__isnull=False).update(last_geom=None)
        lines, _by_model = Track.objects.using(using).filter(patrol__started_at__lt=until).delete()
    log.info("tracks older than %s: %d months dropped, %d fixes and %d lines deleted", until, dropped, deleted, lines)
    return {"months": dropped, "fixes": deleted, "lines": lines}


def _utc(first: date) -> str:
    return datetime(first.year, first.month, 1, tzinfo=UTC).isoformat()
