"""The one engine of states: a table of moves for each model, and one function that makes a move.

    workflow.register(Campaign, Move("draft", "open", _("发布"), may=county_officers), …)
    workflow.move(campaign, "open", by=user, now=now, why="…")

A move is a right, a conditional UPDATE and a Decision, in one transaction. What else must hold (another person than
before, a piece of evidence) is a `check` of the move: it returns the reason why not, or nothing.
"""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from geo import pii
from geo.models import Decision


class MoveRefused(ValueError):
    """The move cannot be made; the text says why, in the reader's language."""


@dataclass(frozen=True)
class Move:
    """`may` says whether a person has the right; `check(obj, by)` gives the reason why not yet, or an empty text."""

    start: str
    to: str
    label: object
    may: Callable[[object, models.Model], bool]
    needs_reason: bool = False
    check: Callable[[models.Model, object], str] | None = None


_tables: dict[type[models.Model], tuple[str, tuple[Move, ...]]] = {}


def register(model: type[models.Model], *moves: Move, field: str = "state") -> None:
    if model in _tables:
        raise ValueError(f"{model.__name__} has its moves already")
    _tables[model] = field, moves


def table_of(model: type[models.Model]) -> tuple[str, tuple[Move, ...]]:
    """The field that holds the state, and the moves."""
    return _tables[model]


def moves_of(model: type[models.Model]) -> tuple[Move, ...]:
    return _tables[model][1]


def open_moves(obj: models.Model, *, by) -> list[Move]:
    """The moves that this person may make now, in the table's order; a check may still refuse one, with its reason."""
    field, moves = _tables[type(obj)]
    return [one for one in moves if one.start == getattr(obj, field) and one.may(by, obj)]


def move(obj: models.Model, to: str, *, by, now: datetime, why: str = "", **facts) -> Decision:
    """Move the object, or raise: PermissionDenied without the right, MoveRefused with the reason.

    `facts` are columns that belong to the move (`closed_at`, `closed_by` …), written in the same UPDATE.
    """
    field, moves = _tables[type(obj)]
    start = getattr(obj, field)
    chosen = next((one for one in moves if one.start == start and one.to == to), None)
    if chosen is None:
        raise MoveRefused(_("现在的状态不能这样办理，请刷新页面。"))
    if not chosen.may(by, obj):
        raise PermissionDenied
    why = why.replace("\x00", "").strip()
    if chosen.needs_reason and not why:
        raise MoveRefused(_("请填写理由。"))
    if found := pii.find(why):
        raise MoveRefused(_("%(what)s中“%(text)s”像是个人号码，请删去。") % {"what": _("理由"), "text": why[found[0].start : found[0].end]})
    if reason := chosen.check and chosen.check(obj, by):
        raise MoveRefused(reason)
    with transaction.atomic():
        mine = type(obj)._base_manager.filter(pk=obj.pk, **{field: start})
        if not models.QuerySet.update(mine, **{field: to, **facts}):
            raise MoveRefused(_("别人刚刚办理过，请刷新页面。"))
        decision = Decision.objects.create(
            kind=obj._meta.label_lower, object_id=str(obj.pk), division_id=obj.division_id,
            from_state=start, to_state=to, why=why, decided_at=now, decided_by=by,
        )  # fmt: skip
    obj.refresh_from_db(fields=[field, *facts])
    return decision


def history(obj: models.Model) -> models.QuerySet:
    """The object's decisions, oldest first, with their people."""
    return Decision.objects.filter(kind=obj._meta.label_lower, object_id=str(obj.pk)).select_related("decided_by")


def told(obj: models.Model) -> list[dict]:
    """The object's decisions as a page lists them, oldest first: what was done, when, by whom, why, and where it led."""
    labels = {(one.start, one.to): one.label for one in moves_of(type(obj))}
    return [
        {"label": labels.get((each.from_state, each.to_state), each.to_state), "at": each.decided_at, "by": each.decided_by,
         "why": each.why, "to_state": each.to_state}
        for each in history(obj).select_related("decided_by__division")
    ]  # fmt: skip


def offered(obj: models.Model, *, by, typed: Mapping[str, str]) -> list[dict]:
    """The moves open to this person as a page offers them: what still stands in the way, and a refused reason as it was typed."""
    return [
        {"move": one, "obstacle": one.check(obj, by) if one.check else "", "why": typed.get("why", "") if typed.get("to") == one.to else ""}
        for one in open_moves(obj, by=by)
    ]
