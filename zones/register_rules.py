"""The rules of the issue register as the code asks them: thresholds in force, categories, deadlines, responsible units."""
from datetime import date, datetime
from functools import cached_property
from types import SimpleNamespace

from django.db.models import QuerySet

from geo.models import Division
from zones.models import CODE_LENGTH, IssueCategory, RegisterStandard, UnitLevel, WorkCalendar
from zones.periods import day_of
from zones.working_days import WorkDays, spans

RANKS = {UnitLevel.VILLAGE: 0, UnitLevel.TOWN: 1, UnitLevel.COUNTY: 2}
LEVEL_OF_LENGTH = {length: level for level, length in CODE_LENGTH.items()}


class Figures(SimpleNamespace):
    """The keys of `figures` in fixtures/register_standard_default.json: metres, weeks, calendar days."""


class Rules:
    """What is in force on a day of the county. Read once for each request or job."""

    def __init__(self, on: date):
        self.on = on
        self.standard = RegisterStandard.objects.in_force(on)
        self.figures = Figures(**self.standard.figures)

    @cached_property
    def work_days(self) -> WorkDays:
        return work_days()

    @property
    def categories(self) -> QuerySet[IssueCategory]:
        """Those that can be registered, with their groups."""
        return self.standard.categories.exclude(parent=None).select_related("parent").order_by("parent_id", "pk")

    def category(self, code: str) -> IssueCategory:
        return self.categories.get(code=code)

    def due_on(self, category: IssueCategory, registered_on: date) -> date:
        return self.work_days.after(registered_on, category.working_days)

    def category_for_log(self, kind: str, place_kind: str) -> IssueCategory:
        """What a patrol's entry is about: the facility's own category where its kind has one, else the kind's catch-all."""
        if place_kind and (found := self.categories.filter(place_kinds__contains=[place_kind]).first()):
            return found
        return self.category(self.figures.log_categories[kind])


def work_days() -> WorkDays:
    """The newest version of each announced year."""
    newest = {each.year: each for each in WorkCalendar.objects.order_by("pk")}
    off = frozenset().union(*(spans(each.off) for each in newest.values()))
    worked = frozenset().union(*(spans(each.worked) for each in newest.values()))
    return WorkDays(off, worked, frozenset(newest))


def rules_at(now: datetime) -> Rules:
    return Rules(day_of(now))


def level_of(code: str) -> str:
    """The level of a unit by its code; whatever is above a county counts as the county."""
    return LEVEL_OF_LENGTH.get(len(code), UnitLevel.COUNTY)


def unit_of(division_id: str, level: str) -> str:
    """The unit of that level in whose territory the division lies; the division itself where it is larger."""
    return division_id[: CODE_LENGTH[level]]


def numbering_unit(division_id: str) -> Division:
    """Numbers run by town; by county where a place lies in no town."""
    return Division.objects.get(pk=unit_of(division_id, UnitLevel.TOWN))


def chain(code: str) -> list[str]:
    """A division and everything above it."""
    return [code[:length] for length in (2, 4, 6, 9, 12) if len(code) >= length]
