// The map of a study: who is served before and after with the chosen sites, or places picked for candidates. The tables say the same.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { addMark } from "../geo/marks.js";
import { getJson, token, trouble } from "../geo/page.js";
import { baseStyle, nameLayers, palette } from "../geo/style.js";

const config = JSON.parse(document.getElementById("site-config").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const ink = palette(dark);
const hand = document.querySelector("textarea[name=hand]");

const kind = (had, fresh, none) => ["match", ["get", "state"], "had", had, "new", fresh, none];
const radius = (small, large) => ["interpolate", ["linear"], ["zoom"], 9, small, 15, large];

// Filled: served already. Filled with a second ring: served by a new site. Hollow: not served. Not by colour alone.
function paints(after) {
  const [had, fresh, none] = [token("--green"), token("--accent"), token("--red")];
  return {
    "circle-color": kind(had, after ? fresh : "rgba(0,0,0,0)", "rgba(0,0,0,0)"),
    "circle-stroke-color": kind(had, after ? ink.text : none, none),
    "circle-stroke-width": kind(0.5, after ? 2.5 : 1.6, 1.6),
  };
}

function label(id, field, size, more = {}) {
  return {
    id, type: "symbol", source: "sites",
    layout: { "text-field": field, "text-size": size, "text-allow-overlap": true, "text-ignore-placement": true, ...more },
    paint: { "text-color": token("--accent-fg") },
  };
}

function addResult(map, data) {
  for (const mark of config.marks) addMark(map, mark.value, mark, 18);
  addMark(map, "site", { colour: token("--accent"), mark: "", figure: "square" }, 26);
  for (const [name, collection] of Object.entries(data)) map.addSource(name, { type: "geojson", data: collection });
  map.addLayer({ id: "views", type: "fill", source: "views", paint: { "fill-color": token("--accent"), "fill-opacity": 0.25, "fill-outline-color": token("--accent") } });
  map.addLayer({ id: "demand", type: "circle", source: "demand", paint: { "circle-radius": radius(2.4, 7), ...paints(true) } });
  map.addLayer({ id: "never", type: "circle", source: "demand", filter: ["==", ["get", "state"], "never"], paint: { "circle-radius": radius(0.8, 2.2), "circle-color": token("--red") } });
  map.addLayer({ id: "standing", type: "symbol", source: "standing", layout: { "icon-image": config.kind, "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.5, 14, 1], "icon-allow-overlap": true } });
  map.addLayer({ ...label("sites", ["to-string", ["get", "number"]], 13, { "icon-image": "site", "icon-allow-overlap": true, "icon-ignore-placement": true }) });
  for (const each of nameLayers(dark)) map.addLayer(each);
  const popup = new maplibregl.Popup({ maxWidth: "260px", offset: 12 });
  for (const id of ["sites", "standing", "demand"]) {
    map.on("click", id, ({ features, lngLat }) => popup.setLngLat(lngLat).setText(features[0].properties.name).addTo(map));
  }
  for (const input of document.querySelectorAll("input[name=when]")) {
    input.addEventListener("change", () => show(map, input.value === "after"));
  }
  const chosen = document.querySelector("input[name=when]:checked");
  if (chosen) show(map, chosen.value === "after");
}

function show(map, after) {
  for (const [name, value] of Object.entries(paints(after))) map.setPaintProperty("demand", name, value);
  for (const id of ["sites", "views"]) map.setLayoutProperty(id, "visibility", after ? "visible" : "none");
}

/** Each click writes a line below the others; what is typed there is drawn. */
function pick(map) {
  let markers = [];
  const draw = () => {
    for (const each of markers) each.remove();
    markers = hand.value.split("\n").map((line) => line.replaceAll("，", ",").split(",").map(Number)).filter(([lon, lat]) => lon > 70 && lon < 140 && lat > 3 && lat < 54)
      .map(([lon, lat]) => new maplibregl.Marker({ color: token("--accent") }).setLngLat([lon, lat]).addTo(map));
  };
  map.on("click", ({ lngLat }) => {
    const before = hand.value.trimEnd();
    hand.value = `${before}${before ? "\n" : ""}${lngLat.lng.toFixed(6)},${lngLat.lat.toFixed(6)}`;
    draw();
  });
  hand.addEventListener("input", draw);
  draw();
}

function start() {
  const wanted = config.data ? getJson(config.data) : null;
  wanted?.catch(() => trouble(config.words.trouble, "site-trouble"));
  const style = baseStyle({ ...config, baseTiles: location.origin + config.baseTiles }, dark);
  const map = new maplibregl.Map({
    container: "site-map", style, bounds: config.bounds, fitBoundsOptions: { padding: 24 }, maxZoom: 18, fadeDuration: 0,
    attributionControl: { compact: true, customAttribution: config.words.schematic }, dragRotate: false, pitchWithRotate: false, locale: config.words.controls,
  });
  map.touchZoomRotate.disableRotation();
  map.scrollZoom.disable();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("error", () => trouble(config.words.trouble, "site-trouble"));
  map.on("load", async () => {
    if (hand) pick(map);
    const data = wanted && await wanted.catch(() => null);
    if (data) addResult(map, data);
    map.once("idle", () => { document.body.dataset.drawn = "1"; });
  });
}

try {
  start();
} catch (error) {
  trouble(config.words.unsupported, "site-trouble");
  throw error;
}
