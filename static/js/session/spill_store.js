/**
 * What pages keep of their audio sessions in this browser, in IndexedDB: a record for each session, and its spans by
 * position. Knows nothing of what they mean.
 */

/**
 * @typedef {import("./audio_ring.js").Span} Span
 *
 * @typedef {object} SessionRecord
 * @property {string} session_id
 * @property {string} participant_id
 * @property {string} resume_token
 * @property {string} ws_url
 * @property {string} meeting its code
 * @property {string} title of the meeting
 * @property {string} name
 * @property {"host" | "speaker"} role
 * @property {string} [language] tag of what is spoken; empty: the meeting's
 * @property {readonly string[]} consent what the person agreed to, in words of the protocol
 * @property {boolean} isMuted
 * @property {string} deviceId the microphone that was chosen; empty for the system's
 * @property {number} end position after the newest captured sample
 * @property {number} capturedAt_ms by the wall clock, when that sample was captured
 * @property {boolean} isFinishing nothing more is to be captured
 *
 * @typedef {object} Changes of one session, applied in this order and all at once
 * @property {SessionRecord} record
 * @property {number} settledBefore spans that start before it go
 * @property {readonly number[]} drops starts of spans that go
 * @property {readonly Readonly<Span>[]} puts
 *
 * @typedef {object} SpillStore
 * @property {() => Promise<SessionRecord[]>} sessions
 * @property {(sessionId: string) => Promise<{record: SessionRecord, spans: Span[]} | null>} read
 * @property {(changes: Changes) => Promise<void>} write
 * @property {(sessionId: string) => Promise<void>} remove
 */

const VERSION = 1;

/**
 * @param {string} [name] of the database
 * @returns {Promise<SpillStore>}
 * @throws {DOMException} where a browser keeps nothing: private windows of some, full disks, settings
 */
export async function spillStoreOpen(name = "colloquy") {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("sessions", { keyPath: "session_id" });
    opening.result.createObjectStore("spans", { keyPath: ["session_id", "start"] });
  };
  const database = await answer(opening);
  database.onversionchange = () => database.close(); // a page of a newer version waits for it
  return new IndexedStore(database);
}

/** @implements {SpillStore} */
class IndexedStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @returns {Promise<SessionRecord[]>} */
  async sessions() {
    return answer(this.#database.transaction("sessions").objectStore("sessions").getAll());
  }

  /** @param {string} sessionId */
  async read(sessionId) {
    const transaction = this.#database.transaction(["sessions", "spans"]);
    const [record, spans] = await Promise.all([
      answer(transaction.objectStore("sessions").get(sessionId)),
      answer(transaction.objectStore("spans").getAll(spansOf(sessionId))),
    ]);
    return record ? { record, spans } : null;
  }

  /** @param {Changes} changes */
  async write({ record, settledBefore, drops, puts }) {
    const { session_id } = record;
    const transaction = this.#writing();
    const spans = transaction.objectStore("spans");
    if (settledBefore > 0) spans.delete(spansOf(session_id, settledBefore));
    for (const start of drops) spans.delete([session_id, start]);
    for (const span of puts) spans.put({ session_id, ...span });
    transaction.objectStore("sessions").put(record);
    await done(transaction);
  }

  /** @param {string} sessionId */
  async remove(sessionId) {
    const transaction = this.#writing();
    transaction.objectStore("spans").delete(spansOf(sessionId));
    transaction.objectStore("sessions").delete(sessionId);
    await done(transaction);
  }

  #writing() {
    // Relaxed: what the browser was told survives its own crash; waiting for the disk four times a second would cost more
    // than the moment that a power cut takes.
    return this.#database.transaction(["sessions", "spans"], "readwrite", { durability: "relaxed" });
  }
}

/** @param {string} sessionId @param {number} [before] position */
function spansOf(sessionId, before = Infinity) {
  return IDBKeyRange.bound([sessionId, 0], [sessionId, before], false, true);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function done(transaction) {
  const finished = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });
  transaction.commit(); // a page that is being left does not live to see its requests answered
  return /** @type {Promise<void>} */ (finished);
}
