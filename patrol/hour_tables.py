"""Presence as people see it: the list of places, the week of one place, the map of one hour, XLSX."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.layers import registry
from geo.models import BasemapFeature, DivisionOutline
from patrol import grids, hours, units
from patrol.hours import Period, PlaceHours, Reading

STATES = {
    "present": (grids.PRESENT, "●", gettext_lazy("在岗")),
    "unknown": (grids.UNKNOWN, "?", gettext_lazy("不明")),
    "absent": (grids.ABSENT, "○", gettext_lazy("无人")),
}
NO_DATA_MARK = "·"
DAYS = tuple(gettext_lazy(name) for name in ("周一", "周二", "周三", "周四", "周五", "周六", "周日"))
ORDERS = {
    "gap": lambda place: (-place.sure.length, -place.possible.length, place.name),
    "possible": lambda place: (-place.possible.length, -place.sure.length, place.name),
    "present": lambda place: (place.share(grids.PRESENT), place.name),
    "visits": lambda place: (place.visits, place.name),
    "name": lambda place: (place.name, place.key),
}
# For the map only: a few metres.
TOLERANCE_DEG = 0.00005
ON_MAP_AT_MOST = 600


def asked(query: Mapping[str, str]) -> dict:
    """What the page was asked for, as text that may be shown again."""
    return {name: query.get(name, "").replace("\x00", "")[:12] for name in ("division", "layer", "from", "to", "order", "hour", "weekday")}


def reading(user, query: Mapping[str, str], *, now: datetime) -> Reading:
    """The layer, unit and period that were asked for; zones and the last four weeks where nothing was."""
    told = asked(query)
    unit = units.chosen(user, told["division"])
    layer = told["layer"] if told["layer"] in hours.LAYERS else "zones"
    return hours.read(user, unit, layer, period_of(unit.code, told, now=now))


def period_of(code: str, told: Mapping[str, str], *, now: datetime) -> Period:
    return hours.period(code, first=units.day_of(told["from"], None), last=units.day_of(told["to"], None), now=now)


def listed(found: Reading, order: str) -> list[PlaceHours]:
    return sorted(found.places, key=ORDERS.get(order, ORDERS["gap"]))


def week_grid(row: np.ndarray, span: Period) -> list[dict]:
    """24 rows of 7 cells, each with its counts of weeks and the widths of its three bars (of 100)."""
    counts = grids.weekly(row, first=span.first_hour).reshape(7, 24, 4)
    return [{"hour": hour, "cells": [_cell(counts[day, hour], day, hour) for day in range(7)]} for hour in range(24)]


def _cell(counts: np.ndarray, day: int, hour: int) -> dict:
    known = int(counts[grids.ABSENT :].sum())
    parts, x = [], 0.0
    for name, (state, mark, word) in STATES.items():
        n = int(counts[state])
        if n:
            parts.append({"name": name, "mark": mark, "word": word, "n": n, "x": round(x, 2), "width": round(100 * n / known, 2)})
            x += 100 * n / known
    return {"day": day, "hour": hour, "parts": parts, "known": known, "no_data": int(counts[grids.NO_DATA])}


def sentence(place: PlaceHours, span: Period) -> str:
    """The longest gap, in words."""
    if not place.counted:
        return _("这段时间还没有数据。")
    if place.sure.start is None:
        return _("没有确定无人的整点小时。")
    start, end = units.local(span.at(place.sure.start)), units.local(span.at(place.sure.start + place.sure.length))
    return _("最长空档%(hours)s小时：%(start)s 至 %(end)s。") % {
        "hours": place.sure.length, "start": start.strftime("%m-%d %H:%M"), "end": end.strftime("%m-%d %H:%M")
    }  # fmt: skip


def hour_mask(span: Period, *, hour: int, weekday: int | None) -> np.ndarray:
    """Which hours of the period are this hour of the day (and of this weekday)."""
    of_week = (span.first_hour + np.arange(span.hour_count)) % grids.WEEK
    mask = of_week % 24 == hour
    return mask if weekday is None else mask & (of_week // 24 == weekday)


def at_hour(found: Reading, *, hour: int, weekday: int | None) -> list[dict]:
    """For each place: in how many such hours somebody was there, may have been, was not; the emptiest first."""
    counts = grids.in_hours(found.grid, hour_mask(found.period, hour=hour, weekday=weekday))
    rows = []
    for place, (_none, absent, unknown, present) in zip(found.places, counts.tolist(), strict=True):
        known = absent + unknown + present
        rows.append(
            {
                "place": place,
                "present": present,
                "unknown": unknown,
                "absent": absent,
                "known": known,
                "state": _leading(absent, unknown, present),
            }
        )
    return sorted(rows, key=lambda row: (-(row["absent"] / row["known"] if row["known"] else -1), row["present"], row["place"].name))


def _leading(absent: int, unknown: int, present: int) -> str:
    """What most of the hours were; where no answer has half of them, it is not known."""
    known = absent + unknown + present
    if not known:
        return "no_data"
    if present * 2 >= known:
        return "present"
    return "absent" if absent * 2 > known else "unknown"


def as_geojson(found: Reading, rows: list[dict]) -> dict:
    """The places as one collection (EPSG:4326, 1e-6 degrees), outlines made simpler."""
    shown = rows[:ON_MAP_AT_MOST]
    shapes = _shapes(found, [row["place"].key for row in shown])
    features = []
    for row in shown:
        if (shape := shapes.get(row["place"].key)) is not None:
            properties = {
                "name": row["place"].name, "state": row["state"],
                "label": f"{mark_of(row['state'])} {row['present']}/{row['known']}",
            }  # fmt: skip
            features += [_feature(shape, properties), _feature(shapely.point_on_surface(shape), properties)]
    return {"type": "FeatureCollection", "features": features}


def mark_of(state: str) -> str:
    return STATES[state][1] if state in STATES else NO_DATA_MARK


def _shapes(found: Reading, keys: list[int]) -> dict[int, shapely.Geometry]:
    if found.layer == hours.TOWNS:
        rows = DivisionOutline.objects.filter(division_id__in=[str(key) for key in keys], valid_to=None)
        pairs = [(int(code), wkb) for code, wkb in rows.annotate(wkb=AsWKB("geom")).values_list("division_id", "wkb")]
    else:
        model: type[Model] = BasemapFeature if found.layer == "streets" else registry[found.layer].model
        rows = model.objects if found.layer == "streets" else model.objects.in_division(found.unit.code)
        pairs = rows.filter(pk__in=keys).annotate(wkb=AsWKB("geom")).values_list("pk", "wkb")
    return {key: shapely.simplify(shapely.from_wkb(bytes(wkb)), TOLERANCE_DEG) for key, wkb in pairs}


def _feature(shape: shapely.Geometry, properties: dict) -> dict:
    rounded = shapely.transform(shape, lambda xy: np.round(xy, 6))
    return {"type": "Feature", "geometry": shapely.geometry.mapping(rounded), "properties": properties}


def about(span: Period) -> list[str]:
    """How it was reckoned, in sentences."""
    lines = [
        _("在岗：这一小时里至少有一次有定位的停留达到标准时长；不明：可能有人，但没有定位；无人：确定没有。“不明”既不算在岗，也不算无人。"),
        _("最长空档只数确定无人的小时；“可能”的一栏把不明的小时也数进去。"),
        _("到访：慢行或停留；路过另计。标准为本系统默认，非上级规定。"),
    ]
    if span.data_from:
        lines.insert(
            0,
            _("数据自 %(moment)s 起；此前没有记录的小时算“无数据”，不算无人。")
            % {"moment": units.local(span.data_from).strftime("%Y-%m-%d %H:%M")},
        )
    else:
        lines.insert(0, _("还没有收到任何巡逻数据：所有小时都是“无数据”。"))
    return lines


def sheets(found: Reading) -> list[tuple]:
    """For XLSX: the list of places, and each place's hours of the week."""
    headers = [
        _("名称"), _("区划代码"), _("最长空档（小时）"), _("空档开始"), _("可能的最长空档（小时）"), _("在岗小时"), _("不明小时"),
        _("无人小时"),
        _("无数据小时"), _("到访次数"), _("每周到访"), _("每次到访（分钟）"), _("路过次数"),
    ]  # fmt: skip
    span, weeks = found.period, found.period.weeks
    rows = [
        [
            one.name, one.division_id, one.sure.length, _start(one, span), one.possible.length, one.counts[grids.PRESENT],
            one.counts[grids.UNKNOWN], one.counts[grids.ABSENT], one.counts[grids.NO_DATA], one.visits,
            round(one.visits / weeks, 2) if weeks else None,
            None if one.minutes_a_visit is None else round(one.minutes_a_visit, 1), one.drive_bys,
        ]
        for one in listed(found, "gap")
    ]  # fmt: skip
    return [(_("地点"), headers, rows, about(span))]


def week_sheet(place: PlaceHours, span: Period) -> tuple:
    headers = [_("小时"), *(f"{day} {word}" for day in DAYS for _state, _mark, word in STATES.values())]
    counts = grids.weekly(place.row, first=span.first_hour).reshape(7, 24, 4)
    rows = [
        [f"{hour:02d}:00", *(int(counts[day, hour, state]) for day in range(7) for state, _mark, _word in STATES.values())]
        for hour in range(24)
    ]  # fmt: skip
    return place.name[:31], headers, rows, [sentence(place, span), *about(span)]


def _start(place: PlaceHours, span: Period) -> str:
    return "" if place.sure.start is None else units.local(span.at(place.sure.start)).strftime("%Y-%m-%d %H:%M")
