/** What the next page finds is what this one held, wherever it stops. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AudioRing } from "../../static/js/session/audio_ring.js";
import { Spill } from "../../static/js/session/spill.js";
import { FakeStore, recordOf } from "./fake_store.js";
import { FakeSurroundings, settled } from "./fake_surroundings.js";
import { chance, randomNumbers } from "./random_numbers.js";
import { storeContract } from "./store_contract.js";

const LOSSES = ["device_lost", "page_reloaded", "suspended"];

function kept({ capacity_samples } = {}) {
  const around = new FakeSurroundings();
  const store = new FakeStore();
  const log = { nFailures: 0 };
  const spill = new Spill(store, recordOf("s"), around, () => (log.nFailures += 1));
  const ring = new AudioRing(capacity_samples);
  ring.keepIn(spill);
  const capture = (kind, nSamples, reason = "") => {
    const start = ring.end;
    const samples = kind === "voiced" ? Int16Array.from({ length: nSamples }, (_, i) => (start + i) % 30_011) : null;
    ring.append(kind, nSamples, samples, reason);
    spill.captured(ring.end, around.wall_ms());
  };
  return { around, store, spill, ring, capture, log };
}

/** Everything a ring can say of itself from a position on. */
function contents(ring, from) {
  const found = [];
  for (let at = from; at < ring.end; ) {
    const { kind, reason, end } = ring.run(at, 1_600);
    found.push([at, end, kind, reason, kind === "voiced" ? [...ring.samples(at, end)].join() : ""]);
    at = end;
  }
  return found;
}

test("a page that stops at any moment leaves all but the last quarter of a second", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = randomNumbers(seed);
    const { around, store, ring, capture } = kept({ capacity_samples: 24_000 });
    let positions = [0];
    for (let n = 0; n < 10 + chance(random, 80); n += 1) {
      const kind = ["voiced", "voiced", "voiced", "muted", "lost"][chance(random, 5)];
      capture(kind, 320 + chance(random, 1_280), kind === "lost" ? LOSSES[chance(random, 3)] : "");
      positions.push(ring.end);
      if (chance(random, 4) === 0) ring.settle(ring.start + chance(random, ring.end - ring.start + 1));
      await around.pass(100);
    }
    const after = await store.read("s");
    const restored = AudioRing.restored(after.spans, after.record.end);
    assert.ok(positions.indexOf(ring.end) - positions.indexOf(restored.end) <= 3, `seed ${seed}`);
    await around.pass(1_000);
    const whole = await store.read("s");
    const same = AudioRing.restored(whole.spans, whole.record.end);
    assert.equal(same.end, ring.end);
    assert.equal(same.nKept, ring.nKept);
    assert.deepEqual(contents(same, ring.start), contents(ring, ring.start), `seed ${seed}`);
    assert.deepEqual(whole.spans[0]?.start ?? ring.end, ring.start, "nothing that is settled stays behind");
  }
});

test("the record says when the newest sample was captured, not when it was written", async () => {
  const { around, store, capture, spill } = kept();
  capture("voiced", 1_600);
  await around.pass(10_000);
  spill.note({ isMuted: true });
  await settled();
  const { record } = await store.read("s");
  assert.deepEqual([record.end, record.capturedAt_ms, record.isMuted], [1_600, around.wall_ms() - 10_000, true]);
});

test("writes are few: one for everything of a quarter of a second", async () => {
  const { around, store, capture } = kept();
  for (let n = 0; n < 100; n += 1) {
    capture("voiced", 1_600);
    await around.pass(100);
  }
  assert.ok(store.nWrites <= 41 && store.nWrites >= 30, `${store.nWrites} in ten seconds`);
});

test("a slow store gets one write at a time, and all of it", async () => {
  const { around, store, capture, ring } = kept();
  store.hold();
  for (let n = 0; n < 30; n += 1) {
    capture("voiced", 1_600);
    await around.pass(100);
  }
  assert.equal(store.nWrites, 1);
  store.release();
  await around.pass(1_000);
  assert.equal(store.nWrites, 2);
  const { spans, record } = await store.read("s");
  assert.equal(AudioRing.restored(spans, record.end).nKept, ring.nKept);
});

test("what the next page has to know at once is written at once, also behind a slow write", async () => {
  const { store, capture, spill } = kept();
  store.hold();
  capture("voiced", 1_600);
  spill.note({ isMuted: true });
  assert.equal(store.nWrites, 2);
});

test("a store that fails is told once, and left alone from then on", async () => {
  const { around, store, capture, ring, log } = kept();
  capture("voiced", 1_600);
  await around.pass(1_000);
  store.fail();
  const nBefore = store.nWrites;
  for (let n = 0; n < 20; n += 1) {
    capture("voiced", 1_600);
    await around.pass(100);
  }
  assert.equal(log.nFailures, 1);
  assert.equal(store.nWrites, nBefore + 1);
  assert.equal(ring.nKept, 21 * 1_600, "the ring goes on in memory");
});

test("a session that is over leaves nothing, whatever was about to be written", async () => {
  const { around, store, capture, spill } = kept();
  capture("voiced", 1_600);
  capture("voiced", 1_600);
  await spill.remove();
  capture("voiced", 1_600);
  spill.note({ isMuted: true });
  await around.pass(1_000);
  assert.equal(await store.read("s"), null);
});

test("a write that the browser lost is a loss with its reason, not a shift in time", () => {
  const voiced = (start, end) => ({ kind: "voiced", reason: "", start, end, samples: new Int16Array(end - start).fill(start) });
  const ring = AudioRing.restored([voiced(1_600, 3_200), voiced(4_800, 6_400)], 8_000);
  assert.deepEqual(ring.run(1_600, 9_000), { kind: "voiced", reason: "", start: 1_600, end: 3_200, isClosed: true });
  assert.deepEqual(ring.run(3_200, 9_000), { kind: "lost", reason: "page_reloaded", start: 3_200, end: 4_800, isClosed: true });
  assert.deepEqual([...ring.samples(4_800, 4_801)], [4_800]);
  assert.deepEqual(ring.run(6_400, 9_000), { kind: "lost", reason: "page_reloaded", start: 6_400, end: 8_000, isClosed: false });
});

test("the store of these tests does what real ones do", async () => {
  assert.deepEqual(await storeContract(new FakeStore()), []);
});
