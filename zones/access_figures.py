"""How often exact positions and tracks were looked at, month by month and by role, for the public (promises 20, 21, 34).

Only months that are over, each told once and never again. One to four is told as "<5"; no sum over roles, doors or months is told,
so that nothing can be taken from it. Who looked, at what and why is told to the person concerned and to the auditor.
"""
from collections import Counter
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from geo.invented import holds_invented
from geo.models import Decision, PublishedAccess, SurveillanceExport, SurveillanceRead, User
from patrol.models import TrackRead
from zones.disclosure import SMALL, band, label
from zones.periods import COUNTY_TIME, add_months
from zones.published import PUBLIC

What = PublishedAccess.What
# Who may look at all; nobody else has a number.
ROLES = tuple(role.value for role in sorted(User.EXACT_POSITIONS))
CELLS = [(what, role) for what in (What.POINTS, What.TRACKS) for role in ROLES] + [(What.EXPORTS, ""), (What.REFUSED, "")]
MONTHS_SHOWN = 12


def shown(count: int) -> str:
    """0, "<5", 5, 6 …"""
    return str(label(band(count))) if count in SMALL else str(count)


def publish(*, now: datetime) -> int:
    """Returns how many months were told."""
    this, month = _first_day(now), _next()
    made = 0
    with transaction.atomic():
        while month and month < this:
            counts, invented = _counts(month), holds_invented()
            rows = [{"what": what, "role": role, "shown": shown(counts[what, role])} for what, role in CELLS]
            PublishedAccess.objects.bulk_create([PublishedAccess(month=month, is_invented=invented, **row) for row in rows])
            month, made = add_months(month, 1), made + 1
    return made


def _first_day(moment: datetime) -> date:
    return timezone.localdate(moment, COUNTY_TIME).replace(day=1)


def _next() -> date | None:
    """The month after the last one told, or the first in which somebody looked."""
    last = PublishedAccess.objects.aggregate(last=Max("month"))["last"]
    if last:
        return add_months(last, 1)
    firsts = [model.objects.aggregate(at=Min("read_at"))["at"] for model in (SurveillanceRead, TrackRead)]
    return min((_first_day(at) for at in firsts if at), default=None)


def _counts(month: date) -> Counter:
    start = datetime(month.year, month.month, 1, tzinfo=COUNTY_TIME)
    after = add_months(month, 1)
    span = (start, datetime(after.year, after.month, 1, tzinfo=COUNTY_TIME))
    found = Counter()
    for role in SurveillanceRead.objects.filter(read_at__gte=span[0], read_at__lt=span[1]).values_list("access__user__role", flat=True):
        found[What.POINTS, role] += 1
    for role in TrackRead.objects.filter(read_at__gte=span[0], read_at__lt=span[1]).values_list("reader__role", flat=True):
        found[What.TRACKS, role] += 1
    moves = Decision.objects.filter(kind=SurveillanceExport._meta.label_lower, decided_at__gte=span[0], decided_at__lt=span[1])
    for state in moves.values_list("to_state", flat=True):
        if state in (SurveillanceExport.State.APPROVED, SurveillanceExport.State.REFUSED):
            found[What.EXPORTS if state == SurveillanceExport.State.APPROVED else What.REFUSED, ""] += 1
    return found


def told() -> list[dict]:
    """The newest months, each with (number, what, role) in the order of CELLS, as the public reads them."""
    months: dict[date, dict] = {}
    for row in PublishedAccess.objects.using(PUBLIC).order_by("-month")[: MONTHS_SHOWN * len(CELLS)]:
        months.setdefault(row.month, {})[row.what, row.role] = row
    return [
        {
            "month": month, "invented": any(each.is_invented for each in cells.values()),
            "rows": [(getattr(cells.get(key), "shown", "—"), *words) for key, words in zip(CELLS, headings(), strict=True)],
        }
        for month, cells in months.items()
    ]  # fmt: skip


def headings() -> list[tuple[str, str]]:
    return [(str(What(what).label), str(User.Role(role).label) if role else "") for what, role in CELLS]
