"""Who may, and the verb: ask for a study. The work is a job; its answer and what it was made from are written together."""
from collections.abc import Callable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from geo import jobs
from geo.models import Incident, User
from zones.effect_studies.gathering import gather
from zones.effect_studies.judging import answer
from zones.models import EffectStandard, EffectStudy
from zones.periods import day_of
from zones.register_words import RegisterRefused

STUDY = "zones.jobs.study_effect"
SEED = 20
READERS = (User.Role.PLANNER, User.Role.COUNTY_OFFICER)


class Cancelled(Exception):
    """Ends the worker's work on a study that its planner does not want any more."""

    def __str__(self) -> str:
        return _("已取消。")


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


def cancel(study: EffectStudy, *, by: User, now: datetime) -> None:
    """The worker sees it between two steps; a job that still waits ends as soon as it is taken."""
    if not writers(by):
        raise PermissionDenied
    if not EffectStudy.objects.visible_to(by).computing().filter(pk=study.pk).update(cancelled_at=now, cancelled_by=by):
        raise RegisterRefused(_("这次分析已经结束，不能取消。"))


def work(study: EffectStudy, *, now: datetime, tell: Callable[[float], None] = lambda share: None) -> EffectStudy:
    """Counts, judges, and keeps both. Once: what is there is never written over. Raises Cancelled."""
    mine = EffectStudy.objects.in_division(study.division_id).filter(pk=study.pk)

    def step(share: float) -> None:
        if mine.filter(cancelled_at__isnull=False).exists():
            raise Cancelled
        tell(share)

    step(0)
    frozen = gather(study, now=now)
    step(0.3)
    by = study.standard
    settled = {"caliper": by.caliper, "level": by.level, "draws": by.draw_count, "seed": study.seed}
    result = answer(frozen, **settled, tell=lambda share: step(0.3 + 0.7 * share))
    mine.filter(result__isnull=True, cancelled_at=None).update(frozen=frozen, result=result)
    study.refresh_from_db()
    if study.cancelled_at:
        raise Cancelled
    return study
