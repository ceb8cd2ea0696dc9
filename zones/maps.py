"""The printable map of a publication: one HTML file, drawn with folium, that opens without a network."""
import base64
import json
import mimetypes
import re
from pathlib import Path

import folium
import numpy as np
import shapely
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import get_language
from folium.utilities import JsCode

from zones import published
from zones.models import Publication
from zones.public_pages import PENDING, public_marks, shown
from zones.publication import POINT_DECIMALS

# What folium may name, and the file of ours that takes its place. Anything else is an error: it would ask the network.
LOCAL = {"https://local/leaflet.js": "vendor/leaflet/leaflet.js", "https://local/leaflet.css": "vendor/leaflet/leaflet.css"}
_SCRIPT = re.compile(r"""<script[^>]*\ssrc=["']?([^"'\s>]+)["']?[^>]*>\s*</script>""")
_STYLE = re.compile(r"""<link[^>]*\shref=["']?([^"'\s>]+)["']?[^>]*/?>""")
_CSS_FILE = re.compile(r"""url\(["']?([^"')]+)["']?\)""")
_FIGURES = {
    "square": '<rect x="2" y="2" width="18" height="18" rx="3"/>',
    "triangle": '<path d="M11 1 21.5 20H.5z"/>',
    "circle": '<circle cx="11" cy="11" r="9.5"/>',
    "ring": '<circle cx="11" cy="11" r="9"/>',
}
_WORSE_ABOVE = {"pending": 4000, "red": 3000, "yellow": 2000, "green": 1000, "not_graded": 0}
# Text, never markup: names come from files.
_ON_EACH = """function (feature, layer) {
  const box = document.createElement("div");
  const add = (tag, text) => box.appendChild(Object.assign(document.createElement(tag), {textContent: text}));
  add("strong", feature.properties.name);
  add("div", feature.properties.grade);
  for (const line of feature.properties.lines) add("div", line);
  layer.bindPopup(box, {maxWidth: 260}).setZIndexOffset(feature.properties.above);
  layer.options.title = feature.properties.name;
}"""


class OfflineMap(folium.Map):
    """Leaflet alone: no jQuery, no Bootstrap, no icon fonts."""

    default_js = [("leaflet", "https://local/leaflet.js")]
    default_css = [("leaflet_css", "https://local/leaflet.css")]


class UnknownAddress(RuntimeError):
    """The page names something on the network that is not ours."""


def printable(publication: Publication) -> str:
    """The whole file. The same publication gives the same bytes, in the language in force."""
    grades = shown(publication, published.grades(publication).defer("outline"))
    outlines = [(level, name, json.loads(shape)) for level, _code, name, shape in published.outlines(publication.last_day)]
    drawn = _draw(publication, grades, outlines)
    west, south, east, north = _bounds(grades, outlines)
    marks = [mark for mark in _counted(grades) if mark["count"] or mark["value"] != PENDING]
    context = {
        "publication": publication,
        "marks": marks,
        "total": len(grades),
        "towns": _by_town(grades, marks),
        "map_name": drawn.get_name(),
        "bounds": [[south, west], [north, east]],
    }
    frame = render_to_string("zones/printable_frame.html", context)
    style = render_to_string("zones/printable_style.css")
    page = localise(drawn.get_root().render())
    page = page.replace("<html>", f'<html lang="{get_language()}">', 1).replace("</head>", f"<style>{style}</style></head>", 1)
    head, body = page.split("<body>", 1)
    after = render_to_string("zones/printable_towns.html", context)
    return f"{head}<body>{frame}{body}".replace("</body>", f"{after}</body>", 1)


def _counted(grades: list) -> list[dict]:
    return [{**mark, "svg": figure(mark), "count": sum(grade.shown == mark["value"] for grade in grades)} for mark in public_marks()]


def _by_town(grades: list, marks: list[dict]) -> list[dict]:
    """How many compounds of each mark a town has, in the order of the codes."""
    found: dict[str, dict] = {}
    for grade in sorted(grades, key=lambda grade: grade.town_code):
        row = found.setdefault(grade.town_code, {"name": grade.town_name, "counts": {mark["value"]: 0 for mark in marks}})
        row["counts"][grade.shown] += 1
    return [{**row, "total": sum(row["counts"].values())} for row in found.values()]


def localise(page: str) -> str:
    """The page with every script and style sheet put in; raises UnknownAddress for one that is not ours."""
    page = _SCRIPT.sub(lambda found: f"<script>{_text(_local(found[1]))}</script>", page)
    return _STYLE.sub(lambda found: f"<style>{_css(_local(found[1]))}</style>", page)


def figure(mark: dict) -> str:
    """A grade's colour, figure and letter as SVG."""
    is_ring = mark["figure"] == "ring"
    fill, line = ("#fff", mark["colour"]) if is_ring else (mark["colour"], "#fff")
    low = 16.5 if mark["figure"] == "triangle" else 15
    size = 9 if mark["figure"] == "triangle" else 11
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">'
        f'<g fill="{fill}" stroke="{line}" stroke-width="1.5">{_FIGURES[mark["figure"]]}</g>'
        f'<text x="11" y="{low}" font-size="{size}" font-weight="700" text-anchor="middle" fill="{line}">{mark["mark"]}</text></svg>'
    )


def _draw(publication: Publication, grades: list, outlines: list) -> OfflineMap:
    drawn = OfflineMap(tiles=None, min_zoom=7, max_zoom=16, zoom_snap=0.25, attribution_control=False)
    drawn._id = "period"
    ground = folium.GeoJson(_outline_data(outlines), style_function=_outline_style)
    layers = [ground, _labels(outlines, grades), _points(publication, grades)]
    for number, layer in enumerate(layers):
        layer._id = str(number)
        layer.add_to(drawn)
    drawn.get_root().title = f"{publication.period} {publication.published_by_unit}"
    return drawn


def _outline_data(outlines: list) -> dict:
    features = [
        {"type": "Feature", "id": i, "properties": {"level": level}, "geometry": shape} for i, (level, _, shape) in enumerate(outlines)
    ]
    return {"type": "FeatureCollection", "features": features}


def _outline_style(feature: dict) -> dict:
    if feature["properties"]["level"] == "3_county":
        return {"color": "#54626d", "weight": 1.5, "fillColor": "#fff", "fillOpacity": 1, "interactive": False}
    return {"color": "#9aa6ab", "weight": 1, "dashArray": "4 3", "fill": False, "interactive": False}


def _labels(outlines: list, grades: list) -> folium.GeoJson:
    marks = np.array([grade.point.coords for grade in grades]).reshape(-1, 2)
    features = []
    for i, (level, name, shape) in enumerate(outlines):
        if level == "4_town":
            point = shapely.geometry.mapping(free_spot(shapely.geometry.shape(shape), marks))
            features.append({"type": "Feature", "id": i, "properties": {"name": name}, "geometry": point})
    icon = folium.DivIcon(icon_size=(120, 20), icon_anchor=(60, 10), class_name="town")
    # Set as text after drawing, for the same reason as the popups.
    tell = JsCode(
        """function (feature, layer) {
          layer.setZIndexOffset(9000).on("add", () => { layer.getElement().textContent = feature.properties.name; });
        }"""
    )
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        marker=folium.Marker(icon=icon, interactive=False),
        style_function=lambda feature: {},
        on_each_feature=tell,
    )


def free_spot(outline: shapely.Geometry, marks: np.ndarray) -> shapely.Point:
    """Where a town's name covers the fewest marks: of a raster of points inside, the farthest from every mark and the edge.

    A name is about five times as wide as it is high, so that what lies beside it counts as nearer.
    """
    west, south, east, north = outline.bounds
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(west, east, 40), np.linspace(south, north, 40)))
    inside = shapely.contains_xy(outline, x, y)
    if not inside.any():
        return outline.representative_point()
    spots = np.column_stack([x[inside], y[inside]])
    room = shapely.distance(shapely.points(spots), outline.boundary) * 2
    marks = marks[((marks >= (west, south)) & (marks <= (east, north))).all(axis=1)]
    if len(marks):
        apart = (spots[:, None, :] - marks[None, :, :]) * (0.25, 1)
        room = np.minimum(room, np.hypot(apart[..., 0], apart[..., 1]).min(axis=1))
    return shapely.Point(spots[np.argmax(room)])


def _points(publication: Publication, grades: list) -> folium.GeoJson:
    svg = {mark["value"]: figure(mark) for mark in public_marks()}
    features = [
        {
            "type": "Feature",
            "id": i,
            "properties": {
                "name": grade.name,
                "colour": grade.shown,
                "grade": f"{grade.shown_label} · {grade.town_name}",
                "lines": [line.text for line in published.deciding(grade)],
                "above": _WORSE_ABOVE[grade.shown],
            },
            "geometry": {"type": "Point", "coordinates": [round(x, POINT_DECIMALS) for x in grade.point.coords]},
        }
        for i, grade in enumerate(grades)
    ]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        marker=folium.Marker(icon=folium.DivIcon(icon_size=(22, 22), icon_anchor=(11, 11), class_name="grade")),
        style_function=lambda feature: {"html": svg[feature["properties"]["colour"]]},
        on_each_feature=JsCode(_ON_EACH),
    )


def _bounds(grades: list, outlines: list) -> tuple[float, float, float, float]:
    shapes = [shapely.geometry.shape(shape) for _, _, shape in outlines] or [shapely.Point(grade.point.coords) for grade in grades]
    return tuple(shapely.total_bounds(shapes).tolist()) if shapes else (73.5, 18.0, 135.1, 53.6)


def _local(address: str) -> Path:
    name = LOCAL.get(address)
    found = finders.find(name) if name else None
    if found is None:
        raise UnknownAddress(address)
    return Path(found)


def _text(path: Path) -> str:
    return path.read_text("utf-8").replace("</script", "<\\/script")


def _css(path: Path) -> str:
    def put_in(found: re.Match) -> str:
        if found[1].startswith(("data:", "#")):
            return found[0]
        file = path.parent / found[1]
        kind = mimetypes.guess_type(file.name)[0]
        return f"url(data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    return _CSS_FILE.sub(put_in, path.read_text("utf-8"))
