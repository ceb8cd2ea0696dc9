"""The verbs of a study: ask for a run, cancel it, plan a site that it chose."""
from datetime import datetime

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from geo import editing, jobs
from geo.editing import EditRefused
from geo.layers import registry
from geo.models import Job, Station, SurveillancePoint, User
from zones.models import PlannedSite, SiteRun, SiteStudy
from zones.site_studies.questions import Question

RUN_STUDY = "zones.site_studies.jobs.run_study"
READERS = (User.Role.COUNTY_OFFICER, User.Role.PLANNER)


class RunRefused(ValueError):
    """Why it is not done, in words for the person."""


def reads(user: User) -> bool:
    return user.role in READERS


def writes(user: User) -> bool:
    """Planners draft and run; officers read, and plan what they take over."""
    return user.role == User.Role.PLANNER


def plans(user: User) -> bool:
    return user.role == User.Role.COUNTY_OFFICER


def ask(study: SiteStudy, *, by: User, now: datetime) -> SiteRun:
    """One run at a time: what is asked is frozen here, the registers are read when the run begins."""
    if not writes(by):
        raise PermissionDenied
    with transaction.atomic():
        SiteStudy.objects.visible_to(by).select_for_update().get(pk=study.pk)
        running = study.runs.filter(cancelled_at=None, job__state__in=[Job.State.WAITING, Job.State.RUNNING])
        if running.exists():
            raise RunRefused(_("上一次运算还没有结束。"))
        number = (study.runs.aggregate(last=Max("number"))["last"] or 0) + 1
        job = jobs.submit(RUN_STUDY, by=by, study=study.pk, number=number)
        return SiteRun.objects.create(
            study=study, number=number, job=job, asked=Question.of(study).frozen(), asked_at=now, asked_by=by
        )  # fmt: skip


def cancel(run: SiteRun, *, by: User, now: datetime) -> None:
    """The page shows it at once; the worker stops at its next step, at the latest when its time for solving is over."""
    if not writes(by):
        raise PermissionDenied
    waiting = SiteRun.objects.filter(pk=run.pk, cancelled_at=None, job__state__in=[Job.State.WAITING, Job.State.RUNNING])
    if not waiting.update(cancelled_at=now, cancelled_by=by):
        raise RunRefused(_("这次运算已经结束，不能取消。"))


def plan_site(run: SiteRun, number: int, *, by: User, now: datetime) -> PlannedSite:
    """The site becomes a planned post or surveillance point of the register, not a built one."""
    if not plans(by):
        raise PermissionDenied
    site = next((each for each in (run.result or {}).get("sites", ()) if each["number"] == number), None)
    if site is None:
        raise RunRefused(_("结果中没有这个点位。"))
    kind = SiteStudy.Kind(run.asked["kind"])
    title = _("%(near)s规划%(kind)s") % {"kind": kind.label, "near": site["near"]}
    given = {"name": title.strip()[:120], "geom": Point(site["lon"], site["lat"], srid=4326).geojson}
    said = {"title": run.study.name, "run": run.number, "number": number}
    source = _("选址研究“%(title)s”第%(run)d次运算的%(number)d号点位") % said
    try:
        with transaction.atomic():
            planned = PlannedSite.objects.create(run=run, number=number, planned_at=now, planned_by=by)
            if kind == SiteStudy.Kind.CAMERA:
                given |= _camera(run, site)
                planned.point = editing.create(registry["surveillance"], given, by=by, now=now, why=source)
            else:
                given |= {"kind": kind.value, "status": Station.Status.PLANNED, "condition": Station.Condition.UNKNOWN}
                planned.station = editing.create(registry["stations"], given, by=by, now=now, why=source)
            planned.save(update_fields=["station", "point"])
    except IntegrityError as twice:
        raise RunRefused(_("这个点位已经列入规划。")) from twice
    except EditRefused as refused:
        raise RunRefused("；".join(text for texts in refused.messages.values() for text in texts)) from refused
    return planned


def _camera(run: SiteRun, site: dict) -> dict:
    """What the study says of it and nothing else: class, owner, filing and first day of use are entered when it stands."""
    view = {"bearing_deg": round(site["bearing"], 1) % 360, "view_angle_deg": run.asked["view_angle_deg"], "range_m": run.asked["reach_m"]}
    return view | {"working": SurveillancePoint.Working.PLANNED}
