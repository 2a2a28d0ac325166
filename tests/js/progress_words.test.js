/** The second pass in the words that the server's page has. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isUnderWay, progressWords } from "../../static/js/captions/progress_words.js";

const words = (state, n_done = 12, n_lines = 40, n_replaced = 3) => progressWords({ state, n_done, n_lines, n_replaced });

test("people read how far it is, and what came of it", () => {
  assert.equal(words("working"), "Being improved: 12 of 40 lines");
  assert.equal(words("waiting", 0, 1), "Being improved: 0 of 1 line");
  assert.equal(words("done"), "Heard again from the recording: 3 lines improved.");
  assert.equal(words("failed"), "Some of it could not be heard again.");
  assert.equal(words("none"), "");
});

test("only what goes on is asked for again", () => {
  const states = ["none", "waiting", "working", "done", "failed"];
  assert.deepEqual(states.filter((state) => isUnderWay({ state })), ["waiting", "working"]);
});
