// Keeps the app's shell: what a build of the site is made of, and a page that says that there is no connection.
//
// Must never keep anything of a viewer: no page that a server rendered, no answer to a call, no picture, nothing of a film. All
// that is kept has its build in its address, so that documents of two builds never get each other's files.

const BUILD = "{{build}}";
/** What is kept ahead of need. */
const SHELL = {{shell}};
/** The document for addresses that cannot be reached, and the build's own icon. */
const OFFLINE = "/pkg/{{build}}/offline.html";
/** How long a document may take: after it, a page that tries again by itself is the better answer. */
const PATIENCE_MILLISECONDS = 10_000;
/** What the document may load: files from here, nothing inline. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Addresses that are no pages: what answers there is asked by the browser itself. */
const NO_PAGES = /^\/(api|media|art|auth|pkg|fonts|healthz|livez|readyz|metrics)(\/|$)|\.[a-z0-9]+$/;
const PREFIX = "marquee-";

/** Pages that took too long: once the server is known to answer, they get the time that they need. */
const slow = new Set();

const cacheOf = (build) => PREFIX + build;
/** The cache that a file belongs to: of the build in its address, of the worker's own for a font. */
function cacheFor(path) {
  const [, folder, version] = path.split("/");
  return { pkg: cacheOf(version), fonts: cacheOf(BUILD) }[folder];
}

self.addEventListener("install", (event) => {
  event.waitUntil(letCallsPass(event));
  event.waitUntil(fill());
});

// Once no page of the worker before is left: what is of other builds goes then, and not earlier.
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (!NO_PAGES.test(url.pathname)) event.respondWith(documentOf(event));
  } else if (/^\/(pkg|fonts)\/[^/]+\/./.test(url.pathname) && !request.headers.has("range")) {
    event.respondWith(immutable(request, url.pathname));
  }
});

/** One that a page sends as it goes would go with the page where a worker stands between. */
async function letCallsPass(event) {
  try {
    await event.addRoutes?.({ condition: { urlPattern: { pathname: "/api/*" } }, source: "network" });
  } catch {
    // A browser that has another form of it sends calls through here.
  }
}

/** Keeps what is lacking of the shell. */
async function fill() {
  const cache = await caches.open(cacheOf(BUILD));
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await cache.addAll(SHELL.filter((path) => !there.has(path)));
}

async function takeOver() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== cacheOf(BUILD));
  await Promise.all(others.map((name) => caches.delete(name)));
  // A build that was followed by another before it came to be may have been among them.
  await fill();
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

/** The server's answer; where none comes, the page that says so. */
async function documentOf(event) {
  const answered = Promise.resolve(event.preloadResponse).then((preloaded) => preloaded ?? fetch(event.request));
  const { url } = event.request;
  if (slow.delete(url)) return answered.catch(offline);
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(slow.add(url)), PATIENCE_MILLISECONDS)));
  try {
    return await Promise.race([answered, late]);
  } catch {
    return offline();
  } finally {
    clearTimeout(timer);
    answered.catch(() => {});
  }
}

async function offline() {
  const kept = await caches.match(OFFLINE);
  if (!kept) return Response.error();
  return new Response(kept.body, {
    status: 503,
    statusText: "Offline",
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
  });
}

/** From the cache, else from the server, and then kept where it is whole and of this worker's build: others' are kept by theirs. */
async function immutable(request, path) {
  const name = cacheFor(path);
  // Of its own build alone: a look never makes a cache.
  const kept = await caches.match(request.url, { cacheName: name, ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (name === cacheOf(BUILD) && response.status === 200 && response.type === "basic") {
    const cache = await caches.open(name);
    // A full disk keeps nothing, and stops nothing.
    await cache.put(request.url, response.clone()).catch(() => {});
  }
  return response;
}
