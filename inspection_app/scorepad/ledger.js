/**
 * What was entered on an offline sheet, kept on the device until it is exported; in the outbox's place for the view.
 *
 * Nothing here sends anything. Every change is in the storage before it is shown as kept, and carries the device's name
 * and a number that only rises, over reloads and open copies, so that the hub can tell which of two files is newer. An
 * item that was changed once stays in every export, also when it is changed back: an earlier export may be on the hub.
 * It touches no screen and holds no rule.
 */

import { written } from "outbox";

export const FAMILY = "sheet";
const FORMAT = "inspection-app answers 1";

const said = (one) => ({ answers: one ? one.answers : {}, note: one ? one.note : "" });

function randomName() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Write a time with the device's own offset: what a clock on the wall shows can be read from it. */
export function localTime(milliseconds) {
  const east = -new Date(milliseconds).getTimezoneOffset();
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const offset = `${east < 0 ? "-" : "+"}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
  return new Date(milliseconds + east * 60000).toISOString().slice(0, 19) + offset;
}

/** Return the SHA-256 of a value's canonical JSON, or nothing where the browser has none for this page. */
async function check(value) {
  if (!globalThis.crypto?.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(written(value)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Ledger {
  /**
   * @param visit, digest, member, madeAt  whose sheet of which visit and rubric it is, and when it was made
   * @param sheet     what the hub had when the sheet was made: {no: {revision, answers, note}}
   * @param storage   a `Shelf` of the device; what it refuses stays in memory
   * @param session   a storage that ends with the page, to tell a reload from a new opening
   * @param changed   called with an item's number, or nothing, whenever something can be seen differently
   */
  constructor({ visit, digest, member, madeAt, sheet, storage, session, now = () => Date.now(), changed = () => {} }) {
    Object.assign(this, { visit, digest, member, madeAt, sheet, storage, now, changed });
    this.family = `${FAMILY}/${visit}/${member}/`;
    this.prefix = `${this.family}${madeAt}/`;
    this.records = new Map();
    this.memory = new Map(); // what the storage did not take
    this.keeps = this._probe();
    this.since = this._openedBefore(session);
    this.client = this._read("client") || randomName();
    this._write("client", this.client);
    this.sequence = 0;
    for (const key of this._keys(`${this.prefix}item/`)) this._load(key);
  }

  // Storage

  /** Say whether the device takes what is written, and gives it back. */
  _probe() {
    const value = JSON.stringify({ edited: this.now() });
    try {
      this.storage.setItem(`${this.prefix}probe`, value);
      return this.storage.getItem(`${this.prefix}probe`) === value;
    } catch {
      return false;
    }
  }

  /** What the device took at first it could not write after all. */
  lose() {
    this.keeps = false;
    this.changed();
  }

  /** Return since when this device has kept this sheet over its closing, or nothing where that has not been seen. */
  _openedBefore(session) {
    let visit = randomName();
    try {
      visit = session.getItem(`${this.prefix}visit`) || visit;
      session.setItem(`${this.prefix}visit`, visit);
    } catch {
      // every opening counts as a new one
    }
    const before = this._read("opened");
    if (!before) this._write("opened", { at: localTime(this.now()), visit });
    return before && before.visit !== visit ? before.at : "";
  }

  _keys(prefix) {
    return this.storage.keys(prefix).map((key) => key.slice(prefix.length));
  }

  _read(name) {
    const key = this.prefix + name;
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      return JSON.parse(this.storage.getItem(key));
    } catch {
      return null; // none, or half a record after a fault of the storage itself
    }
  }

  _write(name, value) {
    const key = this.prefix + name;
    try {
      this.storage.setItem(key, JSON.stringify(value));
      this.memory.delete(key);
    } catch {
      this.memory.set(key, value);
    }
  }

  _load(no) {
    const record = this._read(`item/${no}`) || {};
    this.records.set(no, record);
    this.sequence = Math.max(this.sequence, record.sequence || 0);
    return record;
  }

  /** Another copy of this sheet that is open on this device changed something. */
  overhear(key) {
    if (key === null || !key.startsWith(this.prefix)) return;
    const no = key.startsWith(`${this.prefix}item/`) ? key.slice(`${this.prefix}item/`.length) : "";
    if (no) this._load(no);
    this.changed(no);
  }

  /** Return when other sheets of this person on this device were made that hold what was never exported. */
  others() {
    const made = new Map();
    for (const key of this._keys(this.family)) {
      const [madeAt, name, no] = key.split("/");
      if (madeAt !== this.madeAt && name === "item" && no) made.set(madeAt, [...(made.get(madeAt) || []), key]);
    }
    const parsed = (key) => {
      try {
        return JSON.parse(this.storage.getItem(this.family + key)) || {};
      } catch {
        return {};
      }
    };
    return [...made].filter(([madeAt, keys]) => {
      const exported = parsed(`${madeAt}/export`).sequence || 0;
      return keys.some((key) => (parsed(key).sequence || 0) > exported);
    }).map(([madeAt]) => madeAt).sort();
  }

  // What the view asks

  shows(no) {
    const record = this.records.get(no);
    return said((record && record.form) || (record && record.sequence ? record : this.sheet[no]));
  }

  /** Store a change: `form` is what stands on the screen, `wire` the answers of it that are complete. */
  put(no, form, wire, { open = {}, hold = false } = {}) {
    const before = this._load(no);
    const edited = Math.max(this.now(), (before.edited ?? 0) + 1); // rises also when the clock is put back
    const record = { ...before, form, open, edited };
    if (!hold) {
      const change = { answers: wire, note: form.note };
      if (written(change) !== written(said(record.sequence ? record : this.sheet[no]))) {
        this.sequence += 1;
        Object.assign(record, change, { sequence: this.sequence, at: localTime(this.now()) });
      }
      if (!Object.keys(open).length) delete record.form;
    }
    this.records.set(no, record);
    this._write(`item/${no}`, record);
    this.changed(no);
  }

  standing(no) {
    const record = this.records.get(no) || {};
    return {
      waiting: false, conflict: null, refused: null, open: record.open || {}, kept: [], saved: record.at || "",
      confirmed: this.sheet[no]?.confirmed !== false || Boolean(record.sequence),
    };
  }

  state() {
    return { conflicts: [], refused: [], waiting: 0, oldest: null, since: null, full: 0, signedOut: false, trouble: "" };
  }

  unfinished() {
    return [...this.records].filter(([, record]) => record.form).map(([no]) => no);
  }

  hasten() {}

  // Exporting

  /** Return the items that differ from the last export. */
  unexported() {
    const last = this._read("export")?.sequence || 0;
    return [...this.records].filter(([, record]) => (record.sequence || 0) > last).map(([no]) => no);
  }

  /** Return the items of which something stands on the screen that no export takes: a reason or a number is missing. */
  incomplete() {
    return [...this.records].filter(([, record]) => Object.keys(record.open || {}).length).map(([no]) => no);
  }

  /** Say whether something is in the memory of this page only. */
  get fleeting() {
    return [...this.memory.keys()].some((key) => key.startsWith(`${this.prefix}item/`));
  }

  /** Return {at, name} of the last export, or nothing; without a name where the hub took it. */
  lastExport() {
    return this._read("export");
  }

  /** Return everything that was changed here as an answer file: {name, text, checked, sequence, at}. */
  async answerFile(slug) {
    const at = localTime(this.now());
    const head = { format: FORMAT, visit: this.visit, rubric_digest: this.digest, member: this.member, client: this.client, made_at: at };
    const entries = {};
    let sequence = 0;
    for (const no of [...this.records.keys()].sort()) {
      const record = this.records.get(no);
      if (!record.sequence) continue;
      const entry = { answers: record.answers, note: record.note, base_revision: this.sheet[no]?.revision ?? 0, sequence: record.sequence };
      entry.check = await check([head.visit, head.rubric_digest, head.member, head.client, no, entry.answers, entry.note,
        entry.base_revision, entry.sequence]);
      entries[no] = entry;
      sequence = Math.max(sequence, record.sequence);
    }
    const whole = await check([FORMAT, at, Object.keys(entries).sort().map((no) => [no, entries[no].check])]);
    const name = `${slug}-${this.member}-${at.slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}.json`;
    return { name, text: JSON.stringify({ ...head, entries, check: whole }, null, 1), checked: whole !== "", sequence, at };
  }

  /** Note that an answer file was handed to the device, or, without a name, taken by the hub. */
  exported({ name, at, sequence }) {
    this._write("export", { name, at, sequence });
    this.changed();
  }

  // What else is kept here: the item that was open last, and quick phrases

  place() {
    return this._read("place");
  }

  keepPlace(no) {
    this._write("place", no);
  }

  phrases() {
    return this._read("phrases");
  }

  keepPhrases(own) {
    this._write("phrases", own);
  }
}
