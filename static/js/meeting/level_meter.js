/** Shows how loud the microphone is, once a frame; what assistive technology reads changes twice a second at most. */

import { levelOf } from "../audio/level.js";

const FALL = 0.06; // of the whole meter per frame: quick up, slow down, as meters are
const READ_EVERY_MS = 500;

export class LevelMeter {
  #element;
  #bar;
  #shown = 0;
  #readAt_ms = 0;
  #request = 0;

  /** @param {HTMLElement} element with a bar as its first child */
  constructor(element) {
    this.#element = element;
    this.#bar = /** @type {HTMLElement} */ (element.firstElementChild);
  }

  /** @param {AnalyserNode} analyser */
  watch(analyser) {
    this.stop();
    const samples = new Float32Array(analyser.fftSize);
    const draw = (/** @type {number} */ now_ms) => {
      analyser.getFloatTimeDomainData(samples);
      this.#draw(levelOf(samples), now_ms);
      this.#request = requestAnimationFrame(draw);
    };
    this.#request = requestAnimationFrame(draw);
  }

  stop() {
    cancelAnimationFrame(this.#request);
    this.#draw(0, 0);
  }

  /** @param {number} level @param {number} now_ms */
  #draw(level, now_ms) {
    this.#shown = Math.max(level, this.#shown - FALL);
    this.#bar.style.transform = `scaleX(${this.#shown.toFixed(3)})`;
    if (now_ms - this.#readAt_ms < READ_EVERY_MS && now_ms !== 0) return;
    this.#readAt_ms = now_ms;
    this.#element.setAttribute("aria-valuenow", String(Math.round(this.#shown * 100)));
  }
}
