"""R15: what people do with an issue: register it, assign it, mend it, look again, close it. Moves are those of geo.workflow.

    issue = register.register(category=…, text=…, point=…, by=user, now=now)
    register.assign(issue, unit=…, due_on=…, by=officer, now=now)
    register.move(issue, "rectifying", by=cadre, now=now)
    register.report_fixed(issue, why=…, photos=uploads, by=cadre, now=now)
    register.close(issue, position=Position(lon, lat, accuracy_m), by=officer, now=now)
"""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, Division, User
from geo.workflow import Move
from zones import notices
from zones.issue_photos import keeping
from zones.models import Issue, IssueCategory, IssueCheck, IssueCounter, IssuePhoto, Notice
from zones.periods import day_of
from zones.register_places import Position, place_of
from zones.register_rights import handlers, in_charge, registers, verifiers
from zones.register_rules import RANKS, Rules, chain, level_of, numbering_unit, rules_at, unit_of
from zones.register_words import TEXT_AT_MOST, WHY_AT_MOST, RegisterRefused, guarded

S = Issue.State
Stage = IssuePhoto.Stage


# What must hold before a move


def _has_picture_of_the_mended(issue: Issue, _by: User) -> str:
    began = workflow.history(issue).filter(to_state=S.RECTIFYING).order_by("-pk").first()
    there = issue.photos.filter(stage=Stage.AFTER, added_at__gte=began.decided_at if began else issue.registered_at)
    return "" if there.exists() else _("请先上传整改后的照片。")


def second_person(issue: Issue, by: User) -> str:
    """Whoever has ever reported this issue fixed does not judge it."""
    reported = workflow.history(issue).filter(to_state=S.REPORTED_FIXED, decided_by=by).exists()
    return _("报告整改的人不能核查自己的整改，请由另一人核查。") if reported else ""


def _second_person_who_looked(issue: Issue, by: User) -> str:
    if reason := second_person(issue, by):
        return reason
    looked = issue.checks.filter(checked_by=by, is_recheck=False, holds=True, checked_at__gte=issue.fixed_at).order_by("-pk").first()
    return not_on_the_spot(looked, rules_at(looked.checked_at)) if looked else _("请到现场定位核查，或上传核查照片。")


def not_on_the_spot(looked: IssueCheck, rules: Rules) -> str:
    """Why a check does not count, or nothing: pictures count anywhere, a position only near enough and accurate enough."""
    if looked.photo_count:
        return ""
    if looked.distance_m is None:
        return _("请到现场定位核查，或上传核查照片。")
    far, coarse = rules.figures.verify_within_m, rules.figures.verify_accuracy_at_most_m
    if looked.accuracy_m > coarse:
        told = {"m": looked.accuracy_m, "limit": coarse}
        return _("定位精度%(m)d米，超过%(limit)d米，不能证明在现场。请重新定位，或上传核查照片。") % told
    if looked.distance_m > far:
        told = {"m": looked.distance_m, "limit": far}
        return _("您离问题位置约%(m)d米，超过%(limit)d米。请到现场核查，或上传核查照片。") % told
    return ""


workflow.register(
    Issue,
    Move(S.REGISTERED, S.ASSIGNED, gettext_lazy("交办"), may=in_charge),
    Move(S.ASSIGNED, S.RECTIFYING, gettext_lazy("开始整改"), may=handlers),
    Move(S.ASSIGNED, S.REGISTERED, gettext_lazy("不属本单位，退回交办"), may=handlers, needs_reason=True),
    Move(
        S.RECTIFYING, S.REPORTED_FIXED, gettext_lazy("报告已整改"), may=handlers, needs_reason=True, check=_has_picture_of_the_mended
    ),
    Move(S.REPORTED_FIXED, S.CLOSED, gettext_lazy("核查销号"), may=verifiers, check=_second_person_who_looked),
    Move(S.REPORTED_FIXED, S.RECTIFYING, gettext_lazy("退回整改"), may=verifiers, needs_reason=True, check=second_person),
    Move(S.CLOSED, S.ASSIGNED, gettext_lazy("复发，重新交办"), may=verifiers, needs_reason=True),
    Move(S.REGISTERED, S.WITHDRAWN, gettext_lazy("撤销挂号"), may=in_charge, needs_reason=True),
    Move(S.ASSIGNED, S.WITHDRAWN, gettext_lazy("撤销挂号"), may=in_charge, needs_reason=True),
)
# What a move clears or tells beyond its own verb.
TOLD = {
    S.RECTIFYING: Notice.Kind.SENT_BACK, S.REGISTERED: Notice.Kind.REGISTERED, S.WITHDRAWN: Notice.Kind.WITHDRAWN,
}  # fmt: skip
NOT_FIXED = {"fixed_at": None, "fixed_by": None}


@dataclass(frozen=True)
class Where:
    """Where a problem is: a point (EPSG:4326), an object of a layer, or only a division (`division_id`)."""

    point: Point | None = None
    place: models.Model | None = None
    layer: str = ""
    division_id: str = ""


# Registering


def register(
    *, category: IssueCategory, text: str, where: Where, by: User, now: datetime, photos: Sequence[UploadedFile] = (), key: str = "",
    is_invented: bool = False,
) -> Issue:  # fmt: skip
    """By hand. The same `key` of a form twice gives the same issue. Raises RegisterRefused with the reason."""
    if not registers(by):
        raise RegisterRefused(_("您的角色不能挂号，请用巡逻日志上报。"))
    text = guarded(text, TEXT_AT_MOST, _("问题"), needed=True)
    point, division_id = place_of(where.point, where.place, on=day_of(now))
    if not division_id.startswith(by.division_id):
        raise RegisterRefused(_("这个位置不在您的辖区内。"))
    known = Issue.objects.everywhere("the account's own form").filter(source=Issue.Source.HAND, source_ref=key, registered_by=by)
    if key and (already := known.first()):
        return already
    fields = {"source": Issue.Source.HAND, "source_ref": key, "is_invented": is_invented, **named(where)}
    try:
        with keeping(photos) as keeper, transaction.atomic():
            issue = enter(category=category, text=text, point=point, division_id=division_id, by=by, now=now, **fields)
            keeper.keep(issue, Stage.BEFORE, by=by, now=now)
    except IntegrityError:
        if key and (already := known.first()):
            return already
        raise
    return issue


def named(where: Where) -> dict:
    """The columns that name the object; none without one."""
    if where.place is None:
        return {}
    return {"place_layer": where.layer, "place_pk": where.place.pk, "place_name": str(where.place)[:120]}


def enter(
    *, category: IssueCategory, text: str, point: Point, division_id: str, by: User, now: datetime, source: str, source_ref: str, **fields
) -> Issue:
    """The row with its number, and the notices. Inside the caller's transaction; IntegrityError where the source has an issue."""
    today = day_of(now)
    unit_id = unit_of(division_id, category.unit_level)
    issue = Issue.objects.create(
        **_next_number(division_id, today.year), category=category, text=text, division_id=division_id, geom=point, unit_id=unit_id,
        level=level_of(unit_id), reader_codes=sorted({*chain(division_id), *chain(unit_id)}), source=source, source_ref=source_ref,
        due_on=Rules(today).due_on(category, today), registered_at=now, registered_by=by, updated_at=now, **fields,
    )  # fmt: skip
    notices.tell(issue, Notice.Kind.REGISTERED, notices.first_with_people(issue, issue.level), by=by, now=now)
    return issue


def _next_number(division_id: str, year: int) -> dict:
    """Locks the unit's counter until the transaction ends: whoever comes next waits, and a rollback gives the number back."""
    unit = numbering_unit(division_id)
    IssueCounter.objects.get_or_create(unit=unit, year=year)
    counter = IssueCounter.objects.select_for_update().get(unit=unit, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    with translation.override(settings.LANGUAGE_CODE):  # a document's number, whatever language its writer reads
        number = _("%(unit)s挂〔%(year)d〕%(seq)d号") % {"unit": unit.name, "year": year, "seq": counter.last}
    return {"number": number, "number_unit": unit, "number_year": year, "number_seq": counter.last}


# Moving


def assign(issue: Issue, *, unit: Division, due_on: date, by: User, now: datetime, why: str = "") -> Decision:
    """Give the issue to a unit of the assigner's territory, or to the town or county above, until a day."""
    refuse_unit(issue, unit, by)
    refuse_past(due_on, now)
    level = max(issue.level, level_of(unit.pk), key=lambda each: RANKS[each])
    with transaction.atomic():
        _hold(issue)
        facts = {"unit_id": unit.pk, "due_on": due_on, "level": level, "reader_codes": readers(issue, unit.pk)}
        done = _moved(issue, S.ASSIGNED, by=by, now=now, why=why, **facts)
        notices.tell(issue, Notice.Kind.ASSIGNED, notices.of_its_units(issue), by=by, now=now)
    return done


def report_fixed(issue: Issue, *, why: str, photos: Sequence[UploadedFile] = (), by: User, now: datetime) -> Decision:
    """Say what was done, with pictures of the mended place."""
    why = guarded(why, WHY_AT_MOST, _("整改情况"), needed=True)
    with keeping(photos) as keeper, transaction.atomic():
        _hold(issue)
        if issue.state == S.RECTIFYING and handlers(by, issue):
            keeper.keep(issue, Stage.AFTER, by=by, now=now)
        done = _moved(issue, S.REPORTED_FIXED, by=by, now=now, why=why, fixed_at=now, fixed_by=by)
        notices.tell(issue, Notice.Kind.REPORTED_FIXED, notices.of_verifiers(issue), by=by, now=now)
    return done


def close(
    issue: Issue, *, position: Position | None = None, photos: Sequence[UploadedFile] = (), why: str = "", by: User, now: datetime
) -> Decision:
    """Close (销号) after having looked: on the spot by position, or with pictures. Another person than whoever reported it fixed."""
    with keeping(photos) as keeper, transaction.atomic():
        _hold(issue)
        if issue.state == S.REPORTED_FIXED and verifiers(by, issue):
            looked(issue, holds=True, position=position, photo_count=keeper.keep(issue, Stage.CHECK, by=by, now=now), by=by, now=now)
        recheck_on = day_of(now) + timedelta(weeks=rules_at(now).figures.recheck_after_weeks)
        done = _moved(issue, S.CLOSED, by=by, now=now, why=why, closed_at=now, closed_by=by, recheck_on=recheck_on)
        notices.tell(issue, Notice.Kind.CLOSED, [issue.registered_by, *notices.of_its_units(issue)], by=by, now=now)
    return done


def looked(
    issue: Issue, *, holds: bool, position: Position | None, photo_count: int, by: User, now: datetime, is_recheck: bool = False
) -> IssueCheck:
    """The check as it is kept: how far and how accurately, never where the person stood."""
    measured = {}
    if position is not None and not issue.is_approximate:
        measured = {"distance_m": position.distance_m(issue.geom), "accuracy_m": position.accuracy_m}
    return IssueCheck.objects.create(
        issue=issue, is_recheck=is_recheck, holds=holds, photo_count=photo_count, checked_at=now, checked_by=by, **measured
    )


def reopen(issue: Issue, *, due_on: date | None = None, why: str, by: User, now: datetime) -> Decision:
    """A closed problem is there again: to the same unit, with a new deadline, counted as a relapse."""
    today = day_of(now)
    due_on = due_on or Rules(today).due_on(issue.category, today)
    refuse_past(due_on, now)
    with transaction.atomic():
        _hold(issue)
        facts = {"closed_at": None, "closed_by": None, "recheck_on": None, "due_on": due_on, "relapse_count": issue.relapse_count + 1}
        done = _moved(issue, S.ASSIGNED, by=by, now=now, why=why, **NOT_FIXED, **facts)
        notices.tell(issue, Notice.Kind.REOPENED, notices.of_its_units(issue), by=by, now=now)
    return done


def move(issue: Issue, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """The steps that need nothing but a reason: begin, hand back, send back, withdraw."""
    if to not in (S.RECTIFYING, S.REGISTERED, S.WITHDRAWN):
        raise RegisterRefused(_("现在的状态不能这样办理，请刷新页面。"))
    with transaction.atomic():
        _hold(issue)
        before, fixer = issue.state, issue.fixed_by
        facts = NOT_FIXED if before == S.REPORTED_FIXED else {}
        done = _moved(issue, to, by=by, now=now, why=why, **facts)
        if (before, to) != (S.ASSIGNED, S.RECTIFYING):
            people = notices.first_with_people(issue, issue.level) if to == S.REGISTERED else notices.of_its_units(issue)
            notices.tell(issue, TOLD[S(to)], [*people, *([fixer] if fixer else [])], by=by, now=now)
    return done


def _moved(issue: Issue, to: str, *, by: User, now: datetime, why: str, **facts) -> Decision:
    why = guarded(why, WHY_AT_MOST, _("理由"))
    return workflow.move(issue, to, by=by, now=now, why=why, updated_at=now, **facts)


def _hold(issue: Issue) -> None:
    """Wait for whoever is at this issue; the state that the person saw stays in `issue`, so that a move made meanwhile is refused."""
    Issue.objects.everywhere("fetched through rights before").select_for_update().filter(pk=issue.pk).exists()


# What is asked of a unit and of a day


def refuse_unit(issue: Issue, unit: Division, by: User) -> None:
    inside = unit.pk.startswith(by.division_id)
    above = issue.division_id.startswith(unit.pk) and len(unit.pk) in (6, 9, 12)
    if not (inside or above):
        raise RegisterRefused(_("责任单位应在您的辖区内，或是问题所在的乡镇、县。"))


def refuse_past(due_on: date, now: datetime) -> None:
    if due_on < day_of(now):
        raise RegisterRefused(_("整改期限不能早于今天。"))
    if due_on > day_of(now) + timedelta(days=366):
        raise RegisterRefused(_("整改期限不能超过一年。"))


def readers(issue: Issue, unit_id: str, *joint: str) -> list[str]:
    """The codes of everybody who reads the issue: its territory, its unit and those that share it, with all above them."""
    units = [issue.division_id, unit_id, *issue.joint_units.values_list("unit_id", flat=True), *joint]
    return sorted({code for unit in units for code in chain(unit)})

