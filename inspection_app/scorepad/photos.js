/**
 * One person's photos and files of a site or an activity, on a page that has no score sheet.
 *
 * They are in the same box as those of the sheet (`evidence_box`) and look the same (`evidence`): one box and one sender
 * for each person in a page, whatever pages and places are shown. Whose they are and where they may be changed is said
 * by the page.
 */

import { EvidenceBox, boxes } from "evidence_box";
import { filled, h, put, say } from "dom";
import { evidence } from "evidence";
import { hub } from "hub";
import { randomName } from "outbox";

const STORE = "__score_pad__";
const TICK = 1000;

/** Milliseconds; tests give shorter ones. */
const TIMES = { look: 10_000, lookAnswer: 8000 };

/** Where no score sheet is open: what photos otherwise ask the outbox. No answers go first. */
class NoAnswers {
  constructor() {
    Object.assign(this, { client: `photos-${randomName()}`, restore: "", running: true });
  }

  own() {
    return { waiting: 0, signedOut: false };
  }
}

/** Return a person's box in this page; an outbox that is opened later than the box is joined to it. */
export function boxOf({ slug, member }, source, times, outbox = null) {
  const open = (window[STORE] ??= {});
  const key = `photos/${slug}/${member}`;
  if (!open[key]) {
    open[key] = new EvidenceBox({ slug, member, source, outbox: outbox || new NoAnswers(), times, store: boxes("pad-photos") });
    window.addEventListener("beforeunload", (event) => {
      if (open[key].state().full) event.preventDefault(); // what is only in memory would be lost
    });
  } else if (outbox && outbox !== open[key].outbox) open[key].join(outbox);
  return open[key];
}

/** Asks the hub now and then what it has: what is on several places of a page is asked once. */
class Lookout {
  constructor(box, source, times) {
    Object.assign(this, { box, source, times: { ...TIMES, ...times }, places: 0, stranger: false });
  }

  /** Another place is on the page; return what takes it off. */
  enter() {
    this.places += 1;
    if (this.places === 1) this._soon();
    return () => {
      this.places -= 1;
      if (!this.places) clearTimeout(this.timer);
    };
  }

  _soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._look(), this.times.look);
  }

  async _look() {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.times.lookAnswer);
    try {
      const { status, body } = await this.source.ownEvidence(this.box.member, abort.signal);
      this.stranger = status === 401 || ["another-sheet", "another-visit"].includes(body?.code);
      if (status === 200 && body?.evidence) this.take(body);
    } catch {
      // out of reach: what waits says so
    } finally {
      clearTimeout(timer);
    }
    this.box.changed();
    if (this.places) this._soon();
  }

  take({ evidence: known, restore }) {
    if (this.box.outbox instanceof NoAnswers) this.box.outbox.restore = restore;
    this.box.take(known, restore);
  }
}

/** Show the photos of a place; return the view: {renew(sheet), leave()}. */
export function start(root, { slug, times }, sheet, way) {
  const source = hub(slug, way);
  const pace = { ...times, ...window.scorePadTimes };
  const box = boxOf({ slug, member: sheet.member }, source, pace);
  const lookout = (window[STORE][`lookout/${slug}/${sheet.member}`] ??= new Lookout(box, source, pace));
  const live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  const elsewhere = h("p", { class: "meta" });
  const trouble = h("p", { class: "fault refused", role: "alert" });
  const again = h("a", { href: "/sign-in", target: "_self" });
  const pad = {
    root, source, evidence: box, no: sheet.place, editable: sheet.editable, bits: [], now: () => Date.now(),
    word: (id, values = {}) => filled(sheet.words[id] || id, values),
    announce: (text) => say(live, text),
  };
  say(again, pad.word("Sign in again"));
  const refresh = () => {
    const { full, waiting } = box.state();
    for (const bit of pad.bits) bit();
    say(trouble, lookout.stranger ? `✗ ${pad.word("This tablet is not signed in any more. What you entered is kept here.")}`
      : full ? `✗ ${pad.word("This tablet's storage is full: {count} items are only in its memory. Do not close or reload this page until they are saved.", { count: full })}` : "");
    put(trouble, { hidden: !full && !lookout.stranger });
    put(again, { hidden: !lookout.stranger });
    const here = box.shows(pad.no).filter((one) => one.waiting).length;
    say(elsewhere, waiting > here ? `… ${pad.word("Waiting on this tablet, with those of other places: {count}", { count: waiting })}` : "");
    put(elsewhere, { hidden: waiting <= here });
    put(root, { hidden: !pad.editable && !waiting && !box.shows(pad.no).length });
  };
  root.replaceChildren(live, trouble, again, evidence(pad), elsewhere);
  lookout.take(sheet);
  const unwatch = box.watch((place) => (!place || place === pad.no) && refresh());
  const left = lookout.enter();
  const ticking = setInterval(() => box.state().waiting && refresh(), TICK); // how long something waits
  refresh();
  return {
    renew(latest) {
      pad.editable = latest.editable;
      lookout.take(latest);
      refresh();
    },
    leave() {
      clearInterval(ticking);
      left();
      unwatch();
    },
  };
}
