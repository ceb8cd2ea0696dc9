"""What the public reads of a signed decision, written once.

`PublishedPlan.content`:

    as_of, candidates (how many), met_on, people_count, reasons
    criteria      {title, version, is_own_assumption}
    indicators    [{key, name, name_en, direction, source, source_en, weight (share)}]
    stakeholders  [{name, method}]
    demands       {language: [sentence]}
    which         best, tie or alternative;  proven (whether the best is proven);  alternatives (how many were compared)
    zones         [{name, kind, town_name, why [key]}], by rank

No position, no figure of a zone and no minority opinion: small numbers and where patrols are needed stay inside.
"""
from datetime import datetime

from django.conf import settings
from django.utils import translation

from zones.models import PlanDecision, PublishedPlan
from zones.year_plans.words import Names, demand_words

REASONS_SHOWN = 3


def publish(found: PlanDecision, *, now: datetime) -> PublishedPlan:
    return PublishedPlan.objects.create(
        decision=found, year=found.plan.year, title=found.title, issuer=found.issuer, unit_name=found.plan.division.name,
        published_at=now, content=content(found), is_invented=found.is_invented,
    )  # fmt: skip


def content(found: PlanDecision) -> dict:
    frozen, result = found.run.frozen, found.run.result
    common = result["weights"]["common"]
    keep = ("key", "name", "name_en", "direction", "source", "source_en")
    others = [*result["ties"], *result["alternatives"]]
    which = "best" if not found.alternative else "tie" if found.alternative <= len(result["ties"]) else "alternative"
    return {
        "as_of": frozen["as_of"], "candidates": len(frozen["zones"]), "met_on": found.met_on.isoformat(),
        "people_count": found.people_count, "reasons": found.reasons, "criteria": frozen["criteria"],
        "indicators": [{name: each[name] for name in keep} | {"weight": common[each["key"]]} for each in frozen["indicators"]],
        "stakeholders": [{"name": each["stakeholder"], "method": each["method"]} for each in result["weights"]["stakeholders"]],
        "demands": _demands(frozen), "which": which, "proven": result["status"] == "best", "alternatives": len(others),
        "zones": _zones(found),
    }  # fmt: skip


def _demands(frozen: dict) -> dict:
    told = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names = Names.of(frozen["zones"], frozen["indicators"])
            told[language] = [demand_words(each, names) for each in frozen["demands"]]
    return told


def _zones(found: PlanDecision) -> list[dict]:
    chosen, rows = set(found.chosen), []
    for zone, score in zip(found.run.frozen["zones"], found.run.result["scores"], strict=True):
        if zone["pk"] in chosen:
            parts = sorted(((value, key) for key, value in score["contributions"].items() if value), reverse=True)
            why = [key for _value, key in parts[:REASONS_SHOWN]]
            told = {"name": zone["name"], "kind": zone["kind"], "town_name": zone["town_name"], "why": why}
            rows.append((score["rank"] or len(chosen) + 10**6, zone["pk"], told))
    return [told for _rank, _pk, told in sorted(rows, key=lambda row: row[:2])]
