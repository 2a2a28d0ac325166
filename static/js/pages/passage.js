/** A selection in a line, counted as the server counts: in code points. Pure. */

/**
 * @typedef {object} Passage
 * @property {number} from the first character
 * @property {number} to the one behind the last
 * @property {string} text
 */

/**
 * @param {string} line
 * @param {number} start in UTF-16 units, as ranges count
 * @param {number} length likewise
 * @returns {Passage | null} null: nothing but blanks
 */
export function passageOf(line, start, length) {
  const text = line.slice(start, start + length);
  if (!text.trim()) return null;
  const from = [...line.slice(0, start)].length;
  return { from, to: from + [...text].length, text };
}
