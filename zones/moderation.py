"""R20: what officers do with what came in: accept, decline, join, answer; a reply is read before it is shown. Nothing is public before.

    moderation.move(feedback, "accepted", by=officer, now=now)            and with issue=True the issue of the register
    moderation.move(feedback, "answered", answer="…", by=officer, now=now)
    moderation.join(feedback, first, by=officer, now=now)
"""
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.workflow import Move
from zones import feedback_issues, standings
from zones.models import Feedback, ReinspectionRequest, RightOfReply
from zones.models.supervision import Received
from zones.register_words import RegisterRefused, guarded

ANSWER_AT_MOST = 500


def officers(user: User, row: Received) -> bool:
    return user.writes_business_data and row.division_id.startswith(user.division_id)


F, R, C = Feedback.State, RightOfReply.State, ReinspectionRequest.State
workflow.register(
    Feedback,
    Move(F.NEW, F.ACCEPTED, gettext_lazy("受理"), may=officers),
    Move(F.NEW, F.ANSWERED, gettext_lazy("直接答复"), may=officers, needs_reason=True),
    Move(F.NEW, F.DECLINED, gettext_lazy("不予受理"), may=officers, needs_reason=True),
    Move(F.NEW, F.DUPLICATE, gettext_lazy("与另一件重复"), may=officers),
    Move(F.ACCEPTED, F.ANSWERED, gettext_lazy("答复"), may=officers, needs_reason=True),
)
workflow.register(
    RightOfReply,
    Move(R.NEW, R.SHOWN, gettext_lazy("公开"), may=officers, needs_reason=True),
    Move(R.NEW, R.DECLINED, gettext_lazy("不予公开"), may=officers, needs_reason=True),
    Move(R.SHOWN, R.DECLINED, gettext_lazy("撤下"), may=officers, needs_reason=True),
)
workflow.register(
    ReinspectionRequest,
    Move(C.NEW, C.ACCEPTED, gettext_lazy("安排复查"), may=officers),
    Move(C.NEW, C.DECLINED, gettext_lazy("不予安排"), may=officers, needs_reason=True),
    Move(C.ACCEPTED, C.ANSWERED, gettext_lazy("答复复查结果"), may=officers, needs_reason=True),
)
# The states that are reached with an answer, which the status page shows.
WITH_ANSWER = {F.ANSWERED, F.DECLINED, R.SHOWN, R.DECLINED, C.ANSWERED, C.DECLINED}


def move(row: Received, to: str, *, answer: str = "", issue: bool = False, by: User, now: datetime) -> Decision:
    """One step. `issue` registers what was accepted in the same transaction; a request to look again always is."""
    answer = guarded(answer, ANSWER_AT_MOST, _("答复"))
    facts = {"answer": answer, "answered_at": now, "answered_by": by} if to in WITH_ANSWER else {}
    if to == F.DUPLICATE and isinstance(row, Feedback):
        raise RegisterRefused(_("请写明与哪一件重复。"))
    with transaction.atomic():
        done = workflow.move(row, to, by=by, now=now, why=answer, **facts)
        if isinstance(row, ReinspectionRequest) and to == C.ACCEPTED or isinstance(row, Feedback) and to == F.ACCEPTED and issue:
            feedback_issues.register(row, by=by, now=now)
        if isinstance(row, RightOfReply):
            standings.put(row.publication, row.public_id, reply_text=row.text if to == R.SHOWN else "", now=now)
    return done


def join(row: Feedback, receipt: str, *, by: User, now: datetime) -> Decision:
    """The same thing as an earlier one of the own territory: its answer counts for both."""
    first = Feedback.objects.visible_to(by).filter(receipt=receipt.strip().upper()[:20].replace("\x00", "")).first()
    if first is None or first.pk == row.pk or first.state == F.DUPLICATE:
        raise RegisterRefused(_("没有这个回执号的反映，或它自己也是重复件。"))
    return workflow.move(row, F.DUPLICATE, by=by, now=now, why=first.receipt, duplicate_of=first)


def to_issue(row: Feedback | ReinspectionRequest, *, by: User, now: datetime):
    """One tap: accept what is new, and give back its issue, new or known."""
    with transaction.atomic():
        if row.state == F.NEW:
            move(row, F.ACCEPTED, issue=True, by=by, now=now)
        elif row.state != F.ACCEPTED:
            raise RegisterRefused(_("已经办结，不能再挂号。"))
        return feedback_issues.register(row, by=by, now=now)
