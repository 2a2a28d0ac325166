/** What an audio session says and sends on a connection that holds. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { frameParse } from "../../static/js/protocol/frame.js";
import { AudioRing } from "../../static/js/session/audio_ring.js";
import { CaptionFeed } from "../../static/js/session/caption_feed.js";
import { ADMISSION, begun, positions } from "./fake_session.js";
import { FakeSurroundings } from "./fake_surroundings.js";

const span = (kind, start, end) => ({ kind, reason: "", start, end, samples: kind === "voiced" ? new Int16Array(end - start) : null });

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

test("what one agrees to later begins where it was captured, and is said again until the server has it", async () => {
  const { around, session, speak, open } = begun();
  open(0, { consent: ["captions", "transcript"] });
  speak(3);
  session.agree(["captions", "transcript", "recording"]);
  const said = { type: "consent", granted: ["captions", "transcript", "recording"], position: 4_800 };
  assert.deepEqual(around.last.told("consent"), [said]);
  around.last.fail(1006);
  speak(2);
  await around.pass(300);
  open(1_600, { consent: ["captions", "transcript"] });
  assert.deepEqual(around.last.told("consent"), [said]);
  around.last.fail(1006);
  await around.pass(600);
  open(1_600, { consent: said.granted });
  assert.deepEqual(around.last.told("consent"), []);
});

test("what one takes back while away is said before any frame", async () => {
  const { around, session, speak, open } = begun();
  open(0, { consent: ["captions", "transcript", "recording"] });
  assert.equal(around.last.told("consent").length, 1, "what was never agreed to is not taken as given");
  around.last.fail(1006);
  speak(2);
  session.agree(["captions", "transcript"]);
  await around.pass(300);
  open(0, { consent: ["captions", "transcript", "recording"] });
  assert.deepEqual(around.last.sent.slice(0, 2).map(({ type }) => type), ["hello", "consent"]);
});

test("what one takes back while away and gives again was not agreed to in between", async () => {
  const { around, session, speak, open } = begun();
  const all = ["captions", "transcript", "recording"];
  open(0, { consent: ["captions", "transcript"] });
  session.agree(all);
  const consented = (granted) => ({ type: "participant.consented", participant: { id: "p" }, granted });
  around.last.say({ type: "event", seq: 1, event: consented(all) });
  around.last.fail(1006);
  speak(1);
  session.agree(["captions", "transcript"]);
  speak(1);
  session.agree(all);
  await around.pass(300);
  open(0, { consent: all });
  const both = [
    { type: "consent", granted: ["captions", "transcript"], position: 3_200 },
    { type: "consent", granted: all, position: 3_200 },
  ];
  assert.deepEqual(around.last.told("consent"), both);
  assert.deepEqual(around.last.sent.slice(0, 3).map(({ type }) => type), ["hello", "consent", "consent"]);
  around.last.fail(1006);
  await around.pass(600);
  open(0, { consent: all });
  assert.deepEqual(around.last.told("consent"), both, "nothing says that the server has heard of it");
  around.last.say({ type: "event", seq: 2, event: { ...consented(all), participant: { id: "q" } } });
  around.last.say({ type: "event", seq: 3, event: consented(["captions"]) });
  around.last.fail(1006);
  await around.pass(1_200);
  open(0, { consent: all });
  assert.deepEqual(around.last.told("consent"), both, "what another agrees to, or what is older, says nothing");
  around.last.say({ type: "event", seq: 4, event: consented(["captions", "transcript"]) });
  around.last.say({ type: "event", seq: 5, event: consented(all) });
  around.last.fail(1006);
  await around.pass(2_400);
  open(0, { consent: all });
  assert.deepEqual(around.last.told("consent"), []);
});

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
