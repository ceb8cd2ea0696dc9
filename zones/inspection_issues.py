"""R12, R15: what failed at an inspection becomes an issue of the register in one tap, with the pictures that show it; once each."""
import logging
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _

from geo.models import User
from patrol import logbook
from zones import checklists
from zones import register as verbs
from zones.inspection_places import place_for
from zones.issue_photos import keeping
from zones.models import Inspection, Issue, IssueCategory, IssuePhoto
from zones.periods import day_of
from zones.register_places import place_of
from zones.register_rights import registers
from zones.register_rules import rules_at
from zones.register_words import TEXT_AT_MOST, RegisterRefused, blotted

log = logging.getLogger(__name__)


def issues_of(inspection: Inspection) -> dict[str, Issue]:
    """By item: what was registered from this inspection."""
    rows = Issue.objects.everywhere("read with the inspection's rights").filter(
        source=Issue.Source.INSPECTION, source_ref__startswith=f"{inspection.pk}:"
    )
    return {each.source_ref.partition(":")[2]: each for each in rows.select_related("category", "unit")}


def inspection_of(issue: Issue, user: User) -> Inspection | None:
    """The inspection that the issue came from, if the person may read it."""
    if issue.source != Issue.Source.INSPECTION:
        return None
    return Inspection.objects.visible_to(user).filter(pk=int(issue.source_ref.partition(":")[0])).first()


def register(inspection: Inspection, item_key: str, *, by: User, now: datetime) -> Issue:
    """The issue of a failed item: a new one, or the one that it has. Raises PermissionDenied and RegisterRefused."""
    if not registers(by):
        raise PermissionDenied
    if known := issues_of(inspection).get(item_key):
        return known
    item = next((each for each in checklists.parse(inspection.checklist.items) if each.key == item_key), None)
    if item is None or item_key not in inspection.failed:
        raise RegisterRefused(_("这一项没有不合格，不能挂号。"))
    place = place_for(by, inspection.place_layer, inspection.place_pk) if inspection.place_pk else None
    if place is None:
        raise RegisterRefused(_("地点已不在本辖区名册里，请在“挂号”页面按位置登记。"))
    point, division_id = place_of(None, place, on=day_of(now))
    try:
        with keeping(_pictures(inspection, item_key)) as keeper, transaction.atomic():
            issue = verbs.enter(
                category=_category(item, now), text=_text(item, inspection), point=point, division_id=division_id, by=by, now=now,
                source=Issue.Source.INSPECTION, source_ref=f"{inspection.pk}:{item_key}", place_layer=inspection.place_layer,
                place_pk=place.pk, place_name=str(place)[:120], is_invented=inspection.is_invented,
            )  # fmt: skip
            keeper.keep(issue, IssuePhoto.Stage.BEFORE, by=by, now=now)
    except IntegrityError:
        if known := issues_of(inspection).get(item_key):  # two taps at once
            return known
        raise
    return issue


def register_asked(inspection: Inspection, keys: list[str], *, by: User, now: datetime) -> None:
    """What the inspector ticked on the phone. One that fails stays open for a tap on the inspection's page."""
    for key in keys:
        if key in inspection.failed:
            try:
                register(inspection, key, by=by, now=now)
            except (RegisterRefused, PermissionDenied, DatabaseError):
                log.exception("inspection %s: %s is not in the register", inspection.pk, key)


def _category(item: checklists.Item, now: datetime) -> IssueCategory:
    rules = rules_at(now)
    return rules.categories.filter(code=item.category).first() or rules.category(rules.figures.log_categories["hazard"])


def _text(item: checklists.Item, inspection: Inspection) -> str:
    """What is stored is Chinese, whoever taps."""
    with translation.override(settings.LANGUAGE_CODE):
        said = answer_text(item, inspection.answers.get(item.key))
        told = _("排查不合格：%(item)s（%(answer)s）。") % {"item": item.text, "answer": said}
    return blotted(f"{told}{inspection.note}")[:TEXT_AT_MOST]


def answer_text(item: checklists.Item, answer: checklists.Answer | None) -> str:
    """An answer in words."""
    if answer in (None, ""):
        return ""
    if item.type == checklists.YES_NO:
        return _("是") if answer == checklists.YES else _("否")
    if item.type == checklists.CHOICE:
        option = item.option(answer)
        is_english = bool(option) and bool(option.text_en) and (translation.get_language() or "").startswith("en")
        return "" if option is None else option.text_en if is_english else option.text
    return f"{answer:g}{item.unit}" if item.type == checklists.NUMBER else str(answer)


def _pictures(inspection: Inspection, key: str) -> list[SimpleUploadedFile]:
    """Copies of the item's pictures that are here already; those still on their way stay with the inspection alone."""
    found = []
    for pk in inspection.photos.get(key, ()):
        try:
            path = logbook.stored_or_404(inspection.submission, pk)
        except Http404:
            continue
        found.append(SimpleUploadedFile(path.name, path.read_bytes()))
    return found
