/** Waiting times between attempts to reconnect: 250 ms doubled up to 5 s, with jitter, so that a room full of pages
 * does not return in the same instant. */

const FIRST_MS = 250;
const LONGEST_MS = 5000;

export class Backoff {
  #attempts = 0;
  #random;

  /** @param {() => number} random in [0, 1) */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} milliseconds to wait before the next attempt */
  next() {
    const full_ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return full_ms * (0.5 + 0.5 * this.#random());
  }

  /** Only after the server has answered with substance: a server that accepts and drops must not be hammered. */
  reset() {
    this.#attempts = 0;
  }
}
