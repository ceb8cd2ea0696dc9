// The public map: schematic outlines and the published points. Everything it shows is also in the list below it.
import { addMark } from "../geo/marks.js";
import { bounds, getJson, token, trouble } from "../geo/page.js";

const config = JSON.parse(document.getElementById("map-config").textContent);
const words = config.words;
const marks = new Map(config.marks.map((mark) => [mark.value, mark]));

// A town's name gives way to the marks: where its middle is full, it stands a little beside it, or is left out until somebody zooms in.
const BESIDE = ["center", [0, 0], "top", [0, 1.5], "bottom", [0, -1.5], "left", [2, 0], "right", [-2, 0], "top", [0, 2.6], "bottom", [0, -2.6]];

function style(outlines) {
  const is = (level) => ["==", ["get", "level"], level];
  return {
    version: 8,
    sources: { outlines: { type: "geojson", data: outlines } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--surface-2") } },
      { id: "county", type: "fill", source: "outlines", filter: is("3_county"), paint: { "fill-color": token("--surface") } },
      { id: "towns", type: "line", source: "outlines", filter: is("4_town"), paint: { "line-color": token("--line"), "line-width": 1, "line-dasharray": [3, 2] } },
      { id: "border", type: "line", source: "outlines", filter: is("3_county"), paint: { "line-color": token("--muted"), "line-width": 1.5 } },
      { id: "names", type: "symbol", source: "outlines", filter: is("4_town"), layout: { "text-field": ["get", "name"], "text-size": 13, "text-variable-anchor-offset": BESIDE },
        paint: { "text-color": token("--muted"), "text-halo-color": token("--surface"), "text-halo-width": 1.5 } },
    ],
  };
}

// Above the others where they overlap: the worse grade.
const RANK = { pending: 4, red: 3, yellow: 2, green: 1, not_graded: 0 };
const MARK_PX = 22;
const SMALL = { zoom: 8, size: 0.6 };
const WHOLE = { zoom: 12, size: 1 };
const pointLayer = {
  id: "points", type: "symbol", source: "points",
  layout: { "icon-image": ["get", "colour"], "icon-allow-overlap": true,
    "icon-size": ["interpolate", ["linear"], ["zoom"], SMALL.zoom, SMALL.size, WHOLE.zoom, WHOLE.size],
    "symbol-sort-key": ["match", ["get", "colour"], ...Object.entries(RANK).flat(), 0] },
};

/** Of the marks under a click, the one that is seen there: the worst whose figure covers the point, or else the nearest. */
export function seen(marks, reach) {
  const covering = marks.filter((mark) => mark.distance <= reach);
  const worst = Math.max(...covering.map((mark) => RANK[mark.colour]));
  const among = covering.length ? covering.filter((mark) => RANK[mark.colour] === worst) : marks;
  return among.reduce((best, mark) => (mark.distance < best.distance ? mark : best));
}

function markAt(map, { point, features }) {
  const share = Math.min(1, Math.max(0, (map.getZoom() - SMALL.zoom) / (WHOLE.zoom - SMALL.zoom)));
  const reach = (MARK_PX / 2 - 2) * (SMALL.size + share * (WHOLE.size - SMALL.size));
  const found = new Map(features.map((feature) => [feature.properties.url || feature.properties.public_id, feature]));
  const marks = [...found.values()].map((feature) => {
    const at = map.project(feature.geometry.coordinates);
    return { feature, colour: feature.properties.colour, distance: Math.hypot(at.x - point.x, at.y - point.y) };
  });
  return { feature: seen(marks, reach).feature, others: found.size - 1 };
}

const colours = ["match", ["get", "colour"], ...[...marks].flatMap(([value, mark]) => [value, mark.colour]), "#7a7f87"];

/** Many compounds come as tiles: counted crowds from afar, outlines and marks near by. */
function addTiles(map) {
  map.addSource("points", { type: "vector", tiles: [location.origin + config.tiles], maxzoom: 16 });
  map.addLayer({ id: "outlines", type: "fill", source: "points", "source-layer": "outlines", paint: { "fill-color": colours, "fill-opacity": 0.25, "fill-outline-color": colours } });
  map.addLayer({ id: "crowds", type: "circle", source: "points", "source-layer": "crowds",
    paint: { "circle-radius": ["interpolate", ["linear"], ["ln", ["get", "n"]], 0, 8, 9, 20], "circle-color": token("--surface"), "circle-stroke-width": 2,
      "circle-stroke-color": ["case", [">", ["get", "red"], 0], marks.get("red").colour, [">", ["get", "yellow"], 0], marks.get("yellow").colour, marks.get("green").colour] } });
  map.addLayer({ id: "crowd-counts", type: "symbol", source: "points", "source-layer": "crowds", layout: { "text-field": ["to-string", ["get", "n"]], "text-size": 11, "text-allow-overlap": true },
    paint: { "text-color": token("--fg") } });
  map.addLayer({ ...pointLayer, "source-layer": "compounds" });
  map.on("click", "crowds", ({ lngLat }) => map.easeTo({ center: lngLat, zoom: map.getZoom() + 2 }));
}

function addPoints(map, data) {
  for (const [value, mark] of marks) addMark(map, value, mark);
  if (config.tiles) addTiles(map);
  else {
    map.addSource("points", { type: "geojson", data });
    map.addLayer(pointLayer);
  }
  map.once("idle", () => { document.body.dataset.drawn = String(map.queryRenderedFeatures({ layers: ["points"] }).length); });
}

function card({ feature, others }) {
  const { name, colour, public_id } = feature.properties;
  const url = feature.properties.url || config.compound.replace(/[0-9a-f-]{36}/, public_id);
  const box = document.createElement("div");
  const title = Object.assign(document.createElement("h3"), { textContent: name });
  const grade = Object.assign(document.createElement("span"), { className: `grade ${colour}`, textContent: marks.get(colour).label });
  const link = Object.assign(document.createElement("a"), { href: url, textContent: words.why });
  box.append(title, grade, " ", link);
  if (others) box.append(Object.assign(document.createElement("p"), { className: "small muted", textContent: words.others.replace("{n}", others) }));
  return box;
}

/** Asked for only now: nothing of the first screen waits for it. */
function mapStyle() {
  const link = document.getElementById("map-style");
  return new Promise((resolve, reject) => Object.assign(link, { onload: resolve, onerror: reject, rel: "stylesheet" }));
}

async function draw() {
  const [maplibregl] = await Promise.all([import("../vendor/maplibre/maplibre-gl.mjs"), mapStyle()]);
  const [outlines, points] = await Promise.all([getJson(config.outlines), config.tiles ? { features: [] } : getJson(config.points)]);
  if (!config.tiles && !points.features.length) trouble(words.empty);
  const chosen = outlines.features.filter(({ properties }) => properties.code === config.town);
  const map = new maplibregl.Map({
    container: "public-map",
    style: style(outlines),
    bounds: bounds(chosen.length ? { features: chosen } : outlines, points),
    fitBoundsOptions: { padding: 24 },
    maxZoom: 16,
    attributionControl: false,
    cooperativeGestures: matchMedia("(max-width: 720px)").matches,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "NavigationControl.ZoomIn": words.zoomIn, "NavigationControl.ZoomOut": words.zoomOut, "Popup.Close": words.close, "Map.Title": words.title,
      "CooperativeGesturesHandler.MobileHelpText": words.twoFingers, "CooperativeGesturesHandler.WindowsHelpText": words.ctrlScroll,
      "CooperativeGesturesHandler.MacHelpText": words.ctrlScroll.replace("Ctrl", "⌘") },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.on("error", () => trouble(words.failed));
  map.on("load", () => addPoints(map, points));
  const popup = new maplibregl.Popup({ maxWidth: "260px", offset: 12 });
  map.on("click", "points", (event) => {
    const found = markAt(map, event);
    popup.setLngLat(found.feature.geometry.coordinates).setDOMContent(card(found)).addTo(map);
  });
  map.on("mouseenter", "points", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "points", () => { map.getCanvas().style.cursor = ""; });
}

if (document.getElementById("public-map")) {
  if (window.WebGL2RenderingContext) draw().catch(() => trouble(words.failed));
  else trouble(words.unsupported);
}
