"""What the public's pages show, put together from published rows alone."""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Compound
from zones import published, sentences, standings
from zones.advice import advice
from zones.criteria import parse_criteria
from zones.layers import grade_marks
from zones.models import FourFree, Grade, Publication, PublishedGrade, Standing
from zones.periods import KINDS, add_months
from zones.publication import colour_counts
from zones.rating import Reason

PAGE_SIZE = 50
COMPARED_AT_MOST, NEIGHBOURS_SHOWN, FOUND_AT_MOST = 4, 6, 8
# From so many compounds on the map draws tiles; below, one small file holds all of them.
TILES_FROM = 2000
PENDING = "pending"
SORTS = (
    ("", gettext_lazy("等级差的在前")), ("best", gettext_lazy("等级好的在前")), ("name", gettext_lazy("名称")),
    ("town", gettext_lazy("乡镇")), ("streak", gettext_lazy("四无期数")),
)  # fmt: skip
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(frozen=True)
class Criterion:
    """One criterion of a compound: where it lies, in words, and what could be done."""

    code: str
    name: str
    level: str
    text: str
    advice: str


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET.get(name, "").replace("\x00", "")[:40].strip() for name in names}


def shown(publication: Publication, grades: Iterable[PublishedGrade]) -> list[PublishedGrade]:
    """The grades with `standing`, `shown` (the colour, or pending while an appeal runs) and its label."""
    grades = list(grades)
    beside = standings.of(publication, [grade.public_id for grade in grades])
    return [with_standing(grade, beside.get(grade.public_id)) for grade in grades]


def with_standing(grade: PublishedGrade, standing: Standing | None) -> PublishedGrade:
    is_pending = standing is not None and standing.state == PENDING
    grade.standing, grade.shown = standing, PENDING if is_pending else grade.colour
    grade.shown_label = _("等级待定") if is_pending else grade.get_colour_display()
    return grade


def home(publication: Publication, asked: dict, page: str | None) -> dict:
    found = published.grades(
        publication, town=asked["town"], colour=asked["grade"], text=asked["q"], kind=asked["kind"], title=asked["title"],
        order=asked["sort"],
    )  # fmt: skip
    page = Paginator(found, PAGE_SIZE).get_page(page)
    page.object_list = shown(publication, page.object_list.defer("outline"))
    for grade in page.object_list:
        grade.deciding = published.deciding(grade)
    counts = _counts(publication)
    has_tiles = sum(each["count"] for each in counts) >= TILES_FROM
    return {
        "publication": publication,
        "versions": published.publications().filter(period=publication.period),
        "periods": published.publications().filter(is_current=True),
        "counts": counts,
        "towns": published.towns(publication),
        "colours": Grade.Colour.choices,
        "kinds": Compound.Kind.choices,
        "outcomes": FourFree.choices,
        "sorts": SORTS,
        "asked": asked,
        "page": page,
        "map": map_words(publication, asked["town"], has_tiles=has_tiles),
    }


def _counts(publication: Publication) -> list[dict]:
    found = colour_counts(published.grades(publication))
    return [{"colour": colour, "label": label, "count": found[colour]} for colour, label in Grade.Colour.choices]


def public_marks() -> list[dict]:
    """The marks of the grades, and of one that is pending."""
    return [*grade_marks(), {"value": PENDING, "label": _("等级待定"), "colour": "#54626d", "mark": "?", "figure": "ring"}]


def map_words(publication: Publication, town: str, *, has_tiles: bool) -> dict:
    """What the map's script reads: addresses, marks and words."""
    tiles = reverse("public_tile", args=[publication.period, publication.number, published.version(), 0, 0, 0])
    return {
        "points": f"{reverse('public_points', args=[publication.period])}?number={publication.number}",
        "tiles": tiles.replace("/0/0/0.", "/{z}/{x}/{y}.") if has_tiles else "",
        "compound": reverse("public_compound", args=[UUID(int=0)]),
        "outlines": reverse("public_outlines"),
        "marks": public_marks(),
        "town": town,
        "words": {
            "why": _("为什么"),
            "failed": _("地图没有取到数据。下面的列表不受影响。"),
            "unsupported": _("这个浏览器不能显示地图。下面的列表不受影响。"),
            "empty": _("本期没有可显示的小区。"),
            "title": _("小区等级示意图"),
            "zoomIn": _("放大"),
            "zoomOut": _("缩小"),
            "close": _("关闭"),
            "others": _("此处还有{n}个小区，放大后可分开。"),
            "crowd": _("此处共{n}个小区，点开放大。"),
            "twoFingers": _("用两个手指移动地图"),
            "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"),
        },
    }


def criteria_of(grade: PublishedGrade) -> list[Criterion]:
    found = []
    for each in grade.reasons:
        reason = Reason(**each)
        name, text = name_of(reason), sentences.sentence(reason)
        # The sentence begins with its own name, which stands beside it here.
        for colon in ("：", ": "):
            text = text.removeprefix(f"{name}{colon}")
        found.append(Criterion(reason.code, name, reason.level, text, advice(reason)))
    return found


def name_of(reason: Reason) -> str:
    code = reason.numbers.get("source", reason.code)
    return str(sentences.NAMES.get(code) or sentences.MEASURES.get(code) or _SHORT[code])


_SHORT = {
    "index": gettext_lazy("综合指数"),
    "fire_hazard": gettext_lazy("火灾隐患"),
    "no_fire_check": gettext_lazy("消防检查"),
    "households_unknown": gettext_lazy("户数"),
    "too_few_households": gettext_lazy("户数"),
    "register_incomplete": gettext_lazy("警情登记"),
}


def next_counted(publication: Publication) -> date:
    """The last day that counts for the period after this one."""
    months = KINDS[parse_criteria(publication.criteria).period]
    return add_months(publication.ends_on, months) - timedelta(days=1)


def compound(public_id: UUID) -> dict | None:
    history = list(published.history(public_id))
    if not history:
        return None
    newest = history[0]
    for each in history:
        shown(each.publication, [each])
    criteria = criteria_of(newest)
    like = published.comparable(newest)
    counted = colour_counts(like)
    return {
        "grade": newest,
        "publication": newest.publication,
        "history": history,
        "strip": history[::-1][-12:],
        "corrections": published.corrections(public_id),
        "criteria": criteria,
        "to_do": [each for each in criteria if each.advice],
        "fixes": [{**each, "due_on": date.fromisoformat(each["due_on"])} for each in newest.fixes],
        "until": next_counted(newest.publication),
        "computed_label": dict(Grade.Colour.choices).get(newest.computed_colour, ""),
        "neighbours": shown(newest.publication, like[:NEIGHBOURS_SHOWN]),
        "like": [{"colour": colour, "label": label, "count": counted[colour]} for colour, label in Grade.Colour.choices],
        "like_count": sum(counted.values()),
        "yards": published.titles(newest.publication).filter(compound_public_id=public_id),
        "kind": dict(Compound.Kind.choices).get(newest.kind, ""),
    }


def compare(publication: Publication, ids: list[str], text: str) -> dict:
    """Up to four compounds beside one another: one row for each criterion that one of them has."""
    wanted = [UUID(each) for each in ids if _UUID.match(each)]
    rows = {grade.public_id: grade for grade in published.grades(publication).filter(public_id__in=wanted[: 2 * COMPARED_AT_MOST])}
    chosen = shown(publication, [rows[each] for each in wanted if each in rows][:COMPARED_AT_MOST])
    table: dict[str, dict] = {}
    for place, grade in enumerate(chosen):
        grade.kind_label = dict(Compound.Kind.choices).get(grade.kind, "")
        grade.without = [str(other.public_id) for other in chosen if other is not grade]
        for each in criteria_of(grade):
            table.setdefault(each.name, {"name": each.name, "cells": [None] * len(chosen)})["cells"][place] = each
    found = published.grades(publication, text=text, order="name")[:FOUND_AT_MOST] if text and len(chosen) < COMPARED_AT_MOST else []
    return {
        "publication": publication, "chosen": chosen, "rows": list(table.values()), "q": text, "found": found,
        "too_many": len(wanted) > COMPARED_AT_MOST, "at_most": COMPARED_AT_MOST, "is_full": len(chosen) >= COMPARED_AT_MOST,
    }  # fmt: skip


def recompute(publication: Publication, asked: dict) -> dict:
    """The numbers of one compound, and how the colour follows from them."""
    grade = None
    if _UUID.match(asked["id"]):
        grade = published.grades(publication).filter(public_id=asked["id"]).first()
    if grade is None and asked["q"]:
        grade = published.grades(publication, text=asked["q"], order="name").first()
    grade = grade or published.grades(publication).first()
    rows = []
    for each in grade.reasons if grade else []:
        numbers = {key: str(each["numbers"].get(key, "")) for key in ("count", "value", "yellow", "red")}
        rows.append({"name": name_of(Reason(**each)), "level": each["level"], **numbers})
    if grade:
        shown(publication, [grade])
    return {"publication": publication, "grade": grade, "rows": rows, "asked": asked}
