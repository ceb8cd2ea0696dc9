// Geometry of the editor: rings, sizes, coordinates as text, snapping. Pure: no map, no page.

// GRS80, the ellipsoid of CGCS2000: semi-major axis in metres and the square of its eccentricity.
const A = 6378137;
const E2 = 0.006694380022900788;
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;

/** Runs of [lon, lat] of a geometry: points, lines, or rings without their repeated end. */
export function runsOf(geometry) {
  if (!geometry) return [];
  const { type, coordinates } = geometry;
  if (type === "Point") return [[coordinates]];
  if (type === "LineString") return [coordinates];
  if (type === "MultiLineString") return coordinates;
  if (type === "Polygon") return coordinates.map((ring) => ring.slice(0, -1));
  if (type === "MultiPolygon") return coordinates.flatMap((part) => part.map((ring) => ring.slice(0, -1)));
  return [];
}

/** The geometry of a shape ("point", "line", "area") from its runs, or null for none. A ring inside an earlier one is its hole. */
export function geometryOf(shape, runs) {
  if (!runs.length) return null;
  if (shape === "point") return { type: "Point", coordinates: runs.at(-1)[0] };
  if (shape === "line") return { type: "MultiLineString", coordinates: runs };
  const parts = [];
  for (const run of runs) {
    const ring = [...run, run[0]];
    const holder = parts.find(([shell]) => run.every((at) => inside(at, shell)));
    if (holder) holder.push(ring);
    else parts.push([ring]);
  }
  return { type: "MultiPolygon", coordinates: parts };
}

function inside([x, y], ring) {
  let odd = false;
  for (let i = 1; i < ring.length; i++) {
    const [x1, y1] = ring[i - 1];
    const [x2, y2] = ring[i];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}

/** "longitude, latitude" a line, seven decimals, an empty line between runs: as the server writes it. */
export function textOf(geometry) {
  return runsOf(geometry).map((run) => run.map(([x, y]) => `${x.toFixed(7)}, ${y.toFixed(7)}`).join("\n")).join("\n\n");
}

/** Runs of a text, or {line, text} of the first line that is none. */
export function runsOfText(text) {
  const runs = [[]];
  const lines = text.trim().split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    if (!line.trim()) { runs.push([]); continue; }
    const numbers = line.trim().split(/[,，\s]+/).map(Number);
    if (numbers.length !== 2 || !numbers.every(Number.isFinite) || Math.abs(numbers[0]) > 180 || Math.abs(numbers[1]) > 90) return { line: i + 1, text: line.trim() };
    runs.at(-1).push(numbers);
  }
  return { runs: runs.filter((run) => run.length) };
}

// Area on the ellipsoid between the equator and a latitude, per radian of longitude.
function band(lat) {
  const s = Math.sin(lat * RAD);
  return ((A * A * (1 - E2)) / 2) * (s / (1 - E2 * s * s) + Math.log((1 + E * s) / (1 - E * s)) / (2 * E));
}

/** Square metres on the ellipsoid; edges as straight lines of longitude and latitude, which at a county's size is geodesic to 1e-6. */
export function ringArea(run) {
  let sum = 0;
  for (let i = 0; i < run.length; i++) {
    const [x1, y1] = run[i];
    const [x2, y2] = run[(i + 1) % run.length];
    // Simpson's rule over the edge: the band is smooth.
    sum += (x2 - x1) * RAD * (band(y1) + 4 * band((y1 + y2) / 2) + band(y2)) / 6;
  }
  return Math.abs(sum);
}

/** Metres between two places, by the ellipsoid's radii in their middle; 1e-6 up to some tens of kilometres. */
export function distance([x1, y1], [x2, y2]) {
  const s = Math.sin(((y1 + y2) / 2) * RAD);
  const w = Math.sqrt(1 - E2 * s * s);
  const north = ((A * (1 - E2)) / w ** 3) * (y2 - y1) * RAD;
  const east = (A / w) * Math.cos(((y1 + y2) / 2) * RAD) * (x2 - x1) * RAD;
  return Math.hypot(north, east);
}

/** {area, length}: area without holes and length (of an area: around it), in square metres and metres. */
export function sizeOf(shape, runs) {
  const closed = shape === "area";
  let length = 0;
  for (const run of runs) {
    for (let i = closed ? 0 : 1; i < run.length; i++) length += distance(run.at(i - 1), run[i]);
  }
  if (!closed) return { area: 0, length };
  const geometry = geometryOf("area", runs.filter((run) => run.length > 2));
  const parts = geometry ? geometry.coordinates : [];
  const area = parts.reduce((sum, [shell, ...holes]) => sum + ringArea(shell.slice(0, -1)) - holes.reduce((part, hole) => part + ringArea(hole.slice(0, -1)), 0), 0);
  return { area, length };
}

/** "1,234平方米（1.85亩，0.123公顷）", "1.23公里": `words` are sentences with {names}, in the reader's language. */
export function sizeText(shape, { area, length }, words) {
  const number = (value, digits) => value.toLocaleString(undefined, { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const around = length < 1000 ? fill(words.metres, { count: number(length, 1) }) : fill(words.kilometres, { count: number(length / 1000, 2) });
  if (shape === "line") return fill(words.line, { length: around });
  return fill(words.area, { area: number(area, 0), mu: number(area / (2000 / 3), 2), hectares: number(area / 10000, 3), around });
}

/** Ready for snapping: runs with their boxes; rings closed. */
export function snapTargets(features) {
  return features.flatMap(({ geometry }) => {
    const closed = geometry.type.endsWith("Polygon");
    return runsOf(geometry).map((run) => {
      const path = closed ? [...run, run[0]] : run;
      const xs = path.map((at) => at[0]);
      const ys = path.map((at) => at[1]);
      return { path, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
    });
  });
}

/** The nearest vertex within `reach` pixels, else the nearest place on an edge, else undefined. `project`, `unproject` as of a map. */
export function snap(at, targets, { project, unproject, reach }) {
  const here = project(...at);
  const corner = unproject(here.x + reach, here.y - reach);
  const dx = Math.abs(corner.lng - at[0]);
  const dy = Math.abs(corner.lat - at[1]);
  let vertex, edge;
  let toVertex = reach, toEdge = reach;
  for (const { path, box } of targets) {
    if (at[0] + dx < box[0] || at[0] - dx > box[2] || at[1] + dy < box[1] || at[1] - dy > box[3]) continue;
    let before;
    for (const place of path) {
      const point = project(...place);
      const far = Math.hypot(point.x - here.x, point.y - here.y);
      if (far < toVertex) [vertex, toVertex] = [place, far];
      if (before) {
        const near = foot(here, before, point);
        const off = Math.hypot(near.x - here.x, near.y - here.y);
        if (off < toEdge) [edge, toEdge] = [near, off];
      }
      before = point;
    }
  }
  if (vertex) return [...vertex];
  if (!edge) return undefined;
  const { lng, lat } = unproject(edge.x, edge.y);
  return [lng, lat];
}

function foot(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const t = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
  return { x: a.x + t * dx, y: a.y + t * dy };
}

/** As a drawing tool takes it: nine decimals (a tenth of a millimetre), each ring or line a feature of its own. */
export function featuresOf(shape, geometry) {
  const mode = { point: "point", line: "linestring", area: "polygon" }[shape];
  const round = ([x, y]) => [Number(x.toFixed(9)), Number(y.toFixed(9))];
  return runsOf(geometry).map((run) => {
    const places = run.map(round);
    const made = shape === "point" ? { type: "Point", coordinates: places[0] }
      : shape === "line" ? { type: "LineString", coordinates: places }
        : { type: "Polygon", coordinates: [[...places, places[0]]] };
    return { type: "Feature", properties: { mode }, geometry: made };
  });
}
