"""R12, R15, R20: what the public reports becomes an issue of the register in one tap, with its pictures, once each."""
from datetime import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from geo.models import Compound, User
from zones import hazards
from zones import register as verbs
from zones.issue_photos import keeping
from zones.models import Feedback, Issue, IssueCategory, IssuePhoto, ReinspectionRequest
from zones.periods import day_of
from zones.register_places import division_at, shown_point
from zones.register_rights import registers
from zones.register_rules import rules_at
from zones.register_words import TEXT_AT_MOST, RegisterRefused
from zones.supervision_rules import rules_at as supervision_rules_at

Source = Feedback | ReinspectionRequest


def issue_of(row: object) -> Issue | None:
    """What was registered from this. Only these two kinds become issues."""
    if not isinstance(row, Feedback | ReinspectionRequest):
        return None
    rows = Issue.objects.everywhere("of one thing that came in").filter(source=Issue.Source.FEEDBACK, source_ref=row.receipt)
    return rows.select_related("category", "unit").first()


def register(row: Source, *, by: User, now: datetime) -> Issue:
    """The issue of what came in: a new one, or the one that it has. Raises PermissionDenied and RegisterRefused."""
    if not registers(by) or not row.division_id.startswith(by.division_id):
        raise PermissionDenied
    if known := issue_of(row):
        return known
    compound = _compound(row)
    point, division_id, is_approximate = _where(row, compound, now)
    place = {"place_layer": "compounds", "place_pk": compound.pk} if compound else {}
    try:
        with keeping(_pictures(row)) as keeper, transaction.atomic():
            issue = verbs.enter(
                category=_category(row, now), text=_text(row), point=point, division_id=division_id, by=by, now=now,
                source=Issue.Source.FEEDBACK, source_ref=row.receipt, is_approximate=is_approximate, is_invented=row.is_invented,
                place_name=row.place_name, **place,
            )  # fmt: skip
            keeper.keep(issue, IssuePhoto.Stage.BEFORE, by=by, now=now)
    except IntegrityError:
        if known := issue_of(row):  # two taps at once
            return known
        raise
    return issue


def _compound(row: Source) -> Compound | None:
    rows = Compound.objects.everywhere("named by what came in").filter(public_id=row.public_id)
    return rows.first() if row.public_id else None


def _where(row: Source, compound: Compound | None, now: datetime):
    """Point, division, and whether only the division is known: the point that was sent, else the compound's, else the town's middle."""
    if point := getattr(row, "geom", None):
        return point, division_at(point, on=day_of(now)) or row.division_id, False
    if compound is not None:
        return shown_point(compound), compound.division_id, False
    return hazards.middle(row.division_id, now), row.division_id, True


def _category(row: Source, now: datetime) -> IssueCategory:
    """The citizen's rough kind as the register's catch-all for it; the officer changes it on the issue's page where it is finer."""
    codes = supervision_rules_at(now).figures.issue_categories
    return rules_at(now).category(codes[row.category if isinstance(row, Feedback) else "reinspection"])


def _text(row: Source) -> str:
    """What is stored is Chinese, whoever taps. The text was guarded when it came in."""
    with translation.override(settings.LANGUAGE_CODE):
        told = _("群众反映：") if isinstance(row, Feedback) else _("申请复查，请到现场核实：")
    return f"{told}{row.text}"[:TEXT_AT_MOST]


def _pictures(row: Source) -> list[SimpleUploadedFile]:
    """Copies: what came in stays as it came."""
    found = []
    for photo in row.photos.all():
        try:
            with photo.file.open("rb") as file:
                found.append(SimpleUploadedFile("photo", file.read()))
        except FileNotFoundError as gone:
            raise RegisterRefused(_("照片文件已不在，不能挂号。")) from gone
    return found
