import assert from "node:assert/strict";
import { test } from "node:test";

import { DOUBTFUL_BELOW, piecesOf } from "../../static/js/captions/doubtful_words.js";
import { chance, randomNumbers } from "./random_numbers.js";

const words = (text, doubtful = []) => text.split(/\s+/u).map((w) => ({ w, c: doubtful.includes(w) ? 0.2 : 0.9 }));
const marked = (pieces) => pieces.filter(({ isDoubtful }) => isDoubtful).map(({ text }) => text);
const joined = (pieces) => pieces.map(({ text }) => text).join("");

test("words below the threshold are marked, the others are not", () => {
  const text = "Ever tried, ever failed";
  assert.deepEqual(piecesOf(text, words(text, ["tried,"])), [
    { text: "Ever ", isDoubtful: false },
    { text: "tried,", isDoubtful: true },
    { text: " ever failed", isDoubtful: false },
  ]);
  const atThreshold = [{ w: "yes", c: DOUBTFUL_BELOW }];
  assert.deepEqual(marked(piecesOf("yes", atThreshold)), []);
});

test("without words, or with those of another text, nothing is marked", () => {
  for (const of of [undefined, [], words("other words", ["other"]), words("one two", ["one"]), words("one two three four", ["one"])]) {
    assert.deepEqual(piecesOf("one two three", of), [{ text: "one two three", isDoubtful: false }]);
  }
});

test("scripts without spaces are marked word by word", () => {
  const pieces = piecesOf("今日は晴れ", [{ w: "今日", c: 0.9 }, { w: "は", c: 0.1 }, { w: "晴れ", c: 0.9 }]);
  assert.deepEqual(marked(pieces), ["は"]);
});

test("an empty text has no pieces", () => {
  assert.deepEqual(piecesOf("", []), []);
  assert.deepEqual(piecesOf("", undefined), []);
});

test("markup in a word is text like any other", () => {
  const text = "<b>bold</b> word";
  assert.deepEqual(marked(piecesOf(text, words(text, ["<b>bold</b>"]))), ["<b>bold</b>"]);
});

test("a text cut anywhere keeps its characters and its marks", () => {
  const alphabet = ["yes", "no", "é", "😀", "a,", "no"];
  for (let seed = 1; seed < 200; seed += 1) {
    const random = randomNumbers(seed);
    const said = Array.from({ length: 1 + chance(random, 8) }, () => ({ w: alphabet[chance(random, alphabet.length)], c: chance(random, 10) / 10 }));
    const text = said.map(({ w }) => w).join(" ");
    const cut = chance(random, text.length + 1);
    const halves = [...piecesOf(text, said, 0, cut), ...piecesOf(text, said, cut)];
    assert.equal(joined(halves), text);
    assert.equal(joined(halves.filter(({ isDoubtful }) => isDoubtful)), said.filter(({ c }) => c < DOUBTFUL_BELOW).map(({ w }) => w).join(""));
  }
});
