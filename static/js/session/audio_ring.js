/**
 * Keeps captured audio until it is settled, by position. Bounded: past its capacity the oldest sound is given up and
 * becomes a lost stretch, which the sender then declares as a gap.
 *
 * Stretches are plain values that are only ever added at one end (`append`) and dropped at the other (`settle`). What is
 * held can be told to a journal, which keeps it for the next page (spill.js).
 */

/**
 * @typedef {import("../audio/capture_core.js").SpanKind} SpanKind
 * @typedef {import("../protocol/messages.js").LossReason} LossReason
 * @typedef {object} Span
 * @property {SpanKind} kind
 * @property {LossReason | ""} reason why it was lost; empty when it was not, or nobody knows
 * @property {number} start position
 * @property {number} end position
 * @property {Int16Array | null} samples when voiced
 *
 * @typedef {object} Run neighbouring spans of one kind and reason
 * @property {SpanKind} kind
 * @property {LossReason | ""} reason
 * @property {number} start
 * @property {number} end
 * @property {boolean} isClosed whether something else follows at `end`, so that the run will not grow
 *
 * @typedef {object} Journal is told what the ring holds; spans are named by their start
 * @property {(span: Readonly<Span>) => void} put a new span, or one that has changed
 * @property {(start: number) => void} drop
 * @property {(position: number) => void} settle every span that starts before is gone
 */

export const CAPACITY_SAMPLES = 16_000 * 60 * 15; // 15 minutes, 29 MB

export class AudioRing {
  /** @type {Span[]} */
  #spans = [];
  #end = 0;
  #nKept = 0;
  #capacity_samples;
  /** @type {Journal | null} */
  #journal = null;

  /** @param {number} [capacity_samples] */
  constructor(capacity_samples = CAPACITY_SAMPLES) {
    this.#capacity_samples = capacity_samples;
  }

  /**
   * What a journal kept of an earlier page's ring.
   * @param {readonly Span[]} spans in order
   * @param {number} end position after the newest captured sample
   */
  static restored(spans, end) {
    const ring = new AudioRing();
    ring.#end = spans.length > 0 ? spans[0].start : end;
    for (const { kind, reason, start, end: until, samples } of spans) {
      ring.append("lost", start - ring.#end, null, "page_reloaded"); // nothing, unless the browser lost a write
      ring.append(kind, until - ring.#end, samples, reason);
    }
    ring.append("lost", end - ring.#end, null, "page_reloaded");
    return ring;
  }

  /** @returns {number} position of the oldest sample that is held, or `end` */
  get start() {
    return this.#spans.length > 0 ? this.#spans[0].start : this.#end;
  }

  /** @returns {number} position after the newest captured sample */
  get end() {
    return this.#end;
  }

  /** @returns {number} voiced samples held */
  get nKept() {
    return this.#nKept;
  }

  /**
   * From now on a journal is told.
   * @param {Journal} journal
   * @param {boolean} [isRestored] whether all that is held came from there
   */
  keepIn(journal, isRestored = false) {
    this.#journal = journal;
    if (!isRestored) for (const span of this.#spans) journal.put(span);
  }

  /**
   * @param {SpanKind} kind
   * @param {number} nSamples
   * @param {Int16Array | null} samples kept, not copied
   * @param {LossReason | ""} [reason] when lost
   */
  append(kind, nSamples, samples, reason = "") {
    if (nSamples <= 0) return;
    const start = this.#end;
    this.#end += nSamples;
    let span = this.#spans.at(-1);
    if (kind !== "voiced" && span && isSame(span, { kind, reason })) {
      span.end = this.#end;
    } else {
      span = { kind, reason, start, end: this.#end, samples };
      this.#spans.push(span);
    }
    this.#journal?.put(span);
    if (kind === "voiced") this.#nKept += nSamples;
    while (this.#nKept > this.#capacity_samples) this.#giveUpOldest();
  }

  /**
   * Drops what ends at or before a settled position. A span that reaches beyond it stays whole.
   * @param {number} position
   */
  settle(position) {
    let n = 0;
    while (n < this.#spans.length && this.#spans[n].end <= position) {
      if (this.#spans[n].kind === "voiced") this.#nKept -= this.#spans[n].end - this.#spans[n].start;
      n += 1;
    }
    this.#spans.splice(0, n);
    this.#end = Math.max(this.#end, position);
    if (n > 0) this.#journal?.settle(this.start);
  }

  /**
   * The run at a position, as far as `nSamples` beyond it (runs without sound in full).
   * @param {number} position
   * @param {number} nSamples
   * @returns {Run | null} null at the end of what was captured
   */
  run(position, nSamples) {
    if (position >= this.#end) return null;
    let i = this.#indexAt(position);
    const first = this.#spans[i];
    if (position < first.start) return { kind: "lost", reason: "", start: position, end: first.start, isClosed: true };
    const { kind, reason } = first;
    let { end } = first;
    let next = this.#spans[i + 1];
    while (next && isSame(next, first) && (end - position < nSamples || kind !== "voiced")) {
      end = next.end;
      i += 1;
      next = this.#spans[i + 1];
    }
    return { kind, reason, start: position, end, isClosed: next !== undefined && !isSame(next, first) };
  }

  /**
   * @param {number} start
   * @param {number} end both within one voiced run
   * @returns {Int16Array} a copy
   */
  samples(start, end) {
    const samples = new Int16Array(end - start);
    for (let i = this.#indexAt(start), at = start; at < end; i += 1) {
      const span = this.#spans[i];
      if (!span?.samples) throw new RangeError("those samples are not held");
      const part = span.samples.subarray(at - span.start, Math.min(end, span.end) - span.start);
      samples.set(part, at - start);
      at += part.length;
    }
    return samples;
  }

  /** @param {number} position @returns {boolean} whether the sample at that position is held */
  holds(position) {
    const span = this.#spans[this.#indexAt(position)];
    return span !== undefined && span.start <= position && span.samples !== null;
  }

  /** @param {number} position @returns {number} index of the first span that ends after it */
  #indexAt(position) {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#spans[middle].end <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #giveUpOldest() {
    const i = this.#spans.findIndex((span) => span.kind === "voiced");
    const span = this.#spans[i];
    this.#nKept -= span.end - span.start;
    span.kind = "lost";
    span.reason = "store_full";
    span.samples = null;
    const before = this.#spans[i - 1];
    if (!before || !isSame(before, span)) {
      this.#journal?.put(span);
      return;
    }
    before.end = span.end;
    this.#spans.splice(i, 1);
    this.#journal?.drop(span.start);
    this.#journal?.put(before);
  }
}

/** @param {Pick<Span, "kind" | "reason">} one @param {Pick<Span, "kind" | "reason">} other */
function isSame(one, other) {
  return one.kind === other.kind && one.reason === other.reason;
}
