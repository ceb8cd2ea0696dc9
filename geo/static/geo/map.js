// The one map's page: layers, legend, search, popups, permalink. Reads what the server put into #config and #words.
import * as maplibregl from "../vendor/maplibre/maplibre-gl.mjs";
import { addMark, markCanvas } from "./marks.js";
import { format, parse } from "./permalink.js";
import { baseStyle, clickable, layerStyle, nameLayers } from "./style.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("config");
const words = read("words");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const narrow = matchMedia("(max-width: 720px)").matches;
const byId = (id) => document.getElementById(id);
const absolute = (path) => location.origin + path;
const start = parse(location.hash);
const shown = new Set(start.on || config.layers.filter((layer) => layer.visible).map((layer) => layer.name));
const period = byId("period");
period.value = ["90", "365", "0"].includes(start.period) ? start.period : "365";
if (narrow) byId("panel").open = false;

config.baseTiles = absolute(config.baseTiles);
const styled = new Map();
const marks = new Map(config.layers.flatMap((layer) => layer.classes.map((each) => [`${layer.name}:${each.value}`, each])));
const map = makeMap({
  container: "map",
  style: wholeStyle(),
  bounds: config.bounds,
  fitBoundsOptions: { padding: narrow ? 24 : { left: 300, right: 60, top: 40, bottom: 40 } },
  ...(start.zoom === undefined ? {} : { center: [start.lon, start.lat], zoom: start.zoom, bounds: undefined }),
  maxZoom: 18,
  fadeDuration: 0,
  attributionControl: { compact: true, customAttribution: words.schematic },
  locale: words.controls,
  dragRotate: false,
  pitchWithRotate: false,
});
map.touchZoomRotate.disableRotation();
map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
map.on("error", (event) => trouble(event.error));
// All before the first tile asks: tiles that wait for a missing image together do not all get it.
map.once("style.load", () => { for (const [id, mark] of marks) addMark(map, id, mark); });

// Everything from the start: a source that is added later asks for its tiles only after the first frame, which is the slowest.
function wholeStyle() {
  const style = baseStyle(config, dark);
  config.layers.forEach((layer, i) => {
    if (layer.locked) return;
    const { source, layers } = layerStyle(layer, tiles(layer), dark, (i - config.layers.length / 2) * 3);
    style.sources[layer.name] = source;
    styled.set(layer.name, layers.map((each) => each.id));
    const visibility = shown.has(layer.name) ? "visible" : "none";
    for (const each of layers) style.layers.push({ ...each, layout: { ...each.layout, visibility } });
  });
  style.layers.push(...nameLayers(dark));
  return style;
}

function makeMap(options) {
  try {
    return new maplibregl.Map(options);
  } catch (error) {
    say(words.unsupported);
    throw error;
  }
}

function say(text) {
  const line = byId("trouble");
  line.textContent = text;
  line.hidden = false;
}

function trouble(error) {
  say(error && error.status === 404 ? words.signedOut : words.trouble);
}

// A county's day is Shanghai's, whatever the reader's own clock says.
function since() {
  const days = Number(period.value);
  return days ? new Date(Date.now() + 8 * 3600e3 - days * 86400e3).toISOString().slice(0, 10) : "";
}

function tiles(layer) {
  const query = layer.timed && since() ? `?since=${since()}` : "";
  return absolute(config.tiles.replace("NAME", layer.name)) + query;
}

map.on("moveend", remember);
map.once("idle", () => { document.body.dataset.drawn = String(Math.round(performance.now())); });

// A link of ours put into the address of the open page.
addEventListener("hashchange", () => { if (parse(location.hash).zoom !== undefined) location.reload(); });

function remember() {
  const { lng, lat } = map.getCenter();
  history.replaceState(null, "", format({ zoom: map.getZoom(), lat, lon: lng, on: [...shown], period: period.value }));
}

// Layer list and legend, the topmost layer first.
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

for (const layer of [...config.layers].reverse()) {
  const box = element("input", { type: "checkbox", checked: shown.has(layer.name), name: layer.name });
  const count = element("span", { className: "count" });
  count.dataset.count = layer.name;
  const list = element("ul", { hidden: !box.checked });
  for (const legendClass of layer.classes) {
    const each = element("span", { className: "count" });
    each.dataset.count = `${layer.name}:${legendClass.value}`;
    list.append(element("li", {}, element("span", { textContent: legendClass.label }), each));
  }
  const drawIcons = () => {
    for (const [i, legendClass] of layer.classes.entries()) {
      if (list.children[i].querySelector("canvas")) continue;
      const icon = markCanvas(legendClass, 18, 2);
      icon.setAttribute("aria-hidden", "true");
      list.children[i].prepend(icon);
    }
  };
  if (box.checked) drawIcons();
  const entry = element("div", { className: "layer" }, element("label", {}, box, element("span", { textContent: layer.title }), count), list);
  if (layer.create) list.append(element("li", {}, createLink(layer)));
  if (layer.locked) entry.append(locked(layer, box));
  if (layer.note) entry.append(element("p", { className: "note", textContent: layer.note, hidden: !box.checked }));
  box.addEventListener("change", () => { drawIcons(); show(layer, box.checked, entry); });
  byId("layers").append(entry);
}

// The form begins where the map stands.
function createLink(layer) {
  const link = element("a", { href: layer.create, textContent: `＋ ${words.create}${layer.title}` });
  link.addEventListener("click", () => { link.href = layer.create + location.hash; });
  return link;
}

// A layer that asks for a purpose first: what it asks, and the way there and back to this view.
function locked(layer, box) {
  const link = element("a", { href: layer.locked.url, textContent: words.unlock });
  link.addEventListener("click", () => { link.href = `${layer.locked.url}?next=${encodeURIComponent(location.pathname + location.hash)}`; });
  return element("p", { className: "note", hidden: !box.checked }, `${layer.locked.text} `, link);
}

function show(layer, visible, entry) {
  shown[visible ? "add" : "delete"](layer.name);
  for (const id of styled.get(layer.name) || []) map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
  for (const part of entry.querySelectorAll("ul, .note")) part.hidden = !visible;
  remember();
}

async function getJson(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw Object.assign(new Error(path), { status: answer.status });
  return answer.json();
}

async function fillCounts() {
  const from = since();
  const counts = await getJson(`${config.legend}?since=${from}`).catch(trouble);
  if (from !== since()) return;
  for (const [name, classes] of Object.entries(counts || {})) {
    const total = Object.values(classes).reduce((sum, n) => sum + n, 0);
    document.querySelector(`[data-count="${name}"]`).textContent = total.toLocaleString();
    for (const each of document.querySelectorAll(`[data-count^="${name}:"]`)) {
      each.textContent = (classes[each.dataset.count.slice(name.length + 1)] || 0).toLocaleString();
    }
  }
}
// The picture first: the numbers beside it come when it is drawn, and need no processor before.
map.once("idle", fillCounts);

period.addEventListener("change", () => {
  for (const layer of config.layers.filter((each) => each.timed)) map.getSource(layer.name)?.setTiles([tiles(layer)]);
  fillCounts();
  remember();
});

byId("share").addEventListener("click", async () => {
  remember();
  const done = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
  byId("share").textContent = done ? words.copied : words.copyByHand;
});

// Popups. Several objects under one click are paged through.
const popup = new maplibregl.Popup({ maxWidth: narrow ? "300px" : "340px", focusAfterOpen: false });

/** An object and what other layers say of it (a compound and its grade have one id): what says more comes first. */
function related({ layer, id }) {
  const about = config.layers.find((each) => each.name === layer)?.about || layer;
  return [...config.layers.filter((each) => each.about === about).map((each) => each.name), about].map((name) => ({ layer: name, id }));
}

async function open(found, at) {
  byId("trouble").hidden = true;
  const refs = [...new Map(found.flatMap(related).map((ref) => [`${ref.layer}/${ref.id}`, ref])).values()];
  const cards = (await Promise.all(refs.map((ref) => getJson(config.details.replace("NAME", ref.layer).replace("/0.json", `/${ref.id}.json`)).catch(() => null)))).filter(Boolean);
  if (!cards.length) return trouble({ status: 404 });
  page(cards, 0);
  popup.setLngLat(at || cards[0].point).addTo(map);
  focusCard();
}

// The card itself, from its top: its first link may lie far below.
function focusCard() {
  popup.getElement().querySelector(".card").focus({ preventScroll: true });
  popup.getElement().querySelector(".maplibregl-popup-content").scrollTop = 0;
}

function page(cards, i) {
  const card = cards[i];
  const rows = element("dl");
  for (const row of card.rows) rows.append(element("dt", { textContent: row.label }), element("dd", { textContent: row.value }));
  const body = element("article", { className: "card", tabIndex: -1 }, element("h2", { textContent: card.title }));
  if (card.class) {
    const icon = markCanvas(card.class, 22, 2);
    icon.setAttribute("aria-hidden", "true");
    body.append(element("p", { className: "class" }, icon, element("strong", { textContent: card.class.label })));
  }
  body.append(element("div", { className: "muted", textContent: `${card.kind} · ${card.division}` }), rows);
  for (const section of card.sections) {
    const lines = element("ul");
    for (const line of section.lines) lines.append(element("li", { textContent: line }));
    const part = element("section", {}, element("strong", { textContent: section.title }), lines);
    if (section.url) part.append(element("a", { href: section.url, textContent: words.more }));
    body.append(part);
  }
  if (card.links.length) body.append(element("p", { className: "links" }, ...card.links.map(({ title, url }) => element("a", { href: url, textContent: title }))));
  if (cards.length > 1) {
    const next = element("button", { type: "button", className: "plain", textContent: words.next });
    next.addEventListener("click", () => { page(cards, (i + 1) % cards.length); focusCard(); });
    body.append(element("div", { className: "pager" }, element("span", { className: "muted", textContent: `${i + 1} / ${cards.length}` }), next));
  }
  popup.setDOMContent(body);
}

function under(point) {
  const ids = config.layers.filter((layer) => shown.has(layer.name)).flatMap(clickable).filter((id) => map.getLayer(id));
  const found = new Map();
  for (const hit of map.queryRenderedFeatures([[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]], { layers: ids })) {
    found.set(`${hit.source}/${hit.id}`, { layer: hit.source, id: hit.id });
  }
  return [...found.values()].slice(0, 8);
}

map.on("click", (event) => {
  const refs = under(event.point);
  if (refs.length) return void open(refs, event.lngLat);
  const cells = map.queryRenderedFeatures(event.point).filter((hit) => hit.layer.id.endsWith("-cells"));
  if (cells.length) map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
});
map.on("mousemove", (event) => { map.getCanvas().style.cursor = under(event.point).length ? "pointer" : ""; });

// Search: the latest answer wins.
let asked = 0;
let timer;
document.addEventListener("click", (event) => { if (!event.target.closest(".search-box")) byId("hits").hidden = true; });
byId("q").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 180); });
byId("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  clearTimeout(timer);
  const [first] = await search();
  if (first) go(first);
});
document.querySelector(".search-box").addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  const buttons = [...byId("hits").querySelectorAll("button, a")];
  if (event.key === "Escape") {
    byId("hits").hidden = true;
    byId("q").focus();
  } else if (event.key in steps && buttons.length && !byId("hits").hidden) {
    event.preventDefault();
    const next = buttons.indexOf(document.activeElement) + steps[event.key];
    (next < 0 ? byId("q") : buttons[next] || buttons.at(-1)).focus();
  }
});
// A popup takes the focus when it opens and gives it back to the search.
byId("map").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !popup.isOpen()) return;
  popup.remove();
  byId("q").focus();
});

async function search() {
  const text = byId("q").value.trim();
  const mine = ++asked;
  if (!text) { byId("hits").hidden = true; return []; }
  byId("trouble").hidden = true;
  const answer = await getJson(`${config.search}?q=${encodeURIComponent(text)}`).catch(trouble);
  if (mine !== asked || !answer) return [];
  const items = answer.hits.map((hit) => {
    const button = element("button", { type: "button" }, element("strong", { textContent: hit.name }),
      element("span", { className: "small muted", textContent: [hit.kind, hit.division].filter(Boolean).join(" · ") }));
    button.addEventListener("click", () => go(hit));
    return element("li", {}, button);
  });
  if (items.length) {
    const all = element("a", { href: `${config.searchPage}?q=${encodeURIComponent(text)}`, textContent: words.more });
    items.push(element("li", { className: "all" }, all));
  }
  byId("hits").replaceChildren(...(items.length ? items : [element("li", { className: "none", textContent: words.nothing })]));
  byId("hits").hidden = false;
  byId("status").textContent = items.length ? `${words.found} ${answer.hits.length}` : words.nothing;
  return answer.hits;
}

function go(hit) {
  byId("hits").hidden = true;
  if (hit.bounds) return void map.fitBounds(hit.bounds, { padding: 40 });
  if (!related(hit).some((ref) => shown.has(ref.layer))) document.querySelector(`input[name="${hit.layer}"]`)?.click();
  // A little below the middle: the popup opens above.
  map.easeTo({ center: hit.point, zoom: Math.max(map.getZoom(), 15), offset: [0, map.getContainer().clientHeight * 0.1] });
  open([{ layer: hit.layer, id: hit.id }], hit.point);
}
