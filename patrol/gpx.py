"""GPX 1.0 and 1.1 → segments of fixes (https://www.topografix.com/GPX/1/1/). Read as a stream, without entities, within limits. Pure.

Run in a child process (`python -m geo.sandbox patrol.gpx LIMITS FILE`) it writes the segments as JSON; `read` is the same in-process.
"""

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

POINTS_AT_MOST = 200_000


class GpxRefused(ValueError):
    """`why`: "not_gpx", "forbidden" (entities or a DTD), "too_many", "bad_value" (with the number of the point)."""

    def __init__(self, why: str, number: int = 0):
        self.why, self.number = why, number
        super().__init__(f"{why} {number}".strip())


@dataclass
class Gpx:
    """Segments of rows [ms or None, lon, lat, None, None, None, altitude]; names of its tracks; counts of what was left out."""

    segments: list[list[list[float | None]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    untimed_count: int = 0


def read(source) -> Gpx:
    """From an open binary file. Raises GpxRefused. Waypoints and routes are no track and are left out."""
    found, segment, path = Gpx(), None, []
    total = 0
    try:
        for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                path.append(tag)
                if len(path) == 1 and tag != "gpx":
                    raise GpxRefused("not_gpx")
                if path[-2:] == ["trk", "trkseg"]:
                    segment = []
                continue
            path.pop()
            if tag == "trkpt" and segment is not None:
                total += 1
                if total > POINTS_AT_MOST:
                    raise GpxRefused("too_many")
                row = _row(element, total)
                found.untimed_count += row[0] is None
                segment.append(row)
                element.clear()
            elif tag == "trkseg" and segment is not None:
                found.segments.append(segment)
                segment = None
                element.clear()
            elif tag == "name" and path[-1:] == ["trk"]:
                found.names.append((element.text or "")[:120])
            elif tag in ("wpt", "rte"):
                element.clear()
    except DefusedXmlException as wrong:
        raise GpxRefused("forbidden") from wrong
    except (ParseError, UnicodeError, LookupError, ValueError) as wrong:
        if isinstance(wrong, GpxRefused):
            raise
        raise GpxRefused("not_gpx") from wrong
    return found


def _row(element, number: int) -> list[float | None]:
    try:
        lat, lon = float(element.get("lat")), float(element.get("lon"))
    except (TypeError, ValueError) as wrong:
        raise GpxRefused("bad_value", number) from wrong
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise GpxRefused("bad_value", number)
    at = altitude = None
    for child in element:
        tag, text = child.tag.rpartition("}")[2], (child.text or "").strip()
        if tag == "time" and text:
            at = _moment(text, number)
        elif tag == "ele" and text:
            altitude = _height(text)
    return [at, lon, lat, None, None, None, altitude]


def _moment(text: str, number: int) -> int:
    """xsd:dateTime; without an offset it is UTC, as the schema says."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise GpxRefused("bad_value", number) from wrong
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _height(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None


def main() -> None:
    """As a child: the file is the last argument, the answer goes to standard output."""
    with Path(sys.argv[-1]).open("rb") as source:
        try:
            found = read(source)
            answer = {"segments": found.segments, "names": found.names, "untimed_count": found.untimed_count}
        except GpxRefused as refused:
            answer = {"refused": refused.why, "number": refused.number}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main()
