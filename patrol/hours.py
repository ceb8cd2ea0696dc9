"""Places and their hours: what the presence tables say of a period, for every place of a layer in a unit."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.contrib.gis.db.models import Union
from django.db.models import QuerySet
from django.db.models.functions import Extract
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from geo.layers import registry
from geo.models import BasemapFeature, Division, DivisionOutline, User
from patrol import grids, units
from patrol.figures import figures
from patrol.grids import Run
from patrol.models import PresenceHour

TOWNS = "towns"
LAYERS = {
    "zones": _("重点整治区域"),
    "beats": _("巡区"),
    "compounds": _("居民小区周边"),
    "streets": _("街道"),
    TOWNS: _("乡镇"),
}
PERIOD_DAYS, DAYS_AT_MOST = 28, 371
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Period:
    """Whole hours of [start, end) in the county's time; `reach` is the first hour with data (hours from start)."""

    start: datetime
    end: datetime
    data_from: datetime | None
    reach: int

    @property
    def hour_count(self) -> int:
        return max(0, round((self.end - self.start) / HOUR))

    @property
    def weeks(self) -> float:
        """Weeks of which there are data: what "a week" means in visits a week."""
        return max(0, self.hour_count - self.reach) / grids.WEEK

    @property
    def first_hour(self) -> int:
        """The hour of the week (0 is Monday 0:00) of the first hour."""
        start = units.local(self.start)
        return start.weekday() * 24 + start.hour

    def at(self, hour: int) -> datetime:
        return self.start + hour * HOUR


@dataclass(frozen=True)
class PlaceHours:
    """`row` are the states of the period's hours; visits and drive-bys are sums over it."""

    key: int
    name: str
    division_id: str
    row: np.ndarray
    visits: int
    visit_s: float
    drive_bys: int
    sure: Run
    possible: Run
    counts: tuple[int, int, int, int]

    @property
    def counted(self) -> int:
        return sum(self.counts[grids.ABSENT :])

    def share(self, state: int) -> float:
        return self.counts[state] / self.counted if self.counted else 0.0

    @property
    def minutes_a_visit(self) -> float | None:
        return self.visit_s / self.visits / 60 if self.visits else None


@dataclass(frozen=True)
class Reading:
    """Every place of a layer in a unit, in a period. `grid` is (places, hours) of states."""

    layer: str
    unit: Division
    period: Period
    places: list[PlaceHours]
    grid: np.ndarray = field(repr=False)


def period(code: str, *, first: date | None, last: date | None, now: datetime) -> Period:
    """From one day to another, both whole, but never beyond the last full hour. The default is the last four weeks."""
    today = units.local(now).date()
    last = min(last or today, today)
    first = min(first or last - timedelta(days=PERIOD_DAYS - 1), last)
    first = max(first, last - timedelta(days=DAYS_AT_MOST - 1))
    start = units.start_of(first)
    full = units.local(now).replace(minute=0, second=0, microsecond=0)
    end = max(start, min(units.start_of(last + timedelta(days=1)), full))
    data_from = units.reach(code)
    reach = round((end - start) / HOUR)
    if data_from:
        # The hour in which the first of it came in had begun without any.
        reach = min(reach, max(0, -((start - data_from) // HOUR)))
    return Period(start, end, data_from, reach)


def read(user: User, unit: Division, layer: str, span: Period) -> Reading:
    known = places_of(user, unit.code, layer)
    order = {key: index for index, (key, _name, _division) in enumerate(known)}
    rows = _rows(user, unit.code, layer, span)
    place = np.array([order.get(_key(layer, row), -1) for row in rows], np.int64)
    numbers = np.array([row[2:] for row in rows], np.float64).reshape(len(rows), 6)
    kept = place >= 0
    place, numbers = place[kept], numbers[kept]
    hour = ((numbers[:, 0] - span.start.timestamp()) // 3600).astype(np.int64)
    shape = (len(known), span.hour_count)
    grid = grids.states(
        place, hour, numbers[:, 1], numbers[:, 2], shape=shape, reach=span.reach, present_hour_s=figures(span.end).present_hour_s
    )
    sums = np.stack([np.bincount(place, weights=numbers[:, column], minlength=len(known)) for column in (3, 4, 5)], axis=1)
    found = [_place_hours(one, grid[index], sums[index]) for index, one in enumerate(known)]
    return Reading(layer, unit, span, found, grid)


def one(found: Reading, key: int) -> PlaceHours:
    """One place of a reading; 404 for any other."""
    for each in found.places:
        if each.key == key:
            return each
    raise Http404


def unit_of(user: User, layer: str, key: int) -> Division:
    """The smallest unit that a place lies in: where it is read from, so that one place costs one place."""
    if layer == TOWNS:
        return units.chosen(user, str(key))
    if layer == "streets":
        return user.division
    if layer not in LAYERS:
        raise Http404
    place = registry[layer].model.objects.visible_to(user).filter(pk=key).select_related("division").first()
    if place is None:
        raise Http404
    return place.division


def places_of(user: User, code: str, layer: str) -> list[tuple[int, str, str]]:
    """(key, name, division) of every place there is, patrolled or not."""
    if layer == TOWNS:
        return [(int(town.code), town.name, town.code) for town in units.towns(code)]
    if layer == "streets":
        return [(pk, name, code) for pk, name in _streets(code).values_list("pk", "name")]
    model = registry[layer].model
    return list(
        model.objects.visible_to(user).in_division(code).order_by("division_id", "name", "pk").values_list("pk", "name", "division_id")
    )


def _streets(code: str) -> QuerySet[BasemapFeature]:
    """Streets and main roads that touch the unit; roads are public knowledge and have no territory."""
    ground = DivisionOutline.objects.filter(division_id=code, valid_to=None).aggregate(ground=Union("geom"))["ground"]
    kinds = (BasemapFeature.Kind.MAIN_ROAD, BasemapFeature.Kind.STREET)
    streets = BasemapFeature.objects.filter(kind__in=kinds).order_by("name", "pk")
    return streets.filter(geom__intersects=ground) if ground else streets.none()


def _rows(user: User, code: str, layer: str, span: Period) -> list[tuple]:
    rows = PresenceHour.objects.visible_to(user).in_division(code).between(span.start, span.end).order_by()
    # A town is patrolled where any of its places is; its visits are those of its beats, so that none counts twice.
    rows = rows if layer == TOWNS else rows.filter(layer=layer)
    columns = ("division_id", "place_pk", "epoch", "present_s", "unknown_s", "visit_count", "visit_s", "drive_by_count")
    named = rows.annotate(epoch=Extract("hour", "epoch", tzinfo=UTC)).values_list(*columns, "layer")
    return [row[:-1] if layer != TOWNS or row[-1] == "beats" else (*row[:5], 0, 0, 0) for row in named]


def _key(layer: str, row: tuple) -> int:
    return int(row[0][: units.TOWN_LENGTH]) if layer == TOWNS else row[1]


def _place_hours(one: tuple[int, str, str], row: np.ndarray, sums: np.ndarray) -> PlaceHours:
    key, name, division = one
    counts = tuple(int(n) for n in np.bincount(row, minlength=4)[:4])
    return PlaceHours(
        key, name, division, row, int(sums[0]), float(sums[1]), int(sums[2]), grids.sure_gap(row), grids.possible_gap(row), counts
    )
