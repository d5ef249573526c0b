/**
 * The service worker, over https only: answers a reload out of range with the score pad that this tablet has kept.
 *
 * It answers nothing else and keeps nothing itself: `main.js` puts the page, its modules and the sheet into the cache,
 * and what is entered is in the outbox's storage as ever. Whoever signs in or out may be somebody else, so then it goes.
 */

const KEPT = "kept-pad"; // as in main.js
const PATIENCE = 6000; // milliseconds; out of Wi-Fi range packets vanish, and nothing fails for minutes
const LEAVING = /^\/(sign-in|sign-out|join\/)/;
const PAGE = /^\/(?!screen$)[\w-]*$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
});

async function page(request) {
  const { pathname } = new URL(request.url);
  const asked = fetch(request);
  if (LEAVING.test(pathname)) {
    const response = await asked;
    await caches.delete(KEPT);
    return response;
  }
  if (request.method !== "GET" || !PAGE.test(pathname)) return asked;
  const late = new Promise((done, fail) => { setTimeout(() => fail(new Error("late")), PATIENCE); });
  try {
    return await Promise.race([asked, late]);
  } catch {
    asked.catch(() => {}); // told by the page that is shown instead
    return (await caches.match("/pad/alone", { cacheName: KEPT, ignoreSearch: true })) || asked;
  }
}
