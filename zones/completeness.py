"""Is there enough to grade by? Per town, what a round's grades lack: months of the register, fire checks, households."""
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from geo.models import Compound, Division, User
from zones.coverage import coverage
from zones.models import Grade, RatingRound, RoundStandard
from zones.periods import add_months, day_of
from zones.rounds import RoundReader


@dataclass(frozen=True)
class TownCompleteness:
    """Counts of compounds; one compound may lack several things. `added_count`: compounds that came after the round was computed."""

    town: Division
    count: int
    graded_count: int
    without_months: int
    without_fire_check: int
    without_households: int
    added_count: int
    missing_months: tuple[date, ...]
    enough_percent: int

    @property
    def percent(self) -> int:
        """Rounded down: 79.9 is not 80."""
        return 100 * self.graded_count // self.count if self.count else 0

    @property
    def is_enough(self) -> bool:
        return self.percent >= self.enough_percent


def completeness(rating_round: RatingRound, user: User) -> list[TownCompleteness]:
    """Towns of the user's territory, those with too few compounds to grade first."""
    criteria, checked_by = RoundReader(rating_round).criteria, day_of(rating_round.computed_at)
    since = add_months(rating_round.ends_on, -criteria.fire_check_months)
    unchecked = Q(fire_checked_on=None) | Q(fire_checked_on__lt=since) | Q(fire_checked_on__gt=checked_by)
    grades = Grade.objects.visible_to(user).filter(round=rating_round).annotate(town=Left("compound__division_id", 9))
    rows = grades.order_by().values("town").annotate(
        count=Count("pk"),
        graded_count=Count("pk", filter=~Q(colour=Grade.Colour.NOT_GRADED)),
        without_months=Count("pk", filter=Q(covered_month_count__lt=criteria.minimum_covered_months)),
        without_fire_check=Count("pk", filter=unchecked),
        without_households=Count("pk", filter=Q(household_count=None) | Q(household_count__lt=criteria.minimum_households)),
    )
    of = {row.pop("town"): row for row in rows}
    added = _added(rating_round, user)
    standard = rating_round.standard or RoundStandard.objects.in_force(checked_by)
    nothing = dict.fromkeys(("count", "graded_count", "without_months", "without_fire_check", "without_households"), 0)
    found = [
        TownCompleteness(
            town=each.town, missing_months=tuple(each.missing), enough_percent=standard.enough_percent,
            added_count=added.get(each.town.pk, 0), **of.get(each.town.pk, nothing),
        )
        for each in coverage(rating_round, user)
        if each.town.pk in of or each.town.pk in added
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.is_enough, each.town.pk))


def _added(rating_round: RatingRound, user: User) -> dict[str, int]:
    graded = Grade.objects.visible_to(user).filter(round=rating_round).values("compound")
    new = Compound.objects.visible_to(user).exclude(pk__in=graded).annotate(town=Left("division_id", 9))
    return dict(new.order_by().values_list("town").annotate(count=Count("pk")))


def gone_count(rating_round: RatingRound) -> int:
    """Compounds that were removed from the register after the freeze; their grades went with them and are not published."""
    if rating_round.frozen_count is None:
        return 0
    left = Grade.objects.everywhere("a count of the whole round").filter(round=rating_round).count()
    return max(0, rating_round.frozen_count - left)


def as_table(found: list[TownCompleteness]) -> tuple[list[str], list[list]]:
    """Head and rows for a spreadsheet."""
    head = [_("乡镇"), _("小区数"), _("可评定"), _("可评定占比（%）"), _("缺警情登记月份"), _("缺消防检查"), _("缺户数或户数过少")]
    head += [_("冻结后新增"), _("缺的月份"), _("依据是否充分")]
    rows = [
        [
            each.town.name, each.count, each.graded_count, each.percent, each.without_months, each.without_fire_check,
            each.without_households, each.added_count, "、".join(f"{month:%Y-%m}" for month in each.missing_months),
            _("充分") if each.is_enough else _("不足"),
        ]
        for each in found
    ]  # fmt: skip
    return head, rows
