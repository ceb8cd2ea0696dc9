"""What a phone needs to know before it loses its signal: the holder's own shifts, beats, and the places in and near them."""

from datetime import datetime, timedelta

from geo.layers import registry
from geo.models import User
from patrol.entries import PLACE_LAYERS
from patrol.figures import figures
from patrol.models import Beat, Shift
from patrol.phone_parts import parts

BEHIND, AHEAD = timedelta(hours=12), timedelta(hours=72)
PLACES_AT_MOST = 400
# Degrees around the beats: about a kilometre here.
NEAR_DEG = 0.01


def of(user: User, *, now: datetime) -> dict:
    """Nothing that was handed in, and nothing of anybody else's duty."""
    shifts = Shift.objects.of_member(user).planned().between(now - BEHIND, now + AHEAD)
    found = list(shifts.select_related("team", "beat", "station"))
    return {
        "server_time": now, "crs": "wgs84", "username": user.username, "unit": user.division.name,
        "standard": {name: value for name, value in vars(figures(now)).items() if name.startswith(("gap_", "visit_", "accuracy_"))},
        "shifts": [_shift(one) for one in found],
        "places": _places(user, [one.beat for one in found if one.beat]),
        "parts": {part.kind: part.bundle(user, now) for part in parts},
    }  # fmt: skip


def _shift(shift: Shift) -> dict:
    return {
        "id": shift.pk, "team": shift.team.name, "kind": shift.kind, "kind_label": shift.get_kind_display(), "note": shift.note,
        "starts_at": shift.starts_at, "ends_at": shift.ends_at, "crew_count": shift.crew.count(),
        "beat": shift.beat and _beat(shift.beat), "station": shift.station and _station(shift.station),
    }  # fmt: skip


def _beat(beat: Beat) -> dict:
    return {
        "id": beat.pk, "name": beat.name, "kind": beat.kind, "outline": [[_ring(ring) for ring in part] for part in beat.geom],
        "route": [_ring(line) for line in beat.route] if beat.route else None,
    }  # fmt: skip


def _ring(line) -> list[list[float]]:
    return [[round(lon, 6), round(lat, 6)] for lon, lat, *_height in line.coords]


def _station(station) -> dict:
    return {"id": station.pk, "name": station.name, "lon": station.geom.x, "lat": station.geom.y}


def _places(user: User, beats: list[Beat]) -> list[dict]:
    """Named places of the own territory in and near the beats, or, without a beat, the nearest to the unit's seat."""
    found = []
    for name in PLACE_LAYERS:
        layer = registry.get(name)
        if layer is None or layer.gate:
            continue
        rows = layer.model.objects.in_division(user.division_id)
        for beat in beats or [None]:
            near = rows.filter(geom__bboverlaps=beat.geom.envelope.buffer(NEAR_DEG)) if beat else rows
            found += [(name, one) for one in near.only("pk", "name", "geom")[:PLACES_AT_MOST]]
    told = {}
    for name, one in found[: PLACES_AT_MOST * 2]:
        centre = one.geom if one.geom.geom_type == "Point" else one.geom.point_on_surface
        told[name, one.pk] = {"layer": name, "id": one.pk, "name": str(one), "lon": round(centre.x, 6), "lat": round(centre.y, 6)}
    return list(told.values())[:PLACES_AT_MOST]
