// Keeps the page and its files for where there is no signal. Data never passes through here: the door for phones is not cached.
const VERSION = "siwu-phone-{{ version }}";
const FILES = {{ files|safe }};
const PAGE = "{{ page }}";

// A captive portal answers 200 with a page of its own: one such answer ends the installation, and the version before stays.
async function isOurs(url, response) {
  if (!response.ok || response.redirected) return false;
  if (url === PAGE) return (await response.clone().text()).includes(FILES.find((each) => each.includes("/phone/app.")));
  return !(response.headers.get("Content-Type") || "").startsWith("text/html");
}

async function keepEverything() {
  const cache = await caches.open(VERSION);
  const keep = async (url) => {
    const response = await fetch(new Request(url, { cache: "reload", redirect: "error" }));
    if (!(await isOurs(url, response))) throw new TypeError(`not ours: ${url}`);
    await cache.put(url, response);
  };
  await Promise.all(FILES.map(keep));
  await self.skipWaiting();
}

self.addEventListener("install", (event) => event.waitUntil(keepEverything()));

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
