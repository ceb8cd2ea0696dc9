"""Kinds of premises and public facilities: a county's officer adds, renames and retires them; others of the staff read them."""
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import kinds, pii
from geo.layers import registry
from geo.models import PlaceKind
from geo.models.kinds import kinds_of


class KindForm(forms.ModelForm):
    class Meta:
        model = PlaceKind
        fields = ["code", "title", "title_en", "mark", "colour", "figure", "group", "order"]
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]

    def clean(self) -> dict:
        for name in ("title", "title_en", "group"):
            if pii.find(self.cleaned_data.get(name) or ""):
                self.add_error(name, _("这里像是写了证件号、电话或车牌，请删去。"))
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        # The layer is no field of the form, but its uniqueness with code, title and mark is to be told in the form.
        return super()._get_validation_exclusions() - {"layer"}


def _may_change(request: HttpRequest) -> None:
    if not kinds.may_change(request.user):
        raise PermissionDenied


@require_GET
def kind_list(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not user.reads_business_data:
        raise PermissionDenied
    layers = []
    for layer in PlaceKind.Layer:
        rows = registry[layer.value].model.objects.visible_to(user).order_by()
        used = dict(rows.values_list("kind").annotate(n=Count("pk")))
        layers.append({"name": layer.value, "title": layer.label, "kinds": [(kind, used.get(kind.code, 0)) for kind in kinds_of(layer)]})
    return render(request, "geo/kinds.html", {"layers": layers, "may_change": kinds.may_change(user)})


def kind_add(request: HttpRequest, name: str) -> HttpResponse:
    _may_change(request)
    if name not in PlaceKind.Layer.values:
        raise Http404
    kind = PlaceKind(layer=name, colour="#4b6a9b", source=_("本单位"))
    return _edited(request, kind, _("新增类别：%(layer)s") % {"layer": PlaceKind.Layer(name).label})


def kind_edit(request: HttpRequest, pk: int) -> HttpResponse:
    _may_change(request)
    kind = get_object_or_404(PlaceKind, pk=pk)
    return _edited(request, kind, _("修改类别：%(title)s") % {"title": kind.title})


def _edited(request: HttpRequest, kind: PlaceKind, title: str) -> HttpResponse:
    form = KindForm(request.POST or None, instance=kind)
    if request.method == "POST" and form.is_valid():
        saved = kinds.save(form.save(commit=False), by=request.user, now=timezone.now())
        messages.success(request, _("已保存：%(title)s") % {"title": saved.title})
        return redirect("kinds")
    return render(request, "geo/kind.html", {"form": form, "title": title, "kind": kind})


@require_POST
def kind_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a kind from today on, or take that back."""
    _may_change(request)
    kind, now = get_object_or_404(PlaceKind, pk=pk), timezone.now()
    try:
        if kind.is_retired:
            kinds.reinstate(kind, by=request.user, now=now)
        else:
            kinds.retire(kind, on=timezone.localdate(now), by=request.user, now=now)
    except kinds.KindRefused as refused:
        messages.error(request, str(refused))
    return redirect("kinds")
