"""Wire formats of kept phone apps → rows of points. Pure: bytes and parameters in, rows out; nothing is stored here.

Traccar's protocol "osmand" (Traccar Client < 9, OsmAnd): https://www.traccar.org/osmand/ ; Traccar Client >= 9: JSON;
OwnTracks HTTP: https://owntracks.org/booklet/tech/json/ . A row: [ms, lon, lat, accuracy m, speed m/s, heading, altitude m, mock].
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

Row = list[float | None]
# To metres a second.
SPEED = {"m/s": 1.0, "kn": 1852 / 3600, "km/h": 1 / 3.6}
# Unix seconds end here and milliseconds begin, as in Traccar.
SECONDS_BELOW = 2_147_483_647
# Where an app names a time without an offset.
LOCAL = ZoneInfo("Asia/Shanghai")


class Malformed(ValueError):
    """Not this protocol, or a value that cannot be read. `field` names it."""

    def __init__(self, field: str):
        self.field = field
        super().__init__(field)


def osmand(given: Mapping[str, Sequence[str]], *, now_ms: int, speed_unit: str) -> list[Row]:
    """Parameters of a query or a form, each with all its values. No position is a heartbeat: no row."""
    one = {name: _single(name, values) for name, values in given.items()}
    place = one.get("location")
    lat, lon = place.split(",", 1) if place and "," in place else (one.get("lat"), one.get("lon"))
    if lat is None and lon is None:
        return []
    if one.get("valid", "true").lower() not in ("true", "1"):
        return []
    heading = one.get("bearing") or one.get("heading")
    accuracy = one.get("accuracy")
    return [
        [
            _moment(one["timestamp"]) if one.get("timestamp") else now_ms,
            _number("lon", lon), _number("lat", lat), _optional("accuracy", accuracy),
            _scaled(_optional("speed", one.get("speed")), SPEED[speed_unit]), _optional("bearing", heading),
            _optional("altitude", one.get("altitude")), None,
        ]
    ]  # fmt: skip


def traccar(body: bytes) -> list[Row]:
    """One location of Traccar Client 9; without coordinates a heartbeat: no row. Unknown speeds and headings are -1 there."""
    document = _json(body)
    location = document.get("location")
    if not isinstance(location, dict):
        raise Malformed("location")
    coords = location.get("coords")
    if coords is None:
        return []
    if not isinstance(coords, dict):
        raise Malformed("location.coords")
    return [
        [
            _moment(location.get("timestamp")), _real("longitude", coords), _real("latitude", coords), _real_or_none("accuracy", coords),
            _known(_real_or_none("speed", coords)), _known(_real_or_none("heading", coords)), _real_or_none("altitude", coords),
            1 if location.get("mock") is True else None,
        ]
    ]  # fmt: skip


def owntracks(body: bytes) -> list[Row]:
    """A message of OwnTracks; other kinds than a location (and nothing at all) carry no row. Speed is km/h there."""
    if not body:
        return []
    document = _json(body)
    if document.get("_type") != "location":
        return []
    at = document.get("tst")
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise Malformed("tst")
    return [
        [
            int(at * 1000), _real("lon", document), _real("lat", document), _real_or_none("acc", document),
            _scaled(_real_or_none("vel", document), SPEED["km/h"]), _real_or_none("cog", document), _real_or_none("alt", document), None,
        ]
    ]  # fmt: skip


def _single(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:  # two readers would take two different ones
        raise Malformed(name)
    return values[0]


def _json(body: bytes) -> dict:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise Malformed("") from fault
    if not isinstance(document, dict):
        raise Malformed("")
    return document


def _number(name: str, text: str | None) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError) as fault:
        raise Malformed(name) from fault
    if not math.isfinite(value):
        raise Malformed(name)
    return value


def _optional(name: str, text: str | None) -> float | None:
    return None if text in (None, "") else _number(name, text)


def _real(name: str, document: Mapping) -> float:
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Malformed(name)
    return float(value)


def _real_or_none(name: str, document: Mapping) -> float | None:
    return None if document.get(name) is None else _real(name, document)


def _known(value: float | None) -> float | None:
    return None if value is None or value < 0 else value


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None or value < 0 else value * factor


def _moment(text: object) -> int:
    """Unix seconds, milliseconds, ISO 8601, or `yyyy-MM-dd HH:mm:ss`, as milliseconds."""
    if not isinstance(text, str) or not text:
        raise Malformed("timestamp")
    try:
        value = float(text)
    except ValueError:
        return _date(text)
    if not 0 <= value <= 1e15:
        raise Malformed("timestamp")
    return int(value if value >= SECONDS_BELOW else value * 1000)


def _date(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Malformed("timestamp") from fault
    found = found if found.tzinfo else found.replace(tzinfo=LOCAL)
    return int(found.astimezone(UTC).timestamp() * 1000)
