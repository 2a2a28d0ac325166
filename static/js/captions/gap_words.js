/** Why audio is missing, in words: the same as in the stored transcript and its exports. Pure. */

/** @type {ReadonlyMap<string, string>} */
const REASONS = new Map([
  ["client_discontinuity", "not captured"],
  ["device_lost", "device disconnected"],
  ["page_reloaded", "page reloaded"],
  ["suspended", "computer or browser asleep"],
  ["store_full", "too much was waiting to be sent"],
  ["unexplained", "not received"],
  ["not_sent", "not received"],
  ["not_delivered", "not received"],
  ["recognizer_crashed", "could not be transcribed"],
  ["recognizer_timeout", "could not be transcribed"],
  ["recognizer_failed", "could not be transcribed"],
  ["language_unsupported", "language not supported"],
  ["model_missing", "speech model unavailable"],
  ["model_corrupt", "speech model unavailable"],
  ["commit_refused", "could not be stored"],
]);

/** @param {string} reason of the protocol @returns {string} */
export function reasonWords(reason) {
  return REASONS.get(reason) ?? "unknown reason";
}

/** @param {string} name @param {number} lost_ms @param {string} reason @returns {string} */
export function lostWords(name, lost_ms, reason) {
  return `${(lost_ms / 1000).toFixed(1)} s of ${name}'s audio lost: ${reasonWords(reason)}`;
}
