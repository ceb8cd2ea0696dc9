"""The pages of one issue: register it, look at it, make a step, change something, print it. Every view begins with the reader's rights."""
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import workflow
from geo.access import get_for
from geo.uploads import by_readers
from patrol import logbook
from zones import hazards, kept_pictures, notices, register_changes, register_paper
from zones import register_forms as forms
from zones import register_pages as pages
from zones import register_suggestions as suggestions
from zones.models import Issue, IssueFile, IssuePhoto
from zones.register_rights import registers
from zones.register_rules import rules_at
from zones.register_steps import CHANGES, STEPS
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)


@by_readers
@require_http_methods(["GET", "POST"])
def issue_new(request: HttpRequest) -> HttpResponse:
    """Register by hand. Likely duplicates that the person has not been shown yet come first."""
    if not registers(request.user):
        raise PermissionDenied
    now = timezone.now()
    typed = request.POST if request.method == "POST" else None
    form = forms.IssueForm(typed, rules=rules_at(now), user=request.user, initial=suggestions.start_of(request.GET))
    similar = suggestions.unseen(form, now=now) if form.is_bound and form.is_valid() else []
    if form.is_bound and form.is_valid() and not similar:
        try:
            made = suggestions.register_form(form, forms.photos_of(request), now=now)
            messages.success(request, _("已挂号：%(number)s。") % {"number": made.number})
            return redirect("issue", pk=made.pk)
        except RegisterRefused as refused:
            form.add_error(None, str(refused))
    return render(request, "zones/issue_new.html", suggestions.page(form, similar), status=422 if form.is_bound else 200)


@require_GET
def issue_similar(request: HttpRequest) -> JsonResponse:
    """Open issues and objects near a point, for the form."""
    if not registers(request.user):
        raise Http404
    found = suggestions.near_point(request.user, request.GET, now=timezone.now())
    return JsonResponse(found, headers={"Cache-Control": "private, no-store"})


@require_GET
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Issue, pk)
    notices.read(request.user, about=found, now=timezone.now())
    return render(request, "zones/issue.html", pages.issue(found, request.user, now=timezone.now()))


@by_readers
@require_POST
def issue_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One step. A refused one brings the page back with the reason and with what was typed."""
    found = get_for(request.user, Issue, pk)
    # What the person saw: a page that is behind is refused by the engine, never obeyed.
    seen = request.POST.get("seen", "")
    found.state = seen if seen in Issue.State.values else found.state
    step = STEPS.get((found.state, request.POST.get("to", "")))
    try:
        if step is None:
            raise RegisterRefused(_("现在的状态不能这样办理，请刷新页面。"))
        done = step(found, request, now=timezone.now())
    except REFUSALS as refused:
        return _refused(request, pk, refused, request.POST.dict())
    messages.success(request, _("已办理：%(state)s。") % {"state": Issue.State(done.to_state).label})
    return redirect("issue", pk=pk)


@by_readers
@require_POST
def issue_change(request: HttpRequest, pk: int) -> HttpResponse:
    """A comment, photos, another deadline, unit or category, a unit that shares, a related issue, a recheck."""
    found = get_for(request.user, Issue, pk)
    change: Callable | None = CHANGES.get(request.POST.get("what", ""))
    if change is None:
        raise Http404
    try:
        messages.success(request, change(found, request, now=timezone.now()))
    except REFUSALS as refused:
        return _refused(request, pk, refused, {})
    return redirect("issue", pk=pk)


def _refused(request: HttpRequest, pk: int, refused: ValueError, typed: dict) -> HttpResponse:
    fresh = get_for(request.user, Issue, pk)
    context = pages.issue(fresh, request.user, now=timezone.now(), typed=typed) | {"error": str(refused)}
    return render(request, "zones/issue.html", context, status=409 if isinstance(refused, workflow.MoveRefused) else 422)


@require_POST
def issue_watch(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Issue, pk)
    register_changes.watch(found, by=request.user, on=request.POST.get("on") == "1")
    return redirect("issue", pk=pk)


@require_GET
def issue_photo(request: HttpRequest, pk: int) -> FileResponse:
    mine = Issue.objects.visible_to(request.user).values("pk")
    kept = get_object_or_404(IssuePhoto, pk=pk, issue__in=mine)
    return kept_pictures.shown(lambda: kept.file.open("rb"), kept.content_type)


@require_GET
def issue_attachment(request: HttpRequest, pk: int) -> FileResponse:
    mine = Issue.objects.visible_to(request.user).values("pk")
    return kept_pictures.handed_in(get_object_or_404(IssueFile, pk=pk, issue__in=mine))


@require_GET
def issue_patrol_photo(request: HttpRequest, pk: int) -> FileResponse:
    """A picture of the log entry that the issue came from, for whoever reads the issue; `photo` is its key."""
    entry = hazards.entry_of(get_for(request.user, Issue, pk))
    if entry is None:
        raise Http404
    path = logbook.picture_or_404(entry, request.GET.get("photo", ""))
    return kept_pictures.shown(lambda: path.open("rb"), "image/png" if path.suffix == ".png" else "image/jpeg")


@require_GET
def issue_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Issue, pk)
    return render(request, "zones/issue_sheet.html", register_paper.sheet(found, now=timezone.now()))


@require_GET
def issue_sheet_file(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Issue, pk)
    return register_paper.pdf(request, found, now=timezone.now())


@require_GET
def issue_rules(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/issue_rules.html", pages.rules_page(request.user, timezone.now()))


