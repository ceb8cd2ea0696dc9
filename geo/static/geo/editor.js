// The editor of one object's geometry: draw, move vertices, snap, undo; coordinates typed by hand say the same. The form posts
// what is in its hidden field. Reads #drawing and #words.
import { TerraDrawMapLibreGLAdapter } from "../vendor/terra-draw/terra-draw-maplibre-gl-adapter.modern.js";
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode,
} from "../vendor/terra-draw/terra-draw.modern.js";
import { boxOf, INK, makePlaceMap, showGeometry } from "./place_map.js";
import { featuresOf, geometryOf, runsOf, runsOfText, sizeOf, sizeText, snap, snapTargets, textOf } from "./shapes.js";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const drawing = read("drawing");
const words = read("words");
const shape = drawing.layer.shape;
const MODE = { point: "point", line: "linestring", area: "polygon" }[shape];
const LEAST = { point: 1, line: 2, area: 3 }[shape];
const REACH_PX = 12;
const NEAR_ZOOM = 13;
const form = byId("object-form");
const field = form.querySelector("[name=geom]");
const typed = form.querySelector("[name=coordinates]");

let targets = [];
let draw;
let loading = false;
// Finished geometries, oldest first; `at` is the one that is shown.
const past = [];
let at = -1;

const { map, ready } = makePlaceMap("map", { ...drawing, geometry: field.value || drawing.geometry }, words);
map.on("error", (event) => say(event.error && event.error.status === 404 ? words.signedOut : words.trouble));
ready.then(start);

function say(text) {
  byId("editor-said").textContent = text;
}

function start() {
  map.addSource("near", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "near", type: "line", source: "near", paint: { "line-color": INK, "line-width": 1, "line-opacity": 0.45, "line-dasharray": [3, 3] } });
  if (drawing.theirs) showGeometry(map, "theirs", JSON.parse(drawing.theirs), { colour: "#3f5fa0", dashed: true });
  if (drawing.crossing) showGeometry(map, "crossing", { type: "Point", coordinates: drawing.crossing });
  draw = new TerraDraw({ adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }), modes: modes(), undoRedo: { modeLevel: new TerraDrawModeUndoRedo() } });
  draw.start();
  draw.on("finish", finished);
  draw.on("change", changed);
  draw.on("history", buttons);
  load(field.value ? JSON.parse(field.value) : null);
  keep();
  tool(runs().length && shape !== "point" ? "select" : MODE);
  map.on("moveend", lookAround);
  lookAround();
}

function modes() {
  const snapping = { toCustom: nearest };
  const line = { lineStringColor: INK, lineStringWidth: 3, closingPointColor: INK, snappingPointColor: "#ffffff", snappingPointOutlineColor: INK, snappingPointOutlineWidth: 3, snappingPointWidth: 6 };
  const area = { fillColor: INK, fillOpacity: 0.15, outlineColor: INK, outlineWidth: 3, closingPointColor: INK, closingPointOutlineColor: "#ffffff", closingPointWidth: 7, snappingPointColor: "#ffffff", snappingPointOutlineColor: INK, snappingPointOutlineWidth: 3, snappingPointWidth: 6 };
  const point = { pointColor: INK, pointWidth: 9, pointOutlineColor: "#ffffff", pointOutlineWidth: 3 };
  const selected = {
    selectedPolygonColor: INK, selectedPolygonFillOpacity: 0.18, selectedPolygonOutlineColor: INK, selectedPolygonOutlineWidth: 3,
    selectedLineStringColor: INK, selectedLineStringWidth: 3, selectedPointColor: INK, selectedPointWidth: 10, selectedPointOutlineColor: "#ffffff", selectedPointOutlineWidth: 3,
    selectionPointColor: "#ffffff", selectionPointOutlineColor: INK, selectionPointOutlineWidth: 3, selectionPointWidth: 6,
    midPointColor: INK, midPointOutlineColor: "#ffffff", midPointOutlineWidth: 1, midPointWidth: 4,
  };
  const vertices = { feature: { draggable: false, coordinates: { midpoints: { draggable: true }, draggable: true, deletable: true, snappable: snapping } } };
  return [
    shape === "point" ? new TerraDrawPointMode({ styles: point }) : shape === "line"
      ? new TerraDrawLineStringMode({ snapping, styles: line, pointerDistance: REACH_PX }) : new TerraDrawPolygonMode({ snapping, styles: area, pointerDistance: REACH_PX }),
    new TerraDrawSelectMode({ styles: selected, pointerDistance: 24, flags: { polygon: vertices, linestring: vertices, point: { feature: { draggable: true } } } }),
  ];
}

function nearest(event, { currentId, project, unproject }) {
  if (!byId("editor-snap").checked) return undefined;
  const own = snapTargets(drawn().filter((feature) => feature.id !== currentId && !feature.properties.selected));
  const found = snap([event.lng, event.lat], [...own, ...targets], { project, unproject, reach: REACH_PX });
  return found && found.map((value) => Number(value.toFixed(9)));
}

// What is drawn now, without the handles that the tool adds.
function drawn() {
  const wanted = { point: "Point", line: "LineString", area: "Polygon" }[shape];
  return draw.getSnapshot().filter(({ geometry, properties }) => geometry.type === wanted && properties.mode === MODE
    && !properties.midPoint && !properties.selectionPoint && !properties.snappingPoint && !properties.coordinatePoint);
}

function runs() {
  return drawn().flatMap((feature) => runsOf(feature.geometry));
}

function load(geometry) {
  loading = true;
  draw.clear();
  const refused = draw.addFeatures(featuresOf(shape, geometry)).filter((answer) => !answer.valid);
  loading = false;
  if (refused.length) say(words.notShown);
}

function finished(id) {
  if (shape === "point") {
    const others = drawn().map((feature) => feature.id).filter((each) => each !== id);
    if (others.length) draw.removeFeatures(others);
  }
  keep();
  if (draw.getMode() === MODE && shape !== "point") {
    // After the tool's own end of the drawing.
    setTimeout(() => { tool("select"); draw.selectFeature(id); });
  }
}

function changed(_ids, type) {
  if (loading) return;
  measure();
  if (type === "delete" && draw.getModeState() !== "drawing" && at >= 0 && runs().length < past[at].length) keep();
}

/** Make what is drawn the newest state: into the history, the hidden field and the coordinates. */
function keep() {
  const now = runs();
  if (at >= 0 && JSON.stringify(now) === JSON.stringify(past[at])) return;
  past.splice(++at, past.length, now);
  if (at > 0) write();
  measure();
  buttons();
}

function write() {
  const geometry = geometryOf(shape, past[at]);
  field.value = geometry ? JSON.stringify(geometry) : "";
  typed.value = textOf(geometry);
}

function step(by) {
  if (draw.getModeState() === "drawing") {
    if (by < 0 && draw.canUndo()) draw.undo();
    else if (by > 0 && draw.canRedo()) draw.redo();
  } else if (past[at + by]) {
    at += by;
    load(geometryOf(shape, past[at]));
    write();
    tool(past[at].length && shape !== "point" ? "select" : MODE);
  }
  measure();
  buttons();
}

function tool(name) {
  draw.setMode(name);
  byId("editor-draw").setAttribute("aria-pressed", String(name === MODE));
  byId("editor-select").setAttribute("aria-pressed", String(name === "select"));
  const one = drawn();
  if (name === "select" && one.length === 1) draw.selectFeature(one[0].id);
  say(name === "select" ? words.selectHelp[shape] : words.drawHelp[shape]);
  buttons();
}

function buttons() {
  const busy = draw.getModeState() === "drawing";
  byId("editor-undo").disabled = busy ? !draw.canUndo() : at < 1;
  byId("editor-redo").disabled = busy ? !draw.canRedo() : at >= past.length - 1;
  byId("editor-clear").disabled = !runs().length;
  byId("editor-select").disabled = !runs().length;
}

function measure() {
  const now = runs().filter((run) => run.length >= LEAST);
  if (!now.length) byId("editor-size").textContent = words.nothingDrawn;
  else if (shape === "point") byId("editor-size").textContent = `${now[0][0][0].toFixed(7)}, ${now[0][0][1].toFixed(7)}`;
  else byId("editor-size").textContent = sizeText(shape, sizeOf(shape, now), words.units);
}

byId("editor-draw").addEventListener("click", () => tool(MODE));
byId("editor-select").addEventListener("click", () => tool("select"));
byId("editor-undo").addEventListener("click", () => step(-1));
byId("editor-redo").addEventListener("click", () => step(1));
byId("editor-clear").addEventListener("click", () => { load(null); keep(); tool(MODE); });
byId("map").addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  event.stopPropagation();
  step(key === "y" || event.shiftKey ? 1 : -1);
}, true);

typed.addEventListener("change", () => {
  const { runs: found, line, text } = runsOfText(typed.value);
  if (line) return say(words.badLine.replace("{line}", line).replace("{text}", text));
  if (found.some((run) => run.length < LEAST)) return say(words.tooFew.replace("{count}", LEAST));
  const geometry = geometryOf(shape, found);
  load(geometry);
  const kept = typed.value;
  keep();
  typed.value = kept;
  const box = boxOf(geometry);
  if (box) map.fitBounds(box, { padding: 60, maxZoom: 17, animate: false });
  tool(geometry && shape !== "point" ? "select" : MODE);
});

form.addEventListener("submit", (event) => {
  if (draw && draw.getModeState() === "drawing") {
    event.preventDefault();
    say(words.unfinished);
    byId("map").scrollIntoView({ block: "center" });
  }
});

// Outlines near by: drawn thin, and what a vertex snaps to. The latest answer wins.
let asked = 0;
async function lookAround() {
  const mine = ++asked;
  if (map.getZoom() < NEAR_ZOOM) { targets = []; return; }
  const box = map.getBounds().toArray().flat().map((edge) => edge.toFixed(6)).join(",");
  const answer = await fetch(`${drawing.neighbours}?bbox=${box}&but=${drawing.key ?? ""}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (mine !== asked) return;
  if (!answer || !answer.ok) return say(words.trouble);
  const found = await answer.json();
  targets = snapTargets(found.features);
  map.getSource("near").setData(found);
  document.body.dataset.near = String(found.features.length);
}
