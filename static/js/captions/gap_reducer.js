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
  if (known.type === "event" && known.event.type === "audio.repaired") return repaired(gaps, gapOf(known.event));
  if (known.type !== "event" || known.event.type !== "audio.gap") return gaps;
  const gap = gapOf(known.event);
  const ofSession = [...gaps.values()].filter(({ sessionId }) => sessionId === gap.sessionId);
  if (ofSession.some(({ from, to }) => from <= gap.from && gap.to <= to)) return gaps; // told again after a resume
  const before = ofSession.find(({ to, reason }) => to === gap.from && reason === gap.reason);
  return new Map(gaps).set(before?.id ?? gap.id, before ? { ...before, to: gap.to } : gap);
}

/**
 * What was made good is no loss any more; a gap that is more of one loss than that keeps the rest.
 * @param {Gaps} gaps
 * @param {Gap} good
 * @returns {Gaps}
 */
function repaired(gaps, good) {
  const isPart = (/** @type {Gap} */ gap) => gap.sessionId === good.sessionId && gap.from < good.to && good.from < gap.to;
  if (![...gaps.values()].some(isPart)) return gaps;
  const left = [...gaps.values()].flatMap((gap) => (isPart(gap) ? [before(gap, good.from), behind(gap, good.to)] : [gap]));
  return new Map(left.filter(({ from: first, to }) => first < to).map((gap) => [gap.id, gap]));
}

/** @param {Gap} gap @param {number} to @returns {Gap} */
function before(gap, to) {
  return { ...gap, to };
}

/** @param {Gap} gap @param {number} first @returns {Gap} */
function behind(gap, first) {
  const start_ms = gap.start_ms === null ? null : gap.start_ms + (first - gap.from) / SAMPLES_PER_MS;
  return { ...gap, id: `${gap.sessionId}-${first}`, from: first, start_ms };
}

/** @param {Gap} gap @returns {number} */
export function gapLength_ms({ from, to }) {
  return (to - from) / SAMPLES_PER_MS;
}

/** @param {MeetingEvent} event @returns {Gap} */
function gapOf({ participant_id = "", session_id = "", from = 0, to = 0, reason = "", start_ms = null }) {
  return { id: `${session_id}-${from}`, participantId: participant_id, sessionId: session_id, reason, from, to, start_ms };
}
