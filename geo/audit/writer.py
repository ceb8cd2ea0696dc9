"""The one writer: what is new in the sources goes behind the last entry, in batches, and never in a request.

It refuses to go on where the chain in the database does not end as the head outside says: what was cut off is found here first,
and no new entry takes its place.
"""
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.audit import heads
from geo.audit.chain import BEGINNING, hash_of_entry, hash_of_row
from geo.audit.heads import CLOSED, OPEN, Head
from geo.audit.sources import Source, all_sources
from geo.models import AuditEntry, AuditEvent, AuditForm, AuditHead
from geo.sql import AUDIT_ALONE

# In one transaction at most; the next run goes on.
AT_ONCE = 5000
# A transaction that writes into a source ends within this; what comes in later is late.
LATE = timedelta(hours=1)
# Rows numbered below those of a day that was closed so long ago are not looked for again (verify does).
SETTLED = timedelta(days=2)
log = logging.getLogger(__name__)


class ChainBroken(RuntimeError):
    """The chain does not end as the head outside says; the text says how."""


@dataclass(frozen=True)
class End:
    """Where the chain ends."""

    seq: int
    hash: str
    day: date | None


def end() -> End:
    last = AuditEntry.objects.order_by("-seq").first()
    if last:
        return End(last.seq, last.hash, last.day)
    head = AuditHead.objects.order_by("-day").first()
    return End(head.last_seq, head.hash, head.day) if head else End(0, BEGINNING, None)


def write(*, now: datetime) -> int:
    """Returns how many entries were added. Raises ChainBroken or heads.HeadsUnreadable; then nothing was added."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(AUDIT_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        outside, tail, today = heads.newest(), end(), timezone.localdate(now)
        insist_on(outside, tail)
        closed = _close_before(today, now, outside)
        entries = _entries(tail, now, today, looked_at=_moment(outside))
        AuditEntry.objects.bulk_create(entries, batch_size=1000)
    for head in closed or _half_closed(outside):
        heads.save(head)
    # With more waiting than fits, nobody has looked at everything up to now.
    found_all = len(entries) < AT_ONCE
    _save_open(today, looked_at=_text(now) if found_all else outside.looked_at if outside else "")
    return len(entries)


def insist_on(outside: Head | None, tail: End) -> None:
    """The database may be ahead of the file by one batch (a crash between the two), never behind it."""
    if outside is None:
        if tail.seq:
            raise ChainBroken(_("外部没有任何封存文件，而库中已有%(n)s条。") % {"n": tail.seq})
        return
    if not outside.is_ours:
        raise ChainBroken(_("封存文件 %(day)s 的签名不对。") % {"day": outside.day})
    if outside.last_seq > tail.seq:
        told = {"day": outside.day, "last": outside.last_seq, "here": tail.seq}
        raise ChainBroken(_("尾部被截去：封存文件 %(day)s 到第%(last)s条，库中只到第%(here)s条。") % told)
    kept = AuditEntry.objects.filter(seq=outside.last_seq).values_list("hash", flat=True).first()
    if kept is None:
        kept = AuditHead.objects.filter(last_seq=outside.last_seq).values_list("hash", flat=True).first()
    if outside.last_seq and kept != outside.hash:
        raise ChainBroken(_("第%(seq)s条与封存文件 %(day)s 不符。") % {"seq": outside.last_seq, "day": outside.day})


def _moment(outside: Head | None) -> datetime | None:
    return datetime.fromisoformat(outside.looked_at) if outside and outside.looked_at else None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _half_closed(outside: Head | None) -> list[Head]:
    """A day that was closed in the database by a writer that died before it wrote the file."""
    head = AuditHead.objects.filter(day=outside.on).first() if outside and outside.state == OPEN else None
    return [as_head(head, looked_at=outside.looked_at)] if head else []


def floors(now: datetime) -> dict[str, int]:
    """Of each source the row up to which everything was in the chain two days ago."""
    until = timezone.localdate(now - SETTLED)
    head = AuditHead.objects.filter(day__lt=until).order_by("-day").first()
    return head.floors if head else {}


def waiting(source: Source, floor: int, *, until: datetime | None = None):
    """Rows that are not in the chain yet."""
    known = AuditEntry.objects.filter(source=source.name, row=OuterRef("pk"))
    found = source.rows().filter(~Exists(known), pk__gt=floor)
    return found.filter(**{f"{source.at}__lte": until}) if until else found


def _entries(tail: End, now: datetime, today: date, *, looked_at: datetime | None) -> list[AuditEntry]:
    found, known, room = [], floors(now), AT_ONCE
    for source in all_sources():
        rows = list(waiting(source, known.get(source.name, 0), until=now + timedelta(minutes=5)).prefetch_related(*source.related)[:room])
        room -= len(rows)
        hashes = dict(_hashes(source, [row.pk for row in rows]))
        form = _form(source) if rows else None
        found += [_entry(source, form, row, hashes[row.pk], now, today, looked_at) for row in rows]
    found.sort(key=lambda entry: (entry.at, entry.source, entry.row))
    seq, last = tail.seq, tail.hash
    for entry in found:
        seq += 1
        entry.seq, entry.prev_hash = seq, last
        entry.hash = last = hash_of_entry(last, entry)
    return found


def _entry(source: Source, form: AuditForm, row, row_hash: str, now: datetime, today: date, looked_at: datetime | None) -> AuditEntry:
    told, at = source.tell(row), getattr(row, source.at)
    return AuditEntry(
        day=today, chained_at=now, is_late=bool(looked_at and at < looked_at - LATE), source=source.name, row=row.pk, form=form, at=at,
        who=told.who[:60], division=told.division, what=told.what, kind=told.kind, object_id=told.object_id, note=told.note[:240],
        subject=told.subject[:60], row_hash=row_hash,
    )  # fmt: skip


def _form(source: Source) -> AuditForm:
    return AuditForm.objects.get_or_create(source=source.name, columns=",".join(source.columns))[0]


def _hashes(source: Source, keys: list[int]):
    return hashes_of(source, source.columns, keys)


def hashes_of(source: Source, columns: tuple[str, ...], keys: list[int]):
    """(row, hash) of those that are there, hashed over these columns."""
    for pk, *values in source.rows().filter(pk__in=keys).values_list("pk", *columns):
        yield pk, hash_of_row(columns, values)


def _close_before(today: date, now: datetime, outside: Head | None) -> list[Head]:
    """Heads of days that are over and have none yet: one, or more after a time without a worker."""
    last = AuditHead.objects.order_by("-day").first()
    open_days = AuditEntry.objects.filter(day__lt=today, seq__gt=last.last_seq if last else 0)
    made = []
    for day in sorted(set(open_days.order_by().values_list("day", flat=True).distinct())):
        before = _floors_of(AuditHead.objects.order_by("-day").first())
        head = AuditHead(day=day, **_span(day), floors=before | _tops(before), closed_at=now)
        head.signature = heads.sign(heads.facts_of(head))
        head.save(force_insert=True)
        made.append(as_head(head, looked_at=outside.looked_at if outside else ""))
    return made


def as_head(head: AuditHead, *, looked_at: str) -> Head:
    return Head(head.day.isoformat(), CLOSED, head.first_seq, head.last_seq, head.opens_with, head.hash, head.floors, looked_at)


def _floors_of(head: AuditHead | None) -> dict[str, int]:
    return head.floors if head else {}


def _tops(before: dict[str, int]) -> dict[str, int]:
    """Of each source the row up to which everything is in the chain."""
    found = {}
    for source in all_sources():
        floor = before.get(source.name, 0)
        first = waiting(source, floor).values_list("pk", flat=True).first()
        top = AuditEntry.objects.filter(source=source.name).aggregate(top=Max("row"))["top"] or floor
        found[source.name] = max(floor, top if first is None else min(top, first - 1))
    return found


def _span(day: date) -> dict:
    mine = AuditEntry.objects.filter(day=day)
    first, last = mine.order_by("seq").first(), mine.order_by("-seq").first()
    return {"first_seq": first.seq, "last_seq": last.seq, "opens_with": first.prev_hash, "hash": last.hash}


def _save_open(today: date, *, looked_at: str) -> None:
    """The day's own file, also while nothing happens: it says until when the writer has looked."""
    if AuditEntry.objects.filter(day=today).exists():
        heads.save(Head(today.isoformat(), OPEN, **_span(today), floors={}, looked_at=looked_at))
        return
    tail = end()
    heads.save(Head(today.isoformat(), OPEN, tail.seq + 1, tail.seq, tail.hash, tail.hash, {}, looked_at))


def resume(*, why: str, now: datetime) -> int:
    """Go on from where the database ends, after a restore for example. The old files are kept aside, and the reason is an entry."""
    if not why.strip():
        raise ValueError(_("请填写理由。"))
    with transaction.atomic():
        AuditEvent.objects.create(what=AuditEvent.What.RESUMED, at=now, note=why.strip()[:200])
        moved = heads.set_aside(f"{now:%Y%m%dT%H%M%S}")
        for head in AuditHead.objects.filter(purge=None).order_by("day"):
            heads.save(as_head(head, looked_at=""))
    _save_open(timezone.localdate(now), looked_at="")
    log.warning("audit: %s files set aside, the chain goes on", moved)
    return moved


