/**
 * A device's storage that outlives a power cut: what is put on it is written twice, at once and through to the disk.
 *
 * Browsers hold back what goes to localStorage (Chromium 156 had not written it six seconds later, when it was killed);
 * IndexedDB with strict durability is on the disk within moments, but it answers later, and some viewers have only one
 * of the two. It knows nothing of score sheets and touches no screen.
 */

const PATIENCE = 3000; // milliseconds; some viewers never answer

const answered = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = request.onblocked = () => fail(request.error || new Error("blocked"));
});

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
   * @param family  what all its keys begin with
   * @param quick   the page's `localStorage`, or nothing
   * @param failed  called when what was taken could not be written after all
   */
  static async open(family, quick, failed = () => {}) {
    const shelf = new Shelf(quick, failed);
    try {
      const asked = indexedDB.open(family, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
      const late = new Promise((done, fail) => { setTimeout(() => fail(new Error("late")), PATIENCE); });
      shelf.disk = await Promise.race([answered(asked), late]);
      const kept = shelf.disk.transaction("kept").objectStore("kept");
      const [keys, values] = await Promise.all([answered(kept.getAllKeys()), answered(kept.getAll())]);
      for (const [place, key] of keys.entries()) shelf._restore(key, values[place]);
    } catch {
      shelf.disk = null;
    }
    return shelf;
  }

  constructor(quick, failed) {
    Object.assign(this, { quick, failed, disk: null });
    this.slow = new Map(); // what is on the disk only, because the quick storage is missing or full
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

  /** Keep a value; throws where the device takes it nowhere. */
  setItem(key, value) {
    try {
      this.quick.setItem(key, value);
      this.slow.delete(key);
    } catch (error) {
      if (!this.disk) throw error;
      this.slow.set(key, value);
    }
    if (this.disk) this._write(key, value);
  }

  _write(key, value) {
    const lost = () => {
      this.disk = null;
      if (this.slow.size) this.failed();
    };
    try {
      const transaction = this.disk.transaction("kept", "readwrite", { durability: "strict" });
      transaction.onerror = transaction.onabort = lost;
      transaction.objectStore("kept").put(value, key);
    } catch {
      lost();
    }
  }
}
