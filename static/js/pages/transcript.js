/** The transcript page: follows what others change, and lets those who may correct it. */

import { byId, make } from "../meeting/elements.js";
import { restCall } from "../session/rest.js";
import { Corrections, problemWords } from "../transcript/corrections.js";
import { EventFollower } from "../transcript/event_follower.js";
import { HistoryDialog } from "../transcript/history_dialog.js";
import { LineEditor, button } from "../transcript/line_editor.js";
import { LineView } from "../transcript/line_view.js";
import { lineApply, linesReduce } from "../transcript/lines_reducer.js";
import { ReplaceDialog } from "../transcript/replace_dialog.js";
import { TakenOut } from "../transcript/taken_out.js";

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("../transcript/event_follower.js").LogMessage} LogMessage
 */

class TranscriptPage {
  #page = JSON.parse(byId("page-data", HTMLScriptElement).textContent ?? "");
  #view;
  /** @type {import("../transcript/lines_reducer.js").Lines} */
  #state;
  #follower;
  #corrections = new Corrections(this.#page.meeting_id, this.#page.csrf_token);
  /** @type {HistoryDialog | null} */
  #history = null;
  /** @type {TakenOut | null} */
  #takenOut = null;
  /** @type {LineEditor | null} */
  #editor = null;

  constructor() {
    const { code, as_of_seq: lastSeq, speakers, may_edit: mayEdit } = this.#page;
    const list = byId("transcript-lines", HTMLElement);
    if (mayEdit) {
      list.classList.add("is-editable");
      this.#history = new HistoryDialog(this.#corrections, (segments, words) => {
        this.#editor?.close(); // which led here
        this.#done(segments, words);
      });
      new ReplaceDialog(this.#corrections);
      this.#takenOut = new TakenOut(this.#corrections, this.#done);
    }
    const onLine = mayEdit ? this.#offerEditing : () => undefined;
    this.#view = new LineView({ list, empty: byId("transcript-empty", HTMLElement), code }, onLine);
    this.#state = { lines: this.#view.read(), speakers, lastSeq };
    this.#follower = new EventFollower({
      meeting: code,
      afterSeq: lastSeq,
      onMessages: (messages) => this.#hear(messages),
      get: (path) => restCall("GET", path, ""),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    document.addEventListener("visibilitychange", () => this.#followWhileSeen());
    window.addEventListener("pagehide", () => this.#follower.stop());
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#followWhileSeen());
    this.#followWhileSeen();
  }

  #followWhileSeen() {
    this.#follower.stop();
    if (document.visibilityState === "visible") void this.#follower.start();
  }

  /** @param {LogMessage[]} messages */
  #hear(messages) {
    this.#draw(messages.reduce(linesReduce, this.#state));
  }

  /** @param {import("../transcript/lines_reducer.js").Lines} state */
  #draw(state) {
    this.#takenOut?.hear(this.#state.lines, state.lines);
    this.#state = state;
    const edited = this.#editor && state.lines.get(this.#editor.segmentId);
    if (edited) this.#editor?.hear(edited);
    this.#view.draw(state);
  }

  /** @param {HTMLElement} element @param {Segment} segment */
  #offerEditing = (element, segment) => {
    offerRemoval(element, segment);
    const known = element.querySelector(".line-edit");
    if (segment.state === "redacted") return known?.remove();
    const edit = known ?? element.appendChild(button("Edit", "line-edit", () => this.#edit(element, segment.id)));
    const time = element.querySelector(".line-time")?.textContent;
    edit.setAttribute("aria-label", `Edit what ${segment.speaker} said at ${time}`);
  };

  /** @param {HTMLElement} element @param {string} segmentId */
  #edit(element, segmentId) {
    const segment = this.#state.lines.get(segmentId);
    if (!segment) return;
    this.#editor?.close();
    this.#editor = new LineEditor(element, segment, this.#state.speakers, this.#corrections, {
      onDone: this.#done,
      onHistory: (shown) => void this.#history?.open(shown),
      onClosed: () => {
        this.#editor = null;
        if (this.#state.lines.get(segmentId)?.state === "retracted") element.remove();
        focusLine(this.#view.elementOf(segmentId));
      },
    });
  }

  /** @param {Segment[]} segments @param {string} words */
  #done = (segments, words) => {
    const [first] = segments;
    this.#draw(segments.reduce(lineApply, this.#state));
    const undo = button("Undo", "", () => void this.#undo(first));
    this.#tell(words, undo);
    if (this.#editor?.hasFocus) return; // the answer came late: whoever types already goes on
    const line = this.#view.elementOf(first.id);
    if (line) focusLine(line);
    else undo.focus();
  };

  /** @param {Segment} segment */
  async #undo(segment) {
    try {
      this.#done(await this.#corrections.act(segment, "undo"), "Undone.");
    } catch (problem) {
      this.#tell(problemWords(problem));
    }
  }

  /** @param {string} words @param {HTMLElement} [undo] */
  #tell(words, undo) {
    const place = byId("transcript-told", HTMLElement);
    place.textContent = words;
    if (undo) place.append(" ", undo);
  }
}

/** As the server offers it beside the lines that it draws. @param {HTMLElement} element @param {Segment} segment */
function offerRemoval(element, { id, state, speaker }) {
  const known = element.querySelector(".line-redact");
  if (!known && state === "redacted") return;
  const remove = known ?? element.appendChild(make("button", "line-redact", "Remove"));
  if (!(remove instanceof HTMLButtonElement)) return;
  remove.type = "button";
  remove.dataset.redact = id;
  remove.setAttribute("aria-label", `Remove what ${speaker} said at ${element.querySelector(".line-time")?.textContent}`);
}

/** @param {HTMLElement | null} element */
function focusLine(element) {
  const edit = element?.querySelector(".line-edit");
  if (edit instanceof HTMLElement) edit.focus();
}

new TranscriptPage();
