// Where a log entry was written.
import { ink, makeMap, read, token } from "./ground.js";

const config = read("map-config");
makeMap("entry-map", { ...config, bounds: [config.point[0] - 0.006, config.point[1] - 0.004, config.point[0] + 0.006, config.point[1] + 0.004] }, (map) => {
  map.addSource("entry", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: config.point } } });
  map.addLayer({ id: "entry", type: "circle", source: "entry", paint: { "circle-radius": 9, "circle-color": token("--accent"), "circle-stroke-color": ink.halo, "circle-stroke-width": 3 } });
});
