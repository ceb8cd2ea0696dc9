"""What officers see of what came in: the queues with their deadlines, one thing with its evidence, and the steps that are open."""
from collections.abc import Mapping
from datetime import datetime

from django.core.paginator import Paginator

from geo import workflow
from geo.models import Compound, User
from zones import appeals, feedback_issues, moderation, standings
from zones.door_pages import DOOR_WORDS
from zones.models import Appeal, Feedback, Grade, PublishedGrade
from zones.models.supervision import Received
from zones.periods import day_of
from zones.receipts import DOORS
from zones.rounds import RoundReader
from zones.sentences import lines_of

PAGE_SIZE = 50


def queue(user: User, name: str, model: type[Received], query: Mapping[str, str], *, now: datetime) -> dict:
    """What waits first, the most pressing on top; with `state` whatever is in that state, the newest on top."""
    today, mine = day_of(now), model.objects.visible_to(user)
    state = query.get("state", "")
    rows = mine.filter(state=state).order_by("-pk") if state in model.State.values else mine.waiting().order_by("due_on", "pk")
    page = Paginator(rows.select_related("division"), PAGE_SIZE).get_page(query.get("page"))
    for row in page:
        row.late_days = (today - row.due_on).days if row.is_late(today) else 0
    tabs = [
        {"name": each, "title": DOOR_WORDS[each], "count": kind.objects.visible_to(user).waiting().count()} for each, kind in DOORS.items()
    ]
    return {"name": name, "title": DOOR_WORDS[name], "page": page, "tabs": tabs, "states": model.State.choices, "state": state}


def one(row: Received, name: str, user: User, *, now: datetime, typed: Mapping[str, str] | None = None) -> dict:
    steps = [
        {"move": each, "obstacle": each.check(row, user) if each.check else "", "answers": each.needs_reason}
        for each in workflow.open_moves(row, by=user)
    ]
    compound = Compound.objects.visible_to(user).filter(public_id=row.public_id).first() if row.public_id else None
    issue = feedback_issues.issue_of(row)
    return {
        "row": row, "name": name, "title": DOOR_WORDS[name], "steps": steps, "typed": typed or {}, "compound": compound, "issue": issue,
        "photos": row.photos.all() if hasattr(row, "photos") else [], "history": _history(row), "late": row.is_late(day_of(now)),
        "may_register": name in ("feedback", "reinspection") and issue is None and row.state in row.WAITING,
        "colours": Grade.Colour.choices, "evidence": _evidence(row),
        "longest": appeals.ANSWER_AT_MOST if name == "appeal" else moderation.ANSWER_AT_MOST,
    }  # fmt: skip


def _history(row: Received) -> list[dict]:
    labels = {(each.start, each.to): each.label for each in workflow.moves_of(type(row))}
    return [
        {
            "label": labels.get((each.from_state, each.to_state), each.to_state), "at": each.decided_at, "by": each.decided_by,
            "why": each.why,
        }
        for each in workflow.history(row).select_related("decided_by__division")
    ]  # fmt: skip


def _evidence(row: Received) -> dict:
    """What the decider looks at: the grade as published, as computed with its numbers, and what stands beside it."""
    publication = getattr(row, "publication", None)
    if publication is None:
        return {}
    published = PublishedGrade.objects.filter(publication=publication, public_id=row.public_id).first()
    rows = Grade.objects.everywhere("read with the appeal's rights").filter(round__period=publication.period)
    computed = rows.filter(compound__public_id=row.public_id).select_related("round__scheme", "compound").first()
    lines = lines_of(RoundReader(computed.round).reasons(computed)) if computed else []
    return {
        "publication": publication, "published": published, "computed": computed, "lines": lines,
        "standing": standings.of(publication, [row.public_id], using="default").get(row.public_id),
    }  # fmt: skip


def make(row: Received, data: Mapping[str, str], *, by: User, now: datetime) -> None:
    """The step that a form asks for."""
    to, answer = data.get("to", ""), data.get("answer", "")
    if isinstance(row, Appeal):
        if to == Appeal.State.ACCEPTED:
            appeals.accept(row, by=by, now=now)
        elif to == Appeal.State.UPHELD:
            appeals.uphold(row, colour=data.get("colour", ""), answer=answer, by=by, now=now)
        else:
            appeals.end(row, to, answer=answer, by=by, now=now)
    elif isinstance(row, Feedback) and to == Feedback.State.DUPLICATE:
        moderation.join(row, data.get("first", ""), by=by, now=now)
    else:
        moderation.move(row, to, answer=answer, by=by, now=now)
