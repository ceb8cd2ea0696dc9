// The map of one object: base map, the object's own layer around it. Reads nothing of the page; the caller gives #drawing and words.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { addMark } from "./marks.js";
import { parse } from "./permalink.js";
import { runsOf } from "./shapes.js";
import { baseStyle, layerStyle, nameLayers } from "./style.js";

export const dark = matchMedia("(prefers-color-scheme: dark)").matches;
export const INK = dark ? "#ffcf5c" : "#b3261e";

const absolute = (path) => (path.startsWith("/") ? location.origin + path : path);

/** {map, ready}: a MapLibre map in `container`, fitted to the object or to the territory; `ready` is kept when its layers are in. */
export function makePlaceMap(container, drawing, words) {
  const geometry = drawing.geometry ? JSON.parse(drawing.geometry) : null;
  const linked = parse(location.hash);
  const config = { ...drawing, baseTiles: absolute(drawing.baseTiles) };
  const map = new maplibregl.Map({
    container,
    style: baseStyle(config, dark),
    ...view(geometry, linked, drawing.bounds),
    maxZoom: 19,
    fadeDuration: 0,
    attributionControl: { compact: true, customAttribution: words.schematic },
    locale: words.controls,
    dragRotate: false,
    pitchWithRotate: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
  const ready = new Promise((done) => map.on("load", () => {
    if (drawing.tiles) addOwnLayer(map, drawing);
    for (const each of nameLayers(dark)) map.addLayer(each);
    map.on("idle", () => { document.body.dataset.view = [map.getZoom(), map.getCenter().lat, map.getCenter().lng].join("/"); });
    map.once("idle", () => { document.body.dataset.drawn = String(Math.round(performance.now())); });
    done(map);
  }));
  return { map, ready };
}

function view(geometry, linked, bounds) {
  const box = boxOf(geometry);
  if (box && box[0] === box[2] && box[1] === box[3]) return { center: [box[0], box[1]], zoom: 16 };
  if (box) return { bounds: box, fitBoundsOptions: { padding: 60, maxZoom: 17 } };
  if (linked.zoom !== undefined) return { center: [linked.lon, linked.lat], zoom: linked.zoom };
  return { bounds, fitBoundsOptions: { padding: 30 } };
}

export function boxOf(geometry) {
  const places = runsOf(geometry).flat();
  if (!places.length) return null;
  const xs = places.map((at) => at[0]);
  const ys = places.map((at) => at[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// The object itself is drawn by whoever shows or edits it, not by its tile.
function addOwnLayer(map, drawing) {
  const layer = drawing.layer;
  for (const each of layer.classes) addMark(map, `${layer.name}:${each.value}`, each);
  const { source, layers } = layerStyle(layer, absolute(drawing.tiles), dark);
  map.addSource(layer.name, source);
  for (const each of layers) {
    const others = drawing.key === null || /-(cells|counts)$/.test(each.id) ? {} : { filter: ["!=", ["id"], drawing.key] };
    map.addLayer({ ...each, ...others });
  }
}

/** Draw a geometry as it is, without any handle. */
export function showGeometry(map, id, geometry, { colour = INK, dashed = false } = {}) {
  map.addSource(id, { type: "geojson", data: geometry });
  const paint = { "line-color": colour, "line-width": 3, ...(dashed ? { "line-dasharray": [2, 2] } : {}) };
  map.addLayer({ id: `${id}-fill`, type: "fill", source: id, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour, "fill-opacity": 0.15 } });
  map.addLayer({ id: `${id}-line`, type: "line", source: id, filter: ["!=", ["geometry-type"], "Point"], paint });
  map.addLayer({ id: `${id}-point`, type: "circle", source: id, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour, "circle-radius": 8, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2.5 } });
}
