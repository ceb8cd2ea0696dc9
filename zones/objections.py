"""R19: before publication the manager of a compound may object, with the code of a printed notice and without an account.

The code follows from the round's window and the compound, so a notice printed again shows the same code; the database holds
its digest only. Whoever computed, froze or approved decides no objection.
"""
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import walls, workflow
from geo.models import Compound, Decision, User
from geo.workflow import Move
from zones import corrections, evidence, round_life
from zones.models import CompoundObjection, Grade, ObjectionFile, RatingRound
from zones.register_words import guarded
from zones.rounds import RatingRefused

S = CompoundObjection.State
# Without letters and figures that are taken for one another: 12 of 28 signs, 57 bits.
SIGNS = "ABCDEFHJKMNPQRSTUVWXYZ234578"
CODE_LENGTH = 12
TEXT_AT_MOST, ANSWER_AT_MOST, FILES_AT_MOST = 1000, 300, 3
# Wrong codes from one address before it has to wait.
WRONG_AT_MOST, PAUSE_SECONDS = 20, 900
BY_CODE = "whoever holds the notice's code may read what it is about"


class TooManyWrong(Exception):
    """This address has typed too many wrong codes."""


def _decides(user: User, objection: CompoundObjection) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and objection.division_id.startswith(user.division_id)


def _not_by_who_rated(objection: CompoundObjection, by: User) -> str:
    if round_life.took_part(objection.round, by):
        return _("计算、冻结或审核过本期评定的人不能决定异议，请由另一人办理。")
    return ""


workflow.register(
    CompoundObjection,
    Move(S.FILED, S.UPHELD, gettext_lazy("异议成立"), may=_decides, needs_reason=True, check=_not_by_who_rated),
    Move(S.FILED, S.REJECTED, gettext_lazy("异议不成立"), may=_decides, needs_reason=True, check=_not_by_who_rated),
)


# Notices


def code_of(rating_round: RatingRound, compound_id: int) -> str:
    facts = f"{rating_round.pk} {rating_round.objection_opens_at.isoformat()} {compound_id}"
    number = int.from_bytes(salted_hmac("zones.objections", facts, algorithm="sha256").digest())
    signs = []
    for _place in range(CODE_LENGTH):
        number, rest = divmod(number, len(SIGNS))
        signs.append(SIGNS[rest])
    return "-".join("".join(signs[i : i + 4]) for i in range(0, CODE_LENGTH, 4))


def invite(rating_round: RatingRound, grades: Sequence[Grade], *, by: User, now: datetime) -> list[tuple[Grade, str]]:
    """The code of each grade's compound; printing again gives the same. RatingRefused outside the window."""
    with transaction.atomic():
        held = RatingRound.objects.select_for_update().get(pk=rating_round.pk)
        if held.state != RatingRound.State.OBJECTION or now >= held.objection_closes_at:
            raise RatingRefused(_("现在不在异议期内，不能打印通知书。"))
        found = [(grade, code_of(held, grade.compound_id)) for grade in grades]
        CompoundObjection.objects.bulk_create(
            [
                CompoundObjection(
                    round=held, compound_id=grade.compound_id, code_hash=_digest(code), invited_at=now, invited_by=by
                )
                for grade, code in found
            ],
            ignore_conflicts=True, batch_size=1000,
        )  # fmt: skip
    return found


def find(code: str, *, address: str) -> CompoundObjection | None:
    """What the code opens; unknown, mistyped and outdated codes are all alike: None. Raises TooManyWrong."""
    wrong = f"objection-codes/{hashlib.sha256(address.encode()).hexdigest()}"
    if cache.get(wrong, 0) >= WRONG_AT_MOST:
        raise TooManyWrong
    objections = CompoundObjection.objects.everywhere(BY_CODE).select_related("round__scheme", "compound__division")
    found = objections.filter(code_hash=_digest(code)).first()
    if found is None:
        cache.add(wrong, 0, PAUSE_SECONDS)
        with suppress(ValueError):  # the count has just run out
            cache.incr(wrong)
    return found


def is_of(code: str, compound: Compound, period: str) -> bool:
    """Does the code stand on the period's notice to this compound's manager?"""
    notices = CompoundObjection.objects.everywhere(BY_CODE).filter(compound=compound, round__period=period)
    return notices.filter(code_hash=_digest(code)).exists()


def _digest(code: str) -> str:
    signs = "".join(sign for sign in code.upper() if sign in SIGNS)[: CODE_LENGTH + 1]
    return hashlib.sha256(signs.encode()).hexdigest()


# Objecting and deciding


def is_open(objection: CompoundObjection, now: datetime) -> bool:
    held = objection.round
    return objection.state == S.INVITED and held.state == RatingRound.State.OBJECTION and now < held.objection_closes_at


@walls.opened(BY_CODE)
def file(objection: CompoundObjection, *, text: str, uploads: Sequence[UploadedFile], now: datetime) -> None:
    """Once for each notice, while the window is open. No account is behind it, so it is no move of the workflow."""
    text = guarded(text, TEXT_AT_MOST, _("异议内容"), needed=True)
    if len(uploads) > FILES_AT_MOST:
        raise RatingRefused(_("最多%(count)d个文件。") % {"count": FILES_AT_MOST})
    cleaned, kept = [evidence.clean(each) for each in uploads], []
    try:
        with transaction.atomic():
            objection.round = RatingRound.objects.select_for_update().get(pk=objection.round_id)
            mine = CompoundObjection.objects.everywhere(BY_CODE).filter(pk=objection.pk, state=S.INVITED)
            if not is_open(objection, now) or not mine.update(state=S.FILED, text=text, filed_at=now):
                raise RatingRefused(_("异议期已过，或已经提出过异议。"))
            for each in cleaned:
                made = ObjectionFile(objection=objection)
                evidence.fill(made, each)
                kept.append(made)
                made.save()
    except BaseException:
        for each in kept:
            each.file.delete(save=False)
        raise
    objection.refresh_from_db()


def decide(objection: CompoundObjection, to: str, *, answer: str, colour: str = "", by: User, now: datetime) -> Decision:
    """With an answer that the manager reads behind the code. One that is upheld names the colour that counts from now on."""
    answer = guarded(answer, ANSWER_AT_MOST, _("答复"), needed=True)
    with transaction.atomic():
        objection.round = RatingRound.objects.select_for_update().get(pk=objection.round_id)
        if objection.round.state == RatingRound.State.PUBLISHED:
            raise RatingRefused(_("本期已公布，异议不再决定。"))
        decision = workflow.move(objection, to, by=by, now=now, why=answer, answer=answer, decided_at=now, decided_by=by)
        if to == S.UPHELD:
            corrections.decide(grade_of(objection), colour=colour, why=answer, by=by, now=now)
            round_life.lay_ready(objection.round, by=by)
    return decision


def grade_of(objection: CompoundObjection) -> Grade:
    grades = Grade.objects.everywhere(BY_CODE).with_final()
    return grades.get(round=objection.round_id, compound=objection.compound_id)


