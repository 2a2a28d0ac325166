import assert from "node:assert/strict";
import { test } from "node:test";

import { textBehind, textShown } from "../../static/js/captions/redacted_text.js";
import { RestProblem } from "../../static/js/session/rest.js";
import { codePointsBefore, editBegin, editChanges, editReduce, isGone } from "../../static/js/transcript/edit_reducer.js";
import { EventFollower } from "../../static/js/transcript/event_follower.js";
import { lineApply, linesReduce, linesShown, placeOfSpeaker } from "../../static/js/transcript/lines_reducer.js";
import { chance, randomNumbers } from "./random_numbers.js";

const segment = (id, rev, more = {}) => ({
  id, rev, state: "final", participant_id: "ada", speaker: "Ada", start_ms: 0, end_ms: 1000, text: `${id}${rev}`, stable_chars: 0, ...more,
});
const message = (seq, line) => ({ type: "segment", seq, segment: line });
const NOTHING = { lines: new Map(), speakers: [], lastSeq: 0 };
const after = (messages, state = NOTHING) => messages.reduce(linesReduce, state);
const shown = (state) => linesShown(state).map(({ text }) => text);

test("lines stand in the order of time, each in its newest revision", () => {
  const state = after([message(1, segment("b", 1, { start_ms: 5 })), message(2, segment("a", 1)), message(3, segment("a", 2))]);
  assert.deepEqual(shown(state), ["a2", "b1"]);
  assert.equal(state.lastSeq, 3);
  assert.equal(linesReduce(state, message(2, segment("a", 1))), state);
});

test("what is split, merged, taken out and put back is shown as after a reload", () => {
  const one = after([message(1, segment("a", 1, { text: "one two", end_ms: 2000 }))]);
  const split = after([
    message(2, segment("a", 2, { text: "one", state: "corrected" })),
    message(3, segment("b", 1, { text: "two", state: "corrected", start_ms: 1000, end_ms: 2000 })),
  ], one);
  assert.deepEqual(shown(split), ["one", "two"]);
  const merged = after([
    message(4, segment("a", 3, { text: "one two", end_ms: 2000 })),
    message(5, segment("b", 2, { text: "", state: "retracted", start_ms: 1000 })),
  ], split);
  assert.deepEqual(shown(merged), ["one two"]);
  assert.deepEqual(shown(after([message(3, segment("b", 1))], merged)), ["one two"], "a late message revives nothing");
  assert.deepEqual(shown(after([message(6, segment("b", 3, { text: "two", start_ms: 1000 }))], merged)), ["one two", "two"]);
});

test("of a line that was redacted in part the rest is shown, of a whole one that it was", () => {
  for (const [text, words] of [["[redacted] tried.", "[redacted] tried."], ["", "[redacted]"]]) {
    assert.equal(textShown({ state: "redacted", text }), words);
    assert.equal(textBehind({ state: "redacted", text: words }), text);
  }
  assert.equal(textShown({ state: "final", text: "" }), "");
  assert.equal(textBehind({ state: "corrected", text: "[redacted]" }), "[redacted]", "somebody wrote just that");
});

test("what is deleted for good goes from an open page, by everybody or by one person", () => {
  const purged = (what, more = {}) => ({ type: "event", seq: 9, event: { type: "content.purged", what, ...more } });
  const said = after([
    message(1, segment("a", 1)),
    message(2, segment("b", 1, { participant_id: "bob", speaker: "Bob", start_ms: 5 })),
    message(3, segment("c", 2, { state: "retracted", text: "" })),
  ]);
  assert.deepEqual(linesShown(after([purged("participant", { participant_id: "bob" })], said)).map(({ text, state }) => [text, state]), [
    ["a1", "final"],
    ["", "redacted"],
  ]);
  assert.deepEqual(shown(after([purged("text")], said)), ["", ""]);
  for (const what of ["audio", "unkept"]) assert.equal(after([purged(what)], said).lines, said.lines);
  assert.deepEqual(shown(after([message(4, segment("a", 1))], after([purged("text")], said))), ["", ""], "nothing comes back");
});

test("what is only to be seen live is in no transcript, as after a reload", () => {
  const state = after([message(1, segment("a", 1)), message(2, segment("b", 1, { kept: false }))]);
  assert.deepEqual(shown(state), ["a1"]);
  assert.equal(state.lastSeq, 2);
});

test("the answer to one's own change and its event are one change, in either order", () => {
  const before = after([message(1, segment("a", 1))]);
  const answer = segment("a", 2, { text: "new" });
  const mine = lineApply(before, answer);
  assert.deepEqual(shown(mine), ["new"]);
  assert.equal(linesReduce(mine, message(2, answer)).lines, mine.lines);
});

test("who comes, is renamed, or is named by a correction has a place and a name", () => {
  const joined = { type: "event", seq: 1, event: { type: "participant.joined", participant: { id: "bob", display_name: "Bob", role: "speaker" } } };
  const changed = { type: "event", seq: 4, event: { type: "participant.changed", participant: { id: "ada", display_name: "Grace", role: "speaker" } } };
  const said = [message(2, segment("a", 1)), message(3, segment("b", 1, { participant_id: "eve", speaker: "Eve" }))];
  const state = after([joined, ...said, changed]);
  assert.deepEqual(state.speakers.map(({ name }) => name), ["Bob", "Grace", "Eve"]);
  assert.equal(placeOfSpeaker(state, "eve"), 2);
  assert.deepEqual(linesShown(state).map(({ speaker }) => speaker), ["Grace", "Eve"]);
});

test("the same events, repeated at any place, give the same lines", () => {
  for (let seed = 1; seed < 60; seed += 1) {
    const random = randomNumbers(seed);
    const states = ["final", "corrected", "retracted"];
    const messages = Array.from({ length: 12 }, (_, i) =>
      message(i + 1, segment("abc"[chance(random, 3)], i + 1, { state: states[chance(random, 3)], start_ms: chance(random, 9) })));
    const repeated = messages.flatMap((each, i) => [each, messages[chance(random, i + 1)]]);
    assert.deepEqual(shown(after(repeated)), shown(after(messages)));
  }
});

const typed = (text) => ({ type: "typed", text });
const edited = (events, base = segment("a", 1, { text: "helo" })) => events.reduce(editReduce, editBegin(base));

test("only what was changed is saved", () => {
  assert.deepEqual(editChanges(edited([])), {});
  assert.deepEqual(editChanges(edited([typed(" helo ")])), {});
  assert.deepEqual(editChanges(edited([typed("hello ")])), { text: "hello" });
  assert.deepEqual(editChanges(edited([{ type: "speaker", speakerId: "bob" }])), { participant_id: "bob" });
});

test("a pasted line break becomes a space, for a line has none", () => {
  assert.equal(edited([typed("one\r\ntwo\tthree")]).text, "one two three");
});

test("a conflict shows what the other wrote and keeps mine, which may be saved upon it", () => {
  const theirs = segment("a", 2, { text: "hallo" });
  const edit = edited([typed("hello"), { type: "saving" }, { type: "refused", problem: "stale" }, { type: "changed", segment: theirs }]);
  assert.deepEqual([edit.text, edit.base.text, edit.base.rev, edit.isContested, edit.isSaving], ["hello", "hallo", 2, true, false]);
  assert.match(edit.problem, /Somebody else/);
  assert.deepEqual(editChanges(edit), { text: "hello" });
  const yielded = editReduce(edit, { type: "yielded" });
  assert.deepEqual([yielded.text, yielded.isContested, yielded.problem], ["hallo", false, ""]);
});

test("what was not touched follows the other's change without a word", () => {
  const edit = edited([{ type: "speaker", speakerId: "bob" }, { type: "changed", segment: segment("a", 2, { text: "hallo" }) }]);
  assert.deepEqual([edit.text, edit.speakerId, edit.isContested], ["hallo", "bob", true]);
  const untouched = edited([{ type: "changed", segment: segment("a", 2, { text: "hallo", participant_id: "eve" }) }]);
  assert.deepEqual([untouched.text, untouched.speakerId, untouched.isContested, untouched.problem], ["hallo", "eve", false, ""]);
});

test("who wrote the same as the other has no conflict; an old message is none either", () => {
  const same = edited([typed("hello"), { type: "changed", segment: segment("a", 2, { text: "hello" }) }]);
  assert.deepEqual([same.isContested, editChanges(same)], [false, {}]);
  const edit = edited([typed("hello")]);
  assert.equal(editReduce(edit, { type: "changed", segment: segment("a", 1, { text: "old" }) }), edit);
});

test("a line that is taken out under one's hands leaves what was typed", () => {
  const edit = edited([typed("hello"), { type: "changed", segment: segment("a", 2, { text: "", state: "retracted" }) }]);
  assert.deepEqual([edit.text, isGone(edit)], ["hello", true]);
  assert.match(edit.problem, /taken this line out/);
});

test("the wire counts code points", () => {
  assert.equal(codePointsBefore("👩 ok", 3), 2);
  assert.equal(codePointsBefore("abc", 2), 2);
});

/** A log that answers each call by the next of `answers`; then the follower is stopped. */
const follow = async (answers) => {
  const asked = [];
  const slept = [];
  const heard = [];
  const follower = new EventFollower({
    meeting: "a b",
    afterSeq: 7,
    onMessages: (messages) => heard.push(...messages),
    get: async (path) => {
      asked.push(path);
      const answer = answers.shift();
      if (answers.length === 0) follower.stop();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    sleep: async (ms) => void slept.push(ms),
  });
  await follower.start();
  return { asked, slept, heard, follower };
};
const page = (data, next, more = false) => ({ data, next_after_seq: next, has_more: more });

test("the log is followed from where the page was loaded, and nothing is taken after a stop", async () => {
  const { asked, heard, follower } = await follow([page(["x"], 8), page([], 8), page(["late"], 9)]);
  assert.deepEqual(heard, ["x"]);
  assert.match(asked[0], /meetings\/a%20b\/events\?after_seq=7&/);
  assert.match(asked[2], /after_seq=8&/);
  assert.ok(follower);
});

test("a failure is waited out, longer each time, and a refusal to wait makes it look now and then", async () => {
  const failed = new RestProblem(0, {}, 0);
  const { slept } = await follow([failed, failed, page([], 7), failed, page([], 7)]);
  assert.deepEqual(slept, [1000, 2000, 1000]);
  const full = new RestProblem(503, { code: "too_many_waiters" }, 5_000);
  const refused = await follow([full, page([], 7), page([], 7)]);
  assert.deepEqual(refused.slept, [5_000, 5_000]);
  assert.match(refused.asked[1], /wait_s=0$/);
});

test("a page that may not read any more stops asking", async () => {
  const { asked } = await follow([new RestProblem(404, {}, 0), page([], 7), page([], 7)]);
  assert.equal(asked.length, 1);
});
