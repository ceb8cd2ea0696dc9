// The beat as a drawing, with oneself in it: no tiles, no signal needed.
import { fit, paths } from "./nearby.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340;
const HEIGHT = 170;

function draw(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function d(points, at, close) {
  return points.map((each, i) => `${i ? "L" : "M"}${at(each).map((value) => value.toFixed(1)).join(",")}`).join("") + (close ? "Z" : "");
}

/** Replaces the drawing in `box`; nothing for a shift without a beat. */
export function sketch(box, shift, position, words) {
  const { rings, lines } = paths(shift?.beat);
  const station = shift?.station ? [[shift.station.lon, shift.station.lat]] : [];
  const all = [...rings.flat(), ...lines.flat(), ...station];
  if (!all.length) return box.replaceChildren();
  const { at, metresPerPixel } = fit(all, WIDTH, HEIGHT);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words.sketch });
  for (const ring of rings) svg.append(draw("path", { class: "ring", d: d(ring, at, true) }));
  for (const line of lines) svg.append(draw("path", { class: "line", d: d(line, at, false) }));
  for (const place of station) {
    const [x, y] = at(place);
    svg.append(draw("rect", { class: "ring", x: x - 6, y: y - 6, width: 12, height: 12 }));
  }
  if (position) {
    const [x, y] = at([position.lon, position.lat]).map((value, i) => Math.max(8, Math.min(value, (i ? HEIGHT : WIDTH) - 8)));
    svg.append(draw("circle", { class: "reach", cx: x, cy: y, r: Math.min(60, Math.max(8, (position.accuracyM || 0) / metresPerPixel)) }));
    svg.append(draw("circle", { class: "me", cx: x, cy: y, r: 6 }));
    const label = draw("text", { x: Math.min(x + 9, WIDTH - 60), y: y - 9 });
    label.textContent = words.here;
    svg.append(label);
  }
  return box.replaceChildren(svg);
}
