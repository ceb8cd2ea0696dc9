"""A decision as its page, DOCX and PDF show it: one arrangement of what the run froze and found, always in Chinese, as papers are."""
import hashlib
import json

from django.conf import settings
from django.utils import translation

from geo.layers import LegendClass
from zones.bulletins.content import NO_NUMBER, NUMERALS, Block, Document, Table
from zones.bulletins.freezing import outlines
from zones.bulletins.words import day_text
from zones.models import PlanDecision
from zones.periods import day_of
from zones.year_plans import result_pages
from zones.year_plans.decision import choices
from zones.year_plans.words import METHODS, Names, changes_words, number

# Goes up when the layout changes, so that kept files are made anew.
LAYOUT = 4
SHOWN_AT_MOST = 30
ANNEX = "选定区域、指标权重、备选组合和计算说明"
CAPTIONS = {"map": "图1　选定的示范区", "stability": "图2　权重变动时各区域的入选频率"}
CHOSEN, OTHER = "chosen", "other"
KINDS = (LegendClass(CHOSEN, "选定", "#2f7d5b", "选"), LegendClass(OTHER, "未选的候选区域", "#9aa6ab", "", "ring"))
STATES = {"draft": "草稿，未签发", "checked": "已审核，未签发", "signed": ""}
WHICH = {"best": "最优组合", "tie": "与最优并列的组合", "alternative": "备选组合"}


def document(found: PlanDecision) -> Document:
    with translation.override(settings.LANGUAGE_CODE):
        told, ordered = result_pages.told(found.run), result_pages.score_rows(found.run.frozen, found.run.result, _names(found))
        rows = {row["zone"]["pk"]: row for row in ordered}
        signed = found.signed_at
        texts = [("选定的区域", _zones(found, rows)), ("选择的依据", _basis(found, told)), ("选定理由", _reasons(found))]
        texts += [("比较和稳定性", _others(told)), ("不同意见", _minority(found))]
        return Document(
            bulletin=found, number=number_of(found) if signed else NO_NUMBER, red_head=f"{found.issuer}文件",
            blocks=[Block("", [_opening(found)]), *(Block(f"{NUMERALS[n]}、{head}", lines) for n, (head, lines) in enumerate(texts))],
            tables=_tables(found, told, rows), notes=_notes(found), day=day_of(signed) if signed else None, state=STATES[found.state],
            annex=ANNEX, captions=CAPTIONS,
        )  # fmt: skip


def number_of(found: PlanDecision) -> str:
    return f"{found.plan.division.name}示范区〔{found.plan.year}〕1号"


def digest(found: PlanDecision) -> str:
    """The same for the same paper: files are kept under it."""
    names = (
        "title", "issuer", "addressees", "state", "met_on", "people_count", "reasons", "minority", "alternative", "run_sha256", "signed_at",
    )  # fmt: skip
    text = json.dumps([getattr(found, name) for name in names], ensure_ascii=False, default=str)
    return hashlib.sha256(f"{LAYOUT} {text}".encode()).hexdigest()[:24]


def _opening(found: PlanDecision) -> str:
    frozen = found.run.frozen
    met = f"经{day_text(found.met_on)}会议研究（参会{found.people_count}人），" if found.met_on and found.people_count else "经会议研究，"
    return (
        f"{met}从{found.plan.division.name}在册的{len(frozen['zones'])}个治安重点整治区域中，"
        f"确定以下{len(found.chosen)}个区域为{found.plan.year}年度治安综合整治示范区。"
    )


def _zones(found: PlanDecision, rows: dict) -> list[str]:
    lines = []
    for place, pk in enumerate(_in_order(found, rows), 1):
        row, zone = rows[pk], rows[pk]["zone"]
        cost = f"，费用{row['cost']}万元" if zone["cost"] is not None else "，费用未知"
        why = f"主要因为{row['why']}。" if row["why"] else ""
        score = f"得分{row['score']}，列第{row['rank']}位" if row["rank"] else "指定入选，没有得分"
        lines.append(f"{place}．{zone['name']}（{zone['town_name']}，{zone['kind_name']}）：{score}{cost}。{why}")
    return lines


def _in_order(found: PlanDecision, rows: dict) -> list[int]:
    """By rank; those without one last."""
    return sorted(found.chosen, key=lambda pk: (rows[pk]["rank"] == 0, rows[pk]["rank"], pk))


def _basis(found: PlanDecision, told: dict) -> list[str]:
    frozen, result = found.run.frozen, found.run.result
    criteria, common = frozen["criteria"], result["weights"]["common"]
    own = "，为系统默认，非上级规定" if criteria["is_own_assumption"] else ""
    weights = "、".join(f"{each['name']}{number(100 * common[each['key']], 1)}%" for each in frozen["indicators"] if common[each["key"]])
    voices = "、".join(f"{each['stakeholder']}（{METHODS[each['method']]}）" for each in result["weights"]["stakeholders"])
    lines = [
        f"指标按《{criteria['title']}》（{criteria['version']}版{own}），取{frozen['as_of']}的登记数据；缺失的数据不按零计算。",
        f"权重由{voices}给出，合并为：{weights}。",
    ]
    if told["demands"]:
        lines.append(f"各项要求：{'；'.join(told['demands'])}。")
    return [*lines, f"计算结果：{told['verdict']}"]


def _reasons(found: PlanDecision) -> list[str]:
    lines = []
    if found.alternative:
        taken, names = choices(found.run)[found.alternative], _names(found)
        change = changes_words(taken["joined"], taken["left"], names)
        lines.append(f"会议采用{WHICH[taken['kind']]}，与最优组合相比：{change}总分减少{number(taken['loss'], 3)}。")
    return lines + ([line.strip() for line in found.reasons.split("\n") if line.strip()] or ["（未填写）"])


def _minority(found: PlanDecision) -> list[str]:
    return [line.strip() for line in found.minority.split("\n") if line.strip()] or ["会议没有不同意见。"]


def _names(found: PlanDecision) -> Names:
    return Names.of(found.run.frozen["zones"], found.run.frozen["indicators"])


def _others(told: dict) -> list[str]:
    count = len(told["alternatives"])
    lines = [f"除最优组合外，另算出{count}个有明显差别的备选组合，见附件。" if count else "没有算出其他符合要求的组合。"]
    if told["ties"]:
        lines.append(f"有{len(told['ties'])}个组合与最优组合总分相同。")
    if found := told["stability"]:
        text = f"权重变动{found['draws']}次，最优组合的{found['all']}个区域中有{found['firm']}个在八成以上的情况下仍然入选"
        lines.append(f"{text}；{found['loose']}在半数以下的情况下入选，取决于权重。" if found["loose"] else f"{text}。")
    if told["turns"] and told["turns"]["nearest"]:
        lines.append(f"最容易改变结果的权重变动：{told['turns']['nearest']}")
    return lines


def _tables(found: PlanDecision, told: dict, rows: dict) -> list[Table]:
    chosen = [_zone_line(rows[pk]) + (rows[pk]["stable"] or "—",) for pk in _in_order(found, rows)]
    tables = [
        Table("表1　选定的区域", (*ZONE_HEAD, "入选频率"), chosen, ZONE_WIDTHS),
        Table("表2　指标和权重", ("指标", "权重", "各方范围", "方向", "参考范围", "数据日期"), _weights(found), (28, 14, 26, 24, 32, 32)),
        Table("表3　组合比较", ("组合", "与最优组合相比", "总分减少", "费用（万元）"), _choices(found), (30, 80, 22, 24)),
    ]
    if told["prices"]:
        tables.append(Table("表4　各项要求的代价", ("要求", "代价"), told["prices"], (70, 86)))
    rest = [_zone_line(row) + (row["known"],) for pk, row in rows.items() if pk not in set(found.chosen)]
    if rest:
        count = f"前{SHOWN_AT_MOST}个，共{len(rest)}个" if len(rest) > SHOWN_AT_MOST else f"{len(rest)}个"
        caption = f"表{len(tables) + 1}　未选的候选区域（{count}）"
        tables.append(Table(caption, (*ZONE_HEAD, "已知权重"), rest[:SHOWN_AT_MOST], ZONE_WIDTHS))
    return tables


ZONE_HEAD, ZONE_WIDTHS = ("区域", "乡镇", "类别", "得分", "名次", "费用（万元）"), (54, 20, 24, 15, 11, 16, 16)


def _zone_line(row: dict) -> tuple[str, ...]:
    zone = row["zone"]
    return zone["name"], zone["town_name"], zone["kind_name"], row["score"], str(row["rank"] or "—"), row["cost"]


def _weights(found: PlanDecision) -> list[tuple[str, ...]]:
    common, lowest, highest = (found.run.result["weights"][name] for name in ("common", "lowest", "highest"))
    lines = []
    for each in found.run.frozen["indicators"]:
        share = lambda of, key=each["key"]: f"{number(100 * of[key], 1)}%"  # noqa: E731
        between = f"{number(each['low'])}～{number(each['high'])}{each['unit']}"
        direction = "越大越优先" if each["direction"] == "more" else "越小越优先"
        lines.append((each["name"], share(common), f"{share(lowest)}～{share(highest)}", direction, between, each["as_of"] or "—"))
    return lines


def _choices(found: PlanDecision) -> list[tuple[str, ...]]:
    names, lines = _names(found), []
    for place, each in enumerate(choices(found.run)):
        label = f"{WHICH[each['kind']]}{place or ''}{'（采用）' if place == found.alternative else ''}"
        change = changes_words(each["joined"], each["left"], names) if place else "—"
        lines.append((label, change, number(each["loss"], 3), number(each["cost"])))
    return lines


def _notes(found: PlanDecision) -> list[str]:
    frozen = found.run.frozen
    lines = [
        "说明：",
        f"所依据的计算编号{found.run_id}，方案“{frozen['scenario']['name']}”，随机种子{frozen['seed']}；同样的输入得到同样的结果。",
        f"输入和结果的摘要（SHA-256）：{found.run_sha256}。",
        "得分为各指标按参考范围折算后的加权和，0至1，越高越优先；入选频率为权重变动时仍然入选的比例。",
    ]  # fmt: skip
    lines += [f"{each['name']}：{each['source']}。" for each in frozen["indicators"]]
    if found.is_invented:
        lines.append("演示数据（虚构）：单位名称真实，数据和决定均为虚构。")
    return lines


def shapes(found: PlanDecision) -> dict:
    """For the map's picture and page: towns' outlines of today, and the zones as they were frozen."""
    frozen, chosen = found.run.frozen, set(found.chosen)
    zones = [
        {"name": zone["name"], "state": CHOSEN if zone["pk"] in chosen else OTHER, "rings": _rings(zone["outline"])}
        for zone in frozen["zones"] if zone["outline"]
    ]  # fmt: skip
    return {"outlines": outlines(found.division_id, day_of(found.drafted_at)), "zones": zones}


def _rings(outline: dict) -> list:
    parts = outline["coordinates"] if outline["type"] == "MultiPolygon" else [outline["coordinates"]]
    return [part[0] for part in parts]
