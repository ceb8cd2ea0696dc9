"""The rules of the public doors in force on a day: windows, deadlines, budgets (fixtures/supervision_standard_default.json)."""
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from zones.models import Publication, SupervisionStandard
from zones.periods import day_of
from zones.register_rules import work_days


class Figures(SimpleNamespace):
    """The keys of `figures` in the standard: calendar days, working days, megabytes, seconds, counts an hour."""


class Rules:
    """Read once for each request or job."""

    def __init__(self, on: date):
        self.on = on
        self.standard = SupervisionStandard.objects.in_force(on)
        self.figures = Figures(**self.standard.figures)

    def due_on(self, door: str) -> date:
        """The last day for the answer to what comes in today."""
        return work_days().after(self.on, self.figures.answer_working_days[door])

    def appeal_until(self, publication: Publication) -> date:
        """The last day on which a grade of this publication may be appealed against."""
        return day_of(publication.published_at) + timedelta(days=self.figures.appeal_window_days)


def rules_at(now: datetime) -> Rules:
    return Rules(day_of(now))
