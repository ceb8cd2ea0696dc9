"""The one map: page, legend, search and details, all within the reader's territory."""
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from geo import editing, maps, objects
from geo.access import get_for
from geo.layers import BASE_LINES, registry
from geo.search import search as find
from geo.views.answers import private


@require_GET
def the_map(request: HttpRequest) -> HttpResponse:
    user = request.user
    config = maps.ground(user.division_id, on=timezone.localdate(), with_operators_tiles=True) | {
        "layers": [each | {"create": objects.create_url(each["name"], user)} for each in maps.describe_layers(user)],
        "tiles": maps.tile_template("layer_tile", name="NAME"),
        "legend": reverse("map_legend"),
        "search": reverse("map_search"),
        "searchPage": reverse("search_page"),
        "details": reverse("map_details", kwargs={"name": "NAME", "pk": 0}),
    }
    lines = editing.may_edit(BASE_LINES, user)
    return render(request, "geo/map.html", {"config": config, "division": user.division, "words": _words(), "may_edit_lines": lines})


def _words() -> dict:
    """What the map's script says."""
    return {
        "schematic": _("底图为示意图，非法定界线"),
        "trouble": _("有数据没有取到，请检查网络后重试。"),
        "signedOut": _("没有取到数据：可能已退出登录，或不在您的辖区内。请刷新页面。"),
        "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
        "copied": _("链接已复制"),
        "copyByHand": _("请从地址栏复制链接"),
        "nothing": _("没有找到"),
        "found": _("找到"),
        "more": _("查看全部"),
        "next": _("下一个"),
        "create": _("新建"),
        "unlock": _("填写查阅用途"),
        "controls": maps.control_words(),
    }


@require_GET
def legend(request: HttpRequest) -> JsonResponse:
    try:
        since = maps.start_of(request.GET.get("since", ""))
    except ValueError as wrong:
        raise Http404 from wrong
    return private(JsonResponse(maps.counts(request.user, since=since)))


@require_GET
def search(request: HttpRequest) -> JsonResponse:
    hits = find(request.user, request.GET.get("q", "")[:60], limit=20)
    return private(JsonResponse({"hits": [maps.hit(each) for each in hits]}))


@require_GET
def details(request: HttpRequest, name: str, pk: int) -> JsonResponse:
    layer = registry.get(name)
    if layer is None:
        raise Http404
    found = get_for(request.user, layer.model, pk)
    return private(JsonResponse(maps.details(layer, found) | {"links": objects.links(layer, pk, request.user)}))
