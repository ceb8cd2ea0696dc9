"""What the public doors answer: a form with what was typed, a receipt, a status. Staff's words stay inside; answers go out."""
from datetime import datetime

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import walls
from geo.invented import holds_invented
from zones import door_forms, doors, feedback_issues, published, spam, standings
from zones.disclosure import band, label
from zones.door_forms import FeedbackForm, GradeForm, ReinspectionForm
from zones.models import Feedback, PublishedGrade
from zones.models.supervision import Received
from zones.periods import add_months, day_of, start_of
from zones.receipts import DOORS
from zones.spam import DoorForm
from zones.supervision_rules import rules_at

QUARTERS_SHOWN = 4
REFUSED, BUSY = 422, 429
DOOR_WORDS = {
    "feedback": gettext_lazy("群众反映"), "appeal": gettext_lazy("申诉"), "reply": gettext_lazy("管理单位回应"),
    "reinspection": gettext_lazy("复查申请"),
}  # fmt: skip


def grade_or_404(public_id) -> PublishedGrade:
    grade = door_forms.published_grade(public_id)
    if grade is None:
        raise Http404
    return grade


def answer(request: HttpRequest, form: DoorForm, template: str, *, now: datetime, **context) -> HttpResponse:
    """The form's page; after a valid one the receipt, at once and on this page: its code must stand in no address."""
    if form.is_bound and form.is_valid():
        doors.refuse_what_cannot_be(form)
        pictures = door_forms.pictures_of(request, form)
        if not form.errors and doors.is_another(form):
            form.renew(_("这张表已经交过一次。要再交一份，请核对后再按一次提交。"))
        if not form.errors and (doors.already(form) or spam.admitted(form, request)):
            row, receipt = doors.receive(form, pictures=pictures, now=now)
            return render(request, "zones/receipt.html", {"row": row, "receipt": receipt, "words": DOOR_WORDS[form.door]})
    status = 200 if not form.is_bound else BUSY if getattr(form, "is_over_budget", False) else REFUSED
    facts = {
        "form": form, "figures": form.rules.figures, "standard": form.rules.standard, "map": map_config(),
        "sent_pictures": form.is_bound and bool(request.FILES),
    }  # fmt: skip
    return render(request, template, facts | context, status=status)


def map_config() -> dict:
    """For picking a point: the county's outline and no layer."""
    return {
        "outlines": reverse("public_outlines"), "points": "", "marks": [],
        "words": {
            "failed": _("地图没有取到数据，请填经度和纬度，或只选乡镇。"),
            "unsupported": _("这个浏览器不能显示地图，请填经度和纬度，或只选乡镇。"),
            "empty": "", "title": _("点选位置"), "zoomIn": _("放大"), "zoomOut": _("缩小"), "close": _("关闭"), "open": "", "others": "",
            "twoFingers": _("用两个手指移动地图"), "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"), "noPosition": _("没有取到位置。"),
        },
    }  # fmt: skip


def feedback_form(request: HttpRequest, *, now: datetime) -> FeedbackForm:
    asked = (request.POST if request.method == "POST" else request.GET).get("compound", "")[:40].replace("\x00", "")
    grade = door_forms.published_grade(asked) if door_forms.is_uuid(asked) else None
    return FeedbackForm(_posted(request), now=now, grade=grade)


def grade_form(kind: type[GradeForm | ReinspectionForm], request: HttpRequest, grade: PublishedGrade, *, now: datetime) -> DoorForm:
    return kind(_posted(request), now=now, grade=grade)


def _posted(request: HttpRequest):
    return request.POST if request.method == "POST" else None


def beside(grade: PublishedGrade) -> dict:
    """What a page about one grade says of it."""
    standing = standings.of(grade.publication, [grade.public_id]).get(grade.public_id)
    return {"grade": grade, "publication": grade.publication, "standing": standing}


# The status page


@walls.opened("read by whoever holds its code")
def status(row: Received, *, now: datetime) -> dict:
    """What whoever holds the code reads: states with their days, the answer, and where it became an issue, how far that is."""
    shown = row.duplicate_of if isinstance(row, Feedback) and row.duplicate_of else row
    issue = feedback_issues.issue_of(shown)
    return {
        "row": row, "shown": shown, "issue": issue, "words": DOOR_WORDS[door_of(row)], "late": shown.is_late(day_of(now)),
        "issue_state": issue.get_state_display() if issue else "",
    }  # fmt: skip


def door_of(row: Received) -> str:
    return next(door for door, model in DOORS.items() if isinstance(row, model))


# The page of public supervision


def supervision(*, now: datetime) -> dict:
    rules = rules_at(now)
    newest = published.newest()
    return {
        "rules": rules, "figures": rules.figures, "standard": rules.standard, "quarters": quarters(now), "publication": newest,
        "appeal_until": rules.appeal_until(newest) if newest else None, "is_invented": holds_invented(),
    }  # fmt: skip


def quarters(now: datetime) -> list[dict]:
    """Figures of whole quarters that are over, as bands: one to four shows as "<5", and what is answered never tells more than that.

    Both numbers of a row are wide bands, so no difference between rows, days or columns gives a small number away.
    """
    today = day_of(now)
    first = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
    rows = []
    for back in range(1, QUARTERS_SHOWN + 1):
        starts, ends = add_months(first, -3 * back), add_months(first, -3 * (back - 1))
        counts = {door: _counted(door, starts, ends) for door in DOORS}
        rows.append({"name": f"{starts.year}Q{(starts.month + 2) // 3}", "doors": counts})
    return rows


def _counted(door: str, starts, ends) -> dict[str, object]:
    rows = DOORS[door].objects.everywhere("published as bands").filter(received_at__gte=start_of(starts), received_at__lt=start_of(ends))
    done = Q(answered_at__isnull=False)
    if door == "feedback":
        done |= Q(duplicate_of__answered_at__isnull=False)
    found = rows.aggregate(n=Count("pk"), answered=Count("pk", filter=done))
    title = DOORS[door]._meta.verbose_name
    return {"title": title, "received": label(band(found["n"])), "answered": label(band(found["answered"]))}
