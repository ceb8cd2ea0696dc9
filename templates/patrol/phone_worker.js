// Keeps the page for times without a signal. It touches nothing but the page's own files: data is the page's business.
const { version, files } = {{ settings|safe }};
const CACHE = `siwu-phone-${version}`;
const PAGE = "/phone/";

function isOurs(path, response) {
  if (!response.ok || response.redirected) return false;
  if (path === PAGE) return response.headers.get("X-Siwu-Phone") === version;
  return !(response.headers.get("Content-Type") || "").startsWith("text/html");
}

// All or nothing: an answer of a captive portal, or a file of another release, ends the installation; the old version stays.
async function keepEverything() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    [PAGE, ...files].map(async (path) => {
      const response = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
      if (!isOurs(path, response)) throw new Error(`not ours: ${path}`);
      await cache.put(path, response);
    }),
  );
  await self.skipWaiting();
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("siwu-phone-") && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(path, request) {
  const found = await (await caches.open(CACHE)).match(path);
  return found || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keepEverything()));
self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === PAGE || files.includes(pathname)) event.respondWith(kept(pathname, event.request));
});
