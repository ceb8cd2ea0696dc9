"""Territory into the database: divisions by national code, outlines with the day they hold from. Nothing is overwritten silently."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import shapely
from django.contrib.gis.geos import GEOSGeometry, Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from geo.models import Division, DivisionOutline
from geo.models.divisions import CODE_LENGTHS

LEVELS = {length: level for level, length in CODE_LENGTHS.items()}
LEVEL_OF = dict(zip(CODE_LENGTHS, Division.Level, strict=True))
WORLD_BEGAN = DivisionOutline._meta.get_field("valid_from").default


class TerritoryRefused(ValueError):
    """Nothing was written. `lines` are for the person who brought the file."""

    def __init__(self, lines: list[str]):
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass
class DivisionPlan:
    """What a table of divisions would change."""

    new: list[Division] = field(default_factory=list)
    changed: list[Division] = field(default_factory=list)
    same_count: int = 0


@dataclass
class OutlinePlan:
    """What a set of outlines would change: a row that holds from an earlier day ends, one of the same day is replaced."""

    starts_on: date
    new: list[DivisionOutline] = field(default_factory=list)
    ended: list[DivisionOutline] = field(default_factory=list)
    replaced: list[DivisionOutline] = field(default_factory=list)
    same_count: int = 0


def parent_code(code: str, known: Iterable[str]) -> str | None:
    """The nearest division above that is known: a county without its city in the table hangs below its province."""
    return next((code[:length] for length in sorted(LEVELS, reverse=True) if length < len(code) and code[:length] in known), None)


def plan_divisions(rows: Iterable[Mapping[str, str]]) -> DivisionPlan:
    """Rows hold code, name and, where known, level, pinyin, lon, lat (WGS-84), seat_source, source, line. Raises TerritoryRefused."""
    existing = {division.code: division for division in Division.objects.all()}
    plan, problems, found = DivisionPlan(), [], {}
    for number, row in enumerate(rows, 2):
        line = row.get("line", number)
        try:
            division = _division(row)
            if division.code in found:
                raise ValidationError(_("代码 %(code)s 重复") % {"code": division.code})
            found[division.code] = division
        except ValidationError as wrong:
            problems.append(_("第 %(line)d 行：%(why)s") % {"line": line, "why": "；".join(wrong.messages)})
    known = existing.keys() | found.keys()
    top = min((len(code) for code in known), default=0)
    for division in found.values():
        division.parent_id = parent_code(division.code, known)
        if division.parent_id is None and len(division.code) > top:
            problems.append(_("%(code)s %(name)s：没有上级区划") % {"code": division.code, "name": division.name})
        _compare(division, existing.get(division.code), plan)
    if problems:
        raise TerritoryRefused(problems)
    return plan


def _division(row: Mapping[str, str]) -> Division:
    cell = {key: (value or "").strip() for key, value in row.items() if key not in (None, "line")}
    code, level = cell.get("code", ""), cell.get("level", "")
    if level and LEVELS.get(len(code)) != level:
        raise ValidationError(_("代码 %(code)s 与层级 %(level)s 不符") % {"code": code, "level": level})
    seat_source = {"schematic": _("驻地为示意位置"), "": ""}.get(cell.get("seat_source", ""), cell.get("seat_source"))
    division = Division(
        code=code,
        level=LEVEL_OF.get(LEVELS.get(len(code)), ""),
        name=cell.get("name", ""),
        pinyin=cell.get("pinyin", ""),
        seat=_seat(cell.get("lon", ""), cell.get("lat", "")),
        source="；".join(part for part in (cell.get("source", ""), seat_source) if part),
    )
    division.clean_fields(exclude=["parent"])
    return division


def _seat(lon: str, lat: str) -> Point | None:
    if not lon and not lat:
        return None
    try:
        seat = Point(float(lon), float(lat), srid=4326)
    except ValueError:
        raise ValidationError(_("驻地坐标 %(lon)s，%(lat)s 不是数字") % {"lon": lon[:20], "lat": lat[:20]}) from None
    if not (-180 <= seat.x <= 180 and -90 <= seat.y <= 90):
        raise ValidationError(_("驻地坐标 %(lon)s，%(lat)s 超出范围") % {"lon": lon[:20], "lat": lat[:20]})
    return seat


def _compare(division: Division, known: Division | None, plan: DivisionPlan) -> None:
    if known is None:
        plan.new.append(division)
        return
    division.valid_from, division.valid_to = known.valid_from, known.valid_to
    fields = ("parent_id", "name", "pinyin", "source", "seat")
    if all(getattr(division, name) == getattr(known, name) for name in fields):
        plan.same_count += 1
    else:
        plan.changed.append(division)


@transaction.atomic
def apply_divisions(plan: DivisionPlan) -> None:
    Division.objects.bulk_create(sorted(plan.new, key=lambda division: division.code))
    Division.objects.bulk_update(plan.changed, ["parent", "name", "pinyin", "source", "seat"])


def plan_outlines(outlines: Mapping[str, BaseGeometry], *, source: str, is_schematic: bool, starts_on: date = WORLD_BEGAN) -> OutlinePlan:
    """`outlines` by division code, polygons in WGS-84 that hold from `starts_on`. Raises TerritoryRefused."""
    names = dict(Division.objects.filter(code__in=outlines.keys()).values_list("code", "name"))
    plan, problems = OutlinePlan(starts_on), []
    standing: dict[str, list[DivisionOutline]] = {}
    not_over = Q(valid_to=None) | Q(valid_to__gt=starts_on)
    for outline in DivisionOutline.objects.filter(division_id__in=outlines.keys()).filter(not_over):
        standing.setdefault(outline.division_id, []).append(outline)
    for code, shape in outlines.items():
        why = _outline_fault(shape) if code in names else _("没有这个代码的区划")
        later = [outline for outline in standing.get(code, []) if outline.valid_from > starts_on]
        if not why and later:
            why = _("已有自 %(day)s 起的轮廓") % {"day": later[0].valid_from}
        if why:
            problems.append(f"{code} {names.get(code, '')}：{why}")
            continue
        new = DivisionOutline(division_id=code, geom=_multi(shape), is_schematic=is_schematic, source=source, valid_from=starts_on)
        _follow(new, standing.get(code, []), plan)
    if problems:
        raise TerritoryRefused(problems)
    return plan


def _outline_fault(shape: BaseGeometry) -> str:
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        return _("轮廓不是面")
    return "" if shapely.is_valid(shape) else _("轮廓无效：%(why)s") % {"why": shapely.is_valid_reason(shape)}


def _multi(shape: BaseGeometry) -> GEOSGeometry:
    whole = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
    return GEOSGeometry(memoryview(shapely.to_wkb(shapely.force_2d(whole))), srid=4326)


def _follow(new: DivisionOutline, standing: list[DivisionOutline], plan: OutlinePlan) -> None:
    for outline in standing:
        if outline.valid_from < new.valid_from:
            plan.ended.append(outline)
        elif (outline.geom.equals_exact(new.geom), outline.is_schematic, outline.source) == (True, new.is_schematic, new.source):
            plan.same_count += 1
            return
        else:
            plan.replaced.append(outline)
    plan.new.append(new)


@transaction.atomic
def apply_outlines(plan: OutlinePlan) -> None:
    DivisionOutline.objects.filter(pk__in=[outline.pk for outline in plan.replaced]).delete()
    DivisionOutline.objects.filter(pk__in=[outline.pk for outline in plan.ended]).update(valid_to=plan.starts_on)
    DivisionOutline.objects.bulk_create(plan.new)
