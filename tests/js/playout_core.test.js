import assert from "node:assert/strict";
import { test } from "node:test";

import { PlayoutCore } from "../../static/js/audio/playout_core.js";
import { randomNumbers } from "./random_numbers.js";

const BLOCK = 320;
const QUANTUM = 128;

/** A steady tone in blocks of 20 ms, so that every hole and every click shows. */
const tone = (position, n = BLOCK) => Int16Array.from({ length: n }, (_, i) => Math.round(8_000 * Math.sin((position + i) / 10)));

function play(core, nSamples) {
  const played = [];
  for (let n = 0; n < nSamples; n += QUANTUM) {
    const output = new Float32Array(QUANTUM);
    core.pull(output);
    played.push(...output);
  }
  return played;
}

/** Blocks come `delays(k)` samples after they were said, and are played meanwhile. */
function conversation(core, nBlocks, delays) {
  const arrivals = Array.from({ length: nBlocks }, (_, k) => ({ at: (k + 1) * BLOCK + delays(k), k }));
  let latest = 0;
  for (const arrival of arrivals) latest = arrival.at = Math.max(latest, arrival.at); // TCP keeps the order
  const played = [];
  let next = 0;
  for (let now = 0; now < nBlocks * BLOCK; now += QUANTUM) {
    while (next < nBlocks && arrivals[next].at <= now) {
      core.push(arrivals[next].k * BLOCK, tone(arrivals[next].k * BLOCK));
      next += 1;
    }
    played.push(...play(core, QUANTUM));
  }
  return played;
}

const silentSamples = (played) => played.filter((sample) => Math.abs(sample) < 1e-4).length;
const steepest = (played) => played.reduce((most, sample, i) => Math.max(most, i ? Math.abs(sample - played[i - 1]) : 0), 0);

test("what comes evenly is played without a hole, 40 ms later", () => {
  const played = conversation(new PlayoutCore(), 200, () => 0);
  const first = played.findIndex((sample) => sample !== 0);
  assert.ok(first <= 3 * BLOCK, `begins after ${first / 16} ms`);
  const heard = played.slice(first);
  const expected = Array.from(tone(0, heard.length), (sample) => sample / 32_768);
  const from = heard.findIndex((sample, i) => Math.abs(sample - expected[i + 1]) < 1e-6) === 0 ? 1 : 0; // the first sample is 0
  for (let i = 0; i < heard.length - BLOCK; i += 1) assert.ok(Math.abs(heard[i] - expected[i + from]) < 1e-6);
});

test("a network that comes in bursts is learnt: after a few seconds nothing is missing any more", () => {
  const random = randomNumbers(3);
  const core = new PlayoutCore();
  const played = conversation(core, 1_500, () => Math.floor(random() * 1_600)); // up to 100 ms
  const late = played.slice(20 * 16_000);
  assert.ok(silentSamples(late) < late.length * 0.01, `${silentSamples(late)} of ${late.length} samples are missing`);
  assert.ok(core.reserve <= 16 * 200);
});

test("when the network is quiet again the reserve goes, without a click", () => {
  const core = new PlayoutCore();
  const played = conversation(core, 1_500, (k) => (k < 200 && k % 50 === 49 ? 3_200 : 0));
  assert.ok(core.reserve <= 16 * 60, `${core.reserve / 16} ms`);
  assert.ok(core.nHeld <= 16 * 80, `${core.nHeld / 16} ms`);
  assert.ok(steepest(played.slice(16_000)) < 0.1);
});

test("silence of the room is no fault of the network", () => {
  const core = new PlayoutCore();
  for (let sentence = 0; sentence < 20; sentence += 1) {
    for (let k = 0; k < 10; k += 1) {
      core.push(sentence * 100_000 + k * BLOCK, tone(k * BLOCK));
      play(core, 256);
    }
    play(core, 8_000);
  }
  assert.ok(core.reserve <= 16 * 40);
});

test("a page that slept plays what is said now, not the last minute", () => {
  const core = new PlayoutCore();
  for (let k = 0; k < 3_000; k += 1) core.push(k * BLOCK, tone(k * BLOCK));
  assert.ok(core.nHeld <= 16 * 400, `${core.nHeld / 16} ms wait`);
});

test("any blocks in any order of calls keep it within bounds", () => {
  const random = randomNumbers(11);
  const core = new PlayoutCore();
  for (let n = 0; n < 20_000; n += 1) {
    if (random() < 0.4) core.push(Math.floor(random() * 1e6), tone(0, Math.floor(random() * 4_000)));
    else for (const sample of play(core, QUANTUM)) assert.ok(Number.isFinite(sample) && Math.abs(sample) <= 1);
    assert.ok(core.nHeld >= 0 && core.nHeld <= 16_384);
  }
});
