"""What the audit chain runs over in this app: who looked at whose track, submissions refused for other content, edits of beats."""
from django.utils.translation import gettext_lazy as _

from geo.audit.sources import Group, Source, Told, register
from geo.audit_sources import kept_sources
from patrol.models import IntakeConflict, TrackRead


def _read(row: TrackRead) -> Told:
    return Told(
        "track", row.reader.username, row.reader.division_id, "patrol.patrol", str(row.patrol_id), row.purpose, row.subject.username
    )


def _conflict(row: IntakeConflict) -> Told:
    user = row.device.user
    return Told("conflict", user.username, user.division_id, "patrol.submission", str(row.submission_id), subject=user.username)


register(
    Source(
        TrackRead, Group.TRACKS, "read_at", _read, {"track": _("查看轨迹")}, ("reader", "subject"), subject="subject",
        expires=True,
    ),
    Source(IntakeConflict, Group.REFUSED, "at", _conflict, {"conflict": _("编号相同而内容不同，已拒收")}, ("device__user",)),
    *kept_sources("patrol"),
)  # fmt: skip
