/** Before joining: name, microphone, consent, and the choice to only watch. */

import { RestProblem } from "../session/rest.js";
import { byId } from "./elements.js";
import { refusedWords } from "./trouble_words.js";

/**
 * @typedef {object} Joining
 * @property {string} name
 * @property {string} language
 * @property {boolean} isKept whether the person's words go into the transcript
 * @property {boolean} isRecorded whether the person's sound may be recorded
 *
 * @typedef {object} LobbyChoices
 * @property {(joining: Joining) => Promise<void>} onJoin rejects with the reason when it does not work out
 * @property {(name: string) => Promise<void>} onWatch likewise
 * @property {(name: string) => Promise<void>} onListen to the others, without speaking; likewise
 * @property {() => Promise<void>} onTry opens the microphone to show its level
 */

const NAME_KEY = "colloquy.display-name";
const VIEWER_NAME = "Viewer";

export class Lobby {
  #form = byId("join-form", HTMLFormElement);
  #name = byId("display-name", HTMLInputElement);
  #language = byId("language", HTMLSelectElement);
  #consent = byId("consent", HTMLInputElement);
  #problem = byId("join-problem", HTMLElement);
  #hint = byId("microphone-hint", HTMLElement);
  #choices;

  /** @param {LobbyChoices} choices */
  constructor(choices) {
    this.#choices = choices;
    this.#name.value = localStorage.getItem(NAME_KEY) ?? this.#name.defaultValue;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const join = (/** @type {string} */ name) =>
        choices.onJoin({ name, language: this.#language.value, isKept: this.#isKept, isRecorded: this.#isRecorded });
      if (this.#mayJoin()) void this.#go(byId("join", HTMLButtonElement), join);
    });
    for (const [id, choice] of /** @type {const} */ ([["watch", choices.onWatch], ["listen", choices.onListen]])) {
      const button = byId(id, HTMLButtonElement);
      button.addEventListener("click", () => void this.#go(button, choice));
    }
    byId("try-microphone", HTMLButtonElement).addEventListener("click", () => void this.#try());
    for (const field of [this.#name, this.#consent]) {
      field.addEventListener("input", () => field.validity.valid && this.#mark(field, true));
    }
  }

  /** Asked only where the meeting is recorded, and never agreed to beforehand. */
  get #isRecorded() {
    const box = document.getElementById("consent-recording");
    return box instanceof HTMLInputElement && box.checked;
  }

  /** Whoever is asked may have it shown only; where nothing is kept nobody is asked. */
  get #isKept() {
    const box = document.getElementById("consent-live-only");
    return box instanceof HTMLInputElement && !box.checked;
  }

  hide() {
    byId("lobby", HTMLElement).hidden = true;
  }

  show() {
    byId("lobby", HTMLElement).hidden = false;
  }

  /** @param {string} words about the microphone */
  tell(words) {
    this.#hint.textContent = words;
  }

  async #try() {
    try {
      await this.#choices.onTry();
      this.tell("Say something: the bar moves when your microphone hears you.");
    } catch (problem) {
      this.tell(problem instanceof Error ? problem.message : String(problem));
    }
  }

  #mayJoin() {
    this.#name.value = this.#name.value.trim();
    const wrong = [this.#name, this.#consent].filter((field) => !this.#mark(field, field.validity.valid));
    wrong[0]?.focus();
    return wrong.length === 0;
  }

  /** @param {HTMLInputElement} field @param {boolean} isValid */
  #mark(field, isValid) {
    byId(`${field.id}-problem`, HTMLElement).hidden = isValid;
    field.setAttribute("aria-invalid", String(!isValid));
    return isValid;
  }

  /** @param {HTMLButtonElement} button @param {(name: string) => Promise<void>} choice */
  async #go(button, choice) {
    if (button.ariaBusy === "true") return;
    const name = this.#name.value.trim();
    if (name) localStorage.setItem(NAME_KEY, name);
    button.ariaBusy = "true";
    this.#problem.hidden = true;
    try {
      await choice(name || VIEWER_NAME);
    } catch (problem) {
      this.#problem.textContent = problemWords(problem);
      this.#problem.hidden = false;
    } finally {
      button.ariaBusy = "false";
    }
  }
}

/** @param {unknown} problem */
function problemWords(problem) {
  if (problem instanceof RestProblem) return refusedWords(problem.status, problem.message, problem.retryAfter_ms);
  return problem instanceof Error ? problem.message : String(problem);
}
