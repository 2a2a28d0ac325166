/** Draws captions. One element per segment, kept for as long as the segment is; text only ever enters as text. */

import { clockWords } from "../captions/clock_words.js";
import { placeOf } from "../captions/people_reducer.js";
import { make } from "./elements.js";

const N_COLOURS = 8;
const SAME_TURN_MS = 8_000; // a speaker who goes on within it is not named anew
const NEAR_END_PX = 64;
const MOST_ANNOUNCED = 20;

/**
 * @typedef {import("../captions/caption_reducer.js").Captions} Captions
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
 * @property {Segment} segment
 */

export class CaptionView {
  #elements;
  /** @type {Map<string, Line>} */
  #lines = new Map();
  /** @type {Captions["closed"] | null} */
  #drawnClosed = null;
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

  /** @param {Captions} captions @param {People} people */
  draw(captions, people) {
    const isDrawn = this.#drawnClosed === captions.closed;
    const changed = isDrawn ? [...captions.open.values()] : [...captions.closed.values(), ...captions.open.values()];
    this.#drawnClosed = captions.closed;
    let hasNews = false;
    for (const segment of changed) hasNews = this.#put(segment, people) || hasNews;
    if (!hasNews) return;
    this.#elements.empty.hidden = this.#lines.size > 0;
    if (this.#isFollowing) this.follow();
  }

  /** Reads a caption to those who do not see it. @param {string} words */
  announce(words) {
    const { announcer } = this.#elements;
    announcer.append(make("p", "", words));
    while (announcer.childElementCount > MOST_ANNOUNCED) announcer.firstElementChild?.remove();
  }

  /** @param {Segment} segment @param {People} people @returns {boolean} whether anything changed */
  #put(segment, people) {
    const line = this.#lines.get(segment.id);
    if (line?.segment === segment) return false;
    if (segment.state === "retracted") return line !== undefined && this.#remove(line);
    const element = line?.element ?? lineElement(segment, placeOf(people, segment.participant_id));
    this.#lines.set(segment.id, { element, segment });
    fill(element, segment);
    if (line) this.#joinTurns(element.nextElementSibling);
    else this.#insert(element, segment);
    return true;
  }

  /** @param {Line} line */
  #remove({ element, segment }) {
    const next = element.nextElementSibling;
    element.remove();
    this.#lines.delete(segment.id);
    this.#joinTurns(next);
    return true;
  }

  /** Lines are in the order of their beginnings, as in the stored transcript. @param {HTMLElement} element @param {Segment} segment */
  #insert(element, segment) {
    let before = this.#elements.list.lastElementChild;
    while (before && this.#segmentOf(before).start_ms > segment.start_ms) before = before.previousElementSibling;
    if (before) before.after(element);
    else this.#elements.list.prepend(element);
    this.#joinTurns(element);
    this.#joinTurns(element.nextElementSibling);
  }

  /** @param {Element | null} element */
  #joinTurns(element) {
    if (!element) return;
    const before = element.previousElementSibling;
    const isContinued = before !== null && continues(this.#segmentOf(before), this.#segmentOf(element));
    element.classList.toggle("is-continued", isContinued);
  }

  /** @param {Element} element */
  #segmentOf(element) {
    const line = this.#lines.get(element.id.replace("segment-", ""));
    if (!line) throw new Error("a caption line without its segment");
    return line.segment;
  }
}

/** @param {Segment} before @param {Segment} segment */
function continues(before, segment) {
  return before.participant_id === segment.participant_id && segment.start_ms - before.end_ms < SAME_TURN_MS;
}

/** @param {Segment} segment @param {number} place */
function lineElement(segment, place) {
  const element = make("li", "line");
  element.id = `segment-${segment.id}`;
  element.dataset.speaker = String(place % N_COLOURS);
  const text = make("p", "line-text");
  text.append(make("span", "line-stable"), make("span", "line-unstable"));
  element.append(make("span", "line-time"), make("span", "line-speaker"), text);
  return element;
}

/** @param {HTMLElement} element @param {Segment} segment */
function fill(element, { state, speaker, start_ms, text, stable_chars }) {
  const isPartial = state === "partial";
  const words = state === "redacted" ? "[removed]" : text;
  const nStable = isPartial ? stable_chars : words.length;
  const [time, name, line] = element.children;
  time.textContent = clockWords(start_ms);
  name.textContent = speaker;
  // The wire counts code points, JavaScript strings count UTF-16 units.
  const characters = [...words];
  line.children[0].textContent = isPartial ? characters.slice(0, nStable).join("") : words;
  line.children[1].textContent = isPartial ? characters.slice(nStable).join("") : "";
  element.classList.toggle("is-partial", isPartial);
}
