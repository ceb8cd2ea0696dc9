"""One object: its page with history, its form with the editor, removal and restoring; whatever layer it is of."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import editing
from geo.editing.shapes import to_geojson
from geo.forms import ObjectForm, both_versions, form_class, initial
from geo.layers import Layer, editable_layer
from geo.objects import described, drawing, neighbours, removed, words
from geo.views.answers import private

REFUSED, STALE = 422, 409


@require_GET
def object_page(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    layer, found = _layer_or_404(name), _found(request, name, pk)
    if found is None:
        return render(request, "geo/object_removed.html", removed(layer, pk, request.user))
    return render(request, "geo/object.html", {**described(layer, found, request.user), "words": words()})


@require_http_methods(["GET", "POST"])
def object_new(request: HttpRequest, name: str) -> HttpResponse:
    layer = _may_edit(request, name)
    form = form_class(layer)(request.POST if request.method == "POST" else None, initial={**request.GET.dict(), "version": ""})
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.create(layer, form.values(), by=request.user, now=timezone.now())
            messages.success(request, _("已新建。"))
            return redirect("object_page", name=name, pk=made.pk)
        except editing.EditRefused as refused:
            form.refuse(refused)
    return _form_page(request, layer, form, found=None)


@require_http_methods(["GET", "POST"])
def object_edit(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    layer, found, differences = _may_edit(request, name), _found(request, name, pk), []
    if found is None:
        return redirect("object_page", name=name, pk=pk)
    form = form_class(layer)(request.POST if request.method == "POST" else None, initial=initial(layer, found))
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            editing.change(layer, pk, form.values(), by=request.user, now=timezone.now(), version=version)
            messages.success(request, _("已保存。"))
            return redirect("object_page", name=name, pk=pk)
        except editing.Stale as stale:
            return _stale_page(request, layer, form, stale)
        except editing.EditRefused as refused:
            form.refuse(refused)
    return _form_page(request, layer, form, found=found, differences=differences)


@require_http_methods(["GET", "POST"])
def object_remove(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    layer, found = _may_edit(request, name), _found(request, name, pk)
    if found is None:
        return redirect("object_page", name=name, pk=pk)
    context, status = {"layer": layer, "found": found, "version": editing.version_of(found)}, 200
    if request.method == "POST":
        why, version = request.POST.get("why", ""), request.POST.get("version", "")
        try:
            editing.remove(layer, pk, by=request.user, now=timezone.now(), version=version, why=why)
            messages.success(request, _("已删除。历史保留，可以恢复。"))
            return redirect("object_page", name=name, pk=pk)
        except editing.EditRefused as refused:
            context |= {"why": why, "errors": [text for texts in refused.messages.values() for text in texts]}
            status = STALE if isinstance(refused, editing.Stale) else REFUSED
    return render(request, "geo/object_remove.html", context, status=status)


@require_POST
def object_restore(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    layer = _may_edit(request, name)
    _found(request, name, pk)
    key, version = request.POST.get("entry", ""), request.POST.get("version", "")
    try:
        editing.restore(layer, pk, key, by=request.user, now=timezone.now(), version=version)
        messages.success(request, _("已恢复，作为一次新的修改记入历史。"))
    except editing.EditRefused as refused:
        messages.error(request, _("没有恢复：%(why)s") % {"why": refused})
    return redirect("object_page", name=name, pk=pk)


@require_GET
def object_neighbours(request: HttpRequest, name: str) -> JsonResponse:
    """Outlines and lines near a drawing, for it to snap to."""
    layer = _may_edit(request, name)
    try:
        found = neighbours(layer, request.GET.get("bbox", ""), but=request.GET.get("but", ""), user=request.user)
    except ValueError as wrong:
        raise Http404 from wrong
    return private(JsonResponse(found))


def _layer_or_404(name: str) -> Layer:
    layer = editable_layer(name)
    if layer is None:
        raise Http404
    return layer


def _found(request: HttpRequest, name: str, pk: int):
    """The object within the reader's rights; None for one that was removed and may still be read; else 404."""
    layer = _layer_or_404(name)
    found = editing.rows(layer, request.user).filter(pk=pk).first()
    if found is None and editing.last_state(layer, pk, request.user) is None:
        raise Http404
    return found


def _may_edit(request: HttpRequest, name: str) -> Layer:
    layer = _layer_or_404(name)
    if not editing.may_edit(layer, request.user):
        raise PermissionDenied
    return layer


def _form_page(request: HttpRequest, layer: Layer, form: ObjectForm, *, found, differences=(), status: int = 200) -> HttpResponse:
    context = {
        "layer": layer, "found": found, "form": form, "differences": differences,
        "drawing": drawing(layer, found, request.user, geojson=form["geom"].value() or "", theirs=to_geojson(found.geom) if found else ""),
        "words": words(),
        "back": reverse("object_page", args=[layer.name, found.pk]) if found else reverse("map"),
    }  # fmt: skip
    return render(request, "geo/object_form.html", context, status=REFUSED if form.errors else status)


def _stale_page(request: HttpRequest, layer: Layer, form: ObjectForm, stale: editing.Stale) -> HttpResponse:
    if stale.theirs is None:
        messages.error(request, _("您打开之后，这个对象已被删除，没有保存。"))
        return redirect(request.path.removesuffix("edit/"))
    again, differences = both_versions(form, stale)
    return _form_page(request, layer, again, found=stale.theirs, differences=differences, status=STALE)
