"""Invented reports for the demo county: three months of duties of the demo's own units, in time, late and missed, with reasons."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from geo.models import User
from zones import duties, duty_rows
from zones.duties import Counts
from zones.models import Duty
from zones.periods import day_of

DAYS_BACK = 75
PEOPLE = {"640521": "county", "640521100": "town_ningan", "640521102": "town_shikong", "640521100001": "village_zhenxing"}
MORNING = timedelta(hours=10)
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Every so manieth report of a unit is late, and every so manieth is never made.
LATE, NEVER = 5, 7


def load(*, now: datetime) -> int:
    """Returns how many duties there are. Runs inside the demo's own transaction."""
    today = day_of(now)
    duty_rows.extend(now=now, since=today - timedelta(days=DAYS_BACK), is_invented=True)
    people = {code: User.objects.get_by_natural_key(name) for code, name in PEOPLE.items()}
    rows = Duty.objects.everywhere("all of them are the demo's own")
    for code, by in people.items():
        over = rows.filter(division=code, due_on__lt=today).select_related("rule").order_by("due_on", "pk")
        for number, duty in enumerate(over, 1):
            _report(duty, number, by, today)
    duty_rows.mark_missed(now=now)
    for duty in rows.filter(division__in=people, state=Duty.State.MISSED).order_by("division_id", "due_on")[::2]:
        duties.explain(duty, reason=_("演示：当周抽调参加防汛，没有排查。"), by=people[duty.division_id], now=now)
    return rows.count()


def _report(duty: Duty, number: int, by: User, today) -> None:
    if number % NEVER == 0:
        return
    day = duty.lapses_on if number % LATE == 0 else duty.due_on
    if day >= today:
        return
    counts = Counts(2 + number % 4, 2 + number % 4 - number % 2) if duty.rule.asks_counts else None
    at = datetime.combine(day, datetime.min.time(), SHANGHAI) + MORNING
    duties.finish(duty, note=_("演示：按要求完成，情况已记入台账。"), counts=counts, by=by, now=at)
