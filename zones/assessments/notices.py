"""What the public is told of a project: rows that are written once, with all that their pages show."""
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from geo.models import Division
from zones.assessments.checklist import by_part, parse
from zones.models import Assessment, PublishedAssessment
from zones.periods import day_of

Kind = PublishedAssessment.Kind
# What a notice says of a project: the public was heard on this and nothing else. A tenth of a millimetre is no other place.
TOLD, SAME_DEG = ("name", "owner_unit", "place_name", "summary"), 1e-9


def consultation(found: Assessment, *, unit: str, now: datetime) -> PublishedAssessment:
    return _publish(found, Kind.CONSULTATION, unit, now)


def decision(found: Assessment, *, unit: str, now: datetime) -> PublishedAssessment:
    return _publish(found, Kind.DECISION, unit, now, outcome=found.state, outcome_text=found.conclusion)


def _publish(found: Assessment, kind: str, unit: str, now: datetime, **outcome) -> PublishedAssessment:
    first, days = day_of(now), found.standard.figures["notice_days"]
    town = Division.objects.filter(pk=found.division_id[:9]).values_list("name", flat=True).first()
    return PublishedAssessment.objects.create(
        assessment=found, kind=kind, name=found.name, project_kind=found.kind, owner_unit=found.owner_unit, place_name=found.place_name,
        town_name=town or "", summary=found.summary, geom=found.geom, standard_title=str(found.standard),
        is_own_assumption=found.standard.is_own_assumption, parts=_parts(found, kind), meetings=_meetings(found), starts_on=first,
        ends_on=first + timedelta(days=days - 1), published_at=now, published_by_unit=unit, is_invented=found.is_invented, **outcome,
    )  # fmt: skip


def _parts(found: Assessment, kind: str) -> list[dict]:
    """A notice that asks tells what will be looked at; one of a decision what was found, and the measures. Notes stay inside."""
    answers = {each.item: each for each in found.answers.all()} if kind == Kind.DECISION else {}
    told = []
    for part, items in by_part(parse(found.standard.items)).items():
        rows = []
        for item in items:
            row = {"text": item.text, "text_en": item.text_en}
            if answer := answers.get(item.key):
                row |= {"finding": answer.finding, "measure": answer.measure}
            rows.append(row)
        told.append({"part": part, "items": rows})
    return told


def _meetings(found: Assessment) -> list[dict]:
    rows = found.meetings.values_list("kind", "held_on", "people_count")
    return [{"kind": kind, "held_on": held_on.isoformat(), "people_count": people} for kind, held_on, people in rows]


def asking(found: Assessment):
    return found.notices.filter(kind=Kind.CONSULTATION, withdrawn_at=None)


def not_yet_heard(found: Assessment, *, on: date) -> str:
    """Why the public has not been heard to the end; a notice hangs through its last day."""
    last = asking(found).order_by("ends_on").last()
    if last is None:
        return _("还没有公示征求意见，不能准予实施。")
    if any(getattr(last, name) != getattr(found, name) for name in TOLD) or not last.geom.equals_exact(found.geom, SAME_DEG):
        return _("公示之后项目或位置改过，请重新公示征求意见。")
    return _("公示到%(day)s为止，期满后才能准予实施。") % {"day": last.ends_on.isoformat()} if on <= last.ends_on else ""


def still_hangs(found: Assessment, *, on: date) -> str:
    running = asking(found).filter(ends_on__gte=on).first()
    return _("征求意见的公示还没有期满（到%(day)s），请先撤回公示或等期满。") % {"day": running.ends_on.isoformat()} if running else ""


def withdraw(found: Assessment, pk: int, *, reason: str, now: datetime) -> bool:
    return bool(asking(found).filter(pk=pk).update(withdrawn_at=now, withdrawn_reason=reason))
