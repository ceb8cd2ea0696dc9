"""Lists of a layer's objects. Each goes through the reader's own territory."""
import math

from django.contrib.gis.db.models import Extent
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from geo import exporting, maps
from geo.layers import Layer, registry
from geo.lists import paging
from geo.lists.bulk import may_edit_many
from geo.lists.listing import Listing, count_text, new_url
from geo.models import SavedView


def layer_or_404(request: HttpRequest, name: str) -> Layer:
    layer = registry.get(name)
    if layer is None or not request.user.reads_business_data:
        raise Http404
    layer.insist(request.user)
    return layer


@require_GET
def registers(request: HttpRequest) -> HttpResponse:
    """Every layer with how many objects the reader's territory holds."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    mine = [layer for layer in reversed(list(registry)) if not layer.gate or layer.gate.may(request.user)]
    entries = [{"layer": layer, "count": _held(request.user, layer)} for layer in mine]
    return render(request, "geo/lists/registers.html", {"entries": entries})


def _held(user, layer: Layer) -> str:
    rows = layer.model.objects.counted_for(user).order_by()
    return count_text(paging.count(layer, rows, scope=user.division_id, everything=True))


@require_GET
def object_list(request: HttpRequest, name: str) -> HttpResponse:
    layer = layer_or_404(request, name)
    listing = Listing(layer, request.user, request.GET)
    if request.GET.get("raise"):
        return HttpResponseRedirect(f"?{listing.address}")
    page = listing.page()
    layer.note_read(request.user, "list", len(page.rows))
    may_edit = may_edit_many(layer, request.user)
    context = {
        "layer": layer, "listing": listing, "page": page, "rows": listing.shown(page), "count": count_text(listing.count(page)),
        "views": SavedView.objects.open_to(request.user).filter(layer=name).select_related("owner"),
        "opened": request.GET.get("view", ""),
        "may_edit": may_edit,
        "new_url": new_url(layer) if may_edit else "", "refusal": listing.refusal(request), "forms": exporting.FORMS.values(),
        "datums": exporting.DATUMS.values(),
    }  # fmt: skip
    return render(request, "geo/lists/list.html", context)


@require_GET
def object_list_map(request: HttpRequest, name: str) -> HttpResponse:
    """The one map, where the objects of the list lie."""
    layer = layer_or_404(request, name)
    listing = Listing(layer, request.user, request.GET)
    extent = listing.rows.aggregate(extent=Extent("geom"))["extent"] or maps.bounds(request.user.division_id, on=timezone.localdate())
    return HttpResponseRedirect(f"{reverse('map')}#map={permalink(extent)}&on={layer.name}&period=0")


def permalink(extent: tuple[float, float, float, float]) -> str:
    """zoom/latitude/longitude that shows the extent (EPSG:4326) on a screen of about 800 by 600 pixels."""
    west, south, east, north = extent
    lat = (south + north) / 2
    spread = max((east - west) * math.cos(math.radians(lat)) / 800, (north - south) / 600, 1e-9)
    zoom = min(17.0, max(3.0, math.log2(360 / 512 * math.cos(math.radians(lat)) / spread)))
    return f"{zoom:.2f}/{lat:.5f}/{(west + east) / 2:.5f}"
