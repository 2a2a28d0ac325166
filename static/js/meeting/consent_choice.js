/** What one agrees to in this meeting: shown, and changed or withdrawn at any time. */

import { byId } from "./elements.js";

/** @typedef {import("../protocol/messages.js").ServerMessage} ServerMessage */

export const CAPTIONS = "captions";
export const TRANSCRIPT = "transcript";
export const RECORDING = "recording";
export const WITHDRAWN =
  "You have withdrawn your consent: nothing is captured from you any more. You can listen and read on.";

/**
 * @param {{isKept: boolean, isRecorded: boolean}} choice of somebody who speaks
 * @returns {readonly string[]} in the protocol's words
 */
export function scopesOf({ isKept, isRecorded }) {
  return [CAPTIONS, ...(isKept ? [TRANSCRIPT] : []), ...(isRecorded ? [RECORDING] : [])];
}

export class ConsentChoice {
  #dialog = byId("consent-dialog", HTMLDialogElement);
  #captions = byId("consent-captions-now", HTMLInputElement);
  #kept = byId("consent-kept-now", HTMLInputElement);
  /** @type {readonly string[]} */
  #granted = [];

  /** @param {(granted: readonly string[]) => void} onChoice all that the person agrees to from now on */
  constructor(onChoice) {
    byId("my-consent", HTMLButtonElement).addEventListener("click", () => this.#open());
    this.#captions.addEventListener("change", () => this.#follow());
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "save") onChoice(this.#chosen());
    });
  }

  /** @returns {readonly string[]} */
  get granted() {
    return this.#granted;
  }

  /** @param {readonly string[]} granted */
  set(granted) {
    this.#granted = granted;
  }

  /** @param {string} scope @param {boolean} isOn @returns {readonly string[]} what is agreed to with that changed */
  with(scope, isOn) {
    return [...this.#granted.filter((each) => each !== scope), ...(isOn ? [scope] : [])];
  }

  /** @param {ServerMessage} message @param {string} ownId */
  receive(message, ownId) {
    if (message.type !== "event" || message.event.type !== "participant.consented") return;
    if (message.event.participant?.id === ownId) this.#granted = message.event.granted ?? [];
  }

  #open() {
    this.#captions.checked = this.#granted.includes(CAPTIONS);
    this.#kept.checked = this.#granted.includes(TRANSCRIPT);
    this.#follow();
    this.#dialog.showModal();
  }

  /** Whose voice is not transcribed has no words to keep. */
  #follow() {
    this.#kept.disabled = !this.#captions.checked;
  }

  #chosen() {
    if (!this.#captions.checked) return [];
    return scopesOf({ isKept: this.#kept.checked, isRecorded: this.#granted.includes(RECORDING) });
  }
}
