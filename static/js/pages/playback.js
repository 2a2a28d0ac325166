/** Play buttons beside the lines of a transcript: `data-audio` says where the address of the sound is to be had. */

import { RestProblem, restCall } from "../session/rest.js";

export function offerPlayback() {
  if (!document.querySelector("button[data-audio]")) return;
  const player = new Player();
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest("button[data-audio]") : null; // lines may come later
    if (button instanceof HTMLButtonElement) void player.toggle(button);
  });
}

/**
 * One line plays at a time. It is fetched whole, once: each use of its address is audited, and media elements ask several
 * times for ranges, without which Safari plays nothing.
 */
class Player {
  #audio = new Audio();
  /** @type {HTMLButtonElement | null} */
  #playing = null;
  #attempt = new AbortController();
  #source = "";

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
    const { signal } = (this.#attempt = new AbortController());
    try {
      const { url } = await restCall("GET", button.dataset.audio ?? "", "");
      signal.throwIfAborted(); // stopped, or another one was chosen meanwhile
      const sound = await soundOf(url, signal);
      signal.throwIfAborted();
      this.#source = URL.createObjectURL(sound);
      this.#audio.src = this.#source;
      await this.#audio.play();
    } catch (problem) {
      if (signal.aborted) return;
      this.#stop();
      button.title = problem instanceof RestProblem ? problem.message : "The sound could not be played.";
    }
  }

  #stop() {
    this.#attempt.abort();
    this.#audio.pause();
    if (this.#source) URL.revokeObjectURL(this.#source);
    this.#source = "";
    this.#playing?.setAttribute("aria-pressed", "false");
    this.#playing = null;
  }
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function soundOf(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new RestProblem(answer.status, await answer.json().catch(() => ({})), 0);
  return answer.blob();
}
