/**
 * Handing in the whole sheet, taking it back, and looking again at an item that the chair asked about.
 *
 * Handing in is asked once, with what is missing before one's eyes. Nothing is handed in over what the hub does not
 * have: while a change waits, is refused or has two versions, there is only the way to it. Who may do what, and when,
 * the hub says.
 */

import { h, put, say, time } from "dom";

/** Send a request to the hub; then look how things stand. Return what went wrong, or nothing. */
async function sent(pad, request, ...more) {
  const outcome = await pad.ask(() => request(pad.sheet.member, ...more));
  if (!outcome) await pad.outbox.stale();
  return outcome;
}

/** What stands above every item of a sheet that is handed in: [kind, text, act, its label]. */
export function handInNotice(pad) {
  const { sheet } = pad;
  const told = pad.word("Handed in {time}: read-only.", { time: time(sheet.handed_in, true) });
  if (!sheet.may_take_back) return ["saved", `✓ ${told}`];
  return ["saved", `✓ ${told}`, async (button) => {
    button.disabled = true;
    const outcome = await sent(pad, pad.source.takeBack);
    button.disabled = false;
    pad.announce(outcome || pad.word("The sheet is yours again; what you change is saved as before."));
    if (outcome) button.closest(".line").querySelector("p").textContent = `✗ ${outcome}`;
  }, pad.word("Take it back")];
}

/** What stands above an item that the chair asked about: who and why, and one tap to say that one has looked. */
export function lookAgain(pad) {
  const asked = pad.sheet.again[pad.no];
  if (!asked) return null;
  const { no } = pad;
  const fault = h("div", { class: "fault", role: "alert" });
  const done = h("button", { type: "button", text: pad.word("I have looked again"), onclick: async () => {
    done.disabled = true;
    const outcome = await sent(pad, pad.source.lookedAgain, no);
    done.disabled = false;
    say(fault, outcome ? `✗ ${outcome}` : "");
    if (!outcome) pad.announce(pad.word("The chair sees that you have looked again."));
  } });
  pad.bits.push((form, found, { waiting, conflict, refused, open }) => {
    put(done, { disabled: pad.locked || Boolean(waiting || conflict || refused) || Object.keys(open).length > 0 });
  });
  return h("section", { class: "look-again" },
    h("div", { class: "line waiting" },
      h("p", { text: `↺ ${pad.word("{name} asks you to look again at this item: {reason}", { name: asked.by, reason: asked.reason })}` }), done),
    fault);
}

export class HandIn {
  /**
   * @param changed  brings what is around it up to date, and this with it
   * @param leave    closes the overview, to go to an item
   */
  constructor(pad, changed, leave) {
    Object.assign(this, { pad, changed, leave, asking: false });
    this.button = h("button", { type: "button", class: "primary", text: pad.word("Hand in the score sheet"), onclick: () => this.ask(true) });
    this.told = h("div", { class: "told" });
    this.fault = h("div", { class: "fault", role: "alert" });
    this.sure = h("button", { type: "button", class: "primary", text: pad.word("Hand it in now"), onclick: () => this._send() });
    this.question = h("section", { class: "hand-in", hidden: true, "aria-live": "polite" }, this.told, this.fault,
      h("div", { class: "overview-foot" }, h("button", { type: "button", text: pad.word("Not yet"), onclick: () => this.ask(false) }), this.sure));
  }

  /** Show the question, or take it away. */
  ask(asking) {
    this.asking = asking;
    say(this.fault, "");
    this.changed();
    if (asking) (this.sure.disabled ? this.told.querySelector("button") : this.sure)?.focus();
  }

  refresh() {
    const { pad } = this;
    const may = pad.sheet.may_hand_in && !pad.locked;
    if (!may) this.asking = false;
    this.question.hidden = !this.asking;
    this.button.hidden = !may || this.asking;
    if (!this.asking) return;
    const mine = pad.order.filter((no) => pad.duty(no) === "own");
    const is = (what) => mine.filter((no) => what(pad.outbox.standing(no)));
    const unsent = mine.filter((no) => {
      const { waiting, refused, conflict } = pad.outbox.standing(no);
      return waiting || refused || conflict || pad.evidence?.unsettled(no);
    });
    const open = is((standing) => Object.keys(standing.open).length > 0);
    const missing = mine.filter((no) => pad.missing(no) && !open.includes(no));
    const typed = is(({ confirmed }) => !confirmed);
    const lacking = open.length + missing.length + typed.length;
    const key = JSON.stringify([unsent, open, missing, typed]);
    this.sure.disabled = unsent.length + lacking > 0 || Boolean(this.sending);
    if (key === this.shown) return;
    this.shown = key;
    this.told.replaceChildren(
      h("b", { text: pad.word("Hand in the score sheet?") }),
      h("p", { text: unsent.length
        ? pad.word("Not possible yet: the hub does not have everything. Wait until it is sent, or settle what is refused.")
        : lacking
          ? pad.word("Not possible yet: these items of yours are not complete.")
          : pad.word("Afterwards it can only be read. You may take it back until the marks are opened.") }),
      ...[
        [pad.word("Not on the hub yet"), unsent], [pad.word("Without its reason or a number, so not saved"), open],
        [pad.word("Unmarked"), missing], [pad.word("Typed in for you, not confirmed"), typed],
      ].filter(([, items]) => items.length).map(([text, items]) => h("div", { class: "ways-to" }, h("span", { class: "badge waiting", text: `⚠ ${pad.word("{label}: {told}", { label: text, told: items.length })}` }),
        items.map((no) => h("button", { type: "button", text: no, onclick: () => { this.leave(); pad.open(no); } })))),
      unsent.length + lacking ? "" : h("p", { text: `✓ ${pad.word("Every item of yours is marked.")}` }));
  }

  async _send() {
    this.sending = true;
    this.refresh();
    const outcome = await sent(this.pad, this.pad.source.handIn);
    this.sending = false;
    say(this.fault, outcome ? `✗ ${outcome}` : "");
    if (outcome) return this.refresh();
    this.ask(false);
    this.leave();
    this.pad.announce(this.pad.word("The sheet is handed in."));
  }
}
