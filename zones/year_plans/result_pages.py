"""What the page of a run shows, from its two documents alone, so that an old run is told as it was."""
from collections.abc import Mapping
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from geo.models import Job, User
from zones.models import ScenarioRun
from zones.year_plans import runs
from zones.year_plans.differences import differences
from zones.year_plans.pages import edits, heads, weights_told, writes_now
from zones.year_plans.words import (
    METHODS,
    SPREADS,
    STATUSES,
    Names,
    changes_words,
    demand_words,
    finding_words,
    indicator_name,
    kind_name,
    listed,
    number,
    party_words,
    price_words,
    replacement_words,
    turn_words,
)

ROWS_SHOWN, BARS_SHOWN = 30, 20
BAR_LEFT, BAR_WIDTH, BAR_STEP = 230, 420, 26


def page(run: ScenarioRun, user: User, *, now: datetime) -> dict:
    open_now = run.job.state in runs.OPEN
    context = {
        "run": run, "scenario": run.scenario, "plan": run.scenario.plan, "job": run.job, "waits": open_now and not run.cancelled_at,
        "cancels": open_now and not run.cancelled_at and writes_now(user, run.scenario.plan), "failed": run.job.state == Job.State.FAILED,
        "edits": edits(user, run.scenario), "writes": writes_now(user, run.scenario.plan), "stale": is_stale(run),
    }  # fmt: skip
    return context | (told(run) if run.result is not None else {})


def is_stale(run: ScenarioRun) -> bool:
    """Whether the scenario asks for something else by now."""
    document = run.scenario.document
    return run.frozen["seed"] != run.scenario.seed or any(run.frozen[name] != value for name, value in document.items())


def told(run: ScenarioRun) -> dict:
    frozen, result = run.frozen, run.result
    names = Names.of(frozen["zones"], frozen["indicators"])
    rows = score_rows(frozen, result, names)
    before = runs.previous(run)
    return {
        "result": result, "frozen": frozen, "status": STATUSES[result["status"]], "verdict": verdict(frozen, result),
        "chosen": [row for row in rows if row["chosen"]], "rows": rows[:ROWS_SHOWN], "row_count": len(rows), "shown": ROWS_SHOWN,
        "heads": heads(frozen["indicators"]), "findings": _findings(result["findings"], names),
        "clash": clash(result["clash"], names), "ties": [beside(each, names) for each in result["ties"]],
        "alternatives": [beside(each, names) for each in result["alternatives"]],
        "prices": [(demand_words(each["demand"], names), price_words(each)) for each in result["prices"]],
        "replacements": [replacement_words(each, names) for each in result["replacements"]],
        "weights": weights_told(result["weights"], frozen["indicators"], names),
        "demands": [demand_words(each, names) for each in frozen["demands"]],
        "stability": stability(frozen, result, names), "turns": turns(result, names),
        "left_out": _findings(result["left_out"], names),
        "methods": methods(result, names), "before": before, "differences": differences(before, run) if before else [],
        "map": map_config(run, names), "sliders": sliders(frozen, result),
    }  # fmt: skip


def _findings(found: list, names: Names) -> list[str]:
    return [finding_words(each["code"], each["numbers"], names) for each in found]


def verdict(frozen: Mapping, result: Mapping) -> str:
    """The result in one sentence."""
    if result["status"] in ("infeasible", "no_candidates", "all_missing"):
        return f"{STATUSES[result['status']]}{_('。')}"
    facts = {
        "count": len(result["chosen"]), "all": len(frozen["zones"]), "worth": number(result["objective"], 3),
        "cost": number(result["cost"]), "status": STATUSES[result["status"]],
    }  # fmt: skip
    if not result["chosen"]:
        return _("在这些要求下一个区域也选不出。")
    if all(zone["cost"] is None for zone in frozen["zones"]):
        return _("从%(all)d个区域中选出%(count)d个，总分%(worth)s，%(status)s。") % facts
    return _("从%(all)d个区域中选出%(count)d个，总分%(worth)s，费用%(cost)s万元，%(status)s。") % facts


def score_rows(frozen: Mapping, result: Mapping, names: Names) -> list[dict]:
    """Zones in the order of their scores; those that are not compared last."""
    chosen = set(result["chosen"])
    stable = {each["zone"]: each for each in result["stability"]["zones"]} if result["stability"] else {}
    pks = [zone["pk"] for zone in frozen["zones"]]
    other = {each["method"]: dict(zip(pks, each["ranks"], strict=True)) for each in result["methods"]["rankings"]}
    replacement = {each["zone"]: each for each in result["replacements"]}
    found = []
    for zone, score in zip(frozen["zones"], result["scores"], strict=True):
        pk = zone["pk"]
        parts = [(key, value) for key, value in score["contributions"].items() if value is not None]
        best = sorted(parts, key=lambda part: -part[1])[:3]
        found.append({
            "zone": zone, "kind": kind_name(zone["kind"]), "chosen": pk in chosen, "rank": score["rank"],
            "score": number(score["score"], 3),
            "between": f"{number(score['lowest'], 2)}–{number(score['highest'], 2)}", "known": _share(score["known_share"]),
            "is_whole": score["known_share"] > 0.9995, "cost": number(zone["cost"]),
            "parts": [number(score["contributions"].get(each["key"]), 3) for each in frozen["indicators"]],
            "why": listed(f"{names.indicator(key)} {number(value, 2)}" for key, value in best if value > 0),
            "stable": _share(stable[pk]["chosen"]) if pk in stable else "",
            "others": [(METHODS[name], ranks[pk]) for name, ranks in other.items()],
            "replacement": replacement_words(replacement[pk], names) if pk in replacement else "",
        })  # fmt: skip
    return sorted(found, key=lambda row: (row["rank"] == 0, row["rank"], row["zone"]["pk"]))


def _share(share: float) -> str:
    return f"{number(100 * share, 0)}%"


def clash(found: Mapping | None, names: Names) -> dict | None:
    if found is None:
        return None
    return {
        "parties": [party_words(each, names) for each in found["parties"]], "smallest": found["smallest"],
        "give_way": [demand_words(each, names) for each in found["give_way"]],
    }  # fmt: skip


def beside(found: Mapping, names: Names) -> dict:
    return {
        "change": changes_words(found["joined"], found["left"], names), "loss": number(found["loss"], 3), "cost": number(found["cost"]),
        "distance": found["distance"], "worth": number(found["objective"], 3), "proven": found["status"] == "best",
    }  # fmt: skip


def stability(frozen: Mapping, result: Mapping, names: Names) -> dict | None:
    """Bars of how often a zone is in, the chosen ones first, then those that come nearest."""
    found = result["stability"]
    if found is None:
        return None
    chosen = set(result["chosen"])
    rows = sorted(found["zones"], key=lambda each: (each["zone"] not in chosen, -each["chosen"], each["zone"]))
    rows = [each for each in rows if each["zone"] in chosen or each["chosen"] > 0][:BARS_SHOWN]
    bars = []
    for place, each in enumerate(rows):
        y, share, margin = place * BAR_STEP + 4, each["chosen"], each["margin"]
        low, high = max(0, share - margin), min(1, share + margin)
        bars.append({
            "name": names.zones[each["zone"]][:16], "zone": names.zones[each["zone"]], "is_chosen": each["zone"] in chosen,
            "percent": _share(share), "y": y, "text_y": y + 14, "middle": y + 9, "left": BAR_LEFT, "width": f"{share * BAR_WIDTH:.1f}",
            "low": f"{BAR_LEFT + low * BAR_WIDTH:.1f}", "high": f"{BAR_LEFT + high * BAR_WIDTH:.1f}",
            "first": _share(each["ranks"][0]) if each["ranks"] else "",
            "view": _view(each["central"], names), "margin": f"±{_share(margin)}" if margin else "",
        })  # fmt: skip
    firm = [each for each in rows if each["zone"] in chosen and each["chosen"] >= FIRM]
    loose = [names.zone(each["zone"]) for each in rows if each["zone"] in chosen and each["chosen"] < LOOSE]
    return {
        "bars": bars, "height": len(bars) * BAR_STEP + 8, "width": BAR_LEFT + BAR_WIDTH + 110, "label_x": BAR_LEFT + BAR_WIDTH + 12,
        "exact": found["exact"], "draws": found["draws"], "sampled": found["sampled"], "seed": found["seed"],
        "spread": SPREADS[frozen["spread"]], "firm": len(firm), "all": len(chosen), "loose": listed(loose),
    }  # fmt: skip


FIRM, LOOSE = 0.8, 0.5  # our own words for "firm" and "hangs on the weights"


def _view(central: Mapping | None, names: Names) -> str:
    if not central:
        return ""
    best = sorted(central.items(), key=lambda each: -each[1])[:3]
    return listed(f"{names.indicator(key)} {_share(weight)}" for key, weight in best)


def turns(result: Mapping, names: Names) -> dict | None:
    """The nearest turn in a sentence, and all of them."""
    found = result["turns"]
    if not found:
        return None
    turning = [each for each in found if each["weight"] is not None]
    return {"nearest": turn_words(turning[0], names) if turning else "", "rows": [turn_words(each, names) for each in turning[1:]],
            "never": len(found) - len(turning)}


def methods(result: Mapping, names: Names) -> dict:
    rows = [
        {"name": METHODS[each["method"]], "findings": [finding_words(one["code"], one["numbers"], names) for one in each["findings"]]}
        for each in result["methods"]["rankings"]
    ]
    pairs = [
        {"names": f"{METHODS[each['first']]} / {METHODS[each['second']]}", "zones": each["zones"], "spearman": number(each["spearman"]),
         "kendall": number(each["kendall"])}
        for each in result["methods"]["correlations"]
    ]  # fmt: skip
    return {"rows": rows, "pairs": pairs, "names": [each["name"] for each in rows]}


def sliders(frozen: Mapping, result: Mapping) -> list[dict]:
    common = result["weights"]["common"]
    return [
        {"key": each["key"], "name": indicator_name(each), "value": round(100 * common[each["key"]], 1)} for each in frozen["indicators"]
    ]


def map_config(run: ScenarioRun, names: Names) -> dict:
    """For zones/plan_run.js: what it needs to score the zones again by other weights, and to draw them."""
    frozen, result = run.frozen, run.result
    towns = {zone["town"]: zone["town_name"] for zone in frozen["zones"]}
    return {
        "zones": [
            {name: zone[name] for name in ("pk", "name", "point", "outline")}
            | {"url": reverse("zone", args=[zone["pk"]]), "town": towns[zone["town"]], "kind": kind_name(zone["kind"])}
            for zone in frozen["zones"]
        ],
        "indicators": [{name: each[name] for name in ("key", "low", "high", "direction")} | {"name": names.indicator(each["key"])}
                       for each in frozen["indicators"]],
        "values": frozen["values"], "leastKnown": frozen["least_known"], "chosen": result["chosen"],
        "ranks": [each["rank"] for each in result["scores"]], "outlines": reverse("campaign_outlines"),
        "words": {
            "failed": _("地图没有取到数据，请刷新页面。"), "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
            "open": _("打开"),
            "zoomIn": _("放大"), "zoomOut": _("缩小"), "close": _("关闭"), "title": _("地图"), "twoFingers": _("用两个手指移动地图"),
            "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"), "score": _("得分"), "rank": _("名次"),
            "chosen": _("已入选"), "none": _("不参加比较"),
            "zero": _("权重不能全部为零。"), "up": _("上升{n}名"), "down": _("下降{n}名"), "same": _("名次不变"),
        },
    }  # fmt: skip
