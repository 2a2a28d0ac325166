/** How a page is connected with its meeting: by a voice of its own, or reading only. */

import { ticketSource } from "../session/audio_session.js";
import { CaptionFeed } from "../session/caption_feed.js";
import { participantAdmit } from "../session/rest.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("../session/audio_session.js").Phase} Phase
 * @typedef {import("../session/caption_feed.js").FeedListener} FeedListener
 * @typedef {import("../session/kept_sessions.js").KeptSessions} KeptSessions
 * @typedef {import("../session/surroundings.js").Surroundings} Surroundings
 *
 * @typedef {object} PageData
 * @property {string} code
 * @property {string[]} former_codes what its links had before they were renewed
 * @property {string} meeting_id
 * @property {"host" | "speaker"} role
 * @property {string} language of the meeting
 * @property {boolean} is_recorded
 * @property {string} csrf_token
 */

export class WaysIn {
  #page;
  #shelf;
  #around;

  /** @param {PageData} page @param {KeptSessions} shelf @param {Surroundings} around */
  constructor(page, shelf, around) {
    this.#page = page;
    this.#shelf = shelf;
    this.#around = around;
  }

  /** @returns {Pick<import("./voice.js").Speaker, "meeting" | "title" | "role">} somebody of this page's meeting */
  get here() {
    const title = document.querySelector(".meeting-title h1")?.textContent ?? "";
    return { meeting: this.#page.code, title, role: this.#page.role };
  }

  /**
   * @param {import("./voice.js").Speaker} speaker
   * @param {import("./voice.js").Source} microphone
   * @param {boolean} isListening whether the others' voices are wanted at first
   * @param {import("./voice.js").VoiceListener} listener
   * @returns {Voice} neither joined nor resumed yet
   */
  voice({ meeting, title, name, role, language, consent }, microphone, isListening, listener) {
    const csrfToken = this.#page.csrf_token;
    return new Voice(
      { meeting, title, name, role, language, consent },
      { csrfToken, microphone, shelf: this.#shelf, captions: "all", isListening, around: this.#around, listener },
    );
  }

  /**
   * @param {string} name
   * @param {FeedListener} listener
   * @returns {Promise<{feed: CaptionFeed, ownId: string}>} not started yet
   */
  async feed(name, listener) {
    const { code, csrf_token: csrfToken } = this.#page;
    const admission = await participantAdmit(code, { display_name: name, role: "viewer" }, csrfToken);
    const fetchTicket = ticketSource(admission, csrfToken);
    const around = this.#around;
    const feed = new CaptionFeed({ admission, pageUrl: location.href, fetchTicket, listener, around });
    return { feed, ownId: admission.participant_id };
  }
}
