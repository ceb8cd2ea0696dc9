"""The pages of a year's decision. Every view begins with what the reader may see."""
from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from geo import workflow
from geo.access import public
from geo.workbooks import CONTENT_TYPE
from zones import kept_pictures
from zones.models import PlanDecision
from zones.register_words import RegisterRefused
from zones.year_plans import decision as verbs
from zones.year_plans import decision_files as files
from zones.year_plans import decision_pages as pages
from zones.year_plans import rights
from zones.year_plans.views import plan_for

REFUSALS = (RegisterRefused, workflow.MoveRefused)


def decision_for(user, pk: int) -> PlanDecision:
    """The decision of the plan with this key."""
    if not rights.readers(user):
        raise PermissionDenied
    rows = PlanDecision.objects.visible_to(user).select_related("plan__division", "run__scenario", "drafted_by__division", "edited_by")
    return get_object_or_404(rows, plan=pk)


@require_http_methods(["GET", "POST"])
def plan_decision_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what is decided on: a run, and its best choice or another of it."""
    plan, error = plan_for(request.user, pk, writes=True), ""
    if request.method == "POST":
        number = _whole(request.POST.get("choice", ""))
        run = pages.done_runs(plan, request.user).filter(pk=_whole(request.POST.get("run", "")) or 0).first()
        try:
            if run is None or number is None:
                raise RegisterRefused(_("请选择一次计算和一个组合。"))
            verbs.draft(plan, run, number, by=request.user, now=timezone.now())
            return redirect("plan_decision", pk=pk)
        except RegisterRefused as refused:
            error = str(refused)
    context = pages.choosing(plan, request.user, request.POST.get("run") or request.GET.get("run", ""))
    return render(request, "zones/plan_decision_new.html", context | {"error": error}, status=422 if error else 200)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


@require_GET
def plan_decision(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; as JSON, how far its files are."""
    found = decision_for(request.user, pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        job = files.of(found).order_by("-pk").first()
        told = {"state": job.state if job else "done", "share": job.done_share if job else 1, "message": job.message if job else ""}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})
    return render(request, "zones/plan_decision.html", pages.one(found, request.user, now=timezone.now()))


def _done(request: HttpRequest, pk: int, act: Callable[[PlanDecision], str]) -> HttpResponse:
    """Do it, or bring the page back with the reason and with what was typed."""
    found = decision_for(request.user, pk)
    try:
        told = act(found)
    except REFUSALS as refused:
        context = pages.one(decision_for(request.user, pk), request.user, now=timezone.now(), typed=request.POST.dict())
        return render(request, "zones/plan_decision.html", context | {"error": str(refused)}, status=422)
    messages.success(request, told)
    return redirect("plan_decision", pk=pk)


@require_POST
def plan_decision_edit(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: PlanDecision) -> str:
        meeting = {"met_on": _day(request.POST.get("met_on", "")), "people": _people(request.POST.get("people", ""))}
        is_new = verbs.edit(found, request.POST.dict(), **meeting, by=request.user, now=timezone.now())
        return _("已保存。") if is_new else _("没有改动。")

    return _done(request, pk, act)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as wrong:
        raise RegisterRefused(_("会议日期写法不对，应如 2026-11-28。")) from wrong


def _people(text: str) -> int | None:
    if text.strip() and _whole(text.strip()) is None:
        raise RegisterRefused(_("参会人数应为整数。"))
    return _whole(text.strip())


@require_POST
def plan_decision_move(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: PlanDecision) -> str:
        with transaction.atomic():
            done = verbs.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
            if done.to_state == PlanDecision.State.SIGNED:
                files.ask(found, by=request.user)
        return _("已办理：%(state)s。") % {"state": PlanDecision.State(done.to_state).label}

    return _done(request, pk, act)


@require_POST
def plan_decision_files(request: HttpRequest, pk: int) -> HttpResponse:
    found = decision_for(request.user, pk)
    with transaction.atomic():
        files.ask(found, by=request.user)
    return redirect("plan_decision", pk=pk)


@require_GET
def plan_decision_file(request: HttpRequest, pk: int, name: str) -> FileResponse:
    """A file of what the decision says now; 404 until it has been made."""
    found = decision_for(request.user, pk)
    path = files.path_of(found, name)
    if path is None:
        raise Http404
    disposition = content_disposition_header(True, f"{files.name_of(found)}.{name}") if name in files.PAPERS else "inline"
    return kept_pictures.shown(lambda: path.open("rb"), files.TYPES[name], disposition)


@require_GET
def plan_decision_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    found = decision_for(request.user, pk)
    response = HttpResponse(files.workbook(found), content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{files.name_of(found)}.xlsx")
    return response


@require_GET
def plan_decision_map(request: HttpRequest, pk: int) -> HttpResponse:
    """A file to keep and open without a network. Its scripts are its own: never let them run as ours."""
    found = decision_for(request.user, pk)
    response = HttpResponse(files.map_page(found))
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{files.name_of(found)}.html")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@public
@require_safe
@gzip_page
def public_plans(request: HttpRequest) -> HttpResponse:
    page = Paginator(pages.published(), pages.PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "zones/public_plans.html", {"page": page})


@public
@require_safe
@gzip_page
def public_plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = pages.published().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return render(request, "zones/public_plan.html", pages.public(found))
