/** What becomes of a session that an earlier page left, by how long ago it was. Pure. */

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
