"""A shift's plan against what was done: times, and what became of every planned minute."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Prefetch, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patrol import timelines, units
from patrol.models import Crew, LogEntry, Patrol, PatrolEvent, PresenceHour, Shift
from patrol.timelines import Piece

# Mark and word of each state, in the order in which they are drawn.
STATES = {
    timelines.RECORDED: ("●", gettext_lazy("有轨迹")),
    timelines.UNKNOWN: ("?", gettext_lazy("不明")),
    timelines.PAUSED: ("‖", gettext_lazy("暂停")),
    timelines.ABSENT: ("○", gettext_lazy("无人")),
}
FETCHED = "the shift was fetched through the reader's rights"


@dataclass(frozen=True)
class Turn:
    """One person's patrol of the shift. `missing` is how many pieces of its track have not come in, None when not told."""

    patrol: Patrol
    end: datetime
    pieces: list[Piece]
    missing: int | None

    @property
    def track(self):
        return getattr(self.patrol, "track", None)

    @property
    def is_out(self) -> bool:
        return self.patrol.ended_at is None


@dataclass(frozen=True)
class Report:
    """`late` is None while nobody has started. `pieces` cover the planned time; shares are of it, up to now."""

    shift: Shift
    crew: list
    turns: list[Turn]
    started_at: datetime | None
    ended_at: datetime | None
    late: timedelta | None
    pieces: list[Piece]
    seconds: dict[str, float]
    counted_s: float
    entries: list[LogEntry] = field(default_factory=list)

    @property
    def shares(self) -> list[tuple[str, str, object, float]]:
        """(state, mark, word, share) of the planned time so far."""
        return [(state, *STATES[state], self.seconds[state] / self.counted_s if self.counted_s else 0.0) for state in STATES]

    @property
    def stop_count(self) -> int:
        return sum(len(turn.track.stops) for turn in self.turns if turn.track)

    @property
    def length_m(self) -> float:
        return sum(turn.track.length_m for turn in self.turns if turn.track)

    @property
    def missing(self) -> int:
        return sum(turn.missing or 0 for turn in self.turns)


def of_day(user, *, day: date, code: str) -> QuerySet[Shift]:
    """Planned shifts that begin on this day, in the county's time."""
    start = units.start_of(day)
    shifts = Shift.objects.visible_to(user).in_division(code).planned()
    return shifts.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1)).order_by("starts_at", "team_id", "pk")


def planned(user, start: datetime, end: datetime) -> QuerySet[Shift]:
    return Shift.objects.visible_to(user).planned().between(start, end).order_by("starts_at", "pk")


def reports(shifts: QuerySet[Shift], *, now: datetime, only=None) -> list[Report]:
    """One for each shift. `only`: a person who may read no turn but the own."""
    patrols = Patrol.objects.everywhere(FETCHED)
    if only:
        patrols = patrols.filter(user=only)
    entries = LogEntry.objects.everywhere(FETCHED).order_by("happened_at")
    events = PatrolEvent.objects.order_by("at", "pk")
    turns = patrols.select_related("user", "track").annotate(chunks_in=Count("chunks")).order_by("started_at")
    turns = turns.prefetch_related(Prefetch("events", events), Prefetch("entries", entries))
    crew = Crew.objects.select_related("user").order_by("user__username")
    found = shifts.select_related("team", "beat", "station", "division").prefetch_related(
        Prefetch("patrols", turns), Prefetch("crew", crew)
    )
    return [_report(shift, now) for shift in found]


def _report(shift: Shift, now: datetime) -> Report:
    turns = [_turn(patrol, now) for patrol in shift.patrols.all()]
    until = max(min(shift.ends_at, now), shift.starts_at)
    span = (shift.starts_at.timestamp(), until.timestamp())
    pieces = timelines.best(span, [turn.pieces for turn in turns]) if span[1] > span[0] else []
    started_at = min((turn.patrol.started_at for turn in turns), default=None)
    is_over = turns and not any(turn.is_out for turn in turns)
    return Report(
        shift=shift,
        crew=[each.user for each in shift.crew.all()],
        turns=turns,
        started_at=started_at,
        ended_at=max(turn.patrol.ended_at for turn in turns) if is_over else None,
        late=started_at - shift.starts_at if started_at else None,
        pieces=pieces,
        seconds=timelines.seconds(pieces),
        counted_s=span[1] - span[0],
        entries=[entry for turn in turns for entry in turn.patrol.entries.all()],
    )


def _turn(patrol: Patrol, now: datetime) -> Turn:
    end = end_of(patrol, now)
    track = getattr(patrol, "track", None)
    events = [(event.kind, event.at.timestamp()) for event in patrol.events.all()]
    gaps = [(gap["from_ms"] / 1000, gap["to_ms"] / 1000) for gap in track.gaps] if track else []
    pieces = timelines.of_patrol(
        (patrol.started_at.timestamp(), end.timestamp()),
        pauses=timelines.pauses(events, end=end.timestamp()),
        gaps=gaps,
        is_recorded=bool(track and track.fix_count),
    )
    missing = None if patrol.chunk_count is None else max(0, patrol.chunk_count - patrol.chunks_in)
    return Turn(patrol, end, pieces, missing)


def end_of(patrol: Patrol, now: datetime) -> datetime:
    """When it ended; a patrol that the system closed ended with the last word from it; one that is out goes on."""
    if patrol.closing == Patrol.Closing.BY_SYSTEM:
        heard = [moment for moment in (patrol.last_fix_at, patrol.last_contact_at) if moment]
        return min(patrol.ended_at, max([patrol.started_at, *heard]))
    return patrol.ended_at or max(now, patrol.started_at)


def beat_visits(shift: Shift) -> int | None:
    """Visits to the shift's beat in its hours, by whomever: presence holds no person."""
    if not shift.beat_id:
        return None
    start = shift.starts_at.replace(minute=0, second=0, microsecond=0)
    rows = PresenceHour.objects.everywhere(FETCHED).filter(layer="beats", place_pk=shift.beat_id).between(start, shift.ends_at)
    return rows.aggregate(n=Sum("visit_count"))["n"] or 0


def totals(found: Iterable[Report]) -> dict[str, float]:
    """Seconds by state over many shifts."""
    sums = dict.fromkeys(STATES, 0.0)
    for report in found:
        for state, value in report.seconds.items():
            sums[state] += value
    return sums


def sheet(found: list[Report], *, with_persons: bool) -> tuple:
    """Rows for XLSX: one for each shift."""
    headers = [
        _("巡防队"), _("方式"), _("巡区或岗亭"), _("计划开始"), _("计划结束"), _("实际开始"), _("实际结束"), _("晚到（分钟）"),
        *(f"{word}{_('（分钟）')}" for _mark, word in STATES.values()), _("停留（处）"), _("日志（条）"), _("缺失轨迹段"),
    ]  # fmt: skip
    if with_persons:
        headers.append(_("当班人员"))
    rows = []
    for each in found:
        shift = each.shift
        row = [
            shift.team.name, shift.get_kind_display(), str(shift.beat or shift.station or ""),
            moment(shift.starts_at), moment(shift.ends_at),
            moment(each.started_at), moment(each.ended_at), None if each.late is None else round(each.late.total_seconds() / 60),
            *(round(each.seconds[state] / 60) for state in STATES), each.stop_count, len(each.entries), each.missing,
        ]  # fmt: skip
        rows.append([*row, "、".join(user.username for user in each.crew)] if with_persons else row)
    notes = [_("“不明”是有人在巡但没有定位的时间，不算在巡，也不算缺勤。")]
    return _("班次"), headers, rows, notes


def moment(value: datetime | None) -> str:
    return units.local(value).strftime("%Y-%m-%d %H:%M") if value else ""
