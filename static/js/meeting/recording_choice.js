/** The sign that a meeting is recorded, and whether one's own voice is: each person decides, at any time. */

import { byId } from "./elements.js";

/** @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage */

export const SCOPE = "recording";

export class RecordingChoice {
  #sign = byId("recording-sign", HTMLElement);
  #button = byId("record-me", HTMLButtonElement);
  #onNews;
  #isRecorded;
  #isAgreed = false;

  /**
   * @param {boolean} isRecorded whether the meeting is
   * @param {(isAgreed: boolean) => void} onChoice
   * @param {(words: string) => void} onNews for the person
   */
  constructor(isRecorded, onChoice, onNews) {
    this.#isRecorded = isRecorded;
    this.#onNews = onNews;
    this.#button.addEventListener("click", () => onChoice(!this.#isAgreed));
    this.#show();
  }

  /** @param {ServerMessage} message @param {string} ownId */
  receive(message, ownId) {
    if (message.type === "welcome" && message.consent?.length) this.#agree(message.consent.includes(SCOPE));
    if (message.type !== "event") return;
    const { event } = message;
    if (event.type === "meeting.recording" && event.on !== this.#isRecorded) this.#record(event.on === true);
    if (event.type === "participant.consented" && event.participant?.id === ownId) {
      this.#agree(event.granted?.includes(SCOPE) ?? false);
    }
  }

  /** @param {boolean} isRecorded */
  #record(isRecorded) {
    this.#isRecorded = isRecorded;
    this.#onNews(
      isRecorded
        ? "The host has this meeting recorded from now on. Your voice is recorded only if you choose so."
        : "This meeting is not recorded any more.",
    );
    this.#show();
  }

  /** @param {boolean} isAgreed */
  #agree(isAgreed) {
    this.#isAgreed = isAgreed;
    this.#show();
  }

  #show() {
    this.#sign.hidden = !this.#isRecorded;
    this.#button.classList.toggle("is-off", !this.#isRecorded);
    this.#button.textContent = this.#isAgreed ? "Stop recording me" : "Record me";
  }
}
