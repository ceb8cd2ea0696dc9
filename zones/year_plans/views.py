"""The pages of year plans. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.uploads import by_readers
from geo.workbooks import CONTENT_TYPE
from zones.models import OwnFigure, Scenario, YearPlan
from zones.periods import day_of
from zones.register_words import RegisterRefused
from zones.year_plans import comparison, own_figures, pages, plans, rights
from zones.year_plans.criteria import COST
from zones.year_plans.forms import WEIGHING, LimitsForm, OpinionForm, OwnForm, PlanForm, ScenarioForm, ZoneDemandForm
from zones.year_plans.freezing import gather


def plan_for(user, pk: int, *, writes: bool = False) -> YearPlan:
    if not rights.readers(user):
        raise PermissionDenied
    found = get_object_or_404(YearPlan.objects.visible_to(user).select_related("division", "criteria"), pk=pk)
    if writes and not rights.writers(user, found):
        raise PermissionDenied
    return found


def scenario_for(user, pk: int, *, edits: bool = False) -> Scenario:
    if not rights.readers(user):
        raise PermissionDenied
    rows = Scenario.objects.visible_to(user).select_related("plan__division", "plan__criteria", "created_by")
    found = get_object_or_404(rows, pk=pk)
    if edits and not pages.edits(user, found):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def year_plans(request: HttpRequest) -> HttpResponse:
    if not rights.readers(request.user):
        raise PermissionDenied
    form = PlanForm(request.POST) if request.method == "POST" else None
    if form and form.is_valid():
        try:
            made = plans.open_plan(year=form.cleaned_data["year"], by=request.user, now=timezone.now())
            return redirect("year_plan", pk=made.pk)
        except RegisterRefused as refused:
            form.add_error("year", str(refused))
    return render(request, "zones/year_plans.html", pages.listing(request.user, now=timezone.now(), form=form), status=422 if form else 200)


@require_http_methods(["GET", "POST"])
def year_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """A year's candidates and scenarios; POST opens another scenario."""
    found = plan_for(request.user, pk, writes=request.method == "POST")
    form = None
    if request.method == "POST":
        form = ScenarioForm(request.POST, Scenario.objects.visible_to(request.user).filter(plan=found))
        if form.is_valid():
            try:
                made = plans.open_scenario(found, **form.cleaned_data, by=request.user, now=timezone.now())
                return redirect("scenario", pk=made.pk)
            except RegisterRefused as refused:
                form.add_error("name", str(refused))
    context = pages.plan(found, request.user, request.GET, now=timezone.now(), form=form)
    return render(request, "zones/year_plan.html", context, status=422 if form else 200)


@require_GET
def plan_comparison(request: HttpRequest, pk: int) -> HttpResponse:
    found = plan_for(request.user, pk)
    mine = Scenario.objects.visible_to(request.user).filter(plan=found)
    wanted = [int(each) for each in request.GET.getlist("scenario") if each.isdecimal() and len(each) < 12]
    rows = list(mine.filter(pk__in=wanted) if wanted else mine)
    return render(request, "zones/plan_comparison.html", comparison.page(found, rows))


@by_readers  # a planner writes no business data, but brings own figures; the view itself asks who
@require_http_methods(["GET", "POST"])
def own_indicator(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring an own indicator by XLSX: a new one, or with ?key= one that is there."""
    found = plan_for(request.user, pk, writes=True)
    key = _own_key(found, request.GET.get("key", ""))
    got = gather(found, by=request.user, now=timezone.now())
    form = OwnForm(request.POST or None, request.FILES or None, known=pages.own(found, key), on=day_of(timezone.now()))
    if request.method == "POST" and form.is_valid():
        try:
            figures = own_figures.read(form.cleaned_data["file"], {zone["pk"]: zone["name"] for zone in got.zones})
            made = plans.load_own(found, key=key, **form.declaration(), figures=figures, by=request.user, now=timezone.now())
            messages.success(request, _("已导入“%(name)s”：%(count)d个区域。") % {"name": made.name, "count": len(figures)})
            return redirect("year_plan", pk=pk)
        except RegisterRefused as refused:
            form.add_error("file", str(refused))
    context = {"plan": found, "form": form, "key": key, "is_cost": key == COST, "zone_count": len(got.zones)}
    return render(request, "zones/own_indicator.html", context, status=422 if request.method == "POST" else 200)


def _own_key(found: YearPlan, key: str) -> str:
    """Empty for a new indicator; 404 for one that is not there."""
    if key in ("", COST) or found.own_indicators.filter(key=key[:20].replace("\x00", "")).exists():
        return key
    raise Http404


@require_GET
def own_template(request: HttpRequest, pk: int) -> HttpResponse:
    found = plan_for(request.user, pk, writes=True)
    key = _own_key(found, request.GET.get("key", ""))
    got = gather(found, by=request.user, now=timezone.now())
    known = dict(OwnFigure.objects.filter(indicator__plan=found, indicator__key=key).values_list("zone_id", "value"))
    body = own_figures.template(got.zones, known, unit=str(pages.own(found, key).get("unit", "")))
    name = f'attachment; filename="siwu-indicator-{found.year}-{key or "new"}.xlsx"'
    return HttpResponse(body, content_type=CONTENT_TYPE, headers={"Content-Disposition": name})


@require_POST
def own_drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = plan_for(request.user, pk, writes=True)
    own = get_object_or_404(found.own_indicators.select_related("plan"), key=request.POST.get("key", "")[:20].replace("\x00", ""))
    return _done(request, lambda: plans.drop_own(own, by=request.user), "year_plan", pk)


@require_GET
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk)
    return render(request, "zones/scenario.html", pages.scenario(found, request.user, now=timezone.now()))


@require_http_methods(["GET", "POST"])
def scenario_weights(request: HttpRequest, pk: int) -> HttpResponse:
    """One stakeholder's form: ?place= for one that is there, ?method= for a new one."""
    found = scenario_for(request.user, pk, edits=True)
    place, said, method = _opinion_asked(found, request.GET)
    declared = gather(found.plan, by=request.user, now=timezone.now()).indicators
    form = OpinionForm(request.POST if request.method == "POST" else None, method=method, declared=declared, said=said)
    if request.method == "POST" and form.is_valid():
        try:
            keys = [each["key"] for each in declared]
            plans.write_opinion(found, form.opinion(), place=place, keys=keys, by=request.user, now=timezone.now())
            messages.success(request, _("已保存。"))
            return redirect("scenario", pk=pk)
        except RegisterRefused as refused:
            form.add_error(None, str(refused))
    context = {"scenario": found, "plan": found.plan, "form": form, "place": place, "method": method}
    return render(request, "zones/scenario_weights.html", context, status=422 if request.method == "POST" else 200)


def _opinion_asked(found: Scenario, query) -> tuple[int | None, dict | None, str]:
    """Its place, what it says, and its method; 404 for one that is not there."""
    opinions, place, method = found.document["opinions"], query.get("place", ""), query.get("method", "")
    if place:
        if not (place.isdecimal() and len(place) < 4 and int(place) < len(opinions)):
            raise Http404
        return int(place), opinions[int(place)], opinions[int(place)]["method"]
    if method not in WEIGHING:
        raise Http404
    return None, None, method


@require_POST
def scenario_weights_drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk, edits=True)
    place = request.POST.get("place", "")
    number = int(place) if place.isdecimal() and len(place) < 4 else -1
    return _done(request, lambda: plans.drop_opinion(found, number, by=request.user, now=timezone.now()), "scenario", pk)


@require_http_methods(["GET", "POST"])
def scenario_demands(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk, edits=True)
    got = gather(found.plan, by=request.user, now=timezone.now())
    towns = {zone["town"]: zone["town_name"] for zone in got.zones}
    form = LimitsForm(request.POST if request.method == "POST" else None, scenario=found, towns=towns)
    if request.method == "POST" and form.is_valid():
        plans.write_limits(found, form.said(), by=request.user, now=timezone.now())
        messages.success(request, _("已保存。"))
        return redirect("scenario", pk=pk)
    context = pages.demands(found, request.user, form, None, got)
    return render(request, "zones/scenario_demands.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def scenario_zone_demand(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a demand about one zone or a pair, or drop one."""
    found, now = scenario_for(request.user, pk, edits=True), timezone.now()
    if "drop" in request.POST:
        code, _colon, about = request.POST["drop"].partition(":")
        demand = {"code": code, "about": [int(each) for each in about.split(",") if each.isdecimal() and len(each) < 19]}
        return _done(request, lambda: plans.drop_demand(found, demand, by=request.user, now=now), "scenario_demands", pk)
    got = gather(found.plan, by=request.user, now=now)
    form = ZoneDemandForm(request.POST, got.zones)
    if form.is_valid():
        said = form.cleaned_data["code"], form.about()
        return _done(request, lambda: plans.add_demand(found, *said, by=request.user, now=now), "scenario_demands", pk)
    limits = LimitsForm(None, scenario=found, towns={zone["town"]: zone["town_name"] for zone in got.zones})
    return render(request, "zones/scenario_demands.html", pages.demands(found, request.user, limits, form, got), status=422)


@require_POST
def scenario_share(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk, edits=True)
    shared = request.POST.get("shared") == "yes"
    return _done(request, lambda: plans.share(found, shared, by=request.user, now=timezone.now()), "scenario", pk)


@require_POST
def scenario_rename(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk, edits=True)
    return _done(request, lambda: plans.rename(found, request.POST.get("name", ""), by=request.user, now=timezone.now()), "scenario", pk)


@require_POST
def scenario_drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk, edits=True)
    try:
        plans.drop_scenario(found, by=request.user)
    except RegisterRefused as refused:
        messages.error(request, str(refused))
        return redirect("scenario", pk=pk)
    messages.success(request, _("方案“%(name)s”已删除。") % {"name": found.name})
    return redirect("year_plan", pk=found.plan_id)


def _done(request: HttpRequest, work, name: str, pk: int) -> HttpResponse:
    """Do it and go back to a page, which tells how it went."""
    try:
        work()
        messages.success(request, _("已保存。"))
    except RegisterRefused as refused:
        messages.error(request, str(refused))
    return redirect(name, pk=pk)
