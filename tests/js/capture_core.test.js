import assert from "node:assert/strict";
import { test } from "node:test";

import { BLOCK_SAMPLES, CaptureCore, SHORTEST_BLOCK_SAMPLES } from "../../static/js/audio/capture_core.js";
import { chance, randomNumbers } from "./random_numbers.js";

const LOUD = [new Float32Array(128).fill(0.5)];

function recorded(rate_hz) {
  const blocks = [];
  const core = new CaptureCore(rate_hz, ({ kind, nSamples, buffer }) => {
    blocks.push({ kind, nSamples, samples: buffer && new Int16Array(buffer, 0, nSamples) });
    if (buffer) core.supply(new ArrayBuffer(2 * BLOCK_SAMPLES));
  });
  return { core, blocks };
}

test("sound comes in blocks of 40 ms", () => {
  const { core, blocks } = recorded(48_000);
  for (let n = 0; n < 375; n += 1) core.quantum(LOUD);
  assert.ok(blocks.length >= 23 && blocks.every(({ nSamples, kind }) => nSamples === 640 && kind === "voiced"));
  assert.ok(Math.abs(blocks[12].samples[320] - 16_384) < 3);
});

test("what is said while muted never leaves the audio thread, and its time is counted", () => {
  const { core, blocks } = recorded(16_000);
  for (let n = 0; n < 20; n += 1) core.quantum(LOUD);
  core.mute(true);
  for (let n = 0; n < 100; n += 1) core.quantum([new Float32Array(128).fill(0.9)]);
  core.mute(false);
  for (let n = 0; n < 20; n += 1) core.quantum(LOUD);
  core.flush();
  assert.equal(blocks.reduce((sum, { nSamples }) => sum + nSamples, 0), 140 * 128);
  const heard = blocks.flatMap(({ samples }) => (samples ? [...samples] : []));
  assert.ok(heard.every((sample) => sample <= 16_384));
  assert.ok(blocks.some(({ kind }) => kind === "muted"));
});

test("no device is lost time, not silence", () => {
  const { core, blocks } = recorded(16_000);
  for (let n = 0; n < 25; n += 1) core.quantum([]);
  core.flush();
  assert.deepEqual(blocks.map(({ kind }) => kind), ["lost", "lost", "lost", "lost", "lost"]);
});

test("several channels are mixed", () => {
  const { core, blocks } = recorded(16_000);
  core.quantum([new Float32Array(128).fill(0.5), new Float32Array(128).fill(-0.25)]);
  core.flush();
  assert.equal(blocks[0].samples[64], 4_096);
});

test("a voiced stretch is never too short for a frame, whatever is pressed when", () => {
  for (let seed = 1; seed < 40; seed += 1) {
    const random = randomNumbers(seed);
    const { core, blocks } = recorded(44_100);
    for (let n = 0; n < 2_000; n += 1) {
      if (chance(random, 9) === 0) core.mute(chance(random, 2) === 0);
      core.quantum(chance(random, 12) === 0 ? [] : LOUD);
    }
    assert.ok(blocks.every(({ kind, nSamples }) => kind !== "voiced" || nSamples >= SHORTEST_BLOCK_SAMPLES));
  }
});

test("a page that returns no buffers costs no sound", () => {
  let nVoiced = 0;
  const core = new CaptureCore(16_000, ({ nSamples }) => (nVoiced += nSamples));
  for (let n = 0; n < 1_000; n += 1) core.quantum(LOUD);
  core.flush();
  assert.equal(nVoiced, 128_000);
});
