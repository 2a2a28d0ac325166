/** A line that somebody is changing, as a value. Pure. What was typed is only ever given up by who typed it. */

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 *
 * @typedef {object} Edit
 * @property {Segment} base the line as the change is made of it; its rev goes into `If-Match`
 * @property {string} text what stands in the field
 * @property {string} speakerId
 * @property {boolean} isSaving
 * @property {string} problem in words; empty: none
 * @property {boolean} isContested somebody else changed the line meanwhile, to what `base` now says
 *
 * @typedef {{type: "typed", text: string} | {type: "speaker", speakerId: string} | {type: "saving"}
 *   | {type: "refused", problem: string} | {type: "changed", segment: Segment} | {type: "yielded"}} EditEvent
 */

const CHANGED = "Somebody else has changed this line meanwhile. Save again to put yours in its place.";
const GONE = "Somebody else has taken this line out meanwhile. What you typed is still here, to be copied.";

/** @param {Segment} base @returns {Edit} */
export function editBegin(base) {
  return { base, text: base.text, speakerId: base.participant_id, isSaving: false, problem: "", isContested: false };
}

/** @param {Edit} edit @param {EditEvent} event @returns {Edit} */
export function editReduce(edit, event) {
  switch (event.type) {
    case "typed":
      return { ...edit, text: oneLine(event.text) };
    case "speaker":
      return { ...edit, speakerId: event.speakerId };
    case "saving":
      return { ...edit, isSaving: true, problem: "" };
    case "refused":
      return { ...edit, isSaving: false, problem: event.problem };
    case "changed":
      return changed(edit, event.segment);
    case "yielded":
      return editBegin(edit.base);
  }
}

/** @param {Edit} edit */
export function isGone({ base }) {
  return base.state === "retracted" || base.state === "redacted";
}

/** @param {Edit} edit @returns {{text?: string, participant_id?: string}} what is to be saved; empty: nothing */
export function editChanges({ base, text, speakerId }) {
  return {
    ...(text.trim() === base.text ? {} : { text: text.trim() }),
    ...(speakerId === base.participant_id ? {} : { participant_id: speakerId }),
  };
}

/** What was not touched follows the other's change; what was stays. @param {Edit} edit @param {Segment} segment @returns {Edit} */
function changed(edit, segment) {
  if (segment.rev <= edit.base.rev) return edit;
  const text = edit.text === edit.base.text ? segment.text : edit.text;
  const speakerId = edit.speakerId === edit.base.participant_id ? segment.participant_id : edit.speakerId;
  const next = { ...edit, base: segment, text, speakerId, isSaving: false };
  if (isGone(next)) return { ...next, text: edit.text, problem: GONE, isContested: false };
  const isContested = Object.keys(editChanges(next)).length > 0;
  return { ...next, isContested, problem: isContested ? CHANGED : "" };
}

/** Lines hold no line breaks: pasted ones become spaces. @param {string} text */
function oneLine(text) {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, " ");
}

/**
 * The place of a cursor as the wire counts it: in code points, not in UTF-16 units.
 * @param {string} text @param {number} index
 */
export function codePointsBefore(text, index) {
  return [...text.slice(0, index)].length;
}
