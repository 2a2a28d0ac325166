/** For the host: whether all that was said is accounted for, asked every few seconds while somebody can see it. */

import { ledgerWords } from "../captions/ledger_words.js";
import { restCall } from "../session/rest.js";
import { byId, make } from "./elements.js";

const EVERY_MS = 5_000;

export class LedgerPanel {
  #path;
  #nameOf;
  #summary = byId("ledger-summary", HTMLElement);
  #details = byId("ledger-details", HTMLElement);
  #timer = 0;
  #isAsking = false;

  /** @param {string} meetingId @param {(participantId: string) => string} nameOf */
  constructor(meetingId, nameOf) {
    this.#path = `/api/v1/meetings/${encodeURIComponent(meetingId)}/ledger`;
    this.#nameOf = nameOf;
  }

  /** @returns {boolean} whether this page has one: hosts' pages have */
  static get isHere() {
    return document.getElementById("ledger-summary") !== null;
  }

  start() {
    this.#timer = window.setInterval(() => void this.#ask(), EVERY_MS);
    void this.#ask();
  }

  stop() {
    window.clearInterval(this.#timer);
  }

  async #ask() {
    if (this.#isAsking || document.visibilityState !== "visible") return;
    this.#isAsking = true;
    try {
      const { sessions } = await restCall("GET", this.#path, "");
      this.#show(ledgerWords(sessions, this.#nameOf));
    } catch {
      this.#show({ tone: "quiet", summary: "Cannot be checked at the moment", details: [] });
    } finally {
      this.#isAsking = false;
    }
  }

  /** Written only where it differs: every write to a live region may be read aloud. @param {import("../captions/ledger_words.js").LedgerWords} words */
  #show({ tone, summary, details }) {
    this.#summary.dataset.tone = tone;
    if (this.#summary.textContent !== summary) this.#summary.textContent = summary;
    const shown = [...this.#details.children].map(({ textContent }) => textContent);
    if (shown.join("\n") !== details.join("\n")) {
      this.#details.replaceChildren(...details.map((words) => make("li", "", words)));
    }
  }
}
