"""Fixes into the store: whichever door they came by, only within a shift, each once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Greatest

from patrol import wire
from patrol.figures import Figures
from patrol.models import Device, Door, Patrol, Shift, TouchedPatrol
from patrol.points import Flag, Points, metres_between
from patrol.sql import LOCKED_KNOWN_TIMES, copy_fixes

# Names of patrols that a plan and not a phone began.
_BY_PLAN = UUID("5e1f7a52-43e5-4c1c-9c59-0b8f6f1f2a10")


@dataclass
class Stored:
    """What became of the points that were handed in: their numbers add up."""

    stored: int = 0
    repeated: int = 0
    dropped: int = 0
    flags: list[str] = field(default_factory=list)


def moment(at_ms: float) -> datetime:
    return datetime.fromtimestamp(float(at_ms) / 1000, UTC)


def store(points: Points, *, device: Device, patrol: Patrol | None, now: datetime, figures: Figures) -> Stored:
    """Keep what lies within the patrol, or, where none is named, within the holder's shifts and open patrols."""
    told = Stored(flags=suspicions(points, figures))
    believed = points.flags & int(Flag.CLOCK) == 0
    expired = believed & (points.at_ms < (now - timedelta(days=figures.tracks_kept_days)).timestamp() * 1000)
    turns = _turns(points, believed, device=device, patrol=patrol, figures=figures)
    inside = np.zeros(len(points), dtype=bool)
    for turn in turns:
        inside |= (points.at_ms >= turn.start_ms) & (points.at_ms <= turn.end_ms)
    # A clock that cannot be believed says nothing of the shift: a phone's points are kept, flagged and not counted. A file is no clock.
    keep = (inside | (~believed & (device.door != Door.FILE))) & ~expired
    told.dropped = int((~keep).sum())
    told.flags += ["expired"] if expired.any() else []
    told.flags += ["outside_shift"] if (~keep & ~expired).any() else []
    if keep.any():
        kept = points.where(keep)
        told.stored = insert(kept, device_id=device.pk, now=now)
        told.repeated = len(kept) - told.stored
        if told.stored:
            for turn in turns:
                _note(turn, kept, device=device, now=now, is_named=patrol is not None)
    return told


def suspicions(points: Points, figures: Figures) -> list[str]:
    found = []
    if (points.flags & int(Flag.CLOCK)).any():
        found.append("clock_suspect")
    if (points.flags & int(Flag.MOCK)).any():
        found.append("mock")
    order = np.argsort(points.at_ms, kind="stable")
    seconds = np.maximum(np.diff(points.at_ms[order]) / 1000, 1)
    if (metres_between(points.lon[order], points.lat[order]) / seconds > figures.speed_at_most_kmh / 3.6).any():
        found.append("speed_suspect")
    return found


def insert(points: Points, *, device_id: int, now: datetime) -> int:
    """The rows that were new, in the caller's transaction; a fix that is there already stays as it was.

    One writer at a time for each device, so that what is not there yet can be copied in: twice as fast as ON CONFLICT.
    """
    if not (np.diff(points.at_ms) > 0).all():
        _at, first = np.unique(points.at_ms, return_index=True)
        points = points.where(first)
    with connection.cursor() as cursor:
        times = {"first": moment(points.at_ms[0]), "last": moment(points.at_ms[-1])}
        cursor.execute(LOCKED_KNOWN_TIMES, {"device": device_id, **times})
        if known := [at_ms for (at_ms,) in cursor.fetchall()]:
            points = points.where(~np.isin(points.at_ms, known))
        for columns in _columns(points, device_id, now):
            with cursor.copy(copy_fixes(tuple(columns))) as copy:
                copy.write(wire.rows(columns))
    return len(points)


def _columns(points: Points, device_id: int, now: datetime) -> Iterator[dict[str, np.ndarray]]:
    """Columns of the table, for the rows that know the same things: what is not known (NaN) is left out, and so NULL."""
    if not len(points):
        return
    told = {name: getattr(points, name).astype(">f4") for name in ("accuracy_m", "speed_ms", "heading_deg", "altitude_m")}
    gaps = [np.isnan(column) for column in told.values()]
    if all(np.count_nonzero(each) in (0, len(points)) for each in gaps):
        patterns = {sum(int(each[0]) << place for place, each in enumerate(gaps)): slice(None)}
    else:
        unknown = sum(each << place for place, each in enumerate(gaps))
        patterns = {int(pattern): unknown == pattern for pattern in np.unique(unknown)}
    received = wire.moments(np.array([int(now.timestamp() * 1000)]))
    for pattern, mine in patterns.items():
        yield {
            "device_id": np.array([device_id], dtype=">i4"),
            "at": wire.moments(points.at_ms[mine]),
            "lon": points.lon[mine].astype(">f8"),
            "lat": points.lat[mine].astype(">f8"),
            "flags": points.flags[mine].astype(">i2"),
            "received_at": received,
            **{name: column[mine] for place, (name, column) in enumerate(told.items()) if not pattern >> place & 1},
        }


@dataclass
class _Turn:
    """A time within which points count: a patrol, or a shift for which none has begun yet."""

    start_ms: float
    end_ms: float
    patrol: Patrol | None = None
    shift: Shift | None = None


def _turns(points: Points, believed: np.ndarray, *, device: Device, patrol: Patrol | None, figures: Figures) -> list[_Turn]:
    grace, longest = timedelta(minutes=figures.shift_grace_minutes), timedelta(hours=figures.patrol_closes_after_hours)
    if patrol is not None:
        return [_turn_of(patrol, longest, grace)]
    if not believed.any():
        return []
    start, end = moment(points.at_ms[believed].min()), moment(points.at_ms[believed].max())
    known = Patrol.objects.of_member(device.user).between(start - longest, end + timedelta(seconds=1)).select_related("shift")
    turns = [_turn_of(one, longest, grace) for one in known]
    begun = {one.shift_id for one in known}
    shifts = Shift.objects.of_member(device.user).planned().between(start - grace, end + grace)
    for shift in shifts:
        if shift.pk not in begun:
            turns.append(_Turn((shift.starts_at - grace).timestamp() * 1000, (shift.ends_at + grace).timestamp() * 1000, shift=shift))
    return turns


def _turn_of(patrol: Patrol, longest: timedelta, grace: timedelta) -> _Turn:
    start, end = patrol.started_at, patrol.ended_at or patrol.started_at + longest
    if patrol.shift and patrol.key == key_by_plan(patrol.shift, patrol.user_id):  # began with a fix: earlier ones may come yet
        start, end = patrol.shift.starts_at - grace, patrol.shift.ends_at + grace
    return _Turn(start.timestamp() * 1000, end.timestamp() * 1000, patrol=patrol)


def _note(turn: _Turn, points: Points, *, device: Device, now: datetime, is_named: bool) -> None:
    """Tell the patrol of its newest fix, and the reckoning of what is to be done again."""
    mine = points.where((points.at_ms >= turn.start_ms) & (points.at_ms <= turn.end_ms) & (points.flags & int(Flag.CLOCK) == 0))
    if not len(mine):
        return
    first, last = int(np.argmin(mine.at_ms)), int(np.argmax(mine.at_ms))
    patrol = turn.patrol or by_plan(turn.shift, device=device, now=now, started_at=moment(mine.at_ms[first]))
    rows = Patrol.objects.of_member(device.user).filter(pk=patrol.pk)
    place = Point(float(mine.lon[last]), float(mine.lat[last]), srid=4326)
    newest = moment(mine.at_ms[last])
    rows.filter(Q(last_fix_at=None) | Q(last_fix_at__lt=newest)).update(last_fix_at=newest, last_geom=place)
    if not is_named:  # one that is named has been told already
        rows.update(last_contact_at=Greatest(F("last_contact_at"), now))
    if patrol.started_at > moment(mine.at_ms[first]):
        rows.update(started_at=moment(mine.at_ms[first]))
    TouchedPatrol.objects.create(patrol=patrol, from_at=moment(mine.at_ms[first]), to_at=newest)


def by_plan(shift: Shift, *, device: Device, now: datetime, started_at: datetime) -> Patrol:
    """The patrol of a shift whose member's app only sends positions and has no button to begin with."""
    fresh = {"user": device.user, "device": device, "shift": shift, "division_id": shift.division_id}
    made, _is_new = Patrol.objects.everywhere("the device's own").get_or_create(
        key=key_by_plan(shift, device.user_id), defaults={**fresh, "started_at": started_at, "last_contact_at": now}
    )
    return made


def key_by_plan(shift: Shift, user_pk: int) -> UUID:
    return uuid5(_BY_PLAN, f"{shift.pk} {user_pk}")
