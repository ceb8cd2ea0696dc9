// Where nobody is at an hour: places by what most of these hours were. Colour, mark and number say the same; the table too.
import { getJson, labels, makeMap, read, token, trouble } from "./ground.js";

const config = read("map-config");
const wanted = getJson(config.data);
wanted.catch(() => trouble(config.words.trouble));
const by = (present, unknown, absent, none) => ["match", ["get", "state"], "present", present, "unknown", unknown, "absent", absent, none];

makeMap("hour-map", config, async (map) => {
  const data = await wanted.catch(() => null);
  if (!data) return;
  const colour = by(token("--green"), token("--yellow"), token("--red"), token("--none"));
  const at = data.features.filter(({ geometry }) => geometry.type === "Point").map(({ geometry }) => geometry.coordinates);
  if (at.length) {
    const [xs, ys] = [at.map(([x]) => x), at.map(([, y]) => y)];
    map.fitBounds([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], { padding: 60, maxZoom: 14, animate: false });
  }
  map.addSource("places", { type: "geojson", data });
  const areas = ["==", ["geometry-type"], "Polygon"];
  map.addLayer({ id: "fill", type: "fill", source: "places", filter: areas, paint: { "fill-color": colour, "fill-opacity": by(0.12, 0.2, 0.28, 0.1) } });
  map.addLayer({ id: "outline", type: "line", source: "places", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": colour, "line-width": 2 } });
  const points = ["==", ["geometry-type"], "Point"];
  map.addLayer({ id: "dot", type: "circle", source: "places", filter: points, paint: {
    "circle-radius": 6, "circle-color": by(token("--green"), token("--yellow"), token("--surface"), token("--none")), "circle-stroke-color": colour, "circle-stroke-width": 2.5 } });
  map.addLayer(labels("share", "places", { filter: points }));
  map.addLayer(labels("name", "places", { filter: points, minzoom: 13 }, { "text-field": ["get", "name"], "text-offset": [0, 2.5], "text-size": 12, "text-optional": true }));
});
