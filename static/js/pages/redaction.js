/** "Remove" beside the lines of a transcript: the whole line, or what was selected in it, after asking. */

import { textShown } from "../captions/redacted_text.js";
import { byId } from "../meeting/elements.js";
import { restCall } from "../session/rest.js";
import { passageOf } from "./passage.js";

/**
 * @typedef {import("./passage.js").Passage} Passage
 *
 * @typedef {object} Asked
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} text
 * @property {Passage | null} passage null: the whole line
 */

class Redaction {
  #dialog = byId("redact-dialog", HTMLDialogElement);
  #button = byId("redact", HTMLButtonElement);
  #problem = byId("redact-problem", HTMLElement);
  /** @type {Asked | null} */
  #asked = null;

  constructor() {
    // Lines may come later.
    document.addEventListener("pointerdown", (event) => {
      if (removeOf(event)) event.preventDefault(); // or the selection would be lost
    });
    document.addEventListener("click", (event) => {
      const button = removeOf(event);
      if (button) this.#ask(button);
    });
    this.#button.addEventListener("click", () => void this.#redact());
  }

  /** @param {HTMLButtonElement} button */
  #ask(button) {
    const text = button.parentElement?.querySelector(".line-text");
    if (!(text instanceof HTMLElement)) return;
    const selected = document.getSelection();
    const passage = selected?.rangeCount ? passageIn(text, selected.getRangeAt(0)) : null;
    this.#asked = { button, text, passage };
    byId("redact-passage", HTMLElement).textContent = passage ? passage.text : text.textContent;
    byId("redact-scope", HTMLElement).textContent = passage
      ? "What you have selected is removed; the rest of the line stays."
      : "The whole line is removed. To remove a part of it only, select that first.";
    this.#problem.hidden = true;
    this.#dialog.showModal();
  }

  async #redact() {
    if (!this.#asked || this.#button.ariaBusy === "true") return;
    const { button, text, passage } = this.#asked;
    const line = button.closest("li"); // what others corrected meanwhile is on the page: that is what was looked at
    const rev = Number(line?.dataset.rev ?? button.dataset.rev);
    const body = passage ? { from_char: passage.from, to_char: passage.to, rev } : { whole: true, rev };
    const csrfToken = this.#dialog.querySelector("form")?.dataset.csrf ?? "";
    this.#button.ariaBusy = "true";
    try {
      const left = await restCall("POST", `/api/v1/segments/${button.dataset.redact}/redact`, csrfToken, body);
      text.textContent = textShown(left);
      text.parentElement?.querySelector(".line-play")?.remove();
      button.dataset.rev = String(left.rev);
      button.hidden = !left.text;
      this.#dialog.close();
    } catch (problem) {
      this.#problem.textContent = problem instanceof Error ? problem.message : String(problem);
      this.#problem.hidden = false;
    } finally {
      this.#button.ariaBusy = "false";
    }
  }
}

/** @param {Event} event @returns {HTMLButtonElement | null} */
function removeOf({ target }) {
  const button = target instanceof Element ? target.closest("button[data-redact]") : null;
  return button instanceof HTMLButtonElement ? button : null;
}

/** @param {HTMLElement} element @param {Range} range @returns {Passage | null} null: nothing of it, or more, is selected */
function passageIn(element, range) {
  if (!element.contains(range.startContainer) || !element.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.selectNodeContents(element);
  before.setEnd(range.startContainer, range.startOffset);
  return passageOf(element.textContent ?? "", before.toString().length, range.toString().length);
}

new Redaction();
