"""A layer's declaration as the map needs it: legend with counts, MapLibre style, details of one object."""
from datetime import date, datetime, time

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.db import models
from django.db.models import Count
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from geo.layers import Layer, LegendClass, registry
from geo.models import Division, DivisionOutline
from geo.search import Hit

FALLBACK_BOUNDS = (73.5, 18.0, 135.1, 53.6)


def describe_layers(user) -> list[dict]:
    """The layers a user may see, bottom first, as JSON for the browser."""
    if not user.reads_business_data:
        return []
    return [
        {
            "name": layer.name,
            "title": str(layer.title),
            "shape": layer.shape,
            "visible": layer.visible,
            "minZoom": layer.min_zoom,
            "timed": bool(layer.time_field),
            "note": str(layer.note),
            "about": next((name for name in layer.depends if registry.get(name)), ""),
            "fill": layer.fill,
            "sector": bool(layer.sector),
            "locked": _locked(layer, user),
            "classes": [_described(legend_class) for legend_class in layer.classes],
        }
        for layer in registry
        if layer.gate is None or layer.gate.may(user)
    ]


def _locked(layer: Layer, user) -> dict | None:
    """What has to be done before the layer is shown; None where nothing has."""
    return None if layer.lets_in(user) else {"text": str(layer.gate.text), "url": layer.gate.url()}


def _described(legend_class: LegendClass) -> dict:
    return {**vars(legend_class), "label": str(legend_class.label)}


def start_of(text: str) -> datetime | None:
    """The first moment of a day written as YYYY-MM-DD, in the county's time; None for nothing, ValueError for nonsense."""
    if not text:
        return None
    day = date.fromisoformat(text)
    return timezone.make_aware(datetime.combine(day, time.min))


def counts(user, *, since: datetime | None = None) -> dict[str, dict[str, int]]:
    """How many objects of each class the user's territory holds, by layer."""
    if not user.reads_business_data:
        return {}
    found = {}
    for layer in registry:
        if layer.gate and not layer.gate.may(user):
            continue
        rows = layer.model.objects.counted_for(user)
        if since and layer.time_field:
            rows = rows.filter(**{f"{layer.time_field}__gte": since})
        if layer.class_field:
            found[layer.name] = dict(rows.order_by().values_list(layer.class_field).annotate(n=Count("pk")))
        else:
            found[layer.name] = {"": rows.count()}
    return found


def bounds(code: str, *, on: date) -> tuple[float, float, float, float]:
    """West, south, east, north of a division's outline (EPSG:4326), or of everything below it where it has none."""
    outlines = DivisionOutline.objects.in_force(on)
    for chosen in (outlines.filter(division_id=code), outlines.in_division(code)):
        extent = chosen.aggregate(extent=Extent("geom"))["extent"]
        if extent:
            return extent
    return FALLBACK_BOUNDS


def ground(code: str, *, on: date, with_operators_tiles: bool = False) -> dict:
    """What a map of a division stands on, for style.js's baseStyle: its bounds and the base tiles; the operator's own tiles below."""
    own = with_operators_tiles and settings.BASEMAP_TILES
    return {
        "bounds": bounds(code, on=on),
        "scope": code,
        "baseTiles": tile_template("base_tile"),
        "basemap": {"tiles": own or "", "attribution": settings.BASEMAP_ATTRIBUTION if own else ""},
    }


def tile_template(url_name: str, **kwargs) -> str:
    """The address of a tile with {z}, {x} and {y} in it."""
    return reverse(url_name, kwargs={**kwargs, "z": 0, "x": 1, "y": 2}).replace("/0/1/2.mvt", "/{z}/{x}/{y}.mvt")


def hit(found: Hit) -> dict:
    """A hit as the map's search box shows it: a division with its bounds, a place with its point."""
    if found.layer is None:
        division = found.found
        return {
            "layer": "", "id": division.code, "name": division.name, "kind": division.get_level_display(), "division": "",
            "bounds": list(bounds(division.code, on=timezone.localdate())),
        }  # fmt: skip
    place, layer = found.found, found.layer
    point = place.geom.point_on_surface
    return {
        "layer": layer.name, "id": place.pk, "name": str(getattr(place, layer.label_field)), "kind": str(layer.title),
        "division": place.division.name, "point": [round(point.x, 6), round(point.y, 6)],
    }  # fmt: skip


def details(layer: Layer, found: models.Model) -> dict:
    """One object for its popup: title, legend class, place, and each filled column with its Chinese name."""
    names = [column for column in layer.columns if column.popup]
    rows = [(str(layer.column_field(column).verbose_name), shown(found, column.name)) for column in names]
    point = found.geom.point_on_surface
    legend_class = class_of(layer, found)
    return {
        "layer": layer.name,
        "id": found.pk,
        "title": str(found),
        "class": _described(legend_class) if legend_class else None,
        "kind": str(layer.title),
        "division": path_of(found.division_id),
        "point": [round(point.x, 6), round(point.y, 6)],
        "rows": [{"label": label, "value": value} for label, value in rows if value != ""],
        "sections": [section(found) for section in layer.sections],
    }


def class_of(layer: Layer, found: models.Model) -> LegendClass | None:
    value = getattr(found, layer.class_field) if layer.class_field else ""
    return next((each for each in layer.classes if each.value == value), None)


def control_words() -> dict:
    """The map library's own buttons, in the reader's language."""
    return {
        "NavigationControl.ZoomIn": _("放大"),
        "NavigationControl.ZoomOut": _("缩小"),
        "AttributionControl.ToggleAttribution": _("底图说明"),
        "Popup.Close": _("关闭"),
        "Map.Title": _("地图"),
        "ScaleControl.Meters": _("米"),
        "ScaleControl.Kilometers": _("公里"),
    }


def path_of(code: str) -> str:
    """County, town and village of a division code, by name."""
    codes = [code[:length] for length in (6, 9, 12) if len(code) >= length]
    return " · ".join(Division.objects.filter(code__in=codes).order_by("code").values_list("name", flat=True))


def shown(found: models.Model, name: str) -> str:
    """A field's value as a reader sees it; "" for nothing."""
    display = getattr(found, f"get_{name}_display", None)
    value = display() if display else getattr(found, name)
    match value:
        case None | "":
            return ""
        case bool():
            return _("是") if value else _("否")
        case datetime():
            return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
        case date():
            return value.isoformat()
        case float():
            return f"{value:g}"
    return str(value)
