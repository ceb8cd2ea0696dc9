// The duty room brings itself up to date every half minute, without losing the reader's place on the page.
import { makeMap, read, labels } from "./ground.js";
import { addMark } from "../geo/marks.js";

const EVERY_MS = 30_000;
const MARKS = [
  { value: "out", colour: "#1f6b41", mark: "●", figure: "circle" },
  { value: "paused", colour: "#59616b", mark: "‖", figure: "square" },
  { value: "hidden", colour: "#8a5d00", mark: "?", figure: "diamond" },
  { value: "quiet", colour: "#8a5d00", mark: "?", figure: "diamond" },
];
const room = document.getElementById("room");
const time = document.getElementById("room-time");
let map = null;
let shown = time.textContent.match(/\d+:\d+:\d+/)?.[0] ?? "";

function positions() {
  const place = document.getElementById("room-positions");
  const rows = place ? JSON.parse(place.textContent) : [];
  return { type: "FeatureCollection", features: rows.map((each) => ({
    type: "Feature", geometry: { type: "Point", coordinates: [each.lon, each.lat] }, properties: { state: each.state, label: each.name },
  })) };
}

function replaceWith(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  // A link that has the keyboard keeps it: by its address, the only thing that stays the same.
  const focused = room.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const scrolled = [...room.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  room.replaceChildren(...fresh.childNodes);
  room.querySelectorAll(".scroll").forEach((each, i) => { each.scrollLeft = scrolled[i] ?? 0; });
  if (focused) room.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  map?.getSource("people")?.setData(positions());
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(`${location.pathname}?part=1`, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    replaceWith(await answer.text());
    shown = new Date(answer.headers.get("Date") ?? Date.now()).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
    time.textContent = time.dataset.words.replace("{time}", shown);
    time.classList.remove("late");
  } catch {
    time.textContent = time.dataset.stale.replace("{time}", shown);
    time.classList.add("late");
  }
}

if (document.getElementById("room-map")) {
  map = makeMap("room-map", read("map-config"), (ready) => {
    for (const mark of MARKS) addMark(ready, mark.value, mark);
    ready.addSource("people", { type: "geojson", data: positions() });
    ready.addLayer({ id: "people", type: "symbol", source: "people", layout: { "icon-image": ["get", "state"], "icon-allow-overlap": true } });
    ready.addLayer(labels("people-names", "people"));
  });
}
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
