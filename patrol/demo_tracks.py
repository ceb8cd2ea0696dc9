"""Invented tracks for the demo's past shifts: walked, driven, late, with dark screens and pauses; a few not walked at all.

They go the real way: fixes into the store, log entries through intake, presence by the reckoning. Nobody in it is a person.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import shapely
from django.db import connection

from geo import coords
from geo.demo.plane import random
from geo.models import User
from patrol import intake, points, reckoning, tracking
from patrol.demo import BY, TOWNSHIPS
from patrol.models import Device, Door, Patrol, PatrolEvent, Shift, ShiftKind, Target, TouchedPatrol, TrackChunk
from patrol.sql import BY_INDEX

DAYS_BACK = 7
FIX_EVERY_S = 40
SPEED_MS = {ShiftKind.MOTOR: 7.0, ShiftKind.FOOT: 1.1, ShiftKind.KIOSK: 0.02}
ENTRIES = (
    ("visit", "走访商户，提醒关窗锁门"),
    ("visit", "到小区门卫室签到"),
    ("hazard", "楼道堆放杂物，已告知物业"),
    ("hazard", "消防通道被占用"),
    ("facility", "路灯不亮"),
    ("facility", "护栏损坏"),
    ("help", "为群众指路"),
)
TARGETS = (("patrol_hours", 3000), ("visits", 1500), ("longest_gap", 36))


@dataclass(frozen=True)
class Turn:
    """One demo turn: who, when, and the times (ms) in which the screen was off or the patrol paused."""

    shift: Shift
    user: User
    start_ms: int
    end_ms: int
    is_over: bool
    hidden: tuple[int, int] | None
    paused: tuple[int, int] | None


def load(*, now: datetime) -> dict[str, int]:
    # Everything before was written in this transaction: the planner knows no sizes yet, and would look through whole tables.
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX, ["off"])
    try:
        return _load(now)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(BY_INDEX, ["on"])


def _load(now: datetime) -> dict[str, int]:
    dice = random("patrol tracks")
    since = now - timedelta(days=DAYS_BACK)
    rows = Shift.objects.everywhere("the demo's own").planned().filter(team__is_invented=True, starts_at__gt=since, starts_at__lt=now)
    devices: dict[int, Device] = {}
    counts = {"patrols": 0, "fixes": 0, "log_entries": 0}
    for shift in rows.select_related("team", "beat", "station").prefetch_related("crew__user__division").order_by("starts_at", "pk"):
        members = [one.user for one in shift.crew.all()]
        if not members or dice.random() < 0.07:  # planned, and nobody went
            continue
        turn = _turn(shift, members[0], now, dice)
        device = devices.setdefault(turn.user.pk, _device(turn.user, since))
        counts["patrols"] += 1
        counts["fixes"] += _walk(turn, device, now, dice)
        counts["log_entries"] += _notes(turn, device, now, dice)
    reckoning.settle(now=now)
    _targets(now)
    return counts


def _device(user: User, since: datetime) -> Device:
    digest = hashlib.sha256(f"demo {user.username}".encode()).hexdigest()  # of no token that anybody has
    made, _is_new = Device.objects.get_or_create(
        digest=digest, defaults={"user": user, "door": Door.PHONE, "name": "演示手机", "signed_in_at": since}
    )
    return made


def _turn(shift: Shift, user: User, now: datetime, dice: np.random.Generator) -> Turn:
    late, early = dice.exponential(4), dice.exponential(3)
    start = shift.starts_at + timedelta(minutes=float(min(late, 40)))
    end = min(now, shift.ends_at - timedelta(minutes=float(min(early, 30))))
    start_ms, end_ms = int(start.timestamp() * 1000), int(max(start, end).timestamp() * 1000)
    span = end_ms - start_ms

    def part(chance: float, longest_s: int) -> tuple[int, int] | None:
        if dice.random() > chance or span < 4 * longest_s * 1000:
            return None
        at = start_ms + int(dice.uniform(0.1, 0.8) * span)
        return at, at + int(dice.uniform(0.3, 1) * longest_s * 1000)

    return Turn(shift, user, start_ms, end_ms, shift.ends_at <= now, part(0.45, 2400), part(0.4, 1500))


def _walk(turn: Turn, device: Device, now: datetime, dice: np.random.Generator) -> int:
    """The patrol and its fixes; gives how many."""
    at_ms = np.arange(turn.start_ms, turn.end_ms, FIX_EVERY_S * 1000, dtype=np.int64)
    for span in (turn.hidden, turn.paused):
        if span:
            at_ms = at_ms[(at_ms < span[0]) | (at_ms > span[1])]
    lon, lat = _positions(turn.shift, (at_ms - turn.start_ms) / 1000, dice)
    empty = np.full(len(at_ms), np.nan)
    made = points.Points(at_ms, lon, lat, dice.uniform(4, 25, len(at_ms)), empty, empty, empty, np.zeros(len(at_ms), dtype=np.int16))
    start, end = tracking.moment(turn.start_ms), tracking.moment(turn.end_ms)
    patrol = Patrol.objects.create(
        key=UUID(bytes=dice.bytes(16), version=4), user=turn.user, device=device, shift=turn.shift, division_id=turn.shift.division_id,
        started_at=start, ended_at=end if turn.is_over else None, closing="member" if turn.is_over else "", last_contact_at=end,
        chunk_count=1 if turn.is_over else None,
    )  # fmt: skip
    for span, (begins, ends) in ((turn.hidden, ("hidden", "shown")), (turn.paused, ("paused", "resumed"))):
        if span:
            PatrolEvent.objects.create(patrol=patrol, kind=begins, at=tracking.moment(span[0]))
            PatrolEvent.objects.create(patrol=patrol, kind=ends, at=tracking.moment(span[1]))
    if len(made):
        tracking.insert(made, device_id=device.pk, now=now)
        place = shapely.Point(lon[-1], lat[-1])
        Patrol.objects.everywhere("just made").filter(pk=patrol.pk).update(
            last_fix_at=tracking.moment(at_ms[-1]), last_geom=f"SRID=4326;{place.wkt}"
        )
    TrackChunk.objects.create(patrol=patrol, number=1, point_count=len(made))
    TouchedPatrol.objects.create(patrol=patrol, from_at=start, to_at=end)
    return len(made)


def _positions(shift: Shift, seconds: np.ndarray, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Where somebody is after so many seconds, there and back along a way (degrees WGS-84)."""
    way = _way(shift, dice)
    speed = SPEED_MS[ShiftKind(shift.kind)] * dice.uniform(0.7, 1.2)
    along = seconds * speed % (2 * way.length)
    along = np.where(along > way.length, 2 * way.length - along, along)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(way, along)) + dice.normal(0, 3, (len(along), 2))
    epsg = coords.gauss_kruger_epsg(_middle(shift).x)
    degrees = shapely.get_coordinates(coords.from_plane(np.array(shapely.points(xy), dtype=object), epsg))
    return degrees[:, 0], degrees[:, 1]


def _middle(shift: Shift):
    if shift.station:
        return shift.station.geom
    if shift.beat:
        return shift.beat.geom.point_on_surface
    return shift.division.seat or shift.division.outlines.first().geom.point_on_surface


def _way(shift: Shift, dice: np.random.Generator) -> shapely.LineString:
    """In metres: a route's line, a round through an area's inside, or a step around a kiosk."""
    middle = _middle(shift)
    epsg = coords.gauss_kruger_epsg(middle.x)
    if shift.beat and shift.beat.route:
        line = coords.to_plane(np.array([shapely.from_wkt(shift.beat.route.wkt)], dtype=object), epsg)[0]
        parts = shapely.get_parts(line)
        return shapely.LineString(np.concatenate([shapely.get_coordinates(part) for part in parts]))
    (spot,) = shapely.get_coordinates(coords.to_plane(np.array([shapely.from_wkt(middle.wkt)], dtype=object), epsg))
    if shift.station or not shift.beat:
        reach = 5 if shift.station else 800
        return shapely.LineString(spot + dice.normal(0, reach, (8, 2)))
    area = coords.to_plane(np.array([shapely.from_wkt(shift.beat.geom.wkt)], dtype=object), epsg)[0]
    west, south, east, north = area.bounds
    tried = dice.uniform((west, south), (east, north), (200, 2))
    inside = tried[shapely.contains_xy(area, tried[:, 0], tried[:, 1])][:25]
    return shapely.LineString(inside if len(inside) > 1 else spot + dice.normal(0, 50, (8, 2)))


def _notes(turn: Turn, device: Device, now: datetime, dice: np.random.Generator) -> int:
    """Log entries as the phone hands them in."""
    count = int(dice.poisson(0.1))
    for _number in range(count):
        kind, text = ENTRIES[dice.integers(len(ENTRIES))]
        at = int(dice.uniform(turn.start_ms, max(turn.start_ms + 1, turn.end_ms)))
        lon, lat = _positions(turn.shift, np.array([(at - turn.start_ms) / 1000]), dice)
        log = {"kind": kind, "text": text, "happened_at": at, "position": {"lon": float(lon[0]), "lat": float(lat[0]), "accuracy_m": 12}}
        body = {"schema": 1, "submission_id": str(UUID(bytes=dice.bytes(16), version=4)), "kind": "log", "log": log}
        intake.receive(device=device, raw=json.dumps(body, ensure_ascii=False).encode(), now=max(now, tracking.moment(at)))
    return count


def _targets(now: datetime) -> None:
    by = User.objects.get_by_natural_key(BY)
    for code in TOWNSHIPS:
        for measure, value in TARGETS:
            Target.objects.create(division_id=code, year=now.year, measure=measure, value=value, set_by=by)
