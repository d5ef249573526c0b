/**
 * A device's storage that outlives a power cut: what is put on it is written twice, at once and, moments later, through
 * to the disk.
 *
 * Browsers hold back what goes to localStorage (Chromium 156 had not written it six seconds later, when it was killed);
 * IndexedDB with strict durability is on the disk within moments, but it answers later, and some viewers have only one
 * of the two. It knows nothing of score sheets and touches no screen.
 */

const PATIENCE = 3000; // milliseconds; some viewers never answer
const GATHER = 50; // milliseconds; a tap and the hub's answer to it are one write

const answered = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = request.onblocked = () => fail(request.error || new Error("blocked"));
});

const patiently = (answer) => Promise.race([
  answer, new Promise((done, fail) => { setTimeout(() => fail(new Error("late")), PATIENCE); }),
]);

/** Return how new a value is: of two copies the newer one counts. */
function age(raw) {
  try {
    const value = JSON.parse(raw);
    return value.edited ?? value.sequence ?? 0;
  } catch {
    return -1;
  }
}

export class Shelf {
  /**
   * Open the shelf and bring both copies together.
   *
   * Nothing is ever taken off it: what is done with is overwritten by something newer, because a key that is missing
   * cannot tell whether it was removed or lost.
   *
   * @param family  what all its keys begin with, before their first "/"
   * @param quick   the page's `localStorage`, or nothing
   * @param told    called with a key and whether it is kept, where that shows only after `setItem`
   */
  static async open(family, quick, told = () => {}) {
    const shelf = new Shelf(quick, told);
    try {
      const asked = indexedDB.open(family, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
      const disk = await patiently(answered(asked));
      await patiently(shelf._reconcile(disk, `${family}/`));
      disk.onclose = () => { shelf.disk = null; };
      shelf.disk = disk;
      addEventListener("visibilitychange", () => shelf.hasten()); // a page that is put away may not get to run again
    } catch {
      // the quick storage alone, if there is one
    }
    return shelf;
  }

  constructor(quick, told = () => {}) {
    Object.assign(this, { quick, told, disk: null });
    this.slow = new Map(); // what is on the disk only, because the quick storage is missing or full
    this.due = new Set(); // what is not on the disk yet
    this.writing = false;
    this.hasten = () => {};
  }

  /** Bring both copies together. In a single transaction: no other tab can write anything newer in between. */
  async _reconcile(disk, prefix) {
    const kept = disk.transaction("kept", "readwrite", { durability: "strict" }).objectStore("kept");
    const [keys, values] = await Promise.all([answered(kept.getAllKeys()), answered(kept.getAll())]);
    const found = new Map(keys.map((key, place) => [key, values[place]]));
    for (const [key, value] of found) this._restore(key, value);
    for (const key of this.keys(prefix)) if (this.getItem(key) !== found.get(key)) kept.put(this.getItem(key), key);
  }

  _restore(key, value) {
    if (age(value) < age(this.getItem(key)) || value === this.getItem(key)) return;
    try {
      this.quick.setItem(key, value);
    } catch {
      this.slow.set(key, value);
    }
  }

  keys(prefix) {
    const found = new Set(this.slow.keys());
    try {
      for (let place = 0; place < this.quick.length; place += 1) found.add(this.quick.key(place));
    } catch {
      // there is none
    }
    return [...found].filter((key) => key.startsWith(prefix));
  }

  getItem(key) {
    if (this.slow.has(key)) return this.slow.get(key);
    try {
      return this.quick.getItem(key);
    } catch {
      return null;
    }
  }

  /** Keep a value: true when it is kept, false when `told` will be called; throws where the device takes it nowhere. */
  setItem(key, value) {
    let kept = true;
    try {
      this.quick.setItem(key, value);
      this.slow.delete(key);
    } catch (error) {
      if (!this.disk) throw error;
      this.slow.set(key, value);
      kept = false;
    }
    this.due.add(key);
    if (this.disk) this._write(kept ? GATHER : 0);
    return kept;
  }

  /** Write what is due, all of it at once: somebody who types fast makes fewer writes of it. */
  async _write(gather) {
    if (this.writing) return;
    this.writing = true;
    await new Promise((done) => { // until everything that changes together has changed
      this.hasten = done;
      setTimeout(done, gather);
    });
    for (let whole = true; whole && this.due.size;) {
      const values = new Map([...this.due].map((key) => [key, this.getItem(key)])); // another tab's, if that is newer
      this.due.clear();
      whole = await patiently(this._onDisk(values)).then(() => true, () => false);
      for (const [key, value] of values) {
        if (!whole) this.due.add(key); // with the next one
        if (this.slow.has(key) && this.slow.get(key) === value) this.told(key, whole);
      }
    }
    this.writing = false;
  }

  _onDisk(values) {
    return new Promise((done, fail) => {
      const transaction = this.disk.transaction("kept", "readwrite", { durability: "strict" });
      transaction.oncomplete = done;
      transaction.onabort = () => fail(transaction.error);
      for (const [key, value] of values) if (value !== null) transaction.objectStore("kept").put(value, key);
    });
  }
}
