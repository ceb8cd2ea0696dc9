// Distances, the nearest places and the sketch of a beat. Pure.
const METRES_PER_DEGREE = 111_320;

export function distanceM(a, b) {
  const x = (b.lon - a.lon) * Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180));
  return Math.hypot(x, b.lat - a.lat) * METRES_PER_DEGREE;
}

/** The places nearest to a position, each with `distanceM`. */
export function nearest(places, position, most) {
  return places
    .map((place) => ({ ...place, distanceM: distanceM(place, position) }))
    .sort((a, b) => a.distanceM - b.distanceM)
    .slice(0, most);
}

/** The nearest one, if it is near enough to be meant: within 60 m, or within the fix's own uncertainty up to 200 m. */
export function guess(places, position) {
  const [first] = nearest(places, position, 1);
  const reach = Math.min(200, Math.max(60, position.accuracyM || 0));
  return first && first.distanceM <= reach ? first : null;
}

/** Lists of [lon, lat] of a beat: the rings of its outline and the lines of its route. */
export function paths(beat) {
  return { rings: (beat?.outline || []).flat(), lines: beat?.route || [] };
}

/** A function from [lon, lat] to [x, y] that fits `points` into the box, and metres per pixel. */
export function fit(points, width, height, margin = 16) {
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = Math.min((width - 2 * margin) / Math.max((east - west) * narrow, 1e-4), (height - 2 * margin) / Math.max(north - south, 1e-4));
  const at = ([lon, lat]) => [
    width / 2 + (lon - (west + east) / 2) * narrow * scale,
    height / 2 - (lat - (south + north) / 2) * scale,
  ];
  return { at, metresPerPixel: METRES_PER_DEGREE / scale };
}
