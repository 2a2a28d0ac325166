/** What the page says of audio that is not written down. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { OwnGaps } from "../../static/js/meeting/own_gaps.js";
import { deliveredWords, flowWords, gapWords, leftWords, refusedWords, undeliveredWords, warningWords } from "../../static/js/meeting/trouble_words.js";

const gap = (from, to, more = {}) => ({
  type: "audio.gap", participant_id: "ada", session_id: "s", from, to, reason: "language_unsupported", ...more,
});

test("each warning says what it means, and none that words follow", () => {
  assert.match(warningWords("language_unsupported"), /does not know this meeting's language: what you say is not written down/);
  assert.match(warningWords("ledger"), /could not be accounted for/);
  assert.equal(
    warningWords("recognition_unavailable"),
    "Speech is not being transcribed at the moment. What you say is kept and will be transcribed.",
  );
  assert.equal(warningWords("from the future"), "The server reports trouble with the transcription of this meeting.");
});

test("a gap is told with its length and its reason", () => {
  assert.equal(
    gapWords(12_300, "language_unsupported"),
    "12 s of your audio could not be written down: language not supported.",
  );
  assert.equal(gapWords(40, "from the future"), "Less than 1 s of your audio could not be written down: unknown reason.");
});

test("that everything is in the transcript is said only when it is", () => {
  assert.match(deliveredWords(0), /^Everything you said has arrived/);
  assert.match(deliveredWords(3_000), /^3 s of your audio could not be written down/);
});

test("one's own gaps add up by reason, each once", () => {
  const gaps = new OwnGaps();
  assert.deepEqual(gaps.take(gap(0, 16_000), "ada"), { reason: "language_unsupported", lost_ms: 1_000 });
  assert.equal(gaps.take(gap(0, 16_000), "ada"), null, "repeated after a resume");
  assert.equal(gaps.take(gap(16_000, 32_000), "bob"), null, "somebody else's");
  assert.equal(gaps.take({ type: "participant.left", participant_id: "ada" }, "ada"), null);
  assert.deepEqual(gaps.take(gap(16_000, 32_000), "ada"), { reason: "language_unsupported", lost_ms: 2_000 });
  assert.deepEqual(gaps.take(gap(40_000, 48_000, { reason: "not_sent" }), "ada"), { reason: "not_sent", lost_ms: 500 });
  assert.equal(gaps.total_ms, 2_500);
});

test("a new session counts its positions from zero", () => {
  const gaps = new OwnGaps();
  gaps.take(gap(0, 16_000), "ada");
  const next = gap(0, 16_000, { participant_id: "ada2", session_id: "s2" });
  assert.deepEqual(gaps.take(next, "ada2"), { reason: "language_unsupported", lost_ms: 2_000 });
});

test("a slow and a busy server say that no word is lost; one that is well says nothing", () => {
  assert.match(flowWords("slow"), /captions come less often. No word is lost/);
  assert.match(flowWords("pause"), /kept here and sent when it can be taken/);
  assert.equal(flowWords("ok"), undefined);
});

test("a full server says when to try again, and every other refusal is in the server's words", () => {
  assert.match(refusedWords(503, "overloaded", 30_000), /^This server is full at the moment.* Try again in 30 seconds\.$/);
  assert.match(refusedWords(503, "overloaded", 0), /Try again in a moment\.$/);
  assert.equal(refusedWords(410, "The meeting has ended.", 0), "The meeting has ended.");
});

test("what was not delivered is told with its length, and nothing when there is none", () => {
  assert.equal(undeliveredWords(0), "");
  assert.equal(undeliveredWords(4_000), " 4 s of what you said could not be delivered.");
  assert.match(leftWords(true), /kept in this browser/);
  assert.match(leftWords(false), /may not have arrived/);
});
