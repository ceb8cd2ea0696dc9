"""Everything of one name in the reader's territory, as a page that needs no script."""
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from geo import maps
from geo.models import Division
from geo.search import Hit, Tier, layers_of, search
from geo.search.filling import DIVISIONS, waiting

# More than anybody reads: who sees this many is told to write more of the name.
AT_MOST = 200
PER_PAGE = 20
HOW = {
    Tier.WHOLE: _("完全相同"), Tier.BEGINS: _("开头相同"), Tier.INSIDE: _("包含"), Tier.SPELT: _("拼音"), Tier.SLIP: _("相近，差一个字"),
}  # fmt: skip
# How near the map goes to a division of each level; to a place, 16.
ZOOMS = dict(zip(Division.Level.values, (6, 8, 9, 12, 14), strict=True))


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    user = request.user
    text, layer, town = (request.GET.get(name, "")[:60].replace("\x00", "") for name in ("q", "layer", "town"))
    towns = Division.objects.in_division(user.division_id).at_level(Division.Level.TOWN)
    layers = [(each.name, each.title) for each in layers_of(user)]
    chosen = {"": None, "divisions": [DIVISIONS]}.get(layer, [layer])
    hits = search(user, text, limit=AT_MOST + 1, layers=chosen, division=town)
    page = Paginator(hits[:AT_MOST], PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_row(hit) for hit in page.object_list]
    context = {
        "text": text, "layer": layer, "town": town, "towns": towns, "layers": layers, "page": page, "count": len(hits),
        "at_most": AT_MOST, "unsettled": waiting()[1],
    }  # fmt: skip
    response = render(request, "geo/search.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _row(hit: Hit) -> dict:
    """What the page says of a hit, and where on the map it lies."""
    if hit.layer is None:
        west, south, east, north = maps.bounds(hit.found.pk, on=timezone.localdate())
        view = f"#map={ZOOMS[hit.found.level]}/{(south + north) / 2:.5f}/{(west + east) / 2:.5f}"
        kind, key, code = hit.found.get_level_display(), hit.found.pk, hit.found.parent_id or ""
    else:
        point = hit.found.geom.point_on_surface
        view = f"#map=16/{point.y:.5f}/{point.x:.5f}&on={hit.layer.name}"
        kind, key, code = hit.layer.title, hit.found.source_key, hit.found.division_id
    return {"name": str(hit.found), "kind": kind, "key": key, "path": maps.path_of(code), "how": HOW[hit.tier], "view": view}
