/** Find and replace: every place is looked at, the chosen ones are replaced at once, and that can be taken back at once. */

import { clockWords } from "../captions/clock_words.js";
import { byId, make } from "../meeting/elements.js";
import { problemWords } from "./corrections.js";
import { button } from "./line_editor.js";

/**
 * @typedef {import("./corrections.js").Hit} Hit
 * @typedef {import("./corrections.js").Replacement} Replacement
 */

const NEAR_CHARACTERS = 60;

export class ReplaceDialog {
  #dialog = byId("replace-dialog", HTMLDialogElement);
  #form = byId("replace-form", HTMLFormElement);
  #hits = byId("replace-hits", HTMLElement);
  #told = byId("replace-told", HTMLElement);
  #apply = byId("replace-apply", HTMLButtonElement);
  #applied = byId("replace-applied", HTMLElement);
  #corrections;
  /** @type {Replacement | null} */
  #proposal = null;

  /** @param {import("./corrections.js").Corrections} corrections */
  constructor(corrections) {
    this.#corrections = corrections;
    byId("replace-open", HTMLButtonElement).addEventListener("click", () => void this.#open());
    byId("replace-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#find();
    });
    this.#form.addEventListener("input", () => this.#forget()); // what is shown must be what is applied
    this.#apply.addEventListener("click", () => void this.#replace());
    this.#hits.addEventListener("change", () => this.#count());
  }

  async #open() {
    this.#forget();
    this.#tell("");
    this.#dialog.showModal();
    await this.#listApplied();
  }

  #forget() {
    this.#proposal = null;
    this.#hits.replaceChildren();
    this.#count();
  }

  async #find() {
    await this.#attempt(async () => {
      const typed = new FormData(this.#form);
      this.#proposal = await this.#corrections.propose({
        find: typed.get("find"),
        replace: typed.get("replace"),
        match_case: typed.has("match_case"),
        whole_words: typed.has("whole_words"),
        reason: typed.get("reason"),
      });
      const hits = this.#proposal.hits ?? [];
      this.#hits.replaceChildren(...hits.map((hit) => hitElement(hit, String(typed.get("replace")))));
      this.#tell(hits.length === 0 ? "This was not found." : `Found ${places(hits.length)}. Choose what to replace.`);
      this.#count();
    });
  }

  async #replace() {
    const { id } = this.#proposal ?? {};
    if (id === undefined) return;
    await this.#attempt(async () => {
      const done = await this.#corrections.apply(id, this.#chosen());
      this.#forget();
      this.#tell(`Replaced in ${lines(done.n_segments)}.${skippedWords(done)}`);
      await this.#listApplied();
    });
  }

  async #listApplied() {
    const applied = await this.#corrections.applied().catch(() => []);
    this.#applied.replaceChildren(...applied.map((each) => this.#appliedElement(each)));
    byId("replace-earlier", HTMLElement).hidden = applied.length === 0;
  }

  /** @param {Replacement} replacement */
  #appliedElement(replacement) {
    const { find, replace, n_segments } = replacement;
    const words = `“${find}” by “${replace}” in ${lines(n_segments)}`;
    const entry = make("li", "applied", words);
    const revert = button("Revert", "button-quiet", () => void this.#revert(replacement));
    revert.setAttribute("aria-label", `Revert: ${words}`);
    entry.append(revert);
    return entry;
  }

  /** @param {Replacement} replacement */
  async #revert({ id }) {
    await this.#attempt(async () => {
      const done = await this.#corrections.revert(id);
      this.#tell(`The replacement was reverted.${skippedWords(done)}`);
      await this.#listApplied();
      byId("replace-find", HTMLInputElement).focus();
    });
  }

  /** @param {() => Promise<void>} act */
  async #attempt(act) {
    this.#form.setAttribute("aria-busy", "true");
    await act().catch((problem) => this.#tell(problemWords(problem)));
    this.#form.setAttribute("aria-busy", "false");
  }

  #chosen() {
    const boxes = [...this.#hits.querySelectorAll("input")].filter(({ checked }) => checked);
    return boxes.map(({ value }) => Number(value));
  }

  #count() {
    const n = this.#chosen().length;
    this.#apply.disabled = n === 0;
    this.#apply.textContent = n === 0 ? "Replace" : `Replace ${places(n)}`;
  }

  /** @param {string} words */
  #tell(words) {
    this.#told.textContent = words;
  }
}

/** @param {Hit} hit @param {string} replace */
function hitElement(hit, replace) {
  const entry = make("li", "hit");
  const label = make("label", "check");
  const box = /** @type {HTMLInputElement} */ (make("input", ""));
  box.type = "checkbox";
  box.checked = true;
  box.value = String(hit.index);
  const words = make("span", "hit-words");
  words.dir = "auto";
  const before = [...hit.before].slice(-NEAR_CHARACTERS).join("");
  const behind = [...hit.behind].slice(0, NEAR_CHARACTERS).join("");
  words.append(
    make("span", "soft small", `${clockWords(hit.start_ms)} ${hit.speaker}: `),
    before, make("del", "", hit.found), make("ins", "", replace), behind,
  );
  label.append(box, words);
  entry.append(label);
  return entry;
}

/** @param {number} n */
function places(n) {
  return n === 1 ? "1 place" : `${n} places`;
}

/** @param {number} n */
function lines(n) {
  return n === 1 ? "1 line" : `${n} lines`;
}

/** @param {Replacement} replacement */
function skippedWords({ skipped = [] }) {
  return skipped.length === 0 ? "" : ` Left alone, because somebody changed them meanwhile: ${lines(skipped.length)}.`;
}
