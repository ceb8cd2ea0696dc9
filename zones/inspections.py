"""R7, R14: inspections as phones hand them in. Judged in the door's own transaction, then a row of their own.

    take(handed)                      what patrol's door asks of the content: refused with the field, or what is kept and the flags
    make(submission.pk, now=now)      the Inspection of a kept submission: a new one, or the one that it has
    sweep(now=now)                    those that have none yet

A run keeps the version that it was started with, whatever was adopted meanwhile; what is odd is kept and flagged, never lost.
"""
import logging
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import Field, StrictFloat, StrictInt, StrictStr, ValidationError

from geo import pii
from geo.models import User
from patrol.envelope import Moment, Part, PlaceNamed, Position, ShortText, Text, Unacceptable, refuse, told_fault
from patrol.models import Submission
from patrol.phone_parts import Handed, Taken
from patrol.tracking import moment
from zones import checklists, inspection_issues, inspection_places
from zones.models import Checklist, Inspection
from zones.periods import day_of
from zones.register_rights import registers
from zones.register_rules import rules_at
from zones.register_words import blotted

KIND = "inspection"
SWEEP_AT_MOST = 500
AHEAD, OLDEST = timedelta(minutes=2), timedelta(days=60)
S = Checklist.State
log = logging.getLogger(__name__)


class InspectedPlace(PlaceNamed):
    name: Annotated[Text, Field(max_length=120)] = ""


class Run(Part):
    """What the phone hands in. `answers` and `photos` are by the keys of the checklist's items; `issues` are items to register."""

    checklist: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]
    place: InspectedPlace
    started_at: Moment
    finished_at: Moment
    result: Literal["done", "not_accessible"]
    obstacle: Literal["", "locked", "refused", "closed_off", "unsafe", "other"] = ""
    note: Annotated[Text, Field(max_length=1000)] = ""
    answers: Annotated[dict[ShortText, StrictStr | StrictInt | StrictFloat], Field(max_length=100)] = {}
    photos: Annotated[dict[ShortText, list[UUID]], Field(max_length=100)] = {}
    issues: Annotated[list[ShortText], Field(max_length=100)] = []
    position: Position | None = None


def take(handed: Handed) -> Taken:
    """Raises envelope.Unacceptable with the field. Positions are not kept: only how far and how accurately."""
    run = _read(handed)
    checklist = Checklist.objects.for_county(handed.user.division_id).filter(pk=run.checklist, state__in=(S.ADOPTED, S.RETIRED)).first()
    if checklist is None or checklist.layer != run.place.layer:
        raise refuse("content.checklist", _("没有这个检查表，或它不适用于这类地点。"))
    items = checklists.parse(checklist.items)
    _fit(run, items, handed)
    place = inspection_places.place_for(handed.user, run.place.layer, run.place.id)
    flags = [each for each in (inspection_places.flag_of(place), _clock(run, handed.now)) if each]
    if in_force(handed.user, on=day_of(handed.now)).get(checklist.code) != checklist:
        flags.append("older_checklist")
    if run.result == "done" and checklists.judge(items, run.answers, run.photos).missing:
        flags.append("incomplete")
    kept = run.model_dump(mode="json", exclude={"position"})
    if place is not None:
        kept["place"] |= {"name": str(place)[:120], "division": place.division_id, "is_known": True}
        if run.position is not None:
            metres = inspection_places.distance_m(place, handed.locate(run.position.lon, run.position.lat))
            accuracy = run.position.accuracy_m
            kept |= {"distance_m": round(metres, 1), "accuracy_m": round(float(1e7 if accuracy is None else accuracy), 1)}
    return Taken(kept, flags)


def _read(handed: Handed) -> Run:
    if not registers(handed.user):
        raise refuse("kind", _("您的账号不能提交排查，请由干部或民警登记的手机提交。"))
    try:
        run = Run.model_validate(handed.content)
    except ValidationError as faults:
        shown = faults.errors(include_url=False, include_input=False, include_context=False)[:20]
        raise Unacceptable([told_fault(one, under="content") for one in shown]) from None
    if (run.result == "not_accessible") != bool(run.obstacle):
        raise refuse("content.obstacle", _("未能进入时请选择原因，其他情况不填。"))
    texts = {"place.name": run.place.name, "note": run.note}
    texts |= {f"answers.{key}": each for key, each in run.answers.items() if isinstance(each, str)}
    for field, text in texts.items():
        if found := pii.find(text):
            hint = text[found[0].start : found[0].end]
            raise refuse(f"content.{field}", _("“%(text)s”像是个人号码，不能填写，请删去。") % {"text": hint})
    return run


def _fit(run: Run, items: list[checklists.Item], handed: Handed) -> None:
    """Every answer, picture and issue is one of the checklist's items, and of its type."""
    known = {each.key: each for each in items}
    for key, answer in run.answers.items():
        if key not in known or not checklists.fits(known[key], answer):
            raise refuse(f"content.answers.{key}", _("检查表里没有这一项，或答案不是这一项的类型。"))
    for key, pictures in run.photos.items():
        if key not in known or not set(pictures) <= handed.attachments:
            raise refuse(f"content.photos.{key}", _("检查表里没有这一项，或照片不在附件里。"))
    for key in run.issues:
        if key not in known:
            raise refuse("content.issues", _("检查表里没有这一项，或答案不是这一项的类型。"))


def _clock(run: Run, now: datetime) -> str:
    started, finished = moment(run.started_at), moment(run.finished_at)
    return "" if now - OLDEST < started <= finished < now + AHEAD else "clock_suspect"


def in_force(user: User, *, on) -> dict[str, Checklist]:
    """The version of each checklist that holds for the person's county on a day: the county's own before our default."""
    rows = Checklist.objects.for_county(user.division_id).filter(state=S.ADOPTED, valid_from__lte=on)
    order = sorted(rows, key=lambda each: (each.division_id is not None, each.valid_from, each.version))
    return {each.code: each for each in order}


# From what was kept to a row


def make(submission_pk: int, *, now: datetime, is_invented: bool = False) -> Inspection | None:
    """None for a submission of another kind."""
    kept = Submission.objects.select_related("device__user").filter(pk=submission_pk, kind=KIND).first()
    if kept is None:
        return None
    if known := of_submission(kept):
        return known
    try:
        with transaction.atomic():
            made = Inspection.objects.create(submission=kept, is_invented=is_invented, **facts_of(kept))
    except IntegrityError:
        if known := of_submission(kept):  # the sweep and the signal met
            return known
        raise
    inspection_issues.register_asked(made, kept.body["content"]["issues"], by=kept.device.user, now=now)
    return made


def of_submission(kept: Submission) -> Inspection | None:
    return Inspection.objects.everywhere("of one submission").filter(submission=kept).first()


def facts_of(kept: Submission) -> dict:
    """The columns of an inspection, from what was kept of its submission."""
    run, user = kept.body["content"], kept.device.user
    checklist = Checklist.objects.get(pk=run["checklist"])
    is_done = run["result"] == "done"
    judged = checklists.judge(checklists.parse(checklist.items), run["answers"], run["photos"])
    failed = judged.failed if is_done else []
    started, finished = moment(run["started_at"]), moment(run["finished_at"])
    place, distance, accuracy = run["place"], run.get("distance_m"), run.get("accuracy_m")
    result = "not_accessible" if not is_done else "findings" if failed else "nothing"
    with translation.override(settings.LANGUAGE_CODE):  # what is stored is Chinese, whoever's request brought it
        name = blotted(place["name"]) or _("（没有名称）")
    return {
        "checklist": checklist, "division_id": place.get("division", user.division_id), "place_layer": place["layer"],
        "place_pk": place["id"] if place.get("is_known") else None, "place_name": name, "result": result, "obstacle": run["obstacle"],
        "note": run["note"].strip(), "answers": run["answers"], "photos": run["photos"], "failed": failed,
        "score": judged.score if is_done else None, "distance_m": distance, "accuracy_m": accuracy,
        "spot": inspection_places.spot_of(distance, accuracy, rules_at(kept.received_at)), "flags": kept.answer["flags"],
        "started_at": min(started, finished), "finished_at": finished, "received_at": kept.received_at, "inspected_by": user,
    }  # fmt: skip


def sweep(*, now: datetime) -> int:
    """Rows for what was kept and has none; how many. One that fails is logged and left for the next time."""
    done = 0
    waiting = Submission.objects.filter(kind=KIND, inspection=None).order_by("pk").values_list("pk", flat=True)
    for pk in waiting[:SWEEP_AT_MOST]:
        try:
            done += make(pk, now=now) is not None
        except (DatabaseError, ValueError, KeyError, TypeError, Checklist.DoesNotExist):
            log.exception("submission %s is no inspection yet", pk)
    return done
