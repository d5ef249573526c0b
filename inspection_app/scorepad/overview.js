/** All items at a glance: their states, progress by aspect, filters and search; and where the sheet is handed in. */

import { h, put, say, unique } from "dom";
import { HandIn } from "hand_in";
import { flagWord, stateWord } from "states";

const SIGNS = { scored: "✓", unmarked: "□", not_applicable: "–", recused: "⊘", not_assigned: "·", by_group: "⊕" };

export class Overview {
  /** @param pad  the view: the sheet, the scores, and what opens an item */
  constructor(pad) {
    this.pad = pad;
    this.filter = "all";
    this.entries = new Map(); // by item: its button, and what changes on it
    const title = unique("overview");
    this.search = h("input", {
      type: "search", "aria-label": pad.word("Search"), placeholder: pad.word("Number or words"), autocomplete: "off",
      oninput: () => this.refresh(),
    });
    const words = {
      all: pad.word("All"), missing: pad.word("Missing"), flagged: pad.word("Flagged"), note: pad.word("With note"),
      unsaved: pad.word("Not saved"), again: pad.word("Look again"),
    };
    this.filters = h("div", { class: "filters", role: "group", "aria-label": pad.word("Show") },
      Object.entries(words).map(([value, text]) => h("button", {
        type: "button", "data-value": value, text,
        onclick: () => { this.filter = value; this.refresh(); },
      })));
    this.count = h("div", { class: "meta", role: "status" });
    this.nothing = h("div", { class: "empty", text: pad.word("Nothing here.") });
    this.aspects = pad.sheet.rubric.aspects.map((aspect) => this._aspect(aspect));
    this.list = h("div", { class: "list" }, this.nothing, this.aspects.map((one) => one.section));
    this.lock = h("button", { type: "button", onclick: () => { this.close(); pad.lock(!pad.locked); } });
    this.handIn = new HandIn(pad, () => this.refresh(), () => this.close());
    this.foot = h("div", { class: "overview-foot" }, this.lock, this.handIn.button);
    this.dialog = h("dialog", { class: "pad overview", "aria-labelledby": title },
      h("div", { class: "overview-head" }, h("h2", { id: title, text: pad.word("Overview") }),
        h("button", { type: "button", text: pad.word("Close"), onclick: () => this.close() })),
      this.filters, this.search, this.count, this.list, this.handIn.question, this.foot);
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.close(); });
  }

  show() {
    this.search.value = "";
    this.handIn.ask(false);
    if (!this.dialog.open) this.dialog.showModal();
    this.refresh();
    this.list.querySelector("[aria-current]")?.focus();
  }

  close() {
    this.dialog.close();
  }

  _aspect(aspect) {
    const bar = h("progress", { "aria-label": aspect.title });
    const done = h("span");
    const section = h("section", { class: "aspect" },
      h("h3", {}, h("span", { text: aspect.title }), h("span", { class: "done" }, bar, " ", done)),
      h("div", { class: "items" }, aspect.items.map((no) => this._entry(no))));
    return { aspect, section, bar, done };
  }

  _entry(no) {
    const { pad } = this;
    const item = pad.item(no);
    const [sign, spoken, marks, worth] = ["sign", "unseen", "marks", "worth"].map((name) => h("span", { class: name }));
    for (const one of [sign, marks]) one.setAttribute("aria-hidden", "true");
    const button = h("button", { type: "button", "data-no": no, onclick: () => { this.close(); pad.open(no); } },
      sign, h("span", { class: "no", text: no }), h("span", { class: "what", text: item.content || item.rule_text }),
      spoken, marks, worth);
    this.entries.set(no, { button, sign, spoken, marks, worth });
    return button;
  }

  /** Bring what is there to how things stand, while it is open. */
  refresh() {
    if (!this.dialog.open) return;
    const { pad } = this;
    const wanted = this.search.value.trim().toLowerCase();
    const asked = Object.keys(pad.sheet.again).length > 0;
    if (!asked && this.filter === "again") this.filter = "all";
    for (const button of this.filters.children) {
      button.setAttribute("aria-pressed", String(button.dataset.value === this.filter));
      button.hidden = button.dataset.value === "again" && !asked;
    }
    let count = 0;
    for (const { aspect, section, bar, done } of this.aspects) {
      const shown = aspect.items.filter((no) => this._refreshEntry(no, wanted));
      const mine = aspect.items.filter((no) => pad.duty(no) === "own");
      const marked = mine.filter((no) => !pad.missing(no)).length;
      bar.max = Math.max(mine.length, 1);
      bar.value = mine.length ? marked : 1;
      say(done, `${marked} / ${mine.length}`);
      section.hidden = !shown.length;
      count += shown.length;
    }
    this.nothing.hidden = count > 0;
    say(this.count, pad.word("{count} items", { count }));
    say(this.lock, pad.locked ? pad.word("Continue scoring") : pad.word("Show only (nothing can be changed)"));
    this.handIn.refresh();
    this.foot.hidden = this.handIn.asking;
  }

  /** Bring one item up to date; say whether it is among those shown. */
  _refreshEntry(no, wanted) {
    const { pad } = this;
    const { button, sign, spoken, marks, worth } = this.entries.get(no);
    const found = pad.score(no);
    const standing = pad.outbox.standing(no);
    const { note } = pad.outbox.shows(no);
    const unfinished = Boolean(standing.conflict || standing.refused || Object.keys(standing.open).length);
    const kept = {
      all: true, missing: found.state === "unmarked", flagged: found.flags.length > 0, note: Boolean(note),
      unsaved: standing.waiting || unfinished, again: no in pad.sheet.again,
    };
    button.hidden = !(kept[this.filter] && this._speaksOf(no, wanted, note));
    if (button.hidden) return false;
    const troubled = standing.waiting ? pad.word("waiting to be sent") : unfinished ? pad.word("Not saved") : "";
    const look = kept.again ? pad.word("Look again") : "";
    const told = [stateWord(pad, found.state), look, ...found.flags.map((flag) => flagWord(pad, flag)), note ? pad.word("With note") : "", troubled];
    put(button, { className: `entry ${found.state}` });
    if (no === pad.no) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    say(sign, SIGNS[found.state]);
    say(spoken, told.filter(Boolean).join(", "));
    say(marks, [look ? "↺" : "", found.flags.length ? "⚑" : "", note ? "✎" : "", troubled ? "…" : ""].filter(Boolean).join(" "));
    say(worth, found.state === "scored" ? `${found.points} / ${pad.item(no).ceiling}` : stateWord(pad, found.state));
    return true;
  }

  _speaksOf(no, wanted, note) {
    if (!wanted || no === wanted) return true;
    const item = this.pad.item(no);
    return [no, item.content, item.rule_text, note, ...item.criteria.map((one) => one.text)].join("\n").toLowerCase().includes(wanted);
  }
}
