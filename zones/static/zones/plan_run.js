// A run's page: sliders of weights, the order that follows from them, and the zones on a map, coloured by score.
import { bounds, getJson, token, trouble } from "../geo/page.js";
import { BESIDE } from "../geo/style.js";
import { ranks, scores } from "./plan_scores.js";

const config = JSON.parse(document.getElementById("plan-config").textContent);
const { words, zones } = config;
const form = document.getElementById("sliders");
const inputs = config.indicators.map(({ key }) => document.getElementById(`w-${key}`));
const chosen = new Set(config.chosen);
let map, shown;

const element = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });

function reckon() {
  const points = inputs.map((input) => +input.value);
  const sum = points.reduce((total, each) => total + each, 0);
  config.indicators.forEach(({ key }, i) => {
    document.querySelector(`[data-share="${key}"]`).textContent = sum > 0 ? `${((100 * points[i]) / sum).toFixed(1)}%` : "—";
  });
  const found = scores(config, points);
  shown = { scores: found, ranks: ranks(found), sum };
  list();
  paint();
}

function moved(place) {
  const change = config.ranks[place] - shown.ranks[place];
  if (!config.ranks[place] || !change) return words.same;
  return (change > 0 ? `▲ ${words.up}` : `▼ ${words.down}`).replace("{n}", Math.abs(change));
}

function list() {
  const order = document.getElementById("order");
  if (!(shown.sum > 0)) return void order.replaceChildren(element("li", words.zero));
  const places = zones.map((_, place) => place).filter((place) => shown.ranks[place]);
  places.sort((a, b) => shown.ranks[a] - shown.ranks[b] || a - b);
  order.replaceChildren(...places.slice(0, 10).map((place) => {
    const line = document.createElement("li");
    line.append(`${chosen.has(zones[place].pk) ? "● " : ""}${zones[place].name} `,
      element("span", `${shown.scores[place].toFixed(3)} · ${moved(place)}`, { className: "small muted" }));
    return line;
  }));
}

const collection = (geometry) => ({
  type: "FeatureCollection",
  features: zones.map((zone, place) => ({ zone, place, shape: geometry(zone) })).filter(({ shape }) => shape).map(({ zone, place, shape }) => ({
    type: "Feature", id: place, geometry: shape, properties: { place, chosen: chosen.has(zone.pk) },
  })),
});

function paint() {
  if (!map) return;
  const known = shown.scores.filter((each) => each !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  zones.forEach((_, place) => {
    const score = shown.scores[place];
    const share = score === null ? -1 : most > least ? (score - least) / (most - least) : 0.5;
    for (const source of ["areas", "points"]) map.setFeatureState({ source, id: place }, { share });
  });
}

const SHARE = ["coalesce", ["feature-state", "share"], -1];
const COLOUR = ["case", ["<", SHARE, 0], "#c9c9c4", ["interpolate", ["linear"], SHARE, 0, "#e8edf0", 0.5, "#8fb3cb", 1, "#1b4f72"]];

function style(outlines) {
  const levels = outlines.features.map(({ properties }) => properties.level).sort();
  const named = ["==", ["get", "level"], levels[levels.length - 1] || ""];
  const land = ["==", ["get", "level"], levels[0] || ""];
  return {
    version: 8,
    sources: {
      outlines: { type: "geojson", data: outlines }, areas: { type: "geojson", data: collection(({ outline }) => outline) },
      points: { type: "geojson", data: collection(({ point }) => ({ type: "Point", coordinates: point })) },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--surface-2") } },
      { id: "land", type: "fill", source: "outlines", filter: land, paint: { "fill-color": token("--surface") } },
      { id: "inner", type: "line", source: "outlines", paint: { "line-color": token("--line"), "line-width": 1, "line-dasharray": [3, 2] } },
      { id: "border", type: "line", source: "outlines", filter: land, paint: { "line-color": token("--muted"), "line-width": 1.5 } },
      { id: "names", type: "symbol", source: "outlines", filter: named, layout: { "text-field": ["get", "name"], "text-size": 12, "text-variable-anchor-offset": BESIDE },
        paint: { "text-color": token("--muted"), "text-halo-color": token("--surface"), "text-halo-width": 1.5 } },
      { id: "areas", type: "fill", source: "areas", paint: { "fill-color": COLOUR, "fill-opacity": 0.85 } },
      { id: "edges", type: "line", source: "areas", paint: { "line-color": ["case", ["get", "chosen"], "#b8860b", "#54626d"], "line-width": ["case", ["get", "chosen"], 3, 0.7] } },
      // From afar a zone is smaller than its own edge.
      { id: "dots", type: "circle", source: "points", maxzoom: 14, layout: { "circle-sort-key": ["case", ["get", "chosen"], 1, 0] },
        paint: { "circle-color": COLOUR, "circle-radius": ["case", ["get", "chosen"], 8, 5.5],
          "circle-stroke-color": ["case", ["get", "chosen"], "#b8860b", "#54626d"], "circle-stroke-width": ["case", ["get", "chosen"], 3, 1] } },
    ],
  };
}

function card(place) {
  const zone = zones[place], box = document.createElement("div");
  const score = shown.scores[place];
  const told = score === null ? words.none : `${words.score} ${score.toFixed(3)} · ${words.rank} ${shown.ranks[place]}`;
  box.append(element("h3", zone.name), element("p", `${zone.town} · ${zone.kind}${chosen.has(zone.pk) ? ` · ● ${words.chosen}` : ""}`),
    element("p", told), element("a", words.open, { href: zone.url }));
  return box;
}

async function draw() {
  const maplibregl = await import("../vendor/maplibre/maplibre-gl.mjs");
  const outlines = await getJson(config.outlines);
  const box = bounds(outlines, collection(({ point }) => ({ type: "Point", coordinates: point })));
  const made = new maplibregl.Map({
    container: "plan-map", style: style(outlines), ...(Number.isFinite(box[0]) ? { bounds: box } : {}), fitBoundsOptions: { padding: 20, maxZoom: 13 },
    maxZoom: 17, attributionControl: false, cooperativeGestures: matchMedia("(max-width: 720px)").matches, dragRotate: false, pitchWithRotate: false,
    locale: { "NavigationControl.ZoomIn": words.zoomIn, "NavigationControl.ZoomOut": words.zoomOut, "Popup.Close": words.close, "Map.Title": words.title,
      "CooperativeGesturesHandler.MobileHelpText": words.twoFingers, "CooperativeGesturesHandler.WindowsHelpText": words.ctrlScroll,
      "CooperativeGesturesHandler.MacHelpText": words.ctrlScroll.replace("Ctrl", "⌘") },
  });
  made.touchZoomRotate.disableRotation();
  made.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  made.on("error", () => trouble(words.failed));
  const popup = new maplibregl.Popup({ maxWidth: "260px", offset: 10 });
  for (const layer of ["dots", "areas"]) {
    made.on("click", layer, ({ features, lngLat }) => popup.setLngLat(lngLat).setDOMContent(card(features[0].properties.place)).addTo(made));
    made.on("mouseenter", layer, () => { made.getCanvas().style.cursor = "pointer"; });
    made.on("mouseleave", layer, () => { made.getCanvas().style.cursor = ""; });
  }
  made.on("load", () => {
    map = made;
    // Circles leave names no room: a mark without colour, of the same size, does.
    made.addImage("room", { width: 16, height: 16, data: new Uint8Array(16 * 16 * 4) });
    made.addLayer({ id: "room", type: "symbol", source: "points", maxzoom: 14,
      layout: { "icon-image": "room", "icon-size": ["case", ["get", "chosen"], 1.4, 0.8], "icon-allow-overlap": true } });
    paint();
    made.once("idle", () => { document.body.dataset.drawn = "true"; });
  });
}

form.addEventListener("input", ({ target }) => { if (target.type === "range") reckon(); });
form.addEventListener("reset", () => setTimeout(reckon));
reckon();
if (window.WebGL2RenderingContext) draw().catch(() => trouble(words.failed));
else trouble(words.unsupported);
