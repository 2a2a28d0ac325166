/** Shows above the captions what the server says of trouble, and takes it back when it has passed. */

import { OwnGaps } from "./own_gaps.js";
import { PASSING_WARNINGS, flowWords, gapWords, warningWords } from "./trouble_words.js";

/** @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage */

export class TroubleNotices {
  #notices;
  #gaps = new OwnGaps();

  /** @param {import("./notices.js").Notices} notices */
  constructor(notices) {
    this.#notices = notices;
  }

  /** @returns {number} of one's own audio that could not be written down */
  get lost_ms() {
    return this.#gaps.total_ms;
  }

  /** @param {ServerMessage} message @param {string} ownId this page's participant */
  receive(message, ownId) {
    if (message.type === "flow") this.#flow(message.state);
    else if (message.type === "welcome") this.#flow("ok"); // what still is will be said again
    else if (message.type === "warning") this.#notices.show(`warning ${message.code}`, warningWords(message.code));
    else if (message.type === "event") {
      const gap = this.#gaps.take(message.event, ownId);
      if (gap) this.#notices.show(`gap ${gap.reason}`, gapWords(gap.lost_ms, gap.reason));
    }
  }

  /** @param {"ok" | "slow" | "pause"} state */
  #flow(state) {
    const words = flowWords(state);
    if (words) {
      this.#notices.show("flow", words);
      return;
    }
    this.#notices.clear("flow");
    for (const code of PASSING_WARNINGS) this.#notices.clear(`warning ${code}`);
  }
}
