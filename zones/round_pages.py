"""What the pages of rounds show: the list, and one round with its steps, what is missing and whose turn it is."""
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from geo import workflow
from geo.invented import holds_invented
from geo.models import Division, User
from zones import objections, proposals, round_life
from zones.completeness import completeness, gone_count
from zones.criteria import parse_criteria
from zones.models import CompoundObjection, Grade, GradeProposal, Publication, RatingRound, RoundStandard
from zones.periods import COUNTY_TIME, day_of, period_of, start_of
from zones.publication import colour_counts
from zones.schemes import in_force

S = RatingRound.State
PEOPLE = ("frozen_by__division", "approved_by__division", "published_by__division", "scheme", "standard")
PERIODS_OFFERED = 6
# One notice is one page; more of them in one file would keep a browser waiting.
NOTICES_AT_MOST = 100


def listing(user: User, *, now: datetime) -> dict:
    rounds = list(RatingRound.objects.computed().select_related(*PEOPLE))
    current = {each.period: each for each in Publication.objects.filter(is_current=True)}
    for each in rounds:
        each.publication, each.turn = current.get(each.period), turn(each, now=now)
    rates = user.role == User.Role.COUNTY_OFFICER
    offered = _offered({each.period for each in rounds}, now) if rates else []
    return {"rounds": rounds, "offered": offered, "standard": _standard(now), "invented": holds_invented()}


def _standard(now: datetime) -> RoundStandard:
    return RoundStandard.objects.in_force(day_of(now))


def _offered(known: set[str], now: datetime) -> list[str]:
    """The newest periods that nobody has computed yet, in the kind that the criteria ask for."""
    found, day = [], day_of(now)
    for _step in range(PERIODS_OFFERED):
        scheme = in_force(day)
        if scheme is None:
            break
        period = period_of(parse_criteria(scheme.criteria).period, day)
        found += [period.name] if period.name not in known else []
        day = day_of(start_of(period.starts_on) - timedelta(seconds=1))
    return found


def one(rating_round: RatingRound, user: User, *, now: datetime, typed: Mapping[str, str] | None = None) -> dict:
    """The page of one round; `typed` brings back what a refused step said."""
    mine = Grade.objects.visible_to(user).filter(round=rating_round)
    found = completeness(rating_round, user)
    return {
        "round": rating_round, "steps": steps(rating_round), "turn": turn(rating_round, now=now), "typed": typed or {},
        "moves": moves(rating_round, user, now=now), "counts": _counts(mine), "completeness": found,
        "lacking": [each for each in found if not each.is_enough], "gone_count": gone_count(rating_round),
        "standard": rating_round.standard or _standard(now), "reviews": reviews(rating_round, user),
        "may_confirm": rating_round.state == S.TOWN_REVIEW and _confirms(rating_round, user),
        "proposals": _proposals(rating_round, user), "objections": _objections(rating_round, user),
        "invited_count": CompoundObjection.objects.visible_to(user).filter(round=rating_round).count(),
        "notice_files": notice_files(rating_round, user, now=now), "colours": Grade.Colour.choices,
        "publications": Publication.objects.filter(period=rating_round.period, published_at__isnull=False).order_by("-number"),
        "may_withdraw": round_life.county_officers(user, rating_round), "timeline": workflow.told(rating_round),
        "invented": holds_invented(), "decided": mine.filter(decided_colour__isnull=False).with_final().select_related("compound"),
    }  # fmt: skip


def steps(rating_round: RatingRound) -> list[dict]:
    """The six states in their order: what is done, with its moment and person, what is now, what is to come."""
    order, at = list(S), list(S).index(rating_round.state)
    facts = {
        S.COLLECTING: (rating_round.computed_at, None),
        S.DRAFTED: (rating_round.frozen_at, rating_round.frozen_by),
        S.APPROVED: (rating_round.approved_at, rating_round.approved_by),
        S.OBJECTION: (rating_round.objection_opens_at, None),
        S.PUBLISHED: (rating_round.published_at, rating_round.published_by),
    }
    return [
        {"state": state, "label": state.label, "at": facts.get(state, (None, None))[0], "by": facts.get(state, (None, None))[1],
         "mark": "done" if index < at or rating_round.state == S.PUBLISHED else "now" if index == at else "ahead"}
        for index, state in enumerate(order)
    ]  # fmt: skip


def turn(rating_round: RatingRound, *, now: datetime) -> str:
    """Who must act next, and on what."""
    state = rating_round.state
    if state == S.COLLECTING:
        if rating_round.ends_on > day_of(now):
            return _("评定期 %(day)s 结束后，由县级民警冻结数据。") % {"day": rating_round.last_day}
        return _("县级民警：核对完整性，冻结数据。")
    if state == S.DRAFTED:
        return _("县级民警：核对草稿，交乡镇复核。")
    if state == S.TOWN_REVIEW:
        return _in_review(rating_round)
    if state == S.APPROVED:
        return _("县级民警：开始异议期。")
    if state == S.OBJECTION:
        return _in_objection(rating_round, now)
    return ""


def _in_review(rating_round: RatingRound) -> str:
    missing = [town.name for town in round_life.towns(rating_round).exclude(pk__in=rating_round.reviews.values("town"))]
    told = []
    if missing:
        until = _moment(rating_round.review_until)
        told.append(_("乡镇复核：%(towns)s（截止%(moment)s）。") % {"towns": "、".join(missing), "moment": until})
    if count := round_life.open_proposals(rating_round).count():
        told.append(_("县级民警：决定%(count)d条建议。") % {"count": count})
    return "".join(told) or _("另一名县级民警：审核。")


def _in_objection(rating_round: RatingRound, now: datetime) -> str:
    told = []
    if now < rating_round.objection_closes_at:
        told.append(_("乡镇：把通知书送到各小区管理单位；异议期至%(moment)s。") % {"moment": _moment(rating_round.objection_closes_at)})
    if count := round_life.undecided(rating_round).count():
        told.append(_("未参与本期评定的县级民警：答复%(count)d件异议。") % {"count": count})
    return "".join(told) or _("县级民警：签发公布。")


def _moment(moment: datetime) -> str:
    return f"{timezone.localtime(moment, COUNTY_TIME):%Y-%m-%d %H:%M}"


def moves(rating_round: RatingRound, user: User, *, now: datetime) -> list[dict]:
    """What this person may do with the round; what still stands in the way is said instead of a button."""
    return [
        {"move": each, "obstacle": round_life.obstacle(rating_round, each.to, by=user, now=now), "is_back": each.needs_reason}
        for each in workflow.open_moves(rating_round, by=user)
    ]


def _counts(grades) -> list[dict]:
    found = colour_counts(grades.with_final(), "final_colour")
    return [{"colour": colour, "label": label, "count": found[colour]} for colour, label in Grade.Colour.choices]


def reviews(rating_round: RatingRound, user: User) -> list[dict]:
    done = {each.town_id: each for each in rating_round.reviews.select_related("reviewed_by__division")}
    mine = round_life.towns(rating_round).filter(code__startswith=user.division_id[:9])
    return [{"town": town, "review": done.get(town.pk)} for town in mine]


def _confirms(rating_round: RatingRound, user: User) -> bool:
    open_towns = round_life.towns(rating_round).exclude(pk__in=rating_round.reviews.values("town"))
    return user.role == User.Role.TOWN_OFFICER and open_towns.filter(pk=user.division_id).exists()


def _proposals(rating_round: RatingRound, user: User) -> list[GradeProposal]:
    mine = GradeProposal.objects.visible_to(user).filter(grade__round=rating_round)
    found = list(mine.select_related("grade__compound__division", "proposed_by__division", "decided_by__division"))
    for each in found:
        each.moves = workflow.open_moves(each, by=user) if rating_round.state == S.TOWN_REVIEW else []
    return found


def _objections(rating_round: RatingRound, user: User) -> list[CompoundObjection]:
    mine = CompoundObjection.objects.visible_to(user).filed().filter(round=rating_round)
    found = list(mine.select_related("round", "compound__division", "decided_by__division").prefetch_related("files"))
    for each in found:
        each.grade, each.moves = objections.grade_of(each), workflow.open_moves(each, by=user)
        each.obstacle = next((told for move in each.moves if (told := move.check(each, user))), "")
    return found


def notice_files(rating_round: RatingRound, user: User, *, now: datetime) -> list[dict]:
    """Towns of the reader, each with the pieces in which its notices are printed; empty outside the window."""
    if rating_round.state != S.OBJECTION or now >= rating_round.objection_closes_at or not user.writes_business_data:
        return []
    counts = {}
    for code in Grade.objects.visible_to(user).filter(round=rating_round).values_list("compound__division_id", flat=True):
        counts[code[:9]] = counts.get(code[:9], 0) + 1
    names = dict(Division.objects.filter(pk__in=counts).values_list("code", "name"))
    return [
        {"town": code, "name": names[code], "count": count, "pieces": range(1, -(-count // NOTICES_AT_MOST) + 1)}
        for code, count in sorted(counts.items())
    ]


def proposing(rating_round: RatingRound, compound, user: User) -> dict | None:
    """The form of a proposal; None where this person proposes nothing now."""
    grade = Grade.objects.visible_to(user).filter(round=rating_round, compound=compound).with_final().first()
    if grade is None or rating_round.state != S.TOWN_REVIEW or not proposals.reviewers(user, compound.division_id):
        return None
    final = Grade.Colour(grade.final_colour)
    return {
        "round": rating_round, "compound": compound, "grade": grade, "final_label": final.label,
        "colours": [choice for choice in Grade.Colour.choices if choice[0] != final],
    }  # fmt: skip
