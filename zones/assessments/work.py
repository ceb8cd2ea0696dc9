"""What people do with an assessment, and who may: drafting and reporting by one, deciding by another.

Moves, their reasons and their history are those of geo.workflow.
"""
from collections.abc import Mapping
from datetime import date, datetime

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.invented import holds_invented
from geo.models import Decision, Division, User
from geo.workflow import Move
from zones.assessments import notices
from zones.assessments.checklist import Item, parse
from zones.models import Assessment, AssessmentAnswer, AssessmentMeeting, AssessmentStandard
from zones.periods import day_of
from zones.register_words import RegisterRefused, guarded

S = Assessment.State
F = AssessmentAnswer.Finding
DECIDED = (S.GO, S.WAIT, S.STOP)
NAME_AT_MOST, SUMMARY_AT_MOST, LINE_AT_MOST, MEETING_AT_MOST, WHY_AT_MOST = 120, 1000, 300, 500, 500
PEOPLE_AT_MOST = 100_000
TEXTS = {
    "name": (NAME_AT_MOST, gettext_lazy("项目名称")), "owner_unit": (NAME_AT_MOST, gettext_lazy("实施单位")),
    "place_name": (NAME_AT_MOST, gettext_lazy("地点")), "summary": (SUMMARY_AT_MOST, gettext_lazy("项目简介")),
}  # fmt: skip


class AssessmentRefused(RegisterRefused):
    """Why something is not done, in words for the person; `faults` by item key where single answers are meant."""

    def __init__(self, text: str, faults: Mapping[str, str] | None = None):
        super().__init__(text)
        self.faults = dict(faults or {})


# Rights


def may_draft(user: User) -> bool:
    return user.writes_business_data or user.role == User.Role.PLANNER


def drafters(user: User, found: Assessment) -> bool:
    return may_draft(user) and found.division_id.startswith(user.division_id)


def deciders(user: User, found: Assessment) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and found.division_id.startswith(user.division_id)


def worked_on(found: Assessment, user: User) -> bool:
    """Whether this person drafted, answered, added a meeting or reported."""
    own = user.pk in (found.created_by_id, found.reported_by_id)
    return own or found.answers.filter(found_by=user).exists() or found.meetings.filter(added_by=user).exists()


# What must hold before a move


def items_of(found: Assessment) -> list[Item]:
    return parse(found.standard.items)


def _is_whole(found: Assessment, _by: User) -> str:
    answered = set(found.answers.values_list("item", flat=True))
    missing = [item for item in items_of(found) if item.key not in answered]
    if missing:
        return _("还有%(count)d个条目没有结论。") % {"count": len(missing)}
    least = found.standard.figures["meetings_at_least"]
    held = found.meetings.count()
    return "" if held >= least else _("至少要开%(least)d次会议或走访，现在登记了%(held)d次。") % {"least": least, "held": held}


def _by_another(found: Assessment, by: User) -> str:
    return _("参与评估的人不能作决定，请由另一人决定。") if worked_on(found, by) else ""


def _may_go(found: Assessment, by: User) -> str:
    if reason := _by_another(found, by):
        return reason
    keys = set(found.answers.filter(finding=F.UNMET).values_list("item", flat=True))
    unmet = "；".join(each.shown for each in items_of(found) if each.key in keys)
    return _("有条目不符合，不能准予实施：%(items)s") % {"items": unmet} if unmet else ""


workflow.register(
    Assessment,
    Move(S.DRAFT, S.REPORTED, gettext_lazy("提交决定"), may=drafters, check=_is_whole),
    Move(S.REPORTED, S.GO, gettext_lazy("准予实施"), may=deciders, needs_reason=True, check=_may_go),
    Move(S.REPORTED, S.WAIT, gettext_lazy("暂缓实施"), may=deciders, needs_reason=True, check=_by_another),
    Move(S.REPORTED, S.STOP, gettext_lazy("不予实施"), may=deciders, needs_reason=True, check=_by_another),
    Move(S.REPORTED, S.DRAFT, gettext_lazy("退回补充"), may=deciders, needs_reason=True),
    Move(S.WAIT, S.DRAFT, gettext_lazy("重新评估"), may=drafters, needs_reason=True),
    Move(S.DRAFT, S.WITHDRAWN, gettext_lazy("撤回项目"), may=drafters, needs_reason=True),
)
# What depends on the day, by where a move leads.
WAITS = {S.GO: notices.not_yet_heard, S.WITHDRAWN: notices.still_hangs}
AGAIN = {"reported_at": None, "reported_by": None, "decided_at": None, "decided_by": None, "conclusion": ""}


def obstacle(found: Assessment, step: Move, *, by: User, now: datetime) -> str:
    """Why this step cannot be made now, or an empty text."""
    wait = WAITS.get(step.to)
    return (step.check(found, by) if step.check else "") or (wait(found, on=day_of(now)) if wait else "")


# Doing


def create(*, texts: Mapping[str, str], kind: str, geom: GEOSGeometry, by: User, now: datetime) -> Assessment:
    """The smallest division around the site holds it, and must lie in the person's territory."""
    if not may_draft(by):
        raise PermissionDenied
    standard = AssessmentStandard.objects.in_force(day_of(now))
    return Assessment.objects.create(
        **_texts(texts), kind=kind, geom=geom, division_id=_place(geom, by, day_of(now)), standard=standard, created_at=now, created_by=by,
        is_invented=holds_invented(),
    )  # fmt: skip


def change(found: Assessment, *, texts: Mapping[str, str], kind: str, geom: GEOSGeometry, by: User, now: datetime) -> None:
    clean, division = _texts(texts), _place(geom, by, day_of(now))
    with transaction.atomic():
        held = _held(found, by)
        if reason := notices.still_hangs(held, on=day_of(now)):
            raise AssessmentRefused(reason)
        for name, value in {**clean, "kind": kind, "geom": geom, "division_id": division}.items():
            setattr(held, name, value)
        held.save()


def _texts(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: guarded(typed.get(name, ""), most, str(what), needed=True) for name, (most, what) in TEXTS.items()}


def _place(geom: GEOSGeometry, by: User, on: date) -> str:
    place = Division.objects.covering(geom.point_on_surface, on=on).first()
    if place is None:
        raise AssessmentRefused(_("这个位置不在任何行政区划内，请检查。"))
    if not place.code.startswith(by.division_id):
        raise AssessmentRefused(_("这个位置不在您的辖区内。"))
    return place.code


def answer(found: Assessment, given: Mapping[str, tuple[str, str, str]], *, by: User, now: datetime) -> int:
    """Finding, note and measure by item. All or nothing; an item without a finding is left as it is. Gives how many changed."""
    with transaction.atomic():
        held, faults, changed = _held(found, by), {}, 0
        before = {each.item: each for each in held.answers.all()}
        for item in items_of(held):
            finding, note, measure = given.get(item.key, ("", "", ""))
            try:
                values = _cleaned(finding, note, measure)
            except RegisterRefused as refused:
                faults[item.key] = str(refused)
                continue
            old = before.get(item.key)
            if values and (old is None or any(getattr(old, name) != value for name, value in values.items())):
                values |= {"found_by": by, "found_at": now}
                AssessmentAnswer.objects.update_or_create(assessment=held, item=item.key, defaults=values)
                changed += 1
        if faults:
            raise AssessmentRefused(_("有条目没有填对，什么也没有保存。"), faults)
    return changed


def _cleaned(finding: str, note: str, measure: str) -> dict[str, str]:
    note, measure = guarded(note, LINE_AT_MOST, _("说明")), guarded(measure, LINE_AT_MOST, _("化解措施"))
    if finding not in F.values:
        if note or measure:
            raise AssessmentRefused(_("请先选结论。"))
        return {}
    if finding in (F.PARTLY, F.UNMET) and not measure:
        raise AssessmentRefused(_("部分符合或不符合的，请写化解措施。"))
    return {"finding": finding, "note": note, "measure": measure}


def add_meeting(found: Assessment, *, kind: str, held_on: date | None, people: int | None, summary: str, by: User, now: datetime) -> None:
    if kind not in AssessmentMeeting.Kind.values:
        raise AssessmentRefused(_("请选会议形式。"))
    if held_on is None or held_on > day_of(now) or held_on.year < 2000:
        raise AssessmentRefused(_("会议日期应是今天或以前的一天。"))
    if people is None or not 1 <= people <= PEOPLE_AT_MOST:
        raise AssessmentRefused(_("人数应为1到%(most)d的整数，不登记姓名。") % {"most": PEOPLE_AT_MOST})
    summary = guarded(summary, MEETING_AT_MOST, _("主要意见"), needed=True)
    with transaction.atomic():
        held = _held(found, by)
        AssessmentMeeting.objects.create(
            assessment=held, kind=kind, held_on=held_on, people_count=people, summary=summary, added_by=by, added_at=now
        )


def consult(found: Assessment, *, by: User, now: datetime) -> None:
    """Tell the public of the project and ask for opinions, for the days of the standard."""
    with transaction.atomic():
        held = _held(found, by)
        if reason := notices.still_hangs(held, on=day_of(now)):
            raise AssessmentRefused(reason)
        notices.consultation(held, unit=by.division.name, now=now)


def withdraw_notice(found: Assessment, pk: int, *, reason: str, by: User, now: datetime) -> None:
    """Only one that asks for opinions: a decision that was told is answered by another decision."""
    if not drafters(by, found):
        raise PermissionDenied
    reason = guarded(reason, LINE_AT_MOST, _("撤回原因"), needed=True)
    if not notices.withdraw(found, pk, reason=reason, now=now):
        raise AssessmentRefused(_("这条公示已经撤回，或不能撤回。请刷新页面。"))


def move(found: Assessment, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """One step. Raises PermissionDenied, workflow.MoveRefused or AssessmentRefused. A decision is told to the public with it."""
    why = guarded(why, WHY_AT_MOST, _("理由"))
    facts = dict(AGAIN) if to == S.DRAFT else {}
    if to == S.REPORTED:
        facts = {"reported_at": now, "reported_by": by}
    if to in DECIDED:
        facts = {"decided_at": now, "decided_by": by, "conclusion": why}
    step = next((each for each in workflow.open_moves(found, by=by) if each.to == to), None)
    if step and (reason := obstacle(found, step, by=by, now=now)):
        raise AssessmentRefused(reason)
    with transaction.atomic():
        decision = workflow.move(found, to, by=by, now=now, why=why, **facts)
        if to in DECIDED:
            notices.decision(found, unit=by.division.name, now=now)
        return decision


def _held(found: Assessment, by: User) -> Assessment:
    """The draft as it is now, locked. Raises PermissionDenied, or AssessmentRefused for what is no draft any more."""
    if not drafters(by, found):
        raise PermissionDenied
    held = Assessment.objects.everywhere("fetched through rights before").select_for_update(of=("self",)).get(pk=found.pk)
    if held.state != S.DRAFT:
        raise AssessmentRefused(_("已提交或已决定的评估不能再改，请刷新页面。"))
    return held
