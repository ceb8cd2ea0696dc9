"""Where posts are missing (R3): page, map data and XLSX, within the reader's territory."""

import io

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from geo import coverage_tables as tables
from geo import maps
from geo.coverage import Coverage, coverage
from geo.layers import registry
from geo.workbooks import CONTENT_TYPE

PAGE_SIZE = 50


@require_GET
def the_coverage(request: HttpRequest) -> HttpResponse:
    found = _found(request)
    asked = {name: request.GET.get(name, "")[:20] for name in ("state", "town", "order", "street_order")}
    narrowed = {"state": asked["state"], "town": asked["town"]}
    villages = tables.chosen(found.villages, tables.VILLAGE_ORDERS, order=asked["order"], **narrowed)
    context = {
        "found": found,
        "about": _about(found),
        "summary": _summary(found),
        "page": Paginator(villages, PAGE_SIZE).get_page(request.GET.get("page")),
        "streets": tables.chosen(found.streets, tables.STREET_ORDERS, order=asked["street_order"], **narrowed),
        "asked": asked,
        "states": tables.STATES,
        "config": _config(request.user),
    }
    return render(request, "geo/coverage.html", context)


@require_GET
def coverage_map(request: HttpRequest) -> JsonResponse:
    response = JsonResponse(tables.as_geojson(_found(request)))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_GET
def coverage_file(request: HttpRequest) -> FileResponse:
    found = _found(request)
    target = io.BytesIO()
    tables.write_coverage(target, found, about=_about(found))
    target.seek(0)
    name = f"{request.user.division.name}{_('警务设施覆盖')}{timezone.localdate()}.xlsx"
    return FileResponse(target, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _found(request: HttpRequest) -> Coverage:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return coverage(request.user, on=timezone.localdate())


def _summary(found: Coverage) -> list[dict]:
    """Counts by state, of communities, villages and main streets."""
    groups = (
        (_("社区警务室"), [row for row in found.villages if row.is_community], (tables.HAS, tables.PLANNED, tables.NONE)),
        (_("村警务室"), [row for row in found.villages if not row.is_community], (tables.HAS, tables.PLANNED, tables.NONE)),
        (_("主要街道岗亭"), found.streets, (tables.HAS, tables.PARTLY, tables.PLANNED, tables.NONE)),
    )
    return [
        {
            "title": title,
            "total": len(rows),
            "states": [(state, *tables.STATES[state], sum(row.state == state for row in rows)) for state in states],
        }
        for title, rows, states in groups
    ]


def _about(found: Coverage) -> list[str]:
    """How it was reckoned, in sentences."""
    standard = found.standard
    source = _("本系统默认") if standard.is_own_assumption else standard.source
    lines = [
        _("标准版本：%(version)s（%(source)s）。") % {"version": standard.version, "source": source},
        _("警务室：社区或村的轮廓内有一个已建且未停用的警务室，算“有”；规划的算“规划中”。只计本辖区内的设施。"),
        _("主要街道：社区范围内或乡镇驻地周边%(radius)s米内的主干道，短于%(shortest)s米的不计。")
        % {"radius": standard.seat_radius_m, "shortest": standard.shortest_street_m},
        _("岗亭：离街道%(beside)s米以内算沿街；街道上到岗亭的道路距离在%(reach)s米以内的部分算服务范围。")
        % {"beside": standard.kiosk_beside_m, "reach": standard.street_reach_m},
    ]
    if found.has_roads:
        lines.append(
            _(
                "距离：从驻地（没有驻地的，从轮廓内一点）量到最近的警务室；两端离道路都在%(access)s米以内的按道路（不走高速公路），其余按直线，逐行注明。"
            )
            % {"access": standard.road_access_m}
        )
    else:
        lines.append(_("没有载入道路，距离都按直线。"))
    return lines


def _config(user) -> dict:
    kinds = {each.value: each for each in registry["stations"].classes}
    marks = []
    for kind in ("police_room", "kiosk"):
        described = {**vars(kinds[kind]), "label": str(kinds[kind].label)}
        marks += [described, described | {"value": f"{kind}_off", "figure": "ring"}]
    return maps.ground(user.division_id, on=timezone.localdate()) | {
        "data": reverse("coverage_map"),
        "marks": marks,
        "words": {
            "trouble": _("地图数据没有取到，请刷新页面。"),
            "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
            "schematic": _("底图为示意图，非法定界线"),
            "controls": maps.control_words(),
        },
    }
