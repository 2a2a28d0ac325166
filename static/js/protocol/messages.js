/** Messages of the server, as types, and the one place where their text is parsed. */

/**
 * @typedef {"device_lost" | "page_reloaded" | "suspended" | "store_full"} LossReason what the page says of audio that it
 *   could not capture or keep
 *
 * @typedef {object} Segment
 * @property {string} id
 * @property {number} rev
 * @property {"partial" | "final" | "corrected" | "redacted" | "retracted"} state
 * @property {string} participant_id
 * @property {string} speaker
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} text
 * @property {number} stable_chars
 * @property {import("../captions/doubtful_words.js").TimedWord[]} [words] empty where the recognizer gives none
 * @property {string} [language] tag of what it was decoded in
 * @property {boolean} [kept] only where it is false: to be seen live, and in no transcript
 *
 * @typedef {object} Person
 * @property {string} id
 * @property {string} display_name
 * @property {string} role
 * @property {string} [language] tag; empty: the meeting's
 *
 * @typedef {object} MeetingEvent
 * @property {string} type
 * @property {Person} [participant]
 * @property {string[]} [changed] what of the meeting
 * @property {string} [language] that a participant or the meeting changed to
 * @property {string} [title] of a changed meeting
 * @property {boolean} [on] whether the meeting is recorded from now on
 * @property {readonly string[]} [granted] all that a participant agrees to from now on
 * @property {string} [what] was deleted: "text", "unkept", "audio" or "participant"
 * @property {string} [participant_id]
 * @property {string} [session_id] of a gap, as all that follow
 * @property {number} [from] position
 * @property {number} [to] position
 * @property {string} [reason]
 * @property {number | null} [start_ms] meeting time
 * @property {number | null} [end_ms]
 *
 * @typedef {object} Limits
 * @property {[number, number]} frame_ms shortest and longest frame
 * @property {number} max_frame_bytes
 * @property {number} unsettled_max_ms how far audio may be sent ahead of what is settled
 * @property {number} catchup_x how many times faster than real time kept audio may be sent
 *
 * @typedef {{type: "segment", seq: number | null, segment: Segment}} SegmentMessage
 * @typedef {{type: "event", seq: number, event: MeetingEvent}} EventMessage
 * @typedef {{type: "snapshot", segments: Segment[], participants: Person[]}} SnapshotMessage
 * @typedef {{type: "partials_reset", participant_id: string}} PartialsResetMessage
 * @typedef {{type: "speech", participant_id: string, state: "start" | "stop", at_ms: number}} SpeechMessage
 * @typedef {{type: "live", seq: number}} LiveMessage
 * @typedef {{type: "welcome", session_id: string, participant_id: string, resumed: boolean, settled: number,
 *   resume_token: string, after_seq: number, heartbeat_ms: number, limits: Limits, consent?: string[], language?: string}} WelcomeMessage
 * @typedef {{type: "ack", received: number, settled: number, lag_ms: number}} AckMessage
 * @typedef {{type: "flow", state: "ok" | "slow" | "pause", reason?: string}} FlowMessage
 * @typedef {{type: "finalized", cid: string, position: number}} FinalizedMessage
 * @typedef {{type: "draining", reason: "client" | "meeting_ended"}} DrainingMessage
 * @typedef {{type: "ended", received: number, gap: number, segments: number, last_seq: number}} EndedMessage
 * @typedef {{type: "goaway", reason: string, deadline_ms: number}} GoawayMessage
 * @typedef {{type: "warning", code: string}} WarningMessage
 * @typedef {{type: "error", fatal: boolean, problem: {code?: string, title?: string, detail?: string}}} ErrorMessage
 * @typedef {{type: "pong", t: number}} PongMessage
 *
 * @typedef {SegmentMessage | EventMessage | SnapshotMessage | PartialsResetMessage | SpeechMessage | LiveMessage} FeedMessage
 * @typedef {FeedMessage | WelcomeMessage | AckMessage | FlowMessage | FinalizedMessage | DrainingMessage | EndedMessage
 *   | GoawayMessage | WarningMessage | ErrorMessage | PongMessage} ServerMessage
 */

const TYPES = new Set([
  "segment", "event", "snapshot", "partials_reset", "speech", "live", "welcome", "ack", "flow", "finalized",
  "draining", "ended", "goaway", "warning", "error", "pong",
]);

/**
 * @param {string} text
 * @returns {ServerMessage | null} null for a type that this page does not know: newer servers may send more
 */
export function messageParse(text) {
  const message = JSON.parse(text);
  return message !== null && typeof message === "object" && TYPES.has(message.type) ? message : null;
}
