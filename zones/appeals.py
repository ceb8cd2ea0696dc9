"""R20, promise 35: an appeal against a published grade, decided by somebody who had no hand in the grade.

From acceptance to decision the grade is shown as pending. An upheld appeal changes list, map, tiles, exports and API in one
transaction, because all of them read the period's current publication and its standings.
"""
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Compound, Decision, User
from geo.workflow import Move, MoveRefused
from zones import corrections, standings
from zones.models import Appeal, CompoundObjection, Grade, GradeProposal, Publication, PublishedGrade, RatingRound, Standing, TownReview
from zones.register_words import guarded
from zones.rounds import RatingRefused

# As long as a correction's reason, which an upheld appeal's answer becomes.
ANSWER_AT_MOST = 300
S = Appeal.State
WHY = "who had a hand in one published grade"


def county_officers(user: User, appeal: Appeal) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and appeal.division_id.startswith(user.division_id)


def hands_in(appeal: Appeal) -> set[int]:
    """Everybody who computed, froze, reviewed, approved or published the round, or proposed or decided anything of this grade."""
    rounds = RatingRound.objects.filter(period=appeal.publication.period)
    found = set()
    for pk, *people in rounds.values_list("pk", "computed_by", "frozen_by", "approved_by", "published_by"):
        found.update(people)
        moved = Decision.objects.filter(kind=RatingRound._meta.label_lower, object_id=str(pk))
        found.update(moved.values_list("decided_by", flat=True))
    compound = Q(compound__public_id=appeal.public_id, round__in=rounds)
    town = appeal.division_id[:9]
    found.update(TownReview.objects.filter(round__in=rounds, town=town).values_list("reviewed_by", flat=True))
    grades = Grade.objects.everywhere(WHY).filter(compound)
    found.update(grades.values_list("decided_by", flat=True))
    for people in GradeProposal.objects.everywhere(WHY).filter(grade__in=grades).values_list("proposed_by", "decided_by"):
        found.update(people)
    found.update(CompoundObjection.objects.everywhere(WHY).filter(compound).values_list("decided_by", flat=True))
    return found - {None}


def _no_hand_in_it(appeal: Appeal, by: User) -> str:
    if by.pk in hands_in(appeal):
        return _("计算、复核、提议、审核或公布过这个等级的人不能决定它的申诉，请由另一人办理。")
    return ""


def _nothing_runs(appeal: Appeal, _by: User) -> str:
    running = Appeal.objects.everywhere("of one grade").filter(
        publication__period=appeal.publication.period, public_id=appeal.public_id, state=S.ACCEPTED
    )
    return _("这个等级已有一件申诉在办，请等它决定后再受理。") if running.exists() else ""


workflow.register(
    Appeal,
    Move(S.RECEIVED, S.ACCEPTED, gettext_lazy("受理"), may=county_officers, check=_nothing_runs),
    Move(S.RECEIVED, S.REFUSED, gettext_lazy("不予受理（形式不符）"), may=county_officers, needs_reason=True, check=_no_hand_in_it),
    Move(S.RECEIVED, S.WITHDRAWN, gettext_lazy("申诉方撤回"), may=county_officers, needs_reason=True),
    Move(S.ACCEPTED, S.UPHELD, gettext_lazy("申诉成立，改等级"), may=county_officers, needs_reason=True, check=_no_hand_in_it),
    Move(S.ACCEPTED, S.REJECTED, gettext_lazy("维持原等级"), may=county_officers, needs_reason=True, check=_no_hand_in_it),
    Move(S.ACCEPTED, S.WITHDRAWN, gettext_lazy("申诉方撤回"), may=county_officers, needs_reason=True),
)


def accept(appeal: Appeal, *, by: User, now: datetime) -> Decision:
    """It is in form: from now on the grade is pending for everybody."""
    try:
        with transaction.atomic():
            done = workflow.move(appeal, S.ACCEPTED, by=by, now=now)
            standings.put(_told(appeal), appeal.public_id, state=Standing.State.PENDING, since=now, outcome_text="", now=now)
    except IntegrityError as running:
        raise MoveRefused(_("这个等级已有一件申诉在办，请等它决定后再受理。")) from running
    return done


def end(appeal: Appeal, to: str, *, answer: str, by: User, now: datetime) -> Decision:
    """Refused in form, rejected, or withdrawn by who appealed: the grade stays as it is. The answer is read by the public."""
    if to not in (S.REFUSED, S.REJECTED, S.WITHDRAWN):
        raise MoveRefused(_("现在的状态不能这样办理，请刷新页面。"))
    answer = guarded(answer, ANSWER_AT_MOST, _("答复"))
    was_running = appeal.state == S.ACCEPTED
    with transaction.atomic():
        done = workflow.move(appeal, to, by=by, now=now, why=answer, answer=answer, answered_at=now, answered_by=by)
        if to == S.REJECTED:
            standings.put(_told(appeal), appeal.public_id, state=Standing.State.REJECTED, since=now, outcome_text=answer, now=now)
        elif was_running:
            standings.put(_told(appeal), appeal.public_id, state="", since=now, outcome_text="", now=now)
    return done


def uphold(appeal: Appeal, *, colour: str, answer: str, by: User, now: datetime) -> Publication:
    """The appeal was right: the appeal, the grade, the correction and the standing beside it, all or nothing."""
    answer = guarded(answer, ANSWER_AT_MOST, _("答复"), needed=True)
    if colour not in Grade.Colour.values:
        raise RatingRefused(_("请选择改定的等级。"))
    told = PublishedGrade.objects.filter(publication=_told(appeal), public_id=appeal.public_id).first()
    if told is not None and told.colour == colour:
        if not Appeal.objects.everywhere("the one that is decided").filter(pk=appeal.pk, state=appeal.state).exists():
            raise MoveRefused(_("现在的状态不能这样办理，请刷新页面。"))  # somebody has just upheld it with this very colour
        raise RatingRefused(_("改定的等级就是现行等级；不改变的，请选“维持原等级”。"))
    facts = {"answer": answer, "answered_at": now, "answered_by": by, "decided_colour": colour}
    with transaction.atomic():
        workflow.move(appeal, S.UPHELD, by=by, now=now, why=answer, **facts)
        publication = corrections.uphold(
            appeal.public_id, publication=appeal.publication, colour=colour, why=answer, by=by, now=now
        )
        standings.put(publication, appeal.public_id, state=Standing.State.UPHELD, since=now, outcome_text=answer, now=now)
    return publication


def _told(appeal: Appeal) -> Publication:
    """Where the standing is written: beside what the public reads of the period now."""
    return Publication.objects.filter(period=appeal.publication.period, is_current=True).first() or appeal.publication


def compound_of(appeal: Appeal) -> Compound | None:
    return Compound.objects.everywhere("named by the appeal").filter(public_id=appeal.public_id).first()
