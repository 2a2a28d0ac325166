/** One person speaking, while the server forgets their session, and while pages come and go. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Voice } from "../../static/js/meeting/voice.js";
import { frameParse } from "../../static/js/protocol/frame.js";
import { KeptSessions } from "../../static/js/session/kept_sessions.js";
import { FakeStore } from "./fake_store.js";
import { FakeSurroundings, settled } from "./fake_surroundings.js";

const LIMITS = { frame_ms: [20, 200], max_frame_bytes: 16_384, unsettled_max_ms: 60_000, catchup_x: 8 };
const WELCOME = {
  type: "welcome", session_id: "s", participant_id: "p", resumed: false, settled: 0, resume_token: "token",
  after_seq: 0, heartbeat_ms: 10_000, limits: LIMITS, consent: ["captions", "transcript"],
};
const BLOCK = 1_600;
const BLOCK_MS = 100;
const SPEAKER = { meeting: "x", title: "Board", name: "Ada", role: "speaker" };
const SILENT_MICROPHONE = { flush: async () => undefined, close: () => undefined };

/** A browser: what pages share. */
class Browser {
  store = new FakeStore();
  #locks = new Set();

  /** @returns a page's shelf, whose locks go with it */
  shelf(around, onFailed = () => undefined) {
    return new KeptSessions({ openStore: async () => this.store, around, onFailed, takeLock: (id) => this.#lock(id) });
  }

  crash() {
    this.#locks.clear();
  }

  async #lock(id) {
    if (this.#locks.has(id)) return null;
    this.#locks.add(id);
    return () => this.#locks.delete(id);
  }
}

/** A server that answers an admission, or a request for a ticket, only when told. */
function answersHeld(t) {
  const waiting = [];
  t.mock.method(globalThis, "fetch", () => new Promise((resolve) => waiting.push(resolve)));
  globalThis.location = { href: "https://example.org/m/x/" };
  t.after(() => delete globalThis.location);
  const answer = async (body, status = 201) => {
    waiting.shift()({ ok: status < 300, status, headers: new Headers({ "Retry-After": "7" }), json: async () => body });
    await settled();
  };
  const admit = (id) => answer({ participant_id: id, session_id: id, ticket: "t", resume_token: "r", ws_url: "/ws/v1/audio" });
  return { answer, admit, waiting };
}

function page(around, shelf) {
  const log = { anew: [], phases: [], stopped: [], messages: [] };
  const voice = new Voice(SPEAKER, {
    csrfToken: "c", microphone: SILENT_MICROPHONE, shelf, captions: "all", around,
    listener: {
      onMessage: (message) => log.messages.push(message),
      onPhase: (phase) => log.phases.push(phase),
      onStopped: (...how) => log.stopped.push(how),
      onNewSession: (id, lost_ms) => log.anew.push([id, lost_ms]),
    },
  });
  const speak = async (level, n = 1, kind = "voiced") => {
    for (let i = 0; i < n; i += 1) {
      await around.pass(BLOCK_MS);
      voice.capture(kind, BLOCK, kind === "voiced" ? new Int16Array(BLOCK).fill(level) : null, "");
    }
  };
  return { voice, log, speak };
}

/** A page that has joined and is connected. */
async function joined(t) {
  const browser = new Browser();
  const around = new FakeSurroundings();
  const server = answersHeld(t);
  const first = page(around, browser.shelf(around));
  const joining = first.voice.join();
  await server.admit("first");
  await joining;
  around.last.open();
  around.last.say(WELCOME);
  return { browser, around, server, ...first };
}

/** The next page of that browser, which has taken the session up. */
async function nextPage({ browser, around, server }) {
  const shelf = browser.shelf(around);
  const [record] = await shelf.list();
  const kept = await shelf.take(record);
  const next = page(around, shelf);
  next.voice.resume(kept);
  await server.answer({ ticket: "next" });
  around.last.open();
  return { ...next, record: kept.record };
}

/** What the frames of a socket say, each sample with its position. */
function timeline(socket) {
  const told = [];
  for (const message of socket.sent) {
    if (message.type === "lost") told.push(["why", message.reason]);
    if (!(message instanceof ArrayBuffer)) continue;
    const { flags, position, samples } = frameParse(message);
    told.push(samples.length === 0 ? ["skip", flags, position] : [samples[0], position, position + samples.length]);
  }
  return told;
}

test("what is said while joining anew is sent in the new session", async (t) => {
  const { around, server, voice, log, speak } = await joined(t);
  await speak(2, 20);
  around.last.fail(4404);
  await speak(3, 2);
  await server.admit("second");
  assert.deepEqual(log.anew, [["second", 2_000]], "only what was for the old session is lost");
  await speak(3);
  around.last.open();
  around.last.say(WELCOME);
  voice.close();

  const frames = around.last.frames().map(frameParse);
  assert.equal(frames[0].position, 0);
  const sent = frames.flatMap(({ samples }) => [...samples]);
  assert.ok(sent.length >= 2 * BLOCK);
  assert.ok(sent.every((sample) => sample === 3));
});

test("joining anew waits for a server that is full, and then sends what was said meanwhile", async (t) => {
  const { around, server, log, speak } = await joined(t);
  around.last.fail(4404);
  await speak(3, 2);
  await server.answer({}, 503);
  assert.equal(log.phases.at(-1), "waiting");
  assert.equal(server.waiting.length, 0);
  await around.pass(7_000);
  await server.admit("second");
  await speak(3);
  around.last.open();
  around.last.say(WELCOME);
  assert.equal(timeline(around.last)[0][1], 0);
  assert.equal(log.anew.length, 1);
});

test("a reload goes on with the same session: everything captured, then the time away as a loss with its reason", async (t) => {
  const before = await joined(t);
  await before.speak(1, 10);
  before.voice.flush();
  before.browser.crash();
  await before.around.pass(2_000);
  const { speak } = await nextPage(before);
  await speak(2, 2);
  before.around.last.say({ ...WELCOME, resumed: true, settled: 6_400 });
  assert.equal(before.around.last.told("hello")[0].resume.token, "token");
  const told = timeline(before.around.last);
  const until = 16_000 + 32_000;
  assert.deepEqual(told.filter(([what]) => what === "why" || what === "skip"), [["why", "page_reloaded"], ["skip", 1, until]]);
  assert.deepEqual([told[0][0], told[0][1], told.at(-1)[0], told.at(-1)[2]], [1, 6_400, 2, until + 2 * BLOCK]);
});

test("what one agreed to in the meeting is what the next page goes by", async (t) => {
  const before = await joined(t);
  await before.speak(1, 2);
  before.voice.agree(["captions", "transcript", "recording"]);
  assert.equal(before.around.last.told("consent").at(-1).position, 3_200);
  before.browser.crash();
  const { speak } = await nextPage(before);
  before.around.last.say({ ...WELCOME, resumed: true, consent: ["captions", "transcript"] });
  await speak(2, 1);
  const [said] = before.around.last.told("consent");
  assert.deepEqual(said.granted, ["captions", "transcript", "recording"]);
  assert.ok(said.position >= 3_200, "what an earlier page captured was said on other terms");
});

test("what the server settled after the page was gone shortens the loss, and never moves the clock", async (t) => {
  const before = await joined(t);
  await before.speak(1, 10);
  before.voice.flush();
  before.browser.crash();
  const { speak } = await nextPage(before);
  before.around.last.say({ ...WELCOME, resumed: true, settled: 20_000 });
  await before.around.pass(2_000);
  await speak(2, 1);
  assert.deepEqual(timeline(before.around.last), [["why", "page_reloaded"], ["skip", 1, 48_000], [2, 48_000, 49_600]]);
});

test("somebody who was muted is muted after the reload, and the time away was muted", async (t) => {
  const before = await joined(t);
  await before.speak(1, 2);
  before.voice.mute(true);
  await before.speak(0, 10, "muted");
  before.voice.flush();
  before.browser.crash();
  await before.around.pass(2_000);
  const { record, speak } = await nextPage(before);
  assert.equal(record.isMuted, true);
  await speak(0, 1, "muted");
  await speak(2, 1);
  before.around.last.say({ ...WELCOME, resumed: true, settled: 3_200 });
  const told = timeline(before.around.last);
  assert.deepEqual(told, [["skip", 2, 52_800], [2, 52_800, 54_400]]);
  assert.deepEqual(before.around.last.told("lost"), []);
});

test("a clock that was set back meanwhile still parts what was said before from what was said after", async (t) => {
  const before = await joined(t);
  await before.speak(1, 10);
  before.voice.flush();
  before.browser.crash();
  before.around.wall_offset_ms -= 3_600_000;
  const { speak } = await nextPage(before);
  await speak(2, 1);
  before.around.last.say({ ...WELCOME, resumed: true, settled: 8_000 });
  assert.deepEqual(timeline(before.around.last).slice(-3), [["why", "page_reloaded"], ["skip", 1, 16_320], [2, 16_320, 17_920]]);
});

test("a second page does not get the session of one that lives", async (t) => {
  const { browser, around, speak } = await joined(t);
  await speak(1, 10);
  const other = browser.shelf(around);
  const [record] = await other.list();
  assert.equal(record.session_id, "first");
  assert.equal(await other.take(record), null);
});

test("a session that was delivered to its end leaves nothing behind", async (t) => {
  const { browser, around, voice, log, speak } = await joined(t);
  await speak(1, 10);
  await voice.finish();
  assert.equal((await browser.store.sessions())[0].isFinishing, true, "a later page would only deliver it");
  around.last.say({ type: "ended", received: 16_000, gap: 0 });
  await settled();
  assert.deepEqual([log.phases.at(-1), await browser.store.sessions()], ["ended", []]);
});

for (const [code, action] of [[4403, "refused"], [4410, "refused"]]) {
  test(`what can never be delivered (${code}) is told and forgotten`, async (t) => {
    const { browser, around, log, speak } = await joined(t);
    await speak(1, 30);
    around.last.fail(code);
    await settled();
    assert.deepEqual(log.stopped, [[action, code, 3_000]]);
    assert.deepEqual(await browser.store.sessions(), []);
  });
}

test("what another tab or a later page may still deliver is kept", async (t) => {
  const { browser, around, log, speak } = await joined(t);
  await speak(1, 30);
  around.last.fail(4409);
  await settled();
  assert.deepEqual(log.stopped, [["superseded", 4409, 0]]);
  assert.equal((await browser.store.sessions()).length, 1);
});

test("somebody who leaves without waiting leaves the rest to a later page", async (t) => {
  const before = await joined(t);
  await before.speak(1, 10);
  await before.voice.finish();
  before.voice.leave();
  const { voice } = await nextPage(before);
  void voice.finish();
  await settled();
  before.around.last.say({ ...WELCOME, resumed: true, settled: 0 });
  assert.deepEqual(before.around.last.told("end"), [{ type: "end", position: 16_000 }]);
});

test("a browser that keeps nothing is said once, and the session goes on in memory", async (t) => {
  const around = new FakeSurroundings();
  const server = answersHeld(t);
  let nFailures = 0;
  const openStore = () => Promise.reject(new DOMException("no", "InvalidStateError"));
  const shelf = new KeptSessions({ openStore, around, onFailed: () => (nFailures += 1), takeLock: async () => () => undefined });
  const { voice, speak } = page(around, shelf);
  const joining = voice.join();
  await server.admit("first");
  await joining;
  around.last.open();
  around.last.say(WELCOME);
  await speak(1, 10);
  assert.equal(nFailures, 1);
  assert.equal(shelf.isKeeping, false);
  assert.equal(timeline(around.last).at(-1)[2], 16_000);
});
