/** What a browser keeps for its pages, in memory, with the faults of real ones: slowness, refusals. */

export class FakeStore {
  nWrites = 0;
  #records = new Map();
  #spans = new Map();
  #isFailing = false;
  #held = null;
  #letGo = () => undefined;

  fail() {
    this.#isFailing = true;
  }

  hold() {
    this.#held = new Promise((resolve) => (this.#letGo = resolve));
  }

  release() {
    this.#letGo();
    this.#held = null;
  }

  async sessions() {
    return [...this.#records.values()];
  }

  async read(sessionId) {
    const record = this.#records.get(sessionId);
    if (!record) return null;
    const spans = [...(this.#spans.get(sessionId) ?? new Map()).values()].sort((a, b) => a.start - b.start);
    return { record, spans };
  }

  async write({ record, settledBefore, drops, puts }) {
    this.nWrites += 1;
    if (this.#isFailing) throw new DOMException("full", "QuotaExceededError");
    const copies = structuredClone(puts); // as they are now, like a database's
    await this.#held;
    const spans = this.#spans.get(record.session_id) ?? new Map();
    for (const start of spans.keys()) if (start < settledBefore) spans.delete(start);
    for (const start of drops) spans.delete(start);
    for (const span of copies) spans.set(span.start, span);
    this.#spans.set(record.session_id, spans);
    this.#records.set(record.session_id, structuredClone(record));
  }

  async remove(sessionId) {
    await this.#held;
    this.#records.delete(sessionId);
    this.#spans.delete(sessionId);
  }
}

export function recordOf(session_id, more = {}) {
  return {
    session_id, participant_id: "p", resume_token: "token", ws_url: "/ws/v1/audio", meeting: "abc", title: "Board",
    name: "Ada", role: "speaker", consent: ["captions", "transcript"], isMuted: false, deviceId: "", end: 0,
    capturedAt_ms: 0, isFinishing: false, ...more,
  };
}
