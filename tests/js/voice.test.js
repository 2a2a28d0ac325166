/** One person speaking, while the server forgets their session. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Voice } from "../../static/js/meeting/voice.js";
import { frameParse } from "../../static/js/protocol/frame.js";
import { FakeSurroundings, settled } from "./fake_surroundings.js";

const LIMITS = { frame_ms: [20, 200], max_frame_bytes: 16_384, unsettled_max_ms: 60_000, catchup_x: 8 };
const WELCOME = {
  type: "welcome", session_id: "s", participant_id: "p", resumed: false, settled: 0, resume_token: "token",
  after_seq: 0, heartbeat_ms: 10_000, limits: LIMITS, consent: ["captions", "transcript"],
};
const BLOCK = 1_600;

/** A server that answers an admission only when told. */
function admissionsHeld(t) {
  const waiting = [];
  t.mock.method(globalThis, "fetch", () => new Promise((resolve) => waiting.push(resolve)));
  globalThis.location = { href: "https://example.org/m/x/" };
  t.after(() => delete globalThis.location);
  return async (id) => {
    waiting.shift()({
      ok: true,
      json: async () => ({ participant_id: id, session_id: id, ticket: "t", resume_token: "r", ws_url: "/ws/v1/audio" }),
    });
    await settled();
  };
}

test("what is said while joining anew is sent in the new session", async (t) => {
  const admit = admissionsHeld(t);
  const around = new FakeSurroundings();
  const anew = [];
  const voice = new Voice({
    meeting: "x", name: "Ada", role: "speaker", csrfToken: "c", microphone: {}, around,
    listener: { onMessage() {}, onPhase() {}, onStopped() {}, onNewSession: ({ participant_id }, lost) => anew.push([participant_id, lost]) },
  });
  const speak = (level) => voice.capture("voiced", BLOCK, new Int16Array(BLOCK).fill(level));

  speak(1);
  const joined = voice.join();
  await admit("first");
  await joined;
  around.last.onopen({});
  around.last.say(WELCOME);
  for (let i = 0; i < 20; i += 1) speak(2);
  around.last.fail(4404);
  speak(3);
  speak(3);
  await admit("second");
  assert.deepEqual(anew, [["second", "2 seconds"]], "only what was for the old session is lost");
  speak(3);
  around.last.onopen({});
  around.last.say(WELCOME);
  voice.close();

  const frames = around.last.frames().map(frameParse);
  assert.equal(frames[0].position, 0);
  const sent = frames.flatMap(({ samples }) => [...samples]);
  assert.ok(sent.length >= 2 * BLOCK);
  assert.ok(sent.every((sample) => sample === 3));
});
