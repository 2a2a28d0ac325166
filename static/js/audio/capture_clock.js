/**
 * Notices capture time that the audio thread never saw: a suspended context, a sleeping laptop, an overloaded machine.
 *
 * Both clocks are read in the same instant on the page's thread. A stalled page therefore shows nothing (both went on);
 * a stopped context shows as a jump. Slow drift between the two is followed and never counted as a loss.
 */

const SMALLEST_LOSS_MS = 250;
const LARGEST_LOSS_MS = 24 * 3_600_000; // more than that is somebody setting the clock
const DRIFT_STEP_MS = 1;

export class CaptureClock {
  /** @type {number | null} how far the wall clock is ahead of the context's */
  #ahead_ms = null;

  /**
   * @param {number} wall_ms a clock that goes on while the machine sleeps
   * @param {number} context_ms `AudioContext.currentTime`
   * @returns {number} milliseconds lost since the last call
   */
  observe(wall_ms, context_ms) {
    const ahead_ms = wall_ms - context_ms;
    const jump_ms = this.#ahead_ms === null ? 0 : ahead_ms - this.#ahead_ms;
    if (this.#ahead_ms !== null && Math.abs(jump_ms) < SMALLEST_LOSS_MS) {
      this.#ahead_ms += Math.max(-DRIFT_STEP_MS, Math.min(DRIFT_STEP_MS, jump_ms));
      return 0;
    }
    this.#ahead_ms = ahead_ms;
    return jump_ms >= SMALLEST_LOSS_MS && jump_ms <= LARGEST_LOSS_MS ? jump_ms : 0;
  }
}
