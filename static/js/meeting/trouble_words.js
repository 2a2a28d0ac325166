/** What goes wrong with the transcription, in words for a person. Pure. */

const WARNINGS = new Map([
  [
    "language_unsupported",
    "This server's speech model does not know this meeting's language: what you say is not written down.",
  ],
  ["ledger", "Some of your audio could not be accounted for: the transcript may lack words of yours."],
]);

const REASONS = new Map([
  ["language_unsupported", "this server's speech model does not know this meeting's language"],
  ["client_discontinuity", "your microphone or browser did not deliver it"],
  ["not_sent", "it did not reach the server"],
  ["unexplained", "it did not reach the server"],
  ["recognizer_timeout", "speech recognition took too long"],
  ["recognizer_crashed", "speech recognition failed"],
  ["recognizer_failed", "speech recognition failed"],
  ["recognizer_closed", "speech recognition was shut down"],
  ["model_missing", "this server's speech model is not available"],
  ["model_corrupt", "this server's speech model is damaged"],
]);

/** @param {string} code @returns {string} */
export function warningWords(code) {
  return WARNINGS.get(code) ?? "The server reports trouble with the transcription of this meeting.";
}

/** @param {number} lost_ms @param {string} reason @returns {string} */
export function gapWords(lost_ms, reason) {
  const why = REASONS.get(reason) ?? "the server could not process it";
  return `${amountWords(lost_ms)} of your audio could not be written down: ${why}.`;
}

/** @param {number} lost_ms @returns {string} what to say when everything was delivered and one leaves */
export function deliveredWords(lost_ms) {
  if (lost_ms === 0) return "Everything you said has arrived and is in the transcript.";
  const lost = `${amountWords(lost_ms)} of your audio could not be written down.`;
  return `${lost} Everything else you said has arrived and is in the transcript.`;
}

/** @param {number} duration_ms */
function amountWords(duration_ms) {
  return duration_ms < 1_000 ? "Less than 1 s" : `${Math.round(duration_ms / 1_000)} s`;
}
