"""R19: towns look through their draft grades, and propose another colour only with a reason and a piece of evidence."""
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, Division, User
from geo.workflow import Move
from zones import corrections, evidence
from zones.models import Grade, GradeProposal, RatingRound, TownReview
from zones.register_words import guarded
from zones.rounds import RatingRefused

S = GradeProposal.State
TEXT_AT_MOST = 300


def reviewers(user: User, division_id: str) -> bool:
    """Officers of the town that the place lies in."""
    return user.role == User.Role.TOWN_OFFICER and user.is_active and division_id.startswith(user.division_id)


def deciders(user: User, proposal: GradeProposal) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and proposal.division_id.startswith(user.division_id)


def _not_the_own(proposal: GradeProposal, by: User) -> str:
    return _("提出建议的人不能决定这条建议。") if proposal.proposed_by_id == by.pk else ""


workflow.register(
    GradeProposal,
    Move(S.OPEN, S.ACCEPTED, gettext_lazy("采纳"), may=deciders, needs_reason=True, check=_not_the_own),
    Move(S.OPEN, S.DECLINED, gettext_lazy("不采纳"), may=deciders, needs_reason=True, check=_not_the_own),
)


def propose(grade: Grade, *, colour: str, reason: str, upload: UploadedFile | None, by: User, now: datetime) -> GradeProposal:
    """Raises PermissionDenied, or RatingRefused and its kin with the reason. Nothing is kept of what is refused."""
    if not reviewers(by, grade.compound.division_id):
        raise PermissionDenied
    if colour not in Grade.Colour.values or colour == (grade.decided_colour or grade.colour):
        raise RatingRefused(_("请选择与现在不同的建议等级。"))
    reason = guarded(reason, TEXT_AT_MOST, _("理由"), needed=True)
    if upload is None:
        raise RatingRefused(_("请附上证明材料（照片或 PDF）：没有材料的建议不受理。"))
    cleaned = evidence.clean(upload)
    made = GradeProposal(grade=grade, colour=colour, reason=reason, proposed_at=now, proposed_by=by)
    evidence.fill(made, cleaned)
    try:
        with transaction.atomic():
            _hold(grade.round_id)
            if GradeProposal.objects.everywhere("this grade's own").filter(grade=grade, state=S.OPEN).exists():
                raise RatingRefused(_("这个小区已有一条待定的建议。"))
            made.save()
    except BaseException:
        made.file.delete(save=False)
        raise
    return made


def confirm(rating_round: RatingRound, *, by: User, now: datetime) -> TownReview:
    """The town has looked through its grades. A second time changes nothing."""
    town = Division.objects.at_level(Division.Level.TOWN).filter(pk=by.division_id).first()
    if town is None or not reviewers(by, town.pk):
        raise PermissionDenied
    with transaction.atomic():
        _hold(rating_round.pk)
        return TownReview.objects.get_or_create(
            round=rating_round, town=town, defaults={"reviewed_at": now, "reviewed_by": by}
        )[0]


def decide(proposal: GradeProposal, to: str, *, answer: str, by: User, now: datetime) -> Decision:
    """Accept or decline, with an answer that the town reads; an accepted colour takes the place of the computed one."""
    answer = guarded(answer, TEXT_AT_MOST, _("答复"), needed=True)
    with transaction.atomic():
        _hold(proposal.grade.round_id)
        decision = workflow.move(proposal, to, by=by, now=now, why=answer, answer=answer, decided_at=now, decided_by=by)
        if to == S.ACCEPTED:
            corrections.decide(proposal.grade, colour=proposal.colour, why=proposal.reason, by=by, now=now)
    return decision


def _hold(pk: int) -> RatingRound:
    """The round, locked while it is the towns' turn; refused when the county has approved meanwhile."""
    held = RatingRound.objects.select_for_update().get(pk=pk)
    if held.state != RatingRound.State.TOWN_REVIEW:
        raise RatingRefused(_("现在不是乡镇复核阶段（%(state)s），不能办理。") % {"state": held.get_state_display()})
    return held
