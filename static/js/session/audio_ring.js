/**
 * Keeps captured audio until it is settled, by position. Bounded: past its capacity the oldest sound is given up and
 * becomes a lost stretch, which the sender then declares as a gap.
 *
 * Stretches are plain values that are only ever added at one end (`append`) and dropped at the other (`settle`).
 */

/**
 * @typedef {import("../audio/capture_core.js").SpanKind} SpanKind
 * @typedef {object} Span
 * @property {SpanKind} kind
 * @property {number} start position
 * @property {number} end position
 * @property {Int16Array | null} samples when voiced
 *
 * @typedef {object} Run neighbouring spans of one kind
 * @property {SpanKind} kind
 * @property {number} start
 * @property {number} end
 * @property {boolean} isClosed whether another kind follows at `end`, so that the run will not grow
 */

export const CAPACITY_SAMPLES = 16_000 * 60 * 15; // 15 minutes, 29 MB

export class AudioRing {
  /** @type {Span[]} */
  #spans = [];
  #end = 0;
  #nKept = 0;
  #capacity_samples;

  /** @param {number} [capacity_samples] */
  constructor(capacity_samples = CAPACITY_SAMPLES) {
    this.#capacity_samples = capacity_samples;
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
   * @param {SpanKind} kind
   * @param {number} nSamples
   * @param {Int16Array | null} samples kept, not copied
   */
  append(kind, nSamples, samples) {
    if (nSamples <= 0) return;
    const start = this.#end;
    this.#end += nSamples;
    const last = this.#spans.at(-1);
    if (kind !== "voiced" && last?.kind === kind) {
      last.end = this.#end;
      return;
    }
    this.#spans.push({ kind, start, end: this.#end, samples });
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
    if (position < first.start) return { kind: "lost", start: position, end: first.start, isClosed: true };
    let { end } = first;
    while (this.#spans[i + 1]?.kind === first.kind && (end - position < nSamples || first.kind !== "voiced")) {
      i += 1;
      end = this.#spans[i].end;
    }
    const next = this.#spans[i + 1];
    return { kind: first.kind, start: position, end, isClosed: next !== undefined && next.kind !== first.kind };
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
    span.samples = null;
    const before = this.#spans[i - 1];
    if (before?.kind === "lost") {
      before.end = span.end;
      this.#spans.splice(i, 1);
    }
  }
}
