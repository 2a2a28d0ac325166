/** The lines of a transcript as a value: what the page was loaded with and the events since give what a reload would show. Pure. */

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("../protocol/messages.js").EventMessage} EventMessage
 * @typedef {import("../protocol/messages.js").SegmentMessage} SegmentMessage
 *
 * @typedef {object} Speaker
 * @property {string} id
 * @property {string} name
 *
 * @typedef {object} Lines
 * @property {ReadonlyMap<string, Segment>} lines by id; retracted ones stay, so that a late message cannot revive them
 * @property {readonly Speaker[]} speakers in the order of their coming, which gives them their colours
 * @property {number} lastSeq
 */

/**
 * @param {Lines} known
 * @param {SegmentMessage | EventMessage} message of the event log
 * @returns {Lines} the same object when nothing changed
 */
export function linesReduce(known, message) {
  const { seq } = message;
  const state = seq !== null && seq > known.lastSeq ? { ...known, lastSeq: seq } : known;
  if (message.type === "segment") return message.segment.kept === false ? state : lineApply(state, message.segment);
  const { type, participant } = message.event;
  if (type === "content.purged") return purge(state, message.event);
  if (type === "participant.joined" && participant) return speakerAdd(state, participant.id, participant.display_name);
  if (type === "participant.changed" && participant) return speakerRename(state, participant.id, participant.display_name);
  return state;
}

/**
 * A line as an answer of the interface tells it, before its event arrives.
 * @param {Lines} state
 * @param {Segment} segment
 * @returns {Lines}
 */
export function lineApply(state, segment) {
  const known = state.lines.get(segment.id);
  if (segment.state === "partial" || (known && segment.rev <= known.rev)) return state;
  const lines = new Map(state.lines).set(segment.id, segment);
  return speakerAdd({ ...state, lines }, segment.participant_id, segment.speaker);
}

/** @param {Lines} state @returns {Segment[]} what is shown, in its order: as the server sorts it */
export function linesShown({ lines }) {
  return [...lines.values()].filter(({ state }) => state !== "retracted").sort(inOrder);
}

/** @param {Lines} state @param {string} speakerId @returns {number} */
export function placeOfSpeaker({ speakers }, speakerId) {
  return Math.max(0, speakers.findIndex(({ id }) => id === speakerId));
}

/** @param {Segment} a @param {Segment} b */
export function inOrder(a, b) {
  return a.start_ms - b.start_ms || a.end_ms - b.end_ms || (a.id < b.id ? -1 : 1);
}

/**
 * The server has deleted what was said, by everybody or by one person.
 * @param {Lines} state
 * @param {import("../protocol/messages.js").MeetingEvent} event
 * @returns {Lines}
 */
function purge(state, { what, participant_id: participantId }) {
  if (what !== "text" && what !== "participant") return state;
  const lines = new Map(state.lines);
  for (const [id, line] of lines) {
    const isGone = line.state !== "retracted" && (what === "text" || line.participant_id === participantId);
    if (isGone) lines.set(id, { ...line, rev: line.rev + 1, state: "redacted", text: "" });
  }
  return { ...state, lines };
}

/** @param {Lines} state @param {string} id @param {string} name @returns {Lines} */
function speakerAdd(state, id, name) {
  if (state.speakers.some((each) => each.id === id)) return state;
  return { ...state, speakers: [...state.speakers, { id, name }] };
}

/** @param {Lines} state @param {string} id @param {string} name @returns {Lines} */
function speakerRename(state, id, name) {
  const speakers = state.speakers.map((each) => (each.id === id ? { id, name } : each));
  const lines = [...state.lines].map(([lineId, line]) => {
    return /** @type {const} */ ([lineId, line.participant_id === id ? { ...line, speaker: name } : line]);
  });
  return { ...state, speakers, lines: new Map(lines) };
}
