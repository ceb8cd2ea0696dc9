"""Compute a period: set-based statements, one transaction, only what changed is written."""
import time
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import LayerVersion, User
from zones import sql
from zones.criteria import Criteria, parse_criteria
from zones.grading import evidence_of, fire_checked_since, for_round, layers_asked
from zones.models import Grade, RatingRound, RatingScheme, ZeroReport
from zones.periods import KIND_NAMES, Period, add_months, day_of, parse_period
from zones.rating import Evidence, Reason, grade
from zones.schemes import in_force

CHANGES_NAMED = 50


class RatingRefused(ValueError):
    """Why a period is not computed or published, in words for the person who asked."""


@dataclass(frozen=True)
class Change:
    """A compound whose colour changed since the last computation, and the reasons that were not there before."""

    compound_id: int
    name: str
    before: str
    after: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class RoundSummary:
    """`changed_count` counts colours that changed; the first CHANGES_NAMED of them are in `changes`."""

    round: RatingRound
    is_final: bool
    colours: dict[str, int]
    new_count: int
    changed_count: int
    changes: tuple[Change, ...] = ()
    seconds: float = field(default=0, compare=False)


class RoundReader:
    """A round with its criteria: turns stored facts back into the reasons they gave."""

    def __init__(self, rating_round: RatingRound):
        self.round = rating_round

    @cached_property
    def criteria(self) -> Criteria:
        return parse_criteria(self.round.scheme.criteria)

    @property
    def fire_checked_since(self) -> date:
        return fire_checked_since(self.round, self.criteria)

    def evidence(self, found: Grade) -> Evidence:
        return evidence_of(found, self.round, self.criteria)

    def reasons(self, found: Grade) -> tuple[Reason, ...]:
        return grade(self.evidence(found), self.criteria)[1]


def rate(*, period: str, by: User | None = None, scheme: RatingScheme | None = None, now: datetime | None = None) -> RoundSummary:
    """Compute the period again from what the registers hold now. A period that has not ended gives a draft (`is_final` false).

    A frozen round is refused: its grades no longer follow the registers.
    """
    began = time.perf_counter()
    now = now or timezone.now()
    if by is not None and by.role != User.Role.COUNTY_OFFICER:
        raise RatingRefused(_("只有县级民警可以计算评定。"))
    wanted, scheme = _admitted(period, scheme, day_of(now))
    with transaction.atomic():
        rating_round = _open_round(wanted, scheme, now, by)
        reader = RoundReader(rating_round)
        graded_before = Grade.objects.everywhere("the whole round is computed").filter(round=rating_round).count()
        changed_count, before = _write_grades(reader)
        changes = _changes(reader, before)
    colours = count_colours(rating_round)
    return RoundSummary(
        round=rating_round,
        is_final=wanted.ends_on <= day_of(now),
        colours=colours,
        new_count=sum(colours.values()) - graded_before,
        changed_count=changed_count,
        changes=changes,
        seconds=time.perf_counter() - began,
    )


def count_colours(rating_round: RatingRound) -> dict[str, int]:
    grades = Grade.objects.everywhere("a summary of the whole round").filter(round=rating_round)
    found = dict(grades.with_final().order_by().values_list("final_colour").annotate(count=Count("pk")))
    return {colour: found.get(colour, 0) for colour in Grade.Colour.values}


def registers_version(criteria: Criteria) -> int:
    """Goes up with every change of what a grade is computed from by these criteria."""
    layers = LayerVersion.objects.filter(layer__in=("incidents", "compounds", "courtyards", *layers_asked(criteria)))
    return (layers.aggregate(sum=Sum("version"))["sum"] or 0) + ZeroReport.objects.everywhere("a count").count()


def is_stale(rating_round: RatingRound) -> bool:
    """Did the registers change after the round was computed?"""
    return registers_version(parse_criteria(rating_round.scheme.criteria)) != rating_round.registers_version


def _admitted(name: str, scheme: RatingScheme | None, today: date) -> tuple[Period, RatingScheme]:
    try:
        period = parse_period(name)
    except ValueError as wrong:
        raise RatingRefused(str(wrong)) from None
    if period.starts_on > today:
        raise RatingRefused(_("评定期 %(period)s 还没有开始。") % {"period": name})
    scheme = scheme or in_force(period.starts_on)
    if scheme is None:
        raise RatingRefused(_("评定期 %(period)s 没有适用的评定标准，请先用 manage.py load_criteria 载入。") % {"period": name})
    expected = parse_criteria(scheme.criteria).period
    if expected != period.kind:
        raise RatingRefused(
            _("标准 %(version)s 按 %(expected)s 评定，“%(period)s”不是这样的评定期。")
            % {"version": scheme.version, "expected": KIND_NAMES[expected], "period": name}
        )
    return period, scheme


def _open_round(period: Period, scheme: RatingScheme, now: datetime, by: User | None) -> RatingRound:
    """The round's row, locked: two computations of one period, or a computation and a freeze, follow each other."""
    held = RatingRound.objects.select_for_update().filter(period=period.name).first()
    if held is not None and held.is_frozen:
        raise RatingRefused(
            _("评定期 %(period)s 的数据已冻结（%(state)s），不再重新计算；确需重新计算，请先在评定期页面退回并解除冻结。")
            % {"period": period.name, "state": held.get_state_display()}
        )
    criteria = parse_criteria(scheme.criteria)
    facts = {
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "window_starts_on": add_months(period.ends_on, -criteria.window_months),
        "scheme": scheme,
        "computed_at": now,
        "computed_by": by,
        # Read before the data: a change that comes in between is announced, never missed.
        "registers_version": registers_version(criteria),
    }
    return RatingRound.objects.update_or_create(period=period.name, defaults=facts)[0]


def _write_grades(reader: RoundReader) -> tuple[int, list[tuple]]:
    """Number of changed colours, and the first of them as they were."""
    arguments = for_round(reader.round, reader.criteria) | {"round": reader.round.pk, "round_before": _round_before(reader.round)}
    with connection.cursor() as cursor:
        cursor.execute(sql.READ_IN_ORDER)
        cursor.execute(sql.GRADE, arguments)
        changed_count, before = cursor.rowcount, cursor.fetchmany(CHANGES_NAMED)
        cursor.execute(sql.TITLES, arguments)
        _carry_streaks(cursor, reader.round)
    return changed_count, before


def _round_before(rating_round: RatingRound) -> int | None:
    return RatingRound.objects.computed().filter(ends_on=rating_round.starts_on).values_list("pk", flat=True).first()


def _carry_streaks(cursor, rating_round: RatingRound) -> None:
    """Later periods build on this one: bring their streaks up to date, one after the other. What is frozen stays as it is."""
    before = rating_round
    open_rounds = RatingRound.objects.computed().filter(state=RatingRound.State.COLLECTING)
    for later in open_rounds.filter(starts_on__gte=rating_round.ends_on).order_by("starts_on"):
        if later.starts_on == before.ends_on:
            for statement in sql.STREAKS:
                cursor.execute(statement, {"round_before": before.pk, "round": later.pk})
            before = later


def _changes(reader: RoundReader, before: list[tuple]) -> tuple[Change, ...]:
    was = {row[0]: _as_grade(reader.round, row) for row in before}
    grades = Grade.objects.everywhere("names for the summary").filter(round=reader.round, compound__in=was)
    found = []
    for now in grades.select_related("compound").order_by("compound__name"):
        old = was[now.compound_id]
        known = set(map(_key, reader.reasons(old)))
        reasons = tuple(reason for reason in reader.reasons(now) if _key(reason) not in known)
        found.append(Change(now.compound_id, now.compound.name, old.colour, now.colour, reasons))
    return tuple(found)


def _key(reason: Reason) -> tuple:
    return reason.code, reason.level, tuple(sorted(reason.numbers.items()))


def _as_grade(rating_round: RatingRound, row: tuple) -> Grade:
    return Grade(round=rating_round, compound_id=row[0], **dict(zip(sql.EXPLAINED, row[1:], strict=True)))
