"""One object as its page, the editor's map and a drawing beside it need it; always through the reader's rights."""
import json
import math

from django.contrib.gis.geos import Polygon
from django.db import models
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import editing, maps
from geo.editing.history import described as geometry_in_words
from geo.editing.history import values_of
from geo.editing.shapes import crossing, to_geojson
from geo.layers import BASE_LINES, Layer, editable_layer, registry
from geo.models import User

# A drawing snaps to what is near: a box of some kilometres, and no more outlines than a screen can hold.
NEAR_AT_MOST_DEG = 0.12
NEIGHBOURS_AT_MOST = 400


def described(layer: Layer, found: models.Model, user: User) -> dict:
    """What the page of an object shows."""
    return {
        "layer": layer,
        "found": found,
        "title": str(found),
        "legend_class": maps.class_of(layer, found),
        "path": maps.path_of(found.division_id) if layer.territorial else "",
        "rows": _rows(layer, found),
        "geometry": geometry_in_words(layer.shape, found.geom),
        "sections": sections(layer, found),
        "entries": editing.history(layer, found.pk, user=user),
        "version": editing.version_of(found),
        "may_edit": editing.may_edit(layer, user),
        "drawing": drawing(layer, found, user, geojson=to_geojson(found.geom)),
    }


def _rows(layer: Layer, found: models.Model) -> list[dict]:
    return [{"label": layer.column_field(each).verbose_name, "value": maps.shown(found, each.name)} for each in layer.columns]


def sections(layer: Layer, found: models.Model) -> list[dict]:
    """What this layer, and layers that are computed from it, say of the object in its popup."""
    told = [section(found) for section in layer.sections]
    for other in registry:
        if layer.name in other.depends and other.sections:
            computed = other.model.objects.everywhere("the object was fetched through the reader's rights").filter(pk=found.pk).first()
            told += [_under(other, section(computed)) for section in other.sections if computed]
    return told


def _under(layer: Layer, section: dict) -> dict:
    return {**section, "title": _("%(layer)s：%(title)s") % {"layer": layer.title, "title": section["title"]}}


def removed(layer: Layer, pk: int, user: User) -> dict:
    """What the page of a removed object shows."""
    last = editing.last_state(layer, pk, user)
    if last is None:
        raise Http404
    return {
        "layer": layer,
        "pk": pk,
        "title": layer.model(**{key: value for key, value in values_of(layer, last).items() if key not in ("division", "geom")}),
        "entries": editing.history(layer, pk, user=user),
        "version": "",
        "may_edit": editing.may_edit(layer, user),
    }


def drawing(layer: Layer, found: models.Model | None, user: User, *, geojson: str, theirs: str = "") -> dict:
    """What the map of a page or of the editor needs, as JSON for the browser. `theirs` is another editor's version."""
    return maps.ground(user.division_id, on=timezone.localdate(), with_operators_tiles=True) | {
        "layer": {
            "name": layer.name, "shape": layer.shape, "title": str(layer.title), "minZoom": layer.min_zoom, "fill": layer.fill,
            "classes": [{**vars(each), "label": str(each.label)} for each in layer.classes],
        },
        "key": found.pk if found else None,
        "geometry": geojson,
        "theirs": theirs if theirs != geojson else "",
        "crossing": crossing(geojson),
        "tiles": maps.tile_template("layer_tile", name=layer.name) if layer.territorial else "",
        "neighbours": reverse("object_neighbours", args=[layer.name]),
    }  # fmt: skip


def neighbours(layer: Layer, box: str, *, but: str, user: User) -> dict:
    """GeoJSON of the outlines and lines in a box (west,south,east,north) that the person may read, without the object itself."""
    edges = [float(each) for each in box.split(",")]
    if len(edges) != 4 or not all(map(math.isfinite, edges)):
        raise ValueError(box)
    west, south, east, north = edges
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85) or max(east - west, north - south) > NEAR_AT_MOST_DEG:
        return {"type": "FeatureCollection", "features": [], "tooWide": True}
    area = Polygon.from_bbox((west, south, east, north))
    area.srid = 4326
    area.transform(3857)
    features = []
    others = [each for each in registry if each.shape == "area" and each.importable and each is not layer]
    for each in [*([layer] if layer.shape == "area" else []), *others, BASE_LINES]:
        near = editing.rows(each, user).filter(geom_3857__bboverlaps=area)
        if each is layer and but.isdecimal():
            near = near.exclude(pk=int(but[:18]))
        features += [_feature(each, found) for found in near[: NEIGHBOURS_AT_MOST - len(features)]]
    return {"type": "FeatureCollection", "features": features}


def _feature(layer: Layer, found: models.Model) -> dict:
    return {
        "type": "Feature", "properties": {"layer": layer.name, "name": str(found)}, "geometry": json.loads(to_geojson(found.geom)),
    }  # fmt: skip


def create_url(name: str, user: User) -> str:
    """Where a person draws a new object of the layer; "" for who may not."""
    layer = editable_layer(name)
    return reverse("object_new", args=[name]) if layer and editing.may_edit(layer, user) else ""


def links(layer: Layer, pk: int, user: User) -> list[dict]:
    """Where a popup leads: the object's page, and its form for who may edit it."""
    if editable_layer(layer.name) is None:
        return []
    told = [{"title": _("详情"), "url": reverse("object_page", args=[layer.name, pk])}]
    if editing.may_edit(layer, user):
        told.append({"title": _("编辑"), "url": reverse("object_edit", args=[layer.name, pk])})
    return told


def words() -> dict:
    """What the scripts of the editor and of an object's map say."""
    return {
        "schematic": _("底图为示意图，非法定界线"),
        "trouble": _("有数据没有取到，请检查网络后重试。"),
        "signedOut": _("没有取到数据：可能已退出登录，或不在您的辖区内。请刷新页面。"),
        "nothingDrawn": _("还没有图形"),
        "notShown": _("图形不能在图上显示，请用坐标修改。"),
        "unfinished": _("图形还没有画完：双击或点第一个点结束，再保存。"),
        "badLine": _("第{line}行看不懂：{text}"),
        "tooFew": _("每一段至少要有{count}行坐标。"),
        "drawHelp": {
            "point": _("点一下地图放置位置；再点一下即移动。"),
            "line": _("逐点点击，双击结束。靠近邻近的线会自动吸附。"),
            "area": _("逐点点击，点第一个点结束。靠近邻近的轮廓会自动吸附。"),
        },
        "selectHelp": {
            "point": _("拖动点，改变位置。"),
            "line": _("拖动顶点修改；拖动小点加顶点；右键点顶点删除。"),
            "area": _("拖动顶点修改；拖动小点加顶点；右键点顶点删除。"),
        },
        "units": {
            "area": _("面积{area}平方米（{mu}亩，{hectares}公顷） · 周长{around}"), "line": _("长度{length}"),
            "metres": _("{count}米"), "kilometres": _("{count}公里"),
        },
        "controls": maps.control_words(),
    }  # fmt: skip
