// The ground under every map of patrols: our own base tiles, controls, a word when it fails. The tables beside it say the same.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { trouble } from "../geo/page.js";
import { baseStyle, nameLayers, palette } from "../geo/style.js";

export const dark = matchMedia("(prefers-color-scheme: dark)").matches;
export const ink = palette(dark);
export { maplibregl };
export { getJson, token, trouble } from "../geo/page.js";

export function read(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** A map in `container` that shows the unit of `config`; `draw(map)` is called when the ground is ready. */
export function makeMap(container, config, draw) {
  try {
    const map = new maplibregl.Map({
      container,
      style: baseStyle({ ...config, baseTiles: location.origin + config.baseTiles }, dark),
      bounds: config.bounds, fitBoundsOptions: { padding: 24 }, maxZoom: 18, fadeDuration: 0,
      attributionControl: { compact: true, customAttribution: config.words.schematic },
      cooperativeGestures: matchMedia("(max-width: 720px)").matches,
      dragRotate: false, pitchWithRotate: false,
      locale: { ...config.words.controls, "CooperativeGesturesHandler.MobileHelpText": config.words.twoFingers,
        "CooperativeGesturesHandler.WindowsHelpText": config.words.ctrlScroll,
        "CooperativeGesturesHandler.MacHelpText": config.words.ctrlScroll.replace("Ctrl", "⌘") },
    });
    map.touchZoomRotate.disableRotation();
    map.scrollZoom.disable();
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
    map.on("error", () => trouble(config.words.trouble));
    map.on("load", async () => {
      await draw(map);
      for (const layer of nameLayers(dark)) map.addLayer(layer);
      map.once("idle", () => { document.body.dataset.drawn = "1"; });
    });
    return map;
  } catch (error) {
    trouble(config.words.unsupported);
    throw error;
  }
}

export function labels(id, source, extra = {}, layout = {}) {
  return {
    id, type: "symbol", source, ...extra,
    layout: { "text-field": ["get", "label"], "text-size": 13, "text-padding": 3, "text-offset": [0, 1.2], "text-anchor": "top", ...layout },
    paint: { "text-color": ink.text, "text-halo-color": ink.halo, "text-halo-width": 1.6 },
  };
}
