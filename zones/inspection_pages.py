"""What the pages of inspections show: the list, one inspection with its answers, the sections of places and duties."""
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geo import exporting, maps
from geo.layers import registry
from geo.models import Division, User
from patrol import logbook
from zones import checklists, inspection_issues
from zones.duty_list import day_from
from zones.inspection_places import FLAG_WORDS
from zones.models import Inspection, InspectionRecord, PlaceLayer
from zones.periods import start_of
from zones.register_rights import registers

PAGE_SIZE, SHOWN_WITH_A_PLACE = 50, 6
FILES = ("xlsx", "csv", "geojson")
FILTERS = ("result", "layer", "town", "spot", "place", "from", "to", "q")


def listing(user: User, query: Mapping[str, str]) -> dict:
    """The reader's inspections by result, place, town, days and name."""
    mine, asked = Inspection.objects.visible_to(user), _asked(query)
    rows = _narrowed(mine, asked)
    counts = dict(rows.order_by().values_list("result").annotate(n=Count("pk")))
    if asked["result"] in Inspection.Result.values:
        rows = rows.filter(result=asked["result"])
    page = Paginator(rows.select_related("checklist", "inspected_by__division"), PAGE_SIZE).get_page(query.get("page"))
    towns = dict(Division.objects.filter(pk__in={each.division_id[:9] for each in page}).values_list("code", "name"))
    for each in page:
        each.town = towns.get(each.division_id[:9], "")
    return {
        "page": page, "asked": asked, "layers": PlaceLayer.choices, "spots": Inspection.Spot.choices,
        "results": [(value, label, counts.get(value, 0)) for value, label in Inspection.Result.choices],
        "place": _place_named(mine, asked["place"]), "towns": Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id),
        "invented": any(each.is_invented for each in page), "address": urlencode({name: text for name, text in asked.items() if text}),
        "forms": [exporting.FORMS[name] for name in FILES],
    }  # fmt: skip


def records(user: User, query: Mapping[str, str]) -> QuerySet[InspectionRecord]:
    """The same list for a file, the newest first."""
    asked = _asked(query)
    rows = _narrowed(InspectionRecord.objects.visible_to(user), asked)
    if asked["result"] in Inspection.Result.values:
        rows = rows.filter(result=asked["result"])
    return rows.order_by("-finished_at", "-pk")


def _asked(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query.get(name, "").replace("\x00", "").strip()[:40] for name in FILTERS}


def _narrowed(rows: QuerySet, asked: Mapping[str, str]) -> QuerySet:
    if asked["layer"] in PlaceLayer.values:
        rows = rows.filter(place_layer=asked["layer"])
    if asked["spot"] in Inspection.Spot.values:
        rows = rows.filter(spot=asked["spot"])
    if asked["town"].isascii() and asked["town"].isdecimal():
        rows = rows.filter(division__code__startswith=asked["town"])
    if first := day_from(asked["from"]):
        rows = rows.filter(finished_at__gte=start_of(first))
    if last := day_from(asked["to"]):
        rows = rows.filter(finished_at__lt=start_of(last) + timedelta(days=1))
    if place := _place_key(asked["place"]):
        rows = rows.filter(place_layer=place[0], place_pk=place[1])
    return rows.filter(place_name__contains=asked["q"]) if asked["q"] else rows


def _place_key(text: str) -> tuple[str, int] | None:
    layer, _colon, pk = text.partition(":")
    return (layer, int(pk)) if layer in PlaceLayer.values and pk.isascii() and pk.isdecimal() and len(pk) < 19 else None


def _place_named(rows: QuerySet, text: str) -> str:
    key = _place_key(text)
    found = rows.filter(place_layer=key[0], place_pk=key[1]).first() if key else None
    return found.place_name if found else ""


def inspection(found: Inspection, user: User) -> dict:
    """The page of one inspection."""
    registered = inspection_issues.issues_of(found)
    known = found.place_pk is not None
    rows = answers(found, registered)
    waiting = [each for each in rows if each["fails"] and not each["issue"]]
    layer = registry[found.place_layer]
    return {
        "inspection": found, "path": maps.path_of(found.division_id), "rows": rows, "layer": layer.title,
        "place_url": _place_url(found), "place_key": f"{found.place_layer}:{found.place_pk}" if known else "",
        "flags": [FLAG_WORDS[each]() for each in found.flags if each in FLAG_WORDS],
        "registers": registers(user) and known, "waiting": waiting, "loose_photos": _loose(found),
        "minutes": round((found.finished_at - found.started_at).total_seconds() / 60), "is_complete": not _missing_photos(found),
        "others": _others(found, user),
    }  # fmt: skip


def _place_url(found: Inspection) -> str:
    if found.place_pk is None:
        return ""
    is_zone = found.place_layer == PlaceLayer.ZONES
    return reverse("zone", args=[found.place_pk]) if is_zone else reverse("object_page", args=[found.place_layer, found.place_pk])


def answers(found: Inspection, registered: Mapping) -> list[dict]:
    """Every item that was asked, with the answer in words, its pictures, and the issue that came of it."""
    items = checklists.parse(found.checklist.items)
    asked = checklists.visible(items, found.answers) if found.result != Inspection.Result.NOT_ACCESSIBLE else []
    here = _pictures_here(found)
    told = []
    for item in asked:
        part = checklists.share(item, found.answers.get(item.key))
        told.append({
            "item": item, "text": shown(item), "answer": inspection_issues.answer_text(item, found.answers.get(item.key)),
            "fails": item.key in found.failed, "earned": None if part is None or not item.weight else round(item.weight * part, 1),
            "photos": [pk for pk in found.photos.get(item.key, ()) if pk in here], "issue": registered.get(item.key),
        })  # fmt: skip
    return told


def shown(item: checklists.Item) -> str:
    return item.text_en if item.text_en and (get_language() or "").startswith("en") else item.text


def _pictures_here(found: Inspection) -> set[str]:
    return {str(pk) for pk in logbook.photos_with(found.submission).exclude(stored="").values_list("pk", flat=True)}


def _missing_photos(found: Inspection) -> set[str]:
    return {pk for each in found.photos.values() for pk in each} - _pictures_here(found)


def _loose(found: Inspection) -> list[str]:
    """Pictures that came with it and belong to no item."""
    return sorted(_pictures_here(found) - {pk for each in found.photos.values() for pk in each})


def _others(found: Inspection, user: User) -> list[Inspection]:
    if found.place_pk is None:
        return []
    return list(of_place(user, found.place_layer, found.place_pk).exclude(pk=found.pk)[:SHOWN_WITH_A_PLACE])


def of_place(user: User, layer: str, pk: int) -> QuerySet[Inspection]:
    rows = Inspection.objects.visible_to(user).filter(place_layer=layer, place_pk=pk)
    return rows.select_related("checklist", "inspected_by__division")


def section(user: User, layer: str, pk: int) -> dict | None:
    """For the page of a place: its newest inspections; None where there has never been one."""
    rows = of_place(user, layer, pk)
    newest = list(rows[:SHOWN_WITH_A_PLACE])
    return {"rows": newest, "count": rows.count(), "address": f"place={layer}:{pk}"} if newest else None


def of_duty(duty, user: User) -> dict | None:
    """For the page of a duty to inspect: what the unit's people handed in while it ran; None for duties of other kinds."""
    if duty.rule.kind != "inspection":
        return None
    rows = Inspection.objects.visible_to(user).in_division(duty.division_id).filter(
        inspected_by__division=duty.division_id, finished_at__gte=start_of(duty.opens_on),
        finished_at__lt=start_of(duty.lapses_on) + timedelta(days=1),
    )  # fmt: skip
    days = {"from": duty.opens_on.isoformat(), "to": duty.lapses_on.isoformat()}
    counts = dict(rows.order_by().values_list("result").annotate(n=Count("pk")))
    return {"count": sum(counts.values()), **days, "newest": list(rows[:SHOWN_WITH_A_PLACE]), "in_words": in_words(counts)}


def in_words(counts: Mapping[str, int]) -> str:
    """How many inspections and with what result, as the first draft of a report; empty without any."""
    found = [(label, counts[value]) for value, label in Inspection.Result.choices if value in counts]
    told = _("，").join(_("%(result)s%(n)d次") % {"result": label, "n": n} for label, n in found)
    return _("本期排查%(n)d次：%(told)s。") % {"n": sum(counts.values()), "told": told} if told else ""
