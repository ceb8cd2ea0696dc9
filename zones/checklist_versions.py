"""Checklists by hand: a draft is written, adopted or dropped; what was adopted is never edited, a change is a new version."""
from collections.abc import Sequence
from datetime import date, datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.workflow import Move
from zones import checklists
from zones.models import Checklist
from zones.periods import day_of
from zones.register_words import RegisterRefused, guarded
from zones.version_rights import writers

S = Checklist.State
ITEMS_AT_MOST = 60


class ChecklistRefused(RegisterRefused):
    """Why something is not done, in words for the person."""


def _has_scored_items(checklist: Checklist, _by: User) -> str:
    if not checklist.items:
        return _("检查表还没有检查项。")
    if not any(each.weight for each in checklists.parse(checklist.items)):
        return _("至少要有一项计分，否则没有得分。")
    return ""


workflow.register(
    Checklist,
    Move(S.DRAFT, S.ADOPTED, gettext_lazy("施行"), may=writers, check=_has_scored_items),
    Move(S.DRAFT, S.DROPPED, gettext_lazy("作废"), may=writers, needs_reason=True),
    Move(S.ADOPTED, S.RETIRED, gettext_lazy("停用"), may=writers, needs_reason=True),
)


def readable(user: User):
    """Our defaults and those of the reader's county; drafts only for those who write them."""
    rows = Checklist.objects.for_county(user.division_id)
    return rows if writers(user) else rows.exclude(state__in=(S.DRAFT, S.DROPPED))


def start(*, layer: str, title: str, by: User, now: datetime) -> Checklist:
    """A new checklist, empty. Raises PermissionDenied and ChecklistRefused."""
    if not writers(by):
        raise PermissionDenied
    title = guarded(title, 60, _("名称"), needed=True)
    return Checklist.objects.create(
        code=uuid4().hex[:12], version=1, title=title, layer=layer, valid_from=day_of(now), division_id=by.division_id, made_at=now
    )


def next_version(checklist: Checklist, *, by: User, now: datetime) -> Checklist:
    """A draft of the county's own that begins with what this version says; the one that is open already, if there is one."""
    if not writers(by):
        raise PermissionDenied
    own = Checklist.objects.filter(code=checklist.code, division=by.division_id)
    if opened := own.filter(state=S.DRAFT).first():
        return opened
    newest = Checklist.objects.for_county(by.division_id).filter(code=checklist.code).aggregate(n=Max("version"))["n"]
    facts = {name: getattr(checklist, name) for name in ("title", "title_en", "layer", "place_kinds", "items")}
    try:
        with transaction.atomic():
            return Checklist.objects.create(
                code=checklist.code, version=newest + 1, valid_from=day_of(now), division_id=by.division_id, made_at=now, **facts
            )
    except IntegrityError as met:
        raise ChecklistRefused(_("别人刚刚办理过，请刷新页面。")) from met


def write(
    checklist: Checklist, *, title: str, place_kinds: Sequence[str], valid_from: date, items: Sequence[checklists.Item], by: User
) -> None:
    """The whole draft anew. Raises PermissionDenied and ChecklistRefused."""
    if not writers(by, checklist):
        raise PermissionDenied
    if len(items) > ITEMS_AT_MOST:
        raise ChecklistRefused(_("一张检查表最多%(count)d项。") % {"count": ITEMS_AT_MOST})
    if len({item.key for item in items}) < len(items):
        raise ChecklistRefused(_("同一项出现了两次，请刷新页面。"))
    for item in items:
        for option in item.options:
            guarded(option.text, 40, _("选项"), needed=True)
        guarded(item.text, 120, _("检查项"), needed=True)
    if reason := conditions(items):
        raise ChecklistRefused(reason)
    facts = {
        "title": guarded(title, 60, _("名称"), needed=True), "place_kinds": list(place_kinds), "valid_from": valid_from,
        "items": checklists.stored(items),
    }  # fmt: skip
    if not Checklist.objects.filter(pk=checklist.pk, state=S.DRAFT).update(**facts):
        raise ChecklistRefused(_("这一版已施行，不能再改；请另起新版本。"))
    checklist.refresh_from_db()


def conditions(items: Sequence[checklists.Item]) -> str:
    """Why a condition cannot hold: it names an item that does not come before, or an answer that this one does not have."""
    before: dict[str, checklists.Item] = {}
    for number, item in enumerate(items, 1):
        if item.when_item:
            asked = before.get(item.when_item)
            if asked is None or asked.type not in (checklists.YES_NO, checklists.CHOICE):
                return _("第%(number)d项的条件：只能取决于它前面的是非题或选择题。") % {"number": number}
            if not checklists.fits(asked, item.when_answer):
                return _("第%(number)d项的条件：前面那一项没有这个答案。") % {"number": number}
        before[item.key] = item
    return ""


def move(checklist: Checklist, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """Adopt, drop or retire. Raises PermissionDenied, workflow.MoveRefused and ChecklistRefused."""
    why = guarded(why, 500, _("理由"))
    facts = {}
    if to == S.ADOPTED:
        # The day is the county's decision, but nothing is adopted for days that are over.
        facts = {"adopted_at": now, "adopted_by": by, "valid_from": max(checklist.valid_from, day_of(now))}
    return workflow.move(checklist, to, by=by, now=now, why=why, **facts)
