"""Invented studies of where posts and cameras go: one that buys the most, one that covers all, one of cameras, one that does not fit."""
from datetime import datetime

from django.utils.translation import gettext as _

from geo.models import Job, User
from zones.models import PlannedSite, SiteRun, SiteStudy
from zones.periods import day_of
from zones.site_studies.forms import fresh
from zones.site_studies.questions import Question
from zones.site_studies.reckoning import reckon
from zones.site_studies.runs import RUN_STUDY

BY, OFFICER, TOWN = "planner_county", "county", "640521100"


def load(*, now: datetime) -> int:
    """Returns how many studies there are. Runs inside the demo's own transaction."""
    by, officer = (User.objects.get_by_natural_key(name) for name in (BY, OFFICER))
    wanted = (
        ("police_room", _("警务室：60万元怎么花"), {"site_count": None, "budget": 60}),
        ("kiosk", _("岗亭：主要街道八成以上有岗亭"), {"method": "cover_all", "site_count": None, "share": 80}),
        ("camera", _("监控点：人员密集场所和重点单位"), {}),
        ("police_room", _("宁安镇警务室：两处能不能全覆盖"), {"method": "cover_all", "site_count": 2, "reach_m": 600, "division_id": TOWN}),
    )
    for kind, name, values in wanted:
        study = fresh(kind, by, on=day_of(now))
        for field, value in {"name": name, **values}.items():
            setattr(study, field, value)
        study.is_invented, study.created_at, study.created_by, study.changed_at = True, now, by, now
        study.save()
        run = _run(study, by, now)
        if kind == SiteStudy.Kind.CAMERA:
            PlannedSite.objects.create(run=run, number=1, planned_at=now, planned_by=officer)
    return len(wanted)


def _run(study: SiteStudy, by: User, now: datetime) -> SiteRun:
    question = Question.of(study)
    job = Job.objects.create(
        task=RUN_STUDY, created_by=by, state=Job.State.DONE, done_share=1, started_at=now, ended_at=now,
        arguments={"study": study.pk, "number": 1},
    )  # fmt: skip
    result = reckon(question, by=by, on=day_of(now))
    return SiteRun.objects.create(study=study, number=1, job=job, asked=question.frozen(), result=result, asked_at=now, asked_by=by)
