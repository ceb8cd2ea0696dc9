"""The register as a file: asked for by one person, approved by another, downloaded once within a day."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import pii, workflow
from geo.faults import PERSONAL
from geo.gates import TakeOutRefused
from geo.models import SurveillanceExport, SurveillancePoint, SurveillanceRead, User
from geo.surveillance.access import note_read

VALID = timedelta(hours=24)
State = SurveillanceExport.State


class ExportRefused(TakeOutRefused):
    """Why a wish for an export is not taken or not ready, in words for the person."""


def _decides(user: User, wish: SurveillanceExport) -> bool:
    return user.reads_exact_positions and wish.division_id.startswith(user.division_id)


def _is_another(wish: SurveillanceExport, by: User) -> str:
    return _("不能审批自己的申请，须由第二人审批。") if by.pk == wish.asked_by_id else ""


def _asked(user: User, wish: SurveillanceExport) -> bool:
    return user.pk == wish.asked_by_id and user.reads_exact_positions


workflow.register(
    SurveillanceExport,
    workflow.Move(State.ASKED, State.APPROVED, gettext_lazy("批准"), may=_decides, check=_is_another),
    workflow.Move(State.ASKED, State.REFUSED, gettext_lazy("不批准"), may=_decides, needs_reason=True, check=_is_another),
    workflow.Move(State.APPROVED, State.USED, gettext_lazy("下载"), may=_asked),
)


def ask(*, why: str, by: User, now: datetime) -> SurveillanceExport:
    why = why.strip()
    if not why:
        raise ExportRefused(_("请填写导出用途。"))
    if len(why) > 200:
        raise ExportRefused(_("导出用途不超过200个字。"))
    if found := pii.find(why):
        raise ExportRefused(_("导出用途中像是有%(kind)s，请删去。") % {"kind": PERSONAL[found[0].kind]})
    if SurveillanceExport.objects.in_division(by.division_id).filter(asked_by=by, state=State.ASKED).exists():
        raise ExportRefused(_("您已有一个申请待审批。"))
    count = SurveillancePoint.objects.counted_for(by).count()
    return SurveillanceExport.objects.create(division_id=by.division_id, asked_by=by, asked_at=now, why=why, point_count=count)


def decide(wish: SurveillanceExport, *, approve: bool, why: str, by: User, now: datetime) -> None:
    """Raises PermissionDenied or workflow.MoveRefused."""
    facts = {"decided_by": by, "decided_at": now}
    if approve:
        workflow.move(wish, State.APPROVED, by=by, now=now, why=why, valid_until=now + VALID, **facts)
    else:
        workflow.move(wish, State.REFUSED, by=by, now=now, why=why, **facts)


def ready(user: User, *, now: datetime) -> QuerySet[SurveillanceExport]:
    """Wishes of the account that are approved, not used and not too old, for the territory that it has now."""
    mine = SurveillanceExport.objects.in_division(user.division_id).filter(asked_by=user, division_id=user.division_id)
    return mine.filter(state=State.APPROVED, valid_until__gt=now)


def claim(user: User, *, now: datetime, count: int) -> SurveillanceExport:
    """Use up the account's approved wish, oldest first; the caller then gives out one file of `count` points.

    Raises ExportRefused.
    """
    wish = ready(user, now=now).order_by("pk").first()
    if wish is None:
        raise ExportRefused(_("没有已批准且在有效期内的导出申请。"))
    try:
        workflow.move(wish, State.USED, by=user, now=now, used_at=now)
    except workflow.MoveRefused as faster:
        raise ExportRefused(str(faster)) from faster
    note_read(user, SurveillanceRead.Door.EXPORT, count)
    return wish


def to_decide(user: User):
    """Wishes that wait for this person: of the own territory, asked by somebody else."""
    if not user.reads_exact_positions:
        return SurveillanceExport.objects.everywhere("none of them").none()
    return SurveillanceExport.objects.in_division(user.division_id).filter(state=State.ASKED).exclude(asked_by=user)
