"""Teams, shifts, patrols and presence of two towns, made by hand. The moment is a Wednesday noon in the county."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.contrib.gis.geos import LineString, MultiLineString

from patrol.models import (
    Beat,
    Crew,
    Device,
    LogEntry,
    Patrol,
    PatrolStandard,
    PresenceHour,
    Shift,
    Submission,
    Team,
    Track,
)
from tests import cast

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def member(name: str = "walker", code: str = cast.WEST):
    return cast.user(name, "patrol_member", code)


def device(user) -> Device:
    return Device.objects.create(user=user, door="phone", name="手机", digest=uuid4().hex * 2)


def team(code: str = cast.WEST, **fields) -> Team:
    defaults = {"name": f"{cast.NAMES.get(code, code)}巡防队", "kind": "township", "formed_on": "2020-01-01"}
    return Team.objects.create(division_id=code, **{**defaults, **fields})


def beat(name: str = "西片", lon: float = 105.62, lat: float = 37.48, code: str = cast.WEST, **fields) -> Beat:
    return Beat.objects.create(name=name, source_key=name, division_id=code, geom=cast.square(lon, lat, 0.004), **fields)


def shift(own_team: Team, by, *, start=NOW - 2 * HOUR, hours: float = 4, crew=(), **fields) -> Shift:
    made = Shift.objects.create(
        team=own_team, division_id=own_team.division_id, kind="foot", starts_at=start, ends_at=start + hours * HOUR, created_by=by, **fields
    )
    for one in crew:
        Crew.objects.create(shift=made, user=one)
    return made


def patrol(walker, own_device: Device, *, start=NOW - 2 * HOUR, hours: float | None = None, own_shift=None, **fields) -> Patrol:
    defaults = {"division_id": walker.division_id, "last_contact_at": NOW - timedelta(minutes=1), "last_fix_at": NOW - timedelta(minutes=2)}
    ended = {"ended_at": start + hours * HOUR, "closing": "member"} if hours else {}
    defaults |= {"last_geom": cast.point(105.62, 37.48), **ended, **fields}
    return Patrol.objects.create(key=uuid4(), user=walker, device=own_device, shift=own_shift, started_at=start, **defaults)


def track(of: Patrol, *, gap: tuple[datetime, datetime] | None = None) -> Track:
    line = MultiLineString(LineString((105.62, 37.48), (105.621, 37.481)), LineString((105.623, 37.483), (105.624, 37.484)), srid=4326)
    ms = lambda moment: int(moment.timestamp() * 1000)  # noqa: E731
    gaps = [{"from_ms": ms(gap[0]), "to_ms": ms(gap[1]), "why": "hidden"}] if gap else []
    stops = [{"lon": 105.62, "lat": 37.48, "from_ms": ms(of.started_at), "to_ms": ms(of.started_at) + 600_000}]
    return Track.objects.create(
        patrol=of, line=line, length_m=400.0, recorded_s=3600, unknown_s=600, fix_count=100, gaps=gaps, stops=stops,
        discarded={"inaccurate": 3}, standard=PatrolStandard.objects.first(), computed_at=NOW,
    )  # fmt: skip


def submission(own_device: Device, *, at=NOW, kind: str = "log") -> Submission:
    return Submission.objects.create(submission_id=uuid4(), device=own_device, kind=kind, sha256="0" * 64, received_at=at)


def entry(of: Patrol, own_device: Device, **fields) -> LogEntry:
    defaults = {"kind": "hazard", "text": "路灯不亮", "happened_at": NOW - HOUR, "geom": cast.point(105.621, 37.481)}
    defaults |= {"division_id": of.division_id, "user": of.user, "patrol": of, **fields}
    return LogEntry.objects.create(submission=submission(own_device, at=defaults["happened_at"]), **defaults)


def presence(layer: str, pk: int, code: str, hour: datetime, **fields) -> PresenceHour:
    return PresenceHour.objects.create(layer=layer, place_pk=pk, division_id=code, hour=hour, **fields)
