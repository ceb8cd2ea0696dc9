"""Bulletins of the demo county from its invented figures: two published, one of them corrected, one more for the public, a quarter checked,
a town's draft; and what two of its towns have taken on."""
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from geo.models import Division, User
from patrol import targets
from zones.bulletins import files, writing
from zones.models import Bulletin
from zones.periods import add_months, day_of

COUNTY, TOWN, OTHER_TOWN = "640521", "640521100", "640521102"
TARGETS = (("duties_on_time", 95), ("issues_on_time", 90))
S = Bulletin.State
STEP = timedelta(minutes=20)


def load(*, now: datetime) -> int:
    """Returns how many bulletins there are. Runs inside the demo's own transaction."""
    now -= 4 * STEP  # every step below is over when the demo is looked at
    first, second, town = (User.objects.get_by_natural_key(name) for name in ("county", "county_second", "town_ningan"))
    month = day_of(now).replace(day=1)
    earlier = _drafted(COUNTY, f"{add_months(month, -2):%Y-%m}", first, now)
    _brought(earlier, S.PUBLISHED, first, second, now)
    newest = _drafted(COUNTY, f"{add_months(month, -1):%Y-%m}", first, now)
    _brought(newest, S.PUBLISHED, first, second, now)
    again = writing.correct(earlier, reason=_("演示：一个乡镇补报后重新取数。"), by=first, now=now)
    _brought(again, S.PUBLISHED, first, second, now)
    ended = add_months(month, -((month.month - 1) % 3) - 3)
    _brought(_drafted(COUNTY, f"{ended.year}Q{(ended.month + 2) // 3}", first, now), S.CHECKED, first, second, now)
    for_all = writing.draft(Division.objects.get(pk=COUNTY), f"{add_months(month, -3):%Y-%m}", by=first, now=now, is_protected=True)
    _brought(for_all, S.PUBLISHED, first, second, now)
    _drafted(TOWN, f"{add_months(month, -1):%Y-%m}", town, now)
    files.ask(newest, by=first)
    for unit in (TOWN, OTHER_TOWN):
        for measure, value in TARGETS:
            targets.put(unit=Division.objects.get(pk=unit), year=now.year, measure=measure, value=value, by=first, now=now)
    return Bulletin.objects.everywhere("all of them are the demo's own").count()


def _drafted(unit: str, period: str, by: User, now: datetime) -> Bulletin:
    return writing.draft(Division.objects.get(pk=unit), period, by=by, now=now)


def _brought(bulletin: Bulletin, end: str, first: User, second: User, now: datetime) -> None:
    for number, (to, by) in enumerate(((S.CHECKED, second), (S.SIGNED, first), (S.PUBLISHED, second)), 1):
        writing.move(bulletin, to, by=by, now=now + number * STEP)
        if to == end:
            return
