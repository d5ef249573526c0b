/**
 * Starts the score pad on a sheet: joins outbox, photos and view to the hub and to this device's storage.
 *
 * There is one outbox in a page whatever happens to the component, so that what waits is sent also while another page is
 * shown. Nothing here depends on Streamlit's session: without the hub the pad goes on, and with a new session as well.
 */

import { hub, nobody } from "hub";
import { Outbox } from "outbox";
import { boxOf } from "photos";
import * as points from "points";
import { Shelf } from "shelf";
import { View } from "view";

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

/** Where nothing stays, for a sheet to try a rubric on. */
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

/** One outbox for each sheet in a page. */
async function outboxOf(sheet, source, times) {
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

/**
 * Show a sheet and keep it joined to the hub; return the view.
 *
 * @param way  {ask, fetchSheet, alive}: how the hub is asked, and whether the page still wants it
 */
export async function start(root, { slug, version, times, trial, kept }, sheet, way) {
  if (trial) {
    const source = nobody();
    const outbox = new Outbox({ slug: sheet.slug, member: sheet.member, source, storage: new Shelf(nowhere()) });
    outbox.take(sheet.sheet);
    let open = Object.keys(sheet.sheet)[0];
    const place = { get: () => open, set: (no) => { open = no; } };
    const view = new View({ root, sheet, outbox, points, source, place });
    outbox.changed = (no) => view.changed(no);
    view.leave = () => view.stop();
    return view;
  }
  const source = hub(slug, way);
  const pace = { ...times, ...window.scorePadTimes };
  const outbox = await outboxOf(sheet, source, pace);
  outbox.take(sheet.sheet, { ...sheet, ...(kept && { history: null }) });
  const evidence = boxOf(sheet, source, pace, outbox);
  evidence.take(sheet.evidence, kept ? null : sheet.restore);
  const view = new View({ root, sheet, outbox, points, source, evidence, place: placeOf(slug, sheet.member) });
  let asking = false;
  const changed = (no) => view.changed(no);
  const unwatch = evidence.watch(changed);
  outbox.changed = changed;
  const renew = async () => {
    if (asking) return;
    asking = true;
    try {
      const { status, body } = await source.sheet();
      if (status === 200 && body && way.alive()) {
        outbox.take(body.sheet, body);
        evidence.take(body.evidence, body.restore);
        view.renew(body);
        keep(slug, version, body);
      }
    } catch {
      // the next heartbeat asks again
    } finally {
      asking = false;
    }
  };
  outbox.stale = renew;
  view.leave = () => {
    if (outbox.changed === changed) outbox.changed = () => {}; // unless it is on the page again already
    if (outbox.stale === renew) outbox.stale = () => {};
    unwatch();
    view.stop();
  };
  view.resume();
  if (kept) outbox.stage = ""; // so that the first heartbeat finds it old, and the sheet is fetched
  outbox.start();
  keep(slug, version, sheet);
  return view;
}
