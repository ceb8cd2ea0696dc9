// A track as it was walked: the line with its gaps, stops and log entries, and a marker that follows the time.
import { dark, getJson, ink, labels, makeMap, maplibregl, read, token, trouble } from "./ground.js";
import { clock, decode, placeAt } from "./playback.js";

const config = read("map-config");
const { words } = config;
const [play, slider, output, speed] = ["play", "time", "at", "speed"].map((id) => document.getElementById(id));
const LINE = dark ? "#8fc1e3" : "#1b4f72";

// The marker moves in every frame. Clock and slider are painted anew at most so often: nobody reads a clock faster.
const READ_MS = 100;

const point = (coordinates, properties) => ({ type: "Feature", geometry: { type: "Point", coordinates }, properties });
const collection = (features) => ({ type: "FeatureCollection", features });

function marks(data) {
  const parts = data.line;
  const ends = parts.flatMap((part, i) => [...(i ? [part[0]] : []), ...(i < parts.length - 1 ? [part.at(-1)] : [])]);
  const outer = parts.length ? [point(parts[0][0], { kind: "start", label: words.start }), point(parts.at(-1).at(-1), { kind: "end", label: words.end })] : [];
  return collection([
    ...ends.map((at) => point(at, { kind: "gap", label: "" })),
    ...data.stops.map((each) => point([each.lon, each.lat], { kind: "stop", label: `${words.stop} ${clock(each.from_ms).slice(0, 5)}` })),
    ...data.entries.filter((each) => each.at_point).map((each) => point(each.at_point, { kind: "entry", label: each.label })),
    ...outer,
  ]);
}

function box(data, track) {
  const xs = [...data.line.flat().map((at) => at[0]), ...track.xs];
  const ys = [...data.line.flat().map((at) => at[1]), ...track.ys];
  if (!xs.length) return null;
  return xs.reduce((found, x, i) => [Math.min(found[0], x), Math.min(found[1], ys[i]), Math.max(found[2], x), Math.max(found[3], ys[i])], [180, 90, -180, -90]);
}

function draw(map, data) {
  map.addSource("line", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: data.line } } });
  map.addSource("marks", { type: "geojson", data: marks(data) });
  const round = { "line-cap": "round", "line-join": "round" };
  map.addLayer({ id: "line-casing", type: "line", source: "line", layout: round, paint: { "line-color": ink.halo, "line-width": 7 } });
  map.addLayer({ id: "line", type: "line", source: "line", layout: round, paint: { "line-color": LINE, "line-width": 3.5 } });
  const kind = (gap, stop, entry, other) => ["match", ["get", "kind"], "gap", gap, "stop", stop, "entry", entry, other];
  map.addLayer({ id: "marks", type: "circle", source: "marks", paint: {
    "circle-radius": kind(6, 7, 6, 7), "circle-color": kind(ink.halo, token("--yellow"), token("--accent"), LINE),
    "circle-stroke-color": kind(token("--red"), ink.halo, ink.halo, ink.halo), "circle-stroke-width": kind(2.5, 2, 2, 2) } });
  map.addLayer(labels("mark-names", "marks", { minzoom: 12 }));
}

function player(map, data, track) {
  const dot = document.createElement("div");
  dot.className = "walker";
  const marker = new maplibregl.Marker({ element: dot });
  const seconds = Math.max(1, Math.round((data.to - data.from) / 1000));
  let now = 0, playing = false, before = 0, on = false, told = 0, later = 0;

  function say() {
    clearTimeout(later);
    later = 0;
    told = performance.now();
    const moment = data.from + now * 1000;
    const text = placeAt(track, data.gaps, moment).known ? clock(moment) : `${clock(moment)} · ${words.gap}`;
    if (playing) slider.value = String(Math.floor(now));
    if (output.textContent === text) return;
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }
  function show() {
    if (performance.now() - told >= READ_MS) say();
    else later ||= setTimeout(say, READ_MS);
    const at = placeAt(track, data.gaps, data.from + now * 1000);
    marker.setLngLat([at.lon, at.lat]);
    dot.classList.toggle("unknown", !at.known);
    if (!on) marker.addTo(map);
    on = true;
  }
  function stop() {
    say();
    playing = false;
    play.textContent = words.play;
  }
  function frame(time) {
    if (!playing) return;
    now = Math.min(seconds, now + ((time - before) / 1000) * Number(speed.value));
    before = time;
    show();
    if (now >= seconds) stop();
    else requestAnimationFrame(frame);
  }
  play.addEventListener("click", () => {
    if (playing) return stop();
    if (now >= seconds) now = 0;
    playing = true;
    play.textContent = words.pause;
    before = performance.now();
    return requestAnimationFrame(frame);
  });
  slider.max = String(seconds);
  slider.addEventListener("input", () => { now = Number(slider.value); show(); });
  slider.addEventListener("keydown", (event) => {
    const leap = { PageUp: 600, PageDown: -600 }[event.key];
    if (!leap) return;
    event.preventDefault();
    now = Math.min(seconds, Math.max(0, now + leap));
    slider.value = String(Math.floor(now));
    show();
    say();
  });
  show();
  play.disabled = slider.disabled = false;
}

const wanted = getJson(config.data);
wanted.catch(() => trouble(words.trouble));
makeMap("replay-map", config, async (map) => {
  const data = await wanted.catch(() => null);
  if (!data) return;
  const track = decode(data);
  draw(map, data);
  const found = box(data, track);
  if (found) map.fitBounds(found, { padding: 50, maxZoom: 16, animate: false });
  if (track.times.length) player(map, data, track);
  else output.textContent = words.empty;
});
