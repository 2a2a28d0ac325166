/** Seeded random numbers (mulberry32), so that a failing property can be run again. */

/** @param {number} seed @returns {() => number} in [0, 1) */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {() => number} random @param {number} n @returns {number} one of 0 … n - 1 */
export function chance(random, n) {
  return Math.floor(random() * n);
}
