"""The week as the pages draw it: days, bars in quarters of an hour, marks of what is wrong, hours in which nobody is planned."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from geo.models import Station, User
from patrol import plan_reading as reading
from patrol import planning, roster
from patrol.models import Shift, Team
from patrol.roster import DAY, HOUR, Fault

QUARTERS = 96
WEEKDAYS = (
    gettext_lazy("周一"), gettext_lazy("周二"), gettext_lazy("周三"), gettext_lazy("周四"), gettext_lazy("周五"), gettext_lazy("周六"),
    gettext_lazy("周日"),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A fault is a letter, a shape and a colour: `letter` stands on the bar, `name` in the legend and for screen readers."""

    fault: str
    letter: object
    shape: str
    name: object
    colour: str


MARKS = {
    Fault.OVERLAP: Mark("overlap", pgettext_lazy("mark on a shift", "叠"), "■", gettext_lazy("同一人时间重叠"), "red"),
    Fault.NOT_MEMBER: Mark("not_member", pgettext_lazy("mark on a shift", "非"), "■", gettext_lazy("不是在册队员"), "red"),
    Fault.SHORT: Mark("short", pgettext_lazy("mark on a shift", "缺"), "◆", gettext_lazy("人数不够"), "red"),
    Fault.REST: Mark("rest", pgettext_lazy("mark on a shift", "休"), "▲", gettext_lazy("休息不足"), "yellow"),
    Fault.WEEK_HOURS: Mark("week_hours", pgettext_lazy("mark on a shift", "时"), "▲", gettext_lazy("一周工时过长"), "yellow"),
}


@dataclass
class Bar:
    """A shift, or the part of it that lies on one day: from quarter `begin` to quarter `end`."""

    begin: int
    end: int
    shift: Shift | None = None
    continues_from: bool = False
    continues_to: bool = False
    marks: list[Mark] = field(default_factory=list)
    movable: bool = False

    @property
    def classes(self) -> str:
        return f"from-{self.begin} to-{self.end}"

    @property
    def when(self) -> str:
        return reading.clock(self.shift.starts_at, self.shift.ends_at)

    @property
    def clock(self) -> str:
        start, end = (each.astimezone(roster.COUNTY_TIME) for each in (self.shift.starts_at, self.shift.ends_at))
        return f"{start:%H:%M}–{end:%H:%M}"

    @property
    def minutes(self) -> int:
        return round((self.shift.ends_at - self.shift.starts_at).total_seconds() / 60)

    @property
    def seen(self) -> str:
        return planning.seen(self.shift)

    @property
    def people(self) -> list[str]:
        return [each.user.username for each in self.shift.crew.all()]

    @property
    def place(self) -> str:
        return reading.place_of(self.shift)

    @property
    def colour(self) -> str:
        return "red" if any(each.colour == "red" for each in self.marks) else "yellow" if self.marks else ""


@dataclass
class Day:
    """`empty` are the stretches of hours (from, to) in which nobody is planned, where somebody ought to be."""

    date: date
    bars: list[Bar]
    empty: list[tuple[int, int]]
    is_today: bool = False
    is_over: bool = False

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS[self.date.weekday()])

    @property
    def gaps(self) -> list[Bar]:
        return [Bar(begin * 4, end * 4) for begin, end in self.empty]

    @property
    def empty_hours(self) -> int:
        return sum(end - begin for begin, end in self.empty)

    @property
    def empty_text(self) -> str:
        return hours_text(self.empty)

    @property
    def strip_text(self) -> str:
        """What the little strip of the day shows, in words."""
        manned = [each for each in self.bars if each.shift.cancelled_at is None and each.people]
        told = "、".join(dict.fromkeys(each.clock for each in manned)) or _("没有班次")
        return _("%(shifts)s；空档 %(empty)s") % {"shifts": told, "empty": self.empty_text} if self.empty else told


def hours_text(stretches: Iterable[tuple[int, int]]) -> str:
    return "、".join(f"{begin:02d}:00–{end:02d}:00" for begin, end in stretches)


def week_of(text: str, *, today: date) -> date:
    """The Monday of "2026-W48"; of today's week for anything else."""
    try:
        year, number = text.split("-W")
        return date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        return roster.monday_of(today)


def iso(week: date) -> str:
    year, number, _day = week.isocalendar()
    return f"{year}-W{number:02d}"


def shifts_of_week(shifts: QuerySet[Shift], week: date) -> list[Shift]:
    start = roster.midnight(week)
    return list(reading.with_crew(shifts.between(start, start + roster.WEEK)).order_by("starts_at", "ends_at", "pk"))


def _quarter(moment: datetime, start: datetime) -> float:
    return (moment - start) / (HOUR / 4)


def bars_of_day(shifts: Iterable[Shift], day: date, marks: Mapping[int, list[Mark]], *, movable: bool, now: datetime) -> list[Bar]:
    start = roster.midnight(day)
    found = []
    for shift in shifts:
        if shift.starts_at < start + DAY and shift.ends_at > start:
            begin, end = _quarter(shift.starts_at, start), _quarter(shift.ends_at, start)
            begins = max(0, min(QUARTERS - 1, int(begin)))
            ends = min(QUARTERS, max(begins + 1, -int(-end // 1)))
            may_move = movable and begin >= 0 and shift.cancelled_at is None and shift.starts_at > now
            found.append(Bar(begins, ends, shift, begin < 0, end > QUARTERS, marks.get(shift.pk, []), may_move))
    return found


def _days(team: Team, shifts: Sequence[Shift], week: date, marks: Mapping, *, movable: bool, now: datetime) -> list[Day]:
    """The seven days of one team; only a round-the-clock team has empty hours."""
    live = [reading.duty(each) for each in shifts if each.cancelled_at is None]
    covered = roster.covered(roster.manned(live), first=week, day_count=7)
    today = roster.day_of(now)
    days = []
    for number in range(7):
        day = week + number * DAY
        stands = team.formed_on <= day and (team.dissolved_on is None or day < team.dissolved_on)
        empty = roster.runs(covered[number]) if team.is_round_the_clock and stands else []
        bars = bars_of_day(shifts, day, marks, movable=movable, now=now)
        days.append(Day(day, bars, empty, day == today, day < today))
    return days


@dataclass(frozen=True)
class Found:
    """What is wrong with the shifts of a week: marks by shift, and sentences with the mark that they are about."""

    marks: dict[int, list[Mark]]
    sentences: list[tuple[Mark, str, int]]

    @property
    def counts(self) -> list[tuple[Mark, int]]:
        counted = Counter(mark for mark, _text, _pk in self.sentences)
        return [(mark, counted[mark]) for mark in MARKS.values() if counted[mark]]


def faults(shifts: Sequence[Shift], week: date, reader: User) -> Found:
    conflicts, known = reading.judged(shifts, week=week)
    people = {each.user_id: each.user.username for shift in known.values() for each in shift.crew.all()}
    bounds = reading.limits(week)
    shown = {each.pk for each in shifts}
    marks: dict[int, list[Mark]] = defaultdict(list)
    sentences = []
    order = list(MARKS)
    for each in sorted(conflicts, key=lambda one: (order.index(one.fault), known[one.duties[0]].starts_at, one.person or 0)):
        mark, mine = MARKS[each.fault], [key for key in each.duties if key in shown]
        for key in mine:
            if mark not in marks[key]:
                marks[key].append(mark)
        sentences.append((mark, reading.sentence(each, known, people, bounds, reader), mine[0] if mine else 0))
    return Found(dict(marks), sentences)


@dataclass
class TeamWeek:
    team: Team
    days: list[Day]
    found: Found
    shifts: list[Shift]

    @property
    def empty_hours(self) -> int:
        return sum(day.empty_hours for day in self.days)

    @property
    def planned_hours(self) -> float:
        """Hours of people, as they are planned in this week."""
        start, end = roster.midnight(self.days[0].date), roster.midnight(self.days[-1].date + DAY)
        live = [each for each in self.shifts if each.cancelled_at is None]
        return sum((min(each.ends_at, end) - max(each.starts_at, start)) / HOUR * len(each.crew.all()) for each in live)


def team_week(team: Team, shifts: Sequence[Shift], week: date, reader: User, *, now: datetime) -> TeamWeek:
    found = faults(shifts, week, reader)
    movable = planning.may_plan(reader, team.division_id)
    return TeamWeek(team, _days(team, shifts, week, found.marks, movable=movable, now=now), found, list(shifts))


@dataclass
class KioskWeek:
    """A kiosk's week. `is_judged` where its opening hours can be read."""

    kiosk: Station
    days: list[Day]
    is_judged: bool

    @property
    def is_staffed(self) -> bool:
        return any(bar.people for day in self.days for bar in day.bars)


def kiosk_weeks(week: date, reader: User, *, now: datetime) -> list[KioskWeek]:
    """Every kiosk of the reader's that is built: when it is staffed, and which of its open hours are not.

    Whoever staffs it: the county's traffic team stands at a town's kiosk, and the town sees the hours, without the people.
    """
    kiosks = Station.objects.visible_to(reader).filter(kind=Station.Kind.KIOSK, status=Station.Status.BUILT).order_by("division_id", "name")
    rows = Shift.objects.everywhere("a kiosk of the reader's, whosesoever the duty is").planned().filter(station__in=kiosks.values("pk"))
    by_kiosk = defaultdict(list)
    for each in shifts_of_week(rows, week):
        by_kiosk[each.station_id].append(each)
    today = roster.day_of(now)
    found = []
    for kiosk in kiosks.select_related("division"):
        own = by_kiosk[kiosk.pk]
        wanted = roster.opening(kiosk.hours)
        covered = roster.covered(roster.manned(map(reading.duty, own)), first=week, day_count=7)
        days = []
        for number in range(7):
            day = week + number * DAY
            empty = roster.runs(covered[number], wanted) if wanted else []
            days.append(Day(day, bars_of_day(own, day, {}, movable=False, now=now), empty, day == today, day < today))
        found.append(KioskWeek(kiosk, days, wanted is not None))
    return found


def empty_sentences(days: Sequence[Day]) -> list[str]:
    return [
        _("%(day)s %(hours)s 没有排人。") % {"day": f"{each.date:%m-%d} {each.weekday}", "hours": each.empty_text}
        for each in days
        if each.empty
    ]
