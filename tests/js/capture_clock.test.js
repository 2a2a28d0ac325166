import assert from "node:assert/strict";
import { test } from "node:test";

import { CaptureClock } from "../../static/js/audio/capture_clock.js";

test("a laptop that slept for ten minutes lost ten minutes", () => {
  const clock = new CaptureClock();
  assert.equal(clock.observe(1_000, 0), 0);
  assert.equal(clock.observe(1_100, 100), 0);
  assert.equal(clock.observe(601_200, 200), 600_000);
  assert.equal(clock.observe(601_300, 300), 0);
});

test("a stalled page lost nothing: both clocks went on", () => {
  const clock = new CaptureClock();
  clock.observe(0, 0);
  assert.equal(clock.observe(9_000, 9_000), 0);
});

test("slow drift over hours is never counted", () => {
  const clock = new CaptureClock();
  let lost_ms = 0;
  for (let n = 0; n < 100_000; n += 1) lost_ms += clock.observe(n * 100.02, n * 100);
  assert.equal(lost_ms, 0);
});

test("setting the wall clock, back or by years, is no loss", () => {
  const clock = new CaptureClock();
  clock.observe(1e9, 0);
  assert.equal(clock.observe(5, 100), 0);
  assert.equal(clock.observe(1e12, 200), 0);
  assert.equal(clock.observe(1e12 + 100, 300), 0);
});
