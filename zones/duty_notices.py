"""People hear of their own unit's duties: once when the days of warning begin, once when one was missed and has no reason yet."""
from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import QuerySet

from geo.models import User
from zones import duty_rows
from zones.models import Duty, Notice
from zones.periods import day_of
from zones.register_rights import RANK_OF_ROLE

# Whoever gets an account later is not told of years.
MISSED_WITHIN = timedelta(days=7)


def remind(*, now: datetime) -> int:
    """How many notices; again tells nobody twice. A village without an account is left to its town's list."""
    people = defaultdict(list)
    for user in User.objects.filter(is_active=True, role__in=RANK_OF_ROLE).exclude(division=None):
        people[user.division_id].append(user)
    rows = Duty.objects.everywhere("the clock is the whole system's").filter(division__in=list(people))
    today = day_of(now)
    soon = rows.filter(duty_rows.falling_due(today), state=Duty.State.DUE, opens_on__lte=today)
    missed = rows.filter(state=Duty.State.MISSED, reason="", missed_at__gte=now - MISSED_WITHIN)
    return _tell(soon, Notice.Kind.DUTY_SOON, people, now) + _tell(missed, Notice.Kind.DUTY_MISSED, people, now)


def _tell(rows: QuerySet[Duty], kind: str, people: dict[str, list[User]], now: datetime) -> int:
    told = set(Notice.objects.filter(kind=kind, duty__in=rows.values("pk")).values_list("user", "duty"))
    new = [
        Notice(user=user, kind=kind, duty_id=pk, at=now)
        for pk, code in rows.order_by("due_on", "pk").values_list("pk", "division_id")
        for user in people[code]
        if (user.pk, pk) not in told
    ]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
