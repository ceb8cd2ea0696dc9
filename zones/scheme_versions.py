"""Criteria by hand: a draft is copied from a version, written, and adopted by another person or dropped. Nothing adopted is edited."""
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.workflow import Move, MoveRefused
from zones.criteria import parse_criteria
from zones.models import RatingRound, RatingScheme
from zones.periods import day_of
from zones.register_words import RegisterRefused, guarded
from zones.schemes import make_room
from zones.version_rights import told_and_by_another, writers

S = RatingScheme.State


class SchemeRefused(RegisterRefused):
    """Why something is not done, in words for the person."""


def _may_be_adopted(scheme: RatingScheme, by: User) -> str:
    if reason := told_and_by_another(scheme, by):
        return reason
    parse_criteria(scheme.criteria)
    over = RatingRound.objects.computed().filter(starts_on__gte=scheme.valid_from, ends_on__lte=TruncDate("computed_at")).first()
    if over is not None:
        return _("评定期 %(period)s 已按原标准计算，启用日期应在它之后。") % {"period": over.period}
    return ""


workflow.register(
    RatingScheme,
    Move(S.DRAFT, S.ADOPTED, gettext_lazy("施行"), may=writers, check=_may_be_adopted),
    Move(S.DRAFT, S.DROPPED, gettext_lazy("作废"), may=writers, needs_reason=True),
)


def readable(user: User):
    """Our defaults and those of the reader's county; drafts only for those who write them."""
    rows = RatingScheme.objects.for_county(user.division_id)
    return rows if writers(user) else rows.filter(state=S.ADOPTED)


def copy(scheme: RatingScheme, *, by: User, now: datetime) -> RatingScheme:
    """A draft of the county's own that begins with what this version says."""
    if not writers(by):
        raise PermissionDenied
    year = day_of(now).year
    taken = set(RatingScheme.objects.filter(version__startswith=f"{year}-").values_list("version", flat=True))
    version = next(f"{year}-{number}" for number in range(1, len(taken) + 2) if f"{year}-{number}" not in taken)
    facts = {"title": scheme.title, "criteria": scheme.criteria, "valid_from": max(day_of(now), scheme.valid_from)}
    try:
        with transaction.atomic():
            return RatingScheme.objects.create(
                version=version, division_id=by.division_id, copied_from=scheme, is_own_assumption=False,
                edited_at=now, edited_by=by, **facts,
            )  # fmt: skip
    except IntegrityError as met:
        raise SchemeRefused(_("别人刚刚办理过，请刷新页面。")) from met


def write(scheme: RatingScheme, *, title: str, valid_from: date, change_note: str, criteria: dict, by: User, now: datetime) -> None:
    """The whole draft anew. Raises PermissionDenied, SchemeRefused and criteria.BadCriteria."""
    if not writers(by, scheme):
        raise PermissionDenied
    parse_criteria(criteria)
    facts = {
        "title": guarded(title, 120, _("标题"), needed=True), "change_note": guarded(change_note, 500, _("改动说明")),
        "valid_from": valid_from, "criteria": criteria, "edited_at": now, "edited_by": by,
    }  # fmt: skip
    if not RatingScheme.objects.filter(pk=scheme.pk, state=S.DRAFT).update(**facts):
        raise SchemeRefused(_("这一版已施行，不能再改；请另起新版本。"))
    scheme.refresh_from_db()


def move(scheme: RatingScheme, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """Adopt or drop. What held until then ends where the new version begins. Raises PermissionDenied, MoveRefused and SchemeRefused."""
    why = guarded(why, 500, _("理由"))
    if to != S.ADOPTED:
        return workflow.move(scheme, to, by=by, now=now, why=why)
    with transaction.atomic():
        # The draft stays as it was read here: what is adopted is what was looked at.
        held = RatingScheme.objects.select_for_update().get(pk=scheme.pk)
        if held.edited_at != scheme.edited_at:
            raise MoveRefused(_("别人刚刚办理过，请刷新页面。"))
        if scheme.state == S.DRAFT and writers(by, scheme) and not _may_be_adopted(scheme, by):
            try:
                make_room(scheme.valid_from)
            except ValueError as taken:
                raise SchemeRefused(str(taken)) from None
        return workflow.move(scheme, to, by=by, now=now, why=why, adopted_at=now, adopted_by=by)
