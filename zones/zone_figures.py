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
    """`is_whole` is false for the running month, `is_covered` for months after the county's newest incident: nothing is known of them."""

    month: date
    count: int
    is_whole: bool
    is_covered: bool


def incidents_by_month(zone: RectificationZone, *, now: datetime, months: int = MONTHS) -> list[MonthCount]:
    """The last so many months, the running one last."""
    this = day_of(now).replace(day=1)
    first = add_months(this, 1 - months)
    inside = Incident.objects.everywhere(_WHY).filter(geom_3857__intersects=zone.geom_3857)
    inside = inside.filter(occurred_at__gte=start_of(first), occurred_at__lte=now)
    rows = inside.order_by().annotate(month=TruncMonth("occurred_at", tzinfo=COUNTY_TIME)).values_list("month").annotate(n=Count("pk"))
    counts, newest = {day_of(month): n for month, n in rows}, newest_incident_on(zone, now=now)
    return [
        MonthCount(month, counts.get(month, 0), month < this, newest is not None and month <= newest)
        for month in (add_months(first, i) for i in range(months))
    ]


def newest_incident_on(zone: RectificationZone, *, now: datetime) -> date | None:
    """How far the county's incidents reach, wherever they happened; None where there are none."""
    county = Incident.objects.in_division(zone.division_id[:6]).filter(occurred_at__lte=now)
    newest = county.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    return day_of(newest) if newest else None


def measures(zone: RectificationZone, *, now: datetime, round_number: int) -> dict[str, float | None]:
    """By the names of zone_criteria.MEASURES; None where the data do not tell. Whole months with data, so that a young or missing
    month does not look calm."""
    whole = [each.count for each in incidents_by_month(zone, now=now, months=MONTHS + 1) if each.is_whole and each.is_covered]
    accepted = workflow.history(zone).filter(to_state=RectificationZone.Status.ACCEPTED).last()
    return {
        "incidents_12m": sum(whole[-12:]) if len(whole) >= 12 else None,
        "change_3m_percent": change_percent(sum(whole[-3:]), sum(whole[-15:-12])) if len(whole) >= 15 else None,
        "open_issues": issues_in(zone).exclude(state__in=Issue.OVER).count(),
        "photos_after": ZonePhoto.objects.filter(zone=zone, round=round_number, stage=ZonePhoto.Stage.AFTER).count(),
        "months_since_acceptance": whole_months(day_of(accepted.decided_at), day_of(now)) if accepted else None,
    }


def issues_in(zone: RectificationZone):
    return Issue.objects.everywhere(_WHY).filter(geom_3857__bboverlaps=zone.geom_3857, geom_3857__intersects=zone.geom_3857)


def whole_months(start: date, end: date) -> int:
    """Months that have passed in full: from 31 January, one month is over on 1 March."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def overdue_days(zone: RectificationZone, today: date) -> int:
    """Days past the target of a zone that is still at work."""
    late = zone.target_on and zone.status in AT_WORK and zone.target_on < today
    return (today - zone.target_on) // timedelta(days=1) if late else 0


S = RectificationZone.Status
AT_WORK = (S.LISTED, S.RECTIFYING, S.REPORTED, S.RELISTED)
