/** The interface's calls that change lines. Each says which revision it was made of. */

import { restCall } from "../session/rest.js";

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 *
 * @typedef {object} Revision
 * @property {number} rev
 * @property {string} state
 * @property {string} text
 * @property {string} speaker
 * @property {string} kind
 * @property {string} author
 * @property {string} reason
 * @property {string} at
 *
 * @typedef {object} Hit
 * @property {number} index
 * @property {string} segment_id
 * @property {string} speaker
 * @property {number} start_ms
 * @property {string} before
 * @property {string} found
 * @property {string} behind
 * @property {boolean} is_stale
 *
 * @typedef {object} Replacement
 * @property {string} id
 * @property {"proposed" | "applied" | "reverted"} state
 * @property {string} find
 * @property {string} replace
 * @property {number} n_hits
 * @property {number} n_segments
 * @property {Hit[]} [hits]
 * @property {string[]} [skipped]
 *
 * @typedef {object} TakenOutLine
 * @property {string} id
 * @property {number} rev
 * @property {string} speaker
 * @property {number} start_ms
 * @property {string} text
 * @property {string} language
 * @property {string} author
 * @property {string} reason
 * @property {string} at
 *
 * @typedef {{data: TakenOutLine[], n_lines: number, next_cursor: string | null}} TakenOutPage
 */

const TAKEN_OUT_AT_ONCE = 50;

export class Corrections {
  #csrfToken;
  #meetingPath;
  #takenOutPath;

  /** @param {string} meetingId @param {string} csrfToken */
  constructor(meetingId, csrfToken) {
    this.#meetingPath = `/api/v1/meetings/${encodeURIComponent(meetingId)}/replacements`;
    this.#takenOutPath = `/api/v1/meetings/${encodeURIComponent(meetingId)}/retracted?limit=${TAKEN_OUT_AT_ONCE}`;
    this.#csrfToken = csrfToken;
  }

  /** @param {Segment} base @param {{text?: string, participant_id?: string}} changes @returns {Promise<Segment>} */
  correct(base, changes) {
    return this.#change("PATCH", base, "", changes);
  }

  /**
   * @param {{id: string, rev: number}} base
   * @param {"undo" | "split" | "merge" | "retract" | "restore"} act
   * @param {object} [details]
   * @returns {Promise<Segment[]>} the lines that it touched, this one first
   */
  async act(base, act, details = {}) {
    return (await this.#change("POST", base, `/${act}`, details)).segments;
  }

  /** @param {string} segmentId @returns {Promise<Revision[]>} */
  async history(segmentId) {
    return (await restCall("GET", `/api/v1/segments/${segmentId}/revisions`, this.#csrfToken)).data;
  }

  /** @param {string | null} cursor null: the first page @returns {Promise<TakenOutPage>} */
  takenOut(cursor) {
    const path = cursor === null ? this.#takenOutPath : `${this.#takenOutPath}&cursor=${encodeURIComponent(cursor)}`;
    return restCall("GET", path, this.#csrfToken);
  }

  /** @param {object} search @returns {Promise<Replacement>} */
  propose(search) {
    return restCall("POST", this.#meetingPath, this.#csrfToken, search);
  }

  /** @param {string} id @param {number[]} hits @returns {Promise<Replacement>} */
  apply(id, hits) {
    return restCall("POST", `${this.#meetingPath}/${id}/apply`, this.#csrfToken, { hits });
  }

  /** @param {string} id @returns {Promise<Replacement>} */
  revert(id) {
    return restCall("POST", `${this.#meetingPath}/${id}/revert`, this.#csrfToken);
  }

  /** @returns {Promise<Replacement[]>} those that were applied, newest first */
  async applied() {
    /** @type {Replacement[]} */
    const found = (await restCall("GET", this.#meetingPath, this.#csrfToken)).data;
    return found.filter(({ state }) => state === "applied");
  }

  /** @param {string} method @param {{id: string, rev: number}} base @param {string} act @param {object} body */
  #change(method, base, act, body) {
    return restCall(method, `/api/v1/segments/${base.id}${act}`, this.#csrfToken, body, { "If-Match": `"${base.rev}"` });
  }
}

/** @param {unknown} problem @returns {string} */
export function problemWords(problem) {
  return problem instanceof Error ? problem.message : "Something went wrong.";
}
