/** Short messages above the captions, at most one of each kind. */

import { make } from "./elements.js";

export class Notices {
  #element;
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /** @param {HTMLElement} element a live region */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {string} kind replaces an earlier one of the same kind
   * @param {string} words
   * @param {{words: string, act: () => void}} [action]
   */
  show(kind, words, action) {
    this.clear(kind);
    const notice = make("div", "notice");
    notice.append(make("p", "", words));
    if (action) {
      const button = make("button", "button", action.words);
      button.setAttribute("type", "button");
      button.addEventListener("click", action.act);
      notice.append(button);
    }
    this.#shown.set(kind, notice);
    this.#element.append(notice);
  }

  /** @param {string} kind */
  clear(kind) {
    this.#shown.get(kind)?.remove();
    this.#shown.delete(kind);
  }
}
