"""What the pages of duty room, reports and replay show."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from geo.models import User
from patrol import duty_room as room
from patrol import map_words, shift_reports, units
from patrol import replay as tracks
from patrol.models import Patrol, Shift


def duty_room(user: User, *, now: datetime) -> dict:
    out, due = room.out_now(user, now=now), room.not_started(user, now=now)
    sees = room.sees_persons(user)
    words = {"updated": _("更新于 {time}"), "stale": _("没有连上服务器，显示的是 {time} 的情况")}
    return {
        "now": now,
        "sees_persons": sees,
        "out": out if sees else [],
        "due": due if sees else [],
        "towns": room.by_town(user, out, due),
        "states": [(state, mark, word, sum(each.state == state for each in out)) for state, (mark, word) in room.STATES.items()],
        "late_count": sum(each.is_late for each in due),
        "soon_count": sum(not each.is_late for each in due),
        "positions": room.positions(out) if sees else [],
        "map": map_words.config(user.division_id, on=units.local(now).date(), words=words) if sees else None,
    }


def shift_reports_of(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    unit = units.chosen(user, query.get("division", ""))
    today = units.local(now).date()
    day = units.day_of(query.get("day", ""), today)
    found = shift_reports.reports(shift_reports.of_day(user, day=day, code=unit.code), now=now)
    seconds = shift_reports.totals(found)
    counted = sum(each.counted_s for each in found)
    return {
        "unit": unit,
        "units": units.choices(user),
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "reports": found,
        "late": [each for each in found if each.late and each.late > timedelta(minutes=1)],
        "not_begun": [each for each in found if each.started_at is None and each.shift.starts_at <= now],
        "shares": [(state, *shift_reports.STATES[state], value / counted if counted else 0.0) for state, value in seconds.items()],
        "states": shift_reports.STATES,
        "now": now,
        "sees_persons": True,
    }


def shift_report(user: User, shift: Shift, *, now: datetime) -> dict:
    sees = room.sees_persons(user)
    one = Shift.objects.everywhere("the shift was fetched through the reader's rights").filter(pk=shift.pk)
    [report] = shift_reports.reports(one, now=now, only=None if sees else user)
    return {
        "report": report,
        "sees_persons": sees,
        "beat_visits": shift_reports.beat_visits(shift),
        "states": shift_reports.STATES,
        "now": now,
        "absent_crew": absent_crew(report) if sees else [],
    }


def absent_crew(report: shift_reports.Report) -> list[User]:
    """Planned people without a patrol of this shift."""
    came = {turn.patrol.user_id for turn in report.turns}
    return [user for user in report.crew if user.pk not in came]


def replay(patrol: Patrol, *, now: datetime) -> dict:
    track = getattr(patrol, "track", None)
    words = {
        "play": _("播放"), "pause": _("暂停"), "gap": _("无定位"), "start": _("开始"), "end": _("结束"), "stop": _("停留"),
        "empty": _("没有可以回放的定位。"), "gapEnd": _("轨迹中断处"),
    }  # fmt: skip
    data = reverse("replay_data", args=[patrol.pk])
    return {
        "patrol": patrol,
        "track": track,
        "end": shift_reports.end_of(patrol, now),
        "gaps": tracks.gap_rows(patrol),
        "stops": tracks.stop_rows(patrol),
        "entries": tracks.entries(patrol),
        "discarded": sorted((track.discarded or {}).items()) if track else [],
        "missing": missing(patrol),
        "map": map_words.config(patrol.division_id, on=units.local(now).date(), data=data, words=words),
    }


def missing(patrol: Patrol) -> int | None:
    """Pieces of the track that the phone told of and that have not come in."""
    return None if patrol.chunk_count is None else max(0, patrol.chunk_count - patrol.chunks.count())
