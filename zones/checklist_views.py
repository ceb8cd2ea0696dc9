"""The pages of checklists: the list, one version, its draft's form. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import workflow
from zones import checklist_pages as pages
from zones import checklist_versions as verbs
from zones.checklist_forms import StartForm
from zones.models import Checklist
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)


def checklist_for(user, pk: int) -> Checklist:
    if not user.reads_business_data:
        raise Http404
    return get_object_or_404(verbs.readable(user).select_related("division"), pk=pk)


@require_http_methods(["GET", "POST"])
def checklists(request: HttpRequest) -> HttpResponse:
    """Every checklist in its newest version; officers of the county begin a new one."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = verbs.start(**form.cleaned_data, by=request.user, now=timezone.now())
            return redirect("checklist_edit", pk=made.pk)
        except RegisterRefused as refused:
            form.add_error("title", str(refused))
    status = 422 if form.is_bound else 200
    return render(request, "zones/checklists.html", pages.listing(request.user, form, now=timezone.now()), status=status)


@require_GET
def checklist(request: HttpRequest, pk: int) -> HttpResponse:
    found = checklist_for(request.user, pk)
    return render(request, "zones/checklist.html", pages.checklist(found, request.user, now=timezone.now()))


@require_http_methods(["GET", "POST"])
def checklist_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft's form; "one more" brings it back with what was typed and an empty row."""
    found = checklist_for(request.user, pk)
    if not verbs.writers(request.user, found):
        raise PermissionDenied
    form = pages.Editor(found, request.POST if request.method == "POST" else None, now=timezone.now())
    if request.method == "POST" and not form.asks_for_more and form.is_valid():
        try:
            verbs.write(found, **form.said(), by=request.user)
            messages.success(request, _("已保存。"))
            return redirect("checklist_edit" if "stay" in request.POST else "checklist", pk=pk)
        except RegisterRefused as refused:
            form.refused = str(refused)
    return render(request, "zones/checklist_edit.html", {"checklist": found, "form": form}, status=form.status)


@require_POST
def checklist_move(request: HttpRequest, pk: int) -> HttpResponse:
    found = checklist_for(request.user, pk)
    try:
        done = verbs.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
    except REFUSALS as refused:
        context = pages.checklist(found, request.user, now=timezone.now()) | {"error": str(refused)}
        return render(request, "zones/checklist.html", context, status=422)
    messages.success(request, _("已办理：%(state)s。") % {"state": Checklist.State(done.to_state).label})
    return redirect("checklist", pk=pk)


@require_POST
def checklist_version(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft that begins with what this version says."""
    found = checklist_for(request.user, pk)
    try:
        made = verbs.next_version(found, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        messages.error(request, str(refused))
        return redirect("checklist", pk=pk)
    return redirect("checklist_edit", pk=made.pk)
