"""What is counted inside a zone's outline: incidents month by month, open issues, presence, photos."""
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncMonth

from geo import workflow
from geo.models import Incident
from zones.models import Issue, RectificationZone, ZonePhoto
from zones.periods import COUNTY_TIME, add_months, day_of, start_of
from zones.zone_criteria import change_percent

MONTHS = 24
_WHY = "counts inside an outline that the reader may see"


@dataclass(frozen=True)
class MonthCount:
    """`is_whole` is false for the running month."""

    month: date
    count: int
    is_whole: bool


def incidents_by_month(zone: RectificationZone, *, now: datetime, months: int = MONTHS) -> list[MonthCount]:
    """The last so many months, the running one last."""
    this = day_of(now).replace(day=1)
    first = add_months(this, 1 - months)
    inside = Incident.objects.everywhere(_WHY).filter(geom_3857__intersects=zone.geom_3857)
    inside = inside.filter(occurred_at__gte=start_of(first), occurred_at__lte=now)
    rows = inside.order_by().annotate(month=TruncMonth("occurred_at", tzinfo=COUNTY_TIME)).values_list("month").annotate(n=Count("pk"))
    counts = {day_of(month): n for month, n in rows}
    return [MonthCount(month, counts.get(month, 0), month < this) for month in (add_months(first, i) for i in range(months))]


def measures(zone: RectificationZone, *, now: datetime, round_number: int) -> dict[str, float | None]:
    """By the names of zone_criteria.MEASURES. Whole months only, so that a young month does not look calm."""
    whole = [each.count for each in incidents_by_month(zone, now=now, months=MONTHS + 1) if each.is_whole]
    accepted = workflow.history(zone).filter(to_state=RectificationZone.Status.ACCEPTED).last()
    return {
        "incidents_12m": sum(whole[-12:]),
        "change_3m_percent": change_percent(sum(whole[-3:]), sum(whole[-15:-12])),
        "open_issues": issues_in(zone).exclude(state__in=Issue.OVER).count(),
        "photos_after": ZonePhoto.objects.filter(zone=zone, round=round_number, stage=ZonePhoto.Stage.AFTER).count(),
        "months_since_acceptance": whole_months(day_of(accepted.decided_at), day_of(now)) if accepted else None,
    }


def issues_in(zone: RectificationZone):
    return Issue.objects.everywhere(_WHY).filter(geom_3857__intersects=zone.geom_3857)


def whole_months(start: date, end: date) -> int:
    """Months that have passed in full: from 31 January, one month is over on 1 March."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def overdue_days(zone: RectificationZone, today: date) -> int:
    """Days past the target of a zone that is still at work."""
    late = zone.target_on and zone.status in AT_WORK and zone.target_on < today
    return (today - zone.target_on) // timedelta(days=1) if late else 0


S = RectificationZone.Status
AT_WORK = (S.LISTED, S.RECTIFYING, S.REPORTED, S.RELISTED)
