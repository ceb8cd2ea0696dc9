"""What the pages of studies show; always through the reader's rights."""
from collections.abc import Iterable

from django.db.models import Prefetch
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import maps
from geo.layers import registry
from geo.models import Division, Job, User
from zones.models import PlannedSite, SiteRun, SiteStudy
from zones.site_studies import runs, words
from zones.site_studies.ground import HAND

COMPARED_AT_MOST = 4
UNREACHED_SHOWN = 30
# Sites of two studies within this distance are the same place.
SAME_DEG = 0.0012
# What is seen around the chosen sites.
SEEN_DEG = 0.02


def studies(user: User):
    last = SiteRun.objects.select_related("job").order_by("-number")
    return SiteStudy.objects.visible_to(user).select_related("division").prefetch_related(Prefetch("runs", last))


def listing(user: User) -> dict:
    rows = [(each, _last_done(each.runs.all()), next(iter(each.runs.all()), None)) for each in studies(user)]
    return {
        "rows": [{"study": each, "done": done and _short(done), "newest": newest} for each, done, newest in rows],
        "kinds": SiteStudy.Kind.choices, "writes": runs.writes(user), "most": COMPARED_AT_MOST,
    }  # fmt: skip


def _last_done(found: Iterable[SiteRun]) -> SiteRun | None:
    return next((each for each in found if each.result), None)


def _short(run: SiteRun) -> dict:
    result, demand = run.result, run.asked["demand"]
    return {
        "run": run, "state": result["state"], "state_label": state_label(result["state"]), "cost": words.number(result["cost"]),
        "site_count": len(result["sites"]), "before": result["before"]["share"], "after": result["after"]["share"],
        "before_m": result["before"]["mean_m"], "after_m": result["after"]["mean_m"],
        "gained": words.in_units(result["after"]["weight"] - result["before"]["weight"], demand),
        "before_text": words.in_units(result["before"]["weight"], demand), "after_text": words.in_units(result["after"]["weight"], demand),
        "twice": [words.in_units(result["twice"][each], demand) for each in ("before", "after")],
        "served": result["served"] and [words.in_units(result["served"][each], demand) for each in ("before", "after")],
        "total_text": words.in_units(result["total"]["weight"], demand),
    }  # fmt: skip


def state_label(state: str) -> str:
    return {"proven": _("已证最优"), "within_bound": _("接近最优"), "infeasible": _("没有可行方案")}[state]


def study_page(study: SiteStudy, user: User, number: str = "") -> dict:
    """The study with one run's result: the one that was asked for, or the newest that has one."""
    every = list(study.runs.select_related("job", "asked_by").order_by("-number"))
    newest = every[0] if every else None
    wanted = [each for each in every if str(each.number) == number and each.result]
    shown = wanted[0] if wanted else _last_done(every)
    context = {
        "study": study, "runs": every, "newest": newest, "waits": waits(newest), "shown": shown, "writes": runs.writes(user),
        "plans": runs.plans(user), "asks": asked_rows(study), "stale": bool(shown and shown.asked != runs.Question.of(study).frozen()),
    }  # fmt: skip
    if shown:
        context |= result_page(shown) | {"same_as": _same_as(shown, every)}
    return context


def waits(run: SiteRun | None) -> bool:
    return bool(run and not run.cancelled_at and run.job.state in (Job.State.WAITING, Job.State.RUNNING))


def _same_as(shown: SiteRun, every: list[SiteRun]) -> dict | None:
    """What the run before had: the same inputs, or what became of its sites."""
    before = next((each for each in every if each.result and each.number < shown.number), None)
    if before is None:
        return None
    same = before.asked == shown.asked and before.result["digest"] == shown.result["digest"]
    old, new = before.result["sites"], shown.result["sites"]
    named = lambda mine, others: _("、").join(words.place(each["rule"], each["near"]) for each in mine if not _near_any(each, others))  # noqa: E731
    return {"number": before.number, "same": same, "gone": named(old, new), "come": named(new, old)}


def _near_any(site: dict, others: list[dict]) -> bool:
    return any(abs(site["lon"] - each["lon"]) < SAME_DEG and abs(site["lat"] - each["lat"]) < SAME_DEG for each in others)


def result_page(run: SiteRun) -> dict:
    result, asked, towns = run.result, run.asked, town_names(run.result)
    planned = {each.number: each for each in PlannedSite.objects.filter(run=run).select_related("station", "point")}
    sites = [
        each | {
            "name": words.place(each["rule"], each["near"]), "reasons": words.site_reasons(each, asked),
            "town": towns.get(each["town"], ""), "cost_text": words.number(each["cost"]), "planned": planned.get(each["number"]),
        }
        for each in result["sites"]
    ]  # fmt: skip
    never = [(row[3], towns.get(row[4], "")) for row in result["demand"] if not row[7]]
    return {
        "told": _short(run), "sites": sites, "reasons": reasons(run), "is_camera": asked["kind"] == SiteStudy.Kind.CAMERA,
        "never": sorted({*never})[:UNREACHED_SHOWN], "never_count": len({*never}),
        "towns": [
            each | {"name": towns.get(each["code"], each["code"])}
            | {f"{part}_text": words.in_units(each[part], asked["demand"]) for part in ("total", "before", "after")}
            | {f"{part}_share": each[part] / each["total"] if each["total"] else None for part in ("before", "after")}
            for each in result["towns"]
        ],
        "about": about(run), "digest": result["digest"],
        "config": map_config(run.study, reverse("site_run_map", args=[run.pk]), sites), "gap": result["gap"],
    }  # fmt: skip


def reasons(run: SiteRun) -> list[str]:
    return [words.reason(each["code"], each["numbers"], run.asked["demand"]) for each in run.result["reasons"]]


def town_names(result: dict) -> dict[str, str]:
    codes = {each["code"] for each in result["towns"]} | {each["town"] for each in result["sites"]}
    return dict(Division.objects.filter(code__in=codes).values_list("code", "name"))


def asked_rows(study: SiteStudy) -> list[tuple[str, str]]:
    """The question in a few lines."""
    limits = [
        _("新建至多%(n)s个") % {"n": study.site_count} if study.site_count is not None else "",
        _("经费%(n)s万元") % {"n": words.number(study.budget)} if study.budget is not None else "",
        _("一处最多服务%(n)s") % {"n": words.in_units(study.capacity, study.demand)} if study.capacity is not None else "",
        _("至少覆盖%(n)s%%") % {"n": study.share} if study.method == SiteStudy.Method.COVER_ALL else "",
    ]
    rules = [str(SiteStudy.Rule(each).label) for each in study.rules] + ([_("手工添加")] if study.hand.strip() else [])
    is_camera = study.kind == SiteStudy.Kind.CAMERA
    reach = _("视距%(reach)s米，视角%(angle)s度") if is_camera else _("%(reach)s米")
    costs = _("每处%(new)s万元") if is_camera else _("新建%(new)s万元，借用%(inside)s万元")
    return [
        (_("设施"), study.get_kind_display()), (_("研究范围"), str(study.division)), (_("服务对象"), study.get_demand_display()),
        (_("选址方法"), study.get_method_display()), (_("服务距离"), reach % {"reach": study.reach_m, "angle": study.view_angle_deg}),
        (_("限制"), _("、").join(each for each in limits if each) or "—"), (_("候选点来源"), _("、").join(rules)),
        (_("造价"), costs % {"new": words.number(study.cost_new), "inside": words.number(study.cost_inside)}),
    ]  # fmt: skip


def about(run: SiteRun) -> list[str]:
    """How it was reckoned, in sentences."""
    result, counts = run.result, run.result["counts"]
    rules = dict(SiteStudy.Rule.choices) | {HAND: _("手工添加")}
    by_rule = _("、").join(f"{rules[rule]} {count}" for rule, count in counts["by_rule"].items())
    lines = [
        _("候选点%(count)s个（%(rules)s），现有设施%(standing)s个。")
        % {"count": counts["candidates"], "rules": by_rule or "—", "standing": counts["standing"]},
        *(_("不能设的候选点%(count)s个：%(why)s。") % {"count": count, "why": words.WHY_FORBIDDEN[why]}
          for why, count in counts["forbidden"].items()),
        _how_far(run),
        _("“方案损失”按逐个替换计算，是上限。不用随机数（种子 %(seed)s）：同样的输入得到同样的结果。") % {"seed": result["seed"]},
        _("服务距离、造价和候选点的取法以系统默认为起点，非上级规定，可以改。服务对象只计户数和场所数，不涉及个人。"),
    ]  # fmt: skip
    return lines


def _how_far(run: SiteRun) -> str:
    if run.asked["kind"] == SiteStudy.Kind.CAMERA:
        return _("能看到：在视角和视距之内；不计墙和树的遮挡。现有监控点只参与计算，这里不标位置。")
    if run.result["by_road"]:
        return _("距离按道路（不走高速公路）；离道路太远或没有路相通的，按直线。")
    return _("距离按直线。")


def map_config(study: SiteStudy, data: str = "", sites: Iterable[dict] = ()) -> dict:
    """Fitted to the chosen sites where there are any, else to the area."""
    edges = [edge(each[name] for each in sites) for edge in (min, max) for name in ("lon", "lat")] if sites else []
    around = [edges[0] - SEEN_DEG, edges[1] - SEEN_DEG, edges[2] + SEEN_DEG, edges[3] + SEEN_DEG] if sites else None
    marks = {each.value: each for each in registry["stations"].classes}
    return maps.ground(study.division_id, on=timezone.localdate()) | {
        "data": data, "kind": study.kind, "scope": study.division_id[:6], **({"bounds": around} if around else {}),
        "marks": [{**vars(marks[kind]), "label": str(marks[kind].label)} for kind in ("police_room", "kiosk", "checkpoint")],
        "words": {
            "trouble": _("地图数据没有取到，请刷新页面。"), "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
            "schematic": _("底图为示意图，非法定界线"), "controls": maps.control_words(),
        },
    }  # fmt: skip


def compare_page(user: User, asked: QueryDict) -> dict:
    wanted = [int(each) for each in asked.getlist("study") if each.isascii() and each.isdecimal() and len(each) < 10]
    found = [(each, _last_done(each.runs.all())) for each in studies(user).filter(pk__in=wanted)[:COMPARED_AT_MOST]]
    done = [{"study": each, "asks": asked_rows(each), **_short(run), "sites": run.result["sites"]} for each, run in found if run]
    places = []
    for column in done:
        for site in column["sites"]:
            if not any(_near_any(site, [each["site"]]) for each in places):
                places.append({"site": site, "name": words.place(site["rule"], site["near"])})
    for each in places:
        each["in"] = [_near_any(each["site"], column["sites"]) for column in done]
    places.sort(key=lambda each: -sum(each["in"]))
    return {
        "columns": done, "asks": [(rows[0][0], [row[1] for row in rows]) for rows in zip(*(each["asks"] for each in done), strict=True)],
        "places": places, "without": [each for each, run in found if not run],
    }  # fmt: skip
