"""Editing many objects of a list: choose fields, look at old and new, write. Three steps of one form, all by POST."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo import editing
from geo.lists.bulk import Bulk, may_edit_many, refusal_lines
from geo.lists.listing import Listing
from geo.views.lists import layer_or_404


@require_POST
def bulk_edit(request: HttpRequest, name: str) -> HttpResponse:
    layer = layer_or_404(request, name)
    if not may_edit_many(layer, request.user):
        raise PermissionDenied
    listing = Listing(layer, request.user, request.GET)
    back = f"{reverse('object_list', args=[name])}?{listing.address}"
    try:
        bulk = Bulk(listing, request.POST)
    except editing.EditRefused as problem:
        messages.error(request, str(problem))
        return HttpResponseRedirect(back)
    steps = {"preview": _preview, "apply": _apply}
    return steps.get(request.POST.get("step"), _choose)(request, bulk, back)


def _choose(request: HttpRequest, bulk: Bulk, back: str, problem: editing.EditRefused | None = None) -> HttpResponse:
    errors = problem.messages if problem else {}
    context = {"bulk": bulk, "layer": bulk.layer, "inputs": bulk.inputs(errors), "problems": errors.get("", []), "back": back}
    return render(request, "geo/lists/bulk.html", context, status=400 if problem else 200)


def _preview(request: HttpRequest, bulk: Bulk, back: str, note: str = "", lines: list[str] | None = None) -> HttpResponse:
    try:
        fields = bulk.preview()
    except editing.EditRefused as problem:
        return _choose(request, bulk, back, problem)
    context = {"bulk": bulk, "layer": bulk.layer, "fields": fields, "seal": bulk.seal(), "back": back, "note": note, "lines": lines}
    return render(request, "geo/lists/bulk_preview.html", context, status=409 if note or lines else 200)


def _apply(request: HttpRequest, bulk: Bulk, back: str) -> HttpResponse:
    if request.POST.get("seal") != bulk.seal():
        return _preview(request, bulk, back, note=_("预览之后这些对象又有变化，没有写入。请看新的预览。"))
    try:
        report = bulk.apply(by=request.user, now=timezone.now())
    except editing.EditRefused as problem:
        return _choose(request, bulk, back, problem)
    if report.refused:
        return _preview(request, bulk, back, note=_("有对象不能这样修改，全部没有写入："), lines=refusal_lines(bulk.layer, report))
    said = _("已修改%(changed)s个对象，%(same)s个本来就是这样。每个对象的历史里可以恢复原值。")
    messages.success(request, said % {"changed": report.changed_count, "same": report.unchanged_count})
    return HttpResponseRedirect(back)
