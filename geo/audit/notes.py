"""One line for what has no append-only table of its own."""
from datetime import datetime

from geo.models import AuditEvent, User


def note(what: str, *, by: User | None, now: datetime, kind: str = "", text: str = "") -> AuditEvent:
    return AuditEvent.objects.create(what=what, by=by, at=now, kind=kind[:60], note=text[:200])
