/**
 * The score sheet on the screen: which item is open, what is changed on it, and the frame around it.
 *
 * An item's controls are made once, when it is opened; after that only their state is refreshed. Where the sheet comes
 * from and goes to is not known here (`source`, `outbox`), and no rule is (`points`).
 */

import { clone, filled, h, put, say } from "dom";
import { adjust, clause } from "controls";
import { handInNotice, lookAgain } from "hand_in";
import { evidence } from "evidence";
import { note } from "note";
import { official } from "official";
import { Overview } from "overview";
import { badge, flagWord, stateWord } from "states";
import { versions } from "versions";

const UNDO_STEPS = 50;
const READ_OUT = 100; // milliseconds

export class View {
  /**
   * @param root    an element of the page
   * @param place   {get(), set(no)}: which item is open, kept by whoever starts the pad
   * @param evidence  the box of photos and files; without one none are taken
   */
  constructor({ root, sheet, outbox, points, source, place, evidence: box = null, now = () => Date.now() }) {
    Object.assign(this, { root, outbox, points, source, place, evidence: box, now });
    this.undoable = [];
    this.bits = [];
    this.scores = new Map();
    this.locked = false;
    this._take(sheet);
    this._build();
    const asked = place.get();
    this.open(this.order.includes(asked) ? asked : this.order.find((no) => this.missing(no)) || this.order[0], false);
    this.ticking = setInterval(() => this._refreshFoot(), 1000);
  }

  stop() {
    clearInterval(this.ticking);
    this.overview.dialog.remove();
  }

  /** Translate a message and fill it in. */
  word(id, values = {}) {
    return filled(this.words[id] || id, values);
  }

  _take(sheet) {
    this.sheet = sheet;
    this.words = sheet.words;
    this.order = sheet.rubric.aspects.flatMap((aspect) => aspect.items);
    this.scores.clear();
  }

  /** Another version of the sheet came from the hub; what is being written stays as it is. */
  renew(sheet) {
    const onItem = (one) => JSON.stringify([one.figures, one.writable, one.declared, one.hints, one.again,
      one.sheet[this.no]?.duty, one.sheet[this.no]?.editable]);
    const before = onItem(this.sheet);
    this._take(sheet);
    const after = onItem(sheet);
    const busy = this.article.contains(document.activeElement) && /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (before !== after && !busy) this.open(this.no, false);
    else {
      this.late = before !== after; // made anew as soon as the field is left
      this.refresh();
    }
  }

  item(no) {
    return this.sheet.rubric.items[no];
  }

  duty(no) {
    return this.sheet.sheet[no]?.duty || "not_assigned";
  }

  /** Say whether answers to an item can be changed: the hub says so, and the tablet is not only shown to somebody. */
  editableItem(no) {
    return Boolean(this.sheet.sheet[no]?.editable) && !this.locked;
  }

  get editable() {
    return this.editableItem(this.no);
  }

  /** Return an item's score as it is on this tablet. */
  score(no) {
    if (!this.scores.has(no)) {
      const duty = this.duty(no);
      if (duty !== "own") this.scores.set(no, { state: duty, points: null, partial: "0", flags: [], lines: [], open: {} });
      else {
        const { answers, open } = this.points.sendable(this.item(no), this.outbox.shows(no).answers, this.sheet.figures);
        const found = this.points.score(this.item(no), answers, this.sheet.figures);
        this.scores.set(no, found.refusal
          ? { state: "unmarked", points: null, partial: "0", flags: [], lines: [], open: { ...open, [found.criterion]: found.refusal } }
          : { ...found, open });
      }
    }
    return this.scores.get(no);
  }

  missing(no) {
    return this.score(no).state === "unmarked";
  }

  /** Something changed in the outbox, here or in another tab. */
  changed(no) {
    if (no) this.scores.delete(no);
    if (this.article) this.refresh();
  }

  /** Change what stands on the screen for this item, by a person. */
  change(field, mutate, { typing = false, hold = false } = {}) {
    const no = this.no;
    const before = clone(this.outbox.shows(no));
    const form = clone(before);
    mutate(form.answers, form);
    if (JSON.stringify(form) === JSON.stringify(before) && hold === this.held) return;
    this.held = hold;
    const last = this.undoable.at(-1);
    if (!(typing && last && last.no === no && last.field === field && last.typing)) {
      this.undoable.push({ no, field, typing, before });
      this.undoable.splice(0, this.undoable.length - UNDO_STEPS);
    }
    this._put(no, form, { field, typing, hold });
  }

  _put(no, form, how = {}) {
    const { answers, open } = this.points.sendable(this.item(no), form.answers, this.sheet.figures);
    this.outbox.put(no, form, answers, { ...how, open });
  }

  undo() {
    const step = this.undoable.pop();
    if (!step || !this.editableItem(step.no)) return;
    if (step.no !== this.no) this.open(step.no);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this._put(step.no, step.before, { field: step.field });
    this.announce(this.word("The last change is undone."));
  }

  /** Take up again what a page before had not finished. */
  resume() {
    for (const no of this.outbox.unfinished()) {
      if (this.order.includes(no) && this.sheet.sheet[no].editable) this._put(no, this.outbox.shows(no));
    }
  }

  _build() {
    const { root } = this;
    root.replaceChildren();
    root.classList.add("pad");
    this.notice = h("div", { class: "notice", hidden: true });
    this.article = h("article", { class: "item", "aria-labelledby": "pad-title" });
    this.live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.badge = h("span", { class: "badge quiet" });
    this.points_ = h("b", { class: "number" });
    this.flags = h("span", { class: "flags" });
    this.ceiling = h("span", { class: "ceiling" });
    this.undoButton = h("button", { type: "button", class: "undo", onclick: () => this.undo() },
      h("span", { "aria-hidden": "true", text: "↶" }), h("span", { class: "label", text: this.word("Undo") }));
    this.undoButton.setAttribute("aria-label", this.word("Undo the last change"));
    this.previous = h("button", { type: "button", onclick: () => this.step(-1) });
    this.next = h("button", { type: "button", class: "primary", onclick: () => this.step(1) });
    say(this.previous, `‹ ${this.word("Previous")}`);
    say(this.next, `${this.word("Next")} ›`);
    this.middle = h("button", { type: "button", class: "to-overview", "aria-haspopup": "dialog", onclick: () => this.overview.show() });
    this.foot = h("footer", { class: "foot" },
      h("div", { class: "standing" }, this.badge, this.flags,
        h("div", { class: "score" }, h("span", { class: "unseen", text: this.word("Points") }), this.points_, " ", this.ceiling)),
      h("nav", { class: "ways", "aria-label": this.word("Items") }, this.undoButton, this.previous, this.middle, this.next));
    this.overview = new Overview(this);
    root.append(this.live, this.notice, this.article, this.foot, this.overview.dialog);
  }

  /** Have a text read out, once what it is about has been painted. */
  announce(text) {
    setTimeout(() => say(this.live, text), READ_OUT);
  }

  step(by) {
    const to = this.order[this.order.indexOf(this.no) + by];
    if (to) this.open(to);
  }

  /** Open an item. */
  open(no, moved = true) {
    this.no = no;
    this.late = false;
    this.held = false;
    this.bits = [];
    this.place.set(no);
    this.article.replaceChildren(...official(this), ...this._body());
    this.refresh();
    if (moved) {
      this.root.scrollIntoView({ block: "start" });
      this.article.querySelector(".title").focus({ preventScroll: true });
    }
  }

  /** Bring everything on the screen to how things stand now. */
  refresh() {
    this.scores.delete(this.no);
    if (this.late && !this.article.contains(document.activeElement)) {
      this.open(this.no, false);
      return;
    }
    const form = this.outbox.shows(this.no);
    const found = this.score(this.no);
    const standing = this.outbox.standing(this.no);
    const all = this.outbox.state();
    for (const bit of this.bits) bit(form, found, standing);
    this._refreshNotice(all);
    this._refreshFoot(all);
    this.overview.refresh();
  }

  _body() {
    const duty = this.duty(this.no);
    const empty = (title, text) => [h("div", { class: "empty" }, h("b", { text: title }), h("p", { text }))];
    if (duty === "recused") {
      return empty(this.word("You are recused from this item"), this.word("Others score it; it leaves the mean visibly."));
    }
    if (duty === "by_group") {
      return empty(this.word("Scored by your group"),
        this.word("The agreed mark of “{group}” is on its leader's sheet.", { group: this.sheet.sheet[this.no].group }));
    }
    if (duty !== "own") {
      return empty(this.word("Not assigned to you"), this.word("Somebody else on the panel scores this item."));
    }
    const item = this.item(this.no);
    return [
      lookAgain(this),
      versions(this),
      ...item.criteria.map((criterion, place) => clause(this, item, criterion, item.table.criteria[place], place + 1)),
      note(this),
      evidence(this),
      adjust(this, item),
    ].filter(Boolean);
  }

  /** Ask the hub for something that is not an answer; return what went wrong, or nothing. */
  async ask(attempt) {
    try {
      const { status, body } = await attempt();
      return status === 200 ? "" : (body && body.message) || `HTTP ${status}`;
    } catch {
      return this.word("The hub cannot be reached. Nothing was sent; try again.");
    }
  }

  _refreshNotice(all) {
    const { notice, sheet } = this;
    const lines = [];
    if (all.full) {
      lines.push(["refused", `✗ ${this.word("This tablet's storage is full: {count} items are only in its memory. Do not close or reload this page until they are saved.", { count: all.full })}`]);
    }
    if (all.signedOut) lines.push(["refused", `✗ ${this.word("This tablet is not signed in any more. What you entered is kept here.")}`, "/sign-in", this.word("Sign in again")]);
    if (this.locked) lines.push(["waiting", `⊘ ${this.word("For showing only: nothing can be changed.")}`, () => this.lock(false), this.word("Continue scoring")]);
    if (sheet.handed_in) lines.push(handInNotice(this));
    else if (!sheet.writable && !this.editable) lines.push(["waiting", `⊘ ${sheet.why || ""}`, sheet.declared ? "" : "/duties", this.word("Declare now")]);
    const asked = this.order.filter((no) => no in sheet.again && no !== this.no);
    if (asked.length) {
      lines.push(["waiting", `↺ ${this.word("Asked to look again: item {items}", { items: asked.join(", ") })}`,
        () => this.open(asked[0]), this.word("Open")]);
    }
    const key = JSON.stringify(lines.map((line) => [line[0], line[1], line[3]]));
    if (notice.dataset.key === key) return;
    notice.dataset.key = key;
    notice.hidden = !lines.length;
    notice.replaceChildren(...lines.map(([kind, text, act, label]) => h("div", { class: `line ${kind}`, role: "alert" }, h("p", { text }),
      typeof act === "string" && act ? h("a", { href: act, target: "_self", text: label }) : null,
      typeof act === "function" ? h("button", { type: "button", text: label, onclick: (event) => act(event.currentTarget) }) : null)));
  }

  /** Let the tablet be shown to somebody: everything can be read, nothing changed. */
  lock(locked) {
    this.locked = locked;
    if (locked && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this.refresh();
  }

  _refreshFoot(all = this.outbox.state()) {
    const found = this.score(this.no);
    const [kind, text, state] = (this.source.badge || badge)(this, all);
    put(this.badge, { className: `badge ${kind}` });
    say(this.badge, text);
    if (this.told !== `${this.no} ${state}`) {
      if (this.told && this.told.startsWith(`${this.no} `)) this.announce(text);
      this.told = `${this.no} ${state}`;
    }
    const scored = found.state === "scored";
    const number = scored ? found.points : found.partial && found.partial !== "0" ? found.partial : "—";
    say(this.points_, number);
    say(this.ceiling, `/ ${this.item(this.no).ceiling}`);
    if (this.counted !== `${this.no} ${number}`) {
      if (this.counted && this.counted.startsWith(`${this.no} `)) this.announce(this.word("{points} of {ceiling} points", { points: number, ceiling: this.item(this.no).ceiling }));
      this.counted = `${this.no} ${number}`;
    }
    const told = [...found.flags.map((flag) => `⚑ ${flagWord(this, flag)}`), ...(scored ? [] : [stateWord(this, found.state)])].join("　");
    say(this.flags, told);
    const place = this.order.indexOf(this.no);
    put(this.previous, { disabled: place === 0 });
    put(this.next, { disabled: place === this.order.length - 1 });
    this.undoButton.style.visibility = this.editable ? "visible" : "hidden"; // it keeps its place in the row
    put(this.undoButton, { disabled: !this.undoable.length || !this.editableItem(this.undoable.at(-1).no) });
    say(this.middle, this.word("Overview ({count} missing)", { count: this.order.filter((no) => this.missing(no)).length }));
  }
}
