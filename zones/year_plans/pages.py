"""What the pages before a run show: the years, one year's candidates and scenarios, one scenario's weights and demands."""
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from geo.models import Job, User
from zones.models import Scenario, ScenarioRun, YearPlan
from zones.planning.demands import OF_ZONES
from zones.planning.findings import Unfit
from zones.planning.indicators import Indicator, Table
from zones.planning.weights import ACCEPTED_RATIO
from zones.year_plans import rights
from zones.year_plans.criteria import COST
from zones.year_plans.forms import PlanForm, ScenarioForm, ZoneDemandForm
from zones.year_plans.freezing import Candidates, criteria_of, gather
from zones.year_plans.opinions import told
from zones.year_plans.plans import is_cited
from zones.year_plans.words import (
    METHODS,
    SPREADS,
    STATUSES,
    Names,
    demand_words,
    finding_words,
    indicator_name,
    kind_name,
    number,
    source_name,
    unit_name,
)

PAGE_SIZE, RUNS_SHOWN = 50, 12


def listing(user: User, *, now: datetime, form: PlanForm | None = None) -> dict:
    rows = list(YearPlan.objects.visible_to(user).select_related("criteria", "division"))
    taken = {each.year for each in rows}
    year = next(each for each in range(now.year + (now.month > 9), now.year + 200) if each not in taken)
    for each in rows:
        each.scenario_count = Scenario.objects.visible_to(user).filter(plan=each).count()
    return {"plans": rows, "form": form or PlanForm(initial={"year": year}), "writes": rights.writers(user)}


def plan(found: YearPlan, user: User, query: Mapping[str, str], *, now: datetime, form: ScenarioForm | None = None) -> dict:
    """The candidates as the registers have them now, and the scenarios that the reader may see."""
    got = gather(found, by=user, now=now)
    names = Names.of(got.zones, got.indicators)
    scenarios = list(Scenario.objects.visible_to(user).filter(plan=found).select_related("created_by"))
    for each in scenarios:
        each.last = last_run(each)
        each.last_words = run_words(each.last) if each.last else ""
    rows = [{"zone": zone, "kind": kind_name(zone["kind"]), "cells": [number(value, 1) for value in values]}
            for zone, values in zip(got.zones, got.values, strict=True)]
    return {
        "plan": found, "decision": getattr(found, "decision", None),
        "writes": writes_now(user, found), "heads": heads(got.indicators), "own": list(found.own_indicators.all()),
        "page": Paginator(rows, PAGE_SIZE).get_page(query.get("page")), "findings": table_findings(got, names), "scenarios": scenarios,
        "form": form or ScenarioForm(None, Scenario.objects.visible_to(user).filter(plan=found)), "cost": COST,
        "has_cost": any(each["key"] == COST for each in got.indicators), "runs_done": sum(each.last is not None for each in scenarios),
    }  # fmt: skip


def writes_now(user: User, found: YearPlan) -> bool:
    return rights.writers(user, found) and found.state == YearPlan.State.DRAFT


def heads(indicators: Sequence[Mapping]) -> list[dict]:
    """Declared indicators in the reader's words."""
    directions = {"more": ("↑", _("越大越优先")), "less": ("↓", _("越小越优先"))}
    return [
        {
            "key": each["key"], "name": indicator_name(each), "unit": unit_name(each), "source": source_name(each), "as_of": each["as_of"],
            "arrow": directions[each["direction"]][0], "direction": directions[each["direction"]][1], "own": each["own"],
            "low": number(each["low"]), "high": number(each["high"]),
        }
        for each in indicators
    ]  # fmt: skip


def table_findings(got: Candidates, names: Names) -> list[str]:
    declared = [Indicator(each["key"], each["unit"], each["direction"], each["low"], each["high"]) for each in got.indicators]
    values = np.array([[np.nan if value is None else value for value in row] for row in got.values], float)
    table = Table(tuple(each["pk"] for each in got.zones), tuple(declared), values.reshape(len(got.zones), len(declared)))
    return [finding_words(each.code, each.numbers, names) for each in table.findings()]


def last_run(scenario: Scenario) -> ScenarioRun | None:
    """The newest finished one."""
    return scenario.runs.everywhere("of a scenario that the reader may see").done().select_related("job").order_by("-pk").first()


def run_words(run: ScenarioRun) -> str:
    if run.cancelled_at and run.result is None:
        return _("已取消")
    if run.job.state != Job.State.DONE:
        return run.job.get_state_display()
    status, chosen = STATUSES[run.result["status"]], len(run.result["chosen"])
    return _("选出%(count)d个，%(status)s") % {"count": chosen, "status": status} if chosen else str(status)


def scenario(found: Scenario, user: User, *, now: datetime) -> dict:
    got = gather(found.plan, by=user, now=now)
    names = Names.of(got.zones, got.indicators)
    runs = list(found.runs.everywhere("of a scenario that the reader may see").select_related("job", "started_by")[:RUNS_SHOWN])
    for each in runs:
        each.words = run_words(each)
    return {
        "scenario": found, "plan": found.plan, "edits": edits(user, found), "writes": writes_now(user, found.plan),
        "weights": weights(found.document["opinions"], got.indicators, names), "runs": runs, "spread": SPREADS[found.document["spread"]],
        "demands": [demand_words(each, names) for each in found.document["demands"]], "document": found.document,
        "bonus": number(found.document["bonus"], 3),
        "is_running": any(each.job.state in (Job.State.WAITING, Job.State.RUNNING) and not each.cancelled_at for each in runs),
        "is_cited": is_cited(found),
    }  # fmt: skip


def edits(user: User, found: Scenario) -> bool:
    return writes_now(user, found.plan) and found.created_by_id == user.pk


def weights(opinions: Sequence[Mapping], indicators: Sequence[Mapping], names: Names) -> dict:
    """Stakeholders side by side, their common weights, and how far they agree; `trouble` in words where they give no weights."""
    try:
        _agreement, _read, found = told(opinions, [each["key"] for each in indicators])
    except Unfit as unfit:
        return {"trouble": finding_words(unfit.code, unfit.numbers, names)}
    return weights_told(found, indicators, names)


def weights_told(found: Mapping, indicators: Sequence[Mapping], names: Names) -> dict:
    rows = [
        {
            "name": indicator_name(each), "common": _percent(found["common"][each["key"]]), "share": found["common"][each["key"]],
            "range": f"{_percent(found['lowest'][each['key']])}–{_percent(found['highest'][each['key']])}",
            "cells": [_percent(one["weights"][each["key"]]) for one in found["stakeholders"]],
        }
        for each in indicators
    ]  # fmt: skip
    stakeholders = [
        {
            "name": each["stakeholder"], "method": METHODS[each["method"]], "voice": number(each["voice"]),
            "distance": _percent(each["distance"]),
            "ratio": None if each["ratio"] is None else number(each["ratio"], 3),
            "consistent": each["ratio"] is None or each["ratio"] < ACCEPTED_RATIO, "doubtful": _doubtful(each["doubtful"], names),
        }
        for each in found["stakeholders"]
    ]  # fmt: skip
    farthest = max(found["stakeholders"], key=lambda each: each["distance"])
    return {
        "rows": rows, "stakeholders": stakeholders,
        "findings": [finding_words(each["code"], each["numbers"], names) for each in found["findings"]],
        "farthest": farthest["stakeholder"] if len(stakeholders) > 1 and farthest["distance"] > 0 else "",
        "farthest_share": _percent(farthest["distance"]), "line": number(ACCEPTED_RATIO),
    }  # fmt: skip


def _doubtful(found: Sequence | None, names: Names) -> str:
    if not found:
        return ""
    first, second, judged, implied = found
    told_as = {"first": names.indicator(first), "second": names.indicator(second), "judged": _times(judged), "implied": _times(implied)}
    return _("最可疑的一对：%(first)s与%(second)s，判断为%(judged)s，按全部比较应约为%(implied)s。") % told_as


def _times(value: float) -> str:
    return _("%(n)s倍") % {"n": number(value, 1)} if value >= 1 else _("1/%(n)s倍") % {"n": number(1 / value, 1)}


def _percent(share: float) -> str:
    return f"{number(100 * share, 1)}%"


def demands(found: Scenario, user: User, limits, form: ZoneDemandForm | None, got: Candidates) -> dict:
    names = Names.of(got.zones, got.indicators)
    about = [each for each in found.document["demands"] if each["code"] in OF_ZONES]
    return {
        "scenario": found, "plan": found.plan, "form": limits, "zone_form": form or ZoneDemandForm(None, got.zones),
        "zone_demands": [(f"{each['code']}:{','.join(map(str, each['about']))}", demand_words(each, names)) for each in about],
        "has_cost": any(zone["cost"] is not None for zone in got.zones),
        "costless": sum(zone["cost"] is None for zone in got.zones), "zone_count": len(got.zones),
    }  # fmt: skip


def own(found: YearPlan, key: str) -> dict:
    """What the form of an own indicator begins with: what it said before, or for the cost what the criteria declare."""
    known = found.own_indicators.filter(key=key).first() if key else None
    if known:
        return {name: getattr(known, name) for name in ("name", "unit", "direction", "low", "high", "source", "as_of")}
    if key == COST:
        cost = criteria_of(found).cost
        return {"name": cost.name, "unit": cost.unit, "direction": cost.direction, "low": cost.low, "high": cost.high}
    return {}
