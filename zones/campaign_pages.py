"""What the campaign pages show: counts by town, scores, the steps that are open, the timeline, the list of awards."""
import io
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

import xlsxwriter
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import maps, workflow
from geo.models import Division, DivisionOutline, User
from zones import campaigns as verbs
from zones.campaign_criteria import Item
from zones.layers import CANDIDATE_CLASSES
from zones.models import Campaign, Candidate
from zones.published import OUTLINE_TOLERANCE_DEG, Simplified

PAGE_SIZE = 50
TOWN_CODE = 9
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sets_up(user: User) -> bool:
    return user.role == User.Role.COUNTY_OFFICER


def marks() -> list[dict]:
    return [{**vars(each), "label": str(each.label)} for each in CANDIDATE_CLASSES]


def overview(user: User, year: str) -> dict:
    """The campaigns of a year (the newest by default), each with the reader's own candidates by state, and by town."""
    mine = Campaign.objects.visible_to(user)
    years = list(mine.order_by("-year").values_list("year", flat=True).distinct())
    chosen = int(year) if year.isascii() and year.isdecimal() and int(year) in years else (years[0] if years else None)
    found = list(mine.filter(year=chosen).select_related("division", "criteria"))
    rows = Candidate.objects.visible_to(user).filter(campaign__in=found).order_by()
    states = rows.values_list("campaign", "state").annotate(n=Count("pk"))
    counted: dict[int, Counter] = {each.pk: Counter() for each in found}
    for campaign, state, n in states:
        counted[campaign][state] += n
    for each in found:
        each.counts = [{"state": state, "label": label, "count": counted[each.pk][state]} for state, label in Candidate.State.choices]
        each.candidate_count = counted[each.pk].total()
    return {"years": years, "year": chosen, "campaigns": found, "towns": _by_town(user, found)}


def _by_town(user: User, found: list[Campaign]) -> list[dict]:
    """How many candidates and awards each town of the reader's has in each of the campaigns."""
    towns = Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id)
    rows = Candidate.objects.visible_to(user).filter(campaign__in=found).values_list("campaign", "division_id", "state")
    all_of, awarded = Counter(), Counter()
    for campaign, code, state in rows:
        all_of[code[:9], campaign] += 1
        awarded[code[:9], campaign] += state == Candidate.State.AWARDED
    cells = {town: [(all_of[town.pk, each.pk], awarded[town.pk, each.pk]) for each in found] for town in towns}
    return [{"town": town, "cells": cells[town]} for town in cells]


def campaign(found: Campaign, user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """Criteria, the reader's candidates with both scores, filters and the steps of the campaign itself."""
    asked = {name: query.get(name, "")[:20].replace("\x00", "") for name in ("state", "town")}
    rows = mine = Candidate.objects.visible_to(user).filter(campaign=found)
    if asked["state"] in Candidate.State.values:
        rows = rows.filter(state=asked["state"])
    if asked["town"].isdecimal():
        rows = rows.filter(division__code__startswith=asked["town"])
    page = Paginator(with_scores(rows, found), PAGE_SIZE).get_page(query.get("page"))
    _score(page)
    counts = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    runs = found.state == Campaign.State.OPEN
    return {
        "campaign": found,
        "criteria": verbs.criteria_of(found),
        "page": page,
        "asked": asked,
        "states": [{"state": state, "label": label, "count": counts.get(state, 0)} for state, label in Candidate.State.choices],
        "towns": Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id),
        "moves": workflow.open_moves(found, by=user),
        "late": verbs.is_late(found, now=now),
        "may_nominate": user.writes_business_data and runs,
        "map": map_config(user, reverse("campaign_map", args=[found.pk])),
    }


def with_scores(rows: QuerySet[Candidate], found: Campaign) -> QuerySet[Candidate]:
    return rows.select_related("division", "campaign__criteria").prefetch_related("answers").order_by("division_id", "name", "pk")


def _score(candidates) -> None:
    for each in candidates:
        each.claimed, each.found = verbs.claimed_score(each), verbs.found_score(each)


def map_config(user: User, points: str) -> dict:
    """For zones/campaign_map.js."""
    return maps.ground(user.division_id, on=timezone.localdate()) | {
        "points": points,
        "marks": marks(),
        "words": {
            "empty": _("还没有申报单位。"),
            "failed": _("地图没有取到数据，请刷新页面。"),
            "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
            "open": _("打开"),
            "others": _("此处还有{n}个"),
            "zoomIn": _("放大"),
            "zoomOut": _("缩小"),
            "close": _("关闭"),
            "title": _("地图"),
            "twoFingers": _("用两个手指移动地图"),
            "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"),
        },
    }


def points(found: Campaign, user: User) -> dict:
    rows = Candidate.objects.visible_to(user).filter(campaign=found)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(each.geom.x, 6), round(each.geom.y, 6)]},
            "properties": {"name": each.name, "state": each.state, "url": reverse("candidate", args=[each.pk])},
        }
        for each in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def outlines(user: User, *, on: date) -> dict:
    """The divisions that a small map shows: the reader's own, towns for a county and villages for a town."""
    levels = [Division.Level.COUNTY, Division.Level.TOWN] + [Division.Level.VILLAGE] * (len(user.division_id) >= TOWN_CODE)
    rows = DivisionOutline.objects.in_force(on).in_division(user.division_id).filter(division__level__in=levels)
    simple = Simplified("geom", Value(OUTLINE_TOLERANCE_DEG), output_field=DivisionOutline._meta.get_field("geom"))
    found = rows.annotate(json=AsGeoJSON(simple, precision=4)).values_list("division__level", "division__name", "json")
    features = [
        {"type": "Feature", "properties": {"level": level, "name": name}, "geometry": json.loads(shape)} for level, name, shape in found
    ]
    return {"type": "FeatureCollection", "features": features}


def candidate(
    found: Candidate, user: User, *, now: datetime, typed=None, faults: Mapping | None = None, moving: Mapping | None = None
) -> dict:
    """The page of one candidate; `typed`, `faults` and `moving` bring back what a refused request said."""
    criteria = verbs.criteria_of(found.campaign)
    runs = found.campaign.state == Campaign.State.OPEN
    answering = found.state == Candidate.State.NOMINATED and runs and verbs.writers(user, found)
    checking = found.state == Candidate.State.RECOMMENDED and runs and verbs.county_officers(user, found)
    return {
        "candidate": found,
        "campaign": found.campaign,
        "criteria": criteria,
        "rows": _rows(found, criteria.items, typed, faults or {}),
        "claimed": verbs.claimed_score(found),
        "found": verbs.found_score(found),
        "answering": answering,
        "checking": checking and user.pk != found.nominated_by_id,
        "own_nomination": checking and user.pk == found.nominated_by_id,
        "moves": _moves(found, user, moving or {}),
        "timeline": _timeline(found),
        "late": verbs.is_late(found.campaign, now=now),
        "map_place": f"map=15/{found.geom.y:.5f}/{found.geom.x:.5f}&on=campaign_candidates",
        "award_number": (moving or {}).get("award_number") or verbs.next_award_number(found),
    }


def _rows(found: Candidate, items: tuple[Item, ...], typed, faults: Mapping[str, str]) -> list[dict]:
    answers = {each.item: each for each in found.answers.select_related("answered_by", "found_by")}
    files: dict[str, list] = {}
    for each in found.files.all():
        files.setdefault(each.item, []).append(each)

    def shown(item: str, name: str) -> str:
        if typed is not None:
            return typed.value(item, name)
        value = getattr(answers.get(item), name, None)
        return "" if value is None else str(value)

    names = ("claimed", "text", "number", "found", "note")
    return [
        {
            "item": item, "answer": answers.get(item.key), "files": files.get(item.key, []), "fault": faults.get(item.key, ""),
            **{name: shown(item.key, name) for name in names},
        }
        for item in items
    ]  # fmt: skip


def _moves(found: Candidate, user: User, moving: Mapping[str, str]) -> list[dict]:
    """The steps that are open to the reader, each with what still stands in its way."""
    offered = []
    for move in workflow.open_moves(found, by=user):
        obstacle = move.check(found, user) if move.check else ""
        why = moving.get("why", "") if moving.get("to") == move.to else ""
        offered.append({"move": move, "obstacle": obstacle, "why": why, "is_award": move.to == Candidate.State.AWARDED})
    return offered


def _timeline(found: Candidate) -> list[dict]:
    first = {"label": _("申报"), "at": found.nominated_at, "by": found.nominated_by, "why": "", "state": Candidate.State.NOMINATED.label}
    labels = {(move.start, move.to): move.label for move in workflow.moves_of(Candidate)}
    return [first] + [
        {
            "label": labels.get((each.from_state, each.to_state), ""), "at": each.decided_at, "by": each.decided_by, "why": each.why,
            "state": Candidate.State(each.to_state).label,
        }
        for each in workflow.history(found).select_related("decided_by__division")
    ]  # fmt: skip


def awards(user: User, query: Mapping[str, str], *, on: date) -> dict:
    """Every award of the reader's territory, the newest first; `valid` leaves out what has run out or was taken back."""
    asked = {name: query.get(name, "")[:20].replace("\x00", "") for name in ("kind", "valid")}
    found = Candidate.objects.visible_to(user).exclude(award_number="").select_related("campaign", "division")
    if asked["kind"]:
        found = found.filter(campaign__kind=asked["kind"])
    if asked["valid"]:
        found = found.filter(state=Candidate.State.AWARDED, valid_until_year__gte=on.year)
    found = list(found.order_by("-campaign__year", "campaign__kind", "division_id", "name", "pk"))
    for each in found:
        is_over = each.valid_until_year < on.year
        each.standing = each.get_state_display() if each.state == Candidate.State.REVOKED else (_("已到期") if is_over else _("有效"))
    return {"awards": found, "asked": asked, "kinds": Campaign._meta.get_field("kind").choices}


def awards_workbook(found: list[Candidate]) -> bytes:
    """Every text typed as a string: no cell is a formula."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_("命名名单"))
        head = (
            _("年度"), _("创建类别"), _("名称"), _("所在区划"), _("区划代码"), _("命名编号"), _("命名日期"), _("有效至（年）"), _("状态"),
        )  # fmt: skip
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for number, each in enumerate(found, start=1):
            sheet.write_number(number, 0, each.campaign.year)
            texts = (
                each.campaign.get_kind_display(), each.name, each.division.name, each.division_id, each.award_number, each.awarded_on,
            )  # fmt: skip
            for column, text in enumerate(texts, start=1):
                sheet.write_string(number, column, str(text))
            sheet.write_number(number, 7, each.valid_until_year)
            sheet.write_string(number, 8, str(each.standing))
        sheet.freeze_panes(1, 0)
        for column, width in enumerate((8, 12, 28, 16, 16, 30, 12, 12, 12)):
            sheet.set_column(column, column, width)
    return out.getvalue()
