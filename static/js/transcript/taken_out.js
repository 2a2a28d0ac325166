/** Lines that were taken out, for those who may edit: what they said, who took them out, and the way back. */

import { clockWords } from "../captions/clock_words.js";
import { byId, make } from "../meeting/elements.js";
import { problemWords } from "./corrections.js";
import { button } from "./line_editor.js";
import { takenOutChanged, whyWords } from "./taken_out_words.js";

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("./corrections.js").TakenOutLine} TakenOutLine
 */

export class TakenOut {
  #details = byId("taken-out", HTMLDetailsElement);
  #list = byId("taken-out-lines", HTMLElement);
  #count = byId("taken-out-count", HTMLElement);
  #problem = byId("taken-out-problem", HTMLElement);
  #more = byId("taken-out-more", HTMLButtonElement);
  #corrections;
  #onDone;
  /** @type {Set<string>} */
  #listed = new Set();
  /** @type {string | null} */
  #cursor = null;
  #isReading = false;
  #isStale = false;

  /**
   * @param {import("./corrections.js").Corrections} corrections
   * @param {(segments: Segment[], words: string) => void} onDone
   */
  constructor(corrections, onDone) {
    this.#corrections = corrections;
    this.#onDone = onDone;
    this.#details.addEventListener("toggle", () => {
      if (this.#details.open) void this.#read();
    });
    this.#more.addEventListener("click", () => void this.#readMore());
    if (!this.#details.hidden) void this.#read();
  }

  /** What stands on the page has changed. @param {ReadonlyMap<string, Segment>} before @param {ReadonlyMap<string, Segment>} now */
  hear(before, now) {
    if (takenOutChanged(before, now, this.#listed)) void this.#read();
  }

  /** From the beginning; what changes meanwhile is read once more. */
  async #read() {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#attempt(async () => {
        const page = await this.#corrections.takenOut(null);
        this.#listed.clear();
        this.#list.replaceChildren(...page.data.map((line) => this.#entry(line)));
        this.#told(page);
      });
    }
    this.#isReading = false;
  }

  async #readMore() {
    await this.#attempt(async () => {
      const page = await this.#corrections.takenOut(this.#cursor);
      const [first, ...others] = page.data.map((line) => this.#entry(line));
      this.#list.append(...(first ? [first, ...others] : []));
      this.#told(page);
      first?.querySelector("button")?.focus();
    });
  }

  /** @param {import("./corrections.js").TakenOutPage} page */
  #told(page) {
    for (const { id } of page.data) this.#listed.add(id);
    this.#cursor = page.next_cursor;
    this.#count.textContent = String(page.n_lines);
    this.#details.hidden = page.n_lines === 0;
    this.#more.hidden = page.next_cursor === null;
  }

  /** @param {TakenOutLine} line */
  #entry(line) {
    const entry = make("li", "taken-out-line");
    const at = clockWords(line.start_ms);
    const text = make("p", "taken-out-text", line.text);
    text.dir = "auto";
    if (line.language) text.lang = line.language;
    const speaker = make("span", "taken-out-speaker", line.speaker);
    speaker.dir = "auto";
    const head = make("p", "small");
    head.append(make("span", "soft", `${at} `), speaker);
    const back = button("Put back", "", () => void this.#putBack(line));
    back.setAttribute("aria-label", `Put back what ${line.speaker} said at ${at}`);
    entry.append(head, text, make("p", "soft small", whyWords(line)), back);
    return entry;
  }

  /** @param {TakenOutLine} line */
  async #putBack(line) {
    await this.#attempt(async () => {
      this.#onDone(await this.#corrections.act(line, "restore"), "The line is back.");
    });
  }

  /** @param {() => Promise<void>} act */
  async #attempt(act) {
    this.#problem.hidden = true;
    this.#details.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (problem) {
      this.#problem.textContent = problemWords(problem);
      this.#problem.hidden = false;
    } finally {
      this.#details.setAttribute("aria-busy", "false");
    }
  }
}
