import assert from "node:assert/strict";
import { test } from "node:test";

import { takenOutChanged, whyWords } from "../../static/js/transcript/taken_out_words.js";

/** @param {string} id @param {"final" | "corrected" | "retracted"} state @param {number} rev */
const line = (id, state = "final", rev = 1) =>
  /** @type {import("../../static/js/protocol/messages.js").Segment} */ (
    /** @type {unknown} */ ({ id, state, rev, text: "words", participant_id: "p", speaker: "Ada" })
  );

/** @param {import("../../static/js/protocol/messages.js").Segment[]} lines */
const lines = (...lines) => new Map(lines.map((each) => [each.id, each]));

test("the list is read again when a line is taken out or comes back, and not for what is said or corrected", () => {
  const one = line("1");
  const nobody = new Set();
  assert.equal(takenOutChanged(lines(one), lines(one), nobody), false);
  assert.equal(takenOutChanged(lines(one), lines(one, line("2", "final", 4)), nobody), false);
  assert.equal(takenOutChanged(lines(one), lines(line("1", "corrected", 2)), nobody), false);
  assert.equal(takenOutChanged(lines(one), lines(line("1", "retracted", 2)), nobody), true);
  assert.equal(takenOutChanged(lines(line("1", "retracted", 2)), lines(line("1", "corrected", 3)), nobody), true);
});

test("a line that was taken out before the page was loaded is missed by nobody when it comes back", () => {
  assert.equal(takenOutChanged(lines(), lines(line("1", "corrected", 3)), new Set(["1"])), true);
  assert.equal(takenOutChanged(lines(), lines(line("1", "corrected", 3)), new Set(["2"])), false);
});

test("it says who took a line out and why, and of another's voice that it was one", () => {
  const at = "2026-11-28T09:00:00Z";
  assert.match(whyWords({ author: "Ada", reason: "off the record", at }), /^Taken out by Ada, .+: off the record$/);
  assert.match(whyWords({ author: "", reason: "", at }), /^Taken out, [^:]+:\d/);
  assert.match(whyWords({ author: "Colloquy", reason: "bleed", at }), /^Taken for another's voice/);
});
