"""The life of a new version: copied from one that holds, written, adopted by a second officer of the county or dropped."""
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.workflow import Move, MoveRefused
from zones.models import RuleDraft
from zones.periods import day_of
from zones.register_words import RegisterRefused, guarded
from zones.rulebook.boards import BOARDS, Board, built, document, same
from zones.version_rights import told_and_by_another, writers

S = RuleDraft.State


class RuleRefused(RegisterRefused):
    """Why a version is not written or adopted, in words for the person."""


def _may_be_adopted(draft: RuleDraft, by: User) -> str:
    if reason := told_and_by_another(draft, by):
        return reason
    board = BOARDS[draft.board]
    if same(draft.document, document(board, board.model.objects.filter(version=draft.base_version).latest("pk"))):
        return _("内容与原版本相同，没有要施行的改动。")
    return ""


workflow.register(
    RuleDraft,
    Move(S.DRAFT, S.ADOPTED, gettext_lazy("施行"), may=writers, check=_may_be_adopted),
    Move(S.DRAFT, S.DROPPED, gettext_lazy("作废"), may=writers, needs_reason=True),
)


def begin(board: Board, version, *, by: User, now: datetime) -> RuleDraft:
    """A draft that begins with what the version says; for the working calendar it begins the year after."""
    if not writers(by):
        raise PermissionDenied
    said, starts = document(board, version), max(day_of(now), board.day_of(version))
    if board.by_year:
        last = board.versions().first().year
        said, starts = {"year": last + 1, "source": "", "off": [], "worked": []}, date(last + 1, 1, 1)
    title = getattr(version, "title", "") or board.title
    return RuleDraft.objects.create(
        board=board.key, division_id=by.division_id, base_version=version.version, title=title, valid_from=starts, document=said,
        edited_at=now, edited_by=by,
    )  # fmt: skip


def write(draft: RuleDraft, *, title: str, valid_from: date, change_note: str, document: dict, by: User, now: datetime) -> None:
    """The whole draft anew. Raises PermissionDenied and RuleRefused; nothing is written then."""
    if not writers(by, draft):
        raise PermissionDenied
    _built(BOARDS[draft.board], document, version="0", title=title, valid_from=valid_from)
    facts = {
        "title": guarded(title, 120, _("标题"), needed=True), "change_note": guarded(change_note, 500, _("改动说明")),
        "valid_from": valid_from, "document": document, "edited_at": now, "edited_by": by,
    }  # fmt: skip
    if not RuleDraft.objects.filter(pk=draft.pk, state=S.DRAFT, edited_at=draft.edited_at).update(**facts):
        raise RuleRefused(_("别人刚刚办理过，请刷新页面。"))
    draft.refresh_from_db()


def move(draft: RuleDraft, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """Adopt or drop. Raises PermissionDenied, MoveRefused and RuleRefused; an adopted draft has become a version."""
    why = guarded(why, 500, _("理由"))
    if to != S.ADOPTED:
        return workflow.move(draft, to, by=by, now=now, why=why)
    board = BOARDS[draft.board]
    try:
        with transaction.atomic():
            held = RuleDraft.objects.select_for_update().get(pk=draft.pk)
            if held.edited_at != draft.edited_at:
                raise MoveRefused(_("别人刚刚办理过，请刷新页面。"))
            version = _free(board, held.valid_from.year)
            decision = workflow.move(draft, to, by=by, now=now, why=why, adopted_version=version)
            _in_time(board, held, now)
            made, rows = _built(board, held.document, version=version, title=held.title, valid_from=held.valid_from)
            made.save()
            for row in rows:
                row.standard = made
                row.parent_id = row.parent.pk if getattr(row, "parent", None) else None
                row.save()
            return decision
    except IntegrityError as met:
        raise RuleRefused(_("这些值不能一起施行，请检查后再办理。")) from met


def _built(board: Board, said: dict, **named):
    try:
        return built(board, said, **named)
    except ValidationError as wrong:
        raise RuleRefused(" ".join(wrong.messages)) from wrong


def _free(board: Board, year: int) -> str:
    taken = set(board.model.objects.values_list("version", flat=True))
    return next(f"{year}-{number}" for number in range(1, len(taken) + 2) if f"{year}-{number}" not in taken)


def _in_time(board: Board, draft: RuleDraft, now: datetime) -> None:
    """What was done by an older version stays as it was: a new one begins today or later, and after every other."""
    if board.by_year:
        return
    if draft.valid_from < day_of(now):
        raise RuleRefused(_("施行日期已过，请改为今天或以后。"))
    newest = board.day_of(board.versions().first())
    if draft.valid_from <= newest:
        raise RuleRefused(_("施行日期应在最新版本的%(day)s之后。") % {"day": newest})
