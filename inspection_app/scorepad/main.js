/**
 * Brings the score pad, or the photos of a place alone, into a page: fetches the modules and the sheet, and starts them.
 *
 * Streamlit calls the function below again with every run of the page. This file travels with the page itself, so it is
 * kept small; everything else is in the modules (`start`).
 */

const RETRY = 2000;
const SHEET_PATIENCE = 15000;
const KEPT = "kept-pad"; // the cache that sw.js answers from

const asKept = (address) => caches.match(address, { cacheName: KEPT }).catch(() => null);

/** Ask the hub for JSON. */
async function ask(path, options = {}) {
  const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  return { status: response.status, body: await response.json().catch(() => null) };
}

/** Return what fetches the sheet: a page that is shown because the hub did not answer starts with what was kept. */
function sheetOf({ slug, trial, photos, kept }) {
  if (trial || photos) return async () => ({ status: 200, body: trial || photos });
  let first = kept;
  return async () => {
    const found = first && (await asKept("/pad/sheet"));
    first = false;
    if (found) return { status: 200, body: await found.json() };
    return ask(`/pad/sheet?${new URLSearchParams({ visit: slug })}`, { signal: AbortSignal.timeout(SHEET_PATIENCE) });
  };
}

const waited = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Fetch all modules at once and import them: {name: module}.
 *
 * They name each other without a path, as an import map would resolve them, and come in an order in which each stands
 * after those that it imports. An import map of the page would be simpler, but older browsers take none once anything
 * was imported.
 */
async function imported(version, kept) {
  const address = `/pad/${version}/modules.json`;
  const response = (kept && await asKept(address)) || await fetch(address, { credentials: "same-origin" });
  const texts = await response.json();
  if (!response.ok) throw Object.assign(new Error(), { status: response.status, body: texts });
  const addresses = {};
  const modules = {};
  for (const [name, text] of Object.entries(texts)) {
    const joined = text.replace(/^(import .* from )"(\w+)";$/gm, (line, start, other) => `${start}"${addresses[other]}";`);
    addresses[name] = URL.createObjectURL(new Blob([joined, `\n//# sourceURL=${name}.js\n`], { type: "text/javascript" }));
    modules[name] = await import(addresses[name]).catch(() => { throw Object.assign(new Error(), { old: true }); });
  }
  return modules;
}

const loadedOnce = window.__score_pad_modules__ = window.__score_pad_modules__ || new Map(); // by version: what a page has imported once, or is importing

function importedOnce(version, kept) {
  if (!loadedOnce.has(version)) {
    loadedOnce.set(version, imported(version, kept));
    loadedOnce.get(version).catch(() => loadedOnce.delete(version));
  }
  return loadedOnce.get(version);
}

/** Load what the pad is made of, again and again until it is there. */
async function load(version, fetchSheet, alive, tell, kept) {
  while (alive()) {
    try {
      const [sheet, modules] = await Promise.all([fetchSheet(), importedOnce(version, kept)]);
      if (sheet.status === 200 && sheet.body) return { sheet: sheet.body, modules };
      tell(sheet.status, sheet.body);
    } catch (error) {
      tell(error.status || 0, error.body || null, error.old);
    }
    await waited(RETRY);
  }
  return null;
}

function skeleton(root, words) {
  root.classList.add("pad");
  root.replaceChildren();
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.textContent = words.loading;
  const bones = document.createElement("div");
  bones.className = "skeleton";
  root.append(line, bones);
  return (status, body, old) => {
    line.textContent = old ? words.too_old : status === 0 ? words.unreachable : (body && body.message) || `HTTP ${status}`;
    if (status === 401 && !root.querySelector("a")) {
      const link = Object.assign(document.createElement("a"), { href: "/sign-in", textContent: words.sign_in });
      root.append(link);
    }
  };
}

async function begin(root, given, alive) {
  const fetchSheet = sheetOf(given);
  const loaded = await load(given.version, fetchSheet, alive, skeleton(root, given.words), given.kept);
  const way = { ask, fetchSheet, alive };
  return loaded && alive() ? loaded.modules[given.photos ? "photos" : "start"].start(root, given, loaded.sheet, way) : null;
}

export default function mount({ parentElement, data }) {
  const key = JSON.stringify([data.slug, data.version, data.language, data.trial?.item, data.photos?.place]);
  let root = parentElement.querySelector(":scope > .pad-root");
  if (root && root.dataset.key === key) {
    root.leaving = false;
    if (data.photos) root.view?.renew(data.photos);
    return () => leave(root);
  }
  if (root) root.remove();
  root = document.createElement("div");
  root.className = data.photos ? "pad-root alone" : "pad-root";
  root.dataset.key = key;
  parentElement.append(root);
  begin(root, data, () => root.isConnected || !root.leaving).then((view) => { root.view = view; });
  return () => leave(root);
}

/** The component was taken off the page, unless it is mounted again at once. */
function leave(root) {
  root.leaving = true;
  setTimeout(() => {
    if (root.leaving && !root.isConnected && root.view) root.view.leave();
  });
}
