"""What the pages of assessments show: list with map, form, one assessment with its checklist, meetings, notices and history."""
from collections.abc import Mapping
from datetime import datetime

from django.contrib.gis.geos import GEOSGeometry
from django.core.paginator import Paginator
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from geo import maps, objects, workflow
from geo.editing.shapes import to_geojson
from geo.layers import registry
from geo.models import User
from zones.assessments import work
from zones.assessments.checklist import Part, by_part
from zones.assessments.forms import ProjectForm, shape_of
from zones.campaign_pages import map_config
from zones.models import Assessment, AssessmentAnswer, AssessmentMeeting, ProjectKind
from zones.periods import day_of
from zones.year_plans import rights

PAGE_SIZE = 50
S = Assessment.State
MARKS = {
    S.DRAFT: ("#54626d", "评", "ring"), S.REPORTED: ("#1b4f72", "待", "circle"), S.GO: ("#2f7d5b", "准", "circle"),
    S.WAIT: ("#c98a00", "缓", "triangle"), S.STOP: ("#a3241d", "停", "square"), S.WITHDRAWN: ("#8a9399", "撤", "ring"),
}  # fmt: skip


def listing(user: User, query: Mapping[str, str]) -> dict:
    mine, asked = Assessment.objects.visible_to(user), asked_for(query)
    page = Paginator(narrowed(mine, asked).select_related("division"), PAGE_SIZE).get_page(query.get("page"))
    counts = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    return {
        "page": page, "asked": asked, "kinds": ProjectKind.choices, "drafts": work.may_draft(user), "plans": rights.readers(user),
        "states": [{"value": value, "label": label, "count": counts.get(value, 0)} for value, label in S.choices],
        "invented": any(each.is_invented for each in page),
        "map": map_config(user, f"{reverse('assessment_points')}?{_query(asked)}") | {"marks": marks()},
    }  # fmt: skip


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query.get(name, "").replace("\x00", "")[:40] for name in ("state", "kind", "q")}


def _query(asked: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.items() if value in (*S.values, *ProjectKind.values))


def narrowed(rows, asked: Mapping[str, str]):
    if asked["state"] in S.values:
        rows = rows.filter(state=asked["state"])
    if asked["kind"] in ProjectKind.values:
        rows = rows.filter(kind=asked["kind"])
    return rows.filter(name__contains=asked["q"]) if asked["q"] else rows


def marks() -> list[dict]:
    return [
        {"value": state, "label": str(S(state).label), "colour": colour, "mark": mark, "figure": figure}
        for state, (colour, mark, figure) in MARKS.items()
    ]


def points(user: User, query: Mapping[str, str]) -> dict:
    features = []
    for each in narrowed(Assessment.objects.visible_to(user), asked_for(query)):
        spot = each.geom.point_on_surface
        features.append({
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(spot.x, 6), round(spot.y, 6)]},
            "properties": {"name": each.name, "state": each.state, "url": reverse("assessment", args=[each.pk])},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def project(form: ProjectForm, user: User, found: Assessment | None = None) -> dict:
    """The page on which a project is typed and its site drawn."""
    return {
        "form": form, "found": found, "shape": form.shape, "drawing": _drawing(user, form.shape, form["geom"].value() or ""),
        "words": objects.words(), "back": reverse("assessment", args=[found.pk]) if found else reverse("assessments"),
    }  # fmt: skip


def _drawing(user: User, shape: str, geojson: str) -> dict:
    """The editor and the small map know layers; a site is drawn as one without tiles, among the outlines around."""
    told = objects.drawing(registry["zones"], None, user, geojson=geojson)
    told["layer"] |= {"name": "assessments", "title": _("项目评估"), "shape": shape, "classes": []}
    return told | {"tiles": "", "neighbours": reverse("assessment_neighbours")}


def one(found: Assessment, user: User, *, now: datetime, typed: Mapping | None = None, faults: Mapping | None = None) -> dict:
    """The page of one assessment; `typed` and `faults` bring back what a refused request said."""
    typed, drafting = typed or {}, found.state == S.DRAFT and work.drafters(user, found)
    parts = _parts(found, typed, faults or {})
    notices = list(found.notices.all())
    return {
        "found": found, "path": maps.path_of(found.division_id), "drafting": drafting, "parts": parts, "typed": typed,
        "answered": sum(bool(row["answer"]) for part in parts for row in part["rows"]), "total": sum(len(part["rows"]) for part in parts),
        "findings": AssessmentAnswer.Finding.choices, "meetings": list(found.meetings.select_related("added_by__division")),
        "meeting_kinds": AssessmentMeeting.Kind.choices, "today": day_of(now), "notices": notices,
        "may_consult": drafting and not work.notices.still_hangs(found, on=day_of(now)),
        "notice_days": found.standard.figures["notice_days"], "may_withdraw": work.drafters(user, found),
        "steps": steps(found, user, typed, now=now), "timeline": timeline(found),
        "drawing": _drawing(user, shape_of(found.geom), to_geojson(found.geom)), "words": objects.words(),
        "spot": spot(found.geom), "meeting_typed": typed.get("meeting-summary", ""), "kind_typed": typed.get("meeting-kind", ""),
    }  # fmt: skip


def spot(geom: GEOSGeometry) -> str:
    point = geom.point_on_surface
    return f"{point.x:.5f}, {point.y:.5f}"


def _parts(found: Assessment, typed: Mapping, faults: Mapping) -> list[dict]:
    answers = {each.item: each for each in found.answers.select_related("found_by__division")}
    told = []
    for part, items in by_part(work.items_of(found)).items():
        rows = []
        for item in items:
            answer = answers.get(item.key)
            row = {"item": item, "answer": answer, "fault": faults.get(item.key, "")}
            for name in ("finding", "note", "measure"):
                row[name] = typed.get(f"{item.key}-{name}", getattr(answer, name, ""))
            rows.append(row)
        told.append({"part": part, "label": Part(part).label, "rows": rows})
    return told


def steps(found: Assessment, user: User, typed: Mapping, *, now: datetime) -> list[dict]:
    return [
        {
            "move": move, "obstacle": work.obstacle(found, move, by=user, now=now),
            "why": typed.get("why", "") if typed.get("to") == move.to else "", "is_main": move.to in (S.REPORTED, S.GO),
        }
        for move in workflow.open_moves(found, by=user)
    ]  # fmt: skip


def timeline(found: Assessment) -> list[dict]:
    return [{"label": _("建立"), "at": found.created_at, "by": found.created_by, "why": ""}, *workflow.told(found)]
