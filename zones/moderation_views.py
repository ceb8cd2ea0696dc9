"""The officers' side of public supervision: what waits, one thing with its evidence, a step, an issue. Own territory only."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import workflow
from geo.access import get_for
from geo.models import Compound
from zones import kept_pictures, manager_codes, notices
from zones import moderation as verbs
from zones import moderation_pages as pages
from zones.models import ReceivedPhoto
from zones.receipts import DOORS
from zones.register_words import RegisterRefused
from zones.rounds import RatingRefused

REFUSALS = (RegisterRefused, RatingRefused, workflow.MoveRefused)


def _model_or_404(request: HttpRequest, name: str):
    if name not in DOORS:
        raise Http404
    if not request.user.writes_business_data:
        raise PermissionDenied
    return DOORS[name]


@require_GET
def moderation_home(request: HttpRequest) -> HttpResponse:
    return redirect("moderation", name="feedback")


@require_GET
def moderation(request: HttpRequest, name: str) -> HttpResponse:
    model, now = _model_or_404(request, name), timezone.now()
    notices.read(request.user, door=name, now=now)
    return render(request, "zones/moderation.html", pages.queue(request.user, name, model, request.GET, now=now))


@require_GET
def received(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    found = get_for(request.user, _model_or_404(request, name), pk)
    return render(request, "zones/received.html", pages.one(found, name, request.user, now=timezone.now()))


@require_POST
def received_move(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One step. A refused one brings the page back with the reason and with what was typed."""
    found, now = get_for(request.user, _model_or_404(request, name), pk), timezone.now()
    seen = request.POST.get("seen", "")
    found.state = seen if seen in found.State.values else found.state
    try:
        pages.make(found, request.POST, by=request.user, now=now)
    except REFUSALS as refused:
        fresh = get_for(request.user, DOORS[name], pk)
        context = pages.one(fresh, name, request.user, now=now, typed=request.POST) | {"error": str(refused)}
        return render(request, "zones/received.html", context, status=409 if isinstance(refused, workflow.MoveRefused) else 422)
    messages.success(request, _("已办理。"))
    return redirect("received", name=name, pk=pk)


@require_POST
def received_issue(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One tap: what was reported becomes an issue of the register; a second tap leads to the same one."""
    if name not in ("feedback", "reinspection"):
        raise Http404
    found = get_for(request.user, _model_or_404(request, name), pk)
    try:
        issue = verbs.to_issue(found, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        messages.error(request, str(refused))
        return redirect("received", name=name, pk=pk)
    messages.success(request, _("已挂号：%(number)s。") % {"number": issue.number})
    return redirect("issue", pk=issue.pk)


@require_GET
def received_photo(request: HttpRequest, pk: int) -> FileResponse:
    kept = get_object_or_404(ReceivedPhoto, pk=pk)
    name, row = next((name, getattr(kept, name)) for name in DOORS if getattr(kept, name, None) is not None)
    get_for(request.user, DOORS[name], row.pk)
    return kept_pictures.shown(lambda: kept.file.open("rb"), kept.content_type)


@require_http_methods(["GET", "POST"])
def manager_code(request: HttpRequest) -> HttpResponse:
    """A code for a compound's manager, shown once on a page to print. A town's or the county's officer gives it out by hand."""
    if not request.user.writes_business_data:
        raise PermissionDenied
    asked = (request.POST if request.method == "POST" else request.GET).get("compound", "")
    compound = get_for(request.user, Compound, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    if compound is None:
        raise Http404
    context = {"compound": compound}
    if request.method == "POST":
        kept, code = manager_codes.issue(compound, by=request.user, now=timezone.now())
        context |= {"kept": kept, "code": code}
    response = render(request, "zones/manager_code.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
