import assert from "node:assert/strict";
import { test } from "node:test";

import { passageOf } from "../../static/js/pages/passage.js";

test("a selection is counted in code points", () => {
  assert.deepEqual(passageOf("😀 my name", 3, 2), { from: 2, to: 4, text: "my" });
  assert.deepEqual(passageOf("my 😀 name", 3, 2), { from: 3, to: 4, text: "😀" });
});

test("blanks alone are no selection", () => {
  assert.equal(passageOf("my name", 2, 1), null);
  assert.equal(passageOf("my name", 2, 0), null);
});
