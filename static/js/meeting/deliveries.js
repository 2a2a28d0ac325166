/** Delivers, from any page, what earlier pages of this browser kept of sessions that will not go on. */

import { closeReason, mayDeliverLater } from "../protocol/close_codes.js";
import { durationWords } from "../session/connection_words.js";
import { Notices } from "./notices.js";
import { deliveredWords, undeliveredWords } from "./trouble_words.js";
import { NO_MICROPHONE } from "./silent.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("../session/kept_sessions.js").KeptSession} KeptSession
 * @typedef {import("../session/kept_sessions.js").KeptSessions} KeptSessions
 * @typedef {import("../session/spill_store.js").SessionRecord} SessionRecord
 * @typedef {import("../session/surroundings.js").Surroundings} Surroundings
 */

const SAMPLES_PER_MS = 16;

export class Deliveries {
  #shelf;
  #around;
  #csrfToken;
  #notices;

  /**
   * @param {HTMLElement} element a live region
   * @param {KeptSessions} shelf
   * @param {Surroundings} around
   * @param {string} [csrfToken] the resume token is proof enough
   */
  constructor(element, shelf, around, csrfToken = "") {
    this.#shelf = shelf;
    this.#around = around;
    this.#csrfToken = csrfToken;
    this.#notices = new Notices(element);
  }

  /** @param {readonly SessionRecord[]} records one after the other; those that another page has are left to it */
  async deliver(records) {
    for (const record of records) {
      const kept = await this.#shelf.take(record);
      if (kept) await this.deliverOne(kept);
    }
  }

  /** @param {KeptSession} kept @returns {Promise<void>} when it is over, one way or the other */
  deliverOne(kept) {
    const { record, ring } = kept;
    const kept_ms = ring.nKept / SAMPLES_PER_MS;
    const show = (/** @type {string} */ words) => this.#notices.show(record.session_id, words);
    const where = record.title ? ` in “${record.title}”` : "";
    if (kept_ms > 0) show(`Delivering the last ${durationWords(kept_ms)} you said${where}…`);
    return new Promise((resolve) => {
      let lost_ms = 0;
      const voice = new Voice(record, {
        csrfToken: this.#csrfToken,
        microphone: NO_MICROPHONE,
        shelf: this.#shelf,
        captions: "none",
        isListening: false,
        around: this.#around,
        listener: {
          onMessage: (message) => {
            if (message.type === "ended") lost_ms = message.gap / SAMPLES_PER_MS;
          },
          onAudio: () => undefined, // none is wanted
          onPhase: (phase) => {
            if (phase !== "ended") return;
            if (kept_ms > 0) show(`${deliveredWords(lost_ms)}`);
            resolve();
          },
          onNewSession: () => undefined, // none is begun while finishing
          onStopped: (action, code, undelivered_ms) => {
            if (undelivered_ms > 0 || mayDeliverLater(action)) show(`${closeReason(code)}${undeliveredWords(undelivered_ms)}`);
            resolve();
          },
        },
      });
      voice.resume(kept);
      void voice.finish();
      window.addEventListener("online", () => voice.retryNow());
    });
  }
}
