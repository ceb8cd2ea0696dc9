"""R19: colours set by a decision in place of the computed ones, and what changes after publication: always as a correction."""
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import User
from zones import publication as publishing
from zones import round_life
from zones.models import Grade, Publication, RatingRound
from zones.public_rows import TITLE_FIELDS
from zones.publication import PUBLIC_FIELDS
from zones.register_words import guarded
from zones.rounds import RatingRefused

WHY_AT_MOST = 300
_NOT_COPIED = {
    "id", "number", "sha256", "staged_at", "published_at", "published_by_unit", "correction_reason", "is_current", "withdrawn_at",
    "withdrawn_by_unit", "withdrawn_reason",
}  # fmt: skip


def decide(grade: Grade, *, colour: str, why: str, by: User, now: datetime) -> None:
    """Set the colour that counts. The public reads why, so personal numbers are refused. Whether this person may is the caller's."""
    if colour not in Grade.Colour.values:
        raise RatingRefused(_("请选择等级。"))
    why = guarded(why, WHY_AT_MOST, _("理由"), needed=True)
    Grade.objects.everywhere("fetched through rights before").filter(pk=grade.pk).update(
        decided_colour=colour, decided_why=why, decided_at=now, decided_by=by
    )
    grade.refresh_from_db(fields=["decided_colour", "decided_why", "decided_at", "decided_by"])


def correct(rating_round: RatingRound, *, by: User, reason: str, now: datetime) -> Publication:
    """Publish again what the period's current publication says, with the colours decided since. All else stays word for word."""
    reason = guarded(reason, WHY_AT_MOST, _("更正原因"), needed=True)
    if not round_life.county_officers(by, rating_round):
        raise RatingRefused(_("只有县级民警可以公布评定。"))
    with transaction.atomic():
        RatingRound.objects.select_for_update().get(pk=rating_round.pk)
        before = publishing.current(rating_round.period)
        if before is None:
            raise RatingRefused(_("评定期 %(period)s 没有现行公布，不能更正。") % {"period": rating_round.period})
        kept = {field.name: getattr(before, field.name) for field in Publication._meta.fields if field.name not in _NOT_COPIED}
        after = Publication(**kept, number=publishing.STAGED_NUMBER, staged_at=now, is_current=False)
        decided = Grade.objects.everywhere("a correction covers the whole round").filter(round=rating_round, decided_colour__isnull=False)
        changes = {each.compound.public_id: each for each in decided.with_final().select_related("compound")}
        rows = [
            row | publishing.by_decision(changes[row["public_id"]]) if row["public_id"] in changes else row
            for row in before.grades.values(*PUBLIC_FIELDS)
        ]
        titles = list(before.titles.values(*TITLE_FIELDS))
        if publishing.digest(after, rows, titles) == before.sha256:
            raise RatingRefused(_("没有可更正的内容。"))
        # A round that was reopened may have rows lying ready; they are laid anew when it is published.
        publishing.discard_staged(rating_round)
        publishing.write(after, rows, titles)
        publishing.switch(after, by=by, now=now, reason=reason)
    return after


def uphold(
    publication_grade_public_id: UUID, *, publication: Publication, colour: str, why: str, by: User, now: datetime
) -> Publication:
    """An appeal was right: the colour is decided and the correction published in one transaction. Not by whoever took part in the grade."""
    with transaction.atomic():
        rating_round = RatingRound.objects.select_for_update().filter(period=publication.period).first()
        grades = Grade.objects.everywhere("the publication names the compound").filter(round=rating_round)
        grade = grades.filter(compound__public_id=publication_grade_public_id).first()
        if grade is None:
            raise RatingRefused(_("这个小区已不在册，不能更正它的等级。"))
        if round_life.took_part(rating_round, by):
            raise RatingRefused(_("参与过本期评定的人不能决定申诉，请由另一人办理。"))
        decide(grade, colour=colour, why=why, by=by, now=now)
        return correct(rating_round, by=by, reason=why, now=now)


def withdraw(publication: Publication, *, by: User, reason: str, now: datetime) -> None:
    """Take the period's current publication back: it stays readable with the reason, and the round goes back to its draft."""
    reason = guarded(reason, WHY_AT_MOST, _("撤回原因"), needed=True)
    with transaction.atomic():
        rating_round = RatingRound.objects.select_for_update().get(period=publication.period)
        if not round_life.county_officers(by, rating_round):
            raise RatingRefused(_("只有县级民警可以撤回公布。"))
        facts = {"withdrawn_at": now, "withdrawn_by_unit": publishing.unit_of(by), "withdrawn_reason": reason}
        if not Publication.objects.filter(pk=publication.pk, is_current=True).update(is_current=False, **facts):
            raise RatingRefused(_("这次公布已不是现行公布，请刷新页面。"))
        if rating_round.state == RatingRound.State.PUBLISHED:
            round_life.send_back(rating_round, by=by, now=now, why=reason)
