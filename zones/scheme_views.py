"""The pages of rating criteria: versions, a draft's form, the trial before adoption. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import jobs, workflow
from geo.models import Job
from geo.workbooks import CONTENT_TYPE
from zones import scheme_pages as pages
from zones import scheme_versions as verbs
from zones.jobs import TRY_CRITERIA
from zones.models import RatingRound, RatingScheme
from zones.register_words import RegisterRefused
from zones.scheme_forms import Editor
from zones.what_if import ROUNDS_AT_MOST

REFUSALS = (RegisterRefused, workflow.MoveRefused)


def scheme_for(user, pk: int, *, writes: bool = False) -> RatingScheme:
    if not user.reads_business_data:
        raise Http404
    found = get_object_or_404(verbs.readable(user).select_related("division", "copied_from", "edited_by", "adopted_by"), pk=pk)
    if writes and not verbs.writers(user, found):
        raise PermissionDenied
    return found


@require_GET
def schemes(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/schemes.html", pages.listing(request.user, now=timezone.now()))


@require_GET
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_for(request.user, pk)
    context = pages.version(found, request.user, against=request.GET.get("against", ""), now=timezone.now())
    return render(request, "zones/scheme.html", context)


@require_POST
def scheme_copy(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_for(request.user, pk)
    try:
        made = verbs.copy(found, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        messages.error(request, str(refused))
        return redirect("scheme", pk=pk)
    return redirect("scheme_edit", pk=made.pk)


@require_http_methods(["GET", "POST"])
def scheme_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft's form. "Preview" shows it in plain words without saving."""
    found = scheme_for(request.user, pk, writes=True)
    form = Editor(found, request.POST if request.method == "POST" else None)
    preview = []
    if request.method == "POST" and form.is_valid():
        if "preview" not in request.POST:
            try:
                verbs.write(found, **form.said(), by=request.user, now=timezone.now())
                messages.success(request, _("已保存。"))
                return redirect("scheme", pk=pk)
            except RegisterRefused as refused:
                form.refused = str(refused)
        preview = pages.preview(form.document())
    context = {"scheme": found, "form": form, "preview": preview}
    return render(request, "zones/scheme_edit.html", context, status=200 if preview and not form.refused else form.status)


@require_POST
def scheme_move(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_for(request.user, pk)
    try:
        done = verbs.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
    except REFUSALS as refused:
        context = pages.version(found, request.user, against="", now=timezone.now()) | {"error": str(refused)}
        return render(request, "zones/scheme.html", context, status=422)
    messages.success(request, _("已办理：%(state)s。") % {"state": RatingScheme.State(done.to_state).label})
    return redirect("scheme", pk=pk)


@require_http_methods(["GET", "POST"])
def scheme_what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest trial of a version; POST asks for another one."""
    found = scheme_for(request.user, pk)
    if not verbs.writers(request.user):
        raise PermissionDenied
    if request.method == "POST":
        known = RatingRound.objects.computed().filter(period__in=request.POST.getlist("periods")).values_list("period", flat=True)
        if not known:
            messages.error(request, _("请选择评定期。"))
        else:
            with transaction.atomic():
                jobs.submit(TRY_CRITERIA, by=request.user, scheme=found.pk, periods=list(known[:ROUNDS_AT_MOST]))
        return redirect("scheme_what_if", pk=pk)
    job = pages.last_trial(found, request.user)
    if job and request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"state": job.state, "share": job.done_share, "message": job.message}, headers={"Cache-Control": "no-store"})
    return render(request, "zones/scheme_what_if.html", pages.what_if(found, request.user))


@require_GET
def scheme_what_if_file(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_for(request.user, pk)
    job = pages.trials(found, request.user).filter(state=Job.State.DONE).first() if verbs.writers(request.user) else None
    if job is None:
        raise Http404
    name = f"siwu-what-if-{found.version}.xlsx"
    return HttpResponse(
        pages.workbook(found, job), content_type=CONTENT_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
