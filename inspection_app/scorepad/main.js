/**
 * Starts the score pad inside a Streamlit page: fetches the modules and the sheet, and joins them to the hub's routes.
 *
 * Streamlit calls the function below again with every run of the page; there is one outbox in a page whatever happens
 * to the component, so that what waits is sent also while another page is shown. Nothing here depends on Streamlit's
 * session: without the hub the pad goes on, and with a new session it goes on as well.
 */

const RETRY = 2000;
const SHEET_PATIENCE = 15000;
const STORE = "__score_pad__";
const KEPT = "kept-pad"; // the cache that sw.js answers from

/** Under https, keep what opens this sheet again out of range: the service worker answers a reload with it. */
async function keep(slug, version, sheet) {
  if (location.protocol !== "https:" || !navigator.serviceWorker || !window.caches) return;
  try {
    const kept = await caches.open(KEPT);
    await kept.put("/pad/sheet", new Response(JSON.stringify(sheet)));
    await kept.addAll([`/pad/alone?${new URLSearchParams({ visit: slug })}`, `/pad/${version}/modules.json`]);
    await navigator.serviceWorker.register("/sw.js");
  } catch {
    // the pad goes on as over plain http
  }
}

const asKept = (address) => caches.match(address, { cacheName: KEPT }).catch(() => null);

/** A page that is shown because the hub did not answer starts with what was kept; later it asks the hub again. */
function keptFirst(source) {
  let asked = false;
  return {
    ...source,
    sheet: async () => {
      const found = !asked && (await asKept("/pad/sheet"));
      asked = true;
      return found ? { status: 200, body: await found.json() } : source.sheet();
    },
  };
}

/** The hub behind the pad: JSON over its own routes. */
function hub(slug) {
  const ask = async (path, options = {}) => {
    const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
    return { status: response.status, body: await response.json().catch(() => null) };
  };
  const post = (path, content, signal) => ask(path, {
    method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
  });
  const query = (values) => new URLSearchParams({ visit: slug, ...values });
  const briefly = () => AbortSignal.timeout(8000);
  return {
    sheet: () => ask(`/pad/sheet?${query({})}`, { signal: AbortSignal.timeout(SHEET_PATIENCE) }),
    send: (change, signal) => post("/pad/answers", change, signal),
    pulse: (state, signal) => ask(`/pad/pulse?${query(state)}`, { signal }),
    phrases: (member, own) => post("/pad/phrases", { visit: slug, member, own }, briefly()),
    dispute: (member, figure, note) => post("/pad/disputes", { visit: slug, member, figure, note }, briefly()),
    handIn: (member) => post("/pad/hand-in", { visit: slug, member }, briefly()),
    takeBack: (member) => post("/pad/take-back", { visit: slug, member }, briefly()),
    lookedAgain: (member, item) => post("/pad/looked-again", { visit: slug, member, item }, briefly()),
    attach: (blob, told, signal, progress) => sentWithProgress(`/pad/evidence?${new URLSearchParams(told)}`, blob, signal, progress),
    changeEvidence: (told, signal) => post("/pad/evidence/change", told, signal),
    evidence: (id, small) => `/pad/evidence/${id}?${query(small ? { size: "thumbnail" } : {})}`,
  };
}

/** Send a file and say how much of it has left: only the older way of asking tells that. */
function sentWithProgress(path, blob, signal, progress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.upload.onprogress = (event) => event.total && progress(event.loaded / event.total);
    request.onload = () => {
      let body = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // no JSON: as unreachable
      }
      done({ status: request.status, body });
    };
    request.onerror = request.onabort = () => fail(new Error("unreachable"));
    signal.addEventListener("abort", () => request.abort());
    request.send(blob);
  });
}

/** A sheet to try a rubric on: nothing leaves the page, and nothing stays in it. */
function tried(sheet) {
  const nothing = async () => ({ status: 503, body: null });
  return {
    sheet: async () => ({ status: 200, body: sheet }), send: nothing, pulse: nothing, phrases: nothing, dispute: nothing,
    handIn: nothing, takeBack: nothing, lookedAgain: nothing,
  };
}

function nowhere() {
  const kept = new Map();
  return {
    get length() { return kept.size; },
    key: (place) => [...kept.keys()][place] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => { kept.set(key, value); },
  };
}

/** The item that is open: in the address, for links and reloads, and in the storage, for the next time. */
function placeOf(slug, member) {
  const key = `pad-place/${slug}/${member}`;
  return {
    get() {
      const asked = new URL(location.href).searchParams.get("item");
      try {
        return asked || localStorage.getItem(key);
      } catch {
        return asked;
      }
    },
    set(no) {
      const address = new URL(location.href);
      if (address.searchParams.get("item") !== no) {
        address.searchParams.set("item", no);
        history.replaceState(history.state, "", address);
      }
      try {
        localStorage.setItem(key, no);
      } catch {
        // the address is enough
      }
    },
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
    modules[name] = await import(addresses[name]);
  }
  return modules;
}

const loadedOnce = new Map(); // by version: modules that a page has imported once

/** Load what the pad is made of, again and again until it is there. */
async function load(version, source, alive, tell, kept) {
  while (alive()) {
    try {
      const [sheet, modules] = await Promise.all([source.sheet(), loadedOnce.get(version) || imported(version, kept)]);
      loadedOnce.set(version, modules);
      if (sheet.status === 200 && sheet.body) return { sheet: sheet.body, modules };
      tell(sheet.status, sheet.body);
    } catch (error) {
      tell(error.status || 0, error.body || null);
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
  return (status, body) => {
    line.textContent = status === 0 ? words.unreachable : (body && body.message) || `HTTP ${status}`;
    if (status === 401 && !root.querySelector("a")) {
      const link = Object.assign(document.createElement("a"), { href: "/sign-in", textContent: words.sign_in });
      root.append(link);
    }
  };
}

/** One outbox for each sheet in a page. */
async function outboxOf(Outbox, Shelf, sheet, source, times) {
  const key = `${sheet.slug}/${sheet.member}`;
  const open = (window[STORE] ??= {});
  if (open[key]) return open[key];
  let quick = null;
  try {
    quick = window.localStorage;
  } catch {
    // forbidden
  }
  const storage = await Shelf.open("pad", quick, (stored, kept) => open[key].stored(stored, kept));
  if (open[key]) return open[key]; // the component was mounted twice meanwhile
  const outbox = new Outbox({ slug: sheet.slug, member: sheet.member, source, storage, times });
  window.addEventListener("storage", (event) => outbox.overhear(event.key));
  window.addEventListener("online", () => outbox.hurry());
  document.addEventListener("visibilitychange", () => document.hidden || outbox.hurry());
  window.addEventListener("beforeunload", (event) => {
    if (outbox.state().full) event.preventDefault(); // the storage is full: what is in memory would be lost
  });
  open[key] = outbox;
  return outbox;
}

/** One box of photos for each sheet in a page, beside its outbox. */
function boxOf({ EvidenceBox, boxes }, outbox, sheet, source, times) {
  const key = `photos/${sheet.slug}/${sheet.member}`;
  const open = window[STORE];
  open[key] ??= new EvidenceBox({ slug: sheet.slug, member: sheet.member, source, outbox, times, store: boxes("pad-photos") });
  open[key].take(sheet.evidence);
  return open[key];
}

async function start(root, { slug, version, words, times, trial, kept }, alive) {
  const source = trial ? tried(trial) : kept ? keptFirst(hub(slug)) : hub(slug);
  const loaded = await load(version, source, alive, skeleton(root, words), kept);
  if (!loaded || !alive()) return null;
  const { points, outbox: { Outbox }, shelf: { Shelf }, view: { View } } = loaded.modules;
  if (trial) {
    const { slug: of, member } = loaded.sheet;
    const outbox = new Outbox({ slug: of, member, source, storage: new Shelf(nowhere()) });
    outbox.take(loaded.sheet.sheet);
    let open = Object.keys(loaded.sheet.sheet)[0];
    const place = { get: () => open, set: (no) => { open = no; } };
    const view = new View({ root, sheet: loaded.sheet, outbox, points, source, place });
    outbox.changed = (no) => view.changed(no);
    return view;
  }
  const pace = { ...times, ...window.scorePadTimes };
  const outbox = await outboxOf(Outbox, Shelf, loaded.sheet, source, pace);
  outbox.take(loaded.sheet.sheet, { ...loaded.sheet, ...(kept && { history: null }) });
  const evidence = boxOf(loaded.modules.evidence_box, outbox, loaded.sheet, source, pace);
  const view = new View({ root, sheet: loaded.sheet, outbox, points, source, evidence, place: placeOf(slug, loaded.sheet.member) });
  let asking = false;
  outbox.changed = evidence.changed = (no) => view.changed(no);
  outbox.stale = async () => {
    if (asking) return;
    asking = true;
    try {
      const { status, body } = await source.sheet();
      if (status === 200 && body && alive()) {
        outbox.take(body.sheet, body);
        evidence.take(body.evidence);
        view.renew(body);
        keep(slug, version, body);
      }
    } catch {
      // the next heartbeat asks again
    } finally {
      asking = false;
    }
  };
  view.resume();
  if (kept) outbox.stage = ""; // so that the first heartbeat finds it old, and the sheet is fetched
  outbox.start();
  keep(slug, version, loaded.sheet);
  return view;
}

export default function mount({ parentElement, data }) {
  const key = JSON.stringify([data.slug, data.version, data.language, data.trial ? data.trial.item : ""]);
  let root = parentElement.querySelector(":scope > .pad-root");
  if (root && root.dataset.key === key) {
    root.leaving = false;
    return () => leave(root);
  }
  if (root) root.remove();
  root = document.createElement("div");
  root.className = "pad-root";
  root.dataset.key = key;
  parentElement.append(root);
  start(root, data, () => root.isConnected || !root.leaving).then((view) => { root.view = view; });
  return () => leave(root);
}

/** The component was taken off the page, unless it is mounted again at once. */
function leave(root) {
  root.leaving = true;
  setTimeout(() => {
    if (root.leaving && !root.isConnected && root.view) {
      root.view.outbox.changed = () => {};
      root.view.outbox.stale = () => {};
      if (root.view.evidence) root.view.evidence.changed = () => {};
      root.view.stop();
    }
  });
}
