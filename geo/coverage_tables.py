"""The coverage of posts as people take it away: rows for the page and for XLSX, features for the map."""

from collections.abc import Callable, Iterable
from typing import BinaryIO

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.coverage import HAS, NONE, PARTLY, PLANNED, Coverage, Street, Village, is_usable
from geo.workbooks import write_workbook

# The mark stands beside the word wherever a state is shown.
STATES = {
    HAS: ("●", gettext_lazy("有")),
    PARTLY: ("◐", gettext_lazy("部分")),
    PLANNED: ("◇", gettext_lazy("规划中")),
    NONE: ("○", gettext_lazy("无")),
}
WORST_FIRST = {NONE: 0, PLANNED: 1, PARTLY: 2, HAS: 3}
FAR = float("inf")
# For the map only: a metre or two at the equator.
TOLERANCE_DEG = 0.00002

VILLAGE_ORDERS: dict[str, Callable[[Village], tuple]] = {
    "state": lambda row: (WORST_FIRST[row.state], -(row.distance_m or 0), row.code),
    "name": lambda row: (row.name, row.code),
    "town": lambda row: (row.town_code, row.code),
    "far": lambda row: (-(FAR if row.distance_m is None else row.distance_m), row.code),
    "near": lambda row: (FAR if row.distance_m is None else row.distance_m, row.code),
}
STREET_ORDERS: dict[str, Callable[[Street], tuple]] = {
    "state": lambda row: (WORST_FIRST[row.state], row.reached_share, -row.length_m, row.town_code, row.name),
    "name": lambda row: (row.name, row.town_code),
    "town": lambda row: (row.town_code, row.name),
    "long": lambda row: (-row.length_m, row.town_code, row.name),
    "far": lambda row: (-(FAR if row.farthest_m is None else row.farthest_m), row.town_code, row.name),
}


def chosen(rows: Iterable, orders: dict[str, Callable], *, order: str, state: str, town: str) -> list:
    """Rows of one state and town (empty: all), in one of the named orders."""
    kept = [row for row in rows if (not state or row.state == state) and (not town or row.town_code == town)]
    return sorted(kept, key=orders.get(order, orders["state"]))


def how(row: Village | Street) -> str:
    return "" if row.distance_m is None else _("道路") if row.by_road else _("直线")


def write_coverage(target: BinaryIO, found: Coverage, *, about: list[str]) -> None:
    """Three sheets: towns, communities and villages, main streets. `about` are the sentences below each table."""
    sheets = (_towns_sheet(found), _villages_sheet(found), _streets_sheet(found))
    write_workbook(target, [(*sheet, about) for sheet in sheets])


def _towns_sheet(found: Coverage) -> tuple:
    headers = [
        _("代码"), _("乡镇"), _("有警务室"), _("警务室规划中"), _("无警务室"),
        _("街道有岗亭"), _("街道部分有岗亭"), _("街道岗亭规划中"), _("街道无岗亭"),
    ]  # fmt: skip
    rooms, kiosks = (HAS, PLANNED, NONE), (HAS, PARTLY, PLANNED, NONE)
    return _("乡镇"), headers, [
        [one.code, one.name, *(one.villages[state] for state in rooms), *(one.streets[state] for state in kiosks)] for one in found.towns
    ]  # fmt: skip


def _villages_sheet(found: Coverage) -> tuple:
    headers = [
        _("代码"), _("名称"), _("乡镇"), _("类别"), _("警务室"), _("已建数"), _("规划数"), _("最近警务室"), _("距离（米）"), _("距离算法"),
    ]  # fmt: skip
    return _("社区和村"), headers, [
        [
            row.code, row.name, row.town, _("社区") if row.is_community else _("村"), str(STATES[row.state][1]), row.room_count,
            row.planned_count, row.nearest, _whole(row.distance_m), how(row),
        ]
        for row in found.villages
    ]  # fmt: skip


def _streets_sheet(found: Coverage) -> tuple:
    headers = [
        _("名称"), _("乡镇"), _("长度（米）"), _("岗亭"), _("沿街已建数"), _("沿街规划数"), _("最近岗亭"), _("距离（米）"), _("距离算法"),
        _("最远处（米）"), _("服务范围内的长度比例"),
    ]  # fmt: skip
    return _("主要街道"), headers, [
        [
            row.name, row.town, round(row.length_m), str(STATES[row.state][1]), row.kiosk_count, row.planned_count, row.nearest,
            _whole(row.distance_m), how(row), _whole(row.farthest_m), round(row.reached_share, 3),
        ]
        for row in found.streets
    ]  # fmt: skip


def _whole(metres: float | None) -> int | None:
    return None if metres is None else round(metres)


def as_geojson(found: Coverage) -> dict:
    """Villages, streets, posts and one point of counts for each town, as four collections (EPSG:4326, 1e-6 degrees)."""
    outlines = np.array([row.outline for row in found.villages], dtype=object)
    simple = shapely.simplify(outlines, TOLERANCE_DEG)
    villages = [
        _feature(shape, {"name": row.name, "state": row.state, "label": f"{STATES[row.state][0]} {row.name}", "code": row.code})
        for row, shape in zip(found.villages, simple, strict=True)
    ]
    streets = [
        _feature(row.line, {"name": row.name, "state": row.state, "label": f"{STATES[row.state][0]} {row.name}"}) for row in found.streets
    ]
    posts = [
        _feature(
            shapely.Point(one.geom.x, one.geom.y),
            {"name": one.name, "kind": one.kind, "icon": one.kind if is_usable(one) else f"{one.kind}_off"},
        )
        for one in found.posts
    ]
    return {
        "villages": _collection(villages),
        "streets": _collection(streets),
        "posts": _collection(posts),
        "towns": _collection(_town_points(found)),
    }


def _town_points(found: Coverage) -> list[dict]:
    points = []
    for town in found.towns:
        ground = shapely.union_all([row.outline for row in found.villages if row.town_code == town.code])
        total, missing = sum(town.villages.values()), town.villages[NONE] + town.villages[PLANNED]
        lines = [town.name, _("无警务室 %(missing)s/%(total)s") % {"missing": missing, "total": total}]
        if town.streets:
            streets = {"missing": town.streets[NONE] + town.streets[PLANNED], "total": sum(town.streets.values())}
            lines.append(_("街道无岗亭 %(missing)s/%(total)s") % streets)
        points.append(_feature(shapely.point_on_surface(ground), {"label": "\n".join(lines)}))
    return points


def _feature(shape: shapely.Geometry, properties: dict) -> dict:
    rounded = shapely.transform(shape, lambda xy: np.round(xy, 6))
    return {"type": "Feature", "geometry": shapely.geometry.mapping(rounded), "properties": properties}


def _collection(features: list[dict]) -> dict:
    return {"type": "FeatureCollection", "features": features}
