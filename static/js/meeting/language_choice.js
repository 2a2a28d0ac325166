/** Which language one speaks: chosen in the room, and shown as the server has it. */

import { byId } from "./elements.js";

/** @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage */

export class LanguageChoice {
  #select = byId("room-language", HTMLSelectElement);
  #ofMeeting;
  #known;
  #isOwn = false;

  /** @param {string} ofMeeting tag of the meeting's language @param {(language: string) => void} onChoice */
  constructor(ofMeeting, onChoice) {
    this.#ofMeeting = ofMeeting;
    this.#known = ofMeeting;
    this.#select.addEventListener("change", () => onChoice(this.#select.value));
  }

  /**
   * @param {ServerMessage} message
   * @param {string} ownId
   * @returns {string} why the last choice does not stand, in words; empty: nothing is wrong
   */
  receive(message, ownId) {
    if (message.type === "welcome" && message.language) this.#show(message.language);
    if (message.type === "event") this.#hear(message.event, ownId);
    if (message.type !== "error" || message.problem.code !== "language_unsupported") return "";
    this.#show(this.#known);
    return message.problem.detail ?? "This server does not know the language.";
  }

  /** @param {import("../protocol/messages.js").MeetingEvent} event @param {string} ownId */
  #hear({ type, participant_id, language = "" }, ownId) {
    if (type === "participant.language" && participant_id === ownId) {
      this.#isOwn = language !== "";
      this.#show(language || this.#ofMeeting);
    } else if (type === "meeting.changed") {
      if (!this.#isOwn && this.#known === this.#ofMeeting) this.#show(language);
      this.#ofMeeting = language;
    }
  }

  /** @param {string} tag */
  #show(tag) {
    this.#known = tag;
    const isOffered = [...this.#select.options].some(({ value }) => value === tag);
    if (!isOffered) this.#select.append(new Option(tag, tag));
    this.#select.value = tag;
  }
}
