/**
 * Plays evenly what the network brings in bursts. Runs on the audio thread at 16 kHz: `pull` allocates nothing.
 *
 * A reserve is kept that follows the network: a block that comes too late raises it, and where lately more lay in reserve
 * than was needed, some of it is left out. The server sends nothing while nobody speaks, so only a block that goes on where
 * the last one ended was late; one that comes after a jump of positions begins something new.
 */

export const RATE_HZ = 16_000;
const MS = RATE_HZ / 1000;
const CAPACITY = 1_024 * MS;
const LEAST_RESERVE = 40 * MS;
const MOST_RESERVE = 300 * MS;
const RAISED_BY = 20 * MS;
const MARGIN = 20 * MS;
const WINDOW = 2_000 * MS;
const FADE = 5 * MS;

export class PlayoutCore {
  #ring = new Float32Array(CAPACITY);
  #first = 0; // index in the ring of the next sample to play
  #nHeld = 0;
  #reserve = LEAST_RESERVE;
  #isPlaying = false;
  #hasRunDry = false;
  /** @type {number | null} position after the last sample that came */
  #end = null;
  #least = CAPACITY; // held after a pull, in this window
  #nPulled = 0;
  #last = 0; // the last sample played, which fades away when nothing follows

  /** @returns {number} samples that wait */
  get nHeld() {
    return this.#nHeld;
  }

  /** @returns {number} samples that are gathered before playing begins */
  get reserve() {
    return this.#reserve;
  }

  /**
   * @param {number} position of the first sample
   * @param {Int16Array} samples
   */
  push(position, samples) {
    if (this.#hasRunDry && position === this.#end) this.#reserve = Math.min(MOST_RESERVE, this.#reserve + RAISED_BY);
    this.#hasRunDry = false;
    this.#end = position + samples.length;
    const n = Math.min(samples.length, CAPACITY);
    if (this.#nHeld + n > CAPACITY) this.#leaveOut(this.#nHeld + n - CAPACITY);
    for (let i = 0; i < n; i += 1) this.#ring[(this.#first + this.#nHeld + i) % CAPACITY] = samples[i] / 32_768;
    this.#nHeld += n;
    if (this.#nHeld >= this.#reserve) this.#isPlaying = true;
    if (this.#nHeld > MOST_RESERVE + this.#reserve) this.#leaveOut(this.#nHeld - this.#reserve);
  }

  /** @param {Float32Array} output of any length; silence where there is nothing to play */
  pull(output) {
    const n = this.#isPlaying ? Math.min(output.length, this.#nHeld) : 0;
    for (let i = 0; i < n; i += 1) output[i] = this.#ring[(this.#first + i) % CAPACITY];
    if (n > 0) this.#last = output[n - 1];
    this.#forget(n);
    for (let i = n; i < output.length; i += 1) {
      this.#last *= 1 - 1 / FADE;
      output[i] = this.#last;
    }
    if (this.#isPlaying && n < output.length) {
      this.#isPlaying = false;
      this.#hasRunDry = true;
      this.#beginWindow();
    }
    if (this.#isPlaying) this.#watch(output.length);
  }

  /** @param {number} nPulled */
  #watch(nPulled) {
    this.#least = Math.min(this.#least, this.#nHeld);
    this.#nPulled += nPulled;
    if (this.#nPulled < WINDOW) return;
    const surplus = this.#least - MARGIN;
    if (surplus > 0) {
      this.#reserve = Math.max(LEAST_RESERVE, this.#reserve - surplus);
      this.#leaveOut(surplus);
    }
    this.#beginWindow();
  }

  #beginWindow() {
    this.#least = CAPACITY;
    this.#nPulled = 0;
  }

  /** What is left out is faded over, so that nothing clicks. @param {number} n samples */
  #leaveOut(n) {
    const nFaded = Math.min(FADE, this.#nHeld - n);
    for (let i = 0; i < nFaded; i += 1) {
      const share = (i + 1) / (nFaded + 1);
      const before = this.#ring[(this.#first + i) % CAPACITY];
      const at = (this.#first + n + i) % CAPACITY;
      this.#ring[at] = before * (1 - share) + this.#ring[at] * share;
    }
    this.#forget(n);
  }

  /** @param {number} n */
  #forget(n) {
    this.#first = (this.#first + n) % CAPACITY;
    this.#nHeld -= n;
  }
}
