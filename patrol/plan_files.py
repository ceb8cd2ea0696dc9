"""The plan as files: a workbook, and a calendar that any program on a desk or a phone can read."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from geo.workbooks import write_workbook
from patrol import plan_reading as reading
from patrol.models import Shift
from patrol.roster import COUNTY_TIME

ICS = "text/calendar; charset=utf-8"


def workbook(shifts: Iterable[Shift], sentences: Sequence[str] = ()) -> bytes:
    """One row for each shift, and below the table what is wrong with the plan."""
    head = (
        _("日期"), _("开始"), _("结束"), _("巡防队"), _("方式"), _("地点"), _("应到人数"), _("实排人数"),
        _("当班人员"), _("备注"), _("状态"),
    )  # fmt: skip
    out = io.BytesIO()
    write_workbook(out, [(_("排班表"), head, [_row(each) for each in shifts], list(sentences))])
    return out.getvalue()


def _row(shift: Shift) -> tuple:
    start, end = shift.starts_at.astimezone(COUNTY_TIME), shift.ends_at.astimezone(COUNTY_TIME)
    names = [each.user.username for each in shift.crew.all()]
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%m-%d %H:%M}"
    state = _("已取消") if shift.cancelled_at else _("有效")
    return (
        start.date(), f"{start:%H:%M}", last, shift.team.name, shift.get_kind_display(), reading.place_of(shift), shift.needed_count,
        len(names), "、".join(names), shift.note, state,
    )  # fmt: skip


def calendar(shifts: Iterable[Shift], *, title: str, now: datetime) -> bytes:
    """RFC 5545. A cancelled shift stays in it, marked so, that a calendar which knows it strikes it out."""
    book = Calendar()
    book.add("prodid", "-//Siwu//roster//ZH")
    book.add("version", "2.0")
    book.add("x-wr-calname", title)
    book.add("x-wr-timezone", "Asia/Shanghai")
    for shift in shifts:
        event = Event()
        event.add("uid", f"shift-{shift.pk}@siwu")
        event.add("dtstamp", now)
        event.add("dtstart", shift.starts_at)
        event.add("dtend", shift.ends_at)
        event.add("summary", f"{shift.team.name} {shift.get_kind_display()}")
        if place := reading.place_of(shift):
            event.add("location", place)
        names = "、".join(each.user.username for each in shift.crew.all())
        event.add("description", "\n".join(part for part in (_("当班人员：%(names)s") % {"names": names or "—"}, shift.note) if part))
        event.add("status", "CANCELLED" if shift.cancelled_at else "CONFIRMED")
        book.add_component(event)
    return book.to_ical()
