"""Regular duties as a calendar file: whole days, which any program on a desk or a phone can read and subscribe to."""
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from zones.duty_list import Asked
from zones.models import Duty

ICS = "text/calendar; charset=utf-8"
DAYS_BACK, DAYS_AHEAD = 92, 400
EVENTS_AT_MOST = 5000
DAY = timedelta(days=1)


def own(said: Asked) -> list[Duty]:
    """The unit's own duties (not those of the units below), from three months back to the horizon."""
    rows = said.scope.filter(division=said.unit).between(said.today - DAYS_BACK * DAY, said.today + DAYS_AHEAD * DAY)
    return list(rows.select_related("rule", "division").order_by("due_on", "pk")[:EVENTS_AT_MOST])


def calendar(duties: Iterable[Duty], *, title: str, today: date, now: datetime) -> bytes:
    """RFC 5545. The title of a finished or missed duty says so; one that waits reminds a day before."""
    book = Calendar()
    book.add("prodid", "-//Siwu//duties//ZH")
    book.add("version", "2.0")
    book.add("x-wr-calname", title)
    book.add("x-wr-timezone", "Asia/Shanghai")
    for duty in duties:
        book.add_component(_event(duty, today, now))
    return book.to_ical()


def _event(duty: Duty, today: date, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"duty-{duty.pk}@siwu")
    event.add("dtstamp", now)
    event.add("dtstart", duty.due_on)
    event.add("dtend", duty.due_on + DAY)
    state = _("逾期未办") if duty.is_overdue(today) else duty.get_state_display()
    event.add("summary", _("%(rule)s（%(state)s）") % {"rule": duty.rule, "state": state})
    event.add("location", duty.division.name)
    days = {"first": duty.opens_on, "last": duty.due_on, "lapses": duty.lapses_on}
    event.add("description", _("期间：%(first)s至%(last)s；%(lapses)s前可补办，记为逾期完成。") % days)
    event.add("categories", [str(duty.rule.get_kind_display())])
    event.add("transp", "TRANSPARENT")
    event.add("status", "CONFIRMED")
    if duty.state == Duty.State.DUE:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", str(duty.rule))
        alarm.add("trigger", -DAY)
        event.add_component(alarm)
    return event
