/** What is missing, for everybody to read. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_GAPS, gapLength_ms, gapsReduce } from "../../static/js/captions/gap_reducer.js";
import { lostWords, reasonWords } from "../../static/js/captions/gap_words.js";
import { ledgerWords } from "../../static/js/captions/ledger_words.js";
import { afterAbsence, awaySamples } from "../../static/js/meeting/absence.js";

const gap = (from, to, more = {}) => ({
  type: "event", seq: 1,
  event: { type: "audio.gap", participant_id: "ada", session_id: "s", from, to, reason: "device_lost", start_ms: from / 16, end_ms: to / 16, ...more },
});
const after = (messages) => [...messages.reduce(gapsReduce, NO_GAPS).values()];
const shown = (messages) => after(messages).map((one) => [one.start_ms, gapLength_ms(one), one.reason]);

test("each reason has its words, and one from the future has some", () => {
  const words = {
    client_discontinuity: "not captured", device_lost: "device disconnected", page_reloaded: "page reloaded",
    suspended: "computer or browser asleep", store_full: "too much was waiting to be sent", unexplained: "not received",
    not_sent: "not received", not_delivered: "not received", recognizer_crashed: "could not be transcribed",
    recognizer_timeout: "could not be transcribed", recognizer_failed: "could not be transcribed",
    language_unsupported: "language not supported", model_missing: "speech model unavailable",
    model_corrupt: "speech model unavailable", commit_refused: "could not be stored", other: "unknown reason",
  };
  for (const [reason, expected] of Object.entries(words)) assert.equal(reasonWords(reason), expected);
  assert.equal(lostWords("Ada", 8_000, "device_lost"), "8.0 s of Ada's audio lost: device disconnected");
});

test("a loss that was told in steps is one loss", () => {
  assert.deepEqual(shown([gap(0, 160_000), gap(160_000, 168_000)]), [[0, 10_500, "device_lost"]]);
});

test("losses of other reasons, sessions or times are others", () => {
  const others = [gap(0, 16_000), gap(16_000, 32_000, { reason: "suspended" }), gap(48_000, 64_000), gap(16_000, 32_000, { session_id: "t" })];
  assert.equal(after(others).length, 4);
});

test("what is told again after a resume changes nothing", () => {
  const gaps = [gap(0, 16_000), gap(16_000, 32_000)].reduce(gapsReduce, NO_GAPS);
  for (const message of [gap(0, 16_000), gap(16_000, 32_000), { type: "live", seq: 3 }]) assert.equal(gapsReduce(gaps, message), gaps);
});

test("a session that ended before its first frame has no time", () => {
  assert.deepEqual(shown([gap(0, 16_000, { start_ms: null, end_ms: null })]), [[null, 1_000, "device_lost"]]);
});

const session = (more = {}) => ({
  session_id: "s", participant_id: "ada", settled: 100_000, speech: 50_000, nonspeech: 50_000, muted: 0, gap: 0, in_flight: 0, gaps: [], ...more,
});
const words = (...sessions) => ledgerWords(sessions, () => "Ada");
const LOST = { gap: 24_000, nonspeech: 26_000, gaps: [{ from: 0, to: 16_000, reason: "device_lost" }, { from: 40_000, to: 48_000, reason: "device_lost" }] };

test("the host reads that all speech is accounted for only when it is", () => {
  assert.equal(words().summary, "Nobody has spoken yet");
  assert.deepEqual(words(session(), session({ in_flight: 50_000 })), { tone: "good", summary: "All speech accounted for", details: [] });
  assert.deepEqual(words(session(LOST)), {
    tone: "bad", summary: "1.5 s of audio missing", details: ["1.5 s of Ada's audio lost: device disconnected"],
  });
  assert.deepEqual(words(session({ speech: 1 })).details, ["The server's account of Ada's audio does not add up"]);
});

test("the host reads what is still on its way, and from whom", () => {
  assert.deepEqual(words(session({ in_flight: 320_000 })).details, ["20 s of Ada's audio on its way"]);
  assert.match(words(session({ state: "detached", display_name: "Bob" })).details[0], /^Bob is reconnecting/);
  assert.match(words(session({ state: "abandoned", in_flight: 16_000 })).details[0], /^Ada went without finishing; 1 s have/);
  assert.equal(words(session({ state: "abandoned" })).summary, "All speech accounted for");
  assert.equal(words(session({ state: "detached" }), session(LOST)).summary, "1.5 s of audio missing");
});

test("after a reload the microphone goes on by itself only while the person is still shown as present", () => {
  const left = { capturedAt_ms: 1_000_000, isFinishing: false };
  assert.equal(afterAbsence(left, 1_002_000), "listen");
  assert.equal(afterAbsence(left, 1_600_000), "ask");
  assert.equal(afterAbsence(left, 1_000_000 + 7_200_000), "deliver");
  assert.equal(afterAbsence({ ...left, isFinishing: true }, 1_002_000), "deliver");
});

test("the time in which a page was away is counted up to its first block, and is never nothing", () => {
  const left = { end: 32_000, capturedAt_ms: 1_000_000 };
  assert.equal(awaySamples(left, 1_002_000, 1_600, 32_000), 32_000 - 1_600);
  assert.equal(awaySamples(left, 1_002_000, 1_600, 30_000), 34_000 - 1_600); // what the store lost is away too
  assert.ok(awaySamples(left, 1_000_000 - 3_600_000, 1_600, 32_000) > 0); // somebody has set the clock back
});

const good = (from, to, more = {}) => gap(from, to, { type: "audio.repaired", reason: undefined, ...more });

test("what was made good from the recording is no loss any more", () => {
  assert.deepEqual(shown([gap(0, 16_000), good(0, 16_000)]), []);
  assert.deepEqual(shown([gap(0, 16_000), good(0, 16_000, { session_id: "t" })]).length, 1);
});

test("of a loss that was told in steps the rest stays", () => {
  const steps = [gap(0, 16_000), gap(16_000, 32_000), gap(32_000, 48_000)];
  assert.deepEqual(shown([...steps, good(16_000, 32_000)]), [[0, 1_000, "device_lost"], [2_000, 1_000, "device_lost"]]);
});

test("what is made good of something else changes nothing", () => {
  const gaps = [gap(0, 16_000)].reduce(gapsReduce, NO_GAPS);
  assert.equal(gapsReduce(gaps, good(32_000, 48_000)), gaps);
});

test("the host reads of a loss that was made good no more", () => {
  const [first, second] = LOST.gaps;
  const repaired = { ...LOST, gaps: [{ ...first, repaired: true }, second] };
  assert.deepEqual(words(session(repaired)), {
    tone: "bad", summary: "0.5 s of audio missing", details: ["0.5 s of Ada's audio lost: device disconnected"],
  });
  const all = { ...LOST, gaps: LOST.gaps.map((each) => ({ ...each, repaired: true })) };
  assert.equal(words(session(all)).tone, "good");
});
