/** Play buttons beside the lines of a transcript: `data-audio` says where the address of the sound is to be had. */

import { RestProblem, restCall } from "../session/rest.js";

export function offerPlayback() {
  const buttons = [...document.querySelectorAll("button[data-audio]")].filter((each) => each instanceof HTMLButtonElement);
  if (buttons.length === 0) return;
  const player = new Player();
  for (const button of buttons) button.addEventListener("click", () => void player.toggle(button));
}

/** One line plays at a time. */
class Player {
  #audio = new Audio();
  /** @type {HTMLButtonElement | null} */
  #playing = null;

  constructor() {
    for (const over of ["ended", "error"]) this.#audio.addEventListener(over, () => this.#stop());
  }

  /** @param {HTMLButtonElement} button */
  async toggle(button) {
    const isStop = this.#playing === button;
    this.#stop();
    if (isStop) return;
    this.#playing = button;
    button.setAttribute("aria-pressed", "true");
    try {
      const { url } = await restCall("GET", button.dataset.audio ?? "", "");
      if (this.#playing !== button) return; // another one was chosen meanwhile
      this.#audio.src = url;
      await this.#audio.play();
    } catch (problem) {
      if (this.#playing !== button) return;
      this.#stop();
      button.title = problem instanceof RestProblem ? problem.message : "The sound could not be played.";
    }
  }

  #stop() {
    this.#audio.pause();
    this.#playing?.setAttribute("aria-pressed", "false");
    this.#playing = null;
  }
}
