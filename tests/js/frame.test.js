import assert from "node:assert/strict";
import { test } from "node:test";

import { FLAG_MUTED, STREAM_MICROPHONE, framePack, frameParse } from "../../static/js/protocol/frame.js";
import { chance, randomNumbers } from "./random_numbers.js";

test("the header is laid out as the protocol says", () => {
  const bytes = new Uint8Array(framePack({ flags: FLAG_MUTED, position: 0x01_0203_0405_06, samples: Int16Array.of(-2, 258) }));
  assert.deepEqual([...bytes], [1, 0, 2, 0, 2, 0, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0, 0xfe, 0xff, 2, 1]);
});

test("what is packed is parsed again", () => {
  const random = randomNumbers(3);
  for (let n = 0; n < 300; n += 1) {
    const position = Math.floor(random() * 2 ** (1 + chance(random, 53)));
    const samples = Int16Array.from({ length: chance(random, 50) }, () => chance(random, 65_536) - 32_768);
    const frame = { flags: chance(random, 4), position: Math.min(position, Number.MAX_SAFE_INTEGER), samples };
    assert.deepEqual(frameParse(framePack(frame)), { ...frame, stream: STREAM_MICROPHONE });
  }
});

test("a frame that is not one is refused", () => {
  const good = framePack({ flags: 0, position: 5, samples: Int16Array.of(1, 2) });
  assert.throws(() => frameParse(good.slice(0, 15)), RangeError);
  assert.throws(() => frameParse(good.slice(0, 19)), RangeError);
  assert.throws(() => framePack({ flags: 0, position: -1, samples: new Int16Array(0) }), RangeError);
});
