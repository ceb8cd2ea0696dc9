"""A chain of three days in small, and a superuser's hands: the owner's connection with triggers standing aside."""
import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connections

from geo.audit import verifying, writer
from geo.models import AccountEvent, AuditEntry, AuditHead, Decision, SurveillanceAccess, SurveillanceRead
from tests import cast

COUNTY_TIME = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 11, 20, 9, tzinfo=COUNTY_TIME)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = FIRST + 3 * DAY


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Everything on the owner's connection: it may do to its tables what a superuser may do to all."""
    kept = connections["default"]
    connections["default"] = connections["owner"]
    try:
        with connections["owner"].cursor() as cursor:  # no policy holds the owner, but views ask whose territory is meant
            cursor.execute("SELECT set_config('siwu.scope', 'all', false)")
        yield
    finally:
        connections["default"] = kept


class Cast:
    def __init__(self):
        cast.territory()
        self.officer, self.auditor = cast.county_officer(), cast.auditor()
        self.security = cast.user("security", "security_admin")

    def event(self, at: datetime, what: str = "unlocked", note: str = "") -> AccountEvent:
        return AccountEvent.objects.create(account=self.officer, what=what, note=note, at=at, by=self.security)

    def look(self, at: datetime) -> SurveillanceRead:
        access = SurveillanceAccess.objects.create(
            user=self.officer, division_id=cast.COUNTY, reason_id="coverage", opened_at=at, valid_until=at + 9 * HOUR
        )
        return SurveillanceRead.objects.create(access=access, door="list", object_count=3, read_at=at + HOUR / 2)

    def decide(self, at: datetime) -> Decision:
        return Decision.objects.create(
            kind="geo.surveillanceexport", object_id="1", division_id=cast.COUNTY, from_state="asked", to_state="approved", decided_at=at,
            decided_by=self.officer,
        )  # fmt: skip

    def three_days(self) -> None:
        """Entries 1 to 4, 5 to 8 and 9 to 12; two days are closed, the third is open."""
        for day in range(3):
            at = FIRST + day * DAY
            self.event(at)
            self.look(at + HOUR)
            self.decide(at + 2 * HOUR)
            writer.write(now=at + 3 * HOUR)
        assert AuditEntry.objects.count() == 12
        assert [head.count for head in AuditHead.objects.order_by("day")] == [4, 4]


def found(now: datetime = FIRST + 2 * DAY + 4 * HOUR, **named) -> list[str]:
    return [str(fault) for fault in verifying.verify(now=now, **named).faults]
