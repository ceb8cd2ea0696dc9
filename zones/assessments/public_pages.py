"""What the public's pages of projects show, from published rows alone."""
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import get_language

from zones.assessments.sketch import sketch
from zones.models import AssessmentAnswer, AssessmentMeeting, AssessmentStandard, PublishedAssessment
from zones.published import PUBLIC, outlines

PAGE_SIZE = 30


def notices() -> QuerySet[PublishedAssessment]:
    return PublishedAssessment.objects.using(PUBLIC).order_by("-published_at", "-pk")


def one(found: PublishedAssessment, *, on: date) -> dict:
    return {
        "notice": found, "parts": _parts(found), "is_open": not found.withdrawn_at and found.starts_on <= on <= found.ends_on,
        "meetings": [each | {"label": AssessmentMeeting.Kind(each["kind"]).label} for each in found.meetings],
        "others": notices().filter(assessment_id=found.assessment_id).exclude(pk=found.pk),
        "sketch": sketch(found.geom, outlines(found.starts_on)),
    }  # fmt: skip


def _parts(found: PublishedAssessment) -> list[dict]:
    english = (get_language() or "").startswith("en")
    told = []
    for part in found.parts:
        rows = []
        for item in part["items"]:
            label = AssessmentAnswer.Finding(item["finding"]).label if item.get("finding") else ""
            rows.append({**item, "shown": item["text_en"] if english and item["text_en"] else item["text"], "label": label})
        told.append({"label": AssessmentStandard.Part(part["part"]).label, "rows": rows})
    return told
