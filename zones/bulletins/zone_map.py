"""The map of a bulletin as one HTML file, drawn with folium from the frozen shapes, that opens without a network."""
from collections.abc import Iterable

import folium
import numpy as np
from django.utils.html import escape
from django.utils.translation import get_language
from folium.utilities import JsCode

from geo.layers import LegendClass
from zones.layers import ZONE_CLASSES
from zones.maps import OfflineMap, figure, localise
from zones.models import Bulletin

# Names as text, never as markup: they come from files.
_ON_EACH = """function (feature, layer) {
  const box = document.createElement("div");
  box.textContent = feature.properties.name + " · " + feature.properties.state;
  layer.bindPopup(box);
}"""
_LABEL = """function (feature, layer) {
  layer.on("add", () => { layer.getElement().textContent = feature.properties.text; });
}"""
STYLE = """
html { height: 100%; }
body { display: flex; flex-direction: column; height: 100%; margin: 0; color: #1c2730; }
body { font: 15px/1.5 system-ui, "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header { flex: none; padding: 8px 14px; background: #fff; }
header h1 { margin: 0; font-size: 18px; } header p { margin: 0; color: #54626d; }
.folium-map { flex: 1 1 0 !important; height: auto !important; min-height: 0; }
.town { color: #54626d; font-size: 12px; text-align: center; white-space: nowrap; }
.mark { display: inline-block; min-width: 18px; padding: 0 2px; border-radius: 9px; color: #fff; text-align: center; }
"""


def printable(bulletin: Bulletin) -> str:
    """The whole file, in the language in force."""
    number = bulletin.number or bulletin.division.name
    return drawn_page(bulletin.figures["map"], ZONE_CLASSES, title=bulletin.title, line=number, is_invented=bulletin.is_invented)


def drawn_page(shapes: dict, kinds: Iterable[LegendClass], *, title: str, line: str, is_invented: bool) -> str:
    """Shapes as zones.bulletins.freezing gives them, each zone's `state` one of the kinds."""
    classes = {each.value: each for each in kinds}
    drawn = OfflineMap(tiles=None, min_zoom=7, max_zoom=17, zoom_snap=0.25, attribution_control=False)
    drawn._id = "bulletin"
    layers = [_outlines(shapes["outlines"]), _zones(shapes["zones"], classes), *_labels(shapes, classes)]
    for number, layer in enumerate(layers):
        layer._id = str(number)
        layer.add_to(drawn)
    corners = [point for each in (*shapes["outlines"], *shapes["zones"]) for ring in each["rings"] for point in ring]
    if corners:
        (west, south), (east, north) = np.min(corners, axis=0).tolist(), np.max(corners, axis=0).tolist()
        drawn.fit_bounds([[south, west], [north, east]])
    page = localise(drawn.get_root().render())
    page = page.replace("<html>", f'<html lang="{get_language()}">', 1)
    page = page.replace("</head>", f"<title>{escape(title)}</title><style>{STYLE}</style></head>", 1)
    there = {each["state"] for each in shapes["zones"]}
    marks = " ".join(
        f'<span class="mark" style="background:{each.colour}">{each.mark or "　"}</span> {escape(each.label)}'
        for value, each in classes.items()
        if value in there
    )
    invented = "（演示数据，虚构）" if is_invented else ""
    header = f"<header><h1>{escape(title)}{invented}</h1><p>{escape(line)}　{marks}</p></header>"
    return page.replace("<body>", f"<body>{header}", 1)


def _area(each: dict, index: int, **properties) -> dict:
    shape = {"type": "MultiPolygon", "coordinates": [[ring] for ring in each["rings"]]}
    return {"type": "Feature", "id": index, "properties": {"name": each["name"], **properties}, "geometry": shape}


def _collection(features: list[dict]) -> dict:
    return {"type": "FeatureCollection", "features": features}


def _outlines(outlines: list[dict]) -> folium.GeoJson:
    features = [_area(each, index, own=each["own"]) for index, each in enumerate(outlines)]

    def style(feature: dict) -> dict:
        if feature["properties"]["own"]:
            return {"color": "#54626d", "weight": 1.5, "fillColor": "#fff", "fillOpacity": 1, "interactive": False}
        return {"color": "#9aa6ab", "weight": 1, "dashArray": "4 3", "fill": False, "interactive": False}

    return folium.GeoJson(_collection(features), style_function=style)


def _zones(zones: list[dict], classes: dict) -> folium.GeoJson:
    features = []
    for index, each in enumerate(zones):
        kind = classes[each["state"]]
        features.append(_area(each, index, state=str(kind.label), colour=kind.colour))

    def style(feature: dict) -> dict:
        return {"color": feature["properties"]["colour"], "weight": 2, "fillOpacity": 0.45}

    return folium.GeoJson(_collection(features), style_function=style, on_each_feature=JsCode(_ON_EACH))


def _labels(shapes: dict, classes: dict) -> list[folium.GeoJson]:
    """Names of the units, and each zone's letter in a circle of its colour."""
    towns = [_point(each, text=each["name"]) for each in shapes["outlines"] if not each["own"]]
    svg = {value: figure({"figure": "circle", "colour": each.colour, "mark": each.mark}) for value, each in classes.items()}
    names = folium.GeoJson(
        _collection(towns), marker=_marker("town", (120, 18)), style_function=lambda feature: {}, on_each_feature=JsCode(_LABEL)
    )
    lettered = [each for each in shapes["zones"] if classes[each["state"]].mark]
    marks = folium.GeoJson(
        _collection([_point(each, state=each["state"]) for each in lettered]), marker=_marker("zone", (20, 20)),
        style_function=lambda feature: {"html": svg[feature["properties"]["state"]]},
    )  # fmt: skip
    return [names, marks]


def _marker(name: str, size: tuple[int, int]) -> folium.Marker:
    icon = folium.DivIcon(icon_size=size, icon_anchor=(size[0] // 2, size[1] // 2), class_name=name)
    return folium.Marker(icon=icon, interactive=False)


def _point(each: dict, **properties) -> dict:
    x, y = np.mean(max(each["rings"], key=len), axis=0).tolist()
    point = {"type": "Point", "coordinates": [round(x, 5), round(y, 5)]}
    return {"type": "Feature", "id": f"{each['name']}{x}", "properties": properties, "geometry": point}
