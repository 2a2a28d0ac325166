import assert from "node:assert/strict";
import { test } from "node:test";

import { LineEditor } from "../../static/js/transcript/line_editor.js";
import { EDITED } from "../../static/js/transcript/line_view.js";
import { FakeElement, page, pageStart } from "./fake_page.js";

pageStart();

/**
 * A line of the page whose editor is open, and whose corrections are answered when the test says so.
 * @param {(segments: any[], words: string) => void} [onDone]
 */
function opened(onDone = () => undefined) {
  const line = new FakeElement();
  page.append(line);
  const calls = /** @type {PromiseWithResolvers<any[]>[]} */ ([]);
  const corrections = {
    act() {
      const call = Promise.withResolvers();
      calls.push(call);
      return call.promise;
    },
  };
  let nClosed = 0;
  const begin = () => {
    const listener = { onDone, onHistory: () => undefined, onClosed: () => (nClosed += 1) };
    const segment = { id: "1", rev: 1, text: "words", participant_id: "p", speaker: "Ada", state: "final" };
    return new LineEditor(/** @type {any} */ (line), /** @type {any} */ (segment), [], /** @type {any} */ (corrections), listener);
  };
  return { line, begin, calls, closed: () => nClosed };
}

/** Whatever waits for an answer that is there has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("an answer closes the editor, once, and hands on the lines as they are then", async () => {
  /** @type {[any[], string][]} */
  const done = [];
  const { line, begin, calls, closed } = opened((segments, words) => done.push([segments, words]));
  const editor = begin();
  line.button("Take out").dispatchEvent(new Event("click"));
  assert.equal(closed(), 0);
  calls[0].resolve([{ id: "1", rev: 2 }]);
  await settled();
  editor.close();
  assert.equal(closed(), 1);
  assert.deepEqual(done, [[[{ id: "1", rev: 2 }], "The line was taken out."]]);
  assert.equal(line.classes.has(EDITED), false);
});

test("an answer that comes after its editor was given up leaves the one that was opened since as it is", async () => {
  /** @type {string[]} */
  const done = [];
  const { line, begin, calls, closed } = opened((segments, words) => done.push(words));
  const first = begin();
  line.button("Take out").dispatchEvent(new Event("click"));
  first.close();
  begin();
  calls[0].resolve([{ id: "1", rev: 2 }]);
  await settled();
  assert.equal(closed(), 1, "the first one's end alone");
  assert.equal(line.classes.has(EDITED), true, "what is typed there stays on the page");
  assert.deepEqual(done, ["The line was taken out."]);
});
