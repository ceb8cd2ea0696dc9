"""The register as list, board and map; saved lists, files, and one action for many issues."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo.lists import saving
from geo.lists.listing import count_text
from geo.models import SavedView
from geo.proofs import gives_out
from zones import register_files as files
from zones import register_pages as pages
from zones.models import Issue
from zones.register_bulk import Bulk
from zones.register_list import LAYER, RegisterListing
from zones.register_rights import registers
from zones.register_words import RegisterRefused


def _listing(request: HttpRequest) -> RegisterListing:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return RegisterListing(request.user, request.GET, now=timezone.now())


@require_GET
def issues(request: HttpRequest) -> HttpResponse:
    listing = _listing(request)
    if request.GET.get("raise"):
        return HttpResponseRedirect(f"?{listing.address}")
    page = listing.page()
    context = {
        "listing": listing, "layer": listing.layer, "page": page, "rows": listing.shown(page), "count": count_text(listing.count(page)),
        "views": SavedView.objects.open_to(request.user).filter(layer=LAYER).select_related("owner"),
        "opened": request.GET.get("view", ""), "may_register": registers(request.user),
    }  # fmt: skip
    return render(request, "zones/issues.html", context)


@require_GET
def issue_board(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/issue_board.html", pages.board(request.user, request.GET.get("town", "")[:9], now=timezone.now()))


@require_GET
def issue_map(request: HttpRequest) -> HttpResponse:
    listing = _listing(request)
    points = f"{reverse('issue_points')}?{listing.address}"
    context = {"listing": listing, "map": pages.small_map(request.user, points), "most": pages.POINTS_AT_MOST}
    return render(request, "zones/issue_map.html", context | {"may_register": registers(request.user)})


@require_GET
def issue_points(request: HttpRequest) -> JsonResponse:
    """The marks of the small map: those of the list, or one issue (`only`)."""
    only = request.GET.get("only", "")
    if only.isascii() and only.isdecimal() and len(only) < 19:
        rows = Issue.objects.visible_to(request.user).filter(pk=int(only))
    else:
        rows = _listing(request).rows
    return JsonResponse(pages.points(rows), headers={"Cache-Control": "private, no-store"})


@gives_out
@require_GET
def issue_file(request: HttpRequest, form: str) -> HttpResponse:
    """The list as it is, as XLSX or CSV."""
    listing = _listing(request)
    if form not in files.FORMS or not listing.is_valid:
        raise Http404
    try:
        return files.FORMS[form](listing)
    except RegisterRefused as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('issues')}?{listing.address}")


@require_POST
def issue_view_save(request: HttpRequest) -> HttpResponse:
    listing = _listing(request)
    address = listing.address
    try:
        view = saving.save(listing, request.POST.get("name", ""), shared=bool(request.POST.get("shared")), by=request.user)
        address = view.address
        messages.success(request, _("已保存为“%(name)s”。") % {"name": view.name})
    except ValidationError as problem:
        for text in problem.messages:
            messages.error(request, text)
    return redirect(f"{reverse('issues')}?{address}")


@require_POST
def issue_view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Only the owner's own; a shared one stays with whoever made it."""
    view = SavedView.objects.filter(pk=pk, owner=request.user, layer=LAYER).first()
    if view is None:
        raise Http404
    view.delete()
    messages.success(request, _("已删除“%(name)s”。") % {"name": view.name})
    return redirect("issues")


@require_POST
def issue_bulk(request: HttpRequest) -> HttpResponse:
    """Choose what to do with the ticked issues, then do it: all of them or none."""
    listing = _listing(request)
    back = f"{reverse('issues')}?{listing.address}"
    try:
        bulk = Bulk(listing, request.POST)
    except RegisterRefused as refused:
        messages.error(request, str(refused))
        return redirect(back)
    lines = bulk.apply(now=timezone.now()) if request.POST.get("step") == "apply" else None
    if lines == []:
        messages.success(request, _("已办理%(count)d个问题。") % {"count": len(bulk.pks)})
        return redirect(back)
    return render(request, "zones/issue_bulk.html", {"bulk": bulk, "lines": lines, "back": back}, status=422 if lines else 200)
