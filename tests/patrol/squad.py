"""A patrol member of WEST with a phone, a team and a shift; times around one evening."""

from datetime import UTC, date, datetime, timedelta

from geo.models import User
from patrol import devices
from patrol.models import Beat, Crew, Device, Door, Membership, Shift, Team
from tests import cast

# 2026-11-01 10:26:40 in Asia/Shanghai: the moment of the shared samples.
BEGAN_MS = 1_793_500_000_000
BEGAN = datetime.fromtimestamp(BEGAN_MS / 1000, UTC)
NOW = BEGAN + timedelta(minutes=30)


def member(username: str = "member", code: str = cast.WEST) -> User:
    return cast.user(username, User.Role.PATROL_MEMBER, code)


def phone(user: User, *, door: str = Door.PHONE, name: str = "手机") -> tuple[Device, str]:
    """A device and its token, as after signing in by a code."""
    if door == Door.PHONE:
        invitation = devices.invite(user=user, by=user, now=NOW - timedelta(minutes=1))
        return devices.sign_in(code=invitation.code, name=name, now=NOW)
    return devices.make(user=user, door=door, name=name, by=user, now=NOW)


def team(code: str = cast.WEST, *members: User, kind: str = "township") -> Team:
    made = Team.objects.create(name=f"巡防队{code}", kind=kind, division_id=code, formed_on=date(2026, 1, 1))
    for each in members:
        Membership.objects.create(team=made, user=each, joined_on=date(2026, 1, 1))
    return made


def beat(name: str = "西南片区", lon: float = 105.62, lat: float = 37.48, code: str = cast.WEST_SOUTH, half_deg: float = 0.005) -> Beat:
    return Beat.objects.create(name=name, source_key=name, division_id=code, geom=cast.square(lon, lat, half_deg))


def shift(of: Team, *crew: User, starts_at: datetime = BEGAN, hours: float = 2, **fields) -> Shift:
    made = Shift.objects.create(
        team=of, division_id=of.division_id, kind=fields.pop("kind", "foot"), starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours), created_by=fields.pop("by", None) or crew[0], **fields,
    )  # fmt: skip
    for each in crew:
        Crew.objects.create(shift=made, user=each)
    return made


def walk(
    count: int, *, lon: float = 105.62, lat: float = 37.48, every_s: int = 10, start_ms: int = BEGAN_MS, step_deg: float = 0.0001
) -> list:
    """Rows along a parallel: 10 seconds and about 9 metres apart."""
    return [[start_ms + number * every_s * 1000, lon + number * step_deg, lat, 5] for number in range(count)]
