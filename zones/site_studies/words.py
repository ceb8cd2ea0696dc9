"""Every code of the engine and of this package in words that a meeting understands."""
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zones.models import SiteStudy
from zones.site_studies.ground import HAND, TURNED

Demand, Method = SiteStudy.Demand, SiteStudy.Method
WHY_FORBIDDEN = {
    "outside": gettext_lazy("在研究范围之外"),
    "barred": gettext_lazy("在手工排除的范围内"),
    "interior": gettext_lazy("紧邻不得安装监控的场所（条例第八条，洗浴、旅馆等）"),
    "non_public": gettext_lazy("在小区内部，不是公共场所（条例第三十三条）"),
    "off_road": gettext_lazy("不临路"),
}
STEPS = {
    "reading": gettext_lazy("读取登记数据"), "measuring": gettext_lazy("量距离"), "solving": gettext_lazy("求最优方案"),
    "describing": gettext_lazy("整理结果"),
}  # fmt: skip
REFUSALS = {
    "no_outline": gettext_lazy("研究范围没有轮廓，请先载入行政区划轮廓。"),
    "too_many_demands": gettext_lazy("服务对象有%(count)s个，超过上限%(most)s个，请缩小研究范围。"),
    "too_many_pairs": gettext_lazy("“总路程最短”要逐对量距离，这里有%(pairs)s对，超过上限%(most)s对。请减少候选点来源或缩小研究范围。"),
}
UNITS = {
    Demand.HOUSEHOLDS: gettext_lazy("%(n)s户"), Demand.PLACES: gettext_lazy("%(n)s处场所"),
    Demand.VILLAGES: gettext_lazy("%(n)s个社区（村）"), Demand.STREETS: gettext_lazy("%(n)s米街道"),
}  # fmt: skip
_REASONS = {
    "no_demand": gettext_lazy("没有可以计算的服务对象：范围内没有，或数量都没有登记。"),
    "weight_missing": gettext_lazy("有%(count)s个服务对象没有登记数量，没有计入，也没有当作0。"),
    "forced_is_forbidden": gettext_lazy("必选点%(place)s不能设：%(by)s。"),
    "forced_more_than_sites": gettext_lazy("必选点有%(forced)s个，多于新建上限%(sites)s个。"),
    "budget_too_small": gettext_lazy("经费%(budget)s万元不够，至少要%(needed)s万元，还差%(by)s万元。"),
    "budget_buys_nothing": gettext_lazy("经费%(budget)s万元一处也建不了：最便宜的候选点要%(cheapest)s万元，还差%(by)s万元。"),
    "no_candidates": gettext_lazy("没有可用的候选点，也没有现有设施。请增加候选点来源，或在图上手工添加。"),
    "out_of_reach": gettext_lazy("有%(demands)s个服务对象（%(weight)s）在所有候选点的服务距离之外。"),
    "share_too_large": gettext_lazy("要求至少覆盖%(share)s，可是全部候选点都建也只能覆盖%(reachable)s。"),
    "sites_too_few": gettext_lazy("新建上限%(sites)s个不够，至少要%(at_least)s个。"),
    "sites_left": gettext_lazy("新建上限%(sites)s个，还剩%(left)s个没有用：再建也不能多服务谁，或经费已用完。"),
    "nothing_in_reach": gettext_lazy("没有一个候选点或现有设施在服务距离之内够得着服务对象。请加大服务距离或增加候选点。"),
    "capacity_too_small": gettext_lazy("容量不够：全部用上能服务%(capacity)s，需要%(needed)s，还差%(by)s。"),
    "capacity_out_of_place": gettext_lazy("总容量够（%(capacity)s），可是离得太远的用不上；请增加个数或加大服务距离。"),
    "no_plan_in_time": gettext_lazy("在求解时限内没有找到方案，请缩小研究范围或减少候选点。"),
    "no_plan_without": gettext_lazy("没有%(place)s就没有可行方案。"),
    "plan_loses": gettext_lazy("没有%(place)s，方案损失%(lost)s。"),
    "thinned": gettext_lazy("候选点共%(before)s个，太多；保留相距%(apart)s米以上的%(kept)s个。"),
    "view_unknown": gettext_lazy("有%(count)s个现有监控点的朝向、视角或视距没有登记，没有计入现有覆盖。"),
    "no_roads": gettext_lazy("没有载入道路，距离按直线。"),
}
# A code whose words depend on which numbers it has.
_FORBIDDEN_ALL = gettext_lazy("有%(candidates)s个候选点不能设：%(by)s。")
_FORBIDDEN_SOME = gettext_lazy("有%(demands)s个服务对象（%(weight)s）只有不能设的候选点够得着：%(by)s。")
_FEW_UNKNOWN = gettext_lazy("新建上限%(sites)s个不够，每个服务对象都要有一处在服务距离之内。")
CODES = frozenset({*_REASONS, "forbidden_by"})
_IN_UNITS = {"weight", "needed", "capacity", "lost"}


def number(value: float) -> str:
    """Whole where it is whole, one decimal else."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def in_units(value: float, demand: str) -> str:
    return UNITS[demand] % {"n": number(value)}


def refusal(code: str, numbers: Mapping) -> str:
    return REFUSALS[code] % numbers


def reason(code: str, numbers: Mapping, demand: str) -> str:
    if code == "forbidden_by":
        text = _FORBIDDEN_ALL if "candidates" in numbers else _FORBIDDEN_SOME
    elif code == "sites_too_few" and "at_least" not in numbers:
        text = _FEW_UNKNOWN
    else:
        text = _REASONS[code]
    return text % {name: _value(code, name, value, demand) for name, value in numbers.items()}


def _value(code: str, name: str, value, demand: str) -> str:
    if name == "place":
        return place(*value[:2])
    if name == "by" and isinstance(value, str):
        return str(WHY_FORBIDDEN[value])
    if name in ("share", "reachable"):
        return f"{value:.1%}"
    if name in _IN_UNITS and not code.startswith("budget") or (code == "capacity_too_small" and name == "by"):
        return in_units(value, demand)
    return number(value)


def place(rule: str, near: str) -> str:
    """A candidate by what it is at."""
    if rule == HAND:
        return _("手工点“%(near)s”") % {"near": near} if near else _("手工点")
    if rule == TURNED:
        return _("本点的另一个朝向")
    return {
        "premises": _("%(near)s（公共场所）"), "seats": _("%(near)s驻地"), "crossings": _("%(near)s附近的路口"),
        "frontages": _("%(near)s临路处"), "roadside": _("%(near)s门前道路"), "grid": _("%(near)s附近"),
    }[rule] % {"near": near or _("未命名处")}  # fmt: skip


def site_reasons(site: Mapping, asked: Mapping) -> list[str]:
    """Why the site is in the plan, sentence by sentence. `asked` is the frozen question."""
    method, demand = asked["method"], asked["demand"]
    told = [_("必选点。")] if site["forced"] else []
    if site["newly"]:
        words = _("比现有设施更近的有%(n)s。") if method == Method.MEDIAN else _("新覆盖%(n)s：现有设施都够不着。")
        told.append(words % {"n": in_units(site["newly"], demand)})
    elif method == Method.BACKUP:
        told.append(_("为已覆盖的对象提供第二重覆盖。"))
    else:
        told.append(_("覆盖的对象现有设施也够得着。"))
    if site["only"]:
        words = _("离它最近的有%(n)s。") if method == Method.MEDIAN else _("其中%(n)s只有它够得着。")
        told.append(words % {"n": in_units(site["only"], demand)})
    # With a demanded share, or where places are full, the engine does not look for what could stand in.
    if method != Method.COVER_ALL and asked["capacity"] is None and not site["tie_count"]:
        told.append(_lost(site, method, demand))
    if site["tie_count"]:
        names = _("、").join(place(*each[:2]) for each in site["ties"])
        told.append(_("另有%(count)s个候选点效果相同，如%(names)s。") % {"count": site["tie_count"], "names": names})
    return told


def _lost(site: Mapping, method: str, demand: str) -> str:
    if site["lost"] is None or site["lost"] >= 1e12:
        return _("没有它，有的服务对象就没有任何一处够得着。")
    by = place(*site["by"][:2]) if site["by"] else ""
    if by and site["lost"] < 1e-6:
        return _("换成%(by)s，方案不损失什么。") % {"by": by}
    if method == Method.MEDIAN:
        longer = number(site["lost"])
        if not by:
            return _("没有它，总路程增加%(n)s米（按数量加权）。") % {"n": longer}
        return _("换成最好的替代点%(by)s，总路程至多增加%(n)s米（按数量加权）。") % {"by": by, "n": longer}
    lost = in_units(site["lost"], demand)
    if method == Method.BACKUP:
        lost = _("折合%(n)s（第二重覆盖打折计）") % {"n": lost}
    if not by:
        return _("没有它，方案损失%(lost)s，没有别的候选点能补。") % {"lost": lost}
    return _("换成最好的替代点%(by)s，方案至多损失%(lost)s。") % {"by": by, "lost": lost}
