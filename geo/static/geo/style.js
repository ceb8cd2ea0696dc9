// MapLibre style from the server's description of the layers. Pure: data in, style out.

const DAY = {
  land: "#f8f6f0", cell: "#4a5a68", water: "#bcd6e6", road: "#ffffff", casing: "#d3cdbf", rail: "#a9a39a",
  county: "#6b5b73", town: "#8d8294", village: "#b9b1bd", text: "#40354a", halo: "#ffffff",
};
const NIGHT = {
  land: "#1d252b", cell: "#7f93a3", water: "#22394a", road: "#39434b", casing: "#262e35", rail: "#4a5258",
  county: "#a795b3", town: "#7d7289", village: "#534b5c", text: "#d9d2e0", halo: "#12181d",
};

const ROAD_WIDTH = ["interpolate", ["exponential", 1.5], ["zoom"], 8, ["match", ["get", "kind"], "motorway", 1.6, "main_road", 0.9, 0.3],
  16, ["match", ["get", "kind"], "motorway", 12, "main_road", 8, 4]];
const CASING_WIDTH = ["interpolate", ["exponential", 1.5], ["zoom"], 8, ["match", ["get", "kind"], "motorway", 2.8, "main_road", 1.8, 0.5],
  16, ["match", ["get", "kind"], "motorway", 15, "main_road", 11, 6]];
const IS_ROAD = ["match", ["get", "kind"], ["motorway", "main_road", "street"], true, false];

export function palette(dark) {
  return dark ? NIGHT : DAY;
}

/** The base map: land, water, roads, division outlines; an operator's raster tiles below them where configured.
 * The ground around the land is the page's own (--ground): a layer for it would hold up the first tile requests by a frame. */
export function baseStyle(config, dark) {
  const c = palette(dark);
  const line = (id, filter, paint) => ({ id, type: "line", source: "base", "source-layer": "basemap", filter, paint, layout: { "line-cap": "round", "line-join": "round" } });
  const outline = (id, level, colour, width, dash) => ({
    id, type: "line", source: "base", "source-layer": "divisions", filter: ["==", ["get", "level"], level],
    paint: { "line-color": colour, "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) },
  });
  // A town's or village's reader sees the own ground only; what lies around it is not empty, it is not shown.
  const own = config.scope.length > 6 ? ["==", ["get", "code"], config.scope] : ["==", ["get", "level"], "3_county"];
  const style = {
    version: 8,
    sources: { base: { type: "vector", tiles: [config.baseTiles], minzoom: 0, maxzoom: 15 } },
    layers: [
      { id: "land", type: "fill", source: "base", "source-layer": "divisions", filter: own, paint: { "fill-color": c.land } },
      { id: "water", type: "fill", source: "base", "source-layer": "basemap", filter: ["==", ["get", "kind"], "water"], paint: { "fill-color": c.water } },
      line("river", ["==", ["get", "kind"], "river"], { "line-color": c.water, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1.5, 12, 5, 16, 14] }),
      line("road-casing", IS_ROAD, { "line-color": c.casing, "line-width": CASING_WIDTH }),
      line("road", IS_ROAD, { "line-color": c.road, "line-width": ROAD_WIDTH }),
      line("railway", ["==", ["get", "kind"], "railway"], { "line-color": c.rail, "line-width": 1.4, "line-dasharray": [5, 3] }),
      outline("village-outline", "5_village", c.village, 0.8, [2, 2]),
      outline("town-outline", "4_town", c.town, ["interpolate", ["linear"], ["zoom"], 8, 0.9, 14, 1.8], [4, 2]),
      outline("county-outline", "3_county", c.county, ["interpolate", ["linear"], ["zoom"], 6, 1.4, 14, 3]),
    ],
  };
  if (config.basemap.tiles) {
    style.sources.operator = { type: "raster", tiles: [config.basemap.tiles], tileSize: 256, attribution: config.basemap.attribution };
    style.layers.unshift({ id: "operator", type: "raster", source: "operator" });
  }
  return style;
}

// Where a name stands beside its place: above, and elsewhere where a mark stands there that wants its room.
export const BESIDE = ["center", [0, -1.3], "center", [0, 1.5], "left", [1.4, 0], "right", [-1.4, 0], "center", [0, -2.6], "center", [0, 2.8]];

/** Names are drawn above every layer. Letters come from the reader's own fonts: the style names no glyph server. */
export function nameLayers(dark) {
  const c = palette(dark);
  const name = (id, level, size, minzoom, maxzoom) => ({
    id, type: "symbol", source: "base", "source-layer": "division_names", minzoom, maxzoom,
    filter: ["==", ["get", "level"], level],
    layout: { "text-field": ["get", "name"], "text-size": size, "text-padding": 6, "text-letter-spacing": 0.06, "text-variable-anchor-offset": BESIDE },
    paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.6 },
  });
  return [name("village-name", "5_village", 12, 13, 18), name("town-name", "4_town", 14, 8, 14), name("county-name", "3_county", 17, 5, 8)];
}

/** Source and style layers of one map layer. Counts by cell where the tile is crowded, else marks; outlines of areas from 11. */
export function layerStyle(layer, tiles, dark, offset = 0) {
  const c = palette(dark);
  const id = layer.name;
  const colour = layer.classes.length > 1
    ? ["match", ["get", "k"], ...layer.classes.flatMap((k) => [k.value, k.colour]), layer.classes.at(-1).colour]
    : layer.classes[0].colour;
  const icon = layer.classes.length > 1
    ? ["match", ["get", "k"], ...layer.classes.flatMap((k) => [k.value, `${id}:${k.value}`]), `${id}:${layer.classes.at(-1).value}`]
    : `${id}:${layer.classes[0].value}`;
  // The first classes of a legend matter most: they are drawn last, on top.
  const sortKey = layer.classes.length > 1
    ? ["match", ["get", "k"], ...layer.classes.flatMap((k, i) => [k.value, layer.classes.length - i]), 0]
    : 0;
  const points = layer.shape === "point" ? id : `${id}_marks`;
  const layers = [
    { id: `${id}-cells`, type: "circle", source: id, "source-layer": `${id}_cells`, paint: {
      "circle-color": c.cell, "circle-opacity": 0.82, "circle-stroke-color": c.halo, "circle-stroke-width": 1.5,
      "circle-translate": [offset, offset], "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 5, 30, 18, 300, 30] } },
    { id: `${id}-counts`, type: "symbol", source: id, "source-layer": `${id}_cells`,
      layout: { "text-field": ["to-string", ["get", "n"]], "text-size": 11 },
      paint: { "text-color": "#ffffff", "text-halo-color": c.cell, "text-halo-width": 1, "text-translate": [offset, offset] } },
  ];
  if (layer.shape === "area") {
    layers.push(
      { id: `${id}-fill`, type: "fill", source: id, "source-layer": id, minzoom: 11, paint: { "fill-color": colour, "fill-opacity": layer.fill } },
      { id: `${id}-line`, type: "line", source: id, "source-layer": id, minzoom: 11, paint: { "line-color": colour, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 2.6] } },
    );
  }
  if (layer.sector) {
    layers.push(
      { id: `${id}-view`, type: "fill", source: id, "source-layer": `${id}_sectors`, minzoom: 15, paint: { "fill-color": colour, "fill-opacity": 0.22 } },
      { id: `${id}-view-line`, type: "line", source: id, "source-layer": `${id}_sectors`, minzoom: 15, paint: { "line-color": colour, "line-width": 1 } },
    );
  }
  layers.push({
    id: `${id}-marks`, type: "symbol", source: id, "source-layer": points, minzoom: layer.minZoom,
    layout: {
      "icon-image": icon, "symbol-sort-key": sortKey, "icon-allow-overlap": true, "icon-ignore-placement": true,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 7, 0.34, 9, 0.5, 12, 0.7, 15, 1],
      "text-field": ["step", ["zoom"], "", layer.shape === "area" ? 15 : 16, ["coalesce", ["get", "name"], ""]], "text-size": 12, "text-offset": [0, 1.1], "text-anchor": "top", "text-optional": true,
    },
    paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.4 },
  });
  return { source: { type: "vector", tiles: [tiles], minzoom: 0, maxzoom: 16 }, layers };
}

/** The style layers of a map layer that answer a click with one object. */
export function clickable(layer) {
  return [`${layer.name}-marks`, ...(layer.shape === "area" ? [`${layer.name}-fill`] : [])];
}
