"""Who may, and the verb: ask for a study. The work is a job; its answer and what it was made from are written together."""
from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction

from geo import jobs
from geo.models import Incident, User
from zones.effect_studies.gathering import gather
from zones.effect_studies.judging import answer
from zones.models import EffectStandard, EffectStudy
from zones.periods import day_of

STUDY = "zones.jobs.study_effect"
SEED = 20
READERS = (User.Role.PLANNER, User.Role.COUNTY_OFFICER)


def readers(user: User) -> bool:
    return user.role in READERS


def writers(user: User) -> bool:
    """Planners draft and run; the county's officers read."""
    return user.role == User.Role.PLANNER


def standard_on(day: date) -> EffectStandard:
    return EffectStandard.objects.in_force(day)


@transaction.atomic
def ask(
    *, year: int, starts_on: date, by: User, now: datetime, months_before: int, months_after: int, ring_m: int,
    categories: list[str] | None = None, seed: int = SEED, is_invented: bool = False,
) -> EffectStudy:  # fmt: skip
    return EffectStudy.objects.create(
        division_id=by.division_id, year=year, starts_on=starts_on, months_before=months_before, months_after=months_after,
        ring_m=ring_m, categories=categories or list(Incident.Category.values), seed=seed, standard=standard_on(day_of(now)),
        job=jobs.submit(STUDY, by=by), created_at=now, created_by=by, is_invented=is_invented,
    )  # fmt: skip


def work(study: EffectStudy, *, now: datetime, tell: Callable[[float], None] = lambda share: None) -> EffectStudy:
    """Counts, judges, and keeps both. Once: what is there is never written over."""
    frozen = gather(study, now=now)
    tell(0.6)
    by = study.standard
    result = answer(frozen, caliper=by.caliper, level=by.level, draws=by.draw_count, seed=study.seed)
    EffectStudy.objects.in_division(study.division_id).filter(pk=study.pk, result__isnull=True).update(frozen=frozen, result=result)
    study.refresh_from_db()
    return study
