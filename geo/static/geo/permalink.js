// What the map shows, as the part of the address after #. Pure: text in, values out.

/** "#map=11.20/37.49000/105.67000&on=zones,stations&period=365" → {zoom, lat, lon, on, period}, or {} for what is not there. */
export function parse(hash) {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const view = {};
  const place = (values.get("map") || "").split("/").map(Number);
  if (place.length === 3 && place.every(Number.isFinite) && Math.abs(place[1]) <= 85.06 && Math.abs(place[2]) <= 180) {
    [view.zoom, view.lat, view.lon] = place;
  }
  if (values.has("on")) view.on = values.get("on").split(",").filter(Boolean);
  if (values.has("period")) view.period = values.get("period");
  return view;
}

export function format({ zoom, lat, lon, on, period }) {
  return `#map=${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}&on=${on.join(",")}&period=${period}`;
}
