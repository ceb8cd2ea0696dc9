"""The pages of inspections. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo.access import get_for
from patrol import logbook
from zones import inspection_issues, kept_pictures, spread_pages
from zones import inspection_pages as pages
from zones.models import Inspection
from zones.register_words import RegisterRefused


@require_GET
def inspections(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/inspections.html", pages.listing(request.user, request.GET))


@require_GET
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Inspection, pk)
    return render(request, "zones/inspection.html", pages.inspection(found, request.user))


@require_GET
def inspection_photo(request: HttpRequest, pk: int) -> FileResponse:
    """A picture that came with the inspection, drawn anew; `photo` is its key."""
    found = get_for(request.user, Inspection, pk)
    path = logbook.stored_or_404(found.submission, request.GET.get("photo", ""))
    return kept_pictures.shown(lambda: path.open("rb"), "image/png" if path.suffix == ".png" else "image/jpeg")


@require_POST
def inspection_issues_new(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: a failed item, or all that are named, into the register."""
    found = get_for(request.user, Inspection, pk)
    try:
        made = [inspection_issues.register(found, key, by=request.user, now=timezone.now()) for key in request.POST.getlist("item")]
    except RegisterRefused as refused:
        return render(request, "zones/inspection.html", pages.inspection(found, request.user) | {"error": str(refused)}, status=422)
    messages.success(request, _("已挂号：%(number)s。") % {"number": "、".join(each.number for each in made)})
    return redirect("inspection", pk=pk)


@require_GET
def inspection_spread(request: HttpRequest) -> HttpResponse:
    """For those who answer for inspectors: officers."""
    if not request.user.writes_business_data:
        raise PermissionDenied
    return render(request, "zones/inspection_spread.html", spread_pages.page(request.user, request.GET, now=timezone.now()))
