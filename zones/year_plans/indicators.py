"""What the registers say of candidate zones, indicator by indicator. A zone that they do not tell of is left out: missing, never zero.

Name, unit, direction, bounds and source of each indicator are versioned data (criteria.py); here is only how it is counted.
"""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db import connection

from geo.models import User
from patrol import hours
from zones.models import Issue, RectificationZone, ZonePhoto
from zones.periods import add_months, day_of, start_of
from zones.year_plans import sql
from zones.zone_criteria import change_percent

S = RectificationZone.Status
GONE = (S.REFUSED, S.DELISTED)  # a proposal that was refused, a case that is closed


def candidates(code: str):
    """Every live zone of a county, in the order in which runs keep them."""
    rows = RectificationZone.objects.in_division(code).exclude(status__in=GONE)
    return rows.select_related("division").order_by("pk")


@dataclass(frozen=True)
class Ground:
    """The zones and the moment; what several indicators need is read once."""

    zones: list[RectificationZone]
    county: str
    by: User
    now: datetime

    @cached_property
    def pks(self) -> list[int]:
        return [zone.pk for zone in self.zones]

    @cached_property
    def months(self) -> tuple[date, date] | None:
        """First and last whole month that the county's incidents cover; None where there are none."""
        [(first, last)] = self.asked(sql.REACH, county=f"{self.county}%", now=self.now)
        if first is None:
            return None
        this = day_of(self.now).replace(day=1)
        return day_of(first).replace(day=1), min(add_months(this, -1), day_of(last).replace(day=1))

    @cached_property
    def incidents(self) -> dict[int, tuple[int, int, int]]:
        """By zone: a year's incidents, the last three months', the same three months' a year before."""
        until = add_months(self.months[1], 1)
        begins = {"year_from": -12, "recent_from": -3, "before_from": -15, "before_until": -12}
        moments = {name: start_of(add_months(until, months)) for name, months in begins.items()}
        rows = self.asked(sql.INCIDENTS, zones=self.pks, until=start_of(until), **moments)
        return {pk: tuple(counts) for pk, *counts in rows}

    def covers(self, months: int) -> bool:
        """Whether the incidents reach back so many whole months."""
        return self.months is not None and add_months(self.months[1], 1 - months) >= self.months[0]

    @cached_property
    def issues(self) -> dict[int, tuple[int, int]]:
        return {pk: (still_open, relapsed) for pk, still_open, relapsed in self.asked(sql.ISSUES, zones=self.pks, over=list(Issue.OVER))}

    @cached_property
    def compounds(self) -> dict[int, tuple[int | None, float | None]]:
        return {pk: (hazards, share) for pk, hazards, share in self.asked(sql.COMPOUNDS, zones=self.pks)}

    def asked(self, statement: str, **values) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


Figures = dict[int, float]


def incidents(ground: Ground) -> Figures:
    if not ground.covers(12):
        return {}
    nothing = (0, 0, 0)
    return {
        zone.pk: 100 * ground.incidents.get(zone.pk, nothing)[0] / zone.household_count for zone in ground.zones if zone.household_count
    }


def trend(ground: Ground) -> Figures:
    if not ground.covers(15):
        return {}
    changes = {pk: change_percent(*ground.incidents.get(pk, (0, 0, 0))[1:]) for pk in ground.pks}
    return {pk: change for pk, change in changes.items() if change is not None}


def fire_hazards(ground: Ground) -> Figures:
    return {pk: hazards for pk, (hazards, _share) in ground.compounds.items() if hazards is not None}


def protection(ground: Ground) -> Figures:
    return {pk: 100 * share for pk, (_hazards, share) in ground.compounds.items() if share is not None}


def open_issues(ground: Ground) -> Figures:
    return _issues(ground, 0)


def relapsed_issues(ground: Ground) -> Figures:
    return _issues(ground, 1)


def _issues(ground: Ground, which: int) -> Figures:
    """A county that has never registered an issue knows of none; that is not the same as zero."""
    if not Issue.objects.in_division(ground.county).exists():
        return {}
    return {pk: ground.issues.get(pk, (0, 0))[which] for pk in ground.pks}


def presence_gap(ground: Ground) -> Figures:
    span = hours.period(ground.county, first=None, last=None, now=ground.now)
    found = hours.read(ground.by, ground.by.division, "zones", span)
    wanted = set(ground.pks)
    return {each.key: 100 * each.share(hours.grids.ABSENT) for each in found.places if each.counted and each.key in wanted}


def households(ground: Ground) -> Figures:
    return {zone.pk: zone.household_count for zone in ground.zones if zone.household_count is not None}


def readiness(ground: Ground) -> Figures:
    before = ZonePhoto.objects.filter(zone__in=ground.pks, stage=ZonePhoto.Stage.BEFORE)
    shown = set(before.values_list("zone_id", flat=True))
    return {
        zone.pk: 25 * ((zone.lead_unit != "") + (zone.household_count is not None) + (zone.target_on is not None) + (zone.pk in shown))
        for zone in ground.zones
    }


def _last_day(ground: Ground) -> date | None:
    return add_months(ground.months[1], 1) - timedelta(days=1) if ground.months else None


MEASURES: dict[str, Callable[[Ground], Figures]] = {
    "incidents": incidents, "trend": trend, "fire_hazards": fire_hazards, "open_issues": open_issues, "relapsed_issues": relapsed_issues,
    "presence_gap": presence_gap, "protection": protection, "households": households, "readiness": readiness,
}  # fmt: skip
BY_INCIDENTS = ("incidents", "trend")


def as_of(key: str, ground: Ground) -> date | None:
    """The day up to which an indicator's register tells."""
    return _last_day(ground) if key in BY_INCIDENTS else day_of(ground.now)
