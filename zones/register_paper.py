"""One issue as an official sheet: on the screen for printing, and as PDF with its pictures."""
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from geo import maps
from patrol import paper
from patrol.logbook import picture_or_404
from zones import hazards
from zones import register_pages as pages
from zones.models import Issue, IssuePhoto

PICTURES_AT_MOST = 6


def sheet(issue: Issue, *, now: datetime) -> dict:
    return {
        "issue": issue,
        "path": maps.path_of(issue.division_id),
        "timeline": pages.timeline(issue),
        "joint": [each.unit.name for each in issue.joint_units.select_related("unit")],
        "stages": [each for each in pages.photos(issue) if each["photos"]],
        "patrol_photos": hazards.photos_of(issue)[:PICTURES_AT_MOST],
        "now": now,
    }


def pdf(request: HttpRequest, issue: Issue, *, now: datetime) -> HttpResponse:
    context = sheet(issue, now=now)
    pictures = {f"p{each.pk}": (each.file.path, each.content_type) for stage in context["stages"] for each in _first(stage["photos"])}
    entry = hazards.entry_of(issue)
    for each in context["patrol_photos"]:
        path = picture_or_404(entry, str(each.pk))
        pictures[f"q{each.pk}"] = (str(path), "image/png" if path.suffix == ".png" else "image/jpeg")
    return paper.pdf_response(request, "zones/issue_sheet_file.html", context, name=f"{issue.number}{_('督办单')}", pictures=pictures)


def _first(photos: list[IssuePhoto]) -> list[IssuePhoto]:
    return photos[:PICTURES_AT_MOST]
