/** One audio session against a server that accepts, drops, refuses and falls silent. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameParse } from "../../static/js/protocol/frame.js";
import { AudioRing } from "../../static/js/session/audio_ring.js";
import { AudioSession } from "../../static/js/session/audio_session.js";
import { CaptionFeed } from "../../static/js/session/caption_feed.js";
import { RestProblem } from "../../static/js/session/rest.js";
import { FakeSurroundings } from "./fake_surroundings.js";

const ADMISSION = { participant_id: "p", session_id: "s", ticket: "first", resume_token: "token", ws_url: "/ws/v1/audio" };
const LIMITS = { frame_ms: [20, 200], max_frame_bytes: 16_384, unsettled_max_ms: 60_000, catchup_x: 8 };
const welcome = (settled, more = {}) => ({
  type: "welcome", session_id: "s", participant_id: "p", resumed: settled > 0, settled, resume_token: "token",
  after_seq: 0, heartbeat_ms: 10_000, limits: LIMITS, consent: [], ...more,
});

function begun({ fetchTicket, ticket = "first", ring = new AudioRing() } = {}) {
  const around = new FakeSurroundings();
  const log = { phases: [], stopped: [], messages: [], nTickets: 0 };
  const session = new AudioSession({
    key: ADMISSION,
    ticket,
    ring,
    captions: "all",
    consent: ["captions", "transcript"],
    pageUrl: "https://example.org/m/x/",
    fetchTicket: async () => {
      log.nTickets += 1;
      return fetchTicket ? fetchTicket(log.nTickets) : `ticket-${log.nTickets}`;
    },
    listener: {
      onMessage: (message) => log.messages.push(message.type),
      onPhase: (phase) => log.phases.push(phase),
      onStopped: (action, code) => log.stopped.push([action, code]),
    },
    around,
  });
  session.start();
  const speak = (n = 1) => {
    for (let i = 0; i < n; i += 1) {
      ring.append("voiced", 1_600, new Int16Array(1_600));
      session.pump();
    }
  };
  const open = (settled = 0, more = {}) => {
    around.last.open();
    around.last.say(welcome(settled, more));
  };
  return { around, ring, session, log, speak, open };
}

const span = (kind, start, end) => ({ kind, reason: "", start, end, samples: kind === "voiced" ? new Int16Array(end - start) : null });
const positions = (socket) => socket.frames().map((frame) => frameParse(frame).position);

test("the first connection offers the admission's ticket, says hello, consents, then speaks", () => {
  const { around, speak, open } = begun();
  assert.equal(around.last.address, "wss://example.org/ws/v1/audio");
  assert.deepEqual(around.last.protocols, ["colloquy.v1", "ticket.first"]);
  speak(2);
  assert.deepEqual(around.last.sent, []);
  open();
  assert.deepEqual(around.last.sent.slice(0, 2).map(({ type }) => type), ["hello", "consent"]);
  assert.equal("resume" in around.last.sent[0], false);
  assert.deepEqual(positions(around.last), [0]);
});

test("consent that the server has is not said again", () => {
  const { around, open } = begun();
  open(0, { consent: ["captions", "transcript"] });
  assert.deepEqual(around.last.told("consent"), []);
});

test("a dropped connection resumes with a fresh ticket and sends again from what is settled", async () => {
  const { around, speak, open, log } = begun();
  open();
  speak(10);
  around.last.say({ type: "segment", seq: 412, segment: {} });
  around.last.say({ type: "ack", received: 16_000, settled: 8_000, lag_ms: 1 });
  around.last.fail(1006);
  assert.deepEqual(log.phases, ["live", "waiting"]);
  await around.pass(300);
  assert.deepEqual(around.last.protocols, ["colloquy.v1", "ticket.ticket-1"]);
  open(8_000);
  assert.deepEqual(around.last.told("hello")[0].resume, { token: "token", after_seq: 412 });
  assert.equal(positions(around.last)[0], 8_000);
  assert.deepEqual(around.last.told("consent").length, 1, "nothing says that the first was stored");
});

test("waiting doubles from 250 ms to 5 s, and only an ack shortens it again", async () => {
  const { around, open, speak } = begun();
  const waits = [];
  for (let n = 0; n < 7; n += 1) {
    open();
    const nSockets = around.sockets.length;
    around.last.fail(1006);
    const before_ms = around.now_ms();
    while (around.sockets.length === nSockets) await around.pass(10);
    waits.push(around.now_ms() - before_ms);
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  open();
  speak();
  around.last.say({ type: "ack", received: 1_600, settled: 0, lag_ms: 1 });
  const nSockets = around.sockets.length;
  around.last.fail(4503);
  await around.pass(250);
  assert.equal(around.sockets.length, nSockets + 1);
});

test("late callbacks of an old socket do nothing", async () => {
  const { around, open, log } = begun();
  open();
  const old = around.last;
  old.fail(1006);
  await around.pass(300);
  open();
  old.say({ type: "ended" });
  old.fail(4409);
  assert.equal(log.phases.at(-1), "live");
  assert.deepEqual(log.stopped, []);
});

for (const [code, action] of [[4400, "report"], [4413, "report"], [4403, "refused"], [4410, "refused"], [4451, "refused"], [4404, "new_session"], [4409, "superseded"]]) {
  test(`close code ${code} stops: ${action}`, async () => {
    const { around, open, log } = begun();
    open();
    around.last.fail(code);
    await around.pass(60_000);
    assert.deepEqual(log.stopped, [[action, code]]);
    assert.equal(around.sockets.length, 1);
  });
}

test("a refused ticket is replaced once; a second refusal in a row stops", async () => {
  const { around, log, open } = begun();
  around.last.fail(4401);
  await around.pass(1);
  assert.equal(around.last.protocols[1], "ticket.ticket-1");
  open();
  around.last.fail(4401);
  await around.pass(1);
  around.last.fail(4401);
  await around.pass(60_000);
  assert.deepEqual(log.stopped, [["new_ticket", 4401]]);
  assert.equal(around.sockets.length, 3);
});

test("a ticket that cannot be fetched now is asked for again, as late as the server asks", async () => {
  const { around, open, log } = begun({
    fetchTicket: (n) => {
      if (n === 1) throw new RestProblem(0, {}, 0);
      if (n === 2) throw new RestProblem(503, {}, 7_000);
      return "third";
    },
  });
  open();
  around.last.fail(1006);
  await around.pass(250 + 500);
  assert.equal(log.nTickets, 2);
  await around.pass(6_900);
  assert.equal(log.nTickets, 2);
  await around.pass(200);
  assert.equal(around.last.protocols[1], "ticket.third");
});

for (const [status, expected] of [[403, ["refused", 4403]], [404, ["new_session", 4404]], [410, ["refused", 4410]]]) {
  test(`a ticket refused for good (${status}) stops`, async () => {
    const { around, open, log } = begun({ fetchTicket: () => { throw new RestProblem(status, {}, 0); } });
    open();
    around.last.fail(1006);
    await around.pass(60_000);
    assert.deepEqual(log.stopped, [expected]);
  });
}

test("end comes after the last frame, is said again after a resume, and only `ended` ends", async () => {
  const { around, session, speak, open, log } = begun();
  open();
  speak(3);
  session.finish();
  assert.deepEqual(around.last.told("end"), [{ type: "end", position: 4_800 }]);
  assert.equal(around.last.sent.at(-1).type, "end");
  around.last.say({ type: "draining", reason: "client" });
  around.last.fail(1006);
  await around.pass(300);
  open(1_600);
  assert.deepEqual(around.last.told("end"), [{ type: "end", position: 4_800 }]);
  assert.equal(log.phases.at(-1), "ending");
  around.last.say({ type: "ended", received: 4_800 });
  assert.equal(log.phases.at(-1), "ended");
  await around.pass(60_000);
  assert.equal(around.sockets.length, 2);
});

test("a silent connection is asked, and given up within two heartbeats", async () => {
  const { around, open, log } = begun();
  open();
  const quiet = around.last;
  await around.pass(10_000);
  assert.equal(quiet.told("ping").length, 1);
  await around.pass(10_000);
  assert.ok(quiet.isClosed);
  assert.equal(log.phases.at(-1), "waiting");
  await around.pass(1_000);
  assert.equal(around.sockets.length, 2);
});

test("a socket that never opens is given up as well, and is sent nothing", async () => {
  const { around } = begun();
  await around.pass(20_000);
  assert.ok(around.sockets[0].isClosed);
  assert.deepEqual(around.sockets[0].sent, []);
});

test("where timers are held back, captured sound keeps the session going", async () => {
  const { around, open, speak } = begun();
  open();
  speak();
  const quiet = around.last;
  for (let n = 0; n < 200; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  assert.ok(quiet.isClosed, "a half-open connection is noticed");
  for (let n = 0; n < 10; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  assert.equal(around.sockets.length, 2, "and the next attempt is made");
  open();
  for (let n = 0; n < 60; n += 1) {
    await around.passHeldBack(100);
    speak();
  }
  const sent = around.last.frames().map(frameParse).reduce((sum, { samples }) => sum + samples.length, 0);
  assert.equal(sent, 271 * 1_600, "and everything is sent");
});

test("a connection that answers is kept", async () => {
  const { around, open } = begun();
  open();
  for (let n = 0; n < 20; n += 1) {
    await around.pass(5_000);
    around.last.say({ type: "pong", t: 1 });
  }
  assert.equal(around.sockets.length, 1);
});

test("goaway: goes on sending, and is on another node before the deadline", async () => {
  const { around, open, speak, log } = begun();
  open();
  speak(4);
  const leaving = around.last;
  leaving.say({ type: "goaway", reason: "deploy", deadline_ms: 1_000 });
  await around.pass(400);
  speak(4);
  assert.deepEqual(positions(leaving).at(-1), 7 * 1_600);
  assert.equal(log.phases.at(-1), "live");
  await around.pass(150);
  assert.ok(leaving.isClosed);
  open(0);
  assert.deepEqual(positions(around.last)[0], 0, "what was not settled is sent again");
});

test("a session of an earlier page is resumed: never begun anew, and told from where its ring begins", async () => {
  const ring = AudioRing.restored([span("voiced", 16_000, 19_200), span("muted", 19_200, 24_000)], 24_000);
  const { around, session, open } = begun({ ticket: null, ring });
  await around.pass(0);
  assert.equal(session.unsettled_ms, 500);
  assert.deepEqual(around.last.protocols, ["colloquy.v1", "ticket.ticket-1"]);
  session.finish();
  open(16_000);
  assert.deepEqual(around.last.told("hello")[0].resume, { token: "token", after_seq: 0 });
  assert.equal(positions(around.last)[0], 16_000);
  assert.deepEqual(around.last.told("mute"), [{ type: "mute", on: false }, { type: "mute", on: true }]);
  assert.deepEqual(around.last.told("end"), [{ type: "end", position: 24_000 }]);
});

test("a socket that does not drain is not filled", async () => {
  const { around, open, speak } = begun();
  open();
  around.last.bufferedAmount = 1_000_000;
  speak(10);
  const nSent = around.last.frames().length;
  assert.ok(nSent <= 10);
  around.last.bufferedAmount = 0;
  await around.pass(1_000);
  assert.equal(positions(around.last).length >= nSent, true);
  assert.equal(frameParse(around.last.frames().at(-1)).position + 1_600, 16_000);
});

test("nothing is sent during a pause of the server, and all of it afterwards", () => {
  const { around, open, speak, log } = begun();
  open();
  around.last.say({ type: "flow", state: "pause", reason: "busy" });
  speak(5);
  assert.deepEqual(around.last.frames(), []);
  assert.equal(log.phases.at(-1), "paused");
  around.last.say({ type: "flow", state: "ok", reason: "" });
  assert.equal(around.last.frames().reduce((sum, frame) => sum + frameParse(frame).samples.length, 0), 8_000);
});

test("what is settled is forgotten, what is only received is not", () => {
  const { around, open, speak, ring, session } = begun();
  open();
  speak(10);
  around.last.say({ type: "ack", received: 16_000, settled: 3_200, lag_ms: 1 });
  assert.equal(ring.nKept, 12_800);
  assert.equal(session.unsettled_ms, 800);
});

test("the caption feed goes on after the last event that it saw", async () => {
  const around = new FakeSurroundings();
  const phases = [];
  const listener = { onMessage: () => undefined, onPhase: (phase) => phases.push(phase), onStopped: () => undefined };
  const admission = { ...ADMISSION, ws_url: "/ws/v1/meetings/m/captions" };
  const feed = new CaptionFeed({ admission, pageUrl: "http://localhost:8000/", fetchTicket: async () => "next", listener, around });
  feed.start();
  assert.equal(around.last.address, "ws://localhost:8000/ws/v1/meetings/m/captions?after_seq=0");
  around.last.say({ type: "event", seq: 7, event: { type: "participant.joined" } });
  around.last.say({ type: "live", seq: 7 });
  around.last.fail(4508);
  await around.pass(250);
  assert.equal(around.last.address, "ws://localhost:8000/ws/v1/meetings/m/captions?after_seq=7");
  around.last.say({ type: "live", seq: 7 });
  assert.deepEqual(phases, ["live", "waiting", "live"]);
});

test("a language that is chosen is said with its position, and again after a resume until it is confirmed", async () => {
  const { around, session, speak, open } = begun();
  speak(2);
  session.speak("de"); // before there is a connection
  open();
  assert.deepEqual(around.last.told("language"), [{ type: "language", language: "de", position: 3_200 }]);
  speak(3);
  around.last.fail(1006);
  await around.pass(1_000);
  open(1_600);
  assert.deepEqual(around.last.told("language"), [{ type: "language", language: "de", position: 3_200 }]);
  const event = { type: "participant.language", participant_id: "p", language: "de" };
  around.last.say({ type: "event", seq: 1, event: { ...event, participant_id: "another" } });
  around.last.say({ type: "event", seq: 2, event });
  around.last.fail(1006);
  await around.pass(1_000);
  open(1_600);
  assert.deepEqual(around.last.told("language"), []);
});

test("a language that the server has, or does not know, is not said again", async () => {
  for (const confirm of [{ language: "de" }, {}]) {
    const { around, session, open } = begun();
    open();
    session.speak("de");
    if (!confirm.language) around.last.say({ type: "error", fatal: false, problem: { code: "language_unsupported" } });
    around.last.fail(1006);
    await around.pass(1_000);
    open(0, confirm);
    assert.deepEqual(around.last.told("language"), []);
  }
});
