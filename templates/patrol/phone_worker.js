// Keeps the page and its files for where there is no signal. Data never passes through here: the door for phones is not cached.
const VERSION = "siwu-phone-{{ version }}";
const FILES = {{ files|safe }};
const PAGE = "{{ page }}";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(FILES.map((url) => new Request(url, { cache: "reload", redirect: "error" })))).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("siwu-phone-") && name !== VERSION;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  // The page itself comes from here first: a captive portal must not take its place.
  const key = event.request.mode === "navigate" && url.pathname === PAGE ? PAGE : FILES.includes(url.pathname) ? url.pathname : null;
  if (key) event.respondWith(caches.open(VERSION).then((cache) => cache.match(key)).then((found) => found || fetch(event.request)));
});
