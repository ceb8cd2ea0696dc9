"""From what came in to what is kept: tracks of the touched patrols, and presence of the touched hours, and no others.

reckoning.settle(now=now)     everything that waits; one at a time, whoever else is asked
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import shapely
from django.contrib.gis.geos import LineString, MultiLineString
from django.db import connection, transaction

from geo import coords
from patrol import presence, reading, tracks
from patrol.clipping import Areas
from patrol.figures import Figures, figures
from patrol.models import Device, Patrol, PresenceHour, ShiftKind, TouchedPatrol, Track
from patrol.places import Places, of_county
from patrol.presence import HOUR_MS, Walk
from patrol.sql import COPY_PRESENCE, DROP_STAGE, INSERT_PRESENCE, RECKON_ALONE, STAGE_PRESENCE
from patrol.tracks import CleanTrack, Fixes, Rules

COUNTY = 6
PATROLS_AT_ONCE = 200


@dataclass
class Cleaned:
    """A patrol with its track."""

    patrol: Patrol
    start_ms: int
    end_ms: int
    track: CleanTrack


def settle(*, now: datetime) -> int:
    """Patrols whose track was drawn anew. Nothing is left half done: marks, tracks and presence change together."""
    done = 0
    while True:
        with transaction.atomic():
            if not _alone():
                return done
            # Only marks are held, not their patrols: a phone that hands in more meanwhile does not wait.
            waiting = list(TouchedPatrol.objects.select_for_update(skip_locked=True)[: PATROLS_AT_ONCE * 10])
            if not waiting:
                return done
            _settle(waiting, figures(now), now)
            TouchedPatrol.objects.filter(pk__in=[one.pk for one in waiting]).delete()
        done += len({one.patrol_id for one in waiting})


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RECKON_ALONE)
        return cursor.fetchone()[0]


def _settle(waiting: list[TouchedPatrol], standard: Figures, now: datetime) -> None:
    touched: dict[int, list[TouchedPatrol]] = defaultdict(list)
    for one in waiting:
        touched[one.patrol_id].append(one)
    hours: dict[str, set[int]] = defaultdict(set)
    for cleaned in clean(Patrol.objects.everywhere("all that wait").filter(pk__in=touched), standard, now):
        draw(cleaned, standard, now)
        hours[cleaned.patrol.division_id[:COUNTY]] |= _hours_touched(cleaned, touched[cleaned.patrol.pk])
    for county, numbers in hours.items():
        reckon(county, sorted(numbers), standard, now)


def clean(patrols: Iterable[Patrol], standard: Figures, now: datetime) -> list[Cleaned]:
    """The cleaned tracks of patrols, from the fixes of all their people's devices."""
    patrols = list(patrols.select_related("shift").prefetch_related("events"))
    if not patrols:
        return []
    rules = Rules(**{name: getattr(standard, name) for name in Rules.__dataclass_fields__})
    devices = defaultdict(list)
    for pk, user in Device.objects.filter(user__in={one.user_id for one in patrols}).values_list("pk", "user_id"):
        devices[user].append(pk)
    found = []
    for patrol in patrols:
        start_ms, end_ms = _span(patrol)
        raw = reading.fixes(devices[patrol.user_id], _moment(start_ms), _moment(end_ms + 1))
        paused, hidden = _noted(patrol, end_ms, "paused", "resumed"), _noted(patrol, end_ms, "hidden", "shown")
        track = tracks.clean(raw, start_ms=start_ms, end_ms=end_ms, rules=rules, paused=paused, hidden=hidden)
        found.append(Cleaned(patrol, start_ms, end_ms, track))
    return found


def _span(patrol: Patrol) -> tuple[int, int]:
    """One that is still out is known up to its newest fix: the time since is not a gap yet."""
    end = patrol.ended_at or max(patrol.started_at, patrol.last_fix_at or patrol.started_at)
    return int(patrol.started_at.timestamp() * 1000), int(end.timestamp() * 1000)


def _noted(patrol: Patrol, end_ms: int, begins: str, ends: str) -> list[tuple[int, int]]:
    spans, since = [], None
    for event in patrol.events.all():
        at = int(event.at.timestamp() * 1000)
        if event.kind == begins and since is None:
            since = at
        elif event.kind == ends and since is not None:
            spans.append((since, at))
            since = None
    return spans + ([(since, max(since, end_ms))] if since is not None else [])


def _hours_touched(cleaned: Cleaned, marks: list[TouchedPatrol]) -> set[int]:
    """From the fix before what came in to the one behind it: that far a new fix changes what is known."""
    at, hours = cleaned.track.fixes.at_ms, set()
    for mark in marks:
        from_ms, to_ms = int(mark.from_at.timestamp() * 1000), int(mark.to_at.timestamp() * 1000)
        before, behind = at[at < from_ms], at[at > to_ms]
        start = int(before[-1]) if len(before) else min(cleaned.start_ms, from_ms)
        end = int(behind[0]) if len(behind) else max(cleaned.end_ms, to_ms)
        hours |= set(range(start // HOUR_MS, end // HOUR_MS + 1))
    return hours


def draw(cleaned: Cleaned, standard: Figures, now: datetime) -> None:
    """The line, its stops and gaps; what was left out and why."""
    track = cleaned.track
    points = np.column_stack((track.fixes.lon, track.fixes.lat))
    lines = [LineString(points[a:b].tolist(), srid=4326) for a, b in track.runs if b - a > 1]
    values = {
        "line": MultiLineString(lines, srid=4326) if lines else None,
        "length_m": track.length_m, "recorded_s": track.recorded_s, "unknown_s": track.unknown_s, "fix_count": len(track.fixes),
        "discarded": track.discarded, "stops": [vars(stop) for stop in track.stops], "gaps": [vars(gap) for gap in track.gaps],
        "standard_id": standard.standard, "computed_at": now,
    }  # fmt: skip
    Track.objects.update_or_create(patrol=cleaned.patrol, defaults=values)


def reckon(county: str, hours: list[int], standard: Figures, now: datetime) -> int:
    """Presence of a county's places in these hours, anew from every patrol that was out in them. Gives the rows written."""
    places = of_county(county, figures=standard, on=_moment(hours[-1] * HOUR_MS).date())
    wanted = set(hours)
    rows: dict[tuple[int, int], PresenceHour] = {}

    def row(place: int, hour: int) -> PresenceHour:
        if (place, hour) not in rows:
            rows[place, hour] = PresenceHour(
                layer=places.layers[place], place_pk=places.keys[place], division_id=places.divisions[place],
                hour=_moment(hour * HOUR_MS), present_s=0, unknown_s=0, visit_count=0, drive_by_count=0, visit_s=0,
            )  # fmt: skip
        return rows[place, hour]

    areas = Areas(places.shapes)
    for patrols in _batches(county, hours):
        cleaned = clean(patrols, standard, now)
        _add_present(cleaned, areas, standard, wanted, row)
        for one in cleaned:
            _add_unknown(one, places, standard, wanted, row)
    moments = [_moment(hour * HOUR_MS) for hour in hours]
    mine = PresenceHour.objects.in_division(county).filter(hour__in=moments)
    mine.delete()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE_PRESENCE)
        with cursor.copy(COPY_PRESENCE) as copy:
            for one in rows.values():
                told = (one.present_s, one.unknown_s, one.visit_count, one.drive_by_count, one.visit_s)
                copy.write_row((one.layer, one.place_pk, one.division_id, one.hour, *told))
        cursor.execute(INSERT_PRESENCE)
        cursor.execute(DROP_STAGE)
    return len(rows)


def _batches(county: str, hours: list[int]):
    start, end = _moment(hours[0] * HOUR_MS), _moment((hours[-1] + 1) * HOUR_MS)
    found = Patrol.objects.in_division(county).between(start, end).order_by("pk")
    keys = list(found.values_list("pk", flat=True))
    for first in range(0, len(keys), PATROLS_AT_ONCE):
        yield Patrol.objects.in_division(county).filter(pk__in=keys[first : first + PATROLS_AT_ONCE])


def walk_of(cleaned: list[Cleaned]) -> Walk:
    """The steps of several tracks as one."""
    parts = [one.track.fixes for one in cleaned]
    joined = Fixes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Fixes.__dataclass_fields__})
    track = np.repeat(np.arange(len(cleaned)), [len(part) for part in parts])
    connected = np.zeros(max(len(joined) - 1, 0), dtype=bool)
    first = 0
    for one in cleaned:
        for a, b in one.track.runs:
            connected[first + a : first + b - 1] = True
        first += len(one.track.fixes)
    return presence.steps_of(track, joined.at_ms, joined.lon, joined.lat, connected)


def _add_present(cleaned: list[Cleaned], areas: Areas, standard: Figures, wanted: set[int], row) -> None:
    if not cleaned:
        return
    walk = walk_of(cleaned)
    inside = presence.seconds_inside(walk, areas)
    for (place, hour), seconds in presence.by_hour(walk, inside).items():
        if hour in wanted:
            row(place, hour).present_s += seconds
    for stay in presence.stays(walk, inside, joins_within_s=standard.visit_joins_within_s):
        hour = stay.from_ms // HOUR_MS
        if hour not in wanted:
            continue
        if presence.is_visit(
            stay,
            after_s=standard.visit_after_s,
            speed_at_most_kmh=standard.visit_speed_at_most_kmh,
            speed_after_s=standard.visit_speed_after_s,
        ):
            row(stay.place, hour).visit_count += 1
            row(stay.place, hour).visit_s += stay.seconds
        else:
            row(stay.place, hour).drive_by_count += 1


def _add_unknown(one: Cleaned, places: Places, standard: Figures, wanted: set[int], row) -> None:
    """What a gap may hide, in the places of the patrol's own territory."""
    mine = [number for number, code in enumerate(places.divisions) if code.startswith(one.patrol.division_id)]
    if not mine or not one.track.gaps:
        return
    fixes, shapes = one.track.fixes, places.plane[mine]
    kind = one.patrol.shift.kind if one.patrol.shift else ShiftKind.MOTOR
    for gap in one.track.gaps:
        if not any(hour in wanted for hour, _seconds in presence.hours_of(gap.from_ms, gap.to_ms)):
            continue
        before = _last(fixes, fixes.at_ms <= gap.from_ms, -1, places.epsg)
        after = _last(fixes, fixes.at_ms >= gap.to_ms, 0, places.epsg)
        for number, from_ms, to_ms in presence.reachable((gap.from_ms, gap.to_ms), before, after, shapes, standard.reach_kmh[kind]):
            for hour, seconds in presence.hours_of(from_ms, to_ms):
                if hour in wanted:
                    row(mine[number], hour).unknown_s += seconds


def _last(fixes: Fixes, side: np.ndarray, which: int, epsg: int) -> shapely.Geometry | None:
    index = np.flatnonzero(side)
    if not len(index):
        return None
    at = index[which]
    return coords.to_plane(np.array([shapely.Point(fixes.lon[at], fixes.lat[at])], dtype=object), epsg)[0]


def close_forgotten(*, now: datetime) -> int:
    """Patrols that nobody ended: they end with their last fix, and say that it was the system."""
    longest = timedelta(hours=figures(now).patrol_closes_after_hours)
    closed = 0
    for patrol in Patrol.objects.everywhere("all that were forgotten").out().filter(started_at__lt=now - longest):
        ended_at = max(patrol.started_at, patrol.last_fix_at or patrol.started_at)
        mine = Patrol.objects.everywhere("the same").out().filter(pk=patrol.pk)
        closed += mine.update(ended_at=ended_at, closing=Patrol.Closing.BY_SYSTEM)
        TouchedPatrol.objects.create(patrol=patrol, from_at=patrol.started_at, to_at=ended_at)
    return closed


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
