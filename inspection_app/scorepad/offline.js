/**
 * Starts the offline sheet: one HTML file with everything in it, opened from a device's own storage.
 *
 * It asks nobody for anything: what is entered stays on the device and leaves it as an answer file only, which a page of
 * the hub may be opened to take. Where the device cannot keep it, or has not yet shown that it can, that is said before
 * anything is entered.
 */

import * as points from "points";
import { h, say, time } from "dom";
import { View } from "view";
import { Shelf } from "shelf";
import { FAMILY, Ledger } from "ledger";

const minute = (iso) => `${String(iso).slice(0, 10)} ${time(iso, true)}`;

/** Return a storage of the page, or one that takes nothing: even asking for it may be refused. */
function storageOf(name) {
  try {
    return window[name] || null;
  } catch {
    return null;
  }
}

/** Hand a text to the device as a file. */
function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = h("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/**
 * Hands answer files to a page of the hub, in a window of its own: what this page itself would send, the hub refuses,
 * because a page of the device's storage has no origin. Who is signed in there brings the file in.
 */
class Courier {
  /**
   * @param hub      the hub's address when the sheet was made
   * @param visit    what the visit is called in addresses
   * @param file     gives the answer file as it is now
   * @param taken    called with the file that the hub has taken as a whole
   */
  constructor(hub, visit, file, taken) {
    this.page = `${hub}/pad/bring?${new URLSearchParams({ visit })}`;
    this.origin = new URL(hub).origin;
    Object.assign(this, { file, taken, window: null, given: null });
    window.addEventListener("message", (event) => this._hear(event));
  }

  /** Open the hub's page; say whether the browser did. */
  open() {
    this.window = window.open(this.page, "inspection-hub");
    return Boolean(this.window);
  }

  async _hear({ source, origin, data }) {
    if (!source || source !== this.window || origin !== this.origin) return;
    if (data?.ready) {
      this.given = await this.file();
      this.window.postMessage({ answers: this.given.text }, this.origin);
    } else if (data?.taken && this.given) {
      this.taken(this.given);
    }
  }
}

/** What stands above the sheet: whose it is, whether the device keeps it, and the way out of it. */
class Head {
  constructor({ pad, ledger, sheet, hub, madeAt }) {
    Object.assign(this, { pad, ledger, sheet });
    this.storage = h("p");
    this.storageLine = h("div", { class: "line", role: "status" }, this.storage);
    this.told = h("p");
    this.button = h("button", { type: "button", text: pad.word("Export the answer file"), onclick: () => this.export() });
    this.courier = /^https?:/.test(hub) ? new Courier(hub, sheet.slug, () => this.ledger.answerFile(sheet.slug), (file) => this.sent(file)) : null;
    this.send = this.courier
      ? h("button", { type: "button", text: pad.word("Send to the hub"), onclick: () => this.open() }) : null;
    this.exportLine = h("div", { class: "line", role: "status" }, this.told, h("div", { class: "ways" }, this.send, this.button));
    this.opened = h("p", { class: "folded", role: "status", hidden: true });
    this.unchecked = h("p", { class: "fault", hidden: true,
      text: pad.word("This browser cannot write the checks against damage here; the hub says so when the file comes in.") });
    this.others = h("div");
    this.changed = h("p");
    this.file = h("p");
    this.element = h("header", { class: "pad offline-head" },
      h("div", { class: "where-in" }, h("b", { text: `${sheet.visit} · ${sheet.name}` }),
        h("span", { text: pad.word("Offline sheet of {time}", { time: minute(madeAt) }) })),
      this.storageLine, this.others, this.exportLine, this.opened, this.unchecked,
      h("details", {}, h("summary", { text: pad.word("How the answers get to the hub") }), this.changed, this.file,
        this.courier ? h("p", { text: pad.word("In range of the hub, tap “Send to the hub”: its page shows what would come in, and you bring it in there. Out of range:") }) : null,
        h("ol", { class: "checks" }, [
          pad.word("Export the answer file. It is in this device's downloads."),
          pad.word("In range of the hub, open the hub and bring the file in there; or hand it to the secretary, by stick or message."),
          pad.word("The hub shows what is new and what differs before it takes anything. The same file twice does no harm."),
        ].map((text) => h("li", { text }))),
        hub ? h("a", { href: hub, target: "_blank", rel: "noopener", text: pad.word("Open the hub") }) : null,
        hub ? h("span", { class: "unit", text: ` ${hub}` }) : null));
    this.refresh();
  }

  refresh() {
    const { pad, ledger } = this;
    const [kind, text] = !ledger.keeps || ledger.fleeting
      ? ["refused", `✗ ${pad.word("This device cannot keep what you enter here. Export before you close or reload this page, or it is lost.")}`]
      : ledger.since
        ? ["saved", `✓ ${pad.word("This device keeps what you enter, seen since {time}.", { time: minute(ledger.since) })}`]
        : ["waiting", `⚠ ${pad.word("First opened on this device. Whether it keeps what you enter shows when you open the sheet again: export before you close it for the first time.")}`];
    this.storageLine.className = `line ${kind}`;
    say(this.storage, text);
    const others = ledger.others().map(minute).join(", ");
    if (this.shownOthers !== others) {
      this.shownOthers = others;
      this.others.replaceChildren(...(others ? [h("div", { class: "line waiting" }, h("p", {
        text: `⚠ ${pad.word("Another offline sheet of yours on this device, of {time}, holds what was never exported. Open that one too.", { time: others })}`,
      }))] : []));
    }
    const last = ledger.lastExport();
    const changed = ledger.unexported();
    const open = ledger.incomplete();
    const lines = [
      !last ? pad.word("Never exported.") : last.name
        ? pad.word("Last export {time}.", { time: minute(last.at) }) : pad.word("Brought in on the hub {time}.", { time: minute(last.at) }),
      !changed.length
        ? last ? pad.word("Nothing has changed since.") : pad.word("Nothing is entered yet.")
        : last ? pad.word("Changed since: {count} items.", { count: changed.length }) : pad.word("Entered: {count} items.", { count: changed.length }),
    ];
    if (open.length) lines.push(pad.word("Not in any export, because a reason or a number is missing: item {items}", { items: inOrder(pad, open) }));
    this.exportLine.className = `line ${changed.length || open.length ? "waiting" : last ? "saved" : ""}`;
    say(this.told, lines.join("\n"));
    say(this.file, last?.name ? pad.word("The last file is called {name}.", { name: last.name }) : "");
    say(this.changed, changed.length ? pad.word("Not exported: item {items}", { items: inOrder(pad, changed) }) : "");
    this.button.disabled = !last && !changed.length;
    if (this.send) this.send.disabled = this.button.disabled;
  }

  open() {
    say(this.opened, this.courier.open()
      ? this.pad.word("A page of the hub was opened; bring the sheet in there. If it does not open, this device is not in the hub's range: export the answer file.")
      : this.pad.word("This browser opened no window. Export the answer file, and bring it in on the hub."));
    this.opened.hidden = false;
  }

  /** The hub has everything. */
  sent({ at, sequence }) {
    this.ledger.exported({ name: "", at, sequence });
    this.opened.hidden = true;
    this.refresh();
  }

  async export() {
    this.button.disabled = true;
    const file = await this.ledger.answerFile(this.sheet.slug);
    download(file.name, file.text);
    this.unchecked.hidden = file.checked;
    this.ledger.exported(file);
    this.refresh();
  }
}

const inOrder = (pad, items) => pad.order.filter((no) => items.includes(no)).join(", ");

/** What the badge says: kept here or not, and what is not exported yet. */
function badgeOf(ledger) {
  return (pad) => {
    const { open, saved, confirmed } = ledger.standing(pad.no);
    const count = ledger.unexported().length;
    const rest = count ? `　${pad.word("not exported: {count}", { count })}` : "";
    if (!ledger.keeps || ledger.fleeting) return ["refused", `✗ ${pad.word("only in this page's memory")}${rest}`, "fleeting"];
    if (Object.keys(open).length) return ["waiting", `⚠ ${pad.word("not complete: something is missing")}${rest}`, "open"];
    if (saved) return ["saved", `✓ ${pad.word("kept on this device {time}", { time: time(saved) })}${rest}`, "saved"];
    if (!confirmed) return ["waiting", pad.word("typed in for you, not confirmed"), "unconfirmed"];
    if (pad.sheet.sheet[pad.no]?.revision) return ["quiet", pad.word("as on the hub when this sheet was made"), "hub"];
    return ["quiet", `${pad.word("nothing entered yet")}${rest}`, "empty"];
  };
}

/** The item that was open last. */
const placeOf = (ledger) => ({ get: () => ledger.place(), set: (no) => ledger.keepPlace(no) });

/**
 * Open the sheet.
 *
 * @param root   where it is shown; what stands there is taken away once everything is ready
 * @param given  {visit, made_at, hub, words, sheet}: as written into the file
 */
export async function start(root, given) {
  const { visit, made_at: madeAt, hub, words, sheet } = given;
  let ledger = null;
  const storage = await Shelf.open(FAMILY, storageOf("localStorage"), (key, kept) => kept || ledger.lose());
  ledger = new Ledger({
    visit, digest: sheet.rubric.digest, member: sheet.member, madeAt, sheet: sheet.sheet, storage, session: storageOf("sessionStorage"),
  });
  let view = null;
  const elsewhere = async () => ({ status: 503, body: { message: view.word("This sheet does not reach the hub. Write it into the note, and dispute the figure on the hub.") } });
  const source = {
    badge: badgeOf(ledger), dispute: elsewhere, handIn: elsewhere, takeBack: elsewhere, lookedAgain: elsewhere,
    phrases: async (member, own) => {
      ledger.keepPhrases(own);
      return { status: 200, body: {} };
    },
  };
  sheet.phrases.own = ledger.phrases() || sheet.phrases.own;
  const body = h("div", { class: "pad-root" });
  view = new View({
    root: body, sheet: { ...sheet, words }, outbox: ledger, points, source, place: placeOf(ledger),
  });
  const head = new Head({ pad: view, ledger, sheet, hub, madeAt });
  ledger.changed = (no) => {
    view.changed(no);
    head.refresh();
  };
  root.replaceChildren(head.element, body);
  view.overview.foot.append(h("button", { type: "button", class: "primary", text: view.word("Export the answer file"), onclick: () => {
    view.overview.close(); // where a sheet on the hub is handed in, this one is exported
    head.element.scrollIntoView();
    if (!head.button.disabled) head.export();
  } }));
  view.resume();
  window.addEventListener("storage", (event) => ledger.overhear(event.key));
  window.addEventListener("beforeunload", (event) => {
    if ((!ledger.keeps || ledger.fleeting) && ledger.unexported().length) event.preventDefault();
  });
  return { ledger, view };
}
