"""Pages of the studies of where posts and cameras go. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.proofs import gives_out
from geo.workbooks import CONTENT_TYPE
from zones.models import SiteRun, SiteStudy
from zones.site_studies import files, forms, pages, runs

NO_STORE = {"Cache-Control": "private, no-store"}


def study_for(user, pk: int, *, writes: bool = False) -> SiteStudy:
    if not runs.reads(user):
        raise PermissionDenied
    found = get_object_or_404(SiteStudy.objects.visible_to(user).select_related("division", "standard"), pk=pk)
    if writes and not runs.writes(user):
        raise PermissionDenied
    return found


def run_for(user, pk: int) -> SiteRun:
    found = get_object_or_404(SiteRun.objects.select_related("study"), pk=pk)
    study_for(user, found.study_id)
    return found


@require_GET
def site_studies(request: HttpRequest) -> HttpResponse:
    if not runs.reads(request.user):
        raise PermissionDenied
    return render(request, "zones/site_studies.html", pages.listing(request.user))


@require_http_methods(["GET", "POST"])
def site_study_new(request: HttpRequest) -> HttpResponse:
    if not runs.writes(request.user):
        raise PermissionDenied
    kind = request.GET.get("kind", SiteStudy.Kind.POLICE_ROOM)
    if kind not in SiteStudy.Kind.values:
        raise Http404
    return _edited(request, forms.fresh(kind, request.user, on=timezone.localdate()))


@require_http_methods(["GET", "POST"])
def site_study_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edited(request, study_for(request.user, pk, writes=True))


def _edited(request: HttpRequest, study: SiteStudy) -> HttpResponse:
    form = forms.StudyForm(request.POST if request.method == "POST" else None, study=study, user=request.user)
    if request.method == "POST" and form.is_valid():
        stored = forms.store(form, by=request.user, now=timezone.now(), is_copy="copy" in request.POST)
        if {"run", "copy"} & {*request.POST}:
            _ask(request, stored)
        return redirect("site_study", pk=stored.pk)
    context = {"form": form, "study": study, "kinds": SiteStudy.Kind.choices, "config": pages.map_config(study)}
    return render(request, "zones/site_study_edit.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, study: SiteStudy) -> None:
    try:
        runs.ask(study, by=request.user, now=timezone.now())
    except runs.RunRefused as refused:
        messages.error(request, str(refused))


@require_http_methods(["GET", "POST"])
def site_study(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest result; POST asks for a run."""
    found = study_for(request.user, pk, writes=request.method == "POST")
    if request.method == "POST":
        _ask(request, found)
        return redirect("site_study", pk=pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        return _progress(found)
    return render(request, "zones/site_study.html", pages.study_page(found, request.user, request.GET.get("run", "")))


def _progress(study: SiteStudy) -> JsonResponse:
    run = study.runs.select_related("job").first()
    if run is None:
        raise Http404
    state = "failed" if run.cancelled_at else run.job.state
    return JsonResponse({"state": state, "share": run.job.done_share, "message": run.job.message}, headers=NO_STORE)


@require_POST
def site_run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = run_for(request.user, pk)
    try:
        runs.cancel(found, by=request.user, now=timezone.now())
        messages.success(request, _("已取消这次运算。"))
    except runs.RunRefused as refused:
        messages.error(request, str(refused))
    return redirect("site_study", pk=found.study_id)


@require_POST
def site_run_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: the site becomes a planned post."""
    found = run_for(request.user, pk)
    number = request.POST.get("number", "")
    try:
        planned = runs.plan_site(found, int(number) if number.isdecimal() and len(number) < 6 else 0, by=request.user, now=timezone.now())
        messages.success(request, _("已列入规划：%(name)s。") % {"name": planned.station or planned.point})
    except runs.RunRefused as refused:
        messages.error(request, str(refused))
    return redirect("site_study", pk=found.study_id)


@require_GET
def site_run_map(request: HttpRequest, pk: int) -> JsonResponse:
    found = run_for(request.user, pk)
    if not found.result:
        raise Http404
    return JsonResponse(files.collections(found), headers=NO_STORE)


@gives_out
@require_GET
def site_run_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    found = run_for(request.user, pk)
    if not found.result or form not in ("xlsx", "geojson"):
        raise Http404
    attached = {"Content-Disposition": f'attachment; filename="siwu-sites-{found.study_id}-{found.number}.{form}"'}
    if form == "geojson":
        return JsonResponse(files.one_collection(found), content_type="application/geo+json", headers=NO_STORE | attached)
    return HttpResponse(files.workbook(found), content_type=CONTENT_TYPE, headers=NO_STORE | attached)


@require_GET
def site_compare(request: HttpRequest) -> HttpResponse:
    if not runs.reads(request.user):
        raise PermissionDenied
    return render(request, "zones/site_compare.html", pages.compare_page(request.user, request.GET))
