/** Draws the lines of a transcript. The server drew those that the page was loaded with; text only ever enters as text. */

import { clockWords } from "../captions/clock_words.js";
import { textBehind, textShown } from "../captions/redacted_text.js";
import { make } from "../meeting/elements.js";
import { linesShown, placeOfSpeaker } from "./lines_reducer.js";

const N_COLOURS = 8;
export const EDITED = "is-edited"; // what somebody types stays on the page, whatever becomes of the line
const SAME_TURN_MS = 8_000; // as the server has it: a speaker who goes on within it is not named anew

/**
 * @typedef {import("../protocol/messages.js").Segment} Segment
 * @typedef {import("./lines_reducer.js").Lines} Lines
 */

export class LineView {
  #list;
  #empty;
  #code;
  /** @type {Lines["lines"]} */
  #drawn = new Map();
  /** @type {(element: HTMLElement, segment: Segment) => void} */
  #onLine;

  /**
   * @param {{list: HTMLElement, empty: HTMLElement, code: string}} page
   * @param {(element: HTMLElement, segment: Segment) => void} onLine after a line was drawn, the first time too
   */
  constructor({ list, empty, code }, onLine) {
    this.#list = list;
    this.#empty = empty;
    this.#code = code;
    this.#onLine = onLine;
  }

  /** What the server drew. @returns {Map<string, Segment>} */
  read() {
    const lines = new Map();
    for (const element of this.#list.querySelectorAll("li[data-segment]")) {
      if (element instanceof HTMLElement) {
        const segment = segmentOf(element);
        lines.set(segment.id, segment);
        this.#onLine(element, segment);
      }
    }
    this.#drawn = lines;
    return lines;
  }

  /** @param {string} segmentId @returns {HTMLElement | null} */
  elementOf(segmentId) {
    return document.getElementById(`segment-${segmentId}`);
  }

  /** @param {Lines} state */
  draw(state) {
    const changed = [...state.lines.values()].filter((segment) => this.#drawn.get(segment.id) !== segment);
    this.#drawn = state.lines;
    if (changed.length === 0) return;
    for (const segment of changed) this.#put(segment, state);
    const isEmpty = linesShown(state).length === 0 && this.#list.childElementCount === 0;
    this.#list.hidden = isEmpty;
    this.#empty.hidden = !isEmpty;
    this.#joinTurns();
  }

  /** @param {Segment} segment @param {Lines} state */
  #put(segment, state) {
    const known = this.elementOf(segment.id);
    if (segment.state === "retracted") return known?.classList.contains(EDITED) ? undefined : known?.remove();
    const element = known ?? lineElement(segment.id);
    fill(element, segment, placeOfSpeaker(state, segment.participant_id));
    if (segment.state === "redacted") takeControls(element, segment);
    if (!known) this.#insert(element);
    this.#onLine(element, segment);
  }

  /** By beginnings, as the server has them; a line that was split off can be played as the one before. @param {HTMLElement} element */
  #insert(element) {
    let before = this.#list.lastElementChild;
    while (before instanceof HTMLElement && startOf(before) > startOf(element)) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.#list.prepend(element);
    const play = before?.querySelector(".line-play")?.cloneNode(true);
    if (!(play instanceof HTMLElement)) return;
    play.dataset.audio = `/api/v1/meetings/${this.#code}/segments/${element.dataset.segment}/audio`;
    play.setAttribute("aria-label", `Play what was said at ${element.querySelector(".line-time")?.textContent}`);
    element.append(play);
    element.classList.add("has-audio");
  }

  #joinTurns() {
    /** @type {HTMLElement | null} */
    let before = null;
    for (const element of this.#list.children) {
      if (!(element instanceof HTMLElement)) continue;
      const isContinued =
        before !== null &&
        element.dataset.participant !== undefined &&
        before.dataset.participant === element.dataset.participant &&
        startOf(element) - Number(before.dataset.end) < SAME_TURN_MS;
      element.classList.toggle("is-continued", isContinued);
      before = element;
    }
  }
}

/**
 * As the server draws it: nothing of it is to be heard, and where nothing is left there is nothing to remove.
 * @param {HTMLElement} element
 * @param {Segment} segment
 */
function takeControls(element, { text }) {
  element.querySelector(".line-play")?.remove();
  element.classList.remove("has-audio");
  const remove = element.querySelector(".line-redact");
  if (remove instanceof HTMLElement) remove.hidden = !text;
}

/** @param {HTMLElement} element */
function startOf(element) {
  return Number(element.dataset.start);
}

/** @param {HTMLElement} element @returns {Segment} */
function segmentOf({ dataset, children }) {
  const [, speaker, text] = children;
  const state = /** @type {Segment["state"]} */ (dataset.state);
  return {
    id: dataset.segment ?? "",
    rev: Number(dataset.rev),
    state,
    participant_id: dataset.participant ?? "",
    speaker: speaker.textContent ?? "",
    start_ms: Number(dataset.start),
    end_ms: Number(dataset.end),
    text: textBehind({ state, text: text.textContent ?? "" }),
    stable_chars: 0,
    language: text instanceof HTMLElement ? text.lang : "",
  };
}

/** @param {string} segmentId */
function lineElement(segmentId) {
  const element = make("li", "line");
  element.id = `segment-${segmentId}`;
  const time = make("a", "line-time");
  time.setAttribute("href", `#${element.id}`);
  const text = make("p", "line-text");
  text.dir = "auto";
  element.append(time, make("span", "line-speaker"), text);
  return element;
}

/** @param {HTMLElement} element @param {Segment} segment @param {number} place */
function fill(element, segment, place) {
  const { dataset } = element;
  dataset.segment = segment.id;
  dataset.rev = String(segment.rev);
  dataset.state = segment.state;
  dataset.participant = segment.participant_id;
  dataset.start = String(segment.start_ms);
  dataset.end = String(segment.end_ms);
  dataset.speaker = String(place % N_COLOURS);
  const [time, speaker, text] = element.children;
  time.textContent = clockWords(segment.start_ms);
  speaker.textContent = segment.speaker;
  text.textContent = textShown(segment);
  if (segment.language && text instanceof HTMLElement) text.lang = segment.language;
}
