"""Is everything there, as it was written and in its order? Each fault names the day and the entry, in words."""
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.audit import heads, writer
from geo.audit.chain import BEGINNING, hash_of_entry
from geo.audit.heads import CLOSED, Head, HeadsUnreadable
from geo.audit.sources import Source, all_sources, named
from geo.models import AuditCheck, AuditEntry, AuditHead, AuditPurge
from geo.sql import AUDIT_STILL

CHUNK = 2000
FAULTS_KEPT = 200


@dataclass(frozen=True)
class Fault:
    text: str
    day: date | None = None
    seq: int | None = None

    def __str__(self) -> str:
        where = [str(self.day)] if self.day else []
        where += [_("第%(seq)s条") % {"seq": self.seq}] if self.seq else []
        return " ".join([*where, self.text])


@dataclass
class Report:
    """What was found. `waiting`: rows that are older than two minutes, and the writer has not come to them."""

    entries: int = 0
    last_seq: int = 0
    faults: list[Fault] = field(default_factory=list)
    waiting: int = 0

    @property
    def is_whole(self) -> bool:
        return not self.faults


def verify(*, now: datetime, printed: dict[date, str] | None = None, until: datetime | None = None) -> Report:
    """`printed`: hashes of days as somebody reads them from paper. Nothing is changed; the writer waits meanwhile.

    `until`: the moment to which a restored database was brought. Files outside may tell of what came after it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(AUDIT_STILL)
        return _verified(now, printed or {}, until)


def _verified(now: datetime, printed: dict[date, str], until: datetime | None) -> Report:
    report = Report()
    purged = list(AuditPurge.objects.select_related("head").order_by("head_id"))
    ends = dict(_chain(report, purged))
    _heads(report, ends, purged)
    try:
        _outside(report, ends, until)
    except HeadsUnreadable as problem:
        report.faults.append(Fault(str(problem)))
    _paper(report, printed)
    floors, gone = writer.floors(now), purged[-1].head.floors if purged else {}
    for source in all_sources():
        _extra(report, source, floors.get(source.name, 0), gone.get(source.name, 0))
        report.waiting += writer.waiting(source, floors.get(source.name, 0), until=now - timedelta(minutes=2)).count()
    report.faults.sort(key=lambda fault: (fault.day or date.min, fault.seq or 0))
    return report


def note(report: Report, *, now: datetime) -> AuditCheck:
    """Keep what a verification found, for the auditor's page."""
    return AuditCheck.objects.create(
        at=now, entry_count=report.entries, last_seq=report.last_seq, fault_count=len(report.faults), waiting_count=report.waiting,
        faults=[str(fault) for fault in report.faults[:FAULTS_KEPT]],
    )  # fmt: skip


def note_stop(why: str, *, now: datetime) -> None:
    """The writer does not go on: the auditor's page says so, once."""
    last = AuditCheck.objects.order_by("-pk").first()
    if last is None or last.faults != [why]:
        AuditCheck.objects.create(at=now, entry_count=0, last_seq=writer.end().seq, fault_count=1, faults=[why])


def _chain(report: Report, purged: list[AuditPurge]) -> Iterator[tuple[date, tuple[int, str]]]:
    """The entries among themselves, and against the rows that they are about. Gives where each day ends: (seq, hash)."""
    seq, last = (purged[-1].head.last_seq, purged[-1].head.hash) if purged else (0, BEGINNING)
    day, batch = None, []
    for entry in AuditEntry.objects.select_related("form").order_by("seq").iterator(CHUNK):
        report.entries += 1
        report.faults += _links(entry, seq, last, day)
        seq, last, day = entry.seq, entry.hash, entry.day
        yield day, (seq, last)
        batch.append(entry)
        if len(batch) == CHUNK:
            report.faults += _against_sources(batch)
            batch = []
    report.faults += _against_sources(batch)
    report.last_seq = seq


def _links(entry: AuditEntry, seq: int, last: str, day: date | None) -> Iterator[Fault]:
    if entry.seq != seq + 1:
        missing = str(seq + 1) if entry.seq == seq + 2 else f"{seq + 1}–{entry.seq - 1}"
        yield Fault(_("缺第%(missing)s条：被删。") % {"missing": missing}, entry.day, entry.seq)
    elif entry.prev_hash != last:
        yield Fault(_("接不上前一条：次序被改，或被插入、替换。"), entry.day, entry.seq)
    if hash_of_entry(entry.prev_hash, entry) != entry.hash:
        yield Fault(_("内容与摘要不符：被改。"), entry.day, entry.seq)
    if day and entry.day < day:
        yield Fault(_("日期早于前一条：次序被改。"), entry.day, entry.seq)
    if entry.is_late:
        told = {"at": f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M}", "source": title_of(entry.source), "row": entry.row}
        yield Fault(_("%(source)s第%(row)s行自称写于%(at)s，当时并不在：事后补插。") % told, entry.day, entry.seq)


def title_of(source: str) -> str:
    found = named(source)
    return str(found.model._meta.verbose_name) if found else source


def _against_sources(batch: list[AuditEntry]) -> Iterator[Fault]:
    """The rows themselves: gone, or other than what was hashed."""
    by_form = sorted(batch, key=lambda entry: entry.form_id)
    for form, group in groupby(by_form, key=lambda entry: entry.form):
        entries, source = list(group), named(form.source)
        columns = tuple(form.columns.split(","))
        if source is None or not set(columns) <= {each.attname for each in source.model._meta.local_concrete_fields}:
            continue  # a table or column of an older release: the entries stand by their own chain
        found = dict(writer.hashes_of(source, columns, [entry.row for entry in entries]))
        for entry in entries:
            told = {"source": title_of(entry.source), "row": entry.row}
            if entry.row not in found:
                yield Fault(_("%(source)s第%(row)s行已不在：原始记录被删。") % told, entry.day, entry.seq)
            elif found[entry.row] != entry.row_hash:
                yield Fault(_("%(source)s第%(row)s行与入链时不同：原始记录被改。") % told, entry.day, entry.seq)


def _heads(report: Report, ends: dict, purged: list[AuditPurge]) -> None:
    """Days that are closed in the database: signed, in a row, and where the entries say that they end."""
    gone, before = {purge.head_id for purge in purged}, None
    for purge in purged:
        if purge.signature != heads.sign(heads.facts_of_purge(purge)):
            report.faults.append(Fault(_("清理记录的签名不对。"), purge.head_id))
    for head in AuditHead.objects.order_by("day"):
        if head.signature != heads.sign(heads.facts_of(head)):
            report.faults.append(Fault(_("封存的签名不对：被改。"), head.day))
        seq, last = (before.last_seq, before.hash) if before else (0, BEGINNING)
        if (head.first_seq, head.opens_with) != (seq + 1, last):
            report.faults.append(Fault(_("封存接不上前一日：中间有一日被删或被改。"), head.day))
        if head.day not in gone and ends.get(head.day) != (head.last_seq, head.hash):
            report.faults.append(Fault(_("当日最后一条与封存不符：被删、被改或被截去。"), head.day, head.last_seq))
        before = head


def _outside(report: Report, ends: dict, until: datetime | None) -> None:
    """The files outside: what a superuser of the database cannot bring into line."""
    closed, files = {head.day: head for head in AuditHead.objects.all()}, heads.saved()
    gone = set(AuditPurge.objects.values_list("head_id", flat=True))
    for file in files:
        if not file.is_ours:
            report.faults.append(Fault(_("外部封存文件的签名不对。"), file.on))
        elif until and _is_later(file, until) and (file.last_seq > report.last_seq or file.on not in closed):
            continue
        elif text := _differs(file, closed.get(file.on), ends.get(file.on)):
            if file.on not in gone or file.on not in closed:
                report.faults.append(Fault(text, file.on, file.last_seq))
    known = {file.on for file in files}
    report.faults += [Fault(_("外部没有这一日的封存文件。"), day) for day in sorted(closed.keys() - known)]
    if not files and report.entries:
        report.faults.append(Fault(_("外部没有任何封存文件。")))


def _is_later(file: Head, until: datetime) -> bool:
    """It may tell of what came after the moment. A day is closed on the day after it."""
    return datetime.fromisoformat(file.looked_at) > until and file.on >= timezone.localdate(until) - timedelta(days=1)


def _differs(file: Head, head: AuditHead | None, end: tuple[int, str] | None) -> str:
    if file.state == CLOSED:
        if head is None:
            return _("外部封存了这一日，库中没有：整日被删或尾部被截去。")
        return "" if (head.last_seq, head.hash) == (file.last_seq, file.hash) else _("与外部封存不符：这一日被改写。")
    if file.last_seq < file.first_seq:  # a day without entries so far: it holds the end of the day before
        kept = AuditEntry.objects.filter(seq=file.last_seq).values_list("hash", flat=True).first()
        kept = kept or AuditHead.objects.filter(last_seq=file.last_seq).values_list("hash", flat=True).first()
    else:
        kept = AuditEntry.objects.filter(seq=file.last_seq).values_list("hash", flat=True).first()
    if file.last_seq and kept is None:
        last = end[0] if end else 0
        return _("外部封存到第%(last)s条，库中当日只到第%(here)s条：尾部被截去。") % {"last": file.last_seq, "here": last}
    return "" if not file.last_seq or kept == file.hash else _("与外部封存不符：这一日被改写。")


def _paper(report: Report, printed: dict[date, str]) -> None:
    """Hashes that somebody reads from a printed page: the last word, if even the files are in doubt."""
    known = dict(AuditHead.objects.filter(day__in=printed).values_list("day", "hash"))
    report.faults += [Fault(_("与打印的封存不符。"), day) for day, told in printed.items() if known.get(day) != told.strip().lower()]


def _extra(report: Report, source: Source, floor: int, gone: int) -> None:
    """Rows among those that were in the chain long ago, and are not in it: put there afterwards."""
    known = AuditEntry.objects.filter(source=source.name, row=OuterRef("pk"))
    for row in source.rows().filter(~Exists(known), pk__gt=gone, pk__lte=floor)[:FAULTS_KEPT]:
        told = {"source": title_of(source.name), "row": row.pk}
        report.faults.append(
            Fault(_("%(source)s第%(row)s行不在链中：事后补插。") % told, timezone.localdate(getattr(row, source.at)))
        )
