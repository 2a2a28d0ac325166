/** What becomes of a session that an earlier page left, by how long ago it was. Pure. */

import { SAMPLE_RATE_HZ, SHORTEST_BLOCK_SAMPLES } from "../audio/capture_core.js";

const PRESENT_MS = 120_000; // the server still shows the person as present
const SAME_VISIT_MS = 900_000; // as much as the ring holds

/**
 * @param {{capturedAt_ms: number, isFinishing: boolean}} left
 * @param {number} wall_ms
 * @returns {"listen" | "ask" | "deliver"} listen: it was a reload or a crash, so the microphone goes on by itself; ask:
 *   the session goes on, the microphone after a click; deliver: the person had gone, so it is brought to its end
 */
export function afterAbsence({ capturedAt_ms, isFinishing }, wall_ms) {
  const away_ms = wall_ms - capturedAt_ms;
  if (isFinishing || away_ms > SAME_VISIT_MS) return "deliver";
  return away_ms <= PRESENT_MS ? "listen" : "ask";
}

/**
 * @param {{end: number, capturedAt_ms: number}} left where that page's last block ended, and when
 * @param {number} wall_ms
 * @param {number} nSamples of this page's first block, which has just ended
 * @param {number} ringEnd how far the ring has come, which may be less than that page captured
 * @returns {number} samples of the time in which nothing was captured: at least some, also where somebody has set the
 *   clock back, for what was said before and after is not one word
 */
export function awaySamples({ end, capturedAt_ms }, wall_ms, nSamples, ringEnd) {
  const position = end + Math.round(((wall_ms - capturedAt_ms) * SAMPLE_RATE_HZ) / 1000) - nSamples;
  return Math.max(SHORTEST_BLOCK_SAMPLES, position - ringEnd);
}
