"""A run as a workbook: the choice, every zone with its scores and figures, weights, demands, stability, alternatives, differences."""
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from geo.workbooks import write_workbook
from zones.models import ScenarioRun
from zones.year_plans import result_pages
from zones.year_plans.words import METHODS, Names, headed, indicator_name, kind_name, source_name, unit_name, with_note


def workbook(run: ScenarioRun, before: Iterable[tuple] = ()) -> bytes:
    """`before`: sheets that come first."""
    frozen, result, told = run.frozen, run.result, result_pages.told(run)
    names = Names.of(frozen["zones"], frozen["indicators"])
    note = [
        told["verdict"], _("数据日期：%(day)s；指标：%(criteria)s；随机种子：%(seed)s")
        % {"day": frozen["as_of"], "criteria": f"{frozen['criteria']['title']} {frozen['criteria']['version']}", "seed": frozen["seed"]},
    ]  # fmt: skip
    if frozen["criteria"]["is_own_assumption"]:
        note.append(_("指标、参考范围和默认权重为系统默认，非上级规定。"))
    out, lines = io.BytesIO(), (*told["findings"], *told["left_out"], *told["replacements"], *_clash(told))
    write_workbook(out, [
        *before, _zones(frozen, result, note), _figures(frozen, names), _weights(frozen, result), _demands(told), _beside(told),
        _stability(result, names, told), (_("说明"), (_("说明"),), [(line,) for line in lines], note),
    ])  # fmt: skip
    return out.getvalue()


def _zones(frozen: dict, result: dict, note: list[str]) -> tuple:
    chosen = set(result["chosen"])
    other = {each["method"]: each["ranks"] for each in result["methods"]["rankings"]}
    stable = {each["zone"]: each["chosen"] for each in result["stability"]["zones"]} if result["stability"] else {}
    heads = (
        _("名次"), _("区域"), _("乡镇"), _("类别"), _("入选"), _("得分"), _("最低可能"), _("最高可能"), _("已知权重"), _("费用（万元）"),
        _("往年示范区"), _("入选频率"), *(_("%(indicator)s：贡献") % {"indicator": indicator_name(each)} for each in frozen["indicators"]),
        *(_("%(method)s名次") % {"method": METHODS[name]} for name in other),
    )  # fmt: skip
    rows = []
    for place, (zone, score) in enumerate(zip(frozen["zones"], result["scores"], strict=True)):
        rows.append((
            score["rank"] or None, zone["name"], zone["town_name"], kind_name(zone["kind"]), _yes(zone["pk"] in chosen), score["score"],
            score["lowest"], score["highest"], score["known_share"], zone["cost"], _yes(zone["former"]), stable.get(zone["pk"]),
            *(score["contributions"].get(each["key"]) for each in frozen["indicators"]),
            *(ranks[place] or None for ranks in other.values()),
        ))  # fmt: skip
    rows.sort(key=lambda row: (row[0] is None, row[0]))
    return _("选择与得分"), heads, rows, note


def _yes(value: bool) -> str:
    return _("是") if value else ""


def _figures(frozen: dict, names: Names) -> tuple:
    heads = (_("区域编号"), _("区域"), *(with_note(indicator_name(each), unit_name(each) or "—") for each in frozen["indicators"]))
    rows = [(zone["pk"], zone["name"], *values) for zone, values in zip(frozen["zones"], frozen["values"], strict=True)]
    sources = [headed(indicator_name(each), with_note(source_name(each), each["as_of"] or "—")) for each in frozen["indicators"]]
    return _("指标数据"), heads, rows, [_("空白为缺失，不是零。"), *sources]


def _weights(frozen: dict, result: dict) -> tuple:
    found = result["weights"]
    who = [with_note(each["stakeholder"], str(METHODS[each["method"]])) for each in found["stakeholders"]]
    heads = (_("指标"), _("共同权重"), _("最低"), _("最高"), *who)
    rows = [
        (indicator_name(each), found["common"][each["key"]], found["lowest"][each["key"]], found["highest"][each["key"]],
         *(one["weights"][each["key"]] for one in found["stakeholders"]))
        for each in frozen["indicators"]
    ]  # fmt: skip
    ratios = [
        _("%(who)s：一致性比率%(ratio).3f") % {"who": each["stakeholder"], "ratio": each["ratio"]}
        for each in found["stakeholders"] if each["ratio"] is not None
    ]  # fmt: skip
    return _("权重"), heads, rows, ratios


def _demands(told: dict) -> tuple:
    priced = dict(told["prices"])
    return _("要求"), (_("要求"), _("代价")), [(each, priced.get(each, "")) for each in told["demands"]], []


def _beside(told: dict) -> tuple:
    rows = [(_("并列"), each["change"], each["loss"], each["cost"], each["distance"]) for each in told["ties"]]
    others = enumerate(told["alternatives"], 1)
    rows += [(str(number), each["change"], each["loss"], each["cost"], each["distance"]) for number, each in others]
    return _("备选方案"), (_("备选"), _("变化"), _("总分减少"), _("费用（万元）"), _("相差区域数")), rows, []


def _stability(result: dict, names: Names, told: dict) -> tuple:
    zones = result["stability"]["zones"] if result["stability"] else []
    rows = [(names.zones[each["zone"]], each["chosen"], each["margin"], *each["ranks"]) for each in zones]
    count = max((len(each["ranks"]) for each in zones), default=0)
    heads = (_("区域"), _("入选频率"), _("误差"), *(_("第%(n)d名的频率") % {"n": place + 1} for place in range(count)))
    turns = told["turns"]
    return _("稳定性"), heads, rows, [turns["nearest"], *turns["rows"]] if turns else []


def _clash(told: dict) -> list[str]:
    found = told["clash"]
    if not found:
        return []
    return [_("互相冲突的要求："), *found["parties"], _("放弃下列要求，其余都能满足："), *found["give_way"]]
