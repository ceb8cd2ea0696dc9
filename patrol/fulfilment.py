"""Plan against done by team and week, and visits against each beat's target. Teams and places only: no person is named."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Sum
from django.utils.translation import gettext as _

from geo.models import Division, User
from patrol import shift_reports, timelines, units
from patrol.models import Beat, PresenceHour, Team
from patrol.shift_reports import STATES, Report

WEEK_HOURS = 168


@dataclass(frozen=True)
class TeamWeek:
    """Seconds of planned time. `planned_s` is of the whole week, `seconds` by state of what is past; `empty` is hours of the
    week without any shift, for a team that patrols around the clock."""

    team: Team
    shift_count: int
    planned_s: float
    past_s: float
    seconds: dict[str, float]
    empty: list[int] | None

    @property
    def share(self) -> float | None:
        return self.seconds[timelines.RECORDED] / self.past_s if self.past_s else None

    @property
    def shares(self) -> list[tuple[str, str, object, float]]:
        return [(state, *STATES[state], self.seconds[state] / self.past_s if self.past_s else 0.0) for state in STATES]


@dataclass(frozen=True)
class BeatWeek:
    beat: Beat
    visits: int
    drive_bys: int

    @property
    def share(self) -> float | None:
        target = self.beat.weekly_visit_target
        return self.visits / target if target else None

    @property
    def is_reached(self) -> bool | None:
        return None if self.share is None else self.share >= 1


def teams(user: User, unit: Division, monday: date, *, now: datetime) -> list[TeamWeek]:
    """Every team of the unit that is in force in the week, in the order of its names."""
    start, end = _week(monday)
    found = Team.objects.visible_to(user).in_division(unit.code).in_force(monday).select_related("division")
    shifts = shift_reports.planned(user, start, end).in_division(unit.code)
    by_team: dict[int, list[Report]] = {team.pk: [] for team in found}
    for report in shift_reports.reports(shifts, now=now):
        by_team.setdefault(report.shift.team_id, []).append(report)
    return [_team_week(team, by_team[team.pk], start) for team in found]


def _team_week(team: Team, reports: list[Report], start: datetime) -> TeamWeek:
    own = [each for each in reports if each.shift.starts_at >= start]
    return TeamWeek(
        team=team,
        shift_count=len(own),
        planned_s=sum((each.shift.ends_at - each.shift.starts_at).total_seconds() for each in own),
        past_s=sum(each.counted_s for each in own),
        seconds=shift_reports.totals(own),
        empty=empty_hours([(each.shift.starts_at, each.shift.ends_at) for each in reports], start) if team.is_round_the_clock else None,
    )


def empty_hours(spans: list[tuple[datetime, datetime]], start: datetime) -> list[int]:
    """Hours of the week (0 is Monday 0:00) that no span covers wholly or in part for at least half an hour."""
    minutes = np.zeros(WEEK_HOURS * 60, bool)
    for begin, end in spans:
        first, last = (round((moment - start) / timedelta(minutes=1)) for moment in (begin, end))
        minutes[max(0, first) : max(0, last)] = True
    covered = minutes.reshape(WEEK_HOURS, 60).sum(axis=1)
    return np.flatnonzero(covered < 30).tolist()


def runs(hours: list[int]) -> list[tuple[int, int]]:
    """[3, 4, 5, 9] -> [(3, 6), (9, 10)]."""
    found: list[tuple[int, int]] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return found


def beats(user: User, unit: Division, monday: date) -> list[BeatWeek]:
    """Every beat of the unit, those furthest from their target first."""
    start, end = _week(monday)
    found = Beat.objects.visible_to(user).in_division(unit.code).select_related("division").defer("geom", "geom_3857", "route")
    rows = PresenceHour.objects.visible_to(user).in_division(unit.code).filter(layer="beats").between(start, end)
    sums = {
        pk: (visits, passed)
        for pk, visits, passed in rows.order_by().values_list("place_pk").annotate(Sum("visit_count"), Sum("drive_by_count"))
    }
    weeks = [BeatWeek(beat, *sums.get(beat.pk, (0, 0))) for beat in found]
    return sorted(weeks, key=lambda each: (each.share is None, each.share or 0, each.beat.name))


def _week(monday: date) -> tuple[datetime, datetime]:
    return units.start_of(monday), units.start_of(monday + timedelta(days=7))


def sheets(team_weeks: list[TeamWeek], beat_weeks: list[BeatWeek]) -> list[tuple]:
    headers = [
        _("巡防队"), _("区划代码"), _("班次数"), _("计划小时"), _("已到时间的计划小时"),
        *(f"{word}{_('（小时）')}" for _mark, word in STATES.values()), _("有轨迹的比例"), _("未排班小时"),
    ]  # fmt: skip
    rows = [
        [
            each.team.name, each.team.division_id, each.shift_count, _hours(each.planned_s), _hours(each.past_s),
            *(_hours(each.seconds[state]) for state in STATES), None if each.share is None else round(each.share, 3),
            None if each.empty is None else len(each.empty),
        ]
        for each in team_weeks
    ]  # fmt: skip
    beat_headers = [_("巡区"), _("区划代码"), _("每周到访目标"), _("到访次数"), _("路过次数")]
    beat_rows = [
        [each.beat.name, each.beat.division_id, each.beat.weekly_visit_target, each.visits, each.drive_bys] for each in beat_weeks
    ]  # fmt: skip
    note = [_("按巡防队和巡区统计，不对个人排名。“不明”不算在巡，也不算缺勤。")]
    return [(_("巡防队"), headers, rows, note), (_("巡区"), beat_headers, beat_rows, [])]


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)
