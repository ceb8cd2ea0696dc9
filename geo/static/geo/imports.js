// The same sample positions under each reading, on maps that move together, over the compounds and roads that are known.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { addMark } from "./marks.js";
import { baseStyle, layerStyle, nameLayers, palette } from "./style.js";

const config = JSON.parse(document.getElementById("config").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const absolute = (path) => location.origin + path;
config.baseTiles = absolute(config.baseTiles);
const CLOSE = 13.7;
const compounds = config.layers.find((layer) => layer.name === "compounds");
const all = config.readings.flatMap((one) => one.points);
const maps = [];
let step = 0;

function middle(points) {
  const [west, south, east, north] = config.bounds;
  const inside = points.filter(([x, y]) => x >= west && x <= east && y >= south && y <= north);
  const sorted = (inside.length ? inside : points).toSorted((a, b) => a[0] - b[0]);
  return sorted[Math.floor(sorted.length / 2)];
}

function box(points) {
  const bounds = new maplibregl.LngLatBounds();
  for (const point of points) bounds.extend(point);
  return bounds;
}

function collection(points) {
  return { type: "FeatureCollection", features: points.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } })) };
}

function draw(container, reading) {
  const map = new maplibregl.Map({
    container, style: baseStyle(config, dark), center: middle(config.readings[0].points), zoom: CLOSE, maxZoom: 18,
    fadeDuration: 0, attributionControl: false, dragRotate: false, pitchWithRotate: false, locale: { "Map.Title": config.words.map },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("load", () => {
    if (compounds) {
      for (const each of compounds.classes) addMark(map, `${compounds.name}:${each.value}`, each);
      const { source, layers } = layerStyle(compounds, absolute(config.tiles), dark);
      map.addSource(compounds.name, source);
      for (const each of layers) map.addLayer(each);
    }
    for (const each of nameLayers(dark)) map.addLayer(each);
    map.addSource("samples", { type: "geojson", data: collection(reading.points) });
    map.addLayer({ id: "samples", type: "circle", source: "samples", paint: {
      "circle-radius": 7, "circle-color": "#b3261e", "circle-opacity": 0.9, "circle-stroke-color": palette(dark).halo, "circle-stroke-width": 2.5 } });
    map.once("idle", () => { container.dataset.drawn = "yes"; });
  });
  map.on("move", (event) => { if (event.originalEvent) follow(map); });
  map.on("zoom", (event) => { if (event.originalEvent) follow(map); });
  return map;
}

function follow(leader) {
  for (const map of maps) if (map !== leader) map.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
}

function start() {
  for (const container of document.querySelectorAll("[data-reading]")) {
    const reading = config.readings.find((one) => one.datum === container.dataset.reading);
    if (reading?.points.length) maps.push(draw(container, reading));
  }
  const tools = document.querySelector(".map-tools");
  if (!maps.length) return;
  tools.hidden = false;
  tools.querySelector('[data-map="next"]').addEventListener("click", () => {
    const points = config.readings[0].points;
    step = (step + Math.max(1, Math.floor(points.length / 12))) % points.length;
    for (const map of maps) map.jumpTo({ center: points[step], zoom: CLOSE });
  });
  tools.querySelector('[data-map="all"]').addEventListener("click", () => { for (const map of maps) map.fitBounds(box(all), { padding: 24, animate: false }); });
}

// Inside a closed part of the page a map would have no size.
const closed = document.querySelector("details.again:not([open])");
if (closed) closed.addEventListener("toggle", start, { once: true });
else start();

const other = document.querySelector('input[name="other"]');
other?.addEventListener("input", () => { document.querySelector('input[name="datum"][value="other"]').checked = true; });
document.getElementById("layer")?.addEventListener("change", (event) => event.target.form.requestSubmit());
