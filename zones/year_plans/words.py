"""The words for everything that the engine says as a code: findings, refusals, demands, statuses, parts. A test walks every code."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from zones.models import RectificationZone

NAMED_AT_MOST = 6
FINDINGS = {
    # What is worth saying beside a result.
    "no_candidates": gettext_lazy("没有候选区域：本县没有在册的重点整治区域。"),
    "all_missing": gettext_lazy("所有候选区域都缺少足够的指标数据，无法比较，也不作选择。"),
    "single_candidate": gettext_lazy("只有一个候选区域（%(zone)s），没有可比较的对象。"),
    "zone_all_missing": gettext_lazy("%(zone)s没有任何指标数据。"),
    "indicator_all_missing": gettext_lazy("指标“%(indicator)s”没有任何数据，不起作用。"),
    "missing": gettext_lazy("指标“%(indicator)s”有%(zones)s个区域缺数据；缺失不按零计算。"),
    "constant": gettext_lazy("指标“%(indicator)s”在各区域都一样（%(value)s），不能区分先后。"),
    "beyond_bounds": gettext_lazy("指标“%(indicator)s”有%(zones)s个区域超出参考范围%(low)s至%(high)s，按边界计。"),
    "too_little_known": gettext_lazy("已知指标的权重不足%(line)s，不参加比较：%(zones)s。"),
    "not_compared": gettext_lazy("没有得分，不会被选中：%(zones)s。"),
    "forced_in_without_score": gettext_lazy("没有得分但被指定必选，按零分计：%(zones)s。"),
    "cost_unknown": gettext_lazy("费用未知，有预算限制时不能选：%(zones)s。"),
    "zero_budget": gettext_lazy("预算为零，只能选费用为零的区域（%(free_zones)s个）。"),
    "nothing_limits_the_choice": gettext_lazy("没有预算、数量等上限，凡有得分的区域都会被选中。"),
    "nothing_chosen": gettext_lazy("在这些要求下一个区域也选不出。"),
    "no_time": gettext_lazy("规定时间内没有算完。"),
    "inconsistent_pairs": gettext_lazy("“%(stakeholder)s”的两两比较前后矛盾（一致性比率%(ratio)s，应小于%(line)s），请复核。"),
    "mixed_methods": gettext_lazy("各方用的方法不同（%(methods)s），权重按算术平均合并。"),
    "left_out_for_missing": gettext_lazy("有%(zones)s个区域缺数据，这一方法不能排名。"),
    "too_few_to_compare": gettext_lazy("数据齐全的区域只有%(zones)s个，这一方法无法比较。"),
    "zones_all_alike": gettext_lazy("数据齐全的%(zones)s个区域完全一样，这一方法分不出先后。"),
    "too_many_to_compare": gettext_lazy("数量太多（最多%(most)s个），这一方法不计算。"),
    "replacements_for_first": gettext_lazy("入选区域多，只计算前%(zones)s个的替代代价。"),
    # Why something cannot be worked with.
    "weights_empty": gettext_lazy("没有填写权重。"),
    "weights_all_zero": gettext_lazy("权重不能全部为零。"),
    "weight_not_a_share": gettext_lazy("权重应为零或正数。"),
    "swing_without_100": gettext_lazy("摆幅法中最重要的一项应为100分，现在最高%(greatest)s分。"),
    "pair_unknown": gettext_lazy("比较的两项指标不对。"),
    "pair_judged_twice": gettext_lazy("同一对指标比较了两次。"),
    "pair_not_judged": gettext_lazy("还有指标对没有比较。"),
    "judgement_off_scale": gettext_lazy("比较的倍数应在1/9到9之间。"),
    "pairs_not_square": gettext_lazy("两两比较不完整。"),
    "pairs_not_reciprocal": gettext_lazy("两两比较正反不一致。"),
    "no_opinion": gettext_lazy("没有任何一方的权重。"),
    "opinions_differ_in_length": gettext_lazy("各方评价的指标数量不同。"),
    "weights_differ_from_indicators": gettext_lazy("权重%(weights)s项，指标%(indicators)s项，不一致。"),
    "direction_unknown": gettext_lazy("指标“%(indicator)s”的方向不对。"),
    "bounds_not_in_order": gettext_lazy("指标“%(indicator)s”的参考下限应小于上限。"),
    "shape_differs": gettext_lazy("数据的行列数对不上。"),
    "figure_infinite": gettext_lazy("有不是数字的指标值：%(zones)s。"),
    "interval_half_given": gettext_lazy("数值区间只给了一端。"),
    "interval_without_its_figure": gettext_lazy("数值不在所给区间内：%(zones)s。"),
    "zone_repeated": gettext_lazy("有区域重复。"),
    "indicator_repeated": gettext_lazy("有指标重复。"),
    "score_not_usable": gettext_lazy("得分不能为负数：%(zones)s。"),
    "cost_not_usable": gettext_lazy("费用不能为负数：%(zones)s。"),
    "demand_unknown": gettext_lazy("不认识的要求。"),
    "demand_half_given": gettext_lazy("有一条要求没有填全。"),
    "limit_not_a_number": gettext_lazy("要求中的数字应为零或正数。"),
    "pair_of_one": gettext_lazy("一对区域应是两个不同的区域。"),
    "zone_unknown": gettext_lazy("要求中的区域不在候选范围。"),
    "zone_not_chosen": gettext_lazy("所问的区域没有入选。"),
    "distance_not_positive": gettext_lazy("备选方案的数量和差别应为正数。"),
    "plan_not_proven": gettext_lazy("还没有证明是最优，不能计算代价。"),
    "no_draws": gettext_lazy("抽样次数应大于零。"),
    "solver_failed": gettext_lazy("求解程序出错。"),
    "solver_inexact": gettext_lazy("求解结果未通过核对。"),
}  # fmt: skip
STATUSES = {
    "best": gettext_lazy("已证明是最优选择"),
    "near": gettext_lazy("与最优相差不到千分之一"),
    "stopped": gettext_lazy("到时未能证明最优"),
    "infeasible": gettext_lazy("这些要求不能同时满足"),
    "no_candidates": gettext_lazy("没有候选区域"),
    "all_missing": gettext_lazy("全部缺数据，无法选择"),
}  # fmt: skip
METHODS = {
    "direct": gettext_lazy("直接打分"), "swing": gettext_lazy("摆幅法"), "ahp": gettext_lazy("两两比较（AHP）"),
    "spotis": gettext_lazy("本系统得分（SPOTIS）"), "topsis": "TOPSIS", "promethee": "PROMETHEE II",
}  # fmt: skip
SPREADS = {
    "around": gettext_lazy("在共同权重附近变动"), "between": gettext_lazy("在各方权重之间变动"), "anywhere": gettext_lazy("任意权重"),
}  # fmt: skip
STEPS = {
    "methods": gettext_lazy("评分与方法比较"), "choice": gettext_lazy("求最优选择"), "alternatives": gettext_lazy("备选方案"),
    "ties": gettext_lazy("并列方案"), "prices": gettext_lazy("各项要求的代价"), "replacements": gettext_lazy("替代代价"),
    "stability": gettext_lazy("稳定性"), "turns": gettext_lazy("权重变动"), "writing": gettext_lazy("保存结果"),
}  # fmt: skip
DEMANDS = {
    "budget": gettext_lazy("总费用不超过%(limit)s万元"),
    "count_least": gettext_lazy("至少选%(limit)s个"),
    "count_most": gettext_lazy("最多选%(limit)s个"),
    "former_least": gettext_lazy("至少%(limit)s个是往年示范区"),
    "town_least": gettext_lazy("%(town)s至少%(limit)s个"),
    "town_most": gettext_lazy("%(town)s最多%(limit)s个"),
    "kind_least": gettext_lazy("%(kind)s至少%(limit)s个"),
    "kind_most": gettext_lazy("%(kind)s最多%(limit)s个"),
    "forced_in": gettext_lazy("必须选%(zone)s"),
    "forced_out": gettext_lazy("不选%(zone)s"),
    "exclude": gettext_lazy("%(zone)s和%(other)s不能同时选"),
    "need": gettext_lazy("选%(zone)s就必须同时选%(other)s"),
}  # fmt: skip
REACHABLE = {
    "budget": gettext_lazy("其余要求都满足时，至少需要%(reachable)s万元"),
    "count_most": gettext_lazy("其余要求都满足时，至少要选%(reachable)s个"),
    "town_most": gettext_lazy("其余要求都满足时，至少要选%(reachable)s个"),
    "kind_most": gettext_lazy("其余要求都满足时，至少要选%(reachable)s个"),
    "": gettext_lazy("其余要求都满足时，最多只能有%(reachable)s个"),
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What zones, indicators and towns are called, from a frozen input or from what is there now."""

    zones: Mapping[int, str] = field(default_factory=dict)
    indicators: Mapping[str, str] = field(default_factory=dict)
    towns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, zones: Iterable[Mapping], indicators: Iterable[Mapping]) -> "Names":
        zones = list(zones)
        return cls(
            {each["pk"]: each["name"] for each in zones}, {each["key"]: indicator_name(each) for each in indicators},
            {each["town"]: each["town_name"] or each["town"] for each in zones},
        )  # fmt: skip

    def zone(self, pk) -> str:
        return f"“{self.zones.get(pk, pk)}”"

    def listed(self, pks: Iterable) -> str:
        pks = list(pks)
        shown = listed(self.zone(pk) for pk in pks[:NAMED_AT_MOST])
        return shown if len(pks) <= NAMED_AT_MOST else _("%(names)s等%(count)d个") % {"names": shown, "count": len(pks)}

    def indicator(self, key: str) -> str:
        return self.indicators.get(key, key)


NOBODY = Names()


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def indicator_name(declared: Mapping) -> str:
    return declared["name_en"] if is_english() and declared["name_en"] else declared["name"]


def unit_name(declared: Mapping) -> str:
    return declared["unit_en"] if is_english() and declared["name_en"] else declared["unit"]


def source_name(declared: Mapping) -> str:
    return declared["source_en"] if is_english() and declared["source_en"] else declared["source"]


def number(value: float | None, decimals: int = 2) -> str:
    """Without the zeros that say nothing."""
    if value is None:
        return "—"
    text = f"{value:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def listed(parts: Iterable[str]) -> str:
    return _("、").join(parts)


def with_note(text: str, note: str) -> str:
    return _("%(text)s（%(note)s）") % {"text": text, "note": note}


def headed(what: str, text: str) -> str:
    return _("%(what)s：%(text)s") % {"what": what, "text": text}


def finding_words(code: str, numbers: Mapping, names: Names = NOBODY) -> str:
    told = {}
    for name, value in numbers.items():
        if name == "zones" and isinstance(value, list | tuple):
            told[name] = names.listed(value)
        elif name == "zone":
            told[name] = names.zone(value)
        elif name == "indicator":
            told[name] = names.indicator(value)
        elif name == "methods":
            told[name] = listed(str(METHODS[each]) for each in value)
        else:
            told[name] = number(value) if isinstance(value, int | float) else value
    text = str(FINDINGS[code]) % _Lenient(told)
    return headed(str(STEPS[numbers["part"]]), text) if numbers.get("part") in STEPS else text


class _Lenient(dict):
    """A number that the engine did not give stays a dash: better than no page."""

    def __missing__(self, key: str) -> str:
        return "—"


def demand_words(demand: Mapping, names: Names) -> str:
    code, about = demand["code"], demand["about"]
    told = {"limit": number(demand["limit"])}
    if code.startswith("town"):
        told["town"] = names.towns.get(about[0], about[0])
    elif code.startswith("kind"):
        told["kind"] = kind_name(about[0])
    elif about:
        told |= {"zone": names.zone(about[0]), "other": names.zone(about[-1])}
    return str(DEMANDS[code]) % told


def kind_name(kind: str) -> str:
    return str(RectificationZone.Kind(kind).label) if kind in RectificationZone.Kind.values else kind


def party_words(party: Mapping, names: Names) -> str:
    """One demand of a clash, with how near it can come."""
    text, code = demand_words(party["demand"], names), party["demand"]["code"]
    if party["reachable"] is None:
        return text
    return with_note(text, str(REACHABLE.get(code, REACHABLE[""])) % {"reachable": number(party["reachable"])})


def replacement_words(found: Mapping, names: Names) -> str:
    """What a plan loses without one of its zones."""
    zone = names.zone(found["zone"])
    if found["loss"] is None:
        return _("没有%(zone)s，各项要求就不能同时满足。") % {"zone": zone}
    told = {"zone": zone, "loss": number(found["loss"], 3), "joined": names.listed(found["joined"])}
    also = [pk for pk in found["left"] if pk != found["zone"]]
    if not found["loss"]:
        text = _("没有%(zone)s，总分不变，可由%(joined)s替代。") if found["joined"] else _("没有%(zone)s，总分不变。")
    elif found["joined"]:
        text = _("没有%(zone)s，总分减少%(loss)s，由%(joined)s替代。")
    else:
        text = _("没有%(zone)s，总分减少%(loss)s，没有区域可以替代。")
    return text % told + (_("同时退出%(left)s。") % {"left": names.listed(also)} if also else "")


def price_words(price: Mapping) -> str:
    if not price["gain_at_most"]:
        return _("没有代价：去掉它也不会更好。")
    if price["gain_at_most"] > price["gain"]:
        return _("去掉它，总分最多可增加%(most)s。") % {"most": number(price["gain_at_most"], 3)}
    return _("去掉它，总分可增加%(gain)s。") % {"gain": number(price["gain"], 3)}


def turn_words(turn: Mapping, names: Names) -> str:
    """The nearest weight at which another choice is better."""
    told = {"indicator": names.indicator(turn["indicator"]), "now": number(100 * turn["now"], 1)}
    if turn["weight"] is None:
        higher = _("“%(indicator)s”的权重（现为%(now)s%%）再高，选择也不变。")
        lower = _("“%(indicator)s”的权重（现为%(now)s%%）再低，选择也不变。")
        return (higher if turn["direction"] == "up" else lower) % told
    told |= {"weight": number(100 * turn["weight"], 1), "joined": names.listed(turn["joined"]), "left": names.listed(turn["left"])}
    higher = _("“%(indicator)s”的权重从%(now)s%%升到%(weight)s%%以上，选择就变：")
    lower = _("“%(indicator)s”的权重从%(now)s%%降到%(weight)s%%以下，选择就变：")
    text = (higher if turn["direction"] == "up" else lower) % told
    return text + changes_words(turn["joined"], turn["left"], names)


def changes_words(joined, left, names: Names) -> str:
    parts = [_("换入%(zones)s") % {"zones": names.listed(joined)}] if joined else []
    parts += [_("换出%(zones)s") % {"zones": names.listed(left)}] if left else []
    return _("，").join(parts) + _("。") if parts else _("没有变化。")
