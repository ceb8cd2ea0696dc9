"""The pages of inspections. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import exporting
from geo.access import get_for
from geo.proofs import gives_out
from geo.views import exports
from patrol import logbook
from zones import inspection_issues, kept_pictures, spread_pages
from zones import inspection_pages as pages
from zones.layers import INSPECTION_RECORDS
from zones.models import Inspection
from zones.register_words import RegisterRefused


@require_GET
def inspections(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/inspections.html", pages.listing(request.user, request.GET))


@gives_out
@require_GET
def inspection_file(request: HttpRequest, form: str) -> HttpResponse:
    """The list under its filters; as GeoJSON those whose place is known."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    if form not in pages.FILES:
        raise Http404
    rows, chosen = pages.records(request.user, request.GET), exporting.FORMS[form]
    if not chosen.streams and rows[: exports.AT_ONCE + 1].count() > exports.AT_ONCE:
        messages.error(request, _("超过%(count)d条，请用 CSV 或先筛选。") % {"count": exports.AT_ONCE})
        return redirect(f"{reverse('inspections')}?{request.GET.urlencode()}")
    return exports.answer(INSPECTION_RECORDS, rows.exclude(geom=None) if form == "geojson" else rows, chosen, by=request.user)


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
