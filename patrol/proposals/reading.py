"""What a proposal is made from: incidents, presence and what is planned already, by beat and hour of the week."""

import math
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection

from geo.models import Incident, User
from patrol import grids, hours, roster, units
from patrol import plan_reading as reading
from patrol.models import Beat, ProposalStandard, Shift, Team
from patrol.proposals import sql
from patrol.proposals.proposing import WEEK

MONTH = timedelta(days=365.25 / 12)


def gather(team: Team, week: date, *, standard: ProposalStandard, by: User, now: datetime) -> dict:
    """The document `frozen` of patrol.proposals.proposing. Names of spots and beats, and counts; no person."""
    beats = list(Beat.objects.in_division(team.division_id).order_by("division_id", "name", "pk"))
    incidents, spots = _incidents(team, beats, standard, now)
    seen = _presence(team, by, standard, now)
    start = roster.midnight(week)
    planned, busy = _planned(team, start, {each.pk for each in beats})
    nothing = np.zeros((WEEK, 4), int)
    told = []
    for each in beats:
        states = seen.get(each.pk, nothing)
        told.append({
            "pk": each.pk, "name": each.name, "incidents": incidents.get(each.pk, [0] * WEEK), "spots": spots.get(each.pk, []),
            "planned": sorted(planned.get(each.pk, ())),
            **{name: states[:, state].tolist() for name, state in NAMES.items()},
        })  # fmt: skip
    past = max(0, math.ceil((now - start) / roster.HOUR))
    return {
        "beats": told, "member_count": reading.members_on(team, max(week, roster.day_of(now))).count(), "busy": busy,
        "months": standard.month_count, "weeks": standard.presence_weeks, "first_hour": min(past, WEEK),
    }  # fmt: skip


NAMES = {"present": grids.PRESENT, "absent": grids.ABSENT, "unknown": grids.UNKNOWN}


def _incidents(team: Team, beats: list[Beat], standard: ProposalStandard, now: datetime) -> tuple[dict, dict]:
    """The last months of which the county has data, however long ago: an old register is told by its day, not taken for calm."""
    county = Incident.objects.in_division(team.division_id[: units.COUNTY_LENGTH]).filter(occurred_at__lte=now)
    newest = county.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    if newest is None or not beats:
        return {}, {}
    until = newest + timedelta(seconds=1)
    scale = math.cos(math.radians(beats[0].geom.centroid.y))
    asked = {
        "beats": [each.pk for each in beats], "from": until - standard.month_count * MONTH, "until": until,
        "zone": str(roster.COUNTY_TIME), "cell": standard.cell_m / scale, "most": standard.spot_count,
    }  # fmt: skip
    found: dict[int, list[int]] = {}
    for pk, hour, count in _ask(sql.BY_HOUR, asked):
        found.setdefault(pk, [0] * WEEK)[hour] = count
    spots: dict[int, list[dict]] = {}
    for pk, count, lon, lat, name in _ask(sql.SPOTS, asked):
        spots.setdefault(pk, []).append({"name": name, "lon": round(lon, 5), "lat": round(lat, 5), "count": count})
    return found, spots


def _ask(statement: str, values: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _presence(team: Team, by: User, standard: ProposalStandard, now: datetime) -> dict[int, np.ndarray]:
    """(168, 4) by beat: in how many weeks each hour was in each state."""
    today = roster.day_of(now)
    span = hours.period(team.division_id, first=today - timedelta(weeks=standard.presence_weeks), last=today, now=now)
    found = hours.read(by, team.division, "beats", span)
    return {each.key: grids.weekly(each.row, first=span.first_hour) for each in found.places}


def _planned(team: Team, start: datetime, beats: set[int]) -> tuple[dict[int, set[int]], list[int]]:
    """Hours in which somebody is planned on a beat, of whatever team; and how many of the team's own people are planned in each."""
    rows = Shift.objects.everywhere("hours of whatever team, and no person").in_division(team.division_id[: units.COUNTY_LENGTH])
    rows = rows.planned().between(start, start + roster.WEEK)
    planned: dict[int, set[int]] = {}
    busy = [0] * WEEK
    for each in rows:
        first = max(0, math.floor((each.starts_at - start) / roster.HOUR))
        last = min(WEEK, math.ceil((each.ends_at - start) / roster.HOUR))
        if each.beat_id in beats:
            planned.setdefault(each.beat_id, set()).update(range(first, last))
        if each.team_id == team.pk:
            for hour in range(first, last):
                busy[hour] += each.needed_count
    return planned, busy


def hours_left(team: Team, week: date, *, now: datetime) -> int:
    """Hours that the team's people have left in the week, by the limit of the patrol standard."""
    start = roster.midnight(week)
    members = reading.members_on(team, max(week, roster.day_of(now))).count()
    used = 0.0
    for each in Shift.objects.in_division(team.division_id).planned().filter(team=team).between(start, start + roster.WEEK):
        used += each.needed_count * ((min(each.ends_at, start + roster.WEEK) - max(each.starts_at, start)) / roster.HOUR)
    return max(0, int(members * reading.limits(week).week_hours_at_most - used))
