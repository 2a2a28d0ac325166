/**
 * Decides what goes to the server next, from what the ring holds and what the server grants. Pure: no socket, no clock.
 *
 * Mute messages and reasons of losses take their place in the stream of positions, between the frames that they part, so
 * that a replay after a reconnect says the same as the first time.
 */

import { FLAG_DISCONTINUITY, FLAG_MUTED, HEADER_BYTES, framePack } from "../protocol/frame.js";

const SAMPLES_PER_MS = 16;
const LIVE_FRAME_SAMPLES = 640; // 40 ms, as they are captured
const QUIET_STEP_SAMPLES = 16_000; // while muted, a frame without samples about once a second
/** Each jump over lost time is a lasting event for everybody, so that an open-ended loss is told in larger steps. */
const LOST_STEP_SAMPLES = 160_000;
const BURST_MS = 1_000;
/** The server measures with its own clock; staying below what it grants leaves room for the difference. */
const CATCHUP_SHARE = 0.9;
const NO_SAMPLES = new Int16Array(0);

/**
 * @typedef {import("./audio_ring.js").AudioRing} AudioRing
 * @typedef {import("./audio_ring.js").Run} Run
 * @typedef {import("../protocol/messages.js").Limits} Limits
 * @typedef {import("../protocol/messages.js").LossReason} LossReason
 * @typedef {{type: "frame", buffer: ArrayBuffer} | {type: "mute", on: boolean} | {type: "lost", reason: LossReason}
 *   | {type: "end", position: number}} Action `lost` says why what the next frame skips was lost
 */

export class FrameSender {
  #ring;
  #next = 0;
  #settled = 0;
  /** @type {boolean | null} what the server was last told on this connection; a new one begins unmuted */
  #toldMute = false;
  #toldLostTo = -1;
  #hasBegun;
  /** @type {number | null} */
  #endPosition = null;
  #isEndSent = false;
  #isPaused = false;
  #shortest = 320;
  #longest = 3_200;
  #ahead = 0;
  #perMs = 0;
  #granted = 0;
  #grantedAt_ms = 0;

  /** @param {AudioRing} ring @param {boolean} [isResumed] whether an earlier page has sent from it */
  constructor(ring, isResumed = false) {
    this.#ring = ring;
    this.#hasBegun = isResumed;
  }

  /** @returns {number} the next position to be sent */
  get position() {
    return this.#next;
  }

  /**
   * A connection begins: everything from `settled` on is sent again.
   * @param {number} settled
   * @param {Limits} limits
   * @param {number} now_ms
   */
  begin(settled, limits, now_ms) {
    this.#next = settled;
    this.#settled = settled;
    this.#toldMute = this.#hasBegun ? null : false;
    this.#hasBegun = true;
    this.#toldLostTo = -1;
    this.#isEndSent = false;
    this.#isPaused = false;
    this.#shortest = limits.frame_ms[0] * SAMPLES_PER_MS;
    const fits = Math.floor((limits.max_frame_bytes - HEADER_BYTES) / 2);
    this.#longest = Math.min(limits.frame_ms[1] * SAMPLES_PER_MS, fits);
    this.#ahead = limits.unsettled_max_ms * SAMPLES_PER_MS;
    this.#perMs = limits.catchup_x * SAMPLES_PER_MS * CATCHUP_SHARE;
    this.#granted = BURST_MS * SAMPLES_PER_MS;
    this.#grantedAt_ms = now_ms;
  }

  /** @param {number} settled */
  settled(settled) {
    this.#settled = Math.max(this.#settled, settled);
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.#isPaused = isPaused;
  }

  /** Nothing follows after this position: when it is reached, `end` is sent. @param {number} position */
  finish(position) {
    this.#endPosition = position;
  }

  /**
   * What may be sent now, in order. Consume it as far as the socket has room: what was not taken comes again.
   * @param {number} now_ms
   * @returns {Generator<Action, void, void>}
   */
  *actions(now_ms) {
    this.#grant(now_ms);
    while (!this.#isPaused) {
      const action = this.#step();
      if (!action) return;
      yield action;
    }
  }

  /** @returns {Action | null} null: nothing may be sent now */
  #step() {
    const run = this.#ring.run(this.#next, this.#longest + this.#shortest);
    if (run) return run.kind === "voiced" ? this.#voiced(run) : this.#quiet(run);
    if (this.#isEndSent || this.#next !== this.#endPosition) return null;
    this.#isEndSent = true;
    return { type: "end", position: this.#next };
  }

  /** @param {number} now_ms */
  #grant(now_ms) {
    const earned = Math.max(0, now_ms - this.#grantedAt_ms) * this.#perMs;
    this.#granted = Math.min(BURST_MS * SAMPLES_PER_MS, this.#granted + earned);
    this.#grantedAt_ms = now_ms;
  }

  /** @param {Run} run @returns {Action | null} */
  #voiced(run) {
    const nSamples = this.#frameLength(run);
    if (nSamples === 0 || nSamples > this.#granted) return null;
    if (run.start + nSamples > this.#settled + this.#ahead) return null;
    if (this.#toldMute !== false) return this.#mute(false);
    const isWhole = nSamples >= this.#shortest || run.start + nSamples === this.#endPosition;
    const start = isWhole ? run.start : run.end - this.#shortest;
    if (!isWhole && !this.#ring.holds(start)) return this.#skip(run.end, FLAG_DISCONTINUITY);
    const samples = this.#ring.samples(start, run.start + nSamples);
    this.#granted -= samples.length;
    this.#next = run.start + nSamples;
    return { type: "frame", buffer: framePack({ flags: 0, position: start, samples }) };
  }

  /**
   * A frame must not leave a rest that is too short to be a frame.
   * @param {Run} run
   * @returns {number} 0: wait for more
   */
  #frameLength({ start, end, isClosed }) {
    const available = end - start;
    const isLast = isClosed || end === this.#endPosition;
    if (!isLast && available < Math.min(LIVE_FRAME_SAMPLES, this.#longest)) return 0;
    const nSamples = Math.min(available, this.#longest);
    const rest = available - nSamples;
    return rest > 0 && rest < this.#shortest ? nSamples - this.#shortest : nSamples;
  }

  /** @param {Run} run muted or lost @returns {Action | null} */
  #quiet(run) {
    if (run.kind === "muted" && this.#toldMute !== true) return this.#mute(true);
    const isLast = run.isClosed || run.end === this.#endPosition;
    const step = run.kind === "muted" ? QUIET_STEP_SAMPLES : LOST_STEP_SAMPLES;
    if (!isLast && run.end - this.#next < step) return null;
    // A jump is no audio: how long it is does not matter, only whether the server has room for what came before it.
    if (run.start > this.#settled + this.#ahead) return null;
    if (run.reason !== "" && this.#toldLostTo !== run.end) {
      this.#toldLostTo = run.end;
      return { type: "lost", reason: run.reason };
    }
    return this.#skip(run.end, run.kind === "muted" ? FLAG_MUTED : FLAG_DISCONTINUITY);
  }

  /** @param {number} position @param {number} flags what the samples up to there were @returns {Action} */
  #skip(position, flags) {
    this.#next = position;
    return { type: "frame", buffer: framePack({ flags, position, samples: NO_SAMPLES }) };
  }

  /** @param {boolean} on @returns {Action} */
  #mute(on) {
    this.#toldMute = on;
    return { type: "mute", on };
  }
}
