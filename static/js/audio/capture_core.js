/**
 * Cuts what the microphone gives into blocks at 16 kHz. Runs on the audio thread: `quantum` allocates nothing as long as
 * the page returns a fresh buffer for every block that it gets; a page that is stalled for longer costs one allocation a
 * block, which is better than losing speech.
 *
 * Every sample of capture time is counted, so that positions run with the capture clock: samples while muted are counted
 * and their sound is never kept; a quantum without input (no device) is counted as lost.
 */

import { Resampler } from "./resampler.js";

export const SAMPLE_RATE_HZ = 16_000;
export const BLOCK_SAMPLES = 640; // 40 ms: others wait for it to be full before they hear it
/** A voiced stretch never ends in less than the shortest frame that the server takes (20 ms). */
export const SHORTEST_BLOCK_SAMPLES = 320;
const QUANTUM_SAMPLES = 128;
const N_SPARE_BUFFERS = 40;

/**
 * @typedef {"voiced" | "muted" | "lost"} SpanKind
 * @typedef {object} Block
 * @property {SpanKind} kind
 * @property {number} nSamples
 * @property {ArrayBuffer | null} buffer signed 16-bit samples when voiced; ownership passes to the receiver
 */

export class CaptureCore {
  #resampler;
  #emit;
  #resampled;
  #mono = new Float32Array(QUANTUM_SAMPLES);
  #silence = new Float32Array(QUANTUM_SAMPLES);
  /** @type {ArrayBuffer[]} */
  #spare = [];
  #block;
  #nSamples = 0;
  /** @type {SpanKind} */
  #kind = "voiced";
  /** @type {SpanKind} what comes next, once the open stretch can be closed */
  #wanted = "voiced";
  #isMuted = false;

  /**
   * @param {number} rate_hz of the microphone's samples
   * @param {(block: Block) => void} emit
   */
  constructor(rate_hz, emit) {
    this.#resampler = new Resampler(rate_hz, SAMPLE_RATE_HZ);
    this.#emit = emit;
    this.#resampled = new Float32Array(this.#resampler.longestOutput(QUANTUM_SAMPLES));
    for (let n = 0; n < N_SPARE_BUFFERS; n += 1) this.#spare.push(new ArrayBuffer(2 * BLOCK_SAMPLES));
    this.#block = new Int16Array(/** @type {ArrayBuffer} */ (this.#spare.pop()));
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    this.#isMuted = isMuted;
  }

  /** @param {ArrayBuffer} buffer takes the place of one that was emitted */
  supply(buffer) {
    if (this.#spare.length < N_SPARE_BUFFERS) this.#spare.push(buffer);
  }

  /** @param {readonly Float32Array[]} channels of 128 samples; none when no device is connected */
  quantum(channels) {
    this.#wanted = this.#isMuted ? "muted" : channels.length === 0 ? "lost" : "voiced";
    // Silence goes through the filter while nothing may be heard, so that it holds no muted speech afterwards.
    const input = this.#wanted === "voiced" ? this.#mixDown(channels) : this.#silence;
    const n = this.#resampler.process(input, this.#resampled);
    for (let i = 0; i < n; i += 1) this.#count(this.#resampled[i]);
  }

  /** Emits what is there, however short. */
  flush() {
    if (this.#nSamples === 0) return;
    const nSamples = this.#nSamples;
    this.#nSamples = 0;
    if (this.#kind !== "voiced") {
      this.#emit({ kind: this.#kind, nSamples, buffer: null });
      return;
    }
    const buffer = this.#block.buffer;
    this.#emit({ kind: "voiced", nSamples, buffer });
    this.#block = new Int16Array(this.#spare.pop() ?? new ArrayBuffer(2 * BLOCK_SAMPLES));
  }

  /** @param {number} sample */
  #count(sample) {
    if (this.#wanted !== this.#kind && this.#mayChange()) {
      this.flush();
      this.#kind = this.#wanted;
    }
    if (this.#kind === "voiced") {
      this.#block[this.#nSamples] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
    }
    this.#nSamples += 1;
    if (this.#nSamples === BLOCK_SAMPLES) this.flush();
  }

  /** A voiced block that is too short for a frame is filled up, with the silence that the filter now gives. */
  #mayChange() {
    return this.#kind !== "voiced" || this.#nSamples === 0 || this.#nSamples >= SHORTEST_BLOCK_SAMPLES;
  }

  /** @param {readonly Float32Array[]} channels */
  #mixDown(channels) {
    if (channels.length === 1) return channels[0];
    const mono = this.#mono;
    mono.fill(0);
    for (let c = 0; c < channels.length; c += 1) {
      const channel = channels[c];
      for (let i = 0; i < mono.length; i += 1) mono[i] += channel[i] / channels.length;
    }
    return mono;
  }
}
