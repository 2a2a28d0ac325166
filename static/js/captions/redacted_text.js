/** What stands where something was redacted: the server's mark in what is left of a line, alone where nothing is left. Pure. */

const MARK = "[redacted]";

/** @typedef {Pick<import("../protocol/messages.js").Segment, "state" | "text">} Said */

/** @param {Said} segment @returns {string} */
export function textShown({ state, text }) {
  return text || (state === "redacted" ? MARK : "");
}

/** @param {Said} shown a line as it stands on a page @returns {string} the segment's text */
export function textBehind({ state, text }) {
  return state === "redacted" && text === MARK ? "" : text;
}
