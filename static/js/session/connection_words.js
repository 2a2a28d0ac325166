/** The state of the connection, in words for a person. Pure. */

/**
 * @param {number} duration_ms
 * @returns {string}
 */
export function durationWords(duration_ms) {
  const seconds = Math.max(1, Math.round(duration_ms / 1000));
  if (seconds < 120) return seconds === 1 ? "second" : `${seconds} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}

const FEW_MS = 3_000; // below it, what is on its way is ordinary

/**
 * @param {import("./audio_session.js").Phase} phase
 * @param {number | null} unsettled_ms what is kept here and not yet safe on the server; null when nothing is sent at all
 * @returns {{tone: "quiet" | "good" | "busy" | "bad", words: string}}
 */
export function connectionWords(phase, unsettled_ms) {
  const kept_ms = unsettled_ms ?? 0;
  const isSafe = kept_ms >= 1_000 ? `; your last ${durationWords(kept_ms)} are safe`.replace("second are", "second is") : "";
  switch (phase) {
    case "connecting":
      return { tone: "busy", words: "Connecting…" };
    case "live":
      if (kept_ms > 30_000) return { tone: "busy", words: `Catching up; ${durationWords(kept_ms)} to go` };
      return { tone: "good", words: unsettled_ms === null ? "Connected, captions only" : "Connected" };
    case "waiting":
      return { tone: "bad", words: `Reconnecting${isSafe}` };
    case "paused":
      return { tone: "busy", words: `The server is busy${isSafe}` };
    case "ending":
      return { tone: "busy", words: kept_ms > FEW_MS ? `Sending your last ${durationWords(kept_ms)}…` : "Finishing…" };
    case "ended":
      return { tone: "quiet", words: "You have left" };
    case "stopped":
      return { tone: "bad", words: "Disconnected" };
  }
}
