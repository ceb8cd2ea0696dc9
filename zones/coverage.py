"""For which months the incident register says something of a town: it has an incident there, or the town reported zero."""
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.db.models.functions import Coalesce, Left, TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import Division, Incident, User
from zones.models import RatingRound, ZeroReport
from zones.periods import COUNTY_TIME, add_months, day_of, months_between, start_of

# An incident in a compound counts for the compound's town, as in the grading.
_TOWN = Left(Coalesce("compound__division_id", "division_id"), 9)


class ReportRefused(ValueError):
    """Why a zero report is not taken, in words for the person who made it."""


@dataclass(frozen=True)
class TownCoverage:
    """`months`: (first day, "incidents", "zero" or "" for missing) over the round's window."""

    town: Division
    months: tuple[tuple[date, str], ...]

    @property
    def missing(self) -> list[date]:
        return [month for month, state in self.months if not state]


def coverage(rating_round: RatingRound, user: User) -> list[TownCoverage]:
    """Every town of the user's territory, month by month. A village's own account sees its town's line."""
    scope = user.division_id[:9]
    window = Q(occurred_at__gte=start_of(rating_round.window_starts_on), occurred_at__lt=start_of(rating_round.ends_on))
    incidents = Incident.objects.in_division(scope).filter(window).annotate(town=_TOWN)
    months = incidents.annotate(month=TruncMonth("occurred_at", tzinfo=COUNTY_TIME)).order_by().values_list("town", "month").distinct()
    state = {(town, month.date()): "incidents" for town, month in months}
    zeros = ZeroReport.objects.in_division(scope).filter(month__gte=rating_round.window_starts_on, month__lt=rating_round.ends_on)
    for town, month in zeros.values_list("division_id", "month"):
        state.setdefault((town, month), "zero")
    count = months_between(rating_round.window_starts_on, rating_round.ends_on)
    window_months = [add_months(rating_round.window_starts_on, i) for i in range(count)]
    towns = Division.objects.in_force(rating_round.last_day).at_level(Division.Level.TOWN).in_division(scope)
    return [TownCoverage(town, tuple((month, state.get((town.pk, month), "")) for month in window_months)) for town in towns]


def report_zero(*, town: str, month: date, by: User, now: datetime | None = None) -> ZeroReport:
    """Record that a month that is over had no incidents in the town."""
    now = now or timezone.now()
    if not by.writes_business_data or not town.startswith(by.division_id):
        raise ReportRefused(_("只有本县或本乡镇的民警可以作零报告。"))
    division = Division.objects.at_level(Division.Level.TOWN).filter(pk=town).first()
    if division is None or month.day != 1:
        raise ReportRefused(_("零报告按乡镇、按月。"))
    if add_months(month, 1) > day_of(now):
        raise ReportRefused(_("这个月还没有结束。"))
    held = Incident.objects.in_division(town).filter(occurred_at__gte=start_of(month), occurred_at__lt=start_of(add_months(month, 1)))
    if held.exists():
        raise ReportRefused(_("这个月已有警情登记，不能作零报告。"))
    reports = ZeroReport.objects.in_division(town)
    return reports.get_or_create(division=division, month=month, defaults={"reported_by": by, "reported_at": now})[0]
