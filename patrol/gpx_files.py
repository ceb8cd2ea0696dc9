"""GPX files of a watch or another app: read in a confined child process, told in figures, and stored through the one door."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import User
from geo.sandbox import Limits, clean_environment
from patrol import intake, points, tracks
from patrol.figures import figures
from patrol.models import Device, Door
from patrol.tracking import Stored

BYTES_AT_MOST = 30 * 1024 * 1024
FILES_AT_MOST = 20
LIMITS = Limits(cpu_seconds=30, wall_seconds=60, address_space_bytes=1 << 30, written_file_bytes=1 << 20)


class GpxFileRefused(ValueError):
    """Nothing of the file was stored; the text says why."""


@dataclass
class GpxReport:
    """What a file holds, and what became of it. `gaps` are times (start, end) without a fix within a segment or between segments."""

    name: str
    point_count: int = 0
    segment_count: int = 0
    untimed_count: int = 0
    length_m: float = 0.0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    stored: Stored = field(default_factory=Stored)


def read_confined(path: Path) -> dict:
    """`{"segments", "names", "untimed_count"}` of a GPX file. Raises GpxFileRefused."""
    command = [sys.executable, "-s", "-m", "geo.sandbox", "patrol.gpx", json.dumps(asdict(LIMITS)), str(path.resolve())]
    try:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=clean_environment(settings.BASE_DIR),
            capture_output=True,
            timeout=LIMITS.wall_seconds,
            check=False,
        )
        answer = orjson.loads(done.stdout) if done.returncode == 0 else {"refused": "too_many"}
    except (subprocess.TimeoutExpired, orjson.JSONDecodeError):
        answer = {"refused": "too_many"}
    if why := answer.get("refused"):
        told = {
            "not_gpx": _("不是完整的 GPX 文件。"),
            "forbidden": _("文件里有 DTD 或实体定义，不接收。"),
            "too_many": _("文件太大或太复杂，请分成几个文件。"),
            "bad_value": _("第%(number)d个轨迹点的坐标或时间无法识别。") % {"number": answer.get("number", 0)},
        }
        raise GpxFileRefused(told[why])
    return answer


def take(path: Path, name: str, *, by: User, now: datetime) -> GpxReport:
    """Store the fixes of a file as the person's own. Untimed points belong to no hour and are left out, and counted."""
    found = read_confined(path)
    report = described(name, found, gap_after_s=figures(now).gap_after_s)
    rows = [row for segment in found["segments"] for row in segment if row[0] is not None]
    if not report.point_count:
        raise GpxFileRefused(_("文件里没有轨迹点（trkpt）。"))
    device, _is_new = Device.objects.get_or_create(user=by, door=Door.FILE, defaults={"name": _("GPX 文件"), "signed_in_at": now})
    standard = figures(now)
    with transaction.atomic():
        for first in range(0, len(rows), points.AT_MOST * 20):
            read = points.read(
                rows[first : first + points.AT_MOST * 20], crs="wgs84", now_ms=int(now.timestamp() * 1000), ahead_s=standard.clock_ahead_s
            )
            told = intake.fixes(device=device, points=read, now=now)
            report.stored.stored += told.stored
            report.stored.repeated += told.repeated
            report.stored.dropped += told.dropped
            report.stored.flags = list(dict.fromkeys([*report.stored.flags, *told.flags]))
    return report


def described(name: str, found: dict, *, gap_after_s: float) -> GpxReport:
    """Figures of a file as it stands: length within its segments on the WGS-84 ellipsoid, times without a fix."""
    segments = [segment for segment in found["segments"] if segment]
    report = GpxReport(name, sum(map(len, segments)), len(segments), found["untimed_count"])
    for segment in segments:
        report.length_m += tracks.length_m(np.array([row[1] for row in segment]), np.array([row[2] for row in segment]))
    times = sorted(row[0] for segment in segments for row in segment if row[0] is not None)
    if times:
        report.starts_at, report.ends_at = _moment(times[0]), _moment(times[-1])
        gaps = [(a, b) for a, b in zip(times[:-1], times[1:], strict=True) if b - a > gap_after_s * 1000]
        report.gaps = [(_moment(a), _moment(b)) for a, b in gaps]
    return report


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
