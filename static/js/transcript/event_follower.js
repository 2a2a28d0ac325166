/** Follows a meeting's event log by long poll, for as long as somebody looks at the page. */

import { RestProblem } from "../session/rest.js";

const WAIT_S = 10; // less than the time after which a call is given up
const MOST = 500;
const AFTER_REFUSAL_MS = 5_000;
const MOST_ATTEMPTS_APART_MS = 30_000;

/**
 * @typedef {import("../protocol/messages.js").SegmentMessage | import("../protocol/messages.js").EventMessage} LogMessage
 *
 * @typedef {object} FollowerOptions
 * @property {string} meeting its code or id
 * @property {number} afterSeq
 * @property {(messages: LogMessage[]) => void} onMessages
 * @property {(path: string) => Promise<{data: LogMessage[], next_after_seq: number, has_more: boolean}>} get
 * @property {(ms: number) => Promise<void>} sleep
 */

export class EventFollower {
  #options;
  #afterSeq;
  #generation = 0;

  /** @param {FollowerOptions} options */
  constructor(options) {
    this.#options = options;
    this.#afterSeq = options.afterSeq;
  }

  /** Goes on where it was stopped. @returns {Promise<void>} ends after `stop` */
  async start() {
    const generation = ++this.#generation;
    let wait_s = WAIT_S;
    let nFailures = 0;
    while (generation === this.#generation) {
      try {
        const page = await this.#options.get(this.#path(wait_s));
        if (generation !== this.#generation) return; // what this answer held is asked for again
        this.#afterSeq = page.next_after_seq;
        if (page.data.length > 0) this.#options.onMessages(page.data);
        if (wait_s === 0 && !page.has_more) await this.#options.sleep(AFTER_REFUSAL_MS);
        nFailures = 0;
      } catch (problem) {
        if (!(problem instanceof RestProblem)) throw problem;
        if (!problem.isTransient) return;
        if (problem.code === "too_many_waiters") wait_s = 0; // then the log is looked into now and then
        nFailures += 1;
        await this.#options.sleep(Math.max(problem.retryAfter_ms, Math.min(MOST_ATTEMPTS_APART_MS, 500 * 2 ** nFailures)));
      }
    }
  }

  stop() {
    this.#generation += 1;
  }

  /** @param {number} wait_s */
  #path(wait_s) {
    const meeting = encodeURIComponent(this.#options.meeting);
    return `/api/v1/meetings/${meeting}/events?after_seq=${this.#afterSeq}&limit=${MOST}&wait_s=${wait_s}`;
  }
}
