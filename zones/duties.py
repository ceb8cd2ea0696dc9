"""R14, R21, R24: what units do with their regular duties: report them done, or say why they were missed."""
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.pictures import JPEG
from geo.workflow import Move
from zones.issue_photos import redrawn
from zones.models import Duty, DutyPhoto
from zones.periods import day_of
from zones.register_rights import RANK_OF_ROLE
from zones.register_words import RegisterRefused, guarded

S = Duty.State
TEXT_AT_MOST, PHOTOS_AT_MOST, COUNT_AT_MOST = 500, 6, 100_000


class DutyRefused(RegisterRefused):
    """Why a duty cannot be reported, in words for the person."""


@dataclass(frozen=True)
class Counts:
    """What a screening found, and how much of it is settled. No persons: two numbers."""

    found: int | None = None
    settled: int | None = None


def doers(user: User, duty: Duty) -> bool:
    """The unit's own people; a town's officers also for its villages, which may have no account."""
    if user.role not in RANK_OF_ROLE:
        return False
    code = duty.division_id
    return code == user.division_id or (user.role == User.Role.TOWN_OFFICER and len(code) == 12 and code.startswith(user.division_id))


workflow.register(
    Duty,
    Move(S.DUE, S.DONE, gettext_lazy("报告完成"), may=doers),
    Move(S.DUE, S.LATE, gettext_lazy("报告逾期完成"), may=doers),
    *(Move(state, S.DUE, gettext_lazy("撤回报告"), may=doers, needs_reason=True) for state in (S.DONE, S.LATE)),
)


def outcome(duty: Duty, today: date) -> str:
    """The state that a report of this day leads to. Raises DutyRefused before the period and after the last day."""
    if today < duty.opens_on:
        raise DutyRefused(_("这一期从%(day)s开始，现在还不能报告完成。") % {"day": duty.opens_on})
    if today > duty.lapses_on:
        raise DutyRefused(_("补办已于%(day)s截止，只能说明未完成的原因。") % {"day": duty.lapses_on})
    return S.DONE if today <= duty.due_on else S.LATE


def finish(
    duty: Duty, *, note: str, by: User, now: datetime, counts: Counts | None = None, photos: Sequence[UploadedFile] = ()
) -> Decision:
    """Report a duty done: in time up to its due day, late after it, and so it stays.

    Raises PermissionDenied for other people, DutyRefused or workflow.MoveRefused with the reason. Nothing is kept unless all is.
    """
    if not doers(by, duty):
        raise PermissionDenied
    note = guarded(note, TEXT_AT_MOST, _("完成情况"), needed=True)
    counts = _checked(duty, counts or Counts())
    if len(photos) > PHOTOS_AT_MOST:
        raise DutyRefused(_("最多%(count)d张照片。") % {"count": PHOTOS_AT_MOST})
    to, drawn, kept = outcome(duty, day_of(now)), [redrawn(each) for each in photos], []
    try:
        with transaction.atomic():
            facts = {"note": note, "found_count": counts.found, "settled_count": counts.settled, "done_at": now, "done_by": by}
            decision = workflow.move(duty, to, by=by, now=now, **facts)
            for content_type, content in drawn:
                kept.append(_photo(duty, content_type, content, by, now))
        return decision
    except BaseException:
        for each in kept:
            each.file.delete(save=False)
        raise


def finished_by(unit: str, kind: str, *, starts_on: date, ends_on: date, note: str, by: User, now: datetime) -> Duty | None:
    """What was published for a span of days is the unit's duty of that kind, and needs no second report: the first one that falls on
    or after the span's end, comes about as often as the span is long, and still can be reported by this person. None without one.
    """
    found = Duty.objects.visible_to(by).of_unit(unit).filter(rule__kind=kind, occurs_on__gte=ends_on).order_by("occurs_on")
    length = (ends_on - starts_on).days
    for duty in found[:12]:
        if length / 2 < (duty.occurs_on - duty.opens_on).days + 1 < length * 2:
            if duty.state == S.DUE and duty.opens_on <= day_of(now) <= duty.lapses_on and doers(by, duty):
                finish(duty, note=note, by=by, now=now)
                return duty
            return None
    return None


def why_it_stands(duty: Duty, today: date) -> str:
    """Why a report cannot be taken back; empty on the day it was given. What has been counted elsewhere stays."""
    if duty.done_at is None:
        return _("还没有报告完成。")
    return "" if day_of(duty.done_at) == today else _("报告只能在当天撤回。")


def take_back(duty: Duty, *, why: str, by: User, now: datetime) -> Decision:
    """A report given by mistake: due again, in time or late by the clock as before. The decision keeps what it said.

    Raises PermissionDenied for other people, DutyRefused or workflow.MoveRefused with the reason.
    """
    if not doers(by, duty):
        raise PermissionDenied
    if obstacle := why_it_stands(duty, day_of(now)):
        raise DutyRefused(obstacle)
    why = guarded(why, TEXT_AT_MOST, _("撤回理由"), needed=True)
    said = _("%(why)s（撤回的报告：%(note)s）") % {"why": why, "note": _as_told(duty)}
    facts = {"note": "", "found_count": None, "settled_count": None, "done_at": None, "done_by": None}
    return workflow.move(duty, S.DUE, by=by, now=now, why=said, **facts)


def _as_told(duty: Duty) -> str:
    if duty.found_count is None:
        return duty.note
    counts = _("排查数%(found)d，化解数%(settled)d") % {"found": duty.found_count, "settled": duty.settled_count}
    return f"{duty.note}；{counts}"


def _checked(duty: Duty, counts: Counts) -> Counts:
    if not duty.rule.asks_counts:
        return Counts()
    if counts.found is None or counts.settled is None:
        raise DutyRefused(_("请填写排查数和化解数，没有的填0。"))
    if not 0 <= counts.settled <= counts.found <= COUNT_AT_MOST:
        raise DutyRefused(_("化解数不能大于排查数，排查数最大%(most)d。") % {"most": COUNT_AT_MOST})
    return counts


def _photo(duty: Duty, content_type: str, content: bytes, by: User, now: datetime) -> DutyPhoto:
    photo = DutyPhoto(
        duty=duty, content_type=content_type, byte_count=len(content), sha256=hashlib.sha256(content).hexdigest(), added_by=by, added_at=now
    )
    photo.file.save(uuid4().hex + (".jpg" if content_type == JPEG else ".png"), ContentFile(content), save=False)
    try:
        photo.save()
    except BaseException:
        photo.file.delete(save=False)
        raise
    return photo


def explain(duty: Duty, *, reason: str, by: User, now: datetime) -> None:
    """Say why a duty was missed: the unit's own word, once. Raises PermissionDenied or DutyRefused."""
    if not doers(by, duty):
        raise PermissionDenied
    reason = guarded(reason, TEXT_AT_MOST, _("未完成原因"), needed=True)
    mine = Duty.objects.everywhere("fetched through rights before").filter(pk=duty.pk, state=S.MISSED, reason="")
    if not mine.update(reason=reason, reason_at=now, reason_by=by):
        raise DutyRefused(_("这项任务不在“未完成”状态，或已经说明过原因。"))
    duty.refresh_from_db(fields=["state", "reason", "reason_at", "reason_by"])
