"""What the form for a new issue proposes: open issues that may be the same, and objects near the point."""
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from geo.layers import registry
from geo.models import User
from patrol.entries import PLACE_LAYERS
from zones import register
from zones.models import Issue, IssueCategory
from zones.register_forms import IssueForm
from zones.register_pages import small_map
from zones.register_places import around, likely_duplicates, shown_point
from zones.register_rules import rules_at

PLACES_AT_MOST = 12


def start_of(query: Mapping[str, str]) -> dict[str, str]:
    """What the address of the form fills in: an object (`place`), a category."""
    return {name: query.get(name, "")[:60].replace("\x00", "") for name in ("place", "category") if query.get(name)}


def page(form: IssueForm, similar: Sequence[Issue]) -> dict:
    seen = ",".join(str(each.pk) for each in similar)
    found = small_map(form.user, "") | {"similar": reverse("issue_similar")}
    return {"form": form, "similar": similar, "seen": seen, "map": found, "standard": form.rules.standard}


def register_form(form: IssueForm, photos: Sequence[UploadedFile], *, now: datetime) -> Issue:
    said = form.cleaned_data
    return register.register(
        category=form.rules.category(said["category"]), text=said["text"], where=form.where(), photos=photos, key=str(said["key"]),
        by=form.user, now=now,
    )  # fmt: skip


def unseen(form: IssueForm, *, now: datetime) -> list[Issue]:
    """Likely duplicates of what the valid form says that its writer has not been shown."""
    where = form.where()
    point = where.point or (shown_point(where.place) if where.place is not None else None)
    if point is None or Issue.objects.visible_to(form.user).filter(source_ref=str(form.cleaned_data["key"])).exists():
        return []
    pk = where.place.pk if where.place is not None else None
    found = _similar(form.user, form.cleaned_data["category"], point, where.layer, pk, now)
    return [each for each in found if each.pk not in form.seen_keys()]


def _similar(user: User, code: str, point: Point, layer: str, pk: int | None, now: datetime) -> list[Issue]:
    """Of the same group of categories, whatever version named it."""
    rules = rules_at(now)
    group = rules.category(code).parent.code
    categories = list(IssueCategory.objects.filter(parent__code=group))
    return likely_duplicates(
        user, categories=categories, point=point, place_layer=layer, place_pk=pk, within_m=rules.figures.duplicate_within_m
    )


def near_point(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """For the form's script: {"similar": […], "places": […]}; empty for a point that is none."""
    try:
        point = Point(float(query.get("lon", "")), float(query.get("lat", "")), srid=4326)
    except ValueError:
        return {"similar": [], "places": []}
    if not (-180 <= point.x <= 180 and -85 <= point.y <= 85):
        return {"similar": [], "places": []}
    known = rules_at(now).categories.filter(code=query.get("category", "")[:40].replace("\x00", "")).exists()
    similar = _similar(user, query["category"], point, "", None, now) if known else []
    return {"similar": [_told(each) for each in similar], "places": _places(user, point, rules_at(now).figures.duplicate_within_m)}


def _told(issue: Issue) -> dict:
    text = _("%(number)s %(category)s（%(state)s）") % {
        "number": issue.number, "category": issue.category, "state": issue.get_state_display(),
    }  # fmt: skip
    return {"pk": issue.pk, "text": text, "what": issue.text[:80], "url": reverse("issue", args=[issue.pk])}


def _places(user: User, point: Point, within_m: float) -> list[dict]:
    """Objects that the reader sees within reach of the point, the nearest first."""
    found = []
    for name in PLACE_LAYERS:
        layer = registry.get(name)
        if layer is None or layer.gate:
            continue
        rows = layer.model.objects.visible_to(user).filter(geom_3857__bboverlaps=around(point, within_m))
        rows = rows.annotate(distance=Distance("geom", point))
        found += [
            {"value": f"{name}:{each.pk}", "text": f"{each}（{layer.title}）", "m": round(each.distance.m)}
            for each in rows.order_by("distance")[:PLACES_AT_MOST]
            if each.distance.m <= within_m
        ]
    return sorted(found, key=lambda each: each["m"])[:PLACES_AT_MOST]
