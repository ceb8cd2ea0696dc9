"""What a bulletin says in numbers: a few set-based questions for a unit and a span of days. None is "no data", never zero."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import CharField, Count, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Extract, Left, TruncDate, TruncMonth

from geo.models import Decision, Division
from patrol import grids, hours
from patrol.figures import figures as patrol_figures
from patrol.models import PresenceHour
from zones.models import Duty, DutyKind, Grade, Issue, Publication, PublishedGrade, RectificationZone
from zones.periods import COUNTY_TIME, Period, add_months, day_of, months_between, start_of

DAY = timedelta(days=1)
ISSUES, ZONES = Issue._meta.label_lower, RectificationZone._meta.label_lower
# How bad a colour is; what is not graded is neither better nor worse.
RANKS = {Grade.Colour.GREEN: 0, Grade.Colour.YELLOW: 1, Grade.Colour.RED: 2}
GAPS_SHOWN, NAMES_SHOWN, MONTHS_SHOWN = 5, 5, 12
Values = dict[str, object]


@dataclass(frozen=True)
class Span:
    """Days of [first, end) in the county's time."""

    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - DAY

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return start_of(self.first), start_of(self.end)

    def shifted(self, months: int) -> "Span":
        return Span(add_months(self.first, months), add_months(self.end, months))


def spans(period: Period) -> dict[str, Span]:
    """The period, the one before it, and the same one of the year before."""
    now = Span(period.starts_on, period.ends_on)
    return {"now": now, "before": now.shifted(-months_between(now.first, now.end)), "year_ago": now.shifted(-12)}


GROUPS: list[Callable[[str, Span, datetime], Values]] = []


def group(function: Callable[[str, Span, datetime], Values]) -> Callable:
    """A function of GROUPS gives named values of a unit's code and a span; zones.bulletins.measures says what the names mean."""
    GROUPS.append(function)
    return function


def values(code: str, span: Span, now: datetime) -> Values:
    found: Values = {}
    for function in GROUPS:
        found |= function(code, span, now)
    return found


def part_length(code: str) -> int:
    """How long the codes of the units are that a bulletin compares: towns of a county, villages of a town."""
    return 12 if len(code) >= 9 else 9 if len(code) >= 6 else 6


# Duties


def _duties(code: str, span: Span, now: datetime) -> QuerySet[Duty]:
    """Those that fell due in the span and count for the share in time."""
    return Duty.objects.in_division(code).between(span.first, span.last).judged(day_of(now)).order_by()


def _duty_counts(prefix: str, only: Q) -> dict[str, Count]:
    """What is overdue counts with the missed."""
    S = Duty.State
    states = {"done": Q(state=S.DONE), "late": Q(state=S.LATE), "missed": Q(state__in=(S.MISSED, S.DUE))}
    return {f"{prefix}_due": Count("pk", filter=only), **{f"{prefix}_{name}": Count("pk", filter=only & q) for name, q in states.items()}}


INSPECTIONS, EVERY = Q(rule__kind=DutyKind.INSPECTION), Q(pk__isnull=False)


def _with_share(found: Values, prefix: str) -> Values:
    due = found[f"{prefix}_due"]
    if not due:
        return dict.fromkeys(f"{prefix}_{name}" for name in ("due", "done", "late", "missed", "share"))
    kept = {name: value for name, value in found.items() if name.startswith(prefix)}
    return kept | {f"{prefix}_share": found[f"{prefix}_done"] / due}


@group
def duties(code: str, span: Span, now: datetime) -> Values:
    """Inspections, and all regular duties together."""
    found = _duties(code, span, now).aggregate(**_duty_counts("inspections", INSPECTIONS), **_duty_counts("duties", EVERY))
    return _with_share(found, "inspections") | _with_share(found, "duties")


def duties_by_unit(code: str, span: Span, now: datetime) -> dict[str, Values]:
    rows = _duties(code, span, now).values(unit=Left("division_id", part_length(code)))
    rows = rows.annotate(**_duty_counts("inspections", INSPECTIONS), **_duty_counts("duties", EVERY))
    return {row["unit"]: _with_share(row, "inspections") | _with_share(row, "duties") for row in rows}


# Issues


def register_began(code: str) -> datetime | None:
    """When the first problem was registered: before that nothing is known, afterwards nothing means none."""
    rows = Issue.objects.in_division(code).order_by("registered_at")
    return rows.values_list("registered_at", flat=True).first()


def issues_at(code: str, moment: datetime) -> QuerySet[Issue]:
    """Those registered before the moment, with `then`: the state that they were in at it."""
    steps = Decision.objects.filter(kind=ISSUES, object_id=Cast(OuterRef("pk"), CharField()), decided_at__lt=moment)
    then = Coalesce(Subquery(steps.order_by("-pk").values("to_state")[:1]), Value(Issue.State.REGISTERED.value))
    return Issue.objects.in_division(code).filter(registered_at__lt=moment).order_by().annotate(then=then)


def moves(kind: str, code: str, span: Span) -> QuerySet[Decision]:
    start, end = span.moments
    return Decision.objects.filter(kind=kind, division__code__startswith=code, decided_at__gte=start, decided_at__lt=end).order_by()


CLOSED = Q(to_state=Issue.State.CLOSED)
RELAPSED = Q(from_state=Issue.State.CLOSED, to_state=Issue.State.ASSIGNED)


def in_time(code: str, first: date, last: date, now: datetime) -> QuerySet[Issue]:
    """Issues whose last day lies in the days and over which can be judged; `in_time` says mended by that day, and closed.

    What was withdrawn does not count, nor what was reported mended in time and waits for its check.
    """
    rows = Issue.objects.in_division(code).filter(due_on__gte=first, due_on__lte=last).exclude(state=Issue.State.WITHDRAWN)
    rows = rows.annotate(fixed_on=TruncDate("fixed_at", tzinfo=COUNTY_TIME))
    waiting = Q(state=Issue.State.REPORTED_FIXED, fixed_on__lte=F("due_on"))
    return rows.exclude(waiting).exclude(~Q(state=Issue.State.CLOSED), due_on__gte=day_of(now)).order_by()


IN_TIME = Q(state=Issue.State.CLOSED, fixed_on__lte=F("due_on"))


@group
def issues(code: str, span: Span, now: datetime) -> Values:
    names = ("registered", "closed", "relapsed", "open", "overdue", "due", "in_time", "share")
    start, end = span.moments
    first = register_began(code)
    if first is None or first >= end:
        return dict.fromkeys(f"issues_{name}" for name in names)
    steps = moves(ISSUES, code, span).aggregate(issues_closed=Count("pk", filter=CLOSED), issues_relapsed=Count("pk", filter=RELAPSED))
    stock = issues_at(code, end).aggregate(
        issues_open=Count("pk", filter=Q(then__in=Issue.OPEN)),
        issues_overdue=Count("pk", filter=Q(then__in=Issue.AT_WORK, due_on__lt=span.end)),
    )
    judged = in_time(code, span.first, span.last, now).aggregate(issues_due=Count("pk"), issues_in_time=Count("pk", filter=IN_TIME))
    registered = Issue.objects.in_division(code).filter(registered_at__gte=start, registered_at__lt=end).count()
    share = judged["issues_in_time"] / judged["issues_due"] if judged["issues_due"] else None
    return {"issues_registered": registered, **steps, **stock, **judged, "issues_share": share}


def issues_by_unit(code: str, span: Span) -> dict[str, Values]:
    """By the unit that has to mend them. A unit above (a county that took an issue over) stands as itself."""
    start, end = span.moments
    unit = Left("unit_id", part_length(code))
    stock = issues_at(code, end).values(part=unit).annotate(
        registered=Count("pk", filter=Q(registered_at__gte=start)),
        open=Count("pk", filter=Q(then__in=Issue.OPEN)),
        overdue=Count("pk", filter=Q(then__in=Issue.AT_WORK, due_on__lt=span.end)),
    )  # fmt: skip
    found = {row.pop("part"): row | {"closed": 0, "relapsed": 0} for row in stock}
    # Issues are asked for by number: behind their wall a number that is cast from a decision's text finds no index.
    steps = moves(ISSUES, code, span).filter(CLOSED | RELAPSED).values_list("object_id")
    steps = {int(pk): counts for pk, *counts in steps.annotate(closed=Count("pk", filter=CLOSED), relapsed=Count("pk", filter=RELAPSED))}
    of = Issue.objects.everywhere("only the unit of an issue of this territory").filter(pk__in=list(steps))
    for pk, part in of.values_list("pk", unit):
        values = found.setdefault(part, {"registered": 0, "open": 0, "overdue": 0, "closed": 0, "relapsed": 0})
        values["closed"] += steps[pk][0]
        values["relapsed"] += steps[pk][1]
    return found


def issue_states(code: str, span: Span) -> dict[str, int] | None:
    """How many problems there were in each state at the end, withdrawn and long closed ones left out."""
    if (first := register_began(code)) is None or first >= span.moments[1]:
        return None
    rows = issues_at(code, span.moments[1]).filter(then__in=Issue.OPEN).values_list("then").annotate(n=Count("pk"))
    return {state: 0 for state in Issue.OPEN} | dict(rows)


def issues_by_month(code: str, span: Span) -> list[Values]:
    """Registered and closed in each of the last twelve months up to the end; None for months before the register."""
    year = Span(add_months(span.end, -MONTHS_SHOWN), span.end)
    began = register_began(code)
    inside = Issue.objects.in_division(code).filter(registered_at__gte=year.moments[0], registered_at__lt=year.moments[1]).order_by()
    month = lambda field: TruncMonth(field, tzinfo=COUNTY_TIME, output_field=DateTimeField())  # noqa: E731
    made = {day_of(at): n for at, n in inside.values_list(month("registered_at")).annotate(n=Count("pk"))}
    over = {day_of(at): n for at, n in moves(ISSUES, code, year).filter(CLOSED).values_list(month("decided_at")).annotate(n=Count("pk"))}
    found = []
    for number in range(MONTHS_SHOWN):
        day = add_months(year.first, number)
        known = began is not None and began < start_of(add_months(day, 1))
        one = {"registered": made.get(day, 0), "closed": over.get(day, 0)} if known else {"registered": None, "closed": None}
        found.append({"month": f"{day:%Y-%m}", **one})
    return found


# Zones, presence, grades


@group
def zones(code: str, span: Span, now: datetime) -> Values:
    """Steps of key-rectification zones in the span; None where the unit had no zone yet by its end."""
    if not RectificationZone.objects.in_division(code).filter(created_at__lt=span.moments[1]).exists():
        return dict.fromkeys(("zones_listed", "zones_accepted", "zones_delisted"))
    S = RectificationZone.Status
    return moves(ZONES, code, span).aggregate(
        zones_listed=Count("pk", filter=Q(to_state__in=(S.LISTED, S.RELISTED))),
        zones_accepted=Count("pk", filter=Q(to_state=S.ACCEPTED)), zones_delisted=Count("pk", filter=Q(to_state=S.DELISTED)),
    )  # fmt: skip


@group
def presence(code: str, span: Span, now: datetime) -> Values:
    """Hours of all key-rectification zones: with somebody, not known, with nobody; and the longest times that were surely empty."""
    read = gaps(code, span, now)
    counted = sum(one["counted"] for one in read)
    if not counted:
        return dict.fromkeys(("presence_zones", "presence_share", "unknown_share", "absent_share", "longest_gap", "gaps"))
    share = {name: sum(one[name] for one in read) / counted for name in ("present", "unknown", "absent")}
    return {
        "presence_zones": len(read), "presence_share": share["present"], "unknown_share": share["unknown"],
        "absent_share": share["absent"], "longest_gap": read[0]["gap"], "gaps": read[:GAPS_SHOWN],
    }  # fmt: skip


def gaps(code: str, span: Span, now: datetime) -> list[Values]:
    """Each zone with data, the longest gap first. States of an hour are those of the presence pages (patrol.grids)."""
    period = hours.period(code, first=span.first, last=span.last, now=now)
    if day_of(now) <= span.first or not period.hour_count:
        return []
    known = list(RectificationZone.objects.in_division(code).order_by("name", "pk").values_list("pk", "name"))
    order = {pk: index for index, (pk, _name) in enumerate(known)}
    rows = PresenceHour.objects.in_division(code).filter(layer="zones", place_pk__in=order).between(period.start, period.end).order_by()
    rows = rows.annotate(epoch=Extract("hour", "epoch", tzinfo=UTC)).values_list("place_pk", "epoch", "present_s", "unknown_s")
    table = np.array(list(rows), np.float64).reshape(-1, 4)
    place = np.array([order[pk] for pk in table[:, 0]], np.int64)
    hour = ((table[:, 1] - period.start.timestamp()) // 3600).astype(np.int64)
    limit = patrol_figures(period.end).present_hour_s
    grid = grids.states(
        place, hour, table[:, 2], table[:, 3], shape=(len(known), period.hour_count), reach=period.reach, present_hour_s=limit
    )
    found = []
    for (_pk, name), row in zip(known, grid, strict=True):
        counts = np.bincount(row, minlength=4)
        gap = grids.sure_gap(row)
        states = {"absent": int(counts[grids.ABSENT]), "unknown": int(counts[grids.UNKNOWN]), "present": int(counts[grids.PRESENT])}
        if counted := sum(states.values()):
            start = period.at(gap.start).astimezone(COUNTY_TIME).isoformat() if gap.start is not None else ""
            found.append({"name": name, "gap": gap.length, "from": start, "counted": counted, **states})
    return sorted(found, key=lambda one: (-one["gap"], one["name"]))


def _published(code: str, publication: Publication | None) -> dict:
    rows = PublishedGrade.objects.filter(publication=publication, town_code__startswith=code[:9]) if publication else ()
    return {row.public_id: row for row in rows}


@group
def grades(code: str, span: Span, now: datetime) -> Values:
    """The newest published rating that was over by the end, and how its colours changed against the rating before it."""
    rounds = Publication.objects.filter(is_current=True, ends_on__lte=span.end).order_by("-ends_on", "-number")
    newest, former = [*rounds[:2], None, None][:2]
    found = _published(code, newest)
    if not found or len(code) > 9:
        names = (*Grade.Colour.values, "better", "worse")
        return dict.fromkeys(("grades_period", *(f"grades_{name}" for name in names)))
    before = _published(code, former)
    told: Values = {"grades_period": newest.period, "grades_former": former.period if former else ""}
    told |= {f"grades_{colour}": sum(one.colour == colour for one in found.values()) for colour in Grade.Colour.values}
    both = [(RANKS[before[key].colour], RANKS[one.colour]) for key, one in found.items()
            if key in before and one.colour in RANKS and before[key].colour in RANKS]  # fmt: skip
    told["grades_better"] = sum(now_is < was for was, now_is in both) if before else None
    told["grades_worse"] = sum(now_is > was for was, now_is in both) if before else None
    return told


def unit_names(codes) -> dict[str, str]:
    return dict(Division.objects.filter(pk__in=codes).values_list("code", "name"))


def has_data(code: str, span: Span, now: datetime) -> bool:
    """Whether there is anything to tell of: a duty that fell due, or a register of problems."""
    began = register_began(code)
    return _duties(code, span, now).exists() or (began is not None and began < span.moments[1])
