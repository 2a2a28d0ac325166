/** Everything that a line ever said, who made it so, when and why; and the way back. */

import { byId, make } from "../meeting/elements.js";
import { problemWords } from "./corrections.js";
import { button } from "./line_editor.js";

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("./corrections.js").Revision} Revision
 */

/** @type {Record<string, string>} */
const KIND_WORDS = {
  recognized: "Recognized",
  corrected: "Corrected",
  split: "Split",
  merged: "Merged",
  retracted: "Taken out",
  restored: "Put back",
  undone: "Undone",
  replaced: "Replaced",
  reverted: "Replacement reverted",
};

export class HistoryDialog {
  #dialog = byId("history-dialog", HTMLDialogElement);
  #list = byId("history-list", HTMLElement);
  #problem = byId("history-problem", HTMLElement);
  #corrections;
  #onDone;

  /**
   * @param {import("./corrections.js").Corrections} corrections
   * @param {(segments: Segment[], words: string) => void} onDone
   */
  constructor(corrections, onDone) {
    this.#corrections = corrections;
    this.#onDone = onDone;
  }

  /** @param {Segment} segment */
  async open(segment) {
    this.#list.replaceChildren();
    this.#tell("");
    this.#dialog.showModal();
    try {
      const revisions = await this.#corrections.history(segment.id);
      this.#list.replaceChildren(...revisions.reverse().map((each) => this.#entry(each, segment)));
    } catch (problem) {
      this.#tell(problemWords(problem));
    }
  }

  /** @param {Revision} revision @param {Segment} segment */
  #entry(revision, segment) {
    const entry = make("li", "revision");
    const at = new Date(revision.at).toLocaleString();
    const author = revision.author ? ` by ${revision.author}` : "";
    const reason = revision.reason ? `: ${revision.reason}` : "";
    entry.append(make("p", "soft small", `${KIND_WORDS[revision.kind] ?? "Changed"}${author}, ${at}${reason}`));
    const text = make("p", "revision-text", revision.text || "[not shown]");
    text.dir = "auto";
    entry.append(make("p", "revision-speaker", revision.speaker), text);
    if (revision.rev < segment.rev) {
      const back = button("Go back to this", "button-quiet", () => void this.#goBack(segment, revision.rev));
      back.setAttribute("aria-label", `Go back to: ${revision.text}`);
      entry.append(back);
    }
    return entry;
  }

  /** @param {Segment} segment @param {number} rev */
  async #goBack(segment, rev) {
    try {
      const segments = await this.#corrections.act(segment, "undo", { to_rev: rev });
      this.#dialog.close();
      this.#onDone(segments, "The line says again what it said before.");
    } catch (problem) {
      this.#tell(problemWords(problem));
    }
  }

  /** @param {string} words */
  #tell(words) {
    this.#problem.textContent = words;
    this.#problem.hidden = words === "";
  }
}
