"""R19: the life of a round, from the freeze to publication. Every step is a move of geo.workflow with its person and its moment.

Freezing and approving need two people; publishing is a signature under what was approved and adds no judgement, so whoever
approved may publish. Whoever took part in the grades decides no objection to them (`took_part`).
"""
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import jobs, workflow
from geo.models import Decision, Division, User
from geo.workflow import Move, MoveRefused
from zones import duties
from zones import publication as publishing
from zones.models import CompoundObjection, DutyKind, Grade, GradeProposal, Publication, RatingRound, RoundStandard
from zones.periods import COUNTY_TIME, day_of, start_of
from zones.register_words import guarded
from zones.rounds import RatingRefused, RoundSummary, rate

S = RatingRound.State
WHY_AT_MOST = 300
STAGE_ROUND = "zones.jobs.stage_round"
REFUSALS = (RatingRefused, MoveRefused)
WHOLE = "the round is decided as a whole"
_NOTHING = {
    "approved_at": None, "approved_by": None, "objection_opens_at": None, "objection_closes_at": None,
    "published_at": None, "published_by": None, "review_until": None,
}  # fmt: skip


# Rights


def county_officers(user: User, rating_round: RatingRound) -> bool:
    """Of the unit that froze it; before that, of any county."""
    return user.role == User.Role.COUNTY_OFFICER and user.is_active and rating_round.division_id in (None, user.division_id)


def took_part(rating_round: RatingRound, user: User) -> bool:
    """Did the person compute, freeze or approve these grades?"""
    return user.pk in (rating_round.computed_by_id, rating_round.frozen_by_id, rating_round.approved_by_id)


def _approved_by_another(rating_round: RatingRound, by: User) -> str:
    return _("计算或冻结的人不能审核，请由另一名县级民警审核。") if took_part(rating_round, by) else ""


workflow.register(
    RatingRound,
    Move(S.COLLECTING, S.DRAFTED, gettext_lazy("冻结数据并起草"), may=county_officers),
    Move(S.DRAFTED, S.COLLECTING, gettext_lazy("解除冻结"), may=county_officers, needs_reason=True),
    Move(S.DRAFTED, S.TOWN_REVIEW, gettext_lazy("交乡镇复核"), may=county_officers),
    Move(S.TOWN_REVIEW, S.APPROVED, gettext_lazy("县级审核通过"), may=county_officers, check=_approved_by_another),
    Move(S.APPROVED, S.OBJECTION, gettext_lazy("开始异议期"), may=county_officers),
    Move(S.OBJECTION, S.PUBLISHED, gettext_lazy("签发公布"), may=county_officers),
    *(
        Move(state, S.DRAFTED, gettext_lazy("退回起草"), may=county_officers, needs_reason=True)
        for state in (S.TOWN_REVIEW, S.APPROVED, S.OBJECTION)
    ),
    Move(S.PUBLISHED, S.DRAFTED, gettext_lazy("重新评定以更正"), may=county_officers, needs_reason=True),
)


# What must hold before a move, beyond the person


def obstacle(rating_round: RatingRound, to: str, *, by: User, now: datetime) -> str:
    """Why the round cannot go there now, or an empty text."""
    wait = _waits.get((rating_round.state, to))
    chosen = next((one for one in workflow.moves_of(RatingRound) if (one.start, one.to) == (rating_round.state, to)), None)
    told = chosen.check(rating_round, by) if chosen and chosen.check else ""
    return told or (wait(rating_round, now) if wait else "")


def _until_it_is_over(rating_round: RatingRound, now: datetime) -> str:
    if rating_round.ends_on <= day_of(now):
        return ""
    return _("评定期 %(period)s 还没有结束，不能冻结。") % {"period": rating_round.period}


def _until_towns_answered(rating_round: RatingRound, now: datetime) -> str:
    if count := open_proposals(rating_round).count():
        return _("还有%(count)d条乡镇建议没有决定。") % {"count": count}
    missing = [town.name for town in towns(rating_round).exclude(pk__in=rating_round.reviews.values("town"))]
    if not missing or now >= rating_round.review_until:
        return ""
    return _("还有乡镇没有复核（截止前须等待）：%(towns)s。") % {"towns": "、".join(missing)}


def _until_objections_are_answered(rating_round: RatingRound, now: datetime) -> str:
    if now < rating_round.objection_closes_at:
        until = timezone.localtime(rating_round.objection_closes_at, COUNTY_TIME)
        return _("异议期到 %(moment)s 才结束，不能公布。") % {"moment": f"{until:%Y-%m-%d %H:%M}"}
    count = undecided(rating_round).count()
    return _("还有%(count)d件异议没有答复，不能公布。") % {"count": count} if count else ""


_waits: dict[tuple[str, str], Callable[[RatingRound, datetime], str]] = {
    (S.COLLECTING, S.DRAFTED): _until_it_is_over,
    (S.TOWN_REVIEW, S.APPROVED): _until_towns_answered,
    (S.OBJECTION, S.PUBLISHED): _until_objections_are_answered,
}


def towns(rating_round: RatingRound) -> QuerySet[Division]:
    """Towns that have a grade in the round."""
    graded = Grade.objects.everywhere(WHOLE).filter(round=rating_round).annotate(town=Left("compound__division_id", 9))
    return Division.objects.filter(Exists(graded.filter(town=OuterRef("pk")))).order_by("pk")


def open_proposals(rating_round: RatingRound) -> QuerySet[GradeProposal]:
    return GradeProposal.objects.everywhere(WHOLE).filter(grade__round=rating_round, state=GradeProposal.State.OPEN)


def undecided(rating_round: RatingRound) -> QuerySet[CompoundObjection]:
    return CompoundObjection.objects.everywhere(WHOLE).filter(round=rating_round).undecided()


# Doing. RatingRefused and MoveRefused say why not; PermissionDenied without the right.


def freeze(*, period: str, by: User, now: datetime) -> RoundSummary:
    """Compute the period a last time and let it follow the registers no longer."""
    if not county_officers(by, RatingRound()):
        raise PermissionDenied
    with transaction.atomic():
        summary = rate(period=period, by=by, now=now)
        rating_round = summary.round
        _insist(rating_round, S.DRAFTED, by, now)
        standard = RoundStandard.objects.in_force(day_of(now))
        rating_round.division_id = rating_round.division_id or by.division_id
        facts = {"division_id": rating_round.division_id, "standard": standard, "frozen_count": sum(summary.colours.values())}
        workflow.move(rating_round, S.DRAFTED, by=by, now=now, frozen_at=now, frozen_by=by, **facts)
    return summary


def unfreeze(rating_round: RatingRound, *, by: User, now: datetime, why: str) -> Decision:
    """Back to following the registers; colours that were decided stay decided."""
    facts = {"frozen_at": None, "frozen_by": None, "frozen_count": None, "standard": None}
    return _move(rating_round, S.COLLECTING, by=by, now=now, why=why, **facts)


def ask_towns(rating_round: RatingRound, *, by: User, now: datetime) -> Decision:
    return _move(rating_round, S.TOWN_REVIEW, by=by, now=now, review_until=_days_later(now, rating_round.standard.review_days))


def approve(rating_round: RatingRound, *, by: User, now: datetime) -> Decision:
    return _move(rating_round, S.APPROVED, by=by, now=now, approved_at=now, approved_by=by)


def open_objections(rating_round: RatingRound, *, by: User, now: datetime) -> Decision:
    """Whole days, counted from tomorrow: the window closes at the county's midnight. What will be published is laid ready meanwhile."""
    closes_at = _days_later(now, rating_round.standard.objection_days)
    with transaction.atomic():
        decision = _move(rating_round, S.OBJECTION, by=by, now=now, objection_opens_at=now, objection_closes_at=closes_at)
        lay_ready(rating_round, by=by)
    return decision


def lay_ready(rating_round: RatingRound, *, by: User) -> None:
    """In the background; publishing does it itself where this has not been done since the last decision."""
    jobs.submit(STAGE_ROUND, by=by, period=rating_round.period)


def send_back(rating_round: RatingRound, *, by: User, now: datetime, why: str) -> Decision:
    """To the frozen draft again. Towns review anew, notices lose their codes; what was decided stays decided."""
    with transaction.atomic():
        decision = _move(rating_round, S.DRAFTED, by=by, now=now, why=why, **_NOTHING)
        rating_round.reviews.all().delete()
        CompoundObjection.objects.everywhere(WHOLE).filter(round=rating_round, state=CompoundObjection.State.INVITED).delete()
        publishing.discard_staged(rating_round)
    return decision


def publish(*, period: str, by: User, now: datetime) -> Publication:
    """Sign: what lies ready becomes what the public reads. The second time is a correction; its reason is why it was reopened."""
    with transaction.atomic():
        rating_round = RatingRound.objects.select_for_update(of=("self",)).select_related("scheme").filter(period=period).first()
        if by is None or not county_officers(by, rating_round or RatingRound()):
            raise RatingRefused(_("只有县级民警可以公布评定。"))
        if rating_round is None:
            raise RatingRefused(_("评定期 %(period)s 还没有计算，请先计算。") % {"period": period})
        before = publishing.current(period)
        _insist(rating_round, S.PUBLISHED, by, now)
        workflow.move(rating_round, S.PUBLISHED, by=by, now=now, published_at=now, published_by=by)
        ready = publishing.staged(rating_round) or publishing.stage(rating_round, now=now)
        if before is not None and before.sha256 == ready.sha256:
            # Nothing that the public reads has changed: what is current stays.
            publishing.discard_staged(rating_round)
            return before
        publishing.switch(ready, by=by, now=now, reason=reopened_why(rating_round))
        if before is None:
            span = {"starts_on": rating_round.starts_on, "ends_on": rating_round.ends_on}
            note = _("已公布%(period)s评定结果。") % {"period": period}
            duties.finished_by(by.division_id, DutyKind.RATING, **span, note=note, by=by, now=now)
    return ready


def go(rating_round: RatingRound, to: str, *, by: User, now: datetime, why: str = "") -> None:
    """The step that leads there, as the page asks for it by its state."""
    if to == S.DRAFTED and rating_round.state == S.COLLECTING:
        freeze(period=rating_round.period, by=by, now=now)
    elif to in (S.DRAFTED, S.COLLECTING):
        (send_back if to == S.DRAFTED else unfreeze)(rating_round, by=by, now=now, why=why)
    elif to == S.PUBLISHED:
        publish(period=rating_round.period, by=by, now=now)
    elif to in _forward:
        _forward[to](rating_round, by=by, now=now)
    else:
        raise MoveRefused(_("现在的状态不能这样办理，请刷新页面。"))


_forward = {S.TOWN_REVIEW: ask_towns, S.APPROVED: approve, S.OBJECTION: open_objections}


def reopened_why(rating_round: RatingRound) -> str:
    """Why the round was taken up again after it had been published; empty the first time."""
    last = workflow.history(rating_round).filter(from_state=S.PUBLISHED).last()
    return last.why if last else ""


def _move(rating_round: RatingRound, to: str, *, by: User, now: datetime, why: str = "", **facts) -> Decision:
    why = guarded(why, WHY_AT_MOST, _("理由"))
    with transaction.atomic():
        held = RatingRound.objects.select_for_update().get(pk=rating_round.pk)
        if held.state == rating_round.state:
            _insist(rating_round, to, by, now)
        return workflow.move(rating_round, to, by=by, now=now, why=why, **facts)


def _insist(rating_round: RatingRound, to: str, by: User, now: datetime) -> None:
    """Rights and the table of moves come first: what stands in the way is told only to whoever may go."""
    if county_officers(by, rating_round) and (told := obstacle(rating_round, to, by=by, now=now)):
        raise MoveRefused(told)


def _days_later(now: datetime, days: int) -> datetime:
    return start_of(day_of(now) + timedelta(days=days + 1))
