"""What the pages of regular duties show: month, list, one duty, shares by unit, the rules in force."""
import calendar
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.core.paginator import Paginator
from django.db.models import Count, Min, Q
from django.db.models.functions import Left
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from geo import workflow
from geo.maps import path_of
from geo.models import Decision, Division, User
from zones import duties as verbs
from zones import duty_list, duty_rows, inspection_pages
from zones.cadences import occurrences, unknown_years
from zones.duty_list import Asked
from zones.models import Duty, DutyKind, DutyRule, WorkCalendar
from zones.periods import add_months, day_of
from zones.register_rules import work_days

PAGE_SIZE, REMINDERS_AT_MOST = 50, 30
NEXT_DAYS = 4


def _shared(said: Asked) -> dict:
    return {
        "said": said, "units": duty_list.units_for(said.user), "kinds": DutyKind.choices, "states": duty_list.states(),
        "today": said.today, "address": _address(said), "unknown_year": unknown_year(said),
    }  # fmt: skip


def _address(said: Asked, **more) -> str:
    """The filters that the pages hand on to one another, without days."""
    parts = {"unit": said.unit if said.unit != said.user.division_id else "", "kind": said.kind, "own": "1" if said.own else "", **more}
    return urlencode({name: value for name, value in parts.items() if value})


def unknown_year(said: Asked) -> str:
    """Years of the shown days whose holidays are not loaded, as text; empty where all are."""
    known = work_days().known_years
    return "、".join(str(year) for year in range(said.first.year, said.last.year + 1) if year not in known)


def month(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """Days of a month with what falls due, a line for each rule with its counts; and what the reader has to do soon."""
    today = day_of(now)
    start = duty_list.month_of(query.get("month", ""), today)
    said = duty_list.asked(user, {"unit": query.get("unit", ""), "kind": query.get("kind", ""), "own": query.get("own", ""),
                                  "month": f"{start:%Y-%m}"}, today=today)  # fmt: skip
    lines, free = _lines(said), work_days()
    weeks = calendar.Calendar().monthdatescalendar(start.year, start.month)
    days = [[{"day": day, "in_month": day.month == start.month, "off": not free.is_working(day), "lines": lines.get(day, ())
              if day.month == start.month else ()} for day in week] for week in weeks]  # fmt: skip
    return _shared(said) | {
        "month": start, "before": add_months(start, -1), "after": add_months(start, 1), "weeks": days, "week_days": week_days(),
        "any": bool(lines), "reminders": reminders(user, now=now), "unexplained": unexplained(user),
        "invented": said.scope.filter(is_invented=True).exists(),
    }  # fmt: skip


def week_days() -> list[str]:
    return [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]


def _lines(said: Asked) -> dict[date, list[dict]]:
    over = Q(state=Duty.State.DUE, due_on__lt=said.today)
    rows = said.rows.order_by().values("due_on", "rule").annotate(
        n=Count("pk"), one=Min("pk"), done=Count("pk", filter=Q(state=Duty.State.DONE)), late=Count("pk", filter=Q(state=Duty.State.LATE)),
        missed=Count("pk", filter=Q(state=Duty.State.MISSED)), overdue=Count("pk", filter=over),
    )  # fmt: skip
    rules = {rule.pk: rule for rule in DutyRule.objects.all()}
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["rule"]):
        row["waiting"] = row["n"] - row["done"] - row["late"] - row["missed"] - row["overdue"]
        row["rule"] = rules[row["rule"]]
        row["address"] = _address(said, rule=row["rule"].pk, **{"from": row["due_on"].isoformat(), "to": row["due_on"].isoformat()})
        found[row["due_on"]].append(row)
    return found


def reminders(user: User, *, now: datetime) -> list[Duty]:
    """What the reader's own unit has to do: overdue first, then what falls due within the rule's days of warning."""
    today = day_of(now)
    mine = Duty.objects.visible_to(user).filter(division=user.division_id, state=Duty.State.DUE, opens_on__lte=today)
    rows = list(mine.filter(duty_rows.falling_due(today)).select_related("rule", "division").order_by("due_on", "pk")[:REMINDERS_AT_MOST])
    for each in rows:
        each.late_days, each.days_left = max(0, (today - each.due_on).days), max(0, (each.due_on - today).days)
    return rows


def unexplained(user: User) -> int:
    """Missed duties of the reader's own unit that still lack a reason."""
    return Duty.objects.visible_to(user).filter(division=user.division_id, state=Duty.State.MISSED, reason="").count()


def listing(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    said = duty_list.asked(user, query, today=day_of(now))
    rows = said.rows.select_related("rule", "division").order_by("due_on", "division_id", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(query.get("page"))
    for each in page:
        each.late_days = (said.today - each.due_on).days if each.is_overdue(said.today) else 0
    rule = DutyRule.objects.filter(pk=said.rule).first() if said.rule else None
    return _shared(said) | {"page": page, "rule": rule, "invented": any(each.is_invented for each in page)}


def shares(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """On-time share by unit over the days asked for, the year so far by default. Units one level below the asked one."""
    today = day_of(now)
    days = {"from": f"{today.year}-01-01", "to": today.isoformat()}
    said = duty_list.asked(user, days | {name: value for name, value in query.items() if value}, today=today)
    length = {6: 9, 9: 12}.get(len(said.unit), max(len(said.unit), 6))
    rows = said.rows.judged(today).order_by().values(code=Left("division_id", length)).annotate(
        n=Count("pk"), done=Count("pk", filter=Q(state=Duty.State.DONE)), late=Count("pk", filter=Q(state=Duty.State.LATE)),
        missed=Count("pk", filter=Q(state=Duty.State.MISSED)), unexplained=Count("pk", filter=Q(state=Duty.State.MISSED, reason="")),
        overdue=Count("pk", filter=Q(state=Duty.State.DUE)),
    )  # fmt: skip
    rows = sorted(rows, key=lambda row: (row["done"] / row["n"], row["code"]))
    names = dict(Division.objects.filter(pk__in=[row["code"] for row in rows]).values_list("code", "name"))
    total = {name: sum(row[name] for row in rows) for name in ("n", "done", "late", "missed", "unexplained", "overdue")}
    for row in rows:
        row |= {"name": names[row["code"]], "percent": _percent(row), "address": _address(said, unit=row["code"]),
                "opens": len(row["code"]) == 9 and row["code"] != said.unit}  # fmt: skip
    invented = said.rows.filter(is_invented=True).exists()
    return _shared(said) | {"rows": rows, "total": total | {"percent": _percent(total)}, "invented": invented}


def _percent(row: dict) -> float | None:
    return round(100 * row["done"] / row["n"], 1) if row["n"] else None


def one(duty: Duty, user: User, *, now: datetime, typed: Mapping[str, str] | None = None) -> dict:
    """The page of one duty; `typed` brings back what a refused report said, else the inspections of its days draft it."""
    today, inspections = day_of(now), inspection_pages.of_duty(duty, user)
    is_mine = verbs.doers(user, duty)
    obstacle = ""
    if duty.state == Duty.State.DUE:
        try:
            verbs.outcome(duty, today)
        except verbs.DutyRefused as refused:
            obstacle = str(refused)
    return {
        "duty": duty, "path": path_of(duty.division_id), "today": today, "obstacle": obstacle,
        "typed": typed or {"note": inspections["in_words"] if inspections else ""},
        "late_days": (today - duty.due_on).days if duty.is_overdue(today) else 0,
        "reports": is_mine and duty.state == Duty.State.DUE and not obstacle,
        "takes_back": is_mine and not verbs.why_it_stands(duty, today), "photos": duty.photos.filter(added_at=duty.done_at),
        "explains": is_mine and duty.state == Duty.State.MISSED and not duty.reason,
        "moved": duty.due_on != duty.occurs_on, "known": work_days().knows(duty.due_on),
        "timeline": _timeline(duty), "inspections": inspections,
    }  # fmt: skip


def _timeline(duty: Duty) -> list[Decision]:
    labels = {(move.start, move.to): move.label for move in workflow.moves_of(Duty)}
    found = list(workflow.history(duty).select_related("decided_by__division"))
    for each in found:
        each.label = labels.get((each.from_state, each.to_state)) or Duty.State(each.to_state).label
    return found


def rules(user: User, *, now: datetime) -> dict:
    """The version in force with what each rule gives next, and the announced calendars."""
    today, free = day_of(now), work_days()
    standard = duty_rows.standard_on(today)
    rows = []
    for rule in standard.rules.select_related("standard"):
        cadence = duty_rows.cadence_of(rule)
        found = occurrences(cadence, first=today, last=today + timedelta(days=duty_rows.HORIZON_DAYS), work_days=free)
        rows.append({"rule": rule, "next": found[:NEXT_DAYS], "unknown": unknown_years(found, free)})
    return {
        "standard": standard, "rows": rows, "calendars": WorkCalendar.objects.order_by("year"),
        "unknown": sorted({year for row in rows for year in row["unknown"]}),
    }  # fmt: skip

