"""What the pages of standards show: every board with what holds today, a version, a draft with what it would change."""
from datetime import date, datetime

from geo import workflow
from geo.models import User
from zones.models import RuleDraft
from zones.periods import day_of
from zones.rulebook import editor
from zones.rulebook.boards import BOARDS, Board, document
from zones.version_rights import writers


def listing(user: User, *, now: datetime) -> dict:
    today, drafts = day_of(now), {}
    for draft in readable(user).filter(state=RuleDraft.State.DRAFT):
        drafts.setdefault(draft.board, []).append(draft)
    rows = [
        {"board": board, "version": board.in_force(today), "coming": _coming(board, today), "drafts": drafts.get(board.key, [])}
        for board in BOARDS.values()
    ]
    return {"rows": rows}


def _coming(board: Board, today: date) -> list:
    return [each for each in board.versions() if board.day_of(each) > today]


def readable(user: User):
    """Drafts of the reader's county, for those who write them."""
    rows = RuleDraft.objects.select_related("edited_by", "division")
    return rows.filter(division=user.division_id) if writers(user) else rows.none()


def version(board: Board, found, user: User, *, now: datetime) -> dict:
    versions = list(board.versions())
    older = next((each for each in versions if board.day_of(each) < board.day_of(found)), None)
    said = document(board, found)
    return {
        "board": board, "version": found, "day": board.day_of(found), "versions": [(each, board.day_of(each)) for each in versions],
        "parts": editor.parts(board, said), "is_in_force": found == board.in_force(day_of(now)), "older": older,
        "changes": editor.changes(board, document(board, older), said) if older and not board.by_year else [],
        "may_write": writers(user), "made_by": RuleDraft.objects.filter(board=board.key, adopted_version=found.version).first(),
    }  # fmt: skip


def draft(found: RuleDraft, user: User, typed=None) -> dict:
    board = BOARDS[found.board]
    base = board.model.objects.filter(version=found.base_version).latest("pk")
    return {
        "board": board, "draft": found, "parts": editor.parts(board, found.document),
        "changes": [] if board.by_year else editor.changes(board, document(board, base), found.document),
        "edits": found.state == RuleDraft.State.DRAFT and writers(user, found),
        "steps": workflow.offered(found, by=user, typed=typed or {}), "timeline": workflow.told(found),
    }  # fmt: skip
