"""Every code of zones/effect in plain words. A test walks the codes: one without words does not pass."""
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zones.effect import displacement as ring
from zones.effect import verdict

Numbers = Mapping[str, float]

VERDICTS = {
    verdict.BETTER: gettext_lazy("有成效：示范区比可比区域好"),
    verdict.WORSE: gettext_lazy("变差：示范区比可比区域差"),
    verdict.NO_DIFFERENCE: gettext_lazy("没有看出差别"),
    verdict.NOT_TOLD: gettext_lazy("说不清"),
}
MARKS = {verdict.BETTER: "▼", verdict.WORSE: "▲", verdict.NO_DIFFERENCE: "＝", verdict.NOT_TOLD: "？"}


def number(value: float) -> str:
    """Two figures that count: 0.034, 0.34, 3.4, 34."""
    size = abs(value)
    digits = 0 if size >= 10 else 1 if size >= 1 else 2 if size >= 0.1 or not size else 3
    return f"{value:.{digits}f}"


def percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.095 or not share else f"{100 * share:.1f}%"


def _too_few_units(n: Numbers) -> str:
    if "treated" in n:
        return _("能配上对的示范区只有%(count)d个，至少要%(least)d个。") % {"count": n["treated"], "least": n["least"]}
    return _("能配上对的对照区域只有%(count)d个，至少要%(least)d个。") % {"count": n["others"], "least": n["least"]}


REASONS: Mapping[str, Callable[[Numbers], str]] = {
    "units_incomplete": lambda n: _("%(count)d个区域有的月份没有数据，没有计入。") % n,
    "too_few_units": _too_few_units,
    "too_few_months": lambda n: _("确定前有数据的月份%(before)d个，确定后%(after)d个，前后都至少要%(least)d个。") % n,
    "no_incidents": lambda n: _("这些区域在这段时间里没有一起警情，无从比较。"),
    "not_comparable": lambda n: _("配对之后，示范区和对照区域在确定前仍不相像，不能归因于示范。"),
    "few_units": lambda n: _("示范区%(treated)d个、对照%(others)d个，都不多（通常要%(usual)d个以上）：区间按小样本计算，会宽一些。") % n,
    "least_visible": lambda n: _("按现有的数量，每个区域每月相差%(effect)s起以上才看得出来，更小的成效看不出，不等于没有。")
    % {"effect": number(n["effect"])},
    "randomisation_disagrees": lambda n: _("随机打乱“示范”的名分后，%(p)s的情形也有这样大的差别，可能是偶然。") % {"p": percent(n["p"])},
    "trends_not_parallel": lambda n: _("确定之前，两组的走势就不一样（每月相差%(slope)s起），之后的差别不能归因于示范。")
    % {"slope": number(n["slope"])},
    "effect_before_start": lambda n: _("假设示范早开始几个月，也会“看出”%(effect)s起的差别，而那时还没有示范：这样的比较靠不住。")
    % {"effect": number(n["effect"])},
    "chosen_for_a_bad_year": lambda n: _(
        "示范区正好是在警情特别多的一年之后选出的，之后回落本来就会发生（每月约%(fall)s起），不能算成成效。"
    )
    % {"fall": number(n["expected_fall"])},
}  # fmt: skip

RINGS = {
    ring.DISPLACED: gettext_lazy("外围环的警情多了：可能有一部分移到了周边。"),
    ring.DIFFUSED: gettext_lazy("外围环的警情也少了：周边跟着受益。"),
    ring.NEITHER: gettext_lazy("看不出移到周边，也看不出周边受益。"),
    ring.NO_SUCCESS: gettext_lazy("示范区相对于对照没有减少，谈不上移到周边。"),
    ring.NOT_TOLD: gettext_lazy("警情太少，移没移到周边说不清。"),
}

# What is checked, and what it says when it passes, when it fails, and when the data do not allow it.
CHECKS = {
    "balance": (
        gettext_lazy("两组是否相像"), gettext_lazy("配对后各项差异都在0.25个标准差以内。"),
        gettext_lazy("配对后仍有差异超过0.25个标准差。"), gettext_lazy("没有配上对的区域。"),
    ),
    "trends": (
        gettext_lazy("确定前走势是否一致"), gettext_lazy("两组走势没有看出不同。"), gettext_lazy("两组走势已经不同。"),
        gettext_lazy("数据不够，没有检验。"),
    ),
    "placebo_in_time": (
        gettext_lazy("假设提前开始（安慰剂检验）"), gettext_lazy("没有“看出”不该有的成效。"), gettext_lazy("“看出”了不该有的成效。"),
        gettext_lazy("数据不够，没有检验。"),
    ),
    "bad_year": (
        gettext_lazy("是否因为那一年特别差才选中"), gettext_lazy("没有看出是从特别差的一年里选出来的。"),
        gettext_lazy("选中前一年特别差，回落本来就会发生。"), gettext_lazy("确定前不足13个月，无从检验：回落可能是自然的，结论要留余地。"),
    ),
    "placebo_in_place": (
        gettext_lazy("对照区域随机分两半（安慰剂检验）"), gettext_lazy("两半之间很少“看出”差别，方法可靠。"),
        gettext_lazy("两半之间也常“看出”差别，方法在这里偏松。"), gettext_lazy("数据不够，没有检验。"),
    ),
}  # fmt: skip

BALANCE = {
    "level": gettext_lazy("确定前警情多少"), "course": gettext_lazy("确定前警情走势"), "households": gettext_lazy("户数"),
    "hectares": gettext_lazy("面积"),
}  # fmt: skip

LEFT_OUT = {
    "not_listed": gettext_lazy("未挂牌（拟挂牌或不予挂牌）"),
    "other_year": gettext_lazy("这段时间里是别的年度的示范区"),
    "near": gettext_lazy("离示范区太近，可能受其影响"),
}

METHODS = {
    "welch": gettext_lazy("区域少，区间按韦尔奇t分布计算。"),
    "bootstrap_t": gettext_lazy("区间按自助t法计算（对区域重抽样）。"),
}

GROUPS = {"zones": gettext_lazy("示范区"), "rings": gettext_lazy("外围环"), "others": gettext_lazy("对照区域")}


def reason(code: str, numbers: Numbers) -> str:
    return REASONS[code](numbers)


def sentences(result: Mapping, level: float) -> list[str]:
    """The answer as a county meeting would say it: the difference, its interval, and how likely chance alone would do that."""
    found = result["estimate"]
    if found is None:
        return []
    facts = {"size": number(abs(found["effect"])), "low": number(found["low"]), "high": number(found["high"]), "level": percent(level)}
    if found["effect"] < 0:
        told = _("示范区比对照区域平均每个每月少%(size)s起（%(level)s区间：%(low)s 至 %(high)s，负数为少）。") % facts
    else:
        told = _("示范区比对照区域平均每个每月多%(size)s起（%(level)s区间：%(low)s 至 %(high)s，负数为少）。") % facts
    said = [told]
    if found["share"] is not None:
        share = percent(abs(found["share"]))
        fewer, more = _("相当于本来会有的少%(share)s。"), _("相当于本来会有的多%(share)s。")
        said.append((fewer if found["effect"] < 0 else more) % {"share": share})
    chance = {"p": percent(found["p"])}
    said.append(_("把“示范”的名分随机打乱，有%(p)s的情形能出现这样大的差别（越小越不像偶然）。") % chance)
    return said


def meaning(code: str) -> str:
    """What may be said of it, and what may not."""
    return {
        verdict.BETTER: _("区间和随机检验都指向减少，各项检验没有发现问题。仍只是与可比区域相比，不是试验。"),
        verdict.WORSE: _("区间和随机检验都指向增多，各项检验没有发现问题。先看是不是登记更全了，再看措施。"),
        verdict.NO_DIFFERENCE: _("差别可能为零，也可能在区间之内。不能说有成效，也不能说没有成效。"),
        verdict.NOT_TOLD: _("下面的原因使数字不能用来下结论；数字只供参考，不要写进成绩。"),
    }[code]


def ring_sentences(code: str, found: Mapping | None) -> list[str]:
    """Where no effect is seen in the zones themselves, nothing is claimed of the ring either."""
    if code in (verdict.NO_DIFFERENCE, verdict.NOT_TOLD):
        return [_("示范区本身没有看出成效，移没移到周边无从谈起；数字只供参考。")]
    if found is None:
        return [_("前后没有同样长的时间可比，移没移到周边说不清。")]
    said = [str(RINGS[found["code"]])]
    if found["quotient"] is not None and found["low"] is not None:
        facts = {"q": number(found["quotient"]), "low": number(found["low"]), "high": number(found["high"])}
        said.append(_("加权转移商 %(q)s（区间 %(low)s 至 %(high)s）：小于0为移出，大于0为周边受益。") % facts)
    if found["net"] is not None and found["code"] != ring.NOT_TOLD:
        size = {"net": number(abs(found["net"]))}
        fewer, more = _("连同外围环，比按对照的走势估计共少%(net)s起。"), _("连同外围环，比按对照的走势估计共多%(net)s起。")
        said.append((fewer if found["net"] >= 0 else more) % size)
    return said


def unmatched(names: str) -> str:
    return _("没有可比的区域，没有计入：%(names)s。") % {"names": names}


def incomplete(names: str) -> str:
    return _("有的月份登记不全或没有户数，没有计入：%(names)s。") % {"names": names}


def figures(code: str, numbers: Numbers) -> str:
    """A check's own figures in short; nothing where it was not made."""
    if not numbers:
        return ""
    shown = {name: number(value) for name, value in numbers.items()}
    match code:
        case "balance":
            return _("最大差异%(worst)s个标准差") % shown
        case "trends":
            return _("走势每月相差%(slope)s起（区间 %(low)s 至 %(high)s）") % shown
        case "placebo_in_time":
            return _("假的差别%(effect)s起（区间 %(low)s 至 %(high)s）") % shown
        case "bad_year":
            return _("偏离%(z)s个标准误") % shown
        case _:
            return _("%(share)s的分法“看出”差别，应约%(usual)s") % {name: percent(value) for name, value in numbers.items()}
