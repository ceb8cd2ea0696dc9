"""Runs: start, progress, result, cancelling, the workbook, and a new scenario from tried weights."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from geo.workbooks import CONTENT_TYPE
from zones.models import ScenarioRun
from zones.register_words import RegisterRefused
from zones.year_plans import files, result_pages, rights, runs, trying
from zones.year_plans.views import scenario_for


def run_for(user, pk: int) -> ScenarioRun:
    if not rights.readers(user):
        raise PermissionDenied
    rows = ScenarioRun.objects.visible_to(user).select_related("job", "started_by", "scenario__plan__division", "scenario__created_by")
    return get_object_or_404(rows, pk=pk)


@require_POST
def scenario_run(request: HttpRequest, pk: int) -> HttpResponse:
    found = scenario_for(request.user, pk)
    try:
        return redirect("plan_run", pk=runs.start(found, by=request.user, now=timezone.now()).pk)
    except RegisterRefused as refused:
        messages.error(request, str(refused))
        return redirect("scenario", pk=pk)


@require_GET
def plan_run(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        state = "failed" if run.cancelled_at else run.job.state
        told = {"state": state, "share": run.job.done_share, "message": run.job.message}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})
    return render(request, "zones/plan_run.html", result_pages.page(run, request.user, now=timezone.now()))


@require_POST
def plan_run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    try:
        runs.cancel(run, by=request.user, now=timezone.now())
    except RegisterRefused as refused:
        messages.error(request, str(refused))
    return redirect("plan_run", pk=pk)


@require_GET
def plan_run_file(request: HttpRequest, pk: int) -> HttpResponse:
    run = run_for(request.user, pk)
    if run.result is None:
        raise Http404
    name = f'attachment; filename="siwu-plan-{run.scenario.plan.year}-{run.pk}.xlsx"'
    return HttpResponse(files.workbook(run), content_type=CONTENT_TYPE, headers={"Content-Disposition": name})


@require_POST
def plan_run_try(request: HttpRequest, pk: int) -> HttpResponse:
    """The sliders' weights as a scenario of one's own: the choice itself is made by a run."""
    run = run_for(request.user, pk)
    try:
        made = trying.open_tried(run, request.POST, by=request.user, now=timezone.now())
    except RegisterRefused as refused:
        messages.error(request, str(refused))
        return redirect("plan_run", pk=pk)
    return redirect("scenario", pk=made.pk)
