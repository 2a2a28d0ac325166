/** Changes one line in its place: what was said and by whom. Enter saves, Escape gives up, and the focus stays where it was. */

import { make } from "../meeting/elements.js";
import { RestProblem } from "../session/rest.js";
import { problemWords } from "./corrections.js";
import { codePointsBefore, editBegin, editChanges, editReduce, isGone } from "./edit_reducer.js";
import { EDITED } from "./line_view.js";

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("./edit_reducer.js").Edit} Edit
 * @typedef {import("./edit_reducer.js").EditEvent} EditEvent
 * @typedef {import("./lines_reducer.js").Speaker} Speaker
 *
 * @typedef {object} EditorListener
 * @property {(segments: Segment[], words: string) => void} onDone lines as they stand now, and what happened
 * @property {(segment: Segment) => void} onHistory
 * @property {() => void} onClosed
 */

export class LineEditor {
  #line;
  #corrections;
  #listener;
  /** @type {Edit} */
  #edit;
  #form = /** @type {HTMLFormElement} */ (make("form", "line-form"));
  #speaker = /** @type {HTMLSelectElement} */ (make("select", "line-who"));
  #text = /** @type {HTMLTextAreaElement} */ (make("textarea", "line-words"));
  #problem = make("p", "problem");
  #theirs = make("p", "line-theirs");
  #yield = button("Take theirs");
  #save = button("Save", "button-primary");

  /**
   * @param {HTMLElement} line
   * @param {Segment} segment
   * @param {readonly Speaker[]} speakers
   * @param {import("./corrections.js").Corrections} corrections
   * @param {EditorListener} listener
   */
  constructor(line, segment, speakers, corrections, listener) {
    this.#line = line;
    this.#corrections = corrections;
    this.#listener = listener;
    this.#edit = editBegin(segment);
    this.#build(speakers);
    line.classList.add(EDITED);
    line.append(this.#form);
    this.#show();
    this.#text.focus();
  }

  get segmentId() {
    return this.#edit.base.id;
  }

  get hasFocus() {
    return this.#form.contains(document.activeElement);
  }

  /** What somebody else made of the line meanwhile. @param {Segment} segment */
  hear(segment) {
    if (!this.#edit.isSaving) this.#apply({ type: "changed", segment });
  }

  /** Once: an answer that comes late does not close the editor that was opened after this one. */
  close() {
    if (!this.#form.isConnected) return;
    this.#form.remove();
    this.#line.classList.remove(EDITED);
    this.#listener.onClosed();
  }

  /** @param {readonly Speaker[]} speakers */
  #build(speakers) {
    this.#speaker.setAttribute("aria-label", "Who said it");
    this.#speaker.append(...speakers.map(({ id, name }) => new Option(name, id)));
    this.#text.setAttribute("aria-label", "What was said");
    this.#text.dir = "auto";
    this.#text.lang = this.#edit.base.language ?? "";
    this.#problem.setAttribute("role", "alert");
    this.#save.type = "submit";
    this.#form.append(this.#speaker, this.#text, this.#problem, this.#theirs, this.#yield, this.#buttons());
    this.#speaker.addEventListener("change", () => this.#apply({ type: "speaker", speakerId: this.#speaker.value }));
    this.#text.addEventListener("input", () => this.#apply({ type: "typed", text: this.#text.value }));
    this.#yield.addEventListener("click", () => this.#apply({ type: "yielded" }));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#commit();
    });
    this.#form.addEventListener("keydown", (event) => this.#key(event));
  }

  #buttons() {
    const row = make("div", "buttons");
    const acts = [
      button("Cancel", "", () => this.close()),
      button("Split at the cursor", "button-quiet", () => void this.#split()),
      button("Merge with the next line", "button-quiet", () => void this.#act("merge", {}, "The lines are one now.")),
      button("Undo the last change", "button-quiet", () => void this.#act("undo", {}, "The change was undone.")),
      button("Take out", "button-quiet", () => void this.#act("retract", {}, "The line was taken out.")),
      button("History", "button-quiet", () => this.#listener.onHistory(this.#edit.base)),
    ];
    row.append(this.#save, ...acts);
    return row;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return; // Enter chooses a word there, and Escape drops one
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && event.target === this.#text) {
      event.preventDefault();
      this.#form.requestSubmit();
    }
  }

  async #commit() {
    const changes = editChanges(this.#edit);
    if (Object.keys(changes).length === 0) return this.close();
    await this.#carryOut(async () => [await this.#corrections.correct(this.#edit.base, changes)], "Saved.");
  }

  async #split() {
    const at = codePointsBefore(this.#text.value, this.#text.selectionStart);
    await this.#act("split", { at }, "The line is two now.");
  }

  /** @param {"undo" | "split" | "merge" | "retract"} act @param {object} details @param {string} words */
  async #act(act, details, words) {
    if (Object.keys(editChanges(this.#edit)).length > 0) {
      this.#apply({ type: "refused", problem: "Save or cancel what you changed first." });
      return;
    }
    await this.#carryOut(() => this.#corrections.act(this.#edit.base, act, details), words);
  }

  /** @param {() => Promise<Segment[]>} call @param {string} words */
  async #carryOut(call, words) {
    if (this.#edit.isSaving) return;
    this.#apply({ type: "saving" });
    try {
      const segments = await call();
      this.close();
      this.#listener.onDone(segments, words);
    } catch (problem) {
      this.#apply({ type: "refused", problem: problemWords(problem) });
      const present = problem instanceof RestProblem ? problem.segment : undefined;
      if (present) this.#apply({ type: "changed", segment: present });
      this.#text.focus();
    }
  }

  /** @param {EditEvent} event */
  #apply(event) {
    this.#edit = editReduce(this.#edit, event);
    this.#show();
  }

  #show() {
    const { base, text, speakerId, problem, isContested, isSaving } = this.#edit;
    if (this.#text.value !== text) this.#text.value = text;
    this.#speaker.value = speakerId;
    this.#problem.textContent = problem;
    this.#problem.hidden = problem === "";
    this.#theirs.textContent = `${base.speaker}: ${base.text}`;
    this.#theirs.hidden = this.#yield.hidden = !isContested;
    this.#save.disabled = isGone(this.#edit);
    this.#form.setAttribute("aria-busy", String(isSaving));
  }
}

/** @param {string} words @param {string} [kind] @param {() => void} [onClick] */
export function button(words, kind = "", onClick) {
  const made = /** @type {HTMLButtonElement} */ (make("button", `button ${kind}`, words));
  made.type = "button";
  if (onClick) made.addEventListener("click", onClick);
  return made;
}
