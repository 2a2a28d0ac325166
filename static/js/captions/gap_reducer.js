/** What of everybody's audio is missing, as a value. Pure. Neighbouring gaps of one session and reason are one. */

/**
 * @typedef {import("../protocol/messages.js").FeedMessage} FeedMessage
 * @typedef {import("../protocol/messages.js").MeetingEvent} MeetingEvent
 *
 * @typedef {object} Gap
 * @property {string} id
 * @property {string} participantId
 * @property {string} sessionId
 * @property {string} reason
 * @property {number} from position
 * @property {number} to position
 * @property {number | null} start_ms meeting time; null when the session ended before its first frame
 *
 * @typedef {ReadonlyMap<string, Gap>} Gaps
 */

const SAMPLES_PER_MS = 16;

/** @type {Gaps} */
export const NO_GAPS = new Map();

/**
 * @param {Gaps} gaps
 * @param {{type: string}} message of any type
 * @returns {Gaps} the same object when nothing changed
 */
export function gapsReduce(gaps, message) {
  const known = /** @type {FeedMessage} */ (message);
  if (known.type !== "event" || known.event.type !== "audio.gap") return gaps;
  const gap = gapOf(known.event);
  const ofSession = [...gaps.values()].filter(({ sessionId }) => sessionId === gap.sessionId);
  if (ofSession.some(({ from, to }) => from <= gap.from && gap.to <= to)) return gaps; // told again after a resume
  const before = ofSession.find(({ to, reason }) => to === gap.from && reason === gap.reason);
  return new Map(gaps).set(before?.id ?? gap.id, before ? { ...before, to: gap.to } : gap);
}

/** @param {Gap} gap @returns {number} */
export function gapLength_ms({ from, to }) {
  return (to - from) / SAMPLES_PER_MS;
}

/** @param {MeetingEvent} event @returns {Gap} */
function gapOf({ participant_id = "", session_id = "", from = 0, to = 0, reason = "", start_ms = null }) {
  return { id: `${session_id}-${from}`, participantId: participant_id, sessionId: session_id, reason, from, to, start_ms };
}
