/** Adds up what of one's own audio was recorded as a gap, by reason. */

const SAMPLES_PER_MS = 16;

/** @typedef {import("../protocol/messages.js").MeetingEvent} MeetingEvent */

export class OwnGaps {
  /** @type {string | undefined} */
  #sessionId;
  #until = 0;
  /** @type {Map<string, number>} */
  #lost_ms = new Map();

  /** @returns {number} for all reasons together */
  get total_ms() {
    return [...this.#lost_ms.values()].reduce((sum, lost_ms) => sum + lost_ms, 0);
  }

  /**
   * A session's gaps come in the order of their positions, so one that ends no later than the last is a repetition.
   * @param {MeetingEvent} event
   * @param {string} ownId this page's participant
   * @returns {{reason: string, lost_ms: number} | null} so far, for the reason of this event; null when it adds nothing
   */
  take(event, ownId) {
    const { type, participant_id, session_id, from = 0, to = 0, reason = "" } = event;
    if (type !== "audio.gap" || participant_id !== ownId) return null;
    if (session_id !== this.#sessionId) this.#until = 0;
    this.#sessionId = session_id;
    if (to <= this.#until) return null;
    this.#until = to;
    const lost_ms = (this.#lost_ms.get(reason) ?? 0) + (to - from) / SAMPLES_PER_MS;
    this.#lost_ms.set(reason, lost_ms);
    return { reason, lost_ms };
  }
}
