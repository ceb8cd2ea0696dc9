"""R20: how something comes in through a public door. `receive` is the one function through which the public writes anything.

It runs as the application's role: the public's own role keeps reading what is published and writes nowhere, so that a fault in
a page that only shows can never become a way in. Nobody's address, name or number is kept; what is kept is in zones.models.supervision.
"""
import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from geo import walls
from geo.models import Compound
from zones import notices, objections, receipts
from zones.door_forms import AppealForm, FeedbackForm, ReinspectionForm, ReplyForm
from zones.issue_photos import keeping_drawn
from zones.models import Appeal, Feedback, PublishedGrade, ReceivedPhoto
from zones.models.supervision import Received
from zones.receipts import DOORS, Receipt, of_form
from zones.spam import DoorForm
from zones.supervision_rules import Rules

WHY = "a public door"


@walls.opened(WHY)
def receive(form: DoorForm, *, pictures: Sequence[tuple[str, bytes]] = (), now: datetime, **fields) -> tuple[Received, Receipt]:
    """The row and its receipt. The same form again gives the same row, whatever arrives at the same moment."""
    receipt = _receipt(form)
    if known := already(form):
        return known, receipt
    facts = {"receipt": receipt.number, "code_hash": receipt.code_hash, "received_at": now, "due_on": form.rules.due_on(form.door)}
    try:
        with keeping_drawn(pictures) as keeper, transaction.atomic():
            row = DOORS[form.door].objects.create(**facts, **_said(form), **fields)
            for kind, content in pictures:
                keeper.write(ReceivedPhoto(**{form.door: row}), kind, content)
            if row.state in row.WAITING:
                notices.tell_of_door(form.door, row.division_id, now=now)
    except IntegrityError:
        if known := already(form):  # pressed twice
            return known, receipt
        raise
    return row, receipt


def already(form: DoorForm) -> Received | None:
    """What this very form brought in before."""
    return DOORS[form.door].objects.everywhere(WHY).filter(receipt=_receipt(form).number).first()


def is_another(form: DoorForm) -> bool:
    """The form was used before and says something else now: it must become a form of its own, not vanish in the first one."""
    known = already(form)
    return known is not None and known.text != form.cleaned_data["text"]


def _receipt(form: DoorForm) -> Receipt:
    return of_form(form.door, form.slip.day, form.slip.nonce)


def _said(form: DoorForm) -> dict:
    """What a valid form says, as columns."""
    if isinstance(form, FeedbackForm):
        return _feedback(form)
    grade = form.grade
    about = {"public_id": grade.public_id, "place_name": grade.name, "division_id": division_of(grade), "text": form.cleaned_data["text"]}
    if isinstance(form, ReinspectionForm):
        return about
    extra = {"appellant": form.cleaned_data["appellant"]} if isinstance(form, AppealForm) else {}
    return about | extra | {"publication_id": grade.publication_id}


def _feedback(form: FeedbackForm) -> dict:
    said, grade, point = form.cleaned_data, form.grade, form.point
    public_id = grade.public_id if grade else None
    where = f"{point.x:.4f} {point.y:.4f}" if point else str(public_id or form.division_id)
    content = hashlib.sha256(f"{said['category']} {where} {_bare(said['text'])}".encode()).hexdigest()
    since = form.now - timedelta(days=form.rules.figures.same_text_days)
    rows = Feedback.objects.everywhere(WHY).filter(content_hash=content, received_at__gte=since).exclude(state=Feedback.State.DUPLICATE)
    first = rows.order_by("pk").first()
    state = {"state": Feedback.State.DUPLICATE, "duplicate_of": first} if first else {}
    name = said["place_name"] or (grade.name if grade else "")
    return state | {
        "category": said["category"], "text": said["text"], "place_name": name, "geom": point, "public_id": public_id,
        "division_id": form.division_id or division_of(grade), "content_hash": content,
    }  # fmt: skip


def _bare(text: str) -> str:
    """The text without what a repeat may differ in: spaces, punctuation, case, width."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def division_of(grade: PublishedGrade) -> str:
    """Where the compound lies now; the published town where it is in the register no more."""
    rows = Compound.objects.everywhere(WHY).filter(public_id=grade.public_id)
    return rows.values_list("division_id", flat=True).first() or grade.town_code


# What must hold beyond the form itself


def may_appeal(grade: PublishedGrade, rules: Rules) -> str:
    """Why this grade cannot be appealed against now, or nothing."""
    until = rules.appeal_until(grade.publication)
    if rules.on > until:
        return _("申诉期到%(day)s为止，已经过了。仍可以群众反映或申请复查。") % {"day": until}
    return ""


def refuse_what_cannot_be(form: DoorForm) -> None:
    """The last look at a valid form about a grade: the window, and the manager's proof where only the manager may speak."""
    if isinstance(form, AppealForm):
        if reason := may_appeal(form.grade, form.rules):
            form.add_error(None, reason)
        by_manager = form.cleaned_data.get("appellant") == Appeal.Appellant.MANAGER
    else:
        by_manager = isinstance(form, ReplyForm)
    if by_manager and not is_manager(form.grade, form.cleaned_data.get("code", ""), form.rules):
        form.add_error("code", _("验证码不对或已过期。请用通知书上的验证码，或向所在乡镇索取。"))


def is_manager(grade: PublishedGrade, code: str, rules: Rules) -> bool:
    """By the code of the period's printed notice, or by one that an officer gave out since."""
    compound = Compound.objects.everywhere(WHY).filter(public_id=grade.public_id).select_related("manager_code").first()
    kept = getattr(compound, "manager_code", None)
    if kept and rules.on <= kept.valid_until and receipts.is_hash_of(kept.code_hash, str(grade.public_id), code):
        return True
    return bool(compound and code and objections.is_of(code, compound, grade.publication.period))
