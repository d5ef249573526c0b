/**
 * The tablet's outbox: every change is stored here first, then sent until the hub has acknowledged it.
 *
 * What it promises: a change carries its client and sequence from the moment it is stored, so that sending it again,
 * after a reload or from another tab, is the same change to the hub; changes of one item go in order; nothing counts as
 * saved before the hub's answer says so; what the hub refuses, and both versions where two screens changed one item,
 * stay here. It touches no screen, holds no rule and reads no clock but the one it is given.
 */

const PREFIX = "pad";
const MOST_ASIDE = 5;

/** Milliseconds; tests give shorter ones. */
export const TIMES = {
  typing: 500, // a field is sent when nothing was typed for so long
  send: 8000, // then the hub is taken to be out of reach
  pulse: 3000, // between two heartbeats
  pulseAnswer: 4000, // with the above: a black hole is noticed within 10 s
  backOff: 500,
  backOffMost: 8000,
  adopt: 4000, // after so long another tab's change is sent from here: that tab may be closed
};

const same = (one, other) => written(one) === written(other);

/** Write a value down in one way only, whatever the order of its keys. */
export function written(value) {
  if (Array.isArray(value)) return `[${value.map(written)}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${written(value[key])}`)}}`;
}

const said = (one) => ({ answers: one ? one.answers : {}, note: one ? one.note : "" });

/** Return what is remembered of what the hub holds, and since which restore of the hub that counts. */
const held = ({ revision, answers, note, at, confirmed }, restore) => ({ revision, answers, note, at, confirmed, restore });

/** Return the versions not chosen that have to reach the hub with a change, so that its history has them. */
const asideOf = (...changes) => changes.flatMap((change) => (change && change.aside) || []).slice(-MOST_ASIDE);

/** Return a name that no other page has. */
export function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(8)); // randomUUID() is not there over plain http
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  /**
   * @param slug, member  whose sheet it is: another person's changes on this tablet stay apart
   * @param source        send(change, signal) and pulse(state, signal), each giving {status, body} or throwing
   * @param storage       a `Shelf` of the device, which calls `stored`; what it refuses stays in memory
   * @param changed       called with an item's number, or nothing, whenever something can be seen differently
   * @param stale         called when the hub has something newer than this tablet
   */
  constructor({ slug, member, source, storage, times = {}, now = () => Date.now(), changed = () => {}, stale = () => {} }) {
    Object.assign(this, { slug, member, source, storage, now, changed, stale });
    this.times = { ...TIMES, ...times };
    this.prefix = `${PREFIX}/${slug}/${member}/`;
    this.records = new Map();
    this.read = new Map(); // what was last seen in the storage, by item
    this.known = new Map(); // what the hub holds, by item
    this.unstored = new Set();
    this.tablet = this._tabletName();
    this.client = `${this.tablet}-${randomName()}`; // of this page: two tabs never share a sequence
    this.sequence = 0;
    this.failures = 0;
    this.since = null; // unreachable since
    this.heard = this.now();
    this.signedOut = false;
    this.trouble = "";
    this.stage = null;
    this.lastSaved = "";
    this.restore = ""; // the hub's last restore, as far as heard: revisions are counted anew from there
    this.running = false;
    this.also = () => ({ waiting: 0, oldest: null, full: 0, refused: [], uncertain: false }); // what waits beside the answers
    for (const key of this.storage.keys(this.prefix)) this._load(key.slice(this.prefix.length));
  }

  // Storage

  _tabletName() {
    const key = `${PREFIX}/tablet`;
    try {
      const found = this.storage.getItem(key) || randomName();
      this.storage.setItem(key, found);
      return found;
    } catch {
      return randomName();
    }
  }

  /** Return an item's record as it stands now, other tabs' changes included. */
  _load(no) {
    if (!this.unstored.has(no)) {
      const before = this.read.get(no) ?? null;
      const raw = this.storage.getItem(this.prefix + no);
      if (raw === null && before !== null) {
        this.unstored.add(no); // somebody emptied the storage: the next heartbeat stores it again
      } else if (raw !== before || !this.records.has(no)) {
        this.read.set(no, raw);
        let record = {};
        try {
          record = (raw && JSON.parse(raw)) || {};
        } catch {
          record = {}; // half a record can only come of a fault of the storage itself
        }
        this.records.set(no, record);
        const known = record.known && { restore: "", ...record.known };
        const mine = this.known.get(no);
        if (known && (!mine || (known.restore === mine.restore && known.revision > mine.revision))) this.known.set(no, known);
      }
    }
    return this.records.get(no);
  }

  _store(no, record) {
    const edited = Math.max(this.now(), (record.edited ?? 0) + 1); // rises also when the clock is put back
    const empty = !record.form && !record.sent && !record.next && !record.conflict && !record.kept && !record.known;
    const latest = empty ? { edited } : { ...record, edited };
    this.records.set(no, latest);
    try {
      const raw = JSON.stringify(latest);
      const kept = this.storage.setItem(this.prefix + no, raw);
      this.read.set(no, raw);
      if (kept) this.unstored.delete(no);
    } catch {
      this.unstored.add(no); // full, or forbidden: it stays in memory and is sent all the same
    }
  }

  /** The storage tells what became of a change in the end: it is kept, or it is only in memory. */
  stored(key, kept) {
    if (!key.startsWith(this.prefix)) return;
    const no = key.slice(this.prefix.length);
    if (kept) this.unstored.delete(no);
    else this.unstored.add(no);
    this.changed(no);
  }

  /** Another tab of this tablet changed something. */
  overhear(key) {
    if (key === null || !key.startsWith(this.prefix)) return;
    const no = key.slice(this.prefix.length);
    this._load(no);
    this.changed(no);
    this._soon(this.times.adopt);
  }

  // What stands where

  /**
   * Take over what the hub holds: {no: {revision, answers, note, at, confirmed}}.
   *
   * @param restore  the hub's last restore, "" for none
   * @param history  after a restore, when each revision was saved, by item; nothing for a sheet that was kept here
   */
  take(entries, { restore = "", history = null } = {}) {
    if (history || !this.restore) this.restore = restore;
    for (const [no, found] of Object.entries(entries)) {
      const entry = held(found, restore);
      const record = { ...this._load(no) };
      const before = this.known.get(no);
      const other = before && before.restore !== restore;
      if (other && !history) continue; // older than what is known here
      if (other) this._bringBack(no, record, before, entry, history[no]);
      else if (before && before.revision > entry.revision && (record.known || record.sent || record.next)) continue;
      this.known.set(no, entry);
      const keeps = record.known && !same(record.known, entry); // over a reload, for the day of a restore
      if (keeps) record.known = entry;
      if (keeps || other) this._store(no, record);
      if (other) this.changed(no);
    }
    this._soon(0);
  }

  /**
   * The hub was put back to an earlier state: what it had acknowledged and has no more goes to it again, as a new change.
   *
   * A revision is told by its number and its time: others may have counted up to the same number since.
   */
  _bringBack(no, record, before, entry, times) {
    const has = (revision, at) => !revision || (times
      ? times[revision - 1] === at
      : revision < entry.revision || (revision === entry.revision && at === entry.at));
    const { sent } = record;
    if (sent && !has(sent.base, sent.base_at)) { // the hub cannot have taken it: what it was made from is gone
      this.sequence += 1;
      record.next = { ...sent, ...record.next, aside: asideOf(sent, record.next), client: this.client, sequence: this.sequence };
      delete record.sent;
    }
    const lost = !has(before.revision, before.at);
    const newer = Date.parse(entry.at) > Date.parse(before.at); // saved after the restore, by another screen
    if (record.conflict) {
      const { latest } = record.conflict;
      if (!has(latest.revision, latest.at)) { // the hub lost the other version, too: it goes there with the choice
        record.next = { ...record.next, aside: [...asideOf(record.next), said(latest)].slice(-MOST_ASIDE) };
        record.conflict = { ...record.conflict, latest: { ...latest, revision: entry.revision, at: entry.at } };
      } else if (lost && !newer) delete record.conflict; // no other screen: only the hub's step back
    }
    // What somebody else typed in would be confirmed by sending it.
    if (!lost || before.confirmed === false || same(said(before), said(entry))) return;
    const pending = record.next || record.sent;
    if (pending && same(said(pending), said(before))) return;
    const at = this.now();
    this.sequence += 1;
    record.next = {
      ...(record.next || said(record.sent || before)), client: this.client, sequence: this.sequence, at, due: at,
      aside: [...asideOf(record.next), ...(pending ? [said(before)] : [])].slice(-MOST_ASIDE),
    };
    record.since = record.since ?? at;
    if (newer && !record.sent) record.conflict = { latest: entry, message: "", ...record.conflict };
  }

  /** Say whether it is not certain, after a restore, that the hub still has what it acknowledged. */
  _uncertain(no) {
    const known = this.known.get(no);
    return Boolean(known && known.revision && known.restore !== this.restore);
  }

  _know(no, entry) {
    this.known.set(no, held(entry, this.restore));
  }

  /** Return what the person sees of an item: {answers, note}. */
  shows(no) {
    const record = this._load(no) || {};
    return said(record.form || record.next || record.sent || this.known.get(no));
  }

  /** Tell how an item stands: {waiting, conflict, refused, open, kept, saved, confirmed, revision}. */
  standing(no) {
    const record = this._load(no) || {};
    const known = this.known.get(no);
    return {
      waiting: Boolean(record.sent || record.next || this._uncertain(no)) && !record.refused && !record.conflict,
      conflict: record.conflict || null,
      refused: record.refused || null,
      open: record.open || {},
      kept: record.kept || [],
      saved: known && known.revision ? known.at : "",
      confirmed: !known || known.confirmed !== false,
    };
  }

  /** Tell how everything that waits on this tablet stands, photos too. */
  state() {
    const own = this.own();
    const also = this.also();
    return {
      ...own,
      waiting: own.waiting + also.waiting,
      oldest: also.oldest === null ? own.oldest : Math.min(also.oldest, own.oldest ?? Infinity),
      full: own.full + also.full,
      refused: [...new Set([...own.refused, ...also.refused])],
    };
  }

  /** Tell how the answers stand. */
  own() {
    const waiting = [];
    const counts = { conflicts: [], refused: [] };
    for (const [no, record] of this.records) {
      if (record.conflict) counts.conflicts.push(no);
      else if (record.refused) counts.refused.push(no);
      else if (record.sent || record.next) waiting.push(record.since ?? this.now());
    }
    for (const no of this.known.keys()) {
      if (!this._uncertain(no)) continue;
      const { sent, next } = this.records.get(no) || {};
      if (!sent && !next) waiting.push(this.heard);
    }
    return {
      ...counts,
      waiting: waiting.length,
      oldest: waiting.length ? Math.min(...waiting) : null,
      since: this.since,
      full: this.unstored.size,
      signedOut: this.signedOut,
      trouble: this.trouble,
      saved: this.lastSaved,
    };
  }

  /** Return the items in which something stands that this tablet has not finished. */
  unfinished() {
    return [...this.records.keys()].filter((no) => this._load(no).form);
  }

  // Changing

  /**
   * Store a change.
   *
   * @param form   what stands on the screen: {answers, note}
   * @param wire   the answers of it that can be sent
   * @param open   by criterion, why the rest cannot
   * @param field  where the person made the change, so that a refusal can be told beside it
   * @param typing still typing: wait a little before sending
   * @param hold   in the middle of a word of an input method: keep, do not send
   */
  put(no, form, wire, { open = {}, field = "", typing = false, hold = false } = {}) {
    const record = { ...this._load(no) };
    record.form = form;
    record.open = open;
    if (!hold) {
      const change = { answers: wire, note: form.note };
      const before = record.sent || (record.conflict ? null : this.known.get(no));
      delete record.refused;
      const aside = asideOf(record.next);
      if (!record.conflict && !aside.length && same(change, said(before))) {
        delete record.next; // taken back before it left
        if (!record.sent) {
          delete record.since;
          if (!Object.keys(open).length) delete record.form;
        }
      } else if (!same(change, said(record.next)) || !record.next) {
        const at = this.now();
        this.sequence += 1;
        record.since = record.since ?? at;
        record.next = {
          ...change, aside, client: this.client, sequence: this.sequence, at, field, due: at + (typing ? this.times.typing : 0),
        };
      }
    }
    this._store(no, record);
    if (!hold && typing) this._soon(this.times.typing);
    else if (!hold) this._send(); // it leaves before the change is painted: saved a frame earlier
    this.changed(no);
  }

  /** A field was left: what was typed there need not wait any longer. */
  hasten(no) {
    const record = this._load(no);
    if (!record.next || record.next.due <= this.now()) return;
    this._store(no, { ...record, next: { ...record.next, due: this.now() } });
    this._soon(0);
  }

  /**
   * Settle an item that two screens changed: with this screen's version, or with the other one.
   *
   * The hub has the other one already; this one goes to it in any case, to stand in the history where it is not chosen.
   */
  choose(no, mine) {
    const record = { ...this._load(no) };
    if (!record.conflict) return;
    const { latest } = record.conflict;
    const loser = mine ? said(latest) : said(record.next);
    record.kept = [...(record.kept || []), { ...loser, at: new Date(this.now()).toISOString(), mine: !mine }].slice(-MOST_ASIDE);
    this._know(no, latest);
    delete record.conflict;
    const at = this.now();
    this.sequence += 1;
    const aside = mine ? asideOf(record.next) : [...asideOf(record.next), said(record.next)].slice(-MOST_ASIDE);
    record.next = { ...record.next, ...(mine ? {} : said(latest)), aside, client: this.client, sequence: this.sequence, at, due: at };
    record.since = at;
    if (!mine) for (const part of ["form", "open", "refused"]) delete record[part];
    this._store(no, record);
    this.changed(no);
    this._soon(0);
  }

  /** Send again what the hub refused. */
  retry(no) {
    const record = { ...this._load(no) };
    if (!record.refused || !record.next) return;
    delete record.refused;
    this.sequence += 1;
    record.next = { ...record.next, client: this.client, sequence: this.sequence, due: this.now() };
    this._store(no, record);
    this.changed(no);
    this._soon(0);
  }

  // Sending

  start() {
    if (this.running) return;
    this.running = true;
    this._pulse();
    this._soon(0);
  }

  stop() {
    this.running = false;
    clearTimeout(this.pulseTimer);
    clearTimeout(this.sendTimer);
  }

  /** The device says that something changed (network back, page seen again): try at once. */
  hurry() {
    this.failures = 0;
    this._pulse();
    this._soon(0);
  }

  _soon(delay) {
    if (!this.running) return;
    const at = this.now() + delay;
    if (this.sendTimer && this.sendAt <= at) return;
    clearTimeout(this.sendTimer);
    this.sendAt = at;
    this.sendTimer = setTimeout(() => {
      this.sendTimer = null;
      this._send();
    }, delay);
  }

  /** Return the item whose change is to be sent next, and when the first of the others is due. */
  _next() {
    let first = null;
    let later = Infinity;
    for (const [no, record] of this.records) {
      const change = record.sent || record.next;
      if (!change || record.conflict || record.refused) continue;
      const other = change.client !== this.client;
      const due = Math.max(change.due ?? 0, other ? change.at + this.times.adopt : 0);
      const ahead = due - this.now();
      // further ahead than any was ever set: this tablet's clock was put back since
      if (ahead > 0 && ahead <= Math.max(this.times.typing, this.times.adopt)) later = Math.min(later, due);
      else if (!first || (record.since ?? 0) < (this.records.get(first).since ?? 0)) first = no;
    }
    return { first, later };
  }

  async _send() {
    if (this.sending || !this.running) return;
    this.sending = true;
    let wait = null;
    try {
      for (;;) {
        const { first, later } = this._next();
        if (first === null) {
          wait = later === Infinity ? null : Math.max(later - this.now(), 1);
          break;
        }
        if (!(await this._deliver(first))) {
          this.failures += 1;
          wait = Math.min(this.times.backOff * 2 ** Math.min(this.failures - 1, 8), this.times.backOffMost);
          break;
        }
        this.failures = 0;
      }
    } finally {
      this.sending = false;
    }
    if (wait !== null) this._soon(wait);
  }

  /** Send an item's change; true when its fate is known, false when it has to be sent again. */
  async _deliver(no) {
    let record = { ...this._load(no) };
    if ((!record.sent && !record.next) || record.conflict || record.refused) return true; // another tab was faster
    if (!record.sent) {
      const known = this.known.get(no);
      record.sent = { ...record.next, base: known?.revision ?? 0, base_at: known?.at ?? "" };
      delete record.next;
      this._store(no, record); // before it leaves: after a reload it must be the same change
    }
    const { client, sequence, base, base_at, answers, note, field } = record.sent;
    const aside = asideOf(record.sent);
    const change = { visit: this.slug, member: this.member, item: no, client, sequence, base, base_at, answers, note, aside };
    let answer;
    try {
      answer = await this._within(this.times.send, (signal) => this.source.send(change, signal));
    } catch {
      this._unreachable();
      return false;
    }
    const { status, body } = answer;
    record = { ...this._load(no) };
    const current = record.sent && record.sent.client === client && record.sent.sequence === sequence;
    if (status === 200 && body && body.item === no && body.sequence === sequence && Number.isInteger(body.revision)) {
      this._reached();
      this.lastSaved = body.at;
      const newest = !this._uncertain(no) && body.revision < (this.known.get(no)?.revision ?? 0);
      if (!newest) this._know(no, { revision: body.revision, answers, note, at: body.at, confirmed: true });
      if (current) {
        delete record.sent;
        record.known = this.known.get(no); // for the other tabs, and for what a restore may take from the hub
        if (record.next) record.since = record.next.at;
        else {
          delete record.since;
          if (!Object.keys(record.open || {}).length) delete record.form;
        }
        this._store(no, record);
      }
      this.changed(no);
      return true;
    }
    if (this._isStranger(status, body)) {
      this.changed();
      return false;
    }
    if (!current) return true;
    if (status === 409 && body && body.code === "changed-elsewhere" && body.latest) {
      this._reached();
      const mine = { ...(record.next || record.sent), aside: asideOf(record.sent, record.next) };
      delete record.sent;
      if (same(said(mine), said(body.latest)) && mine.aside.length) {
        this._know(no, body.latest); // it is there already; what was not chosen still has to get there
        record.next = mine;
      } else if (same(said(mine), said(body.latest))) {
        this._know(no, body.latest);
        for (const part of ["next", "since", ...(Object.keys(record.open || {}).length ? [] : ["form"])]) delete record[part];
      } else {
        record.next = mine;
        record.conflict = { latest: body.latest, message: body.message };
      }
      this._store(no, record);
      this.changed(no);
      return true;
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429 && body && body.message) {
      this._reached();
      const newer = record.next;
      record.next = newer ? { ...newer, aside: asideOf(record.sent, newer) } : record.sent;
      delete record.sent;
      if (!newer) record.refused = { message: body.message, code: body.code, status, field };
      this._store(no, record);
      this.changed(no);
      return true;
    }
    // The hub is there and cannot save: its disk is full, or what answered is not the hub.
    this._reached(false);
    this.trouble = (body && body.message) || `HTTP ${status}`;
    this.changed();
    return false;
  }

  /** The hub takes this tablet for nobody, or for somebody else: what waits is kept until its owner signs in again. */
  _isStranger(status, body) {
    if (status !== 401 && !(body && (body.code === "another-sheet" || body.code === "another-visit"))) return false;
    this.signedOut = true;
    this._reached(false);
    return true;
  }

  async _within(milliseconds, ask) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), milliseconds);
    try {
      return await ask(abort.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  _reached(well = true) {
    this.heard = this.now();
    this.since = null;
    if (well) {
      this.trouble = "";
      this.signedOut = false;
    }
  }

  _unreachable() {
    this.since = this.since ?? this.heard;
    this.changed();
  }

  // The heartbeat

  async _pulse() {
    clearTimeout(this.pulseTimer);
    if (this.pulsing || !this.running) return;
    this.pulsing = true;
    for (const no of this.records.keys()) this._load(no); // whatever other tabs did, and were not heard to do
    const { waiting, oldest } = this.state();
    const told = { member: this.member, client: this.tablet, waiting, oldest: oldest === null ? "" : (this.now() - oldest) / 1000 };
    try {
      const { status, body } = await this._within(this.times.pulseAnswer, (signal) => this.source.pulse(told, signal));
      const before = this.since !== null || this.signedOut;
      if (this._isStranger(status, body)) {
        // told; what waits goes on waiting
      } else if (status === 200 && body && body.revisions) {
        this.signedOut = false;
        this._reached(!this.trouble);
        this._compare(body);
        if (before) {
          this.failures = 0;
          clearTimeout(this.sendTimer);
          this.sendTimer = null;
        }
        this._soon(before ? 0 : this.times.backOff);
      } else if (status >= 500 || !body) {
        this._reached(false);
        this.trouble = (body && body.message) || `HTTP ${status}`;
      }
      if (before || this.trouble) this.changed();
    } catch {
      this._unreachable();
    }
    for (const no of [...this.unstored]) this._store(no, this.records.get(no));
    this.pulsing = false;
    this.changed();
    if (this.running) this.pulseTimer = setTimeout(() => this._pulse(), this.times.pulse);
  }

  /** Notice what the hub has that this tablet does not: another screen's change, other figures, another stage. */
  _compare(pulse) {
    const newer = Object.entries(pulse.revisions).some(([no, revision]) => {
      const record = this._load(no) || {};
      return !record.sent && !record.next && revision > (this.known.get(no)?.revision ?? 0);
    });
    const stage = written([pulse.stage, pulse.writable, pulse.figures, pulse.duties, pulse.phrases, pulse.hand_in]);
    const moved = this.stage !== null && this.stage !== stage;
    this.stage = stage;
    if (moved) {
      for (const no of this.records.keys()) {
        if (this._load(no).refused) this.retry(no); // what was refused for the stage may be right now
      }
    }
    this.restore = pulse.restore ?? this.restore;
    const restored = this.also().uncertain || [...this.known.keys()].some((no) => this._uncertain(no));
    if (newer || moved || restored) this.stale();
  }
}
