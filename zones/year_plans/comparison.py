"""Scenarios side by side by their newest finished runs: what each chose, how it weighs, what it costs."""
from collections import Counter
from collections.abc import Sequence

from zones.models import Scenario, ScenarioRun, YearPlan
from zones.year_plans.pages import last_run
from zones.year_plans.words import STATUSES, Names, demand_words, kind_name, number

SIDE_BY_SIDE = 6


def page(plan: YearPlan, scenarios: Sequence[Scenario]) -> dict:
    """Of at most SIDE_BY_SIDE scenarios those that have a result."""
    runs = [run for run in map(last_run, scenarios[:SIDE_BY_SIDE]) if run]
    zones = {zone["pk"]: zone for run in runs for zone in run.frozen["zones"]}
    indicators = {each["key"]: each for run in runs for each in run.frozen["indicators"]}
    names = Names.of(zones.values(), indicators.values())
    times = Counter(pk for run in runs for pk in run.result["chosen"])
    rows = [
        {"zone": zones[pk], "kind": kind_name(zones[pk]["kind"]), "times": times[pk], "cells": [_cell(run, pk) for run in runs]}
        for pk in sorted(times, key=lambda pk: (-times[pk], zones[pk]["town"], pk))
    ]
    return {
        "plan": plan, "runs": runs, "rows": rows, "heads": [_head(run, names) for run in runs],
        "without": [each for each in scenarios if not last_run(each)],
        "weights": [(names.indicator(key), [_weight(run, key) for run in runs]) for key in indicators],
        "always": sum(count == len(runs) for count in times.values()), "ever": len(times),
    }  # fmt: skip


def _cell(run: ScenarioRun, pk: int) -> dict:
    rank = next((each["rank"] for each in run.result["scores"] if each["zone"] == pk), None)
    return {"chosen": pk in run.result["chosen"], "rank": rank}


def _weight(run: ScenarioRun, key: str) -> str:
    share = run.result["weights"]["common"].get(key)
    return "—" if share is None else f"{number(100 * share, 1)}%"


def _head(run: ScenarioRun, names: Names) -> dict:
    result = run.result
    cost, worth = (result["cost"], result["objective"]) if result["chosen"] else (None, None)
    return {
        "run": run, "status": STATUSES[result["status"]], "count": len(result["chosen"]), "cost": number(cost), "worth": number(worth, 3),
        "demands": [demand_words(each, names) for each in run.frozen["demands"]],
    }  # fmt: skip
