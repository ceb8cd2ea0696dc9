"""The one door for what devices hand in: each submission once, answered with a receipt, all or nothing.

    receipt = intake.receive(device=device, raw=body, now=now)        as a phone sends it (docs/field-api.md)
    stored = intake.fixes(device=device, points=points, now=now)      as other apps and files bring it

Acknowledged means committed: the caller answers after the transaction (promise 1). Two deliveries of one submission at the
same time wait for each other on its number; the second one finds the first one's row (promise 2).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from patrol import envelope, points, tracking
from patrol.entries import announce, point_of, write_entry
from patrol.envelope import Envelope, refuse
from patrol.figures import Figures, figures
from patrol.models import Device, IntakeConflict, Patrol, PatrolEvent, Photo, Shift, Submission, TouchedPatrol, TrackChunk
from patrol.phone_parts import Handed, Taken, handed_in, parts
from patrol.points import PointsRefused
from patrol.sql import ONE_AT_A_TIME
from patrol.tracking import Stored, moment


@dataclass(frozen=True)
class Receipt:
    """What a phone may delete its copy for."""

    receipt_no: int
    submission_id: UUID
    content_sha256: str
    received_at: datetime
    is_new: bool
    missing_attachments: list[UUID]
    flags: list[str]
    points: dict[str, int] | None


class Conflict(ValueError):
    """Other content under a number that is taken. `stored_sha256` is told to the one who handed it in, and to nobody else."""

    def __init__(self, stored_sha256: str):
        self.stored_sha256 = stored_sha256
        super().__init__("conflict")


def receive(*, device: Device, raw: bytes, now: datetime, clock_ms: int | None = None) -> Receipt:
    """`clock_ms`: what the phone's clock showed when it sent this. Raises envelope.NotJson, envelope.Unacceptable, Conflict."""
    given = envelope.read(raw)
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        with transaction.atomic():
            _wait_for(given.submission_id)
            known = Submission.objects.select_related("device").filter(submission_id=given.submission_id).first()
            if known is None:
                return _accept(given, sha256, device=device, now=now, clock_ms=clock_ms)
    except PointsRefused as fault:
        raise refuse(f"points.{fault.row}" + (f".{fault.column}" if fault.column else ""), _("不是有效的数值。")) from fault
    # A phone that had to sign in again is another device, and may have lost the answer to what it sent before.
    if known.device.user_id != device.user_id or known.sha256 != sha256:
        IntakeConflict.objects.create(submission_id=given.submission_id, device=device, offered_sha256=sha256)
        raise Conflict(known.sha256 if known.device.user_id == device.user_id else "")
    return receipt_of(known)


def receipt_of(known: Submission, *, is_new: bool = False) -> Receipt:
    """As it was given, except for the photos that are still missing, which are looked up now."""
    wanted = [UUID(one["id"]) for one in known.body.get("attachments", ())]
    here = Photo.objects.filter(pk__in=wanted, device__user=known.device.user_id).exclude(completed_at=None)
    there = set(here.values_list("pk", flat=True))
    return Receipt(
        known.receipt_no, known.submission_id, known.sha256, known.received_at, is_new,
        [pk for pk in wanted if pk not in there], known.answer["flags"], known.answer["points"],
    )  # fmt: skip


def fixes(*, device: Device, points: points.Points, now: datetime) -> Stored:
    """Positions of an app or a file that knows nothing of submissions."""
    with transaction.atomic():
        return tracking.store(points, device=device, patrol=None, now=now, figures=figures(now))


def _wait_for(submission_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [submission_id.int % 2**62])


def _accept(given: Envelope, sha256: str, *, device: Device, now: datetime, clock_ms: int | None) -> Receipt:
    standard = figures(now)
    clock_is_off = clock_ms is not None and abs(clock_ms / 1000 - now.timestamp()) > standard.clock_off_s
    flags: list[str] = ["clock_suspect"] if clock_is_off else []
    patrol = _patrol(given, device=device, now=now, standard=standard, flags=flags) if given.patrol else None
    counted = None
    if given.kind == "patrol":
        counted = _store_points(given, device=device, patrol=patrol, now=now, standard=standard, clock_is_off=clock_is_off)
        flags += [one for one in counted.flags if one not in flags]
    elif given.kind == "event":
        _note_event(given, patrol, standard=standard)
    taken = _take(given, device=device, now=now) if parts.get(given.kind) else Taken({})
    flags += [one for one in taken.flags if one not in flags]
    made = Submission(
        submission_id=given.submission_id, device=device, kind=given.kind, sha256=sha256, received_at=now,
        body=_kept(given) | ({"content": taken.content} if taken.content else {}),
        client_time=moment(given.client_time) if given.client_time is not None else None, answer={"flags": flags, "points": _told(counted)},
    )  # fmt: skip
    entry = write_entry(given, patrol=patrol, device=device, now=now, flags=flags) if given.kind == "log" else None
    made.save(force_insert=True)
    if entry:
        entry.submission = made
        entry.save(force_insert=True)
        transaction.on_commit(lambda: announce(entry))
    elif parts.get(given.kind):
        transaction.on_commit(lambda: handed_in.send_robust(Submission, submission=made.pk, kind=made.kind))
    return receipt_of(made, is_new=True)


def _take(given: Envelope, *, device: Device, now: datetime) -> Taken:
    """The part that declared this kind judges the content. Raises envelope.Unacceptable."""
    attachments = frozenset(one.id for one in given.attachments)
    locate = partial(point_of, crs=given.crs)
    return parts.get(given.kind).take(Handed(given.content, attachments, device.user, now, locate))


def _told(counted: Stored | None) -> dict[str, int] | None:
    return counted and {"stored": counted.stored, "dropped": counted.dropped, "repeated": counted.repeated}


def _kept(given: Envelope) -> dict:
    """What is kept of it beside its own tables: no positions, which have a shorter life."""
    kept = given.model_dump(
        mode="json", by_alias=True, exclude={"points", "log", "content", "submission_id"}, exclude_none=True, exclude_defaults=True
    )
    return kept | ({"point_count": len(given.points)} if given.points else {})


def _store_points(
    given: Envelope, *, device: Device, patrol: Patrol | None, now: datetime, standard: Figures, clock_is_off: bool
) -> Stored:
    read = points.read(
        given.points, crs=given.crs, now_ms=int(now.timestamp() * 1000), ahead_s=standard.clock_ahead_s, clock_is_off=clock_is_off
    )
    if patrol is not None and given.patrol.chunk_no is not None:
        TrackChunk.objects.bulk_create(
            [TrackChunk(patrol=patrol, number=given.patrol.chunk_no, point_count=len(read))], ignore_conflicts=True
        )
    return tracking.store(read, device=device, patrol=patrol, now=now, figures=standard)


def _patrol(given: Envelope, *, device: Device, now: datetime, standard: Figures, flags: list[str]) -> Patrol:
    """The patrol that is named; made by whichever submission names it first."""
    named = given.patrol
    known = Patrol.objects.everywhere("compared with the device below").select_related("shift").filter(key=named.id).first()
    if known is None:
        started_at = moment(named.started_at)
        shift = _shift(named.shift_id, started_at, device=device, standard=standard)
        if named.shift_id and (shift is None or shift.pk != named.shift_id):
            flags.append("unknown_shift")
        if abs((started_at - now).days) > standard.tracks_kept_days or (started_at - now).total_seconds() > standard.clock_ahead_s:
            flags.append("clock_suspect")
        known, _is_new = Patrol.objects.everywhere("the device's own").get_or_create(
            key=named.id,
            defaults={
                "user": device.user, "device": device, "shift": shift, "started_at": started_at, "last_contact_at": now,
                "division_id": shift.division_id if shift else device.user.division_id,
            },
        )  # fmt: skip
    if known.user_id != device.user_id:
        raise refuse("patrol.id", _("这个编号已被使用。"))
    Patrol.objects.of_member(device.user).filter(pk=known.pk, last_contact_at__lt=now).update(last_contact_at=now)
    return known


def _shift(pk: int | None, started_at: datetime, *, device: Device, standard: Figures) -> Shift | None:
    """The one that the phone names, if it is the holder's; else the planned one that begins nearest, within the grace."""
    mine = Shift.objects.of_member(device.user).planned()
    if pk and (found := mine.filter(pk=pk).first()):
        return found
    grace = timedelta(minutes=standard.shift_grace_minutes)
    near = mine.between(started_at - grace, started_at + grace)
    return min(near, key=lambda one: abs(one.starts_at - started_at), default=None)


def _note_event(given: Envelope, patrol: Patrol, *, standard: Figures) -> None:
    at = moment(given.event.at)
    if given.event.what == "started":
        return
    if given.event.what != "ended":
        PatrolEvent.objects.get_or_create(patrol=patrol, kind=given.event.what, at=at)
        TouchedPatrol.objects.create(patrol=patrol, from_at=at, to_at=at)
        return
    ended_at = max(at, patrol.started_at)
    mine = Patrol.objects.everywhere("compared with the device before").filter(pk=patrol.pk).exclude(closing=Patrol.Closing.BY_MEMBER)
    mine.update(ended_at=ended_at, closing=Patrol.Closing.BY_MEMBER, chunk_count=given.event.chunk_count)
    TouchedPatrol.objects.create(patrol=patrol, from_at=patrol.started_at, to_at=ended_at)
