// Where posts are missing, on a small map. All of it is in the tables below as well.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { addMark } from "./marks.js";
import { token, trouble } from "./page.js";
import { baseStyle, palette } from "./style.js";

const config = JSON.parse(document.getElementById("coverage-config").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const ink = palette(dark);

const byState = (has, partly, planned, none) => ["match", ["get", "state"], "has", has, "partly", partly, "planned", planned, none];
const colours = byState(token("--green"), token("--yellow"), token("--yellow"), token("--red"));

function text(id, source, size, extra = {}, layout = {}) {
  return {
    id, type: "symbol", source, ...extra,
    layout: { "text-field": ["get", "label"], "text-size": size, "text-padding": 4, ...layout },
    paint: { "text-color": ink.text, "text-halo-color": ink.halo, "text-halo-width": 1.6 },
  };
}

const NEAR = 10.5;
const beside = { "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 0.6, "text-justify": "auto" };

const layers = [
  { id: "village-fill", type: "fill", source: "villages", paint: { "fill-color": colours, "fill-opacity": byState(0.1, 0.2, 0.22, 0.3) } },
  { id: "village-line", type: "line", source: "villages", paint: { "line-color": ink.village, "line-width": 0.8 } },
  // Solid where there is a kiosk, broken where there is none: not by colour alone.
  { id: "street-has", type: "line", source: "streets", filter: ["==", ["get", "state"], "has"], paint: { "line-color": colours, "line-width": 4 } },
  { id: "street-partly", type: "line", source: "streets", filter: ["==", ["get", "state"], "partly"], paint: { "line-color": colours, "line-width": 4, "line-dasharray": [4, 1] } },
  { id: "street-none", type: "line", source: "streets", filter: ["in", ["get", "state"], ["literal", ["none", "planned"]]], paint: { "line-color": colours, "line-width": 4, "line-dasharray": [1, 1] } },
  text("village-names", "villages", 12, { minzoom: 11 }, beside),
  text("street-names", "streets", 12, { minzoom: 13 }, { "symbol-placement": "line" }),
  text("town-counts", "towns", 13, { maxzoom: NEAR }, { "text-line-height": 1.3, ...beside }),
  // Last, so that names make way for posts. From afar they would hide the towns' counts.
  { id: "posts", type: "symbol", source: "posts", minzoom: NEAR, layout: { "icon-image": ["get", "icon"], "icon-allow-overlap": true,
    "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 14, 1] } },
];

async function results() {
  const answer = await fetch(config.data, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw Object.assign(new Error(config.data), { status: answer.status });
  return answer.json();
}

function start() {
  // Asked for at once: the results are not ready sooner for waiting until the ground is drawn.
  const wanted = results();
  wanted.catch(() => trouble(config.words.trouble, "coverage-trouble"));
  const style = baseStyle({ ...config, baseTiles: location.origin + config.baseTiles }, dark);
  const map = new maplibregl.Map({
    container: "coverage-map", style, bounds: config.bounds, fitBoundsOptions: { padding: { top: 24, bottom: 24, left: 52, right: 64 } }, maxZoom: 17, fadeDuration: 0,
    attributionControl: { compact: true, customAttribution: config.words.schematic }, dragRotate: false, pitchWithRotate: false, locale: config.words.controls,
  });
  map.touchZoomRotate.disableRotation();
  map.scrollZoom.disable();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("error", () => trouble(config.words.trouble, "coverage-trouble"));
  map.on("load", async () => {
    for (const mark of config.marks) addMark(map, mark.value, mark);
    const data = await wanted.catch(() => ({}));
    if (!data.villages) return;
    for (const [name, collection] of Object.entries(data)) map.addSource(name, { type: "geojson", data: collection });
    for (const layer of layers) map.addLayer(layer);
    map.once("idle", () => { document.body.dataset.drawn = "1"; });
  });
}

try {
  start();
} catch (error) {
  trouble(config.words.unsupported, "coverage-trouble");
  throw error;
}
