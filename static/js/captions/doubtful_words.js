/**
 * Which words of a caption the recognizer was unsure of. Pure: text and words in, pieces of the text out. Their texts joined
 * are the text, whatever the words are; words that are not those of the text mark nothing.
 */

/**
 * Below this a word is marked: half of those that are wrong and 7 % of those that are right (1160 words of read speech, in
 * quiet and in babble, by the geometric mean of Moonshine's token probabilities); three of four marks are deserved.
 */
export const DOUBTFUL_BELOW = 0.5;

/**
 * @typedef {object} TimedWord
 * @property {string} w
 * @property {number} c confidence, 0 to 1
 *
 * @typedef {object} Piece
 * @property {string} text
 * @property {boolean} isDoubtful
 */

/**
 * @param {string} text
 * @param {readonly TimedWord[] | undefined} words in the order of the text; between them it has spaces only
 * @param {number} [from] index into `text`, in UTF-16 units, of the first piece
 * @param {number} [to]
 * @returns {Piece[]}
 */
export function piecesOf(text, words, from = 0, to = text.length) {
  /** @type {Piece[]} */
  const pieces = [];
  let at = from;
  for (const [start, end] of doubtfulSpans(text, words ?? [])) {
    if (end <= at || start >= to) continue;
    const begin = Math.max(start, at);
    if (begin > at) pieces.push({ text: text.slice(at, begin), isDoubtful: false });
    at = Math.min(end, to);
    pieces.push({ text: text.slice(begin, at), isDoubtful: true });
  }
  if (at < to) pieces.push({ text: text.slice(at, to), isDoubtful: false });
  return pieces;
}

/** @param {string} text @param {readonly TimedWord[]} words @returns {[number, number][]} none when they do not match */
function doubtfulSpans(text, words) {
  /** @type {[number, number][]} */
  const spans = [];
  let at = 0;
  for (const { w, c } of words) {
    const word = w.trim();
    const start = text.indexOf(word, at);
    if (word === "" || start < 0 || text.slice(at, start).trim() !== "") return [];
    at = start + word.length;
    if (c < DOUBTFUL_BELOW) spans.push([start, at]);
  }
  return text.slice(at).trim() === "" ? spans : [];
}
