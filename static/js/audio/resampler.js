/**
 * A stateful sample-rate converter: the twin of `streaming/audio/resampler.py`, whose description holds here to the
 * letter and whose vectors the tests compare. `process` allocates nothing, so it may run on the audio thread.
 */

const KAISER_BETA = 8;
const ZERO_CROSSINGS = 32;
const CUTOFF = 0.92;
const LONGEST_PIECE_SAMPLES = 4096;

/** @param {number} a @param {number} b @returns {number} */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** @param {number} x @returns {number} the modified Bessel function I0 */
function besselI0(x) {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-17; n += 1) {
    term *= (x / 2 / n) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * @param {number} nPhases
 * @param {number} halfLength
 * @param {number} cutoff
 * @returns {Float64Array[]} for each phase 2 * halfLength taps whose sum is 1
 */
function polyphaseTaps(nPhases, halfLength, cutoff) {
  return Array.from({ length: nPhases }, (_, phase) => {
    const taps = new Float64Array(2 * halfLength);
    for (let j = 0; j < taps.length; j += 1) {
      const distance = j - halfLength + 1 - phase / nPhases;
      const angle = Math.PI * cutoff * distance;
      const window = besselI0(KAISER_BETA * Math.sqrt(Math.max(0, 1 - (distance / halfLength) ** 2)));
      taps[j] = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
    }
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
}

export class Resampler {
  #up;
  #down;
  #halfLength;
  #isPassthrough;
  /** @type {Float64Array[]} */
  #taps = [];
  /** Input samples that are still needed, oldest first. */
  #kept;
  #nKept;
  /** Where in #kept the window of the next output begins, and that output's phase. */
  #first = 0;
  #phase = 0;
  #nInput = 0;
  #nOutput = 0;

  /** @param {number} from_hz @param {number} to_hz */
  constructor(from_hz, to_hz) {
    const divisor = greatestCommonDivisor(from_hz, to_hz);
    const lower_hz = Math.min(from_hz, to_hz);
    this.#up = to_hz / divisor;
    this.#down = from_hz / divisor;
    this.#isPassthrough = from_hz === to_hz;
    this.#halfLength = Math.ceil((ZERO_CROSSINGS * from_hz) / lower_hz);
    this.#kept = new Float64Array(2 * this.#halfLength + this.#down + LONGEST_PIECE_SAMPLES);
    this.#nKept = this.#halfLength - 1; // silence before the first sample
    if (!this.#isPassthrough) {
      this.#taps = polyphaseTaps(this.#up, this.#halfLength, (CUTOFF * lower_hz) / from_hz);
    }
  }

  /** @param {number} nInput @returns {number} the most samples that `process` can give for so many */
  longestOutput(nInput) {
    return Math.ceil((nInput * this.#up) / this.#down) + 1;
  }

  /**
   * @param {Float32Array} input at most 4,096 samples
   * @param {Float32Array} output has room for `longestOutput(input.length)`
   * @returns {number} samples written
   */
  process(input, output) {
    this.#nInput += input.length;
    if (this.#isPassthrough) {
      output.set(input);
      return input.length;
    }
    this.#append(input);
    let n = 0;
    while (this.#first + 2 * this.#halfLength <= this.#nKept) {
      output[n] = this.#next();
      n += 1;
    }
    return n;
  }

  /** Ends the stream; the object is spent. @returns {Float32Array} the rest */
  flush() {
    if (this.#isPassthrough) return new Float32Array(0);
    const nTotal = Math.ceil((this.#nInput * this.#up) / this.#down);
    this.#append(new Float32Array(this.#halfLength + 1));
    return Float32Array.from({ length: nTotal - this.#nOutput }, () => this.#next());
  }

  /** @param {Float32Array} input */
  #append(input) {
    if (this.#nKept + input.length > this.#kept.length) {
      this.#kept.copyWithin(0, this.#first, this.#nKept);
      this.#nKept -= this.#first;
      this.#first = 0;
    }
    this.#kept.set(input, this.#nKept);
    this.#nKept += input.length;
  }

  #next() {
    const taps = this.#taps[this.#phase];
    const kept = this.#kept;
    const first = this.#first;
    let sum = 0;
    for (let j = 0; j < taps.length; j += 1) sum += taps[j] * kept[first + j];
    this.#phase += this.#down;
    const nWhole = Math.floor(this.#phase / this.#up);
    this.#phase -= nWhole * this.#up;
    this.#first += nWhole;
    this.#nOutput += 1;
    return sum;
  }
}
