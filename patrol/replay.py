"""One patrol's track, for whoever may see it: the person concerned, or an officer who has said what for."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import QuerySet
from django.db.models.functions import Extract
from django.http import Http404
from django.utils.translation import gettext as _

from geo import pii
from geo.faults import PERSONAL
from geo.models import User
from patrol.figures import figures
from patrol.models import Fix, LogEntry, Patrol, TrackRead
from patrol.shift_reports import end_of
from patrol.timelines import pauses
from patrol.tracks import Fixes, Rules, clean

# A stated purpose opens one track for so long; after that it is asked again.
OPEN_FOR = timedelta(hours=1)
DEGREE = 1_000_000


class PurposeRefused(ValueError):
    """Why a purpose is not taken, in words for the person who stated it."""


def patrol_or_404(user: User, pk: int) -> Patrol:
    """The person's own, or one of the officer's territory. Nobody else's is there."""
    wanted = Patrol.objects.of_member(user)
    if user.reads_exact_positions:
        wanted = wanted | Patrol.objects.visible_to(user)
    found = wanted.filter(pk=pk).select_related("user", "division", "shift__team", "shift__beat").first()
    if found is None or not user.reads_business_data:
        raise Http404
    return found


def is_open(patrol: Patrol, *, to: User, now: datetime) -> bool:
    if patrol.user_id == to.pk:
        return True
    return TrackRead.objects.filter(patrol=patrol, reader=to, read_at__gt=now - OPEN_FOR, read_at__lte=now).exists()


def state_purpose(patrol: Patrol, *, purpose: str, by: User, now: datetime) -> TrackRead:
    """Write down who looks, when and why; the person concerned reads it on the own page. Raises PurposeRefused."""
    purpose = " ".join(purpose.replace("\x00", "").split())
    if len(purpose) < 2:
        raise PurposeRefused(_("请写明查看事由。"))
    if len(purpose) > 200:
        raise PurposeRefused(_("事由不超过200字。"))
    if found := pii.find(purpose):
        raise PurposeRefused(_("事由中像是有%(kind)s，请删去。") % {"kind": PERSONAL[found[0].kind]})
    return TrackRead.objects.create(reader=by, subject_id=patrol.user_id, patrol=patrol, purpose=purpose, read_at=now)


def positions(patrol: Patrol, *, now: datetime) -> np.ndarray:
    """(n, 3) of milliseconds since 1970, longitude, latitude: the raw fixes of the person's devices in the patrol's time.

    Cleaned as the track's line is: in order, none twice, nothing mock, impossible or of a pause. Empty when the raw fixes are gone.
    """
    end = end_of(patrol, now)
    devices = list(patrol.user.devices.values_list("pk", flat=True))
    rows = Fix.objects.filter(device_id__in=devices, at__gte=patrol.started_at, at__lte=end).order_by("at")
    found = list(
        rows.annotate(epoch=Extract("at", "epoch", tzinfo=UTC)).values_list("device_id", "epoch", "lon", "lat", "accuracy_m", "flags")
    )
    if not found:
        return np.empty((0, 3))
    columns = np.array(found, np.float64).T
    raw = Fixes(
        source=columns[0].astype(np.int64), at_ms=np.round(columns[1] * 1000).astype(np.int64), lon=columns[2], lat=columns[3],
        accuracy_m=columns[4], flags=columns[5].astype(np.int64),
    )  # fmt: skip
    events = [(event.kind, event.at.timestamp()) for event in patrol.events.order_by("at", "pk")]
    paused = [(round(1000 * start), round(1000 * stop)) for start, stop in pauses(events, end=end.timestamp())]
    span = {"start_ms": _ms(patrol.started_at), "end_ms": _ms(end)}
    kept = clean(raw, **span, rules=_rules(patrol.started_at), paused=paused).fixes
    return np.stack([kept.at_ms, kept.lon, kept.lat], axis=1)


def _rules(on: datetime) -> Rules:
    wanted = vars(figures(on))
    return Rules(**{each.name: wanted[each.name] for each in fields(Rules) if each.name in wanted})


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def data(patrol: Patrol, *, now: datetime) -> dict:
    """For the map: positions as arrays of differences (milliseconds, millionths of a degree), line, stops, gaps, log entries."""
    fixes = positions(patrol, now=now)
    track = getattr(patrol, "track", None)
    whole = np.round(fixes * (1, DEGREE, DEGREE)).astype(np.int64)
    return {
        "from": _ms(patrol.started_at),
        "to": _ms(end_of(patrol, now)),
        "t": _differences(whole[:, 0]),
        "lon": _differences(whole[:, 1]),
        "lat": _differences(whole[:, 2]),
        "line": [[[round(x, 6), round(y, 6)] for x, y, *_rest in part] for part in track.line.coords] if track and track.line else [],
        "stops": track.stops if track else [],
        "gaps": track.gaps if track else [],
        "entries": [_entry(each) for each in entries(patrol)],
    }


def entries(patrol: Patrol) -> QuerySet[LogEntry]:
    return LogEntry.objects.everywhere("the patrol was fetched through the reader's rights").filter(patrol=patrol).order_by("happened_at")


def _entry(entry: LogEntry) -> dict:
    return {
        "at": _ms(entry.happened_at),
        "kind": entry.kind,
        "label": entry.get_kind_display(),
        "text": entry.text[:60],
        "at_point": [round(entry.geom.x, 6), round(entry.geom.y, 6)] if entry.geom else None,
    }


def _differences(values: np.ndarray) -> list[int]:
    return np.diff(values, prepend=0).tolist()


def readings_of(user: User) -> QuerySet[TrackRead]:
    """Who looked at this person's tracks, the newest first."""
    return TrackRead.objects.filter(subject=user).select_related("reader__division", "patrol")


def gap_rows(patrol: Patrol) -> list[dict]:
    """The gaps of the track in words: from when to when, how long."""
    track = getattr(patrol, "track", None)
    return [_span(each) for each in track.gaps] if track else []


def stop_rows(patrol: Patrol) -> list[dict]:
    track = getattr(patrol, "track", None)
    return [{**_span(each), "lon": each["lon"], "lat": each["lat"]} for each in track.stops] if track else []


def _span(each: dict) -> dict:
    start, end = (datetime.fromtimestamp(each[name] / 1000, tz=UTC) for name in ("from_ms", "to_ms"))
    return {"start": start, "end": end, "age": end - start, "why": each.get("why", "")}
