"""Invented: what was asked of the demonstration zones of the former years. Of one the data tell something, of the other they do not."""
from datetime import datetime

from geo import jobs
from geo.models import User
from zones.effect_studies import studies
from zones.effect_studies.gathering import default_start
from zones.models import Demonstration
from zones.periods import day_of


def load(*, now: datetime) -> int:
    """Inside the demo's own transaction, after the demonstration zones and the incidents."""
    by = User.objects.get_by_natural_key("planner_county")
    standard = studies.standard_on(day_of(now))
    past = Demonstration.objects.in_division(by.division_id).filter(designated_on__lte=day_of(now))
    years = past.order_by("year").values_list("year", flat=True).distinct()
    for year in years:
        asked = {"months_before": standard.months_before, "months_after": standard.months_after, "ring_m": standard.ring_m}
        study = studies.ask(year=year, starts_on=default_start(by.division_id, year), by=by, now=now, is_invented=True, **asked)
        jobs.finish(study.job_id, verdict=studies.work(study, now=now).result["verdict"])
    return len(years)
