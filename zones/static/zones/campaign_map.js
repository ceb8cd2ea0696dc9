// The small map of a campaign: its candidates as marks, or a place to be picked for a new one. The table beside it says the same.
import { addMark, markCanvas } from "../geo/marks.js";
import { bounds, getJson, token, trouble } from "../geo/page.js";
import { baseStyle, nameLayers } from "../geo/style.js";

const config = JSON.parse(document.getElementById("map-config").textContent);
const { words } = config;
const dark = matchMedia("(prefers-color-scheme: dark)").matches;

function card(features) {
  const box = document.createElement("div");
  const { name, state, url } = features[0].properties;
  const label = config.marks.find((mark) => mark.value === state).label;
  const link = Object.assign(document.createElement("a"), { href: url, textContent: words.open });
  box.append(Object.assign(document.createElement("h3"), { textContent: name }), `${label} `, link);
  const others = new Set(features.map((each) => each.properties.url)).size - 1;
  if (others) box.append(Object.assign(document.createElement("p"), { className: "small muted", textContent: words.others.replace("{n}", others) }));
  return box;
}

function addPoints(map, maplibregl, points) {
  for (const mark of config.marks) addMark(map, mark.value, mark);
  map.addSource("points", { type: "geojson", data: points });
  map.addLayer({ id: "points", type: "symbol", source: "points", layout: { "icon-image": ["get", "state"], "icon-allow-overlap": true } });
  const popup = new maplibregl.Popup({ maxWidth: "260px", offset: 12 });
  map.on("click", "points", ({ features }) => popup.setLngLat(features[0].geometry.coordinates).setDOMContent(card(features)).addTo(map));
  map.on("mouseenter", "points", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "points", () => { map.getCanvas().style.cursor = ""; });
}

/** A click writes the place into the form's two fields, and what is typed there moves the mark. */
function pick(map, maplibregl) {
  const [lon, lat] = ["lon", "lat"].map((name) => document.querySelector(`input[name=${name}]`));
  const marker = new maplibregl.Marker({ color: token("--accent") });
  const show = () => { if (lon.value && lat.value && Math.abs(lat.value) <= 90) marker.setLngLat([+lon.value, +lat.value]).addTo(map); };
  map.on("click", ({ lngLat }) => { lon.value = lngLat.lng.toFixed(6); lat.value = lngLat.lat.toFixed(6); show(); });
  for (const field of [lon, lat]) field.addEventListener("change", show);
  show();
}

for (const item of document.querySelectorAll("[data-mark]")) {
  item.prepend(markCanvas(config.marks.find((mark) => mark.value === item.dataset.mark)));
}

async function draw() {
  const maplibregl = await import("../vendor/maplibre/maplibre-gl.mjs");
  const points = config.points ? await getJson(config.points) : null;
  const map = new maplibregl.Map({
    container: "campaign-map",
    style: baseStyle({ ...config, baseTiles: location.origin + config.baseTiles }, dark),
    bounds: points && points.features.length ? bounds(points) : config.bounds,
    fitBoundsOptions: { padding: 40, maxZoom: 14 },
    maxZoom: 17,
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
  map.on("load", () => {
    for (const each of nameLayers(dark)) map.addLayer(each);
    if (points) addPoints(map, maplibregl, points);
    else pick(map, maplibregl);
    map.once("idle", () => { document.body.dataset.drawn = "true"; });
  });
  if (points && !points.features.length) trouble(words.empty);
}

if (window.WebGL2RenderingContext) draw().catch(() => trouble(words.failed));
else trouble(words.unsupported);
