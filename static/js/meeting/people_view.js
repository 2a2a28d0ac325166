/** Draws who is here. Speaking shows as a filled mark and as a word, never as colour alone. */

import { placeOf } from "../captions/people_reducer.js";
import { make } from "./elements.js";

/**
 * @typedef {import("../captions/people_reducer.js").People} People
 * @typedef {import("../captions/people_reducer.js").Presence} Presence
 */

const N_COLOURS = 8;
/** @type {Readonly<Record<string, string>>} */
const ROLES = { host: "host", agent: "assistant", phone: "by phone", viewer: "watching" };

export class PeopleView {
  #list;
  #heading;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {HTMLElement} list @param {HTMLElement} heading */
  constructor(list, heading) {
    this.#list = list;
    this.#heading = heading;
  }

  /** @param {People} people @param {string} ownId */
  draw(people, ownId) {
    const here = [...people.values()].filter(({ isHere }) => isHere);
    for (const [id, row] of this.#rows) {
      if (!people.get(id)?.isHere) {
        row.remove();
        this.#rows.delete(id);
      }
    }
    here.forEach((person, i) => {
      const row = this.#rows.get(person.id) ?? personRow(placeOf(people, person.id));
      this.#rows.set(person.id, row);
      fill(row, person, person.id === ownId);
      if (this.#list.children[i] !== row) this.#list.insertBefore(row, this.#list.children[i] ?? null);
    });
    this.#heading.textContent = here.length === 0 ? "Nobody is here" : `Who is here (${here.length})`;
  }
}

/** @param {number} place */
function personRow(place) {
  const row = make("li", "person");
  row.dataset.speaker = String(place % N_COLOURS);
  const mark = make("span", "person-mark");
  mark.setAttribute("aria-hidden", "true");
  const name = make("span", "person-name");
  name.append(make("span", "person-words"), make("span", "person-note"));
  row.append(mark, name);
  return row;
}

/** @param {HTMLElement} row @param {Presence} person @param {boolean} isSelf */
function fill(row, { name, role, isSpeaking, isSilent }, isSelf) {
  const notes = [isSelf ? "you" : "", ROLES[role] ?? "", isSilent ? "not transcribed" : isSpeaking ? "speaking" : ""].filter(Boolean);
  const [mark, words] = row.children;
  mark.textContent = initials(name);
  words.children[0].textContent = name;
  words.children[1].textContent = notes.join(", ");
  row.classList.toggle("is-speaking", isSpeaking);
}

/** @param {string} name */
function initials(name) {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((word) => [...word][0] ?? "").join("").toUpperCase();
}
