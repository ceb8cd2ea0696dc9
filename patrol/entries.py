"""R10: a log entry of a phone becomes a row: where it belongs, and what it is about."""

from datetime import datetime

import numpy as np
from django.contrib.gis.geos import Point
from django.dispatch import Signal
from django.utils import timezone

from geo import coords
from geo.gates import gate_of
from geo.layers import registry
from geo.models import Division
from patrol.envelope import Envelope
from patrol.models import Device, LogEntry, Patrol
from patrol.tracking import moment

# What a log entry may be about: places that a patrol comes to. Layers of other modules are known by name alone.
PLACE_LAYERS = ("zones", "beats", "compounds", "courtyards", "premises", "stations", "facilities")

# R12: sent after commit with `entry` (pk) for what a patrol found wrong. Whoever listens may fail: the entry is kept all the same.
HAZARDS = (LogEntry.Kind.HAZARD, LogEntry.Kind.FACILITY)
hazard_logged = Signal()


def announce(entry: LogEntry) -> None:
    """For after the commit of an entry; a listener's failure is logged by the signal and reaches nobody."""
    if entry.kind in HAZARDS:
        hazard_logged.send_robust(LogEntry, entry=entry.pk)


def write_entry(given: Envelope, *, patrol: Patrol | None, device: Device, now: datetime, flags: list[str]) -> LogEntry:
    """The entry, not yet saved. What is odd about it goes into `flags`; nothing of it is lost for that."""
    log = given.log
    happened_at = moment(log.happened_at)
    place = log.position and point_of(log.position.lon, log.position.lat, crs=given.crs)
    division_id = _division(place, happened_at, device, flags)
    if (happened_at - now).total_seconds() > 120:
        flags.append("clock_suspect")
    entry = LogEntry(
        patrol=patrol, user=device.user, division_id=division_id, kind=log.kind, text=log.text.strip(), happened_at=happened_at,
        geom=place, accuracy_m=log.position.accuracy_m if log.position else None, flags=list(dict.fromkeys(flags)),
    )  # fmt: skip
    if log.place:
        found = _object(log.place.layer, log.place.id, device)
        if found is None:
            flags.append("unknown_place")
            entry.flags = list(dict.fromkeys(flags))
        else:
            entry.place_layer, entry.place_pk, entry.place_name = log.place.layer, found.pk, str(found)[:120]
            entry.division_id = found.division_id if place is None else division_id
    return entry


def point_of(lon: float, lat: float, *, crs: str) -> Point:
    """Where a phone says that it is, in WGS-84."""
    lon, lat = float(lon), float(lat)
    if crs == "gcj02":
        lon, lat = (float(value[0]) for value in coords.gcj02_to_wgs84(np.array([lon]), np.array([lat])))
    return Point(lon, lat, srid=4326)


def _division(place: Point | None, at: datetime, device: Device, flags: list[str]) -> str:
    """By geometry; the holder's own unit where there is no position, or one outside every division or outside the unit's county."""
    own = device.user.division_id
    if place is None:
        return own
    found = Division.objects.covering(place, on=timezone.localdate(at)).first()
    if found is None or not found.code.startswith(own[:6]):
        flags.append("outside_territory")
        return own
    return found.code


def _object(layer_name: str, pk: int, device: Device):
    layer = registry.get(layer_name) if layer_name in PLACE_LAYERS else None
    if layer is None or gate_of(layer.model):
        return None
    return layer.model.objects.in_division(device.user.division_id[:6]).filter(pk=pk).first()
