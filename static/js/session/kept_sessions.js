/** The audio sessions that this browser keeps from page to page: begun, found again, taken by one page at a time. */

import { AudioRing } from "./audio_ring.js";
import { sessionLockTake } from "./session_lock.js";
import { Spill } from "./spill.js";

/**
 * @typedef {import("./spill_store.js").SessionRecord} SessionRecord
 * @typedef {import("./spill_store.js").SpillStore} SpillStore
 * @typedef {import("./surroundings.js").Surroundings} Surroundings
 *
 * @typedef {object} KeptSession
 * @property {SessionRecord} record as it was found
 * @property {AudioRing} ring
 * @property {Spill} spill
 * @property {() => void} letGo of the session, to other pages
 *
 * @typedef {object} KeptOptions
 * @property {() => Promise<SpillStore>} openStore
 * @property {Surroundings} around
 * @property {() => void} onFailed nothing is kept for the next page; said once
 * @property {typeof sessionLockTake} [takeLock]
 */

/** Keeps nothing. @type {SpillStore} */
const NO_STORE = {
  sessions: async () => [],
  read: async () => null,
  write: async () => undefined,
  remove: async () => undefined,
};

export class KeptSessions {
  #options;
  #takeLock;
  /** @type {Promise<SpillStore> | null} */
  #store = null;
  #hasFailed = false;

  /** @param {KeptOptions} options */
  constructor(options) {
    this.#options = options;
    this.#takeLock = options.takeLock ?? sessionLockTake;
  }

  /** @returns {boolean} false once this browser has shown that it keeps nothing */
  get isKeeping() {
    return !this.#hasFailed;
  }

  /** @returns {Promise<SessionRecord[]>} those that were captured last come first */
  async list() {
    const store = await this.#open();
    const records = await store.sessions().catch(() => []);
    return records.sort((a, b) => b.capturedAt_ms - a.capturedAt_ms);
  }

  /**
   * A session that was just admitted.
   * @param {SessionRecord} record
   * @param {AudioRing} ring
   * @returns {Promise<KeptSession>}
   */
  async begin(record, ring) {
    const store = await this.#open();
    const letGo = (await this.#takeLock(record.session_id)) ?? (() => undefined);
    const kept = this.#keep(store, record, ring, letGo);
    ring.keepIn(kept.spill);
    return kept;
  }

  /**
   * A session of an earlier page.
   * @param {SessionRecord} record as it was listed
   * @param {number} [tries] for the lock of a page that is going
   * @returns {Promise<KeptSession | null>} null: another page has it, or has finished it
   */
  async take({ session_id }, tries) {
    const store = await this.#open();
    const letGo = await this.#takeLock(session_id, tries);
    if (!letGo) return null;
    const found = await store.read(session_id).catch(() => null); // now that nobody else writes
    if (!found) {
      letGo();
      return null;
    }
    const ring = AudioRing.restored(found.spans, found.record.end);
    const kept = this.#keep(store, found.record, ring, letGo);
    ring.keepIn(kept.spill, true);
    return kept;
  }

  /**
   * @param {SpillStore} store
   * @param {SessionRecord} record
   * @param {AudioRing} ring
   * @param {() => void} letGo
   * @returns {KeptSession}
   */
  #keep(store, record, ring, letGo) {
    const spill = new Spill(store, record, this.#options.around, () => this.#failed());
    return { record, ring, spill, letGo };
  }

  /** @returns {Promise<SpillStore>} */
  #open() {
    this.#store ??= this.#options.openStore().catch(() => {
      this.#failed();
      return NO_STORE;
    });
    return this.#store;
  }

  #failed() {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailed();
  }
}
