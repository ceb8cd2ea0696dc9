"""The figures of a bulletin as they are frozen: plain JSON, with the moment, the sources, the units' tables and the map's shapes."""
from collections.abc import Mapping
from datetime import date, datetime

import shapely

from geo.models import Division, DivisionOutline
from zones.bulletins import figures
from zones.bulletins.figures import Span, Values
from zones.bulletins.measures import SMALL
from zones.bulletins.overlaps import withhold
from zones.bulletins.protection import protect
from zones.disclosure import band, label
from zones.models import RectificationZone
from zones.periods import COUNTY_TIME, Period

# What the numbers come from, in the words of the document.
SOURCES = (
    "定期任务：到期日在本期内的任务；逾期未办计入未完成。",
    "问题挂号：挂号、销号、复发按办理时间计入本期，未销号和逾期为期末状态；按期办结率为期限在本期内的问题中按期整改并已销号的比例。",
    "在岗覆盖：重点整治区域逐小时的在岗、不明和无人；不明不计入无人。",
    "等级：期末前已公布的最近一期评定，与其上一期相比。",
)
# About thirty metres; a picture as wide as a page shows no less.
TOLERANCE_DEG, DECIMALS = 0.0003, 5
ISSUE_COLUMNS = ("registered", "closed", "open", "overdue", "relapsed")


def freeze(unit: Division, period: Period, *, now: datetime, is_protected: bool) -> dict:
    """`values` are by span (now, before, year_ago) and name; `units`, `states`, `months`, `gaps`, `map` are of the period alone."""
    of = figures.spans(period)
    span = of["now"]
    # The year before a year is both the former period and the same one of last year.
    counted = {one: figures.values(unit.code, one, now) for one in set(of.values())}
    states = figures.issue_states(unit.code, span)
    found = {
        "at": now.astimezone(COUNTY_TIME).isoformat(timespec="seconds"), "sources": list(SOURCES), "is_protected": is_protected,
        "spans": {name: [one.first.isoformat(), one.last.isoformat()] for name, one in of.items()},
        "values": {name: dict(counted[one]) for name, one in of.items()},
        "units": units(unit.code, span, now, is_known=states is not None), "states": states,
        "months": figures.issues_by_month(unit.code, span),
        "map": shapes(unit.code, span),
    }  # fmt: skip
    found["gaps"] = [each.pop("gaps") or [] for each in found["values"].values()][0]
    return withhold(hide_small(found), unit.code) if is_protected else found


def units(code: str, span: Span, now: datetime, *, is_known: bool) -> list[Values]:
    """One row for each unit that had a duty or a problem; the own level's own first. `is_known`: there was a register of problems."""
    duties, issues = figures.duties_by_unit(code, span, now), figures.issues_by_unit(code, span)
    none = dict.fromkeys(ISSUE_COLUMNS, 0 if is_known else None)
    names = figures.unit_names(duties.keys() | issues.keys())
    rows = []
    for unit in sorted(names):
        of_issues = issues.get(unit, none)
        rows.append({"code": unit, "name": names[unit], **duties.get(unit, {}), **{name: of_issues[name] for name in ISSUE_COLUMNS}})
    return rows


def shapes(code: str, span: Span) -> dict:
    """Outlines of the unit and of what lies in it, and its zones by state, as rings of longitude and latitude (EPSG:4326)."""
    zones = RectificationZone.objects.in_division(code).exclude(status=RectificationZone.Status.REFUSED).order_by("name", "pk")
    return {
        "outlines": outlines(code, span.last),
        "zones": [{"name": zone.name, "state": zone.status, "rings": rings(zone.geom)} for zone in zones],
    }  # fmt: skip


def outlines(code: str, on: date) -> list[dict]:
    """The unit's own and those of the level below."""
    level = {6: Division.Level.TOWN, 9: Division.Level.VILLAGE}.get(len(code))
    there = DivisionOutline.objects.in_force(on).select_related("division")
    rows = [*there.filter(division=code), *(there.filter(division__level=level).in_division(code) if level else ())]
    return [{"name": row.division.name, "own": row.division_id == code, "rings": rings(row.geom)} for row in rows]


def rings(geom) -> list[list[list[float]]]:
    """The outer rings of an area, simplified."""
    simple = shapely.simplify(shapely.from_wkb(bytes(geom.wkb)), TOLERANCE_DEG)
    simple = simple if not simple.is_empty else shapely.from_wkb(bytes(geom.wkb))
    parts = shapely.get_parts(simple)
    return [[[round(x, DECIMALS), round(y, DECIMALS)] for x, y in part.exterior.coords] for part in parts]


def hide_small(found: dict) -> dict:
    """The same figures for readers outside: counts of problems, zones and compounds as bands, shares of few left out."""
    now = found["values"]["now"]
    rows = found["units"]
    told = {name: _table(found, name) for name in ISSUE_COLUMNS}
    for values in found["values"].values():
        _hide_shares(values)
        for key in SMALL:
            values[key] = _label(values.get(key))
    for name, (total, tables) in told.items():
        if total is None:
            continue
        now[f"issues_{name}"] = total
        for row in rows:
            row[name] = tables["units"].get(row["code"], 0)
        if name == "open":
            found["states"] = tables["states"]
    for key in ("grades_better", "grades_worse", "grades_not_graded"):
        now[key] = _label(now.get(key))
    # Month by month they add up to the period's own counts, and from bulletin to bulletin to more than that.
    return found | {"months": []}


def _table(found: Mapping, name: str) -> tuple:
    total = found["values"]["now"][f"issues_{name}"]
    if total is None:
        return None, {}
    tables = {"units": {row["code"]: row[name] for row in found["units"]}}
    if name == "open":
        tables["states"] = found["states"]
    return protect(total, tables)


def _label(count: object) -> object:
    return label(band(count)) if isinstance(count, int) else count


def _hide_shares(values: Values) -> None:
    """A share of few tells the few; of many it is told in tens of percent."""
    due, share = values.pop("issues_due", None), values.get("issues_share")
    values.pop("issues_in_time", None)
    values["issues_share"] = None if share is None else f"约{round(share, 1):.0%}" if due >= 10 else "不足10件，不列"
