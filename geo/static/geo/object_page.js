// The page of one object: its place on a map. Reads #drawing and #words.
import { makePlaceMap, showGeometry } from "./place_map.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const drawing = read("drawing");
const { map, ready } = makePlaceMap("map", drawing, read("words"));
map.scrollZoom.disable();
ready.then(() => showGeometry(map, "object", JSON.parse(drawing.geometry)));
