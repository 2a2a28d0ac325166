/** How far the second pass has come, in words: as the transcript page is rendered by the server. Pure. */

/**
 * @typedef {object} SecondPass
 * @property {"none" | "waiting" | "working" | "done" | "failed"} state
 * @property {number} n_lines
 * @property {number} n_done
 * @property {number} n_replaced
 */

/** @param {SecondPass} progress @returns {boolean} */
export function isUnderWay({ state }) {
  return state === "waiting" || state === "working";
}

/** @param {SecondPass} progress @returns {string} */
export function progressWords(progress) {
  const { state, n_lines, n_done, n_replaced } = progress;
  if (isUnderWay(progress)) return `Being improved: ${n_done} of ${counted(n_lines)}`;
  if (state === "failed") return "Some of it could not be heard again.";
  return state === "done" ? `Heard again from the recording: ${counted(n_replaced)} improved.` : "";
}

/** @param {number} n */
function counted(n) {
  return n === 1 ? "1 line" : `${n} lines`;
}
