import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_CAPTIONS, captionsReduce } from "../../static/js/captions/caption_reducer.js";
import { NOBODY, peopleReduce, placeOf } from "../../static/js/captions/people_reducer.js";
import { chance, randomNumbers } from "./random_numbers.js";

const segment = (id, rev, state = "partial", more = {}) => ({
  type: "segment",
  seq: state === "partial" ? null : rev,
  segment: { id, rev, state, participant_id: "ada", speaker: "Ada", start_ms: 0, end_ms: 1, text: `${id}${rev}`, stable_chars: 0, ...more },
});
const after = (messages, state = NO_CAPTIONS) => messages.reduce(captionsReduce, state);
const shown = ({ open, closed }) =>
  [...open.values(), ...closed.values()].filter(({ state }) => state !== "retracted").map(({ id, rev, state }) => `${id}${rev}${state}`).sort();

test("a message counts only if its revision is greater", () => {
  assert.deepEqual(shown(after([segment("a", 2), segment("a", 1), segment("a", 2)])), ["a2partial"]);
  assert.deepEqual(shown(after([segment("a", 5, "final"), segment("a", 4)])), ["a5final"]);
  assert.deepEqual(shown(after([segment("a", 5, "final"), segment("a", 6, "corrected")])), ["a6corrected"]);
});

test("a withdrawn partial goes, and a late message does not revive it", () => {
  assert.deepEqual(shown(after([segment("a", 2), segment("a", 3, "retracted"), segment("a", 2)])), []);
});

test("a reset voids one participant's partials and nobody's finals", () => {
  const state = after([
    segment("a", 1), segment("b", 1, "partial", { participant_id: "bob" }), segment("c", 2, "final"),
    { type: "partials_reset", participant_id: "ada" },
  ]);
  assert.deepEqual(shown(state), ["b1partial", "c2final"]);
});

test("a snapshot replaces the partials, and their finals still arrive", () => {
  const snapshot = { type: "snapshot", segments: [segment("b", 3).segment], participants: [] };
  const state = after([segment("a", 4), segment("b", 2), snapshot]);
  assert.deepEqual(shown(state), ["b3partial"]);
  assert.deepEqual(shown(after([segment("a", 5, "final")], state)), ["a5final", "b3partial"]);
});

test("messages that say nothing new leave the same object", () => {
  const state = after([segment("a", 3, "final")]);
  for (const message of [segment("a", 3, "final"), { type: "ack" }, { type: "partials_reset", participant_id: "x" }]) {
    assert.equal(captionsReduce(state, message), state);
  }
});

test("the same messages, repeated at any place, give the same captions", () => {
  for (let seed = 1; seed < 60; seed += 1) {
    const random = randomNumbers(seed);
    const messages = [];
    for (const id of ["a", "b", "c"]) {
      const nRevs = 1 + chance(random, 5);
      for (let rev = 1; rev <= nRevs; rev += 1) messages.push(segment(id, rev, rev === nRevs ? "final" : "partial"));
    }
    const repeated = messages.flatMap((message, i) => [message, messages[chance(random, i + 1)]]);
    assert.deepEqual(shown(after(repeated)), shown(after(messages)));
  }
});

const joined = (id, name) => ({ type: "event", seq: 1, event: { type: "participant.joined", participant: { id, display_name: name, role: "speaker" } } });
const left = (id) => ({ type: "event", seq: 1, event: { type: "participant.left", participant: { id, display_name: "", role: "speaker" } } });

test("who leaves takes their open partials along, and nobody's finals", () => {
  const said = [segment("a", 1), segment("b", 1, "partial", { participant_id: "bob" }), segment("c", 2, "final")];
  const state = after([...said, left("ada")]);
  assert.deepEqual(shown(state), ["b1partial", "c2final"]);
  assert.deepEqual(shown(after([segment("a", 1), segment("a", 2, "final")], state)), ["a2final", "b1partial", "c2final"]);
  assert.equal(after([joined("ada", "Ada"), left("eve")], state), state);
});

const people = (messages) => messages.reduce(peopleReduce, NOBODY);

test("people keep their place, hence their colour, when they leave and return", () => {
  const state = people([joined("a", "Ada"), joined("b", "Bob"), left("a"), joined("a", "Ada")]);
  assert.equal(placeOf(state, "a"), 0);
  assert.deepEqual([...state.values()].map(({ name, isHere }) => [name, isHere]), [["Ada", true], ["Bob", true]]);
});

test("who leaves is no longer shown as speaking", () => {
  const state = people([joined("a", "Ada"), { type: "speech", participant_id: "a", state: "start" }, left("a")]);
  assert.deepEqual([state.get("a").isHere, state.get("a").isSpeaking], [false, false]);
});

test("a snapshot says who is here", () => {
  const bob = { id: "b", display_name: "Bob", role: "speaker" };
  const state = people([joined("a", "Ada"), { type: "snapshot", segments: [], participants: [bob] }]);
  assert.deepEqual([...state.values()].map(({ name, isHere }) => [name, isHere]), [["Ada", false], ["Bob", true]]);
});

test("whoever is renamed has said everything under the new name, as after a reload", () => {
  const changed = { type: "event", seq: 9, event: { type: "participant.changed", participant: { id: "ada", display_name: "Grace", role: "speaker" } } };
  const before = after([segment("a", 3, "final"), segment("b", 1), segment("c", 2, "final", { participant_id: "bob", speaker: "Bob" })]);
  const { open, closed } = captionsReduce(before, changed);
  assert.deepEqual([...open.values(), ...closed.values()].map(({ speaker }) => speaker), ["Grace", "Grace", "Bob"]);
  assert.equal(closed.get("c"), before.closed.get("c"));
  const joined = { type: "event", seq: 1, event: { type: "participant.joined", participant: { id: "ada", display_name: "Ada", role: "speaker" } } };
  assert.equal(peopleReduce(peopleReduce(NOBODY, joined), changed).get("ada").name, "Grace");
});

test("what the server has deleted is shown as removed: everybody's, or one person's", () => {
  const said = [segment("a", 2, "final"), segment("b", 2, "final", { participant_id: "bob" }), segment("c", 2, "retracted")];
  const purged = (more) => after([{ type: "event", seq: 9, event: { type: "content.purged", ...more } }], after(said));
  assert.deepEqual(shown(purged({ what: "text" })), ["a3redacted", "b3redacted"]);
  assert.deepEqual(shown(purged({ what: "participant", participant_id: "bob" })), ["a2final", "b3redacted"]);
  assert.deepEqual(shown(purged({ what: "audio" })), ["a2final", "b2final"]);
  assert.equal(purged({ what: "text" }).closed.get("a").text, "");
});

test("who agrees to nothing is seen to, until they agree again", () => {
  const ada = { id: "ada", display_name: "Ada", role: "speaker" };
  const told = (granted) => ({ type: "event", seq: 1, event: { type: "participant.consented", participant: ada, granted } });
  const here = peopleReduce(NOBODY, { type: "event", seq: 1, event: { type: "participant.joined", participant: ada } });
  const silent = peopleReduce(here, told([]));
  assert.equal(silent.get("ada").isSilent, true);
  assert.equal(peopleReduce(silent, told(["captions"])).get("ada").isSilent, false);
});
