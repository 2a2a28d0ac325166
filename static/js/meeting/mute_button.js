/** The button that mutes, and its key (Alt+M). What it says is what a click would do. */

import { byId } from "./elements.js";

export class MuteButton {
  #button = byId("mute", HTMLButtonElement);
  #isMuted = false;

  /** @param {(isMuted: boolean) => boolean} onMute whether that can be done now */
  constructor(onMute) {
    this.#button.addEventListener("click", () => onMute(!this.#isMuted));
    document.addEventListener("keydown", (event) => {
      if (event.altKey && event.code === "KeyM" && onMute(!this.#isMuted)) event.preventDefault();
    });
  }

  /** @param {boolean} isMuted */
  show(isMuted) {
    this.#isMuted = isMuted;
    this.#button.toggleAttribute("data-is-muted", isMuted);
    byId("level", HTMLElement).classList.toggle("is-muted", isMuted);
    byId("mute-words", HTMLElement).textContent = isMuted ? "Unmute" : "Mute";
  }

  disable() {
    this.#button.disabled = true;
  }
}
