"""What the pages of key-rectification zones show: list, one zone with its steps, figures, presence, issues, photos, timeline."""
from collections.abc import Mapping
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from geo import maps, objects, workflow
from geo.editing.shapes import to_geojson
from geo.layers import registry
from geo.models import Division, User
from patrol import grids, hours
from zones import inspection_pages
from zones import zone_cases as verbs
from zones import zone_figures as figures
from zones.effect_studies import pages as effects
from zones.invented import is_invented
from zones.models import Issue, RectificationZone, ZoneCriteria, ZonePhoto
from zones.periods import day_of
from zones.zone_criteria import parse

PAGE_SIZE, ISSUES_SHOWN = 50, 8
LAYER = "zones"
S = RectificationZone.Status
# The chart: a bar for each month, in the units of its view box.
BAR, GAP, HEIGHT = 22, 6, 120


def listing(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """The reader's zones by state, kind, town and name; those past their target are marked."""
    mine, today = RectificationZone.objects.visible_to(user), day_of(now)
    asked = {name: query.get(name, "").replace("\x00", "")[:40] for name in ("status", "kind", "town", "q")}
    rows = _narrowed(mine, asked, today)
    page = Paginator(rows.select_related("division").order_by("division_id", "name", "pk"), PAGE_SIZE).get_page(query.get("page"))
    towns = dict(Division.objects.filter(pk__in={each.division_id[:9] for each in page}).values_list("code", "name"))
    for each in page:
        each.late_days, each.town = figures.overdue_days(each, today), towns.get(each.division_id[:9], "")
    counts = dict(mine.order_by().values_list("status").annotate(n=Count("pk")))
    return {
        "page": page, "asked": asked, "kinds": RectificationZone.Kind.choices,
        "states": [{"value": value, "label": label, "count": counts.get(value, 0)} for value, label in S.choices],
        "late_count": mine.filter(_late(today)).count(), "late": LATE,
        "towns": Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id),
        "new_url": objects.create_url(LAYER, user), "invented": any(is_invented(each) for each in page),
    }  # fmt: skip


LATE = "late"


def _late(today) -> Q:
    return Q(status__in=figures.AT_WORK, target_on__lt=today)


def _narrowed(rows: QuerySet, asked: Mapping[str, str], today) -> QuerySet:
    if asked["status"] == LATE:
        rows = rows.filter(_late(today))
    elif asked["status"] in S.values:
        rows = rows.filter(status=asked["status"])
    if asked["kind"] in RectificationZone.Kind.values:
        rows = rows.filter(kind=asked["kind"])
    if asked["town"].isascii() and asked["town"].isdecimal():
        rows = rows.filter(division__code__startswith=asked["town"])
    return rows.filter(name__contains=asked["q"]) if asked["q"] else rows


def zone(found: RectificationZone, user: User, *, now: datetime, typed: Mapping | None = None, faults: Mapping | None = None) -> dict:
    """The page of one zone; `typed` and `faults` bring back what a refused step or finding said."""
    today, number = day_of(now), verbs.round_of(found)
    counted = figures.measures(found, now=now, round_number=number)
    return {
        "zone": found, "path": maps.path_of(found.division_id), "late_days": figures.overdue_days(found, today), "round": number,
        "criteria": verbs.criteria_of(found), "stages": stages(found, user, counted, number, typed or {}, faults or {}),
        "finding": bool(verbs.finders(user, found) and verbs.items_for(found)), "steps": steps(found, user, typed or {}),
        "chart": chart(figures.incidents_by_month(found, now=now)), "counted": counted,
        "data_until": figures.newest_incident_on(found, now=now), "presence": presence(found, user, now=now),
        "issues": issues(found, user), "inspections": inspection_pages.section(user, LAYER, found.pk), "photos": photos(found),
        "adds_photos": verbs.writers(user, found), "effects": effects.of_zone(found, user), "timeline": timeline(found),
        "invented": is_invented(found), "drawing": objects.drawing(registry[LAYER], found, user, geojson=to_geojson(found.geom)),
        "words": objects.words(), "object_url": reverse("object_page", args=[LAYER, found.pk]),
    }  # fmt: skip


def stages(found: RectificationZone, user: User, counted: Mapping, number: int, typed: Mapping, faults: Mapping) -> list[dict]:
    """Listing, acceptance and delisting: what each asks, what the system counts, what people found; one may be open to the reader."""
    kept = {each.item: each for each in found.findings.filter(round=number).select_related("found_by__division")}
    now_open = verbs.STAGE_OF_STATUS.get(found.status) if verbs.finders(user, found) else None
    names = {"listing": _("挂牌标准"), "acceptance": _("验收标准"), "delisting": _("摘牌标准")}
    told: dict[str, list[dict]] = {name: [] for name in names}
    for item in parse(verbs.criteria_of(found).items):
        finding = kept.get(item.key)
        before = {"met": "", "note": ""} if finding is None else {"met": "yes" if finding.is_met else "no", "note": finding.note}
        # What was judged is shown with the count that it was judged by.
        value = counted.get(item.measure) if finding is None or item.stage == now_open else finding.measured
        told[item.stage].append({
            "item": item, "text": verbs.shown(item), "finding": finding, "value": value,
            "reached": item.reached(value), "fault": faults.get(item.key, ""),
            "met": typed.get(f"{item.key}-met", before["met"]), "note": typed.get(f"{item.key}-note", before["note"]),
        })  # fmt: skip
    return [{"name": name, "title": names[name], "rows": rows, "is_open": name == now_open} for name, rows in told.items()]


def steps(found: RectificationZone, user: User, typed: Mapping) -> list[dict]:
    told = []
    for move in workflow.open_moves(found, by=user):
        again = typed if typed.get("to") == move.to else {}
        told.append({
            "move": move, "obstacle": move.check(found, user) if move.check else "", "asks_day": move.to in verbs.LISTING,
            "why": again.get("why", ""), "target_on": again.get("target_on", ""),
            "is_main": move.to not in (S.REFUSED, S.RELISTED) and (move.start, move.to) != (S.REPORTED, S.RECTIFYING),
        })  # fmt: skip
    return told


def chart(months: list[figures.MonthCount]) -> dict:
    """Bars of a drawing without any style: places and sizes are attributes."""
    most = max([each.count for each in months] + [1])
    bars = [
        {
            "x": index * (BAR + GAP), "y": round(HEIGHT - HEIGHT * each.count / most, 1), "height": round(HEIGHT * each.count / most, 1),
            "middle": index * (BAR + GAP) + BAR / 2, "month": each.month, "count": each.count, "is_whole": each.is_whole,
            "is_covered": each.is_covered,
            "label": f"{each.month:%Y-%m}" if index % 6 == 0 else "",
        }
        for index, each in enumerate(months)
    ]  # fmt: skip
    total = sum(each.count for each in months)
    return {"bars": bars, "bar": BAR, "width": len(bars) * (BAR + GAP), "height": HEIGHT, "total": total}


def presence(found: RectificationZone, user: User, *, now: datetime) -> dict | None:
    """Hours of the last four weeks by state; None where no patrol's hours are known at all."""
    unit = hours.unit_of(user, LAYER, found.pk)
    span = hours.period(unit.code, first=None, last=None, now=now)
    one = hours.one(hours.read(user, unit, LAYER, span), found.pk)
    if not one.counted:
        return None
    words = (("●", _("在岗"), grids.PRESENT), ("?", _("不明"), grids.UNKNOWN), ("○", _("无人"), grids.ABSENT))
    return {
        "rows": [{"mark": mark, "label": label, "count": one.counts[state]} for mark, label, state in words], "visits": one.visits,
        "url": reverse("presence_place", args=[LAYER, found.pk]),
    }  # fmt: skip


def issues(found: RectificationZone, user: User) -> dict | None:
    """Issues inside the outline that the reader may see; None where there has never been one."""
    rows = Issue.objects.visible_to(user).filter(geom_3857__bboverlaps=found.geom_3857, geom_3857__intersects=found.geom_3857)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    if not counts:
        return None
    shown = rows.open().select_related("category", "unit").order_by("due_on", "pk")[:ISSUES_SHOWN]
    return {"counts": [(label, counts[state]) for state, label in Issue.State.choices if state in counts], "open": list(shown)}


def photos(found: RectificationZone) -> list[dict]:
    rows = list(found.photos.order_by("-round", "pk"))
    of = {stage: [each for each in rows if each.stage == stage] for stage in ZonePhoto.Stage.values}
    return [{"stage": stage, "label": label, "photos": of[stage]} for stage, label in ZonePhoto.Stage.choices]


def timeline(found: RectificationZone) -> list[dict]:
    """How the zone came into the register, and every decision since."""
    first = _("随文件导入") if found.batch_id else _("在图上提出")
    told = [{**each, "to": S(each["to_state"]).label} for each in workflow.told(found)]
    return [{"label": first, "at": found.created_at, "by": None, "why": "", "to": ""}, *told]


def criteria_page() -> dict:
    criteria = ZoneCriteria.objects.latest("valid_from", "pk")
    names = {"listing": _("挂牌标准"), "acceptance": _("验收标准"), "delisting": _("摘牌标准")}
    items = parse(criteria.items)
    of = {stage: [(verbs.shown(each), each) for each in items if each.stage == stage] for stage in names}
    return {"criteria": criteria, "stages": [{"title": title, "items": of[stage]} for stage, title in names.items()]}
