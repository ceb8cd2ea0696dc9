"""Invented reports for the demo county: eleven weeks of duties of some of its units, in time, late and missed, with reasons."""
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from geo.models import Division, User
from zones import duties, duty_rows
from zones.duties import Counts
from zones.models import Duty
from zones.periods import day_of

DAYS_BACK = 75
OFFICERS = {"640521": "county", "640521100": "town_ningan", "640521102": "town_shikong"}
CADRE = {"640521100001": "village_zhenxing"}
VILLAGES_OF_A_TOWN = 4
MORNING = timedelta(hours=10)
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Every so manieth report is late, and every so manieth is never made.
LATE, NEVER = 6, 9


def load(*, now: datetime) -> int:
    """Returns how many duties there are. Runs inside the demo's own transaction."""
    today, people = day_of(now), _people()
    duty_rows.extend(now=now, since=today - timedelta(days=DAYS_BACK), is_invented=True)
    rows = Duty.objects.everywhere("all of them are the demo's own")
    # The other units begin today: nobody was there who could have reported.
    rows.filter(opens_on__lt=today).exclude(division__in=people).delete()
    over = rows.filter(division__in=people, due_on__lt=today).select_related("rule").order_by("division_id", "due_on", "pk")
    for number, duty in enumerate(over, 1):
        _report(duty, number, people[duty.division_id], today)
    duty_rows.mark_missed(now=now)
    for duty in rows.filter(state=Duty.State.MISSED).order_by("division_id", "due_on")[::2]:
        duties.explain(duty, reason=_("演示：当周抽调参加防汛，没有排查。"), by=people[duty.division_id], now=now)
    return rows.count()


def _people() -> dict[str, User]:
    """Who reports for which unit: a town's officer for the first of its villages too."""
    found = {code: User.objects.get_by_natural_key(name) for code, name in OFFICERS.items()}
    for code, officer in list(found.items())[1:]:
        villages = Division.objects.at_level(Division.Level.VILLAGE).in_division(code)[:VILLAGES_OF_A_TOWN]
        found |= {each.code: officer for each in villages}
    return found | {code: User.objects.get_by_natural_key(name) for code, name in CADRE.items()}


def _report(duty: Duty, number: int, by: User, today: date) -> None:
    if number % NEVER == 0:
        return
    day = duty.lapses_on if number % LATE == 0 else duty.due_on
    if day >= today:
        return
    counts = Counts(2 + number % 4, 2 + number % 4 - number % 2) if duty.rule.asks_counts else None
    at = datetime.combine(day, datetime.min.time(), SHANGHAI) + MORNING
    duties.finish(duty, note=_("演示：按要求完成，情况已记入台账。"), counts=counts, by=by, now=at)
