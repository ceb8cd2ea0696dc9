"""What the pages of a decision show: choosing what is decided on, the paper with its texts, steps, files and history; the public's page."""
from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geo import workflow
from geo.models import User
from zones.models import PlanDecision, PublishedPlan, ScenarioRun, YearPlan
from zones.periods import day_of
from zones.published import PUBLIC
from zones.year_plans import decision as verbs
from zones.year_plans import decision_files as files
from zones.year_plans.decision_content import document
from zones.year_plans.words import METHODS, Names, changes_words, indicator_name, kind_name, number, source_name

S = PlanDecision.State
PAGE_SIZE, RUNS_SHOWN = 30, 30


def choosing(plan: YearPlan, user: User, asked: str) -> dict:
    """The shared runs of the year, and the choices of the one that is asked for."""
    runs = list(done_runs(plan, user)[:RUNS_SHOWN])
    run = next((each for each in runs if str(each.pk) == asked), runs[0] if runs else None)
    options = []
    if run:
        names = Names.of(run.frozen["zones"], run.frozen["indicators"])
        for place, each in enumerate(verbs.choices(run)):
            options.append({
                "number": place, "label": kind_labels()[each["kind"]], "count": len(each["chosen"]), "cost": number(each["cost"]),
                "zones": names.listed(each["chosen"]), "loss": number(each["loss"], 3),
                "change": changes_words(each["joined"], each["left"], names) if place else "",
            })  # fmt: skip
    return {"plan": plan, "runs": runs, "run": run, "options": options, "decision": verbs.of_plan(plan)}


def done_runs(plan: YearPlan, user: User) -> QuerySet[ScenarioRun]:
    rows = ScenarioRun.objects.visible_to(user).filter(scenario__plan=plan, scenario__is_shared=True, result__isnull=False)
    return rows.select_related("scenario").order_by("-pk")


def kind_labels() -> dict[str, str]:
    return {"best": _("最优组合"), "tie": _("与最优并列"), "alternative": _("备选组合")}


def one(found: PlanDecision, user: User, *, now: datetime, typed: Mapping[str, str] | None = None) -> dict:
    """`typed` brings back what a refused edit or step said."""
    typed, made = typed or {}, files.ready(found)
    edits = found.state == S.DRAFT and verbs.drafters(user, found)
    return {
        "found": found, "plan": found.plan, "told": document(found), "edits": edits, "typed": typed, "today": day_of(now),
        "head": [(name, label, most, typed.get(name, getattr(found, name))) for name, (most, label) in verbs.HEAD.items()],
        "texts": [
            {"name": name, "label": label, "text": typed.get(name, getattr(found, name)), "help": text_help()[name]}
            for name, label in verbs.TEXTS.items()
        ],
        "met_on": typed.get("met_on", found.met_on.isoformat() if found.met_on else ""),
        "people": typed.get("people", found.people_count or ""), "steps": steps(found, user, typed), "timeline": timeline(found),
        "papers": [name for name in files.PAPERS if name in made], "job": files.of(found).order_by("-pk").first(),
        "pictures": [(name, label) for name, label in (("map.png", _("选定的示范区")), ("stability.png", _("入选频率"))) if name in made],
        "published": PublishedPlan.objects.filter(decision=found).first(),
    }  # fmt: skip


def text_help() -> dict[str, str]:
    return {"reasons": _("签发后对外公开。"), "minority": _("按单位记录，不写个人；不对外公开。没有就留空。")}


def steps(found: PlanDecision, user: User, typed: Mapping[str, str]) -> list[dict]:
    return [{**each, "is_main": not each["move"].needs_reason} for each in workflow.offered(found, by=user, typed=typed)]


def timeline(found: PlanDecision) -> list[dict]:
    told = [{"label": _("起草"), "at": found.drafted_at, "by": found.drafted_by, "why": ""}, *workflow.told(found)]
    if found.edited_at:
        told.append({"label": _("最近修改"), "at": found.edited_at, "by": found.edited_by, "why": ""})
    return sorted(told, key=lambda each: each["at"])


# The public's pages


def published() -> QuerySet[PublishedPlan]:
    return PublishedPlan.objects.using(PUBLIC).order_by("-year", "unit_name", "-pk")


def public(found: PublishedPlan) -> dict:
    """The criteria by weight, the heaviest first; zones with the names of what speaks most for them."""
    told, names = found.content, {each["key"]: indicator_name(each) for each in found.content["indicators"]}
    weighed = sorted((each for each in told["indicators"] if each["weight"]), key=lambda each: -each["weight"])
    return {
        "found": found, "told": told, "which": kind_labels()[told["which"]],
        "indicators": [
            {"name": indicator_name(each), "percent": number(100 * each["weight"], 1), "source": source_name(each),
             "more": each["direction"] == "more"}
            for each in weighed
        ],
        "zones": [{**each, "kind": kind_name(each["kind"]), "why": "、".join(names[key] for key in each["why"])} for each in told["zones"]],
        "stakeholders": [{"name": each["name"], "method": METHODS[each["method"]]} for each in told["stakeholders"]],
        "demands": told["demands"].get(get_language() or "", told["demands"].get("zh-hans", [])),
    }  # fmt: skip
