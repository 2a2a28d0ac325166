/**
 * Spills one session's ring into the store as it changes, a few times a second: not when the page is left, since a page
 * that crashes is not told. A store that fails is given up, once and for all: the ring goes on in memory.
 */

/**
 * @typedef {import("./audio_ring.js").Journal} Journal
 * @typedef {import("./audio_ring.js").Span} Span
 * @typedef {import("./spill_store.js").SessionRecord} SessionRecord
 * @typedef {import("./spill_store.js").SpillStore} SpillStore
 * @typedef {import("./surroundings.js").Surroundings} Surroundings
 */

const EVERY_MS = 250;

/** @implements {Journal} */
export class Spill {
  #store;
  #around;
  #onFailed;
  #record;
  /** @type {Map<number, Readonly<Span> | null>} by start; null: to be dropped */
  #changed = new Map();
  #settledBefore = 0;
  #hasNews = false;
  #isOver = false;
  #nWriting = 0;
  #wroteAt_ms = -Infinity;
  /** @type {any} */
  #timer = null;

  /**
   * @param {SpillStore} store
   * @param {SessionRecord} record
   * @param {Pick<Surroundings, "now_ms" | "setTimer" | "clearTimer">} around
   * @param {() => void} onFailed nothing more is kept for the next page
   */
  constructor(store, record, around, onFailed) {
    this.#store = store;
    this.#record = record;
    this.#around = around;
    this.#onFailed = onFailed;
  }

  /** @param {Readonly<Span>} span */
  put(span) {
    this.#change(span.start, span);
  }

  /** @param {number} start */
  drop(start) {
    this.#change(start, null);
  }

  /** @param {number} position */
  settle(position) {
    if (this.#isOver) return;
    this.#settledBefore = position;
    for (const start of this.#changed.keys()) if (start < position) this.#changed.delete(start);
    this.#touch();
  }

  /** @param {number} end position after the newest captured sample @param {number} capturedAt_ms by the wall clock */
  captured(end, capturedAt_ms) {
    this.#record = { ...this.#record, end, capturedAt_ms };
    this.#touch();
  }

  /** What the next page has to know at once. @param {Partial<SessionRecord>} news */
  note(news) {
    this.#record = { ...this.#record, ...news };
    this.#hasNews = true;
    this.flush();
  }

  /** Writes what there is, also while an earlier write is under way. */
  flush() {
    this.#around.clearTimer(this.#timer);
    this.#timer = null;
    if (this.#isOver || !this.#hasNews) return;
    this.#hasNews = false;
    this.#wroteAt_ms = this.#around.now_ms();
    void this.#write();
  }

  /** The session is over, or somebody else's: nothing is written any more. */
  stop() {
    this.#isOver = true;
    this.#around.clearTimer(this.#timer);
    this.#changed.clear();
  }

  /** Forgets the session: all of it is delivered, or never will be. */
  async remove() {
    this.stop();
    await this.#store.remove(this.#record.session_id).catch(() => undefined); // found again, and dealt with, by a later page
  }

  /** @param {number} start @param {Readonly<Span> | null} span */
  #change(start, span) {
    if (this.#isOver) return;
    this.#changed.set(start, span);
    this.#touch();
  }

  #touch() {
    if (this.#isOver) return;
    this.#hasNews = true;
    if (this.#nWriting > 0) return;
    const wait_ms = this.#wroteAt_ms + EVERY_MS - this.#around.now_ms();
    if (wait_ms <= 0) this.flush();
    else this.#timer ??= this.#around.setTimer(() => this.flush(), wait_ms);
  }

  async #write() {
    const changes = [...this.#changed];
    this.#changed.clear();
    this.#nWriting += 1;
    try {
      await this.#store.write({
        record: this.#record,
        settledBefore: this.#settledBefore,
        drops: changes.flatMap(([start, span]) => (span ? [] : [start])),
        puts: changes.flatMap(([, span]) => span ?? []),
      });
    } catch {
      this.#fail();
    }
    this.#nWriting -= 1;
    if (this.#hasNews) this.#touch();
  }

  #fail() {
    if (this.#isOver) return;
    this.stop();
    this.#onFailed();
  }
}
