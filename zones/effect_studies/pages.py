"""What the pages of a study show."""
from datetime import datetime

from geo.models import Job, User
from zones.effect.matching import COMPARABLE
from zones.effect_studies import charts, maps, words
from zones.effect_studies.forms import StudyForm
from zones.effect_studies.studies import readers, writers
from zones.models import Demonstration, EffectStudy, RectificationZone
from zones.periods import day_of

SHOWN_AT_MOST = 60
UNDER_WAY = (Job.State.WAITING, Job.State.RUNNING)


def listing(user: User, *, now: datetime, form: StudyForm | None = None, year: str = "") -> dict:
    mine = EffectStudy.objects.visible_to(user).select_related("job", "created_by", "division").defer("frozen")[:SHOWN_AT_MOST]
    chosen = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else None
    rows = Demonstration.objects.visible_to(user).select_related("zone").order_by("-year", "zone__division_id", "zone__name")
    years: dict[int, list] = {}
    for each in rows:
        years.setdefault(each.year, []).append(each)
    return {
        "studies": [{"study": each, "word": verdict(each), "mark": mark(each)} for each in mine],
        "form": form or (StudyForm(None, county=user.division_id, on=day_of(now), year=chosen) if writers(user) else None),
        "years": list(years.items()), "invented": any(each.is_invented for each in rows),
    }  # fmt: skip


def verdict(study: EffectStudy) -> str:
    return str(words.VERDICTS[study.result["verdict"]]) if study.result else ""


def mark(study: EffectStudy) -> str:
    return words.MARKS[study.result["verdict"]] if study.result else ""


def one(study: EffectStudy, user: User) -> dict:
    waits = not study.result and not study.cancelled_at and study.job.state in UNDER_WAY
    context = {"study": study, "job": study.job, "waits": waits, "writes": writers(user)}
    if not study.result:
        return context
    result, frozen = study.result, study.frozen
    return context | {
        "result": result, "word": verdict(study), "mark": mark(study), "meaning": words.meaning(result["verdict"]),
        "said": words.sentences(result, study.standard.level),
        "reasons": [words.reason(each["code"], each["numbers"]) for each in result["reasons"]],
        "notes": notes(study), "checks": checks(result),
        "ring": words.ring_sentences(result["verdict"], result["ring"]), "rings": ring_rows(result),
        "chart": charts.course(frozen["months"], frozen["start"], result["trend"]["mine"], result["trend"]["others"]),
        "months": month_rows(study), "balance": balance(result), "pairs": pairs(study), "left_out": left_out(frozen),
        "map": maps.config(study), "map_parts": maps.PARTS.items(),
        "method": words.METHODS[result["estimate"]["method"]] if result["estimate"] else "", "frozen": frozen,
        "categories": [label for value, label in study._meta.get_field("categories").base_field.choices if value in study.categories],
    }  # fmt: skip


def notes(study: EffectStudy) -> list[str]:
    """Who was not compared, by name: a zone that is silently missing would look like one that was."""
    zones, matched = study.frozen["zones"], study.result["matched"]
    mine = {row for row, each in enumerate(zones) if each["demonstration"]}
    named = lambda rows: "、".join(zones[row]["name"] for row in rows if row in mine)  # noqa: E731
    told = []
    if lost := named(matched["unmatched"]):
        told.append(words.unmatched(lost))
    if blind := named(matched["incomplete"]):
        told.append(words.incomplete(blind))
    return told


def checks(result: dict) -> list[dict]:
    told = []
    for each in result["checks"]:
        name, passes, fails, cannot = words.CHECKS[each["code"]]
        ok = each["ok"]
        told.append({
            "name": name, "ok": ok, "text": cannot if ok is None else passes if ok else fails,
            "figures": words.figures(each["code"], each["numbers"]),
        })  # fmt: skip
    return told


def ring_rows(result: dict) -> list[tuple]:
    if not result["ring"]:
        return []
    totals = result["ring"]["totals"]
    return [(name, *(f"{n:.0f}" for n in totals[key])) for key, name in words.GROUPS.items()]


def month_rows(study: EffectStudy) -> list[dict]:
    trend, start = study.result["trend"], study.frozen["start"]
    if not trend["mine"]:
        return []
    rows = zip(study.frozen["months"], trend["mine"], trend["others"], strict=True)
    return [{"month": month, "mine": a, "others": b, "is_after": number >= start} for number, (month, a, b) in enumerate(rows)]


def balance(result: dict) -> list[dict]:
    return [
        {"name": words.BALANCE[each["name"]], "before": each["before"], "after": each["after"],
         "apart": each["after"] is not None and abs(each["after"]) > COMPARABLE}
        for each in result["matched"]["balance"]
    ]  # fmt: skip


def pairs(study: EffectStudy) -> list[list[dict]]:
    zones, start = study.frozen["zones"], study.frozen["start"]
    kinds = dict(RectificationZone.Kind.choices)
    return [[_zone(zones[row], start, kinds) for row in pair] for pair in study.result["matched"]["pairs"]]


def _zone(zone: dict, start: int, kinds: dict) -> dict:
    mean = lambda counts: sum(counts) / len(counts) if counts else None  # noqa: E731
    before, after = mean(zone["counts"][:start]), mean(zone["counts"][start:])
    change = None if before is None or after is None else after - before
    return zone | {"kind_name": kinds.get(zone["kind"], ""), "before": before, "after": after, "change": change}


def left_out(frozen: dict) -> list[tuple[str, int]]:
    return [(name, n) for code, name in words.LEFT_OUT.items() if (n := sum(each["why"] == code for each in frozen["left_out"]))]


def of_zone(zone: RectificationZone, user: User) -> list[dict]:
    """The years in which the zone was a demonstration zone, each with the newest answer about that year."""
    if not readers(user):
        return []
    years = list(Demonstration.objects.visible_to(user).filter(zone=zone).order_by("-year"))
    newest = {}
    for each in EffectStudy.objects.visible_to(user).done().filter(year__in=[one.year for one in years]).order_by("pk").defer("frozen"):
        newest[each.year] = each
    told = []
    for each in years:
        study = newest.get(each.year)
        told.append({"demonstration": each, "study": study, "word": verdict(study) if study else "", "mark": mark(study) if study else ""})
    return told
