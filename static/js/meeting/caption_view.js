/**
 * Draws captions, and between them what is missing. One element per segment or gap, kept for as long as that is; text only
 * ever enters as text.
 */

import { clockWords } from "../captions/clock_words.js";
import { piecesOf } from "../captions/doubtful_words.js";
import { gapLength_ms } from "../captions/gap_reducer.js";
import { lostWords } from "../captions/gap_words.js";
import { placeOf } from "../captions/people_reducer.js";
import { textShown } from "../captions/redacted_text.js";
import { make } from "./elements.js";

const N_COLOURS = 8;
const SAME_TURN_MS = 8_000; // a speaker who goes on within it is not named anew
const NEAR_END_PX = 64;
const MOST_ANNOUNCED = 20;
const DOUBTFUL_TITLE = "Not sure: this word may have been misheard";

/**
 * @typedef {import("../captions/caption_reducer.js").Captions} Captions
 * @typedef {import("../captions/gap_reducer.js").Gap} Gap
 * @typedef {import("../captions/gap_reducer.js").Gaps} Gaps
 * @typedef {import("../captions/people_reducer.js").People} People
 * @typedef {import("../protocol/messages.js").Segment} Segment
 *
 * @typedef {object} CaptionElements
 * @property {HTMLElement} list
 * @property {HTMLElement} scroll
 * @property {HTMLElement} empty shown until somebody speaks
 * @property {HTMLElement} jump the button to the newest caption
 * @property {HTMLElement} announcer a polite live region
 *
 * @typedef {object} Line
 * @property {HTMLElement} element
 * @property {Segment | Gap} shows
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} speakerId empty for gaps: whoever speaks after one is named anew
 */

export class CaptionView {
  #elements;
  /** @type {Map<string, Line>} by the id of the element */
  #lines = new Map();
  /** @type {Captions["closed"] | null} */
  #drawnClosed = null;
  /** @type {Gaps | null} */
  #drawnGaps = null;
  #isFollowing = true;

  /** @param {CaptionElements} elements */
  constructor(elements) {
    this.#elements = elements;
    const { scroll, jump } = elements;
    scroll.addEventListener("scroll", () => {
      this.#isFollowing = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PX;
      jump.hidden = this.#isFollowing;
    });
    jump.addEventListener("click", () => this.follow());
    new ResizeObserver(() => this.#isFollowing && this.follow()).observe(scroll);
  }

  /** Shows the newest caption, and those that come. */
  follow() {
    const { scroll, jump } = this.#elements;
    this.#isFollowing = true;
    if (document.activeElement === jump) scroll.focus();
    jump.hidden = true;
    scroll.scrollTop = scroll.scrollHeight;
  }

  /** @param {Captions} captions @param {People} people @param {Gaps} gaps */
  draw(captions, people, gaps) {
    const isDrawn = this.#drawnClosed === captions.closed;
    const changed = isDrawn ? [...captions.open.values()] : [...captions.closed.values(), ...captions.open.values()];
    this.#drawnClosed = captions.closed;
    let hasNews = false;
    for (const segment of changed) hasNews = this.#put(segment, people) || hasNews;
    if (gaps !== this.#drawnGaps) for (const gap of gaps.values()) hasNews = this.#putGap(gap, people) || hasNews;
    this.#drawnGaps = gaps;
    if (!hasNews) return;
    this.#elements.empty.hidden = this.#lines.size > 0;
    if (this.#isFollowing) this.follow();
  }

  /** Reads a caption to those who do not see it. @param {string} words @param {string} [language] tag */
  announce(words, language = "") {
    const { announcer } = this.#elements;
    const line = make("p", "", words);
    if (language) line.lang = language;
    announcer.append(line);
    while (announcer.childElementCount > MOST_ANNOUNCED) announcer.firstElementChild?.remove();
  }

  /** @param {Segment} segment @param {People} people @returns {boolean} whether anything changed */
  #put(segment, people) {
    const id = `segment-${segment.id}`;
    const line = this.#lines.get(id);
    if (line?.shows === segment) return false;
    if (segment.state === "retracted") return line !== undefined && this.#remove(line);
    const element = line?.element ?? lineElement(id);
    element.dataset.speaker = String(placeOf(people, segment.participant_id) % N_COLOURS); // a correction may change it
    fill(element, segment);
    const { start_ms, end_ms, participant_id: speakerId } = segment;
    this.#place({ element, shows: segment, start_ms, end_ms, speakerId }, line !== undefined);
    return true;
  }

  /** @param {Gap} gap @param {People} people @returns {boolean} whether anything changed */
  #putGap(gap, people) {
    const id = `gap-${gap.id}`;
    const line = this.#lines.get(id);
    if (line?.shows === gap) return false;
    const last = this.#elements.list.lastElementChild;
    const start_ms = gap.start_ms ?? line?.start_ms ?? (last ? this.#lineOf(last).start_ms : 0);
    const name = people.get(gap.participantId)?.name ?? "somebody";
    const element = line?.element ?? gapElement(id, clockWords(start_ms));
    element.children[1].textContent = `[${lostWords(name, gapLength_ms(gap), gap.reason)}]`;
    this.#place({ element, shows: gap, start_ms, end_ms: start_ms, speakerId: "" }, line !== undefined);
    return true;
  }

  /** @param {Line} line @param {boolean} isThere */
  #place(line, isThere) {
    this.#lines.set(line.element.id, line);
    if (!isThere) return this.#insert(line);
    this.#joinTurns(line.element);
    this.#joinTurns(line.element.nextElementSibling);
  }

  /** @param {Line} line */
  #remove({ element }) {
    const next = element.nextElementSibling;
    element.remove();
    this.#lines.delete(element.id);
    this.#joinTurns(next);
    return true;
  }

  /** Lines are in the order of their beginnings, as in the stored transcript. @param {Line} line */
  #insert({ element, start_ms }) {
    let before = this.#elements.list.lastElementChild;
    while (before && this.#lineOf(before).start_ms > start_ms) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.#elements.list.prepend(element);
    this.#joinTurns(element);
    this.#joinTurns(element.nextElementSibling);
  }

  /** @param {Element | null} element */
  #joinTurns(element) {
    if (!element) return;
    const before = element.previousElementSibling;
    const isContinued = before !== null && continues(this.#lineOf(before), this.#lineOf(element));
    element.classList.toggle("is-continued", isContinued);
  }

  /** @param {Element} element */
  #lineOf(element) {
    const line = this.#lines.get(element.id);
    if (!line) throw new Error("a line of nothing");
    return line;
  }
}

/** @param {Line} before @param {Line} line */
function continues(before, line) {
  return line.speakerId !== "" && before.speakerId === line.speakerId && line.start_ms - before.end_ms < SAME_TURN_MS;
}

/** @param {string} id @param {string} time */
function gapElement(id, time) {
  const element = make("li", "gap-line");
  element.id = id;
  element.append(make("span", "line-time", time), make("p", "gap-words"));
  return element;
}

/** @param {string} id */
function lineElement(id) {
  const element = make("li", "line");
  element.id = id;
  const text = make("p", "line-text");
  text.dir = "auto"; // by what is written in it
  text.append(make("span", "line-stable"), make("span", "line-unstable"));
  element.append(make("span", "line-time"), make("span", "line-speaker"), text);
  return element;
}

/** @param {HTMLElement} element @param {Segment} segment */
function fill(element, { state, speaker, start_ms, text, stable_chars, words, language }) {
  const isPartial = state === "partial";
  const shown = textShown({ state, text });
  // The wire counts code points, JavaScript strings count UTF-16 units.
  const nStable = isPartial ? [...shown].slice(0, stable_chars).join("").length : shown.length;
  const [time, name, line] = element.children;
  time.textContent = clockWords(start_ms);
  name.textContent = speaker;
  if (language) /** @type {HTMLElement} */ (line).lang = language;
  line.children[0].replaceChildren(...piecesOf(shown, words, 0, nStable).map(pieceNode));
  line.children[1].replaceChildren(...piecesOf(shown, words, nStable).map(pieceNode));
  element.classList.toggle("is-partial", isPartial);
}

/** @param {import("../captions/doubtful_words.js").Piece} piece @returns {string | HTMLElement} */
function pieceNode({ text, isDoubtful }) {
  if (!isDoubtful) return text;
  const mark = make("mark", "doubtful", text);
  mark.title = DOUBTFUL_TITLE;
  return mark;
}
