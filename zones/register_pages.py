"""What the pages of the register show: one issue with its steps and timeline, the board, the map, the rules."""
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from geo import maps, workflow
from geo.layers import registry
from geo.models import Division, User
from zones import hazards, inspection_issues
from zones import register_forms as forms
from zones.campaign_pages import map_config
from zones.layers import ISSUE_CLASSES
from zones.models import Issue, IssueLink, IssuePhoto, WorkCalendar
from zones.periods import day_of
from zones.register import second_person
from zones.register_changes import recheck_is_due
from zones.register_rights import in_charge, partners, registers, verifiers
from zones.register_rules import rules_at

POINTS_AT_MOST = 3000
CARDS_AT_MOST = 20
S = Issue.State


def marks() -> list[dict]:
    return [{**vars(each), "label": str(each.label)} for each in ISSUE_CLASSES]


def small_map(user: User, points: str) -> dict:
    """For zones/campaign_map.js."""
    found = map_config(user, points) | {"marks": marks()}
    found["words"] |= {
        "empty": _("没有符合条件的问题。"),
        "locating": _("正在定位…"),
        "located": _("已定位，精度{m}米"),
        "notLocated": _("没有取到位置，请允许定位或改用照片。"),
    }
    return found


def issue(found: Issue, user: User, *, now: datetime, typed: Mapping | None = None) -> dict:
    """The page of one issue; `typed` brings back what a refused step said."""
    today = day_of(now)
    entry = hazards.entry_of(found)
    return {
        "issue": found,
        "path": maps.path_of(found.division_id),
        "late_days": (today - found.due_on).days if found.is_overdue(today) else 0,
        "days_left": (found.due_on - today).days if found.state in Issue.AT_WORK and found.due_on >= today else None,
        "steps": steps(found, user, now, typed or {}),
        "timeline": timeline(found),
        "photos": photos(found), "files": found.files.select_related("added_by"),
        "patrol_photos": hazards.photos_of(found),
        "entry": entry,
        "inspection": inspection_issues.inspection_of(found, user),
        "links": links(found, user),
        "joint": Division.objects.filter(pk__in=found.joint_units.values("unit")),
        "watches": found.watches.filter(user=user).exists(),
        "is_partner": partners(user, found),
        "changes": changes(found, user, now),
        "recheck_due": recheck_is_due(found, now) and verifiers(user, found),
        "place_url": _place_url(found),
        "map_place": f"map=16/{found.geom.y:.5f}/{found.geom.x:.5f}&on=issues",
        "map": small_map(user, reverse("issue_points") + f"?only={found.pk}"),
        "rules": rules_at(now),
        "work_days_known": rules_at(now).work_days.knows(found.due_on),
    }


def _place_url(found: Issue) -> str:
    layer = registry.get(found.place_layer) if found.place_layer else None
    return reverse("object_page", args=[layer.name, found.place_pk]) if layer and layer.importable else ""


def steps(found: Issue, user: User, now: datetime, typed: Mapping[str, str]) -> list[dict]:
    """The moves that the reader may make, each with what its form needs and what was typed before a refusal."""
    offered = []
    for move in workflow.open_moves(found, by=user):
        kind = "back" if (move.start, move.to) == (S.REPORTED_FIXED, S.RECTIFYING) else move.to
        if move.start == S.CLOSED:
            kind = "reopen"
        judging = move.start == S.REPORTED_FIXED
        step = {
            "move": move, "kind": kind, "obstacle": second_person(found, user) if judging else "",
            "why": typed.get("why", "") if typed.get("to") == move.to else "",
        }  # fmt: skip
        if kind == S.ASSIGNED:
            step |= {"units": forms.units_for(user, found), "unit": typed.get("unit") or found.unit_id}
        if kind in (S.ASSIGNED, "reopen"):
            step |= {"due_on": typed.get("due_on") or forms.proposed_day(found, now).isoformat()}
        offered.append(step)
    return offered


def changes(found: Issue, user: User, now: datetime) -> dict | None:
    """What a person in charge may change outside the moves; nothing for others and for what is over."""
    if found.state in Issue.OVER or not in_charge(user, found):
        return None
    rules = rules_at(now)
    return {
        "units": forms.units_for(user, found), "neighbours": forms.neighbours_for(found), "categories": rules.categories,
        "due_on": forms.proposed_day(found, now).isoformat(),
    }  # fmt: skip


def photos(found: Issue) -> list[dict]:
    rows = list(found.photos.select_related("added_by"))
    return [
        {"stage": stage, "label": label, "photos": [each for each in rows if each.stage == stage]}
        for stage, label in IssuePhoto.Stage.choices
    ]


def timeline(found: Issue) -> list[dict]:
    """Registration, moves, notes and checks in the order in which they happened."""
    told = [{"label": _("挂号"), "at": found.registered_at, "by": found.registered_by, "text": "", "order": 0}]
    told += [{**each, "text": each["why"], "order": 2} for each in workflow.told(found)]
    for each in found.notes.select_related("by__division"):
        told.append({"label": each.get_kind_display(), "at": each.at, "by": each.by, "text": each.text, "order": 1})
    for each in found.checks.select_related("checked_by__division"):
        label = _("回查") if each.is_recheck else _("现场核查")
        told.append({"label": label, "at": each.checked_at, "by": each.checked_by, "text": check_text(each), "order": 1})
    return sorted(told, key=lambda each: (each["at"], each["order"]))


def check_text(check) -> str:
    """How somebody looked: metres away with accuracy, and how many pictures."""
    parts = []
    if check.distance_m is not None:
        told = {"m": round(check.distance_m), "accuracy": round(check.accuracy_m)}
        parts.append(_("距问题位置约%(m)d米，精度%(accuracy)d米") % told)
    if check.photo_count:
        parts.append(_("照片%(count)d张") % {"count": check.photo_count})
    return "；".join(parts)


def links(found: Issue, user: User) -> list[dict]:
    """Related issues that the reader may see."""
    rows = list(IssueLink.objects.filter(first=found)) + list(IssueLink.objects.filter(second=found))
    kinds = {(each.second_id if each.first_id == found.pk else each.first_id): each.get_kind_display() for each in rows}
    others = Issue.objects.visible_to(user).filter(pk__in=kinds).select_related("category")
    return [{"issue": other, "kind": kinds[other.pk]} for other in others]


def board(user: User, town: str, *, now: datetime) -> dict:
    """Columns by state with counts and the most pressing cards; closed ones the newest first."""
    mine = Issue.objects.visible_to(user)
    towns = Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id)
    if town and town in {each.pk for each in towns}:
        mine = mine.in_division(town)
    counts = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    late = dict(mine.overdue(day_of(now)).order_by().values_list("state").annotate(n=Count("pk")))
    columns = []
    for each in ISSUE_CLASSES[:5]:
        rows = mine.filter(state=each.value).select_related("category", "unit")
        rows = rows.order_by("-closed_at", "-pk") if each.value == S.CLOSED else rows.order_by("due_on", "pk")
        cards = list(rows[:CARDS_AT_MOST])
        for card in cards:
            card.late_days = (day_of(now) - card.due_on).days if card.is_overdue(day_of(now)) else 0
        columns.append({
            "state": each.value, "label": S(each.value).label, "count": counts.get(each.value, 0), "late": late.get(each.value, 0),
            "cards": cards,
        })  # fmt: skip
    return {"columns": columns, "towns": towns, "town": town, "may_register": registers(user)}


def points(rows: QuerySet[Issue]) -> dict:
    """The newest issues of a list as marks for the small map, `POINTS_AT_MOST` of them."""
    found = rows.order_by("-pk").values_list("pk", "number", "text", "state", "geom")[:POINTS_AT_MOST]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(geom.x, 6), round(geom.y, 6)]},
            "properties": {"name": f"{number} {text[:40]}", "state": state, "url": reverse("issue", args=[pk])},
        }
        for pk, number, text, state, geom in found
    ]
    return {"type": "FeatureCollection", "features": features}


def rules_page(user: User, now: datetime) -> dict:
    rules = rules_at(now)
    newest = {each.year: each for each in WorkCalendar.objects.order_by("pk")}
    return {
        "rules": rules, "standard": rules.standard, "figures": rules.figures, "calendars": [newest[year] for year in sorted(newest)],
        "may_register": registers(user),
    }  # fmt: skip


