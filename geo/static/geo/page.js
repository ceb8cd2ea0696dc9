// What every small map on a page needs: the page's colours, a word when something fails, JSON, and the box around outlines.

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Show the line that stands hidden under the map. */
export function trouble(text, id = "map-trouble") {
  const line = document.getElementById(id);
  line.textContent = text;
  line.hidden = false;
}

export async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json, application/geo+json" } });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${path}`), { status: answer.status });
  return answer.json();
}

function* corners(geometry) {
  if (typeof geometry[0] === "number") yield geometry;
  else for (const part of geometry) yield* corners(part);
}

/** West, south, east, north of the first collection that holds anything. */
export function bounds(...collections) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { features } of collections) {
    for (const { geometry } of features) {
      for (const [x, y] of corners(geometry.coordinates)) {
        box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
      }
    }
    if (box[0] <= box[2]) break;
  }
  return box;
}
