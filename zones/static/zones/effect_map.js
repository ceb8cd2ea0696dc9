// The map of a study of effect: whose figures were compared, and the ring around. The table beside it says the same.
import { dark, getJson, ink, labels, makeMap, maplibregl, read, token, trouble } from "../patrol/ground.js";

const config = read("map-config");
const { words } = config;
const of = (mine, alone, other, ring) => ["match", ["get", "part"], "mine", mine, "alone", alone, "other", other, ring];
const only = (part) => ["==", ["get", "part"], part];

function card({ name, part, url }) {
  const box = document.createElement("div");
  box.append(Object.assign(document.createElement("h3"), { textContent: name }), `${words.parts[part]} `,
    Object.assign(document.createElement("a"), { href: url, textContent: words.open }));
  return box;
}

/** Each kind has its own line as well as its colour; from afar, where a zone is a few pixels, a broader one. */
function draw(map, data) {
  map.addSource("zones", { type: "geojson", data: { ...data, features: data.features.map((each) => ({ ...each, properties: { ...each.properties, label: each.properties.name } })) } });
  const [mine, other, ring] = [token("--accent"), token("--muted"), token("--yellow")];
  map.addLayer({ id: "fill", type: "fill", source: "zones", paint: { "fill-color": of(mine, mine, other, ring), "fill-opacity": of(0.45, 0.12, 0.3, 0.18) } });
  const line = (part, color, width, dash) => map.addLayer({ id: part, type: "line", source: "zones", filter: only(part),
    paint: { "line-color": color, "line-width": ["interpolate", ["linear"], ["zoom"], 9, width + 4, 13, width], ...(dash ? { "line-dasharray": dash } : {}) } });
  line("ring", ring, 1.5, [1, 2]);
  line("other", dark ? ink.text : other, 2, [4, 2]);
  line("alone", mine, 2);
  line("mine", mine, 3);
  map.addLayer(labels("zone-names", "zones", { filter: ["!=", ["get", "part"], "ring"] }, { "text-anchor": "center", "text-offset": [0, 0] }));
  const popup = new maplibregl.Popup({ maxWidth: "260px" });
  const zone = (event) => event.features.find(({ properties }) => properties.part !== "ring");
  map.on("click", "fill", (event) => { if (zone(event)) popup.setLngLat(event.lngLat).setDOMContent(card(zone(event).properties)).addTo(map); });
  map.on("mousemove", "fill", (event) => { map.getCanvas().style.cursor = zone(event) ? "pointer" : ""; });
  map.on("mouseleave", "fill", () => { map.getCanvas().style.cursor = ""; });
}

function box(data) {
  const found = new maplibregl.LngLatBounds();
  const walk = (at) => (typeof at[0] === "number" ? found.extend(at) : at.forEach(walk));
  data.features.forEach(({ geometry }) => walk(geometry.coordinates));
  return found;
}

makeMap("effect-map", config, async (map) => {
  const data = await getJson(config.data).catch(() => trouble(words.trouble));
  if (!data?.features.length) return;
  draw(map, data);
  map.fitBounds(box(data), { padding: 40, maxZoom: 15, animate: false });
});
