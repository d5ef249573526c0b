/**
 * The tablet's box of photos and files: each is stored here first, then sent until the hub has acknowledged it.
 *
 * It promises for photos what the outbox does for answers: a photo carries its client and sequence from the moment it is
 * stored, so that sending it again is the same photo to the hub; nothing counts as saved before the hub's answer says
 * so; what the hub refuses stays here. Answers go first. It touches no screen and reads no clock but the one it is given.
 *
 * A hub that is put back to an earlier state loses photos that it had acknowledged. Therefore the newest 50 stay whole on
 * the tablet for a day after they were saved, and go to such a hub again; of older ones it has the thumbnail alone, and
 * says so.
 */

const MOST_KEPT = 200; // thumbnails of what the hub has, to be seen out of range
const MOST_WHOLE = 50; // photos that can be sent again; 20 MB at most of what shrink.js makes

/**
 * Return what a photo of a place is sent with: {item}, {site} or {activity}.
 *
 * Everywhere else a place is its name: an item's number, `site/…` or `activity/…`, as the hub has it.
 */
function placeOf(name) {
  const [, kind = "item", which] = /^(?:(site|activity)\/)?(.*)$/s.exec(name);
  return { [kind]: which };
}

/** Milliseconds; tests give shorter ones. */
const TIMES = { photo: 60_000, photoAgain: 2000, photoWhole: 24 * 3600_000 };

/** Where photos are kept while the page is away: {all, put, remove}; throws where the browser keeps nothing. */
export function boxes(name) {
  const open = new Promise((done, fail) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("photo", { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = asked.onblocked = () => fail(asked.error || new Error("blocked"));
  });
  open.catch(() => {}); // told to whoever asks for something
  const within = async (mode, act) => {
    const transaction = (await open).transaction("photo", mode, { durability: "strict" });
    const request = act(transaction.objectStore("photo"));
    await new Promise((done, fail) => {
      transaction.oncomplete = done;
      transaction.onerror = transaction.onabort = () => fail(transaction.error || new Error("not stored"));
    });
    return request.result;
  };
  return {
    all: () => within("readonly", (store) => store.getAll()),
    put: (record) => within("readwrite", (store) => store.put(record)),
    remove: (key) => within("readwrite", (store) => store.delete(key)),
  };
}

export class EvidenceBox {
  /**
   * @param source   attach(photo, told, signal) and changeEvidence(told, signal), giving {status, body} or throwing
   * @param store    {all, put, remove}, each a promise; what it refuses stays in memory and is sent all the same
   * @param outbox   whose answers go first, and whose badge counts what waits here
   */
  constructor({ slug, member, source, store, outbox, times = {}, now = () => Date.now() }) {
    Object.assign(this, { slug, member, source, store, now });
    this.times = { ...TIMES, ...times };
    this.prefix = `${slug}/${member}/`;
    this.records = new Map();
    this.known = {}; // what the hub has, by place
    this.watching = new Set();
    this.unstored = new Set();
    this.sequence = 0;
    this.progress = new Map();
    this.hidden = new Set(); // removed before this page was opened
    this.seen = new Map(); // addresses of pictures, for whoever shows them
    this.join(outbox);
    this.ready = this._load();
  }

  /** Wait for the answers of this outbox from now on. */
  join(outbox) {
    this.outbox = outbox;
    outbox.also = () => this.state();
  }

  /** Have somebody called with a place whenever something of it can be seen differently; return what ends that. */
  watch(told) {
    this.watching.add(told);
    return () => this.watching.delete(told);
  }

  changed(place) {
    for (const told of this.watching) told(place);
  }

  async _load() {
    try {
      const found = (await this.store.all()).filter((one) => one.key.startsWith(this.prefix));
      for (const one of found) one.place = one.place || one.item; // kept when there were photos of items only
      for (const one of found) if (!this.records.has(one.key)) this.records.set(one.key, one);
      const done = this._settled();
      const removed = found.filter((one) => one.withdrawn && !one.change);
      for (const one of removed) this.hidden.add(one.key);
      const old = removed.filter((one) => !one.evidence || !(this.now() - one.edited <= this.times.photoWhole));
      for (const one of [...old, ...done.slice(MOST_KEPT)]) this._forget(one.key);
      await this._lighten();
    } catch {
      // no storage at all: photos stay in memory, and the badge says so
    }
    this.changed();
    this._soon(0);
  }

  /** What the hub has, the newest first. */
  _settled() {
    return [...this.records.values()].filter((one) => one.evidence && !one.change).sort((one, other) => other.at - one.at);
  }

  /** Let go of whole photos that are old, or too many. */
  async _lighten() {
    for (const [place, one] of this._settled().filter(({ blob }) => blob).entries()) {
      if (place < MOST_WHOLE && this.now() - one.edited <= this.times.photoWhole) continue;
      const light = { ...one };
      delete light.blob;
      await this._keep(light);
    }
  }

  _forget(key) {
    this.records.delete(key);
    this.store.remove(key).catch(() => {});
  }

  async _keep(record) {
    this.records.set(record.key, record);
    try {
      await this.store.put(record);
      this.unstored.delete(record.key);
    } catch {
      if (this._waits(record)) this.unstored.add(record.key);
    }
    this.changed(record.place);
  }

  _waits(record) {
    return !record.refused && (record.evidence ? Boolean(record.change) : !record.withdrawn);
  }

  /** Say whether it is not certain, after a restore, that the hub still has what it acknowledged. */
  _uncertain(record) {
    return Boolean(record.evidence) && (record.restore ?? "") !== this.outbox.restore;
  }

  /**
   * Take over what the hub holds of this member's: {place: [{evidence, caption, media, name, taken, at}]}.
   *
   * @param restore  the hub's last restore, "" for none; nothing for a sheet that was kept here
   */
  async take(known, restore = null) {
    this.known = known || {};
    await this.ready;
    if (restore === null || restore !== this.outbox.restore) return;
    for (const record of [...this.records.values()].filter((one) => this._uncertain(one))) await this._bringBack(record, restore);
    this._soon(0);
  }

  /** The hub was put back to an earlier state: what it has no more of a photo goes to it again. */
  async _bringBack(record, restore) {
    const now = { ...record, ...record.change, restore };
    delete now.change;
    // told by number and time: others may have counted up to the same number since
    const there = (this.known[record.place] || []).find((one) => one.evidence === record.evidence && one.at === record.saved);
    if (there && (there.caption !== now.caption || now.withdrawn)) {
      Object.assign(now, { caption: there.caption, withdrawn: false, change: { caption: now.caption, withdrawn: Boolean(now.withdrawn) } });
    } else if (!there && !now.withdrawn) { // lost, or on the hub as removed: the same photo again is the same to it
      delete now.evidence;
      delete now.refused;
      if (now.blob) now.change = { caption: now.caption, withdrawn: false };
      else now.refused = { message: "", code: "lost" };
    }
    await this._keep(now);
  }

  /** Tell how the whole box stands, for the badge. */
  state() {
    const uncertain = [...this.records.values()].some((one) => this._uncertain(one));
    const waiting = [...this.records.values()].filter((one) => this._waits(one) || this._uncertain(one));
    return {
      uncertain,
      waiting: waiting.length,
      oldest: waiting.length ? Math.min(...waiting.map((one) => one.at)) : null,
      full: this.unstored.size,
      refused: [...new Set([...this.records.values()].filter((one) => one.refused && !one.withdrawn && placeOf(one.place).item).map((one) => one.place))],
    };
  }

  /** Say whether something of a place waits or was refused. */
  unsettled(place) {
    return [...this.records.values()].some((one) => one.place === place && (this._waits(one) || this._uncertain(one) || (one.refused && !one.withdrawn)));
  }

  /**
   * Return what a person sees of a place, oldest first:
   * {key, evidence, caption, media, name, thumbnail, blob, withdrawn, waiting, refused, progress, at}.
   */
  shows(place) {
    const own = [...this.records.values()].filter((one) => one.place === place);
    const here = new Set(own.map((one) => one.evidence).filter(Boolean));
    const there = (this.known[place] || []).filter((one) => !here.has(one.evidence)).map((one) => ({
      ...one, key: `hub/${one.evidence}`, at: Date.parse(one.taken), saved: one.at,
    }));
    return [...there, ...own.filter((one) => one.change || !this.hidden.has(one.key)).map((one) => ({
      ...one, waiting: this._waits(one) || this._uncertain(one), progress: this.progress.get(one.key) ?? null,
      caption: one.change ? one.change.caption : one.caption, withdrawn: one.change ? one.change.withdrawn : one.withdrawn,
    }))].sort((one, other) => one.at - other.at);
  }

  /** Store a photo or file: {blob, thumbnail, taken, name}. */
  async add(place, { blob, thumbnail, taken, name }) {
    this.sequence += 1;
    const { client } = this.outbox;
    const key = `${this.prefix}${client}/${this.sequence}`;
    await this._keep({
      key, place, client, sequence: this.sequence, blob, thumbnail, taken, name, media: blob.type, caption: "",
      withdrawn: false, at: this.now(),
    });
    this._soon(0);
  }

  /** Say what is on a photo, withdraw it, or bring it back: {caption} or {withdrawn}. */
  async change(place, key, changed) {
    let record = this.records.get(key);
    if (!record) {
      const there = this.shows(place).find((one) => one.key === key);
      if (!there) return;
      record = { ...there, key: `${this.prefix}${key}`, place, restore: this.outbox.restore };
      delete record.waiting;
    }
    const next = { ...record, ...changed };
    if (record.evidence || record.change || this.sending === record.key) {
      const { caption, withdrawn } = { caption: record.caption, withdrawn: Boolean(record.withdrawn), ...record.change, ...changed };
      Object.assign(next, { caption: record.caption, withdrawn: record.withdrawn, change: { caption, withdrawn } });
    }
    if (next.evidence || next.blob) delete next.refused;
    await this._keep(next);
    this._soon(0);
  }

  /** Send again what the hub refused. */
  async retry(key) {
    const record = { ...this.records.get(key) };
    delete record.refused;
    this.sequence += 1;
    await this._keep({ ...record, client: this.outbox.client, sequence: this.sequence });
    this._soon(0);
  }

  _soon(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._send(), delay);
  }

  async _send() {
    if (this.sending) return;
    const { waiting, signedOut } = this.outbox.own();
    const next = [...this.records.values()].filter((one) => this._waits(one) && !this._uncertain(one)).sort((one, other) => one.at - other.at)[0];
    if (!next) return;
    if (waiting || signedOut || !this.outbox.running) {
      this._soon(this.times.photoAgain); // answers are worth more than photos
      return;
    }
    this.sending = next.key;
    const sent = await this._deliver(next);
    this.sending = null;
    this.progress.delete(next.key);
    this.changed(next.place);
    this._soon(sent ? 0 : this.times.photoAgain);
  }

  /** Send one photo, or what was changed of it; true when its fate is known. */
  async _deliver(record) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.times.photo);
    const { key, place, evidence, change, client, sequence, caption, taken, name } = record;
    const told = { visit: this.slug, member: this.member };
    let answer;
    try {
      answer = evidence
        ? await this.source.changeEvidence({ ...told, evidence, ...change }, abort.signal)
        : await this.source.attach(record.blob, {
          ...told, ...placeOf(place), client, sequence, caption, taken: taken || "", name: name || "", ago: Math.max(0, (this.now() - record.at) / 1000),
        }, abort.signal, (share) => { this.progress.set(key, share); this.changed(place); });
    } catch {
      return false; // out of reach
    } finally {
      clearTimeout(timer);
    }
    const { status, body } = answer;
    const now = { ...this.records.get(key) };
    if (status === 200 && body && body.evidence) {
      const again = now.change && (now.change.caption !== body.caption || now.change.withdrawn !== body.withdrawn);
      Object.assign(now, {
        evidence: body.evidence, caption: body.caption, withdrawn: body.withdrawn, saved: body.at, media: body.media,
        restore: this.outbox.restore, edited: this.now(),
      });
      if (!again) delete now.change;
      await this._keep(now);
      await this._lighten();
      return true;
    }
    if (status === 409 && body && body.code === "sequence-reused") {
      await this.retry(key);
      return true;
    }
    const stranger = status === 401 || (body && ["another-sheet", "another-visit"].includes(body.code));
    if (!stranger && status >= 400 && status < 500 && status !== 408 && status !== 429 && body && body.message) {
      now.refused = { message: body.message, code: body.code };
      await this._keep(now);
      return true;
    }
    return false;
  }
}
