"""A result as people take it away: XLSX and GeoJSON."""
import io

from django.utils.translation import gettext as _

from geo.workbooks import write_workbook
from zones.models import SiteRun
from zones.site_studies import words
from zones.site_studies.pages import about, town_names

DEMAND = ("lon", "lat", "weight", "name", "town", "before", "after", "can", "before_m", "after_m")


def workbook(run: SiteRun) -> bytes:
    """Sites with their reasons, what is served before and after, towns, and how it was reckoned."""
    asked, result, notes = run.asked, run.result, [*about(run), _("输入摘要 %(digest)s") % {"digest": run.result["digest"]}]
    towns, target = town_names(result), io.BytesIO()
    write_workbook(target, [
        (_("点位"), [_("序号"), _("点位"), _("乡镇"), _("经度"), _("纬度"), _("造价（万元）"), _("朝向（度）"), _("理由")], [
            [each["number"], words.place(each["rule"], each["near"]), towns.get(each["town"], ""), each["lon"], each["lat"], each["cost"],
             each["bearing"], "".join(words.site_reasons(each, asked))] for each in result["sites"]
        ], notes),
        (_("服务对象"), [_("名称"), _("乡镇"), _("数量"), _("之前"), _("之后"), _("够得着"), _("之前最近（米）"), _("之后最近（米）"),
                     _("经度"), _("纬度")],
         [_demand_row(dict(zip(DEMAND, each, strict=True)), towns) for each in result["demand"]], notes),
        (_("乡镇"), [_("代码"), _("乡镇"), _("合计"), _("之前覆盖"), _("之后覆盖")],
         [[each["code"], towns.get(each["code"], ""), each["total"], each["before"], each["after"]] for each in result["towns"]], notes),
    ])  # fmt: skip
    return target.getvalue()


def _demand_row(one: dict, towns: dict[str, str]) -> list:
    return [
        one["name"], towns.get(one["town"], ""), one["weight"], covered(one["before"]), covered(one["after"]), covered(one["can"]),
        one["before_m"], one["after_m"], one["lon"], one["lat"],
    ]  # fmt: skip


def covered(value: int) -> str:
    return _("覆盖") if value else _("未覆盖")


def collections(run: SiteRun) -> dict[str, dict]:
    """Demand, what stands, chosen sites and what their cameras see, as four collections (EPSG:4326) for the map."""
    result = run.result
    demand = [dict(zip(DEMAND, each, strict=True)) for each in result["demand"]]
    state = lambda one: "had" if one["before"] else "new" if one["after"] else "none" if one["can"] else "never"  # noqa: E731
    return {
        "views": _collection([_feature("Polygon", [each["view"]], {}) for each in result["sites"] if each["view"]]),
        "demand": _collection([_feature("Point", [one["lon"], one["lat"]], {"name": one["name"], "state": state(one)}) for one in demand]),
        "standing": _collection([_feature("Point", each[:2], {"name": each[2]}) for each in result["standing"]]),
        "sites": _collection([
            _feature("Point", [each["lon"], each["lat"]],
                     {"number": each["number"], "name": words.place(each["rule"], each["near"]), "cost": each["cost"]})
            for each in result["sites"]
        ]),
    }  # fmt: skip


def one_collection(run: SiteRun) -> dict:
    """The same as one file for a desktop program; each feature says what it is."""
    parts = collections(run)
    every = [(name, each) for name, part in parts.items() for each in part["features"]]
    return _collection([each | {"properties": {"what": name, **each["properties"]}} for name, each in every])


def _feature(kind: str, coordinates: list, properties: dict) -> dict:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _collection(features: list[dict]) -> dict:
    return {"type": "FeatureCollection", "features": features}
