/** What is captured arrives whole, in any order of settling, interruption and muting. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FLAG_DISCONTINUITY, FLAG_MUTED, frameParse } from "../../static/js/protocol/frame.js";
import { AudioRing } from "../../static/js/session/audio_ring.js";
import { FrameSender } from "../../static/js/session/frame_sender.js";
import { chance, randomNumbers } from "./random_numbers.js";

const LIMITS = { frame_ms: [20, 200], max_frame_bytes: 16_384, unsettled_max_ms: 60_000, catchup_x: 8 };

/** Every sample says its position, so that a server can tell where it belongs. */
const sampleAt = (position) => (position * 7919) % 30_011;

function voiced(ring, nSamples) {
  ring.append("voiced", nSamples, Int16Array.from({ length: nSamples }, (_, i) => sampleAt(ring.end + i)));
}

/** Runs of the same kind, so that a difference can be read. */
function runs(kinds) {
  const found = [];
  for (const kind of kinds) {
    if (found.at(-1)?.[0] === kind) found.at(-1)[1] += 1;
    else found.push([kind, 1]);
  }
  return found;
}

/** A server's timeline in a few obvious lines: what each position turned out to be. */
class Received {
  received = 0;
  kinds = [];
  mutes = [];
  endedAt = null;
  #why = "nobody knows";

  take(action) {
    if (action.type === "mute") this.mutes.push([this.received, action.on]);
    else if (action.type === "lost") this.#why = action.reason;
    else if (action.type === "end") this.endedAt = action.position;
    else this.#frame(frameParse(action.buffer));
  }

  #frame({ flags, position, samples }) {
    if (samples.length > 0 && position > this.received) assert.fail("a jump without a frame that explains it");
    const kind = flags === FLAG_MUTED ? "muted" : flags === FLAG_DISCONTINUITY ? `lost: ${this.#why}` : "unexplained";
    this.#why = "nobody knows"; // a reason is for the next jump only
    while (this.received < position) this.kinds[this.received++] = kind;
    samples.forEach((sample, i) => {
      assert.equal(sample, sampleAt(position + i));
      if (position + i >= this.received) this.kinds[this.received++] = "voiced";
    });
    assert.ok(!this.isShort, "only the last frame may be short");
    this.isShort = samples.length > 0 && samples.length < 320;
    assert.ok(samples.length <= 3_200);
  }
}

/** @returns what each captured position is */
function capture(ring, random) {
  const truth = [];
  for (let n = 0; n < 40; n += 1) {
    const kind = ["voiced", "voiced", "voiced", "muted", "lost"][chance(random, 5)];
    const nSamples = kind === "voiced" ? 320 + chance(random, 6_000) : 1 + chance(random, 40_000);
    const reason = kind === "lost" ? ["device_lost", "page_reloaded", "suspended"][chance(random, 3)] : "";
    if (kind === "voiced") voiced(ring, nSamples);
    else ring.append(kind, nSamples, null, reason);
    for (let i = 0; i < nSamples; i += 1) truth.push(reason ? `lost: ${reason}` : kind);
  }
  return truth;
}

test("whatever was captured arrives as what it was, through interruptions at any point", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = randomNumbers(seed);
    const ring = new AudioRing();
    const truth = capture(ring, random);
    const sender = new FrameSender(ring);
    const server = new Received();
    let now_ms = 0;
    let settled = 0;
    sender.finish(ring.end);
    sender.begin(0, LIMITS, now_ms);
    while (server.endedAt === null) {
      now_ms += 100;
      for (const action of sender.actions(now_ms)) {
        server.take(action);
        if (chance(random, 12) === 0) break;
      }
      if (chance(random, 3) === 0) settled = settled + chance(random, server.received - settled + 1);
      ring.settle(settled);
      sender.settled(settled);
      if (server.endedAt === null && chance(random, 8) === 0) {
        server.received = settled; // a new node knows what is settled and nothing else
        sender.begin(settled, LIMITS, now_ms);
      }
    }
    assert.equal(server.endedAt, truth.length, `seed ${seed}`);
    assert.deepEqual(runs(server.kinds), runs(truth), `seed ${seed}`);
  }
});

test("mute is told where it happens, and again after a reconnect", () => {
  const ring = new AudioRing();
  voiced(ring, 3_200);
  ring.append("muted", 20_000, null);
  voiced(ring, 1_600);
  const sender = new FrameSender(ring);
  const server = new Received();
  sender.begin(0, LIMITS, 0);
  for (const action of sender.actions(1)) server.take(action);
  assert.deepEqual(server.mutes, [[3_200, true], [23_200, false]]);
  sender.begin(23_200, LIMITS, 2);
  for (const action of sender.actions(3)) server.take(action);
  assert.deepEqual(server.mutes.at(-1), [24_800, false], "the new connection is told as well");
});

test("losses of different reasons stay apart, also when they are told again", () => {
  const ring = new AudioRing();
  voiced(ring, 1_600);
  ring.append("lost", 4_000, null, "device_lost");
  ring.append("lost", 8_000, null, "page_reloaded");
  ring.append("lost", 2_000, null, "page_reloaded");
  voiced(ring, 1_600);
  const told = [["voiced", 1_600], ["lost: device_lost", 4_000], ["lost: page_reloaded", 10_000], ["voiced", 1_600]];
  const sender = new FrameSender(ring);
  for (const now_ms of [0, 1]) {
    const server = new Received();
    sender.begin(0, LIMITS, now_ms);
    for (const action of sender.actions(now_ms)) server.take(action);
    assert.deepEqual(runs(server.kinds), told);
  }
});

test("an open-ended loss is told every ten seconds: each telling is a lasting event for everybody", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  sender.begin(0, LIMITS, 0);
  const types = [];
  for (let block = 0; block < 250; block += 1) {
    ring.append("lost", 1_600, null, "device_lost");
    for (const { type } of sender.actions(block * 100)) types.push(type);
  }
  assert.deepEqual(types, ["lost", "frame", "lost", "frame"]);
});

test("muted time shows about once a second while it lasts", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  sender.begin(0, LIMITS, 0);
  let n = 0;
  for (let block = 0; block < 50; block += 1) {
    ring.append("muted", 1_600, null);
    n += [...sender.actions(block * 100)].filter(({ type }) => type === "frame").length;
  }
  assert.equal(n, 5);
});

test("live sound waits for 40 ms and no longer", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  sender.begin(0, LIMITS, 0);
  voiced(ring, 639);
  assert.equal([...sender.actions(1)].length, 0);
  voiced(ring, 1);
  assert.equal([...sender.actions(2)].length, 1);
});

test("no further ahead of what is settled than the server allows", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  sender.begin(0, { ...LIMITS, unsettled_max_ms: 1_000 }, 0);
  for (let n = 0; n < 40; n += 1) voiced(ring, 1_600);
  assert.ok([...sender.actions(10)].length > 0);
  assert.equal(sender.position, 16_000);
  sender.settled(9_600);
  assert.ok([...sender.actions(10_000)].length > 0);
  assert.equal(sender.position, 25_600);
});

test("kept sound goes at the pace that the server grants", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  for (let n = 0; n < 600; n += 1) voiced(ring, 1_600);
  sender.begin(0, LIMITS, 0);
  let now_ms = 0;
  for (; now_ms < 5_000; now_ms += 50) for (const _ of sender.actions(now_ms));
  assert.ok(sender.position <= 16_000 * 8 * 5 + 16_000);
  assert.ok(sender.position >= 16_000 * 8 * 5 * 0.8);
});

test("nothing is sent while the server asks to wait", () => {
  const ring = new AudioRing();
  const sender = new FrameSender(ring);
  sender.begin(0, LIMITS, 0);
  voiced(ring, 3_200);
  sender.finish(ring.end);
  sender.pause(true);
  assert.deepEqual([...sender.actions(1)], []);
  sender.pause(false);
  assert.deepEqual([...sender.actions(2)].map(({ type }) => type), ["frame", "end"]);
});

test("a full ring gives up its oldest sound and says so", () => {
  const ring = new AudioRing(16_000);
  for (let n = 0; n < 15; n += 1) voiced(ring, 1_600);
  assert.equal(ring.nKept, 16_000);
  const sender = new FrameSender(ring);
  const server = new Received();
  sender.begin(0, LIMITS, 0);
  for (let now_ms = 0; now_ms < 2_000; now_ms += 100) for (const action of sender.actions(now_ms)) server.take(action);
  assert.deepEqual(runs(server.kinds), [["lost: store_full", 8_000], ["voiced", 16_000]]);
});

test("sixteen minutes without a server keep the last fifteen", () => {
  const ring = new AudioRing();
  const block = new Int16Array(1_600);
  for (let n = 0; n < 16 * 600; n += 1) ring.append("voiced", 1_600, block);
  assert.equal(ring.nKept, 15 * 60 * 16_000);
  assert.deepEqual(ring.run(0, 3_200), { kind: "lost", reason: "store_full", start: 0, end: 16_000 * 60, isClosed: true });
});
