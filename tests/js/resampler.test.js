import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Resampler } from "../../static/js/audio/resampler.js";
import { chance, randomNumbers } from "./random_numbers.js";

const { vectors } = JSON.parse(await readFile(new URL("../data/resampler_vectors.json", import.meta.url), "utf8"));

/** The whole stream in pieces of at most `longest()` samples. */
function converted(input, from_hz, to_hz, longest) {
  const resampler = new Resampler(from_hz, to_hz);
  const output = [];
  for (let start = 0; start < input.length; ) {
    const piece = Float32Array.from(input.slice(start, start + longest()));
    const room = new Float32Array(resampler.longestOutput(piece.length));
    output.push(...room.subarray(0, resampler.process(piece, room)));
    start += piece.length;
  }
  return [...output, ...resampler.flush()];
}

for (const { name, from_hz, to_hz, input, output } of vectors) {
  test(`gives what the server's resampler gives: ${name}, ${from_hz} to ${to_hz} Hz`, () => {
    const got = converted(input, from_hz, to_hz, () => 128);
    assert.equal(got.length, output.length);
    got.forEach((sample, i) => assert.ok(Math.abs(sample - output[i]) < 2e-6, `sample ${i}: ${sample}, ${output[i]}`));
  });
}

test("pieces of any size give the same samples", () => {
  const random = randomNumbers(7);
  for (const from_hz of [44_100, 48_000, 16_000, 8_000]) {
    const input = Array.from({ length: 3_000 }, () => random() - 0.5);
    const whole = converted(input, from_hz, 16_000, () => 3_000);
    const pieces = converted(input, from_hz, 16_000, () => 1 + chance(random, 300));
    assert.deepEqual(pieces, whole);
  }
});

test("a minute and a half of quanta does not drift by a sample", () => {
  const resampler = new Resampler(44_100, 16_000);
  const quantum = new Float32Array(4_096);
  const room = new Float32Array(resampler.longestOutput(quantum.length));
  let nInput = 0;
  let nOutput = 0;
  for (let n = 0; n < 1_000; n += 1) {
    nInput += quantum.length;
    nOutput += resampler.process(quantum, room);
  }
  nOutput += resampler.flush().length;
  assert.equal(nOutput, Math.ceil((nInput * 16_000) / 44_100));
});
